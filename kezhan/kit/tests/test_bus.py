"""Hints between processes: told to all others, in order, in pieces that fit, over broken connections."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from sqlalchemy import text

from kezhan.kit import bus as kit_bus
from kezhan.kit.bus import CHANNEL, PostgresBus
from kezhan.kit.db import Database
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster


class Process:
    """One end of the bus and what it has heard."""

    def __init__(self, access: Access) -> None:
        self.db = Database(access, Wiring(), pool=1)
        self.bus = PostgresBus(self.db)
        self.heard: list[tuple[str, bytes]] = []
        self.ups = self.missed = 0
        self.bus.subscribe(self._hear, self._up, self._miss)

    @property
    def hints(self) -> list[bytes]:
        return [hint for _, hint in self.heard]

    def _hear(self, sender: str, hints: list[msgspec.Raw]) -> None:
        self.heard += [(sender, bytes(hint)) for hint in hints]

    def _up(self) -> None:
        self.ups += 1

    def _miss(self) -> None:
        self.missed += 1


@pytest.fixture
async def pair(access: Access) -> AsyncIterator[tuple[Process, Process]]:
    async with contextlib.AsyncExitStack() as stack:
        ends = Process(access), Process(access)
        for end in ends:
            await end.bus.start()
            stack.push_async_callback(end.db.close)
            stack.push_async_callback(end.bus.stop)
        yield ends


async def until(process: Process, count: int) -> list[bytes]:
    async with asyncio.timeout(10):
        while len(process.heard) < count:
            await asyncio.sleep(0.005)
    return process.hints


async def test_others_hear_in_order_who_said_it_and_the_sender_does_not(
    pair: tuple[Process, Process],
) -> None:
    one, two = pair
    for n in range(5):
        one.bus.publish(b"%d" % n)
    assert await until(two, 5) == [b"0", b"1", b"2", b"3", b"4"]
    two.bus.publish(b"{}")
    assert await until(one, 1) == [b"{}"]
    assert {sender for sender, _ in two.heard} == {one.bus.id}
    assert (one.ups, two.ups, one.missed, two.missed) == (1, 1, 0, 0)


async def test_what_is_more_than_a_notification_holds_comes_in_several(
    pair: tuple[Process, Process],
) -> None:
    one, two = pair
    sent = [b'"%05d%s"' % (n, b"x" * 700) for n in range(1500)]
    for hint in sent:
        one.bus.publish(hint)
    assert await until(two, len(sent)) == sent


async def test_what_no_notification_holds_is_told_as_lost(pair: tuple[Process, Process]) -> None:
    one, two = pair
    one.bus.publish(b'"%s"' % (b"x" * 8_000))
    one.bus.publish(b'"after"')
    assert await until(two, 1) == [b'"after"']
    assert two.missed == 1


async def test_a_hint_just_within_a_notification_arrives(pair: tuple[Process, Process]) -> None:
    one, two = pair
    hint = b'"%s"' % (b"x" * (kit_bus.PAYLOAD - len(one.bus.id) - 5))
    one.bus.publish(hint)
    assert await until(two, 1) == [hint]


async def test_more_than_is_kept_while_the_database_is_away_is_told_as_lost(
    pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair
    monkeypatch.setattr(kit_bus, "HELD", 3)
    for n in range(5):
        one.bus.publish(b"%d" % n)
    assert await until(two, 1) == [b"4"]
    assert two.missed == 1


async def test_a_broken_line_comes_back_by_itself_with_what_waited_for_it(
    pair: tuple[Process, Process], cluster: TestCluster
) -> None:
    one, two = pair
    one.bus.publish(b"1")
    await until(two, 1)
    cluster.cut(one.db.access)
    one.bus.publish(b"2")
    async with asyncio.timeout(10):
        while one.ups < 2 or two.ups < 2:
            await asyncio.sleep(0.01)
    one.bus.publish(b"3")
    # The second may have been said before the other listened again: that is what `on_up` is for.
    assert (await until(two, 2))[-1] in {b"2", b"3"}
    async with asyncio.timeout(10):
        while two.hints[-1] != b"3":
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("payload", ["", "nobody", "x {", "x {}", "x 7", "x [1,"])
async def test_what_cannot_be_read_is_passed_over(pair: tuple[Process, Process], payload: str) -> None:
    one, two = pair
    async with one.db.system_tx() as tx:
        await tx.run(text("select pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})
    one.bus.publish(b"1")
    assert await until(two, 1) == [b"1"]
    assert two.ups == 1


async def test_at_the_end_what_waits_is_still_told(pair: tuple[Process, Process]) -> None:
    one, two = pair
    one.bus.publish(b'"bye"')
    await one.bus.stop()
    assert await until(two, 1) == [b'"bye"']
