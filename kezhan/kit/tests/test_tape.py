"""What a process remembers of the outbox: read once for all its handlers, bounded, never trusted blindly."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.kit import tape
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event, Handler, Runner, Wiring
from kezhan.kit.postgres import Access
from kezhan.kit.tape import Place, Tape
from kezhan.kit.testing import until
from kezhan.kit.tests.test_outbox import Rang, opened, ring

STANDING = """
    select handler, (c.xid, c.id) = (select o.xid, o.id from outbox o order by o.xid desc, o.id desc limit 1)
    from outbox_cursors c
"""
MANY = text("insert into outbox (workspace_id, kind, body) values (:ws, 'test.rang', cast(:body as jsonb))")


class Ears:
    """Three handlers of the same events; the last one wants even numbers only."""

    def __init__(self) -> None:
        self.heard: dict[str, list[int]] = {"first": [], "second": [], "even": []}
        self.handlers = tuple(
            Handler(name, (Rang,), self._hears(name), wants=self._is_even if name == "even" else None)
            for name in self.heard
        )

    def _hears(self, name: str) -> Any:
        async def run(tx: Tx, events: Sequence[Event]) -> None:
            self.heard[name] += [event.n for event in events if isinstance(event, Rang)]

        return run

    @staticmethod
    def _is_even(event: Rang) -> bool:
        return event.n % 2 == 0

    async def hear(self, runner: Runner) -> None:
        for handler in self.handlers:
            while await runner.step(handler):
                pass


async def ring_many(db: Database, workspace_id: UUID, numbers: list[int]) -> None:
    async with db.tx(workspace_id) as tx:
        await tx.run(MANY, {"ws": workspace_id, "body": f'{{"each": {{"n": {numbers}}}}}'})


async def arrived(db: Database) -> dict[str, bool]:
    async with db.system_tx() as tx:
        return {row[0]: row[1] for row in await tx.fetch(STANDING)}


def watched(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many rows are decoded, and how many transactions of workspaces opened, from now on."""
    done = {"decoded": 0, "opened": 0}
    decode, tx = Tape.decode, Database.tx

    def decoding(self: Tape, kind: str, body: str) -> list[Event]:
        done["decoded"] += 1
        return decode(self, kind, body)

    def opening(self: Database, workspace_id: UUID) -> Any:
        done["opened"] += 1
        return tx(self, workspace_id)

    monkeypatch.setattr(Tape, "decode", decoding)
    monkeypatch.setattr(Database, "tx", opening)
    return done


async def test_a_row_is_decoded_once_for_many_and_costs_who_wants_none_of_it_nothing(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears, workspace_id = Ears(), new_id()
    async with opened(access, Wiring(later=ears.handlers)) as db:
        await ring_many(db, workspace_id, [1, 3, 5])
        await ring(db, new_id(), 7)
        await ring_many(db, workspace_id, [9, 11])
        done, runner = watched(monkeypatch), Runner(db)
        await ears.hear(runner)
        assert done == {"decoded": 3, "opened": 2 * 3}
        assert ears.heard == {"first": [1, 3, 5, 7, 9, 11], "second": [1, 3, 5, 7, 9, 11], "even": []}
        assert await arrived(db) == {"first": True, "second": True, "even": False}
        await runner.move_on()
        assert (done["opened"], await arrived(db)) == (7, dict.fromkeys(ears.heard, True))
        await runner.move_on()
        assert done["opened"] == 7, "nothing to be moved"
        await ring_many(db, workspace_id, [12, 13])
        await ears.hear(Runner(db))
    assert ears.heard["even"] == [12]


async def test_the_cursor_of_whom_nothing_interests_arrives_by_itself(access: Access) -> None:
    ears = Ears()
    async with opened(access, Wiring(later=ears.handlers)) as db:
        running = asyncio.create_task(Runner(db).run())
        await ring(db, new_id(), 1)

        async def all_there() -> bool:
            return await arrived(db) == dict.fromkeys(ears.heard, True)

        await until(all_there)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert ears.heard["even"] == []


async def test_what_comes_late_or_from_elsewhere_is_heard_in_its_place_by_those_who_remember(
    access: Access,
) -> None:
    ears, workspace_id = Ears(), new_id()
    async with opened(access, Wiring(later=ears.handlers)) as db, opened(access, Wiring()) as elsewhere:
        runner = Runner(db)
        await ring(db, workspace_id, 2)
        await ears.hear(runner)
        async with elsewhere.tx(workspace_id) as slow:
            await slow.fetch("select pg_current_xact_id()")
            await ring(db, workspace_id, 6)
            await ears.hear(runner)
            await slow.run(MANY, {"ws": workspace_id, "body": '{"event": "test.rang", "n": 4}'})
        await ears.hear(runner)
    assert ears.heard == {"first": [2, 4, 6], "second": [2, 4, 6], "even": [2, 4, 6]}


async def test_two_processes_that_take_turns_do_nothing_twice_whatever_each_remembers(
    access: Access,
) -> None:
    ears, workspace_id = Ears(), new_id()
    async with opened(access, Wiring(later=ears.handlers)) as db:
        one, two = Runner(db), Runner(db)
        for n in range(6):
            await ring(db, workspace_id, n)
            await ears.hear(one if n % 3 else two)
            await two.move_on()
        await ears.hear(two)
    assert ears.heard == {"first": [*range(6)], "second": [*range(6)], "even": [0, 2, 4]}


async def test_what_another_process_does_between_reading_and_doing_is_not_done_again(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears, workspace_id = Ears(), new_id()
    async with opened(access, Wiring(later=ears.handlers)) as db:
        one, two = Runner(db), Runner(db)
        await ring(db, workspace_id, 1)
        await ears.hear(one)
        await ring(db, workspace_id, 2)
        behind = one._tape.behind

        async def slow(place: Any, kinds: Sequence[str]) -> Any:
            stretch = await behind(place, kinds)
            monkeypatch.setattr(one._tape, "behind", behind)
            await ears.hear(two)
            await one._look()
            return stretch

        monkeypatch.setattr(one._tape, "behind", slow)
        await ears.hear(one)
    assert ears.heard == {"first": [1, 2], "second": [1, 2], "even": [2]}


async def test_what_was_read_from_a_server_that_is_gone_is_handed_to_nobody(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears, workspace_id = Ears(), new_id()
    async with opened(access, Wiring(later=ears.handlers)) as db:
        done, runner = watched(monkeypatch), Runner(db)
        await ring(db, workspace_id, 1)
        assert await runner.step(ears.handlers[0])
        runner._server = runner._tape._server = datetime(2020, 1, 1, tzinfo=UTC)
        assert await runner.step(ears.handlers[1])
        assert done["decoded"] == 2, "read again, from the one that is there"
        await ring(db, workspace_id, 2)
        await ears.hear(runner)
        # Its last rows are lost, and those who come now stand before what was passed there.
        runner._server = runner._tape._server = datetime(2020, 1, 1, tzinfo=UTC)
        runner._at = dict.fromkeys(ears.heard, Place(1 << 40, 1))
        runner._seen = dict(runner._at)
        await ring(db, workspace_id, 4)
        await runner._look()
        await ears.hear(runner)
    assert ears.heard == {"first": [1, 2, 4], "second": [1, 2, 4], "even": [2, 4]}


@pytest.mark.parametrize(("rows", "events"), [(2, 1000), (1000, 4)])
async def test_no_more_is_remembered_than_is_bearable_and_who_is_behind_reads_for_himself(
    access: Access, monkeypatch: pytest.MonkeyPatch, rows: int, events: int
) -> None:
    monkeypatch.setattr(tape, "KEPT_ROWS", rows)
    monkeypatch.setattr(tape, "KEPT_EVENTS", events)
    monkeypatch.setattr(tape, "READ_ROWS", 2)
    ears, workspace_id = Ears(), new_id()
    async with opened(access, Wiring(later=ears.handlers)) as db:
        runner = Runner(db)
        for n in range(0, 14, 2):
            await ring_many(db, workspace_id, [n, n + 1])
        while await runner.step(ears.handlers[0]):
            assert len(runner._tape._rows) <= 2
        assert ears.heard["first"] == [*range(14)]
        await ears.hear(runner)
        assert ears.heard == {"first": [*range(14)], "second": [*range(14)], "even": [*range(0, 14, 2)]}
        await runner._look()
        assert not runner._tape._rows, "all have passed it"
