"""Hints between processes: told to all others, in order, in pieces that fit, over broken connections."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from kezhan.kit import bus as kit_bus
from kezhan.kit.bus import CHANNEL
from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster, running_nats, until
from kezhan.kit.tests.carriers import Carrier, Process, started

Pair = tuple[Process, Process]


@pytest.fixture(params=["postgresql", "nats"])
def carrier(request: pytest.FixtureRequest, cluster: TestCluster) -> Iterator[Carrier]:
    if request.param == "postgresql":
        yield Carrier(cluster, None)
        return
    with running_nats() as server:
        yield Carrier(cluster, server)


@pytest.fixture
async def pair(carrier: Carrier, access: Access, tmp_path: Path) -> AsyncIterator[Pair]:
    ends = Process(access, tmp_path, carrier.url), Process(access, tmp_path, carrier.url)
    async with started(*ends):
        yield ends


async def test_others_hear_in_order_who_said_it_and_the_sender_does_not(
    pair: Pair,
) -> None:
    one, two = pair
    for n in range(5):
        one.bus.publish(b"%d" % n)
    assert await two.until(5) == [b"0", b"1", b"2", b"3", b"4"]
    two.bus.publish(b"{}")
    assert await one.until(1) == [b"{}"]
    assert {sender for sender, _ in two.heard} == {one.bus.id}
    assert (one.ups, two.ups, one.missed, two.missed) == (1, 1, 0, 0)


async def test_what_is_more_than_a_notification_holds_comes_in_several(
    pair: Pair,
) -> None:
    one, two = pair
    sent = [b'"%05d%s"' % (n, b"x" * 700) for n in range(1500)]
    for hint in sent:
        one.bus.publish(hint)
    assert await two.until(len(sent)) == sent


async def test_what_no_notification_holds_is_told_as_lost(pair: Pair) -> None:
    one, two = pair
    one.bus.publish(b'"%s"' % (b"x" * 8_000))
    one.bus.publish(b'"after"')
    assert await two.until(1) == [b'"after"']
    assert two.missed == 1


async def test_a_hint_just_within_a_notification_arrives(pair: Pair) -> None:
    one, two = pair
    hint = b'"%s"' % (b"x" * (kit_bus.PAYLOAD - len(one.bus.id) - 5))
    one.bus.publish(hint)
    assert await two.until(1) == [hint]


async def test_more_than_is_kept_while_the_database_is_away_is_told_as_lost(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair
    monkeypatch.setattr(kit_bus, "HELD", 3)
    for n in range(5):
        one.bus.publish(b"%d" % n)
    assert await two.until(1) == [b"4"]
    assert two.missed == 1


async def test_a_broken_line_comes_back_by_itself_with_what_waited_for_it(
    pair: Pair, carrier: Carrier
) -> None:
    one, two = pair
    one.bus.publish(b"1")
    await two.until(1)
    await asyncio.to_thread(carrier.cut, one.db.access)
    one.bus.publish(b"2")
    await asyncio.gather(one.until_up(2), two.until_up(2))
    assert (one.bus.reconnects, two.bus.reconnects) == (1, 1)
    one.bus.publish(b"3")
    # The second may have been said before the other listened again: that is what `on_up` is for.
    assert (await two.until(2))[-1] in {b"2", b"3"}
    await until(lambda: two.hints[-1] == b"3")


@pytest.mark.parametrize("carrier", ["postgresql"], indirect=True)
@pytest.mark.parametrize("payload", ["", "nobody", "x {", "x {}", "x 7", "x [1,"])
async def test_what_cannot_be_read_is_passed_over(pair: Pair, payload: str) -> None:
    one, two = pair
    async with one.db.system_tx() as tx:
        await tx.run(text("select pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})
    one.bus.publish(b"1")
    assert await two.until(1) == [b"1"]
    assert (two.ups, two.bus.refused) == (1, 1)


async def test_at_the_end_what_waits_is_still_told(pair: Pair) -> None:
    one, two = pair
    one.bus.publish(b'"bye"')
    await one.bus.stop()
    assert await two.until(1) == [b'"bye"']
