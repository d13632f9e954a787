"""An agent's list stream lives through her breaks, however many there are."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kezhan.conversations.desk import Desk
from kezhan.kit.bus import PostgresBus
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.realtime.hub import RING, Stream
from kezhan.settings import Settings
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import permissions_of


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
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(db, Settings(data=tmp_path), KeyRing.open(tmp_path / "keys.json"), PostgresBus(db))
    who = new_id()
    caller = Caller(
        kind="member",
        id=who,
        membership_id=who,
        workspace_id=new_id(),
        user_id=None,
        session_id=None,
        name="Lin",
        role="agent",
        permissions=permissions_of("agent"),
        team_ids=frozenset(),
        peer="127.0.0.1",
        language="en",
    )
    ends: list[Callable[[], Any]] = []
    loop = asyncio.get_running_loop()
    with monkeypatch.context() as early:
        early.setattr(loop, "call_later", lambda _, act: ends.append(act))
        streams = desk.live.inboxes.streams
        stream = streams.of(who)
        desk.live.inboxes.enter(caller)
        desk.forget_later(caller)
        desk.forget_later(caller)
    ends[0]()
    assert streams.of(who) is stream
    ends[1]()
    assert streams.of(who) is not stream
