"""Writing and reading the log."""

from datetime import datetime
from uuid import UUID

import msgspec

from kezhan.audit import store
from kezhan.audit.schemas import EntryView
from kezhan.kit import clock
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces.authenticate import Caller


async def record(
    tx: Tx,
    caller: Caller | None,
    action: str,
    subject_kind: str,
    subject_id: UUID | None,
    *,
    detail: msgspec.Struct | None = None,
) -> None:
    """One line, in the transaction of what it tells of. `caller` None is the system itself.

    `action` is `subject.verb` (`channel.edit`); `detail` a Struct with its version `v`: ids and settings, no
    personal values.
    """
    await store.add(
        tx,
        {
            "id": new_id(),
            "actor_kind": "system" if caller is None else caller.kind,
            "actor_id": None if caller is None else caller.id,
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "detail": None if detail is None else msgspec.to_builtins(detail),
            "peer": None if caller is None else caller.peer,
        },
    )


async def list_entries(tx: Tx, *, after: str | None, limit: int) -> Page[EntryView]:
    """Newest first."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.entries(tx, after=key, limit=size + 1)
    shown = [EntryView(**{**row._asdict(), "at": clock.wire(row.at)}) for row in rows[:size]]
    more = encode_cursor(rows[size - 1].at, rows[size - 1].id) if len(rows) > size else None
    return Page(items=shown, next=more)
