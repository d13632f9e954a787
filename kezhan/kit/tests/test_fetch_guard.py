"""The guard on strangers' addresses, harder: spellings, name servers, redirects, slow and odd answers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from kezhan.kit import fetch
from kezhan.kit.fetch import FetchFailed, NotAllowed, fetching, guarded_client, is_public, web_address

CLOSED = [
    "0.1.2.3",
    "127.255.255.254",
    "172.31.255.255",
    "192.0.2.1",
    "192.88.99.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.9",
    "239.1.1.1",
    "240.0.0.1",
    "100.64.0.1",
    "::7f00:1",
    "::1.2.3.4",
    "::ffff:0:127.0.0.1",
    "::ffff:10.0.0.1",
    "::FFFF:C0A8:0101",
    "0:0:0:0:0:ffff:7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001:db8::1",
    "2001:10::1",
    "2002:c0a8:101::",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fec0::1",
    "febf::1%1",
    "ff0e::1",
]
NO_ADDRESS = [
    "",
    " ",
    "1.1",
    "01.1.1.1",
    "1.1.1.1 ",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "1.1.1.1/32",
    "::1::",
    "localhost",
]


@pytest.mark.parametrize("address", CLOSED + NO_ADDRESS)
def test_no_spelling_of_a_closed_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00::1", "2003::1"],
)
def test_the_neighbours_of_closed_networks_are_open(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/plain,x",
        "gopher://a/",
        "ws://a/",
        "//a/",
        "/a",
        "http:a",
        "http:///a",
        "http://@a/",
        "http://a@b/",
        "http://:p@a/",
        "http://a\\@b/",
        "http://a:80:80/",
        "http://a:-1/",
        "http://a:٨٠/",
        "http://[fe80::1%25eth0/",
        "https://a/" + "x" * 2000,
    ],
)
def test_what_cannot_be_called_or_hides_a_password_is_no_web_address(url: str) -> None:
    assert not web_address(url)


def test_where_a_secret_travels_only_https_will_do() -> None:
    assert web_address("https://a.example/hook", https_only=True)
    assert web_address("HTTPS://A.example/hook", https_only=True)
    assert not web_address("http://a.example/hook", https_only=True)


Answer = Callable[[str, bytes], list[bytes]]


class Site:
    """A small server. `answers` gives the pieces of an answer to a path; a pause lies between them."""

    def __init__(self) -> None:
        self.port = 0
        self.heads: list[bytes] = []
        self.answers: dict[str, list[bytes]] = {}
        self.stuck = asyncio.Event()

    @property
    def paths(self) -> list[str]:
        return [head.split()[1].decode() for head in self.heads]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            for piece in self.answers[head.split()[1].decode()]:
                if piece == b"...":
                    await self.stuck.wait()
                writer.write(piece)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers))
    return head.encode() + b"\r\n" + body


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    async with server:
        yield site
        site.stuck.set()


class Names:
    """A name server in the loop's place: what it answers in turn, and what it was asked."""

    def __init__(self, *answers: list[str] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append((host, port))
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in found]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Names]:
    """Put a name server in place. 127.0.0.1 counts as public, for that is where the site stands."""

    def place(*answers: list[str] | Exception) -> Names:
        names = Names(*answers)
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names.getaddrinfo, raising=False)
        really = is_public
        monkeypatch.setattr(fetch, "is_public", lambda address: address == "127.0.0.1" or really(address))
        return names

    return place


async def fetched(url: str, *, private: bool = False, **more: Any) -> bytes:
    async with guarded_client(allow_private_hosts=private) as http, fetching(http, url, **more) as found:
        return b"".join([chunk async for chunk in found.chunks])


async def refused(url: str, *, private: bool = False, **more: Any) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        await fetched(url, private=private, **more)
    return caught.value


async def test_the_address_that_was_checked_is_the_one_that_is_called(
    site: Site, named: Callable[..., Names]
) -> None:
    """A name server that answers otherwise the second time is never asked a second time."""
    site.answers = {"/": [answer(b"tea")]}
    names = named(["127.0.0.1"], ["10.0.0.1"])
    assert await fetched(f"http://shop.example:{site.port}/") == b"tea"
    assert names.asked == [("shop.example", site.port)]
    assert f"host: shop.example:{site.port}".encode() in site.heads[0].lower()


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["::1"], ["169.254.169.254"], []]
)
async def test_one_closed_address_among_a_names_answers_shuts_it_for_good(
    site: Site, named: Callable[..., Names], addresses: list[str]
) -> None:
    named(addresses)
    failed = await refused(f"http://shop.example:{site.port}/")
    assert (failed.why, failed.final, site.heads) == ("NotAllowed", True, [])


@pytest.mark.parametrize(
    "fault", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), TimeoutError(), OSError("down")]
)
async def test_a_name_that_cannot_be_found_now_may_be_tried_again(
    named: Callable[..., Names], fault: Exception
) -> None:
    named(fault)
    assert not (await refused("http://shop.example/")).final


async def test_every_redirect_asks_for_its_name_anew_and_a_closed_one_ends_the_road(
    site: Site, named: Callable[..., Names]
) -> None:
    onward = f"location: http://inside.example:{site.port}/secret"
    site.answers = {"/": [answer(b"", onward, status="302 Found")], "/secret": [answer(b"secret")]}
    names = named(["127.0.0.1"], ["10.0.0.1"])
    failed = await refused(f"http://shop.example:{site.port}/")
    assert (failed.why, failed.final) == ("NotAllowed", True)
    assert [host for host, _ in names.asked] == ["shop.example", "inside.example"]
    assert site.paths == ["/"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Again", "308 For ever"])
async def test_a_redirect_within_the_open_is_followed(site: Site, status: str) -> None:
    site.answers = {"/": [answer(b"", "location: /tea", status=status)], "/tea": [answer(b"tea")]}
    assert await fetched(f"http://127.0.0.1:{site.port}/", private=True) == b"tea"


@pytest.mark.parametrize(
    ("target", "final"),
    [
        ("file:///etc/passwd", True),
        ("ftp://a.example/", True),
        ("data:,x", False),
        ("http://[::1", False),
        ("http://a:99999/", False),
    ],
)
async def test_a_redirect_out_of_the_web_leads_nowhere(site: Site, target: str, final: bool) -> None:
    site.answers = {"/": [answer(b"", f"location: {target}", status="302 Found")]}
    failed = await refused(f"http://127.0.0.1:{site.port}/", private=True)
    assert (failed.final, site.paths) == (final, ["/"])


async def test_a_body_that_drips_is_given_up_when_the_time_is_over(site: Site) -> None:
    site.answers = {"/": [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", b"tea", b"...", b"potpot"]}
    failed = await refused(f"http://127.0.0.1:{site.port}/", private=True, seconds=0.05)
    assert not failed.final


@pytest.mark.parametrize(("length", "fits"), [(0, True), (999, True), (1000, True), (1001, False)])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_may_be_just_as_long_as_allowed(
    site: Site, length: int, fits: bool, announced: bool
) -> None:
    body = b"x" * length
    plain = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    site.answers = {"/": [answer(body)] if announced else [plain, body]}
    url = f"http://127.0.0.1:{site.port}/"
    if fits:
        assert await fetched(url, private=True, max_bytes=1000) == body
    else:
        failed = await refused(url, private=True, max_bytes=1000)
        assert (failed.why, failed.final) == ("too large", True)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip", "x-unknown"])
async def test_no_packed_body_is_taken_whatever_it_is_packed_with(site: Site, encoding: str) -> None:
    site.answers = {"/": [answer(b"x", f"content-encoding: {encoding}")]}
    assert (await refused(f"http://127.0.0.1:{site.port}/", private=True)).why == "packed body"


@pytest.mark.parametrize(
    "junk", [b"", b"junk\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n"]
)
async def test_an_answer_that_is_no_http_is_a_failure_and_no_fault(site: Site, junk: bytes) -> None:
    site.answers = {"/": [junk]}
    assert not (await refused(f"http://127.0.0.1:{site.port}/", private=True)).final


async def test_we_ask_as_ourselves_without_the_machines_proxy_or_netrc(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.answers = {"/": [answer(b"tea")]}
    assert await fetched(f"http://127.0.0.1:{site.port}/", private=True) == b"tea"
    head = site.heads[0].lower()
    assert b"user-agent: kezhan\r\n" in head
    assert b"accept-encoding: identity\r\n" in head
    assert b"authorization" not in head
    assert b"cookie" not in head


async def test_a_redirect_is_not_followed_where_nobody_asked_for_it(site: Site) -> None:
    site.answers = {"/": [answer(b"", "location: /tea", status="302 Found")]}
    async with guarded_client(allow_private_hosts=True) as http:
        assert (await http.post(f"http://127.0.0.1:{site.port}/")).status_code == 302
    assert site.paths == ["/"]


async def test_no_socket_of_this_machine_is_reached_through_the_guard() -> None:
    guard = fetch._Guard(("0.0.0.0/0",))
    with pytest.raises(Exception, match="no sockets of this machine"):
        await guard.connect_unix_socket("/run/docker.sock")
    assert issubclass(NotAllowed, httpx2.ConnectError), "a caller that retries connections sees one"


async def test_a_network_the_owner_has_named_is_reached_and_no_other(site: Site) -> None:
    site.answers = {"/": [answer(b"well")]}
    url = f"http://127.0.0.1:{site.port}/"
    async with guarded_client(inside=["127.0.0.0/8", "::1/128"]) as http:
        assert (await http.get(url)).text == "well"
    async with guarded_client(inside=["10.0.0.0/8", "::1/128"]) as http:
        with pytest.raises(NotAllowed):
            await http.get(url)
