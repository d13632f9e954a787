"""Statements on the chain."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text

from kezhan.audit.models import Anchor, Seal
from kezhan.kit.db import Tx

_LOCK = text("select pg_try_advisory_xact_lock(hashtextextended('kezhan.audit.' || cast(:ws as text), 0))")
_ENTRY = """
    l.id, l.at, l.actor_kind, l.actor_id, l.action, l.subject_kind, l.subject_id, l.detail, l.changes,
    l.person_kind, l.person_id, l.private, l.peer
"""
_BUSY = text(
    "select w.id from workspaces w where exists (select from audit_waiting a where a.workspace_id = w.id)"
)
_TAKE = text(
    f"""
    with taken as (
        delete from audit_waiting w
        using (select workspace_id, entry_id from audit_waiting limit :limit) few
        where w.workspace_id = few.workspace_id and w.entry_id = few.entry_id returning w.*
    )
    select {_ENTRY} from taken t
    join audit_log l on l.workspace_id = t.workspace_id and l.id = t.entry_id
    order by l.at, l.id
    """  # noqa: S608 - words of the house
)
_LAST = text(
    """
    select number, hash, signature from (
        (select number, hash, signature from audit_seals order by number desc limit 1)
        union all
        (select number, hash, signature from audit_anchors order by number desc limit 1)
    ) ends order by number desc limit 1
    """
)
_ANCHOR = text("select number, hash, signature from audit_anchors order by number desc limit 1")
_SEAL = text("select number, hash, signature from audit_seals where number = :number")
_SEALS = text(
    f"""
    select s.number, s.entry_id, s.previous, s.hash, s.signature, {_ENTRY}
    from audit_seals s left join audit_log l on l.workspace_id = s.workspace_id and l.id = s.entry_id
    where s.number > :after order by s.number limit :limit
    """  # noqa: S608 - words of the house
)
_LOG = text(
    """
    select l.id, l.at, l.action, s.number is not null or w.entry_id is not null as known
    from (
        select workspace_id, id, at, action from audit_log
        where (at, id) > (:at, :id) order by at, id limit :limit
    ) l
    left join audit_seals s on s.workspace_id = l.workspace_id and s.entry_id = l.id
    left join audit_waiting w on w.workspace_id = l.workspace_id and w.entry_id = l.id
    order by l.at, l.id
    """
)
_WORKSPACES = text("select id, name from workspaces order by created_at, id")
_KEEPING = text("select workspace_id from audit_settings where keep_days is not null")
# A row that is not there any more is as old as its seal.
_OLD = text(
    """
    select number, hash, at from (
        select s.number, s.hash, coalesce(l.at, s.sealed_at) as at,
               bool_and(coalesce(l.at, s.sealed_at) < :before) over (order by s.number) as old
        from (select * from audit_seals order by number limit :limit) s
        left join audit_log l on l.workspace_id = s.workspace_id and l.id = s.entry_id
    ) e where old order by number desc limit 1
    """
)
_CUT = text("select audit_cut(:upto)")


async def lock(tx: Tx) -> bool:
    """Whether this workspace's chain is ours until the transaction ends."""
    return bool(await tx.value(_LOCK, {"ws": str(tx.workspace)}))


async def busy(tx: Tx) -> Sequence[UUID]:
    """The workspaces with rows that wait."""
    return [row.id for row in await tx.rows(_BUSY)]


async def take(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    """Rows that wait, oldest first; they wait no more."""
    return await tx.rows(_TAKE, {"limit": limit})


async def last(tx: Tx) -> Row[Any] | None:
    """The end of the chain: number, hash, signature; None where there is none yet."""
    return await tx.row(_LAST)


async def anchor(tx: Tx) -> Row[Any] | None:
    return await tx.row(_ANCHOR)


async def seal(tx: Tx, number: int) -> Row[Any] | None:
    return await tx.row(_SEAL, {"number": number})


async def add_seals(tx: Tx, rows: list[dict[str, Any]]) -> None:
    await tx.run(insert(Seal), [{"workspace_id": tx.workspace, **row} for row in rows])


async def seals(tx: Tx, after: int, limit: int) -> Sequence[Row[Any]]:
    """In their order, each with the row that it seals, as far as there is one."""
    return await tx.rows(_SEALS, {"after": after, "limit": limit})


async def log(tx: Tx, after: tuple[datetime, UUID], limit: int) -> Sequence[Row[Any]]:
    """The rows themselves, oldest first; `known`: sealed, or about to be."""
    return await tx.rows(_LOG, {"at": after[0], "id": after[1], "limit": limit})


async def workspaces(tx: Tx) -> Sequence[Row[Any]]:
    """All there are."""
    return await tx.rows(_WORKSPACES)


async def keeping(tx: Tx) -> Sequence[UUID]:
    """The workspaces that do not keep everything."""
    return [row.workspace_id for row in await tx.rows(_KEEPING)]


async def old(tx: Tx, before: datetime, limit: int) -> Row[Any] | None:
    """The last of the first `limit` seals that is, with all before it, older."""
    return await tx.row(_OLD, {"before": before, "limit": limit})


async def cut(tx: Tx, *, number: int, hash_: bytes, signature: str, until: datetime) -> int:
    """Take away all up to `number`; how many rows of the log have gone."""
    kept = {"number": number, "hash": hash_, "signature": signature, "until": until}
    await tx.run(insert(Anchor).values(workspace_id=tx.workspace, **kept))
    return int(await tx.value(_CUT, {"upto": number}))
