"""An agent's list stream lives through her breaks, however many there are."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.desk import Desk
from kezhan.realtime.hub import RING, Stream, Streams

WHO: Any = SimpleNamespace(membership_id=UUID(int=1), workspace_id=UUID(int=2))


def test_a_reader_gets_what_she_missed_or_is_told_to_read_afresh() -> None:
    stream = Stream()
    for n in range(RING + 10):
        stream.push(b'{"n":%d}' % n)
    assert stream.since(stream.epoch, stream.rev) == []
    missed = stream.since(stream.epoch, stream.rev - 2)
    assert missed is not None
    assert [b'"n":508' in missed[0], b'"n":509' in missed[1]] == [True, True]
    assert stream.since(stream.epoch, 5) is None
    assert stream.since("another life", stream.rev) is None
    assert stream.since(stream.epoch, stream.rev + 1) is None


async def test_an_earlier_breaks_end_does_not_take_a_later_breaks_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends: list[Any] = []
    loop = SimpleNamespace(call_later=lambda _, act: ends.append(act))
    monkeypatch.setattr("kezhan.conversations.desk.asyncio.get_running_loop", lambda: loop)
    desk: Any = SimpleNamespace(live=SimpleNamespace(inboxes=_Inboxes()))
    stream = desk.live.inboxes.streams.of(WHO.membership_id)
    Desk.forget_later(desk, WHO)
    Desk.forget_later(desk, WHO)
    ends[0]()
    assert desk.live.inboxes.streams.of(WHO.membership_id) is stream
    ends[1]()
    assert desk.live.inboxes.streams.of(WHO.membership_id) is not stream


class _Inboxes:
    def __init__(self) -> None:
        self.streams = Streams()

    def leave(self, _: Any) -> None:
        return None
