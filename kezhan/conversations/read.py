"""Snapshots, pages, lists, and what changed since a rev."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from kezhan.conversations import store
from kezhan.conversations.linked import Links
from kezhan.conversations.pages import store as pages
from kezhan.conversations.rich.card import file_in
from kezhan.conversations.schemas import (
    Changed,
    Head,
    Kind,
    ListRow,
    Mark,
    Message,
    Resync,
    Snapshot,
    VisitorChanged,
    VisitorSnapshot,
    served_by,
)
from kezhan.conversations.see import may_see, require_sight, teams_in_sight
from kezhan.conversations.views import (
    for_visitor,
    head_of,
    linked_of,
    mark_of,
    message_of,
    visitor_head,
    wholly_public,
)
from kezhan.files.schemas import FileOut
from kezhan.files.service import get as get_file
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.workspaces.authenticate import Caller

FIRST_PAGE = 50
RESUME_LIMIT = 500
COUNT_CAP = 100
_marks = msgspec.json.Decoder(list[Mark]).decode


class ListName(StrEnum):
    MINE = "mine"
    UNASSIGNED = "unassigned"
    PARKED = "parked"
    ALL = "all"
    CLOSED = "closed"
    SPAM = "spam"


async def list_conversations(
    reader: Reader, caller: Caller, name: ListName, after: str | None, limit: int
) -> Page[ListRow]:
    """One page of a list, newest activity first; of what is parked, what wakes soonest."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    teams = teams_in_sight(caller)
    rows = await pages.list_page(reader, name, caller.membership_id, size + 1, teams=teams, after=key)
    more = len(rows) > size
    items = [list_row(row) for row in rows[:size]]
    last = rows[size - 1] if more else None
    if last is None:
        return Page(items=items)
    return Page(items=items, next=encode_cursor(last["place"] or last["active_at"], last["id"]))


async def ids_in(tx: Tx, caller: Caller, name: ListName, limit: int) -> list[UUID]:
    """The conversations of a list as the caller sees it, at most so many."""
    return await pages.list_ids(tx, name, caller.membership_id, limit, teams_in_sight(caller))


async def one_row(reader: Reader, caller: Caller, conversation_id: UUID) -> ListRow:
    """The list row of one conversation. Raises NotFound."""
    rows = await pages.list_page(reader, "one", caller.membership_id, 1, key=conversation_id)
    if not rows:
        raise NotFound("conversations.not_found")
    require_sight(caller, rows[0])
    return list_row(rows[0])


def list_row(row: ReadRow) -> ListRow:
    return ListRow(head=head_of(row, row["rev"]), read_inbound=row["read_inbound"])


async def of_contact(reader: Reader, caller: Caller, contact_id: UUID) -> list[ListRow]:
    """The contact's conversations the caller may see, newest first."""
    teams = teams_in_sight(caller)
    rows = await pages.list_page(reader, "contact", caller.membership_id, 50, key=contact_id, teams=teams)
    return [list_row(row) for row in rows]


async def links(reader: Reader, caller: Caller, conversation_id: UUID) -> Links:
    """What is before and after a conversation the caller may see. Raises NotFound."""
    found = await pages.linked(reader, conversation_id)
    rows = {row["role"]: row for row in found}
    if "self" not in rows:
        raise NotFound("conversations.not_found")
    require_sight(caller, rows["self"])
    seen = {role: linked_of(row) for role, row in rows.items() if may_see(caller, row)}
    merged = [linked_of(row) for row in found if row["role"] == "merged" and may_see(caller, row)]
    return Links(previous=seen.get("previous"), next=seen.get("next"), into=seen.get("into"), merged=merged)


async def count_lists(reader: Reader, caller: Caller) -> dict[str, int]:
    """Mine, unassigned and parked, counted up to COUNT_CAP (the screen shows 99+)."""
    row = await pages.count_up_to(reader, caller.membership_id, teams_in_sight(caller), COUNT_CAP)
    return dict(row or {})


async def seen_head(tx: Tx, caller: Caller, conversation_id: UUID) -> Head:
    """The head, if the caller may see it. Raises NotFound."""
    row = await store.head(tx, conversation_id)
    if row is None:
        raise NotFound("conversations.not_found")
    require_sight(caller, row)
    return head_of(row._mapping, row.rev)


async def snapshot(reader: Reader, caller: Caller, conversation_id: UUID) -> Snapshot:
    """The last page as it stands, all of one moment. Raises NotFound."""
    rows = await pages.opened(reader, conversation_id, caller.membership_id, limit=FIRST_PAGE, notes=True)
    if not rows:
        raise NotFound("conversations.not_found")
    first = rows[0]
    require_sight(caller, first)
    return Snapshot(
        head=head_of(first, first["head_rev"]),
        rev=first["head_rev"],
        messages=_messages_of(rows),
        marks=_marks_of(first),
        draft=first["draft"],
        draft_is_note=first["draft_is_note"],
        draft_version=first["draft_version"],
    )


async def older(
    reader: Reader, caller: Caller, conversation_id: UUID, before: int, limit: int
) -> tuple[Page[Message], UUID | None]:
    """And who serves the conversation. Raises NotFound."""
    size = page_size(limit)
    rows = await pages.page(reader, conversation_id, before=before, limit=size, notes=True)
    if not rows:
        raise NotFound("conversations.not_found")
    require_sight(caller, rows[0])
    return _page_of(rows, size), served_by(rows[0]["state"], rows[0]["assignee_id"])


def _page_of(rows: Sequence[ReadRow], size: int) -> Page[Message]:
    more = len(rows) == size and (rows[0]["seq"] or 0) > 1
    return Page(items=_messages_of(rows), next=str(rows[0]["seq"]) if more else None)


def _messages_of(rows: Sequence[ReadRow]) -> list[Message]:
    return [message_of(row) for row in rows if row["seq"] is not None]


def _marks_of(row: ReadRow) -> list[Mark]:
    return _marks(row["marks"]) if row["marks"] else []


async def file_of(tx: Tx, conversation_id: UUID, seq: int, *, notes: bool) -> FileOut:
    """The file in a message of a conversation the caller has been found to see. Raises NotFound."""
    row = await store.message(tx, conversation_id, seq)
    file_id = None if row is None or (row.kind == Kind.NOTE and not notes) else file_in(row.payload)
    if file_id is None:
        raise NotFound("files.not_found")
    return await get_file(tx, file_id)


async def changes(tx: Tx, conversation_id: UUID, rev: int) -> tuple[Changed | Resync, Head]:
    """What happened above `rev`, as an agent sees it; `Resync` where it is more than a page or two."""
    row = await store.head(tx, conversation_id)
    if row is None:
        raise NotFound("conversations.not_found")
    head = head_of(row._mapping, row.rev)
    behind = head.rev - rev
    if behind < 0 or behind > RESUME_LIMIT:
        return Resync(conversation_id=conversation_id), head
    # Every message since `rev` took a rev of its own, so at most `behind` messages are new.
    rows = await store.changed_messages(tx, conversation_id, rev, head.last_seq - behind)
    marks = await store.marks(tx, conversation_id, rev)
    return (
        Changed(
            conversation_id=conversation_id,
            from_rev=rev,
            rev=head.rev,
            messages=[message_of(message._mapping) for message in rows],
            marks=[mark_of(mark._mapping) for mark in marks],
            head=head if row.head_rev > rev else None,
        ),
        head,
    )


async def changes_since(
    tx: Tx, since: Mapping[UUID, int | None]
) -> list[tuple[Changed | Resync | None, Head]]:
    """Of each conversation its head and what happened above its rev (None: the head alone), in three queries
    for all of them. One that is no more is left out."""
    rows = await store.heads(tx, [*since])
    heads = {row.id: (head_of(row._mapping, row.rev), row.head_rev) for row in rows}
    behind: dict[UUID, tuple[int, int]] = {}
    for conversation_id, rev in since.items():
        if rev is not None and conversation_id in heads:
            head, _ = heads[conversation_id]
            if 0 < head.rev - rev <= RESUME_LIMIT:
                behind[conversation_id] = rev, head.last_seq - (head.rev - rev)
    messages: defaultdict[UUID, list[Message]] = defaultdict(list)
    marks: defaultdict[UUID, list[Mark]] = defaultdict(list)
    if behind:
        for row in await store.changed_messages_of(tx, behind):
            messages[row.conversation_id].append(message_of(row._mapping))
        for row in await store.changed_marks_of(tx, behind):
            marks[row.conversation_id].append(mark_of(row._mapping))
    found: list[tuple[Changed | Resync | None, Head]] = []
    for id_, (head, head_rev) in heads.items():
        from_rev = since[id_]
        changed: Changed | Resync | None = None
        if from_rev is not None and (id_ in behind or from_rev == head.rev):
            changed = Changed(
                conversation_id=id_,
                from_rev=from_rev,
                rev=head.rev,
                messages=messages[id_],
                marks=marks[id_],
                head=head if head_rev > from_rev else None,
            )
        elif from_rev is not None:
            changed = Resync(conversation_id=id_)
        found.append((changed, head))
    return found


async def heads(reader: Reader, ids: Sequence[UUID]) -> list[Head]:
    """How these conversations stand by now; one that is no more is left out."""
    return [head_of(row, row["rev"]) for row in await pages.heads(reader, ids)]


async def standing(tx: Tx, ids: Sequence[UUID], identity_ids: Sequence[UUID]) -> list[Head]:
    """The heads of these conversations, and of the latest one of each of these customers."""
    rows = [*await store.heads(tx, ids), *await store.latest_of_identities(tx, identity_ids)]
    return [head_of(row._mapping, row.rev) for row in {row.id: row for row in rows}.values()]


# The customer's side: her own conversations, without notes.


def public(changed: Changed | Resync) -> bool:
    """Whether the customer may see all of it, so that one frame serves both sides."""
    if isinstance(changed, Resync):
        return True
    return changed.head is None and all(map(wholly_public, changed.messages))


def to_visitor(changed: Changed | Resync) -> VisitorChanged | Resync:
    if isinstance(changed, Resync):
        return changed
    return VisitorChanged(
        conversation_id=changed.conversation_id,
        from_rev=changed.from_rev,
        rev=changed.rev,
        messages=for_visitor(changed.messages),
        marks=changed.marks,
        head=visitor_head(changed.head) if changed.head else None,
    )


async def visitor_conversations(tx: Tx, identity_id: UUID, limit: int) -> list[Head]:
    """The identity's conversations, newest first."""
    rows = await store.latest_of_identity(tx, identity_id, page_size(limit))
    return [head_of(row._mapping, row.rev) for row in rows]


async def visitor_snapshot(reader: Reader, identity_id: UUID, conversation_id: UUID) -> VisitorSnapshot:
    """Raises NotFound for another's conversation as for none."""
    rows = await pages.opened(reader, conversation_id, None, limit=FIRST_PAGE, notes=False)
    if not rows or rows[0]["identity_id"] != identity_id:
        raise NotFound("conversations.not_found")
    first = rows[0]
    return VisitorSnapshot(
        head=visitor_head(head_of(first, first["head_rev"])),
        rev=first["head_rev"],
        messages=for_visitor(_messages_of(rows)),
        marks=_marks_of(first),
    )


async def visitor_seen(tx: Tx, identity_id: UUID, conversation_id: UUID) -> Head:
    row = await store.head(tx, conversation_id)
    if row is None or row.identity_id != identity_id:
        raise NotFound("conversations.not_found")
    return head_of(row._mapping, row.rev)


async def visitor_older(
    reader: Reader, identity_id: UUID, conversation_id: UUID, before: int, limit: int
) -> Page[Message]:
    size = page_size(limit)
    rows = await pages.page(reader, conversation_id, before=before, limit=size, notes=False)
    if not rows or rows[0]["identity_id"] != identity_id:
        raise NotFound("conversations.not_found")
    page = _page_of(rows, size)
    return Page(items=for_visitor(page.items), next=page.next)
