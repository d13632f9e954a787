"""Everything said with a customer, in one thread: by pages, by files, by days."""

from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from kezhan.conversations.history import store
from kezhan.conversations.history.schemas import (
    Day,
    Days,
    FileKind,
    History,
    Past,
    Said,
    SaidLinks,
    SentFile,
    Stretch,
    WrittenDown,
    WrittenDownList,
)
from kezhan.conversations.history.store import NEWER, OLDER, Place
from kezhan.conversations.see import teams_in_sight
from kezhan.conversations.store import MAX_SEQ
from kezhan.conversations.views import message_of, state_of
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.workspaces.authenticate import Caller

LONGEST = timedelta(days=62)
"""So much is looked through for days at once: a month, whatever the zone, and what a calendar shows of its
neighbours."""


async def history(
    reader: Reader,
    caller: Caller,
    contact_id: UUID,
    conversation_id: UUID | None,
    before: int | None,
    after: int | None,
    limit: int,
) -> History:
    """The messages before the number `before` of a conversation of hers and those of older conversations, or
    those after `after`; without a conversation the newest. Raises NotFound."""
    if conversation_id is not None and (before is None) == (after is None):
        raise Refused("conversations.no_place", 400, field="before")
    size, newer = page_size(limit), after is not None and conversation_id is not None
    place = None if conversation_id is None else Place(conversation_id, _seq(after if newer else before))
    rows = await store.history(
        reader, caller.membership_id, contact_id, NEWER if newer else OLDER, size + 1,
        teams=teams_in_sight(caller), place=place,
    )  # fmt: skip
    if not rows:
        raise NotFound("contacts.not_found")
    if rows[0]["id"] is None:
        hidden = place is None and rows[0]["hers"]
        return History(items=[], more=False, hidden=hidden)
    shown = rows[:size] if newer else rows[:size][::-1]
    stretches = [_stretch(list(group)) for _, group in groupby(shown, key=lambda row: row["id"])]
    return History(items=stretches, more=len(rows) > size)


def _seq(number: int | None) -> int:
    return min(max(number or 0, 0), MAX_SEQ)


def _stretch(rows: list[ReadRow]) -> Stretch:
    first = next((row for row in rows if row["nth"] == 1), rows[0])
    header = first["header"] or {}
    wrap_up = header.get("wrap_up")
    return Stretch(
        conversation=Past(
            id=first["id"],
            account_id=first["account_id"],
            channel=first["channel"],
            state=state_of(first["state"]),
            opened_at=wire(first["opened_at"]),
            closed_at=wire_or_none(first["closed_at"]),
            assignee_id=first["assignee_id"],
            assignee_name=header.get("assignee_name") or "",
            last_seq=first["last_seq"],
            delivered_seq=header.get("delivered_seq", 0),
            read_seq=header.get("read_seq", 0),
            merged_into=first["merged_into"],
            wrap_up=msgspec.convert(wrap_up, Said) if wrap_up else None,
        ),
        messages=[message_of(row) for row in rows],
        hidden_before=bool(first["hidden_before"]),
        hidden_after=bool(first["hidden_after"]),
    )


async def files(
    reader: Reader, caller: Caller, contact_id: UUID, kind: FileKind, after: str | None, limit: int
) -> Page[SentFile]:
    """Pictures and videos, or other files, the newest first."""
    size = page_size(limit)
    rows = await store.files(
        reader, caller.membership_id, contact_id, kind, size + 1, teams=teams_in_sight(caller),
        place=_place(after),
    )  # fmt: skip
    items = [SentFile(conversation_id=row["id"], message=message_of(row)) for row in rows[:size]]
    last = rows[size - 1] if len(rows) > size else None
    return Page(items=items, next=encode_cursor(last["id"], last["seq"]) if last is not None else None)


async def links(
    reader: Reader, caller: Caller, contact_id: UUID, after: str | None, limit: int
) -> Page[SaidLinks]:
    """Messages with web addresses, the newest first. So many messages are looked through at once that a page
    may be short, or empty, and yet have a next one."""
    size = page_size(limit)
    rows = await store.links(
        reader, caller.membership_id, contact_id, size + 1, teams=teams_in_sight(caller), place=_place(after)
    )
    found = [row for row in rows if row["linked"]]
    end = found[size - 1] if len(found) > size else None
    if end is None and rows and rows[-1]["nth"] == store.LOOKED_THROUGH:
        end = rows[-1]
    items = [SaidLinks(conversation_id=row["id"], message=message_of(row)) for row in found[:size]]
    return Page(items=items, next=encode_cursor(end["id"], end["seq"]) if end is not None else None)


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    id_, seq = decode_cursor(after, tuple[UUID, int])
    return Place(id_, _seq(seq))


async def wrap_ups(reader: Reader, caller: Caller, contact_id: UUID) -> WrittenDownList:
    """Of as many conversations as the list of hers shows, the newest first."""
    rows = await store.wrap_ups(reader, caller.membership_id, contact_id, teams=teams_in_sight(caller))
    return WrittenDownList(
        [
            WrittenDown(conversation_id=row["id"], wrap_up=msgspec.convert(row["wrap_up"], Said))
            for row in rows
        ]
    )


async def days(
    reader: Reader, caller: Caller, contact_id: UUID, since: datetime, until: datetime, zone: str
) -> Days:
    """The days of `zone` on which something was said. Raises Refused 400."""
    if since.tzinfo is None or until.tzinfo is None:
        raise Refused("conversations.no_moment", 400, field="since")
    if not timedelta() < until - since <= LONGEST:
        raise Refused("conversations.too_many_days", 400, field="until", days=LONGEST.days)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise Refused("conversations.no_zone", 400, field="zone") from fault
    rows = await store.days(
        reader, caller.membership_id, contact_id, since, until, zone, teams=teams_in_sight(caller)
    )
    return Days([Day(day=row["day"], conversation_id=row["conversation_id"], seq=row["seq"]) for row in rows])
