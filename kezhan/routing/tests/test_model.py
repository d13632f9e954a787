"""Whatever people do, in whatever order, in two processes either of which may die half-way: nobody waits
beside a free seat, nobody is served twice, no seat has more than its room."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhan.channels.tests.test_resume import always_the_same
from kezhan.kit.db import Database
from kezhan.kit.testing import TestCluster
from kezhan.routing.tests.model import CHANNELS, HANDS, Act, World, any_act, processes

Two = tuple[Database, Database]
NUMBER = st.integers(0, 60)
TALK = ("close", "take", "assign", "release", "team", "accept", "decline", "expire", "step", "unanswered",
        "leave", "come", "reopen", *HANDS, *HANDS)  # fmt: skip
SEAT = ("online", "busy", "away", "offline", "lose", "arrive", "off", "on", "room", "join")
ACTS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(CHANNELS), NUMBER, NUMBER),
    st.tuples(st.just("open"), st.sampled_from(CHANNELS), NUMBER, NUMBER),
    st.tuples(st.just("talk"), st.sampled_from(TALK), NUMBER, NUMBER),
    st.tuples(st.just("seat"), st.sampled_from(SEAT), NUMBER, NUMBER),
    st.tuples(st.just("policy"), st.just(""), NUMBER, NUMBER),
)
DIES = st.one_of(st.none(), st.none(), st.none(), st.floats(0, 0.03))
BATCHES = st.lists(st.lists(st.tuples(ACTS, DIES), min_size=1, max_size=5), min_size=3, max_size=14)


@pytest.fixture(scope="module")
async def two(cluster: TestCluster) -> AsyncIterator[Two]:
    access = cluster.fresh()
    one, other = processes(access)
    yield one, other
    await one.close()
    await other.close()
    cluster.drop(access)


def act_of(world: World, step: Any) -> Act:
    about, kind, first, second = step
    if about == "open":
        return world.opens(kind)
    if about == "talk":
        return world.to_talk(kind, first, second)
    return world.to_seat(kind, first, second) if about == "seat" else world.policy(first)


async def play(two: Two, batches: list[list[Any]]) -> None:
    world = await World.make(*two)
    for member in range(3):
        await world.alone(world.to_seat("online", member, 0))
    for batch in batches:
        before = (
            {channel: await world.line(channel) for channel in ("team", "any")} if len(batch) == 1 else {}
        )
        await world.together(
            *(
                world.alone(act_of(world, step), n) if dies is None
                else world.killed_at(act_of(world, step), n, dies)
                for n, (step, dies) in enumerate(batch)
            )
        )  # fmt: skip
        await world.check()
        if len(batch) == 1 and batch[0][0][0] == "seat" and batch[0][0][1] not in {"room", "join"}:
            for channel, waited in before.items():
                left = await world.line(channel)
                assert waited[len(waited) - len(left) :] == left, "served out of turn"


async def deadlocks(db: Database) -> int:
    async with db.system_tx() as tx:
        await tx.fetch("select pg_stat_clear_snapshot()")
        rows = await tx.fetch("select deadlocks from pg_stat_database where datname = current_database()")
    return int(rows[0]["deadlocks"])


async def many(two: Two, examples: int) -> None:
    loop = asyncio.get_running_loop()

    @always_the_same(examples)
    @given(BATCHES)
    def check(batches: list[list[Any]]) -> None:
        asyncio.run_coroutine_threadsafe(play(two, batches), loop).result(300)

    await asyncio.to_thread(check)
    assert await deadlocks(two[0]) == 0


async def test_whatever_people_do_the_reception_stays_true(two: Two) -> None:
    await many(two, 12)


@pytest.mark.long
async def test_whatever_people_do_the_reception_stays_true_many_times(two: Two) -> None:
    await many(two, 400)


@pytest.mark.parametrize("arrivals", [7, 20])
async def test_by_turns_nobody_is_two_ahead_of_another_though_customers_come_to_both_processes_at_once(
    two: Two, arrivals: int
) -> None:
    world = await World.make(*two, seats=4, units=50)
    members = world.members
    for member in range(4):
        await world.alone(world.to_seat("online", member, 0))
    await world.together(*(world.alone(world.opens("team"), n) for n in range(arrivals)))
    await world.check()
    given_to = await world.given()
    team = [given_to[member] for member in members[0::2]]
    assert sum(team) == arrivals
    assert max(team) - min(team) <= 1


async def storm(two: Two, seats: int, talks: int, acts: int, seed: int) -> World:
    """Anything at once, sixteen at a time, one in fifty dying half-way."""
    random, turns = Random(seed), asyncio.Semaphore(16)
    world = await World.make(*two, seats=seats, units=4)
    for member in range(seats):
        await world.alone(world.to_seat("online", member, 0))

    async def one(n: int, act: Act) -> None:
        async with turns:
            if random.random() < 0.02:
                await world.killed_at(act, n, random.random() * 0.05)
            else:
                await world.alone(act, n)

    await asyncio.gather(*(one(n, world.opens(random.choice(CHANNELS))) for n in range(talks)))
    await asyncio.gather(*(one(n, any_act(world, random)) for n in range(acts)))
    await world.settle_later()
    return world


async def test_in_a_storm_nobody_waits_for_one_who_waits_for_her(two: Two) -> None:
    world = await storm(two, seats=10, talks=40, acts=120, seed=4)
    await world.check()
    assert await deadlocks(two[0]) == 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
async def test_in_a_great_storm_nobody_waits_for_one_who_waits_for_her(two: Two, seed: int) -> None:
    world = await storm(two, seats=30, talks=300, acts=1500, seed=seed)
    await world.check()
    assert await deadlocks(two[0]) == 0
