"""Statements on requests, holds and settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.privacy.models import HoldRow, RequestRow, SettingsRow
from kezhan.privacy.schemas import OPEN, RequestState


async def add_request(tx: Tx, values: dict[str, Any]) -> UUID | None:
    """None where the same is asked already and not answered yet."""
    row = insert(RequestRow).values(workspace_id=tx.workspace, **values).on_conflict_do_nothing()
    found: UUID | None = await tx.value(row.returning(RequestRow.id))
    return found


async def open_request(tx: Tx, contact_id: UUID, kind: str) -> UUID | None:
    found: UUID | None = await tx.value(
        select(RequestRow.id).where(
            RequestRow.contact_id == contact_id, RequestRow.kind == kind, RequestRow.state.in_(OPEN)
        )
    )
    return found


async def hold_request(tx: Tx, request_id: UUID) -> Row[Any] | None:
    wanted = select(RequestRow.__table__).where(RequestRow.id == request_id)
    return await tx.row(wanted.with_for_update())


async def change_request(tx: Tx, request_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(RequestRow).where(RequestRow.id == request_id).values(**values))


_VIEW = """
    select r.id, r.contact_id, r.number, c.name, r.kind, r.state, r.received_at, r.due_at, r.note, r.answer,
           r.fault, r.file_id, r.counts, r.begun_at, b.name as by_name, e.name as ended_name, r.ended_at
    from privacy_requests r
    join contacts c on c.id = r.contact_id
    join memberships b on b.id = r.by_id
    left join memberships e on e.id = r.ended_by
"""


async def requests(
    tx: Tx, *, open_only: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[ReadRow]:
    """Those to be answered, the most urgent first; else all, the newest first."""
    at, last = after or (None, None)
    if open_only:
        wanted = (
            "r.state in ('open', 'working')"
            " and ($1::timestamptz is null or (r.due_at, r.id) > ($1, $2::uuid))"
        )
        order = "r.due_at, r.id"
    else:
        wanted = "$1::timestamptz is null or (r.due_at, r.id) < ($1, $2::uuid)"
        order = "r.due_at desc, r.id desc"
    return await tx.fetch(f"{_VIEW} where {wanted} order by {order} limit $3", at, last, limit)


async def requests_of(tx: Tx, contact_id: UUID, limit: int) -> list[ReadRow]:
    """The newest first."""
    wanted = "where r.contact_id = $1 order by r.received_at desc, r.id desc limit $2"
    return await tx.fetch(f"{_VIEW} {wanted}", contact_id, limit)


async def request(tx: Tx, request_id: UUID) -> ReadRow:
    (row,) = await tx.fetch(f"{_VIEW} where r.id = $1", request_id)
    return row


async def erased_at(tx: Tx, contact_id: UUID) -> datetime | None:
    found: datetime | None = await tx.value(
        select(func.max(RequestRow.ended_at)).where(
            RequestRow.contact_id == contact_id,
            RequestRow.kind == "erase",
            RequestRow.state == RequestState.DONE,
        )
    )
    return found


async def forget_words(tx: Tx, people: Sequence[UUID]) -> None:
    """What people of ours have written about her here."""
    ids = list(people)
    await tx.run(update(RequestRow).where(RequestRow.contact_id.in_(ids)).values(note="", answer=""))
    await tx.run(update(HoldRow).where(HoldRow.contact_id.in_(ids)).values(reason="-"))


async def archives(tx: Tx, people: Sequence[UUID]) -> list[UUID]:
    """The files of copies made for her; nobody fetches them again."""
    rows = await tx.fetch(
        "with had as (select id, file_id from privacy_requests"
        " where contact_id = any($1::uuid[]) and file_id is not null)"
        " update privacy_requests r set file_id = null from had where r.id = had.id returning had.file_id",
        list(people),
    )
    return [row["file_id"] for row in rows]


async def hold(tx: Tx, contact_id: UUID) -> ReadRow | None:
    """(reason, by_name, at) of the one that stands, also of somebody who has shown to be her."""
    rows = await tx.fetch(
        "select h.reason, m.name as by_name, h.at from legal_holds h join memberships m on m.id = h.by_id"
        " where h.contact_id = any($1::uuid[]) and h.lifted_at is null order by h.at limit 1",
        await same(tx, contact_id),
    )
    return rows[0] if rows else None


async def same(tx: Tx, contact_id: UUID) -> list[UUID]:
    """Herself and whoever has shown to be her."""
    rows = await tx.fetch(
        "with recursive her as (select $1::uuid as id"
        " union select c.id from contacts c join her on c.joined_into = her.id) select id from her",
        contact_id,
    )
    return [row["id"] for row in rows]


async def held(tx: Tx, people: Sequence[UUID]) -> bool:
    standing = select(func.count()).where(HoldRow.contact_id.in_(people), HoldRow.lifted_at.is_(None))
    return bool(await tx.value(standing))


async def put_hold(tx: Tx, values: dict[str, Any]) -> bool:
    """False where one stands."""
    row = insert(HoldRow).values(workspace_id=tx.workspace, **values).on_conflict_do_nothing()
    return bool(await tx.run(row))


async def lift(tx: Tx, people: Sequence[UUID], by_id: UUID) -> bool:
    standing = update(HoldRow).where(HoldRow.contact_id.in_(people), HoldRow.lifted_at.is_(None))
    return bool(await tx.run(standing.values(lifted_by=by_id, lifted_at=func.now())))


async def settings(tx: Tx) -> Row[Any] | None:
    return await tx.row(select(SettingsRow.__table__))


async def put_settings(tx: Tx, values: dict[str, Any]) -> None:
    row = insert(SettingsRow).values(workspace_id=tx.workspace, **values)
    await tx.run(row.on_conflict_do_update(index_elements=["workspace_id"], set_=values))


async def recipients(tx: Tx) -> list[ReadRow]:
    """(kind, name, address, adapter, gets) of whatever outside gets something of customers."""
    return await tx.fetch(_RECIPIENTS)


# What a website's own page says stays here.
_RECIPIENTS = """
    select 'channel' as kind, name, forward_url as address, adapter, '{}'::text[] as gets, 1 as place
    from channel_accounts where archived_at is null and adapter <> 'webchat'
    union all
    select 'webhook', name, address, '', events, 2 from webhook_endpoints where archived_at is null
    union all
    select 'orders', '', address, '', '{}', 3 from order_sources
    union all
    select 'translation', model, address, '', '{}', 4 from translation_settings where enabled
    union all
    select 'links', '', '', '', '{}', 5 from link_settings where enabled
    union all
    select distinct 'push', '', 'https://' || host, '', '{}'::text[], 6 from push_subscriptions
    order by place, name, address
"""


async def keeping(tx: Tx) -> Sequence[Row[Any]]:
    """Of all workspaces those that let something go, in a `system_tx`."""
    some = SettingsRow.keep_conversations, SettingsRow.keep_visits, SettingsRow.keep_people
    wanted = select(SettingsRow.__table__).where(func.coalesce(*some).is_not(None))
    return await tx.rows(wanted)
