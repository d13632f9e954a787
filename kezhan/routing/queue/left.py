"""Customers who wait and go: after a while without a line they wait no longer, and what they wrote stays."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from kezhan.conversations.number import hold
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.routing import store as base
from kezhan.routing.queue import store
from kezhan.routing.queue.back import LEFT, come_back, leave_queue
from kezhan.routing.queue.leave import LEFT_TIMER
from kezhan.routing.rules import rules_of


async def watch_leaving(db: Database, workspace_id: UUID, seen: Mapping[UUID, bool]) -> bool:
    """Customers whose first line has opened (True), or whose last has closed. Whether any of them waits."""
    waiting = await store.waiting_of(db.reader(workspace_id), [*seen])
    for row in waiting:
        conversation_id = row["conversation_id"]
        async with db.tx(workspace_id) as tx:
            # The conversation before its timer, as everywhere.
            await hold(tx, conversation_id)
            rules = await rules_of(tx)
            if rules is None:
                return False
            if not seen[row["identity_id"]]:
                due = now() + timedelta(seconds=rules.left_seconds)
                await set_timer(tx, LEFT_TIMER, conversation_id, due)
                continue
            await cancel_timer(tx, LEFT_TIMER, conversation_id)
            if await base.last_reason(tx, conversation_id) == LEFT:
                await come_back(tx, conversation_id)
    return bool(waiting)


async def on_left(tx: Tx, conversation_id: UUID) -> None:
    """Nobody has come back."""
    await leave_queue(tx, conversation_id, reason=LEFT)
