"""Rows that fall due: `timers(due_at, kind, ref)`, claimed once, carried out in their workspace."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from kezhan.kit.beat import every
from kezhan.kit.db import Database, Tx
from kezhan.kit.log import log

_BEAT_SECONDS = 1.0
_RETRY = "30 seconds"
_BATCH = 100


class Timer(NamedTuple):
    """`wiring.timers[kind]` is called with `ref` at `due_at`."""

    kind: str
    ref: UUID
    due_at: datetime


async def set_timer(tx: Tx, kind: str, ref: UUID, due_at: datetime) -> None:
    """Have `wiring.timers[kind]` called with `ref` at `due_at`. A second call for the same ref moves it."""
    await set_timers(tx, [Timer(kind, ref, due_at)])


async def set_timers(tx: Tx, timers: Sequence[Timer]) -> None:
    """The same for many, no two of one kind and ref."""
    if timers:
        kinds, refs, due = (list(values) for values in zip(*timers, strict=True))
        await tx.run(_SET, {"ws": tx.workspace, "kinds": kinds, "refs": refs, "due": due})


async def cancel_timer(tx: Tx, kind: str, ref: UUID) -> None:
    await tx.run(_CANCEL, {"kind": kind, "ref": ref})


class _Due(NamedTuple):
    workspace_id: UUID
    kind: str
    ref: UUID
    due_at: datetime


class TimerRunner:
    """Looks once a second; several processes share the rows by SKIP LOCKED."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def run(self) -> None:
        """Until cancelled."""
        await every(_BEAT_SECONDS, self.step, "timers.failed")

    async def step(self) -> int:
        """Carry out what is due; how many were claimed. A failing one comes back in half a minute."""
        async with self._db.system_tx() as tx:
            claimed = [_Due._make(row) for row in await tx.rows(_CLAIM, {"retry": _RETRY, "limit": _BATCH})]
        for due in claimed:
            await self._carry_out(due)
        return len(claimed)

    async def _carry_out(self, due: _Due) -> None:
        action = self._db.wiring.timers.get(due.kind)
        if action is None:
            return
        row = {"kind": due.kind, "ref": due.ref, "due_at": due.due_at}
        try:
            async with self._db.tx(due.workspace_id) as tx:
                # Gone or moved since it was claimed: not ours any more. The row itself is locked last, as
                # whoever sets or cancels a timer has locked what it is about before: the other way round
                # the two would wait for each other.
                if await tx.value(_MINE, row):
                    await action(tx, due.ref)
                    await tx.run(_TAKE, row)
        except Exception as fault:
            log.warning("timers.action_failed", kind=due.kind, ref=str(due.ref), fault=repr(fault))


_SET = text(
    "insert into timers (workspace_id, kind, ref, due_at)"
    " select :ws, t.kind, t.ref, t.due_at from unnest(cast(:kinds as text[]), cast(:refs as uuid[]),"
    " cast(:due as timestamptz[])) as t(kind, ref, due_at)"
    " on conflict (workspace_id, kind, ref) do update set due_at = excluded.due_at"
)
_CANCEL = text("delete from timers where kind = :kind and ref = :ref")
_MINE = text(
    "select pg_try_advisory_xact_lock(hashtextextended('kezhan.timer.' || kind || ref, 0))"
    " from timers where kind = :kind and ref = :ref and due_at = :due_at"
)
# Unless the action has set it anew.
_TAKE = text("delete from timers where kind = :kind and ref = :ref and due_at = :due_at")
# Claiming pushes the row into the future instead of deleting it: a process that dies half-way loses nothing.
_CLAIM = text(
    """
    update timers t set due_at = now() + cast(:retry as text)::interval
    from (select workspace_id, kind, ref from timers where due_at <= now()
          order by due_at limit :limit for update skip locked) d
    where (t.workspace_id, t.kind, t.ref) = (d.workspace_id, d.kind, d.ref)
    returning t.workspace_id, t.kind, t.ref, t.due_at
    """
)
