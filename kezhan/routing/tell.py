"""What the room says in the transaction of what has happened; `live.py` shows it once that is committed."""

from collections.abc import Iterable
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.outbox import emit
from kezhan.routing.events import OfferEnded, QueueMoved, SeatChanged


async def seats_changed(tx: Tx, seats: Iterable[UUID]) -> None:
    for seat_id in dict.fromkeys(seats):
        await emit(tx, SeatChanged(membership_id=seat_id))


async def queue_moved(tx: Tx) -> None:
    await emit(tx, QueueMoved())


async def offer_ended(tx: Tx, conversation_id: UUID, seat_id: UUID, outcome: str) -> None:
    await emit(tx, OfferEnded(conversation_id=conversation_id, membership_id=seat_id, outcome=outcome))
