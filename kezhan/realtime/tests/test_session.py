"""One client's frames: in order, refused in words, and hung up on when there is no talking to her."""

import asyncio
import json
from typing import Any

from kezhan.kit.errors import Refused
from kezhan.kit.sockets import Handshake
from kezhan.kit.testing import until
from kezhan.realtime.schemas import Frame, Ping, Pong
from kezhan.realtime.session import VIOLATION, FrameTable, SocketSession


class Slow(Frame, frozen=True, kw_only=True, tag="slow"):
    ref: str
    text: str = ""


class Line:
    """A link that keeps what it is given."""

    id = "line"
    backlog = 0

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.closed: list[int] = []
        self.handshake = Handshake(
            path="/", query={}, headers={}, cookies={}, peer="127.0.0.1", transport="picows"
        )

    def send(self, data: bytes) -> None:
        self.sent.append(json.loads(data))

    def close(self, code: int, reason: str = "") -> None:
        self.closed.append(code)


def session(line: Line) -> SocketSession:
    async def on_slow(session: SocketSession, frame: Slow) -> None:
        await asyncio.sleep(0.01)
        if frame.text == "no":
            raise Refused("kit.forbidden")
        if frame.text == "fault":
            raise RuntimeError("a fault of ours")
        session.tell(Pong())

    def on_ping(session: SocketSession, frame: Ping) -> None:
        session.tell(Ping())

    return SocketSession(line, FrameTable({Slow: on_slow, Ping: on_ping}), "en")


async def test_frames_wait_for_a_slow_one_before_them() -> None:
    line = Line()
    one = session(line)
    for frame in (
        '{"type":"slow","ref":"a"}',
        '{"type":"ping"}',
        '{"type":"slow","ref":"b"}',
        '{"type":"ping"}',
    ):
        one.on_frame(frame.encode())
    assert line.sent == []
    await until(lambda: len(line.sent) >= 4)
    assert [frame["type"] for frame in line.sent] == ["pong", "ping", "pong", "ping"]


async def test_a_refusal_and_a_fault_are_told_by_name_and_the_line_goes_on() -> None:
    line = Line()
    one = session(line)
    for text in ("no", "fault", "nul\\u0000", "fine"):
        one.on_frame(f'{{"type":"slow","ref":"{text[:3]}","text":"{text}"}}'.encode())
    await until(lambda: len(line.sent) >= 4)
    assert [(frame["type"], frame.get("ref"), frame.get("code")) for frame in line.sent] == [
        ("refused", "no", "kit.forbidden"),
        ("refused", "fau", "kit.fault"),
        ("refused", "nul", "kit.bad_text"),
        ("pong", None, None),
    ]
    assert all(frame["title"] for frame in line.sent[:3])
    assert "fault of ours" not in json.dumps(line.sent)


async def test_who_sends_nothing_but_junk_is_hung_up_on() -> None:
    line = Line()
    one = session(line)
    for _ in range(21):
        one.on_frame(b"junk")
    assert line.closed == [VIOLATION]
    assert len(line.sent) == 20


async def test_after_the_end_nothing_held_is_carried_out() -> None:
    line = Line()
    one = session(line)
    left: list[str] = []
    one.on_leave.append(lambda: left.append("left"))
    one.on_frame(b'{"type":"slow","ref":"a"}')
    one.on_frame(b'{"type":"ping"}')
    one.on_close()
    await asyncio.sleep(0.05)
    assert left == ["left"]
    assert not any(frame["type"] == "ping" for frame in line.sent)
