"""Frames at the session: what may be said, how a refusal speaks, what waits and what ends with the line."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from kezhan.kit.errors import Refused
from kezhan.kit.testing import until
from kezhan.realtime.schemas import Frame, Ping, Pong
from kezhan.realtime.session import VIOLATION, FrameTable, SocketSession
from kezhan.realtime.tests.test_session import Line


class Pour(Frame, frozen=True, kw_only=True, tag="pour"):
    client_id: str
    text: str = ""
    cups: int = 1


class Steep(Frame, frozen=True, kw_only=True, tag="steep"):
    ref: str


class Kettle:
    """A session whose slow frames wait until the test lets them go on."""

    def __init__(self, language: str = "en") -> None:
        self.line = Line()
        self.poured: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        table = FrameTable({Pour: self.pour, Steep: self.steep, Ping: self.ping})
        self.session = SocketSession(self.line, table, language)

    def pour(self, session: SocketSession, frame: Pour) -> None:
        if frame.text == "refuse":
            raise Refused("kit.too_many", 429, retry_after=9)
        if frame.text == "fault":
            raise KeyError("a fault of ours")
        self.poured.append(frame.client_id)

    async def steep(self, session: SocketSession, frame: Steep) -> None:
        await self.gates.setdefault(frame.ref, asyncio.Event()).wait()
        self.poured.append(frame.ref)

    def ping(self, session: SocketSession, frame: Ping) -> None:
        session.tell(Pong())

    def hear(self, **frame: Any) -> None:
        self.session.on_frame(json.dumps(frame).encode())

    def open(self, ref: str) -> None:
        self.gates.setdefault(ref, asyncio.Event()).set()


BAD: list[tuple[bytes, str | None]] = [
    # what comes, whose name the refusal bears
    (b"", None),
    (b"tea", None),
    (b"null", None),
    (b"[]", None),
    (b"{}", None),
    (b'{"type": "tea"}', None),
    (b'{"type": 7, "ref": "a"}', "a"),
    (b'{"type": "pour"}', None),
    (b'{"type": "pour", "client_id": "mine", "cups": "many"}', "mine"),
    (b'{"type": "steep", "ref": 7}', None),
    (b'{"type": "tea", "client_id": "one", "ref": "two"}', "one"),
    (b'{"type": "tea", "ref": "' + b"x" * 5000 + b'"}', "x" * 100),
    (b'{"type": "pour", "client_id": "a"', None),
    (b'{"type": "pour", "client_id": "a", "cups": 1e999}', "a"),
    (b'{"type": "ping", "more": ' + b"[" * 50_000, None),
    (b"[" * 50_000, None),
]


@pytest.mark.parametrize(("data", "ref"), BAD, ids=lambda value: str(value)[:30])
async def test_a_frame_that_cannot_be_read_is_refused_by_its_name_and_the_line_goes_on(
    data: bytes, ref: str | None
) -> None:
    kettle = Kettle()
    kettle.session.on_frame(data)
    (refusal,) = kettle.line.sent
    assert (refusal["type"], refusal["code"], refusal.get("ref")) == ("refused", "realtime.bad_frame", ref)
    assert len(refusal["title"]) < 400
    kettle.hear(type="ping")
    assert (kettle.line.sent[-1], kettle.line.closed) == ({"type": "pong"}, [])


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_refusal_speaks_the_readers_language_and_says_how_long_to_wait(language: str) -> None:
    kettle = Kettle(language)
    kettle.hear(type="pour", client_id="a", text="refuse")
    (refusal,) = kettle.line.sent
    assert (refusal["ref"], refusal["code"], refusal["retry_after"]) == ("a", "kit.too_many", 9)
    assert "9" in refusal["title"]
    assert ("请" in refusal["title"]) == (language == "zh-CN")


async def test_a_fault_is_told_by_its_name_alone_and_the_line_goes_on() -> None:
    kettle = Kettle()
    kettle.hear(type="pour", client_id="a", text="fault")
    kettle.hear(type="pour", client_id="b")
    (refusal,) = kettle.line.sent
    assert (refusal["ref"], refusal["code"]) == ("a", "kit.fault")
    assert "fault of ours" not in json.dumps(refusal)
    assert (kettle.poured, kettle.line.closed) == (["b"], [])


async def test_a_fault_among_frames_that_waited_stops_none_behind_it_and_keeps_their_order() -> None:
    kettle = Kettle()
    kettle.hear(type="steep", ref="slow")
    kettle.hear(type="pour", client_id="bad", text="fault")
    for name in ("a", "b"):
        kettle.hear(type="pour", client_id=name)
    kettle.session.on_frame(b"junk")
    kettle.hear(type="ping")
    assert kettle.line.sent == []
    kettle.open("slow")
    await until(lambda: {"type": "pong"} in kettle.line.sent)
    assert kettle.poured == ["slow", "a", "b"]
    assert [sent.get("code") for sent in kettle.line.sent] == ["kit.fault", "realtime.bad_frame", None]
    kettle.hear(type="pour", client_id="c")
    assert kettle.poured[-1] == "c", "the line is free again"


async def test_slow_ones_wait_for_each_other() -> None:
    kettle = Kettle()
    for ref in ("one", "two", "three"):
        kettle.hear(type="steep", ref=ref)
    kettle.open("three")
    kettle.open("two")
    await asyncio.sleep(0)
    assert kettle.poured == []
    kettle.open("one")
    await until(lambda: len(kettle.poured) == 3)
    assert kettle.poured == ["one", "two", "three"]


async def test_who_sends_on_and_on_while_one_frame_is_under_way_is_hung_up_on() -> None:
    kettle = Kettle()
    kettle.hear(type="steep", ref="slow")
    for n in range(500):
        kettle.hear(type="pour", client_id=str(n))
    assert kettle.line.closed == []
    kettle.hear(type="pour", client_id="one too many")
    assert kettle.line.closed == [VIOLATION]
    kettle.session.on_close()
    kettle.open("slow")
    await until(lambda: "slow" in kettle.poured)
    assert kettle.poured == ["slow"], "nothing that waited is carried out for a line that is gone"


@pytest.mark.parametrize("field", ["client_id", "text"])
async def test_nul_in_any_text_is_refused_at_the_door(field: str) -> None:
    kettle = Kettle()
    kettle.hear(**{"type": "pour", "client_id": "a", field: "te\0a"})
    (refusal,) = kettle.line.sent
    assert refusal["code"] == "kit.bad_text"
    assert kettle.poured == []


async def test_good_frames_between_bad_ones_do_not_make_them_forgotten() -> None:
    kettle = Kettle()
    for n in range(21):
        kettle.session.on_frame(b"junk")
        kettle.hear(type="pour", client_id=str(n))
        assert bool(kettle.line.closed) == (n == 20)
    assert kettle.line.closed == [VIOLATION]


async def test_the_end_comes_once_and_tells_everybody_who_waits_for_it() -> None:
    kettle = Kettle()
    left: list[str] = []
    kettle.session.on_leave += [lambda: left.append("hub"), lambda: left.append("presence")]
    kettle.session.on_close()
    assert left == ["hub", "presence"]


def test_a_table_knows_its_frames_and_no_others() -> None:
    table = FrameTable({Ping: lambda session, frame: None, Steep: lambda session, frame: None})
    assert table.frames == {Ping, Steep}
    assert table.decode(b'{"type": "steep", "ref": "a"}') == Steep(ref="a")
    with pytest.raises(msgspec.ValidationError):
        table.decode(b'{"type": "pour", "client_id": "a"}')


async def test_a_told_frame_carries_its_type_and_only_what_it_has() -> None:
    kettle = Kettle()
    kettle.session.tell(Pong())
    kettle.session.refuse("kit.forbidden")
    kettle.session.deliver(b'{"type": "listed"}')
    assert [sorted(sent) for sent in kettle.line.sent] == [["type"], ["code", "title", "type"], ["type"]]
