"""What happened to a conversation on its way to somebody: the raw events of figures and of the trace."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from kezhan.hours.schemas import Opening
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.routing import store
from kezhan.routing.choose import Decision


async def note(
    tx: Tx,
    row: ReadRow,
    kind: str,
    at: datetime,
    queue_id: UUID | None,
    *,
    seat: UUID | None = None,
    by: UUID | None = None,
    reason: str = "",
    decision: Decision | None = None,
    opening: Opening | None = None,
    until: datetime | None = None,
) -> None:
    """`row`: as it waits (`waits`), or where nothing waits as `facts`. Kinds: enqueued, offered, accepted,
    declined, missed, withdrawn, overflowed, message, left, abandoned, returned, transferred, parked, resumed,
    closed, reopened. `until`: when the wait was over, where that was before it came to be known."""
    waiting = "queued_at" in row
    await store.add_event(
        tx,
        {
            "id": new_id(),
            "at": at,
            "kind": kind,
            "conversation_id": row["conversation_id"] if waiting else row["id"],
            "account_id": row["account_id"],
            "channel": row["channel"],
            "queue_id": queue_id,
            "membership_id": seat,
            "by_id": by,
            "waited_ms": _ms((until or at) - row["queued_at"]) if waiting else None,
            "rule_id": row["rule_id"] if waiting else None,
            "version": row["version"] if waiting else None,
            "reason": reason,
            "schedule_id": opening.schedule_id if opening is not None else None,
            "schedule_version": opening.version if opening is not None else None,
            "decision": None if decision is None else msgspec.json.encode(decision).decode(),
        },
    )


def _ms(waited: timedelta) -> int:
    return max(int(waited.total_seconds() * 1000), 0)
