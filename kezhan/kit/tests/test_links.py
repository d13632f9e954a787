"""Links below the sockets: what a handshake says, who is let in, how much, and how each says goodbye."""

import asyncio
import json
from typing import Any

import httpx2
import msgspec
import pytest

from kezhan.kit.sockets import (
    ABORT,
    Close,
    Handshake,
    Limits,
    LinkBase,
    Refusal,
    Roster,
    abort_of,
    admit,
    is_text,
    read_handshake,
)
from kezhan.kit.stream_link import _read_body, answer
from kezhan.kit.testing import until
from kezhan.kit.tests.wire import ALL, TLS, Echo, EchoSession, StreamClient, client, over, running, stream


def handshake(headers: list[tuple[bytes, bytes]] | None = None, query: bytes = b"") -> Handshake:
    return read_handshake(
        "/ws",
        query,
        headers or [],
        address="10.0.0.1",
        peer=lambda address, given: given.get("x-forwarded-for", address),
        transport="picows",
    )


@pytest.mark.parametrize(
    ("lines", "cookies"),
    [
        ([b"a=1"], {"a": "1"}),
        ([b"a=1; b=2"], {"a": "1", "b": "2"}),
        ([b"a=1;b=2;;"], {"a": "1", "b": "2"}),
        ([b"a=1", b"b=2"], {"a": "1", "b": "2"}),
        ([b"a=first; a=second"], {"a": "first"}),
        ([b"a=x=y=z"], {"a": "x=y=z"}),
        ([b'a="quoted"'], {"a": "quoted"}),
        ([b"a=%20%E8%8C%B6"], {"a": " 茶"}),
        ([b"a="], {"a": ""}),
        ([b"nothing"], {}),
        ([b""], {}),
        ([b"a=\xff"], {"a": "ÿ"}),
    ],
)
def test_cookies_are_read_as_browsers_send_them(lines: list[bytes], cookies: dict[str, str]) -> None:
    assert handshake([(b"cookie", line) for line in lines]).cookies == cookies


def test_repeated_headers_are_joined_so_that_none_hides_another() -> None:
    said = handshake(
        [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"1.2.3.4"), (b"origin", b"https://a")]
    )
    assert said.headers["x-forwarded-for"] == said.peer == "6.6.6.6, 1.2.3.4"
    assert said.headers["origin"] == "https://a"


@pytest.mark.parametrize(
    ("query", "read"),
    [
        (b"", {}),
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"a=%E8%8C%B6&a=2", {"a": "2"}),
        (b"&&=&x", {"": "", "x": ""}),
        (b"a=%ff%zz", {"a": "�%zz"}),
    ],
)
def test_a_query_is_read_and_never_a_fault(query: bytes, read: dict[str, str]) -> None:
    assert handshake(query=query).query == read


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", True), (b"tea", True), ("茶".encode(), True), (b"\xff", False), (b"\xed\xa0\x80", False)],
)
def test_text_is_utf_8_and_nothing_else(data: bytes, text: bool) -> None:
    assert is_text(data) == text


async def test_who_is_let_in_is_the_endpoints_word_and_silence_or_a_fault_is_a_refusal() -> None:
    echo, limits = Echo(), Limits(authorize_s=0.01)
    assert await admit(echo, handshake(), limits) is None
    assert await admit(echo, handshake([(b"origin", b"https://bad.example")]), limits) == Refusal(
        403, "test.origin"
    )
    assert await admit(echo, handshake(query=b"fault=1"), limits) == Refusal(500, "kit.fault")
    echo.wait = 5
    assert await admit(echo, handshake(), limits) == Refusal(503, "kit.busy")


class Wire(LinkBase):
    """A link to nowhere that notes how it was closed."""

    def __init__(self, endpoint: Any, roster: Roster) -> None:
        super().__init__(endpoint, handshake(), roster)
        self.codes: list[int] = []

    def close(self, code: int, reason: str = "") -> None:
        self.codes.append(code)


@pytest.mark.parametrize(("burst", "rate"), [(1, 50), (5, 0.001), (100, 50), (1000, 3)])
async def test_a_burst_is_allowed_to_the_last_frame_and_one_more_is_a_flood(burst: int, rate: float) -> None:
    link = Wire(Echo(), Roster(Limits(frames_burst=burst, frames_per_s=rate)))
    now = link._loop.time()
    later: list[Any] = []
    still = {
        "time": staticmethod(lambda: now),
        "call_later": lambda _, s, act, *words: later.append((act, words)),
    }
    link._loop = type("Still", (), still)()
    assert [link.allow() for _ in range(burst)] == [True] * burst
    now += 1 / rate
    assert link.allow(), "time gives one back"
    assert [link.allow() for _ in range(3)] == [False] * 3
    now += 1000
    assert (link.allow(), link.codes, len(later)) == (False, [], 1), (
        "heard no more, and closed once, a moment later"
    )
    later[0][0](*later[0][1])
    assert link.codes == [Close.FLOOD]


async def test_a_server_that_is_closing_sends_away_who_still_comes() -> None:
    roster, echo = Roster(Limits()), Echo()
    early = Wire(echo, roster)
    early.begin()
    await roster.farewell(Close.RESTART, 3)
    late = Wire(echo, roster)
    late.begin()
    assert early.codes == late.codes == [Close.RESTART]
    for link in (early, late, late):
        link.end()
    assert [session.closes for session in echo.sessions] == [1, 1]
    assert len(roster) == 0


async def test_an_endpoint_that_fails_to_make_a_session_ends_the_link_and_nothing_else() -> None:
    class Broken(Echo):
        def connect(self, link: Any) -> EchoSession:
            raise ValueError("a fault of ours")

    roster = Roster(Limits())
    link = Wire(Broken(), roster)
    link.begin()
    assert link.codes == [Close.FAULT]
    link.take(b"1")
    link.end()
    assert len(roster) == 0


async def test_a_session_that_fails_at_its_end_still_leaves_the_roster() -> None:
    class Sore(EchoSession):
        def on_close(self) -> None:
            raise ValueError("a fault of ours")

    class Painful(Echo):
        def connect(self, link: Any) -> EchoSession:
            return Sore(link)

    roster = Roster(Limits())
    link = Wire(Painful(), roster)
    link.begin()
    link.end()
    assert (len(roster), link.closed) == (0, True)


def test_a_connection_that_cannot_be_cut_is_left_alone() -> None:
    cut: list[int] = []
    abort_of({"extensions": {ABORT: lambda: cut.append(1)}})()
    abort_of({})()
    abort_of({"extensions": {}})()
    assert cut == [1]


async def _body(*messages: dict[str, Any], limit: int = 10) -> bytes | None:
    waiting = [{"type": "http.request", **message} for message in messages]

    async def receive() -> Any:
        return waiting.pop(0)

    return await _read_body(receive, limit)


async def test_a_posts_body_is_read_whole_or_not_at_all() -> None:
    assert await _body({"body": b"tea"}) == b"tea"
    assert await _body({}) == b""
    assert await _body({"body": b"12345", "more_body": True}, {"body": b"67890"}) == b"1234567890"
    assert await _body({"body": b"12345", "more_body": True}, {"body": b"678901"}) is None
    assert await _body({"body": b"12345", "more_body": True}, {"type": "http.disconnect"}) is None


async def test_a_refusal_is_a_problem_that_ends_the_connection_and_none_is_an_empty_answer() -> None:
    left: list[Any] = []

    async def send(message: Any) -> None:
        left.append(message)

    await answer(Refusal(429, "kit.too_many"), send)
    await answer(None, send)
    start, body, empty, nothing = left
    assert (start["status"], empty["status"], nothing["body"]) == (429, 204, b"")
    assert json.loads(body["body"]) == {"status": 429, "code": "kit.too_many"}
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"application/problem+json"
    assert int(headers[b"content-length"]) == len(body["body"])
    assert headers[b"connection"] == b"close"


@over(*ALL)
async def test_a_goodbye_carries_its_code_and_nothing_is_heard_after_it(kind: str) -> None:
    async with running(kind, echo := Echo()) as server, client(kind, server) as one:
        frames = [1, {"do": "close", "code": 4401}, 2, 3]
        if isinstance(one, StreamClient):
            assert await one.post(msgspec.json.encode(frames)) == 204
        else:
            await one.send(*frames)
        assert await one.recv() == 1
        assert await one.close_code() == 4401
        await until(lambda: echo.sessions[0].closes == 1)
        assert len(echo.sessions[0].frames) == 2


@over(*ALL)
async def test_what_was_said_just_before_a_goodbye_still_arrives(kind: str) -> None:
    async with running(kind, echo := Echo()) as server, client(kind, server) as one:
        await until(lambda: bool(echo.sessions))
        link = echo.sessions[0].link
        for n in range(20):
            link.send(b"%d" % n)
        link.close(Close.DONE, "bye" * 200)
        link.send(b"99")
        assert [await one.recv() for _ in range(20)] == list(range(20))
        assert await one.close_code() == 1000


@over("stream")
async def test_posts_come_in_their_order_and_an_empty_one_is_only_a_sign_of_life(kind: str) -> None:
    async with running(kind, echo := Echo()) as server, stream(server) as one:
        for start in range(0, 60, 20):
            assert await one.post(msgspec.json.encode(list(range(start, start + 20)))) == 204
            assert await one.post(b"[]") == 204
        assert await one.post(b" [ ] ") == 204
        assert [json.loads(frame) for frame in echo.sessions[0].frames] == list(range(60))
        assert [await one.recv() for _ in range(60)] == list(range(60))


@over("stream")
async def test_a_stream_is_no_page_to_be_kept_and_only_posted_for(kind: str) -> None:
    async with running(kind, Echo()) as server:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", verify=TLS) as http:
            async with http.stream("POST", "/ws/stream") as response:
                assert response.headers["content-type"] == "text/event-stream"
                assert response.headers["cache-control"] == "no-store"
                assert response.headers["x-accel-buffering"] == "no"
            for method in ("GET", "PUT", "DELETE"):
                for path in ("/ws/stream", "/ws/frames"):
                    assert (await http.request(method, path)).status_code == 404
        await asyncio.sleep(0)
