"""The statements about merges."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kezhan.contacts.merges.models import MergeRow, StrangerRow
from kezhan.contacts.merges.schemas import Changed
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


async def add_merge(tx: Tx, values: dict[str, Any]) -> None:
    """With what of the one who goes is about to move."""
    await tx.run(insert(MergeRow).values(workspace_id=tx.workspace, **values))
    await tx.run(_JOURNAL, {"merge": values["id"], "gone": values["gone_id"]})


async def add_moves(tx: Tx, merge_id: UUID, kind: str, moved: Sequence[tuple[UUID, Any]]) -> None:
    """What else has moved: its id, and (None for nothing) what is to be known to bring it back."""
    rows = [
        {"ws": tx.workspace, "merge": merge_id, "kind": kind, "ref": ref, "detail": _json(detail)}
        for ref, detail in moved
    ]
    if rows:
        await tx.run(_ADD_MOVE, rows)


def _json(detail: Any) -> str | None:
    return None if detail is None else msgspec.json.encode(detail).decode()


async def moves(tx: Tx, merge_id: UUID, kind: str) -> Sequence[Row[Any]]:
    """(ref, detail) of each."""
    return await tx.rows(_MOVES, {"merge": merge_id, "kind": kind})


async def merge(tx: Tx, merge_id: UUID) -> Row[Any] | None:
    return await tx.row(select(MergeRow.__table__).where(MergeRow.id == merge_id))


async def later_of(tx: Tx, kept_id: UUID, merge_id: UUID) -> Sequence[Row[Any]]:
    """The standing merges into the same customer that came after this one, in their order."""
    wanted = select(MergeRow.__table__).where(MergeRow.kept_id == kept_id, MergeRow.parted_at.is_(None))
    before = select(MergeRow.at).where(MergeRow.id == merge_id).scalar_subquery()
    return await tx.rows(wanted.where(MergeRow.at > before).order_by(MergeRow.at, MergeRow.id))


async def change_merge(tx: Tx, merge_id: UUID, changed: Changed) -> None:
    await tx.run(update(MergeRow).where(MergeRow.id == merge_id).values(changed=changed))


async def standing_of(tx: Tx, kept_id: UUID, limit: int) -> list[ReadRow]:
    """With the names of those who went and of those who did it, the newest first."""
    return await tx.fetch(_STANDING_OF, kept_id, limit)


async def give_back(tx: Tx, merge_id: UUID, kept_id: UUID, gone_id: UUID) -> None:
    """The one who went is there again, with her identities, those who had been joined to her, her notes."""
    ids = {"merge": merge_id, "kept": kept_id, "gone": gone_id}
    for statement in _GIVE_BACK:
        await tx.run(statement, ids)


async def add_strangers(tx: Tx, one: UUID, other: UUID, by_id: UUID | None) -> bool:
    """False where they are known as such."""
    first, second = sorted((one, other))
    row = upsert(StrangerRow).values(workspace_id=tx.workspace, one_id=first, other_id=second, by_id=by_id)
    return bool(await tx.run(row.on_conflict_do_nothing()))


async def drop_strangers(tx: Tx, one: UUID, other: UUID) -> bool:
    first, second = sorted((one, other))
    return bool(await tx.run(_DROP_STRANGERS, {"one": first, "other": second}))


async def strangers(tx: Tx, one: UUID, other: UUID) -> bool:
    """Whether they, or any whom they have become one with, are known not to be one."""
    return bool(await tx.value(_STRANGERS, {"one": one, "other": other}))


async def count_notes(tx: Tx, contact_id: UUID) -> int:
    found: int = await tx.value(_COUNT_NOTES, {"id": contact_id})
    return found


async def alike(tx: Tx, after: UUID | None, limit: int) -> list[ReadRow]:
    """(other, one, by, value, verified) of customers (`other`) behind `after` by id who share something with
    one who came before them, of several the first."""
    return await tx.fetch(_ALIKE, after, limit)


_JOURNAL = text(
    """
    insert into contact_merge_moves (workspace_id, merge_id, kind, ref)
    select workspace_id, cast(:merge as uuid), 'identity', id from identities where contact_id = :gone
    union all
    select workspace_id, cast(:merge as uuid), 'note', id from contact_notes where contact_id = :gone
    union all
    select workspace_id, cast(:merge as uuid), 'follower', id from contacts where joined_into = :gone
    """
)
_ADD_MOVE = text(
    "insert into contact_merge_moves (workspace_id, merge_id, kind, ref, detail)"
    " values (:ws, :merge, :kind, :ref, cast(:detail as jsonb)) on conflict do nothing"
)
_MOVES = text("select ref, detail from contact_merge_moves where merge_id = :merge and kind = :kind")
_STANDING_OF = """
    select m.id, m.gone_id, p.name, m.how, coalesce(b.name, '') as by_name, m.at
    from contact_merges m
    join contacts p on p.id = m.gone_id
    left join memberships b on b.id = m.by_id
    where m.kept_id = $1 and m.parted_at is null
    order by m.at desc, m.id desc limit $2
"""
# Who has come since by an account of the same owner came as her, unless the one who stays is called so too.
_GIVE_BACK = (
    text(
        """
        update identities i set contact_id = :gone
        where i.contact_id = :kept and (
            i.id in (select ref from contact_merge_moves where merge_id = :merge and kind = 'identity')
            or (i.created_at > (select at from contact_merges where id = :merge)
                and i.union_key in (
                    select o.union_key from identities o join contact_merge_moves w
                    on w.merge_id = :merge and w.kind = 'identity' and w.ref = o.id)
                and not exists (
                    select from identities o where o.contact_id = :kept and o.union_key = i.union_key
                    and o.created_at < i.created_at and o.id not in (
                        select ref from contact_merge_moves where merge_id = :merge and kind = 'identity'))))
        """
    ),
    text(
        "update contact_notes set contact_id = :gone where contact_id = :kept and id in"
        " (select ref from contact_merge_moves where merge_id = :merge and kind = 'note')"
    ),
    text(
        "update contacts set joined_into = :gone where joined_into = :kept and id in"
        " (select ref from contact_merge_moves where merge_id = :merge and kind = 'follower')"
    ),
    text("update contacts set joined_into = null, archived_at = null where id = :gone"),
    text("update contact_merges set parted_at = now() where id = :merge"),
)
_DROP_STRANGERS = text("delete from contact_strangers where one_id = :one and other_id = :other")
_STRANGERS = text(
    """
    select exists (
        select from contact_strangers s
        join contacts a on a.id = s.one_id join contacts b on b.id = s.other_id
        where (s.one_id in (select id from contacts where id = :one or joined_into = :one)
               or s.other_id in (select id from contacts where id = :one or joined_into = :one))
          and least(coalesce(a.joined_into, a.id), coalesce(b.joined_into, b.id))
              = least(cast(:one as uuid), cast(:other as uuid))
          and greatest(coalesce(a.joined_into, a.id), coalesce(b.joined_into, b.id))
              = greatest(cast(:one as uuid), cast(:other as uuid)))
    """
)
_COUNT_NOTES = text("select count(*) from contact_notes where contact_id = :id")
_ALIKE = """
    with named as (
        select 'union' as by, union_key as value, contact_id as id, true as verified
        from identities where union_key is not null
        union
        select 'email', email_key, contact_id, true from identities where email_key is not null
        union
        select 'phone', phone_key, contact_id, true from identities where phone_key is not null
        union
        select 'email', email_key, id, false from contacts
        where email_key is not null and archived_at is null
        union
        select 'phone', phone_key, id, false from contacts
        where phone_key is not null and archived_at is null
    ), keys as (
        select by, value, id, bool_or(verified) as verified from named group by 1, 2, 3
    ), shared as (
        select by, value from keys group by 1, 2 having count(*) > 1
    ), people as (
        select k.*, c.created_at from shared s join keys k using (by, value)
        join contacts c on c.id = k.id
    )
    select distinct on (b.id) b.id as other, a.id as one, b.by, b.value, a.verified and b.verified as verified
    from people a join people b
        on a.by = b.by and a.value = b.value and (a.created_at, a.id) < (b.created_at, b.id)
    where ($1::uuid is null or b.id > $1) and not exists (
        select from contact_strangers t
        where t.one_id = least(a.id, b.id) and t.other_id = greatest(a.id, b.id))
    order by b.id, a.verified and b.verified desc, a.created_at, a.id, b.by
    limit $2
"""
