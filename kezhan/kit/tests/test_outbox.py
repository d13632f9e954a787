"""Events and timers on a real database: nothing skipped, nothing twice, a bad one does not stop the rest."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.jobs import Jobs
from kezhan.kit.outbox import ATTEMPTS, Event, Handler, Runner, Wiring, emit
from kezhan.kit.postgres import Access
from kezhan.kit.tape import _READ
from kezhan.kit.testing import until
from kezhan.kit.timers import TimerRunner, cancel_timer, set_timer


class Rang(Event, frozen=True, kw_only=True, tag="test.rang"):
    n: int


class Silent(Event, frozen=True, kw_only=True, tag="test.silent"):
    pass


class Bell:
    """A listener that writes what it hears, in its own transaction, as timers named by number."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.bad: set[int] = set()

    async def run(self, tx: Tx, events: Sequence[Event]) -> None:
        for event in events:
            assert isinstance(event, Rang)
            await set_timer(tx, "test.effect", UUID(int=event.n), now() + timedelta(days=1))
            if event.n in self.bad:
                raise ValueError(f"cannot bear {event.n}")
        self.heard += [event.n for event in events if isinstance(event, Rang)]


@asynccontextmanager
async def opened(access: Access, wiring: Wiring) -> AsyncIterator[Database]:
    db = Database(access, wiring, pool=4)
    yield db
    await db.close()


@pytest.fixture
async def bell() -> Bell:
    return Bell()


@pytest.fixture
async def ringing(access: Access, bell: Bell) -> AsyncIterator[Database]:
    handler = Handler("test.bell", (Rang,), bell.run)
    async with opened(access, Wiring(later=(handler,))) as db:
        yield db


async def ring(db: Database, workspace_id: UUID, *numbers: int) -> None:
    async with db.tx(workspace_id) as tx:
        for n in numbers:
            await emit(tx, Rang(n=n))


async def drain(db: Database) -> None:
    runner = Runner(db)
    for _ in range(40):
        try:
            if not await runner.step(db.wiring.later[0]):
                return
        except ValueError:
            continue


async def effects(db: Database, workspace_id: UUID) -> list[int]:
    async with db.tx(workspace_id) as tx:
        rows = await tx.rows(text("select ref from timers where kind = 'test.effect'"))
    return sorted(row.ref.int for row in rows)


async def test_a_listener_hears_everything_once_in_the_order_of_commits(
    ringing: Database, bell: Bell
) -> None:
    one, two = new_id(), new_id()
    await ring(ringing, one, 1, 2)
    await ring(ringing, two, 3)
    await ring(ringing, one, 4)
    await drain(ringing)
    await drain(ringing)
    assert bell.heard == [1, 2, 3, 4]
    assert await effects(ringing, two) == [3]


async def test_what_a_listener_has_passed_is_not_looked_at_again(ringing: Database, bell: Bell) -> None:
    workspace_id = new_id()
    for _ in range(10):
        await ring(ringing, workspace_id, *range(400))
    await drain(ringing)
    assert len(bell.heard) == 4000
    await ring(ringing, workspace_id, 1)
    async with ringing.system_tx() as tx:
        (place,) = await tx.fetch("select xid::text, id from outbox_cursors where handler = 'test.bell'")
        read = await tx.fetch(f"explain (analyze) {_READ}", *place, ["test.rang"], 200, 100_000)
    plan = "\n".join(row[0] for row in read)
    assert "rows=1.00" in plan or "rows=1 " in plan, plan
    assert "Rows Removed" not in plan, plan


async def test_an_event_that_commits_late_is_not_passed_over(ringing: Database, bell: Bell) -> None:
    workspace_id = new_id()
    async with ringing.tx(workspace_id) as slow:
        await slow.fetch(
            "select pg_current_xact_id()"
        )  # as of its first write, its place is before the other's
        await emit(slow, Rang(n=1))
        await ring(ringing, workspace_id, 2)
        await drain(ringing)
        assert bell.heard == [], "what a writer still under way may come before is not read yet"
    await drain(ringing)
    assert sorted(bell.heard) == [1, 2]


async def test_what_a_listener_does_and_how_far_it_is_are_one(ringing: Database, bell: Bell) -> None:
    workspace_id = new_id()
    bell.bad = {1}
    await ring(ringing, workspace_id, 1)
    with pytest.raises(ValueError, match="cannot bear"):
        await Runner(ringing).step(ringing.wiring.later[0])
    assert await effects(ringing, workspace_id) == []
    bell.bad = set()
    await drain(ringing)
    assert (bell.heard, await effects(ringing, workspace_id)) == ([1], [1])


async def test_a_bad_event_is_put_aside_after_its_attempts_and_the_rest_goes_on(
    ringing: Database, bell: Bell
) -> None:
    workspace_id = new_id()
    bell.bad = {2}
    await ring(ringing, workspace_id, 1, 2, 3)
    await drain(ringing)
    assert sorted(set(bell.heard)) == [1, 3]
    assert await effects(ringing, workspace_id) == [1, 3]
    async with ringing.tx(workspace_id) as tx:
        (dead,) = await tx.rows(text("select handler, kind, body, fault from dead_letters"))
    assert (dead.handler, dead.kind) == ("test.bell", "test.rang")
    assert "cannot bear 2" in dead.fault
    assert ATTEMPTS > 1


async def test_two_runners_share_the_work_and_do_nothing_twice(ringing: Database, bell: Bell) -> None:
    workspace_id = new_id()
    for n in range(30):
        await ring(ringing, workspace_id, n)
    await asyncio.gather(*(drain(ringing) for _ in range(3)))
    await drain(ringing)
    assert bell.heard == list(range(30))


async def test_what_cannot_be_done_at_once_takes_its_cause_with_it(access: Access) -> None:
    async def refuse(tx: Tx, event: Any) -> None:
        raise ValueError("no")

    workspace_id = new_id()
    async with opened(access, Wiring(in_tx={Rang: (refuse,)})) as db:
        with pytest.raises(ValueError, match="no"):
            await ring(db, workspace_id, 1)
        async with db.tx(workspace_id) as tx:
            assert await tx.value(text("select count(*) from outbox")) == 0


async def test_another_workspaces_events_are_not_seen(ringing: Database) -> None:
    await ring(ringing, new_id(), 1)
    async with ringing.tx(new_id()) as tx:
        assert await tx.value(text("select count(*) from outbox")) == 0


async def test_only_committed_events_are_published(access: Access) -> None:
    told: list[Any] = []
    async with opened(access, Wiring()) as db:
        db.on_commit = lambda workspace_id, published: told.append([one.event for one in published])
        with pytest.raises(ValueError, match="stop"):
            async with db.tx(new_id()) as tx:
                await emit(tx, Rang(n=1), ["somewhere"])
                raise ValueError("stop")
        async with db.tx(new_id()) as tx:
            await emit(tx, Silent(), ["somewhere"])
    assert told == [[Silent()]]


class Clockwork:
    def __init__(self) -> None:
        self.done: list[UUID] = []
        self.faults = 0

    async def act(self, tx: Tx, ref: UUID) -> None:
        if self.faults:
            self.faults -= 1
            raise ValueError("not yet")
        self.done.append(ref)


async def test_a_timer_goes_off_once_though_two_look(access: Access) -> None:
    clockwork, workspace_id, ref = Clockwork(), new_id(), new_id()
    async with opened(access, Wiring(timers={"test.due": clockwork.act})) as db:
        async with db.tx(workspace_id) as tx:
            await set_timer(tx, "test.due", ref, now() - timedelta(seconds=1))
            await set_timer(tx, "test.due", new_id(), now() + timedelta(hours=1))
        claimed = await asyncio.gather(TimerRunner(db).step(), TimerRunner(db).step())
        assert (sum(claimed), clockwork.done) == (1, [ref])
        assert await TimerRunner(db).step() == 0


async def test_a_timer_that_fails_comes_back_and_one_that_moved_waits(access: Access) -> None:
    clockwork, workspace_id, ref = Clockwork(), new_id(), new_id()
    clockwork.faults = 1
    async with opened(access, Wiring(timers={"test.due": clockwork.act})) as db:
        async with db.tx(workspace_id) as tx:
            await set_timer(tx, "test.due", ref, now() - timedelta(seconds=1))
        await TimerRunner(db).step()
        async with db.tx(workspace_id) as tx:
            due = await tx.value(text("select due_at from timers"))
            assert due > now(), "claimed into the future, not lost"
            await set_timer(tx, "test.due", ref, now() - timedelta(seconds=1))
        await TimerRunner(db).step()
        assert clockwork.done == [ref]


async def test_a_cancelled_timer_never_goes_off(access: Access) -> None:
    clockwork, workspace_id, ref = Clockwork(), new_id(), new_id()
    async with opened(access, Wiring(timers={"test.due": clockwork.act})) as db:
        async with db.tx(workspace_id) as tx:
            await set_timer(tx, "test.due", ref, now() - timedelta(seconds=1))
            await cancel_timer(tx, "test.due", ref)
        assert await TimerRunner(db).step() == 0


async def test_a_job_is_queued_once_under_its_name_and_comes_back_after_a_fault(access: Access) -> None:
    ran: list[UUID] = []
    faults = 1

    async def run(workspace_id: UUID, ref: UUID) -> None:
        nonlocal faults
        if faults:
            faults -= 1
            raise ValueError("not yet")
        ran.append(ref)

    jobs, ref = Jobs(access), new_id()
    jobs.add("test.job", run, retry_seconds=1)
    await jobs.open()
    first = await jobs.defer("test.job", new_id(), ref, once="one")
    again = await jobs.defer("test.job", new_id(), ref, once="one")
    worker = asyncio.create_task(jobs.run())
    await until(lambda: ran)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await jobs.close()
    assert (first, again, ran) == (True, False, [ref])
