"""Every place that reaches out to an address somebody gave: all of them go through the guard of kit.fetch."""

import ast
import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from kezhan.app import House
from kezhan.channels.base import Turned, streaming
from kezhan.kit.fetch import NotAllowed, dial
from kezhan.testing import Running

ROOT = Path(__file__).parents[1] / "kezhan"
OPENERS = {
    "AsyncClient", "AsyncHTTPTransport", "AsyncConnectionPool", "S3Store", "connect_tcp", "sock_connect",
    "create_connection", "open_connection", "open_unix_connection", "urlopen",
}  # fmt: skip
PARTS = {
    "aiohttp", "aiosmtplib", "ftplib", "http.client", "imaplib", "nats", "poplib", "requests", "smtplib",
    "urllib.request", "websockets",
}  # fmt: skip
# Where a connection is opened → whose address it is, or how the guard comes into it.
PLACES = {
    "kit/fetch.py": "the guard itself",
    "channels/adapters/email/imap.py": "speaks over a socket of `dial`",
    "channels/adapters/email/smtp.py": "speaks over a socket of `dial`",
    "channels/adapters/slack/listen.py": "its socket is one of `streaming`",
    "channels/adapters/dingtalk/listen.py": "its socket is one of `streaming`",
    "channels/adapters/feishu/listen.py": "its socket is one of `streaming`",
    "channels/base/reaching.py": "names of faults alone",
    "channels/base/streams.py": "speaks over a socket of `dial`",
    "backup/places.py": "KEZHAN_BACKUP_S3_ENDPOINT, the installation's own",
    "files/scan.py": "KEZHAN_CLAMD, the installation's own",
    "kit/bus_nats.py": "KEZHAN_NATS_URL, the installation's own",
    "kit/server.py": "takes connections, opens none",
}
# A customer of the installation itself, started by hand.
OUTSIDE = ("simulate/", "testing.py", "kit/testing.py")

# What fetches what users name → its client in a process.
CLIENTS: dict[str, Callable[[House], httpx2.AsyncClient]] = {
    "channels: platforms, their media, sockets, mail servers, the open channel's hook": lambda house: (
        house.channels.http
    ),
    "webhooks": lambda house: house.webhooks.http,
    "orders' source": lambda house: house.orders.http,
    "translation's provider": lambda house: house.translating._http,
    "links that are unfolded": lambda house: house.unfurling._http,
    "push services of browsers": lambda house: house.pusher.http,
}


def _opens(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in OPENERS:
                return True
        elif isinstance(node, ast.Import | ast.ImportFrom):
            named = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            if any(_known(name) for name in named):
                return True
    return False


def _known(module: str) -> bool:
    return any(module == part or module.startswith(part + ".") for part in PARTS)


def test_nothing_opens_a_connection_but_the_guard_and_what_the_installation_names() -> None:
    files = [path for path in ROOT.rglob("*.py") if not {"tests", "fixtures"} & set(path.parts)]
    names = {
        str(path.relative_to(ROOT)): path for path in files if not path.name.startswith(("test_", "conftest"))
    }
    opening = {name for name, path in names.items() if not name.startswith(OUTSIDE) and _opens(path)}
    assert opening == set(PLACES)


class Inside:
    """A server of our own network at `host`, and what has been asked of it."""

    def __init__(self, answer: bytes) -> None:
        self.asked = 0
        self.port = 0
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        writer.write(self._answer)
        writer.close()


@asynccontextmanager
async def inside(host: str, answer: bytes) -> AsyncIterator[Inside]:
    there = Inside(answer)
    server = await asyncio.start_server(there.serve, host, 0)
    there.port = server.sockets[0].getsockname()[1]
    async with server:
        yield there


def _line(http: httpx2.AsyncClient) -> Any:
    """What of a channel's line a stream needs."""
    return SimpleNamespace(http=http)


def _names(monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> None:
    """A name server that says something else each time it is asked for shop.example."""
    loop, real = asyncio.get_running_loop(), socket.getaddrinfo

    async def ask(host: Any, port: Any, **more: Any) -> Any:
        named = answers.pop(0) if host in {"shop.example", b"shop.example"} else host
        return real(named, port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(loop, "getaddrinfo", ask)


async def test_whatever_users_name_is_reached_through_the_guard(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside hosts are refused by number and by name, redirects are looked at again, and a name that has
    been looked up is not looked up once more: where it was allowed is where the connection goes."""
    fine = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    async with inside("127.0.0.1", fine) as secret:
        moved = (
            f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{secret.port}/\r\ncontent-length: 0\r\n\r\n"
        )
        async with inside("127.0.0.2", moved.encode()) as door, inside("127.0.0.2", fine) as open_house:
            for what, find in CLIENTS.items():
                http = find(house.house)
                assert not http.follow_redirects and not http.trust_env, what
                for url in (f"http://127.0.0.1:{secret.port}/", f"http://[::ffff:127.0.0.1]:{secret.port}/"):
                    with pytest.raises(NotAllowed):
                        await http.get(url)
                with pytest.raises(NotAllowed):
                    await dial(http, "127.0.0.1", secret.port)
                with pytest.raises(Turned):
                    async with streaming(
                        _line(http), f"ws://127.0.0.1:{secret.port}/", max_size=9, ping_interval=None
                    ):
                        pass
                # As if 127.0.0.2 were an address of the open internet.
                transport: Any = http._transport
                monkeypatch.setattr(transport, "inside", ("127.0.0.2/32",))
                monkeypatch.setattr(transport._pool._network_backend, "_inside", ("127.0.0.2/32",))
                with pytest.raises(NotAllowed):
                    await http.get(f"http://127.0.0.2:{door.port}/", follow_redirects=True)
                with monkeypatch.context() as patch:
                    _names(patch, ["127.0.0.1"])
                    with pytest.raises(NotAllowed):
                        await http.get(f"http://shop.example:{secret.port}/")
                    _names(patch, ["127.0.0.2", "127.0.0.1"])
                    answer = await http.get(f"http://shop.example:{open_house.port}/")
                    assert answer.text == "ok", what
            assert secret.asked == 0
            assert (door.asked, open_house.asked) == (len(CLIENTS), len(CLIENTS))
