"""Every statement of the room."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Uuid,
    column,
    delete,
    func,
    insert,
    select,
    table,
    text,
    true,
    update,
)

from kezhan.kit.db import Tx
from kezhan.visits.models import PageView, Visit

PAUSE = "30 minutes"
LONGEST_DWELL_MS = 30 * 60 * 1000
# Visits hang on identities and contacts by foreign key; of a contact only its existence is asked.
_contacts = table("contacts", column("id"))
_identities = table("identities", column("id", Uuid), column("contact_id", Uuid))


async def hold_identity(tx: Tx, identity_id: UUID) -> None:
    """Until this transaction ends nobody else starts a visit of this identity."""
    await tx.run(_HOLD, {"name": f"visit:{identity_id}"})


async def going_on(tx: Tx, identity_id: UUID) -> UUID | None:
    """The visit seen less than half an hour ago, if there is one; it is seen now."""
    mine = select(Visit.id).where(Visit.identity_id == identity_id)
    last = mine.order_by(Visit.started_at.desc(), Visit.id.desc()).limit(1).scalar_subquery()
    recent = Visit.seen_at > func.now() - text(f"interval '{PAUSE}'")
    seen = (
        update(Visit).where(Visit.id == last, recent).values(seen_at=func.greatest(Visit.seen_at, func.now()))
    )
    visit_id: UUID | None = await tx.value(seen.returning(Visit.id))
    return visit_id


async def add(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(Visit).values(workspace_id=tx.workspace, **values))


async def touch(tx: Tx, visit_id: UUID, at: datetime) -> Row[Any] | None:
    """(contact_id, pages, left_at) of a visit that goes on at `at`, held until the transaction ends.
    `left_at`: when it had ended, if it had."""
    last = select(Visit.id, Visit.ended_at).where(Visit.id == visit_id).with_for_update().subquery()
    goes_on = {"seen_at": func.greatest(Visit.seen_at, at), "ended_at": None}
    seen = update(Visit).where(Visit.id == last.c.id).values(goes_on)
    return await tx.row(seen.returning(Visit.contact_id, Visit.pages, last.c.ended_at.label("left_at")))


async def end(tx: Tx, visit_id: UUID, at: datetime) -> int | None:
    """The number of pages of the visit that is now over; None where there is none to end."""
    wanted = update(Visit).where(Visit.id == visit_id, Visit.ended_at.is_(None))
    times = {"seen_at": func.greatest(Visit.seen_at, at), "ended_at": func.greatest(Visit.started_at, at)}
    pages: int | None = await tx.value(wanted.values(times).returning(Visit.pages))
    return pages


async def page(tx: Tx, visit_id: UUID, no: int) -> Row[Any] | None:
    """(url, title)"""
    wanted = select(PageView.url, PageView.title).where(PageView.visit_id == visit_id, PageView.no == no)
    return await tx.row(wanted)


async def close_page(tx: Tx, visit_id: UUID, no: int, at: datetime) -> None:
    """Count the time on page `no` up to `at`."""
    await tx.run(_CLOSE_PAGE, {"visit_id": visit_id, "no": no, "at": at, "longest": LONGEST_DWELL_MS})


async def rename_page(tx: Tx, visit_id: UUID, no: int, title: str) -> None:
    wanted = update(PageView).where(PageView.visit_id == visit_id, PageView.no == no)
    await tx.run(wanted.values(title=title))


async def add_page(tx: Tx, visit_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(insert(PageView).values(workspace_id=tx.workspace, visit_id=visit_id, **values))
    await tx.run(update(Visit).where(Visit.id == visit_id).values(pages=values["no"]))


async def drop_pages(tx: Tx, visit_id: UUID, up_to: int) -> None:
    await tx.run(delete(PageView).where(PageView.visit_id == visit_id, PageView.no <= up_to))


async def summary(tx: Tx, contact_id: UUID) -> Row[Any] | None:
    """One row for a contact that exists: `visits`, `first_seen_at`, its newest visit's columns or nulls."""
    mine = _came_as(contact_id)
    numbers = func.count().label("visits"), func.min(Visit.started_at).label("first_seen_at")
    counted = select(*numbers).where(mine)
    newest = select(Visit.__table__).where(mine).order_by(Visit.started_at.desc(), Visit.id.desc()).limit(1)
    all_of, last = counted.subquery().lateral(), newest.subquery().lateral()
    wanted = (
        select(all_of, last)
        .select_from(_contacts.join(all_of, true()).outerjoin(last, true()))
        .where(_contacts.c.id == contact_id)
    )
    return await tx.row(wanted)


def _came_as(contact_id: UUID) -> ColumnElement[bool]:
    """By her identities: she may have become one with another, or been parted from her, since she came."""
    return Visit.identity_id.in_(select(_identities.c.id).where(_identities.c.contact_id == contact_id))


async def last_pages(tx: Tx, contact_id: UUID, limit: int) -> Sequence[Row[Any]]:
    """The newest pages of the newest visits; `open` marks the page a visit that is not over stands on."""
    recent = (
        select(Visit.id, Visit.pages, Visit.ended_at)
        .where(_came_as(contact_id))
        .order_by(Visit.started_at.desc(), Visit.id.desc())
        .limit(limit)
        .subquery()
    )
    wanted = (
        select(
            PageView.__table__,
            ((PageView.no == recent.c.pages) & recent.c.ended_at.is_(None)).label("open"),
        )
        .join(recent, recent.c.id == PageView.visit_id)
        .order_by(PageView.entered_at.desc(), PageView.visit_id.desc(), PageView.no.desc())
        .limit(limit)
    )
    return await tx.rows(wanted)


_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_CLOSE_PAGE = text(
    """
    update page_views
    set dwell_ms = least(
        greatest(extract(epoch from cast(:at as timestamptz) - entered_at) * 1000, 0),
        cast(:longest as bigint)
    )
    where visit_id = :visit_id and no = :no
    """
)
