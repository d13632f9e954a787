"""The timeline of a customer, for the eyes of its reader."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.conversations.see import teams_in_sight
from kezhan.fields.rights import readable
from kezhan.fields.schemas import Subject
from kezhan.fields.service import fields_of
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.timeline import store
from kezhan.timeline.schemas import ContactFigures, TimelineItem, TimelineKind
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

_OF_TALKS = {TimelineKind.OPENED, TimelineKind.CLOSED, TimelineKind.WRAPPED}
_STANDARD = frozenset(
    {"name", "email", "phone", "language", "note", "tier", "owner_id", "company_id", "attributes"}
)


async def timeline(
    tx: Tx,
    reader: Reader,
    caller: Caller,
    contact_id: UUID,
    kinds: Collection[TimelineKind],
    after: str,
    limit: int,
) -> Page[TimelineItem]:
    """One page, the newest first; no `kinds`: every one that the caller may read. Raises NotFound."""
    size, wanted = page_size(limit), _readable(caller) & (set(kinds) or set(TimelineKind))
    cursor = decode_cursor(after, tuple[datetime, TimelineKind, UUID]) if after else None
    talks = caller.may(Permission.CONVERSATION_READ)
    rows = (
        await store.page(
            reader, caller.membership_id, contact_id, wanted, size + 1,
            teams=teams_in_sight(caller) if talks else (), after=cursor,
        )
        if wanted
        else []
    )  # fmt: skip
    if not rows and not await store.is_there(reader, contact_id):
        raise NotFound("contacts.not_found")
    labels = await _labels(tx, caller, rows)
    last = rows[size - 1] if len(rows) > size else None
    return Page(
        items=[_item(row, labels) for row in rows[:size]],
        next=encode_cursor(last["at"], last["kind"], last["id"]) if last is not None else None,
    )


async def figures(reader: Reader, caller: Caller, contact_id: UUID) -> ContactFigures:
    """Raises NotFound."""
    sees = caller.may(Permission.CONVERSATION_READ)
    teams = teams_in_sight(caller) if sees else ()
    row = await store.figures(reader, caller.membership_id, contact_id, teams=teams, sees=sees)
    if row is None:
        raise NotFound("contacts.not_found")
    rated = caller.may(Permission.SURVEY_READ)
    return ContactFigures(
        conversations=row["conversations"],
        recent=row["recent"],
        messages=row["messages"],
        first_at=wire_or_none(row["first_at"]),
        last_at=wire_or_none(row["last_at"]),
        channel=row["channel"] or "",
        tags=row["tags"],
        rated=row["rated"] if rated else None,
        csat=row["csat"] if rated else None,
    )


def _readable(caller: Caller) -> set[TimelineKind]:
    kinds = set(TimelineKind)
    if not caller.may(Permission.CONVERSATION_READ):
        kinds -= _OF_TALKS | {TimelineKind.RATED}
    if not caller.may(Permission.SURVEY_READ):
        kinds -= {TimelineKind.RATED}
    if not caller.may(Permission.PRIVACY_MANAGE):
        kinds -= {TimelineKind.PRIVACY}
    return kinds


async def _labels(tx: Tx, caller: Caller, rows: Sequence[ReadRow]) -> Mapping[str, str]:
    if not any(row["kind"] == TimelineKind.EDITED for row in rows):
        return {}
    return {field.id: field.label for field in readable(await fields_of(tx, Subject.CONTACT), caller)}


def _item(row: ReadRow, labels: Mapping[str, str]) -> TimelineItem:
    detail: dict[str, Any] = row["detail"] or {}
    edited = [one for one in detail.get("fields", ()) if isinstance(one, str)]
    return TimelineItem(
        id=row["id"],
        kind=TimelineKind(row["kind"]),
        at=wire(row["at"]),
        by=row["by"],
        conversation_id=row["conversation_id"],
        channel=row["channel"],
        count=row["count"],
        text=row["text"],
        what=row["what"],
        state=row["state"],
        csat=row["csat"],
        nps=row["nps"],
        tag_id=UUID(detail["tag_id"]) if "tag_id" in detail else None,
        fields=[one for one in edited if one in _STANDARD],
        labels=[labels[one] for one in edited if one in labels and one not in _STANDARD],
    )
