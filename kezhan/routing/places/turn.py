"""A customer leaves the queue by her own choice, or comes back to it."""

from kezhan.contacts.schemas import Visitor
from kezhan.kit.db import Database
from kezhan.routing import store as base
from kezhan.routing.places.callback import CALLBACK
from kezhan.routing.queue import store
from kezhan.routing.queue.back import come_back, leave_queue

CHOSE = "chose"


async def step_out(db: Database, visitor: Visitor) -> None:
    """What she has written stays, as a message. Where nothing of hers waits, nothing changes."""
    for row in await store.waiting_of(db.reader(visitor.workspace_id), [visitor.identity_id]):
        async with db.tx(visitor.workspace_id) as tx:
            await leave_queue(tx, row["conversation_id"], reason=CHOSE)


async def stay(db: Database, visitor: Visitor) -> None:
    """She waits again, in the place she had, where it was she who left it; whom the house has asked for a
    message goes on waiting for the answer."""
    for row in await store.waiting_of(db.reader(visitor.workspace_id), [visitor.identity_id]):
        async with db.tx(visitor.workspace_id) as tx:
            if await base.last_reason(tx, row["conversation_id"]) in {CHOSE, CALLBACK}:
                await come_back(tx, row["conversation_id"])
