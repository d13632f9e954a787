"""Why a platform was not reached, over real sockets: a word people are told, and nothing of Python's."""

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import httpx2
import msgspec
import pytest
from websockets.exceptions import InvalidHandshake

from kezhan.channels.base import Fault, Retry, Turned, detail, reaching, reason
from kezhan.channels.tests.front import Front
from kezhan.kit.fetch import guarded_client
from kezhan.kit.tests.papers import self_signed

Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(answer: Serving, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(16)
    writer.write(b"+OK pop3 ready\r\n\r\n")
    writer.close()


async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def asked(url: str, *, inside: bool = True) -> Retry | Turned:
    async with guarded_client(allow_private_hosts=inside) as http:
        with pytest.raises((Retry, Turned)) as caught, reaching():
            await http.get(url, timeout=0.5)
    return caught.value  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("url", "inside", "kind", "fault"),
    [
        ("http://127.0.0.1:1/", True, Retry, "refused"),
        ("http://no-such-host.invalid/", True, Retry, "no_such_host"),
        ("http://127.0.0.1:1/", False, Turned, "bad_address"),
        ("ftp://127.0.0.1/", True, Turned, "bad_address"),
    ],
)
async def test_addresses(url: str, inside: bool, kind: type[Exception], fault: Fault) -> None:
    found = await asked(url, inside=inside)
    assert (type(found), found.fault) == (kind, fault)
    assert "Error" not in found.why


@pytest.mark.parametrize(
    ("serving", "fault"),
    [(be_silent, "timed_out"), (hang_up, "broken_off"), (babble, "not_understood")],
)
async def test_who_listens_and_does_not_answer(serving: Serving, fault: Fault) -> None:
    async with served(serving) as port:
        found = await asked(f"http://127.0.0.1:{port}/")
    assert isinstance(found, Retry)
    assert found.fault == fault


async def test_a_certificate_nobody_vouches_for_and_a_server_without_tls(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*self_signed(tmp_path))
    async with served(be_silent, tls) as port:
        found = await asked(f"https://127.0.0.1:{port}/")
    assert found.fault == "certificate"
    assert "certificate" in found.why
    async with served(babble) as port:
        assert (await asked(f"https://127.0.0.1:{port}/")).fault == "not_understood"


def test_what_comes_otherwise() -> None:
    assert reason(OSError(errno.ENETUNREACH, "Network is unreachable")) == "unreachable"
    assert reason(OSError(errno.EHOSTUNREACH, "No route to host")) == "unreachable"
    assert reason(httpx2.ConnectError("")) == "unreachable"
    assert reason(ExceptionGroup("", [OSError(), ConnectionRefusedError()])) == "refused"
    assert reason(InvalidHandshake()) == "not_understood"
    assert reason(msgspec.DecodeError("x")) == "not_understood"
    assert (reason(KeyError("secret")), detail(KeyError("secret"))) == ("internal", "")
    assert detail(TimeoutError()) == ""


def test_what_breaks_off_may_have_been_heard_unless_nothing_is_changed_by_it() -> None:
    with pytest.raises(Retry) as caught, reaching(sure=True):
        raise httpx2.ReadError("")
    assert caught.value.sure
    with pytest.raises(Retry) as caught, reaching():
        raise httpx2.ReadError("")
    assert not caught.value.sure
    with pytest.raises(Retry) as caught, reaching():
        raise httpx2.ConnectTimeout("")
    assert caught.value.sure, "no word has gone out"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_reason_has_words_in_both_languages(language: str) -> None:
    folder = Path(__file__).parents[2] / "locales" / language
    words: dict[str, Any] = msgspec.json.decode((folder / "channels.json").read_bytes())
    assert {f"fault_{fault}" for fault in get_args(Fault)} <= set(words)


async def test_the_test_button_tells_a_word_and_no_class(front: Front) -> None:
    form = {"adapter": "telegram", "name": "away", "settings": {"api_url": "http://127.0.0.1:1"}}
    secrets = {"bot_token": "123456:abcdefghijklmnopqrstuvwxyz012345678"}
    made = (await front.owner.post("/api/channels", json={**form, "secrets": secrets})).json()["channel"]
    tested = (await front.owner.post(f"/api/channels/{made['id']}/test")).json()
    assert (tested["working"], tested["fault"]) == (False, "refused")
    assert "Error" not in tested["why"]
    (health,) = (await front.owner.get("/api/channels/health")).json()["items"]
    assert health["fault"] == "refused"
