"""Strangers' addresses: what may be reached, how much, how long."""

import asyncio
import gzip
import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from kezhan.kit import fetch
from kezhan.kit.fetch import (
    FetchFailed,
    NotAllowed,
    dial,
    fetching,
    guarded_client,
    is_public,
    web_address,
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:1::",
        "not an address",
    ],
)
def test_addresses_of_closed_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "file:///etc/passwd",
        "ftp://a/b",
        "http://",
        "http://u:p@a/",
        "http://a:99999/",
        "http://[::1",
    ],
)
def test_what_is_no_web_address_is_known(url: str) -> None:
    assert not web_address(url)


def test_web_addresses_are_known() -> None:
    assert web_address("http://a.example:8080/x?y=1")
    assert web_address("https://例子.example/")


class Site:
    """A small server; `answer` is what it says to everything."""

    def __init__(self) -> None:
        self.url = ""
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: text/plain; x=1\r\n\r\nhello"
        self.rest: list[bytes] = []
        self.pause = 0.0
        self.calls = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(self.pause)
            for piece in (self.answer, *self.rest):
                writer.write(piece)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield site


async def _all(http: httpx2.AsyncClient, url: str, **more: Any) -> bytes:
    async with fetching(http, url, **more) as fetched:
        return b"".join([chunk async for chunk in fetched.chunks])


async def _failure(site: Site, *, private: bool = True, **more: Any) -> FetchFailed:
    async with guarded_client(allow_private_hosts=private) as http:
        with pytest.raises(FetchFailed) as caught:
            await _all(http, site.url, **more)
    return caught.value


async def test_a_body_is_fetched_with_its_type(site: Site) -> None:
    async with guarded_client(allow_private_hosts=True) as http:
        assert await _all(http, site.url) == b"hello"
        async with fetching(http, site.url) as fetched:
            assert fetched.media_type == "text/plain"


async def test_this_machine_is_out_of_reach_by_number_and_by_name(site: Site) -> None:
    port = site.url.rsplit(":", 1)[1]
    async with guarded_client() as http:
        for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433"):  # noqa: S104
            with pytest.raises((NotAllowed, httpx2.ConnectError, httpx2.InvalidURL)):
                await http.get(f"http://{host}:{port}/")
        with pytest.raises(FetchFailed) as caught:
            await _all(http, site.url)
    assert (caught.value.final, site.calls) == (True, 0)


async def test_a_name_with_one_private_address_among_public_ones_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, 1, 6, "", (ip, port)) for ip in ("1.1.1.1", "127.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    async with guarded_client() as http:
        with pytest.raises(NotAllowed):
            await http.get("http://rebinding.example/")
    assert asked == ["rebinding.example"]


async def test_a_redirect_into_our_network_is_refused_like_the_address_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(site.url.rsplit(":", 1)[1])
    site.answer = (
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:%d/in\r\ncontent-length: 0\r\n\r\n" % port
    )
    monkeypatch.setattr("kezhan.kit.fetch.is_public", lambda address: site.calls == 0)
    failed = await _failure(site, private=False)
    assert (failed.why, failed.final, site.calls) == ("NotAllowed", True, 1)


async def test_a_circle_of_redirects_ends(site: Site) -> None:
    site.answer = b"HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n"
    assert (await _failure(site)).final
    assert site.calls <= 7


async def test_a_body_longer_than_allowed_is_cut_off_announced_or_not(site: Site) -> None:
    site.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n"
    announced = await _failure(site, max_bytes=1000)
    site.answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    site.rest = [b"x" * 65536] * 50
    streamed = await _failure(site, max_bytes=100_000)
    assert {announced.why, streamed.why} == {"too large"}
    assert announced.final
    assert streamed.final


async def test_a_packed_body_is_not_unpacked(site: Site) -> None:
    packed = gzip.compress(b"0" * 10_000_000)
    site.answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)
    site.rest = [packed]
    assert (await _failure(site)).why == "packed body"


@pytest.mark.parametrize(("status", "final"), [(404, True), (403, True), (500, False), (429, False)])
async def test_an_error_says_whether_trying_again_may_help(site: Site, status: int, final: bool) -> None:
    site.answer = b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % status
    failed = await _failure(site)
    assert (failed.why, failed.final) == (f"HTTP {status}", final)


async def test_a_slow_answer_is_given_up(site: Site) -> None:
    site.pause = 5
    assert not (await _failure(site, seconds=0.2)).final


async def test_an_answer_that_breaks_off_may_be_tried_again(site: Site) -> None:
    site.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"
    assert not (await _failure(site)).final


async def test_nobody_listening_may_be_tried_again() -> None:
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(FetchFailed) as caught:
            await _all(http, "http://127.0.0.1:1/")
    assert not caught.value.final


async def test_what_is_no_http_is_kept_out_of_our_network_as_well(site: Site) -> None:
    port = int(site.url.rsplit(":", 1)[1])
    async with guarded_client() as http:
        for host in ("127.0.0.1", "localhost", "2130706433", "::1"):
            with pytest.raises(NotAllowed):
                await dial(http, host, port)
    async with httpx2.AsyncClient() as http:
        with pytest.raises(NotAllowed):
            await dial(http, "127.0.0.1", port)
    assert site.calls == 0


async def test_a_connection_for_what_is_no_http_is_made_or_fails_as_such(site: Site) -> None:
    port = int(site.url.rsplit(":", 1)[1])
    async with guarded_client(allow_private_hosts=True) as http:
        with await dial(http, "localhost", port) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
        with pytest.raises(OSError, match="Connect call failed"):
            await dial(http, "127.0.0.1", 1)
    async with guarded_client() as http:
        with pytest.raises(OSError, match="name not found"):
            await dial(http, "nobody.invalid", port)


async def test_an_answer_that_is_read_as_a_whole_is_held_only_up_to_a_length(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "ANSWER_BYTES", 20_000)
    monkeypatch.setattr(fetch, "PACKED_BYTES", 5_000)
    async with guarded_client(allow_private_hosts=True) as http:
        site.answer, site.rest = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", [b"x" * 10_000] * 2
        assert len((await http.post(site.url)).content) == 20_000
        site.rest = [b"x" * 10_000] * 3
        with pytest.raises(httpx2.ReadError):
            await http.post(site.url)
        small, large = gzip.compress(b"x" * 30_000), gzip.compress(random.Random(1).randbytes(9_000))
        site.answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n"
        site.rest = [small]
        assert len((await http.post(site.url)).content) == 30_000
        site.rest = [large]
        with pytest.raises(httpx2.ReadError):
            await http.post(site.url)
