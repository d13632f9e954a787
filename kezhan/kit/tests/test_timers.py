"""Timers beyond the simple case: moved, cancelled or set anew while they fall due, many, failing, unknown."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access
from kezhan.kit.testing import PATIENCE, TestCluster
from kezhan.kit.timers import TimerRunner, cancel_timer, set_timer

PAST, FAR = timedelta(seconds=-1), timedelta(hours=1)
Act = Callable[[Tx, UUID], Awaitable[None]]


class Works:
    """Databases that share one cluster's database; whatever a test sets is gone for the next."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.opened: list[Database] = []

    def process(self, **acts: Act) -> Database:
        """A process that knows these kinds."""
        wiring = Wiring(timers={f"test.{name}": act for name, act in acts.items()})
        self.opened.append(Database(self.access, wiring, pool=2))
        return self.opened[-1]


@pytest.fixture(scope="module")
async def place(cluster: TestCluster) -> AsyncIterator[Access]:
    access = cluster.fresh()
    yield access
    cluster.drop(access)


@pytest.fixture
async def works(place: Access) -> AsyncIterator[Works]:
    works = Works(place)
    yield works
    for db in works.opened:
        await db.close()
    cleaner = await Database(place, Wiring()).connect("kz_owner")
    await cleaner.execute("set role kz_owner; truncate timers")
    await cleaner.close()


async def plan(db: Database, workspace_id: UUID, ref: UUID, due: timedelta, kind: str = "test.act") -> None:
    async with db.tx(workspace_id) as tx:
        await set_timer(tx, kind, ref, now() + due)


async def waiting(db: Database, workspace_id: UUID) -> dict[UUID, float]:
    """Seconds until each timer of the workspace is due."""
    async with db.tx(workspace_id) as tx:
        rows = await tx.rows(text("select ref, extract(epoch from due_at - now()) as left from timers"))
    return {row.ref: float(row.left) for row in rows}


async def test_setting_a_timer_again_moves_it_and_leaves_one(works: Works) -> None:
    db, workspace_id, ref = works.process(), new_id(), new_id()
    await plan(db, workspace_id, ref, PAST)
    await plan(db, workspace_id, ref, FAR)
    assert await TimerRunner(db).step() == 0
    left = await waiting(db, workspace_id)
    assert list(left) == [ref]
    assert left[ref] > 3000


async def test_the_same_ref_of_two_kinds_or_two_workspaces_are_different_timers(works: Works) -> None:
    done: list[str] = []

    async def one(tx: Tx, ref: UUID) -> None:
        done.append(f"one {tx.workspace}")

    async def two(tx: Tx, ref: UUID) -> None:
        done.append(f"two {tx.workspace}")

    db, mine, theirs, ref = works.process(one=one, two=two), new_id(), new_id(), new_id()
    for workspace_id in (mine, theirs):
        for kind in ("test.one", "test.two"):
            await plan(db, workspace_id, ref, PAST, kind)
    async with db.tx(mine) as tx:
        await cancel_timer(tx, "test.two", ref)
    assert await TimerRunner(db).step() == 3
    assert sorted(done) == sorted([f"one {mine}", f"one {theirs}", f"two {theirs}"])


async def test_an_action_works_in_its_own_workspace_and_its_effect_is_one_with_the_timers_end(
    works: Works,
) -> None:
    fail = True

    async def act(tx: Tx, ref: UUID) -> None:
        await set_timer(tx, "test.effect", ref, now() + FAR)
        if fail:
            raise ValueError("half-way")

    db, workspace_id, ref = works.process(act=act), new_id(), new_id()
    await plan(db, workspace_id, ref, PAST)
    await TimerRunner(db).step()
    assert len(await waiting(db, workspace_id)) == 1, "the effect is undone, the timer kept"
    fail = False
    await plan(db, workspace_id, ref, PAST)
    await TimerRunner(db).step()
    async with db.tx(workspace_id) as tx:
        assert await tx.values(text("select kind from timers")) == ["test.effect"]  # type: ignore[arg-type]
    assert await waiting(db, new_id()) == {}


async def test_an_action_may_set_its_own_timer_for_the_next_time(works: Works) -> None:
    rings = 0

    async def act(tx: Tx, ref: UUID) -> None:
        nonlocal rings
        rings += 1
        await set_timer(tx, "test.act", ref, now() + (PAST if rings < 3 else FAR))

    db, workspace_id, ref = works.process(act=act), new_id(), new_id()
    await plan(db, workspace_id, ref, PAST)
    for _ in range(5):
        await TimerRunner(db).step()
    assert rings == 3
    assert (await waiting(db, workspace_id))[ref] > 3000


@pytest.mark.parametrize("change", ["moved", "cancelled"])
async def test_a_timer_changed_between_its_claim_and_its_turn_does_not_go_off(
    works: Works, change: str
) -> None:
    done: list[UUID] = []
    workspace_id, first, second = new_id(), new_id(), new_id()

    async def act(tx: Tx, ref: UUID) -> None:
        """The first to come changes the other, which was claimed in the same breath."""
        done.append(ref)
        other = second if ref == first else first
        if change == "moved":
            await set_timer(tx, "test.act", other, now() + FAR)
        else:
            await cancel_timer(tx, "test.act", other)

    db = works.process(act=act)
    await plan(db, workspace_id, first, PAST * 2)
    await plan(db, workspace_id, second, PAST)
    assert await TimerRunner(db).step() == 2
    assert len(done) == 1
    left = await waiting(db, workspace_id)
    assert all(seconds > 3000 for seconds in left.values())
    assert len(left) == (1 if change == "moved" else 0)


@pytest.mark.parametrize("change", ["moved", "cancelled"])
async def test_who_changes_a_timer_with_what_it_is_about_in_hand_never_meets_it_half_way(
    works: Works, change: str
) -> None:
    """What the timer is about is a lock here, which its action needs as well."""
    hold, begun = text("select pg_advisory_xact_lock(4711)"), asyncio.Event()

    async def act(tx: Tx, ref: UUID) -> None:
        begun.set()
        await tx.rows(hold)

    db, workspace_id, ref = works.process(act=act), new_id(), new_id()
    await plan(db, workspace_id, ref, PAST)
    async with db.tx(workspace_id) as tx:
        await tx.rows(hold)
        step = asyncio.create_task(TimerRunner(db).step())
        await begun.wait()
        if change == "moved":
            await set_timer(tx, "test.act", ref, now() + FAR)
        else:
            await cancel_timer(tx, "test.act", ref)
    assert await step == 1
    left = await waiting(db, workspace_id)
    assert {ref: left[ref] > 3000 for ref in left} == ({ref: True} if change == "moved" else {})


async def test_a_runner_that_was_slow_does_not_repeat_what_another_has_done_since(works: Works) -> None:
    done: list[str] = []
    slow_inside, quick_done = asyncio.Event(), asyncio.Event()
    workspace_id, blocker, ref = new_id(), new_id(), new_id()

    def acting(name: str) -> Act:
        async def act(tx: Tx, which: UUID) -> None:
            if which == blocker:
                slow_inside.set()
                await quick_done.wait()
            else:
                done.append(name)

        return act

    slow, quick = works.process(act=acting("slow")), works.process(act=acting("quick"))
    await plan(slow, workspace_id, blocker, PAST)
    stepping = asyncio.create_task(TimerRunner(slow).step())
    await slow_inside.wait()
    quick_done.set()
    await stepping
    await plan(slow, workspace_id, ref, PAST)
    # Half a minute is over for the slow one: what it claimed is claimed again, by the quick one.
    async with slow.system_tx() as tx:
        await tx.run(text("update timers set due_at = now() - interval '1 second'"))
    await asyncio.gather(TimerRunner(quick).step(), TimerRunner(slow).step())
    assert len(done) == 1
    assert await waiting(slow, workspace_id) == {}


async def test_many_that_fall_due_together_are_each_carried_out_once_by_several_processes(
    works: Works,
) -> None:
    done: list[UUID] = []

    async def act(tx: Tx, ref: UUID) -> None:
        done.append(ref)

    processes = [works.process(act=act) for _ in range(3)]
    async with processes[0].tx(new_id()) as tx:
        for _ in range(40):
            await set_timer(tx, "test.act", new_id(), now() + PAST)
    claimed = 0
    for _ in range(2):
        claimed += sum(await asyncio.gather(*(TimerRunner(db).step() for db in processes)))
    assert claimed == len(done) == len(set(done)) == 40


async def test_the_longest_overdue_goes_first_and_a_batch_has_an_end(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.kit.timers._BATCH", 8)
    done: list[int] = []

    async def act(tx: Tx, ref: UUID) -> None:
        done.append(ref.int)

    db = works.process(act=act)
    async with db.tx(new_id()) as tx:
        for n in range(11):
            await set_timer(tx, "test.act", UUID(int=n + 1), now() - timedelta(seconds=200 - n))
    assert await TimerRunner(db).step() == 8
    assert sorted(done) == list(range(1, 9))
    assert await TimerRunner(db).step() == 3


async def test_a_failing_one_holds_up_nobody_and_comes_back_in_half_a_minute(works: Works) -> None:
    done: list[UUID] = []
    bad = new_id()

    async def act(tx: Tx, ref: UUID) -> None:
        if ref == bad:
            raise ValueError("not yet")
        done.append(ref)

    db, workspace_id = works.process(act=act), new_id()
    others = [new_id() for _ in range(3)]
    await plan(db, workspace_id, bad, PAST * 9)
    for ref in others:
        await plan(db, workspace_id, ref, PAST)
    assert await TimerRunner(db).step() == 4
    assert sorted(done) == sorted(others)
    left = await waiting(db, workspace_id)
    assert list(left) == [bad]
    assert 20 < left[bad] <= 30
    assert await TimerRunner(db).step() == 0


async def test_a_kind_only_a_newer_program_knows_waits_for_it(works: Works) -> None:
    done: list[UUID] = []

    async def act(tx: Tx, ref: UUID) -> None:
        done.append(ref)

    older, newer = works.process(), works.process(act=act)
    workspace_id, ref = new_id(), new_id()
    await plan(older, workspace_id, ref, PAST)
    assert await TimerRunner(older).step() == 1
    assert list(await waiting(older, workspace_id)) == [ref]
    await plan(older, workspace_id, ref, PAST)
    await TimerRunner(newer).step()
    assert done == [ref]


async def test_a_timer_of_a_transaction_that_failed_was_never_set(works: Works) -> None:
    db, workspace_id = works.process(), new_id()
    with contextlib.suppress(ValueError):
        async with db.tx(workspace_id) as tx:
            await set_timer(tx, "test.act", new_id(), now() + PAST)
            raise ValueError("no")
    assert await TimerRunner(db).step() == 0


async def test_the_runner_goes_on_though_the_database_was_away(
    works: Works, cluster: TestCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = asyncio.Event()

    async def act(tx: Tx, ref: UUID) -> None:
        done.set()

    monkeypatch.setattr("kezhan.kit.timers._BEAT_SECONDS", 0.005)
    db = works.process(act=act)
    running = asyncio.create_task(TimerRunner(db).run())
    cluster.cut(works.access)
    await plan(db, new_id(), new_id(), PAST)
    await asyncio.wait_for(done.wait(), PATIENCE)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
