"""The outbox's runner in worse weather: unreadable events, many at once, new listeners, old days."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from kezhan.kit import outbox
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import ATTEMPTS, Event, Handler, Runner, Took, Wiring, emit, tidy
from kezhan.kit.postgres import Access
from kezhan.kit.testing import PATIENCE, TestCluster, until
from kezhan.kit.tests.test_outbox import Rang, Silent

CURSOR = text("select cast(xid as text), id from outbox_cursors where handler = :name")
LAST = text("select cast(xid as text), id from outbox order by xid desc, id desc limit 1")


class Ear:
    """A listener that keeps what it hears, call by call, and chokes on the numbers in `bad`."""

    def __init__(self, name: str = "test.ear", *events: type[Event]) -> None:
        self.calls: list[tuple[UUID, list[int]]] = []
        self.bad: set[int] = set()
        self.tried = 0
        self.handler = Handler(name, events or (Rang,), self.run)

    @property
    def heard(self) -> list[int]:
        return [n for _, numbers in self.calls for n in numbers]

    async def run(self, tx: Tx, events: Sequence[Event]) -> None:
        numbers = [event.n for event in events if isinstance(event, Rang)]
        self.tried += 1
        if self.bad.intersection(numbers):
            raise ValueError(f"cannot bear {numbers}" + "!" * 5000)
        self.calls.append((tx.workspace, numbers))


@pytest.fixture(scope="module")
def place(cluster: TestCluster) -> Iterator[Access]:
    access = cluster.fresh()
    yield access
    cluster.drop(access)


@pytest.fixture
async def opened(place: Access) -> AsyncIterator[list[Database]]:
    """What a test opens is closed, what it wrote is gone."""
    opened: list[Database] = []
    yield opened
    for db in opened:
        await db.close()
    with psycopg.connect(place.psycopg("postgres")) as admin:
        admin.execute("truncate outbox, outbox_cursors, dead_letters, timers")


def process(opened: list[Database], place: Access, *ears: Ear, **more: Any) -> Database:
    opened.append(Database(place, Wiring(later=tuple(ear.handler for ear in ears), **more), pool=3))
    return opened[-1]


async def ring(db: Database, workspace_id: UUID, *numbers: int) -> None:
    async with db.tx(workspace_id) as tx:
        for n in numbers:
            await emit(tx, Rang(n=n))


async def steps(db: Database, ear: Ear, limit: int = 40) -> int:
    """Step until there is nothing left; how many steps failed."""
    runner, failed = Runner(db), 0
    for _ in range(limit):
        try:
            if not await runner.step(ear.handler):
                return failed
        except Exception:
            failed += 1
    raise AssertionError("the runner does not come to an end")


async def dead(db: Database, workspace_id: UUID) -> list[Any]:
    async with db.tx(workspace_id) as tx:
        return list(await tx.rows(text("select handler, kind, body, fault from dead_letters order by id")))


@pytest.mark.parametrize(
    "body",
    [
        '{"event": "test.rang"}',
        '{"event": "test.rang", "n": ""}',
        '{"event": "test.rung"}',
        "[7]",
        '{"each": {"n": 7}}',
        '{"each": []}',
    ],
)
async def test_an_event_that_cannot_be_read_is_put_aside_and_the_rest_goes_on(
    opened: list[Database], place: Access, body: str
) -> None:
    ear, workspace_id = Ear(), new_id()
    db = process(opened, place, ear)
    await ring(db, workspace_id, 1)
    async with db.tx(workspace_id) as tx:
        written = text(
            "insert into outbox (workspace_id, kind, body) values (:ws, 'test.rang', cast(:body as jsonb))"
        )
        await tx.run(written, {"ws": workspace_id, "body": body})
    await ring(db, workspace_id, 3)
    assert await steps(db, ear) == ATTEMPTS - 1
    assert ear.heard == [1, 3]
    assert len(await dead(db, workspace_id)) == 1


async def test_of_several_events_in_one_row_only_the_guilty_one_is_put_aside(
    opened: list[Database], place: Access
) -> None:
    ear, workspace_id = Ear(), new_id()
    ear.bad = {2}
    db = process(opened, place, ear)
    await steps(db, ear)
    async with db.tx(workspace_id) as tx:
        written = text(
            "insert into outbox (workspace_id, kind, body) values (:ws, 'test.rang', cast(:body as jsonb))"
        )
        await tx.run(written, {"ws": workspace_id, "body": '{"each": {"n": [1, 2, 3]}}'})
    await ring(db, workspace_id, 4)
    assert await steps(db, ear) == ATTEMPTS - 1
    assert ear.heard == [1, 3, 4]
    assert [row.body for row in await dead(db, workspace_id)] == [{"event": "test.rang", "n": 2}]


async def test_what_a_listener_does_not_listen_to_is_passed_and_its_cursor_moves_to_the_end(
    opened: list[Database], place: Access
) -> None:
    ear, workspace_id = Ear(), new_id()
    db = process(opened, place, ear)
    async with db.tx(workspace_id) as tx:
        for _ in range(3):
            await emit(tx, Silent())
    await ring(db, workspace_id, 1)
    async with db.tx(workspace_id) as tx:
        await emit(tx, Silent())
    async with db.tx(workspace_id) as tx:
        last = await tx.row(LAST)
    assert await steps(db, ear) == 0
    assert ear.calls == [(workspace_id, [1])]
    async with db.system_tx() as tx:
        assert await tx.row(CURSOR, {"name": "test.ear"}) == last


async def test_more_than_a_batch_comes_in_order_and_neighbours_of_one_workspace_together(
    opened: list[Database], place: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.kit.outbox.BATCH", 4)
    ear, one, two = Ear(), new_id(), new_id()
    db = process(opened, place, ear)
    await ring(db, one, 1, 2)
    await ring(db, two, 3, 4, 5)
    await ring(db, one, 6)
    await ring(db, one, 7)
    assert await steps(db, ear) == 0
    assert ear.calls == [(one, [1, 2]), (two, [3, 4]), (two, [5]), (one, [6, 7])]


async def test_one_event_said_twice_is_two_events(opened: list[Database], place: Access) -> None:
    ear = Ear()
    db = process(opened, place, ear)
    await ring(db, new_id(), 1, 1)
    await steps(db, ear)
    assert ear.heard == [1, 1]


async def test_a_listener_of_several_kinds_hears_them_in_one_order_and_two_listeners_each_for_itself(
    opened: list[Database], place: Access
) -> None:
    both, one, workspace_id = Ear("test.both", Rang, Silent), Ear("test.one"), new_id()
    db = process(opened, place, both, one)
    async with db.tx(workspace_id) as tx:
        for event in (Rang(n=1), Silent(), Rang(n=2)):
            await emit(tx, event)
    one.bad = {1}
    assert await steps(db, both) == 0
    assert both.heard == [1, 2]
    assert await steps(db, one) > 0
    assert one.heard == [2]


async def test_a_new_listener_begins_with_what_is_still_kept(opened: list[Database], place: Access) -> None:
    old, new = Ear("test.old"), Ear("test.new")
    db = process(opened, place, old, new)
    await ring(db, new_id(), 1)
    await steps(db, old)
    await ring(db, new_id(), 2)
    await steps(db, new)
    assert (old.heard, new.heard) == ([1], [1, 2])


async def test_each_event_has_all_its_attempts_whatever_failed_before_it(
    opened: list[Database], place: Access
) -> None:
    ear, workspace_id = Ear(), new_id()
    db = process(opened, place, ear)
    runner = Runner(db)
    ear.bad = {1, 2}
    await ring(db, workspace_id, 1, 2)
    for _ in range(ATTEMPTS - 1):
        with pytest.raises(ValueError, match="cannot bear"):
            await runner.step(ear.handler)
    ear.bad = {2}
    assert await steps(db, ear) == ATTEMPTS - 1
    assert ear.heard == [1]
    (letter,) = await dead(db, workspace_id)
    assert letter.body["n"] == 2
    assert len(letter.fault) == 2000, "a long fault is cut"
    assert await dead(db, new_id()) == [], "another workspace does not see it"


async def test_events_of_one_workspace_are_kept_from_no_other_by_a_bad_one(
    opened: list[Database], place: Access
) -> None:
    ear, bad, good = Ear(), new_id(), new_id()
    db = process(opened, place, ear)
    ear.bad = {1}
    await ring(db, bad, 1)
    await ring(db, good, 2)
    assert await steps(db, ear) == ATTEMPTS - 1
    assert ear.calls == [(good, [2])]
    assert (len(await dead(db, bad)), await dead(db, good)) == (1, [])


async def test_while_one_process_delivers_another_leaves_that_listener_alone(
    opened: list[Database], place: Access
) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()
    heard: list[int] = []

    class Slow(Ear):
        async def run(self, tx: Tx, events: Sequence[Event]) -> None:
            inside.set()
            await go_on.wait()
            heard.extend(event.n for event in events if isinstance(event, Rang))

    slow = Slow()
    one, two = process(opened, place, slow), process(opened, place, slow)
    await ring(one, new_id(), 1)
    stepping = asyncio.create_task(Runner(one).step(slow.handler))
    await inside.wait()
    assert not await Runner(two).step(slow.handler)
    go_on.set()
    assert await stepping
    assert not await Runner(two).step(slow.handler)
    assert heard == [1]


async def test_the_runner_carries_on_when_woken_and_one_listeners_trouble_is_its_own(
    opened: list[Database], place: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.kit.outbox._LOOK_SECONDS", 2 * PATIENCE)
    sick, well = Ear("test.sick"), Ear("test.well")
    sick.bad = {1, 2}
    db = process(opened, place, sick, well)
    runner = Runner(db)
    running = asyncio.create_task(runner.run())

    def woken(true: bool) -> bool:
        runner.wake((Rang,))
        return true

    for n in (1, 2):
        await ring(db, new_id(), n)
        await until(lambda: woken(n in well.heard))  # noqa: B023
    await until(lambda: woken(sick.tried >= 3))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert well.heard == [1, 2]


async def test_what_nobody_woke_for_is_found_by_a_look_and_nobody_steps_where_there_is_nothing(
    opened: list[Database], place: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.kit.outbox._LOOK_SECONDS", 0.01)
    sick, well = Ear("test.sick"), Ear("test.well")
    sick.bad = {1}
    runner = Runner(process(opened, place, sick, well))
    stepped: list[str] = []
    step = runner.step

    async def counted(handler: Handler) -> Took:
        stepped.append(handler.name)
        return await step(handler)

    monkeypatch.setattr(runner, "step", counted)
    running = asyncio.create_task(runner.run())
    elsewhere = process(opened, place)
    await ring(elsewhere, new_id(), 1)
    await ring(elsewhere, new_id(), 2)
    await until(lambda: well.heard == [1, 2] and sick.heard == [2])  # tried until it was buried
    await until(lambda: _rests(elsewhere))

    async def still() -> bool:
        before = len(stepped)
        await asyncio.sleep(0.1)  # some ten looks
        return len(stepped) == before

    await until(still)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _rests(db: Database) -> bool:
    async with db.system_tx() as tx:
        last = await tx.row(LAST)
        return [await tx.row(CURSOR, {"name": name}) for name in ("test.sick", "test.well")] == [last, last]


async def test_what_is_true_at_once_runs_in_the_order_of_the_table_and_may_say_more(
    opened: list[Database], place: Access
) -> None:
    order: list[str] = []
    told: list[list[tuple[Event, tuple[str, ...]]]] = []

    async def first(tx: Tx, event: Rang) -> None:
        order.append(f"first {event.n}")
        await emit(tx, Silent(), ["quiet"])

    async def second(tx: Tx, event: Rang) -> None:
        order.append(f"second {event.n}")

    async def silent(tx: Tx, event: Silent) -> None:
        order.append("silent")

    db = process(opened, place, in_tx={Rang: (first, second), Silent: (silent,)})
    db.on_commit = lambda workspace_id, published: told.append([(one.event, one.topics) for one in published])
    async with db.tx(new_id()) as tx:
        await emit(tx, Rang(n=1), ["a", "b"])
        assert order == ["first 1", "silent", "second 1"]
    assert told == [[(Rang(n=1), ("a", "b")), (Silent(), ("quiet",))]]


def partitions(place: Access) -> set[str]:
    with psycopg.connect(place.psycopg("postgres")) as admin:
        rows = admin.execute("select relname from pg_class where relname ~ '^outbox_[0-9]{8}$'").fetchall()
    return {row[0] for row in rows}


def name_of(ahead: int) -> str:
    return f"outbox_{datetime.now(UTC) + timedelta(days=ahead):%Y%m%d}"


async def test_tidying_makes_the_coming_days_once(opened: list[Database], place: Access) -> None:
    db = process(opened, place)
    with psycopg.connect(place.psycopg("postgres")) as admin:
        admin.execute(f"drop table {name_of(3)}")
    assert await tidy(db) == 0
    made = partitions(place)
    assert {name_of(ahead) for ahead in range(7)} <= made
    assert (await tidy(db), partitions(place)) == (0, made)


async def test_a_days_partition_is_dropped_when_every_listener_has_passed_it_and_not_before(
    opened: list[Database], place: Access
) -> None:
    quick, slow = Ear("test.quick"), Ear("test.slow")
    db = process(opened, place, quick, slow)
    for ear in (quick, slow):
        await Runner(db).step(ear.handler)
    with psycopg.connect(place.psycopg("postgres")) as admin:
        for day in ("2020-01-01", "2020-01-02"):
            name = f"outbox_{day.replace('-', '')}"
            admin.execute(
                f"create table {name} partition of outbox for values from ('{day}') to (date '{day}' + 1)"
            )
            admin.execute(f"alter table {name} owner to kz_owner")
        admin.execute(
            "insert into outbox (day, workspace_id, kind, body)"
            """ values ('2020-01-01', gen_random_uuid(), 'test.rang', '{"event": "test.rang", "n": 1}')"""
        )
    assert await tidy(db) == 1, "the empty one goes"
    await steps(db, quick)
    assert await tidy(db) == 0, "one listener has not read it"
    await steps(db, slow)
    assert slow.heard == [1]
    assert (await tidy(db), await tidy(db)) == (1, 0)
    assert not {"outbox_20200101", "outbox_20200102"} & partitions(place)


async def test_a_day_that_began_without_a_partition_stops_no_tidying(
    opened: list[Database], place: Access
) -> None:
    db = process(opened, place)
    with psycopg.connect(place.psycopg("postgres"), autocommit=True) as admin:
        admin.execute(f"drop table {name_of(0)}")
        admin.execute(
            "insert into outbox (workspace_id, kind, body, day)"
            " select gen_random_uuid(), 'x', '{}', current_date - days from unnest(array[0, 30]) days"
        )
        await tidy(db)
        left = admin.execute("select day = current_date from outbox_default").fetchall()
        admin.execute("delete from outbox_default")
    await tidy(db)
    assert left == [(True,)] and name_of(0) in partitions(place)


async def test_a_step_that_was_held_up_is_not_rested_from_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(tx: Any, events: Any) -> None:
        return None

    handler = Handler("slow", (), nothing, pause=0.0)
    runner = Runner(cast(Any, SimpleNamespace(wiring=Wiring(later=(handler,)))))
    begun: list[float] = []

    async def step(_: Handler) -> Took:
        begun.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.5)
        return Took.SOME

    monkeypatch.setattr(outbox, "_LONGEST_REST_SECONDS", 0.1)
    monkeypatch.setattr(runner, "step", step)
    running = asyncio.create_task(runner.run())
    await until(lambda: len(begun) >= 2)
    running.cancel()
    assert begun[1] - begun[0] < 3.0, "not seven times as long"
