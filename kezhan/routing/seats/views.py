"""Seats as they are shown."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.clock import wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.reading import Reader, ReadRow
from kezhan.routing.rules import SERVING
from kezhan.routing.schemas import SeatList, SeatView
from kezhan.routing.seats import store


async def list_seats(tx: Tx) -> SeatList:
    """Everybody who serves, by name; empty where the workspace has no reception."""
    return SeatList([seat_view(row) for row in await store.every(tx, SERVING)])


async def one_seat(tx: Tx, membership_id: UUID) -> SeatView:
    """Raises NotFound for somebody who does not serve."""
    for row in await store.every(tx, SERVING, membership_id):
        return seat_view(row)
    raise NotFound("routing.no_seat")


async def seen_seat(reader: Reader, membership_id: UUID) -> SeatView:
    """The same of what is committed."""
    for row in await store.one(reader, SERVING, membership_id):
        return seat_view(row)
    raise NotFound("routing.no_seat")


async def has_room(tx: Tx, seats: Sequence[UUID], account_id: UUID) -> bool:
    """Whether one of these is online, on duty, and could take one conversation more of the account."""
    return await store.has_room(tx, seats, SERVING, account_id)


def seat_view(row: ReadRow) -> SeatView:
    return SeatView(
        membership_id=row["membership_id"],
        name=row["name"],
        state=row["state"] or "offline",
        reason_id=row["reason_id"],
        reason=row["reason_name"] or "",
        auto=row["auto"] or "",
        since=wire_or_none(row["since"]),
        connected=row["state"] not in {None, "offline"} and row["lost_at"] is None,
        on_duty=row["on_duty"] is not False,
        live_used=row["live_used"] or 0,
        live_units=row["live_units"],
        deferred_used=row["deferred_used"] or 0,
        deferred_units=row["deferred_units"],
        own_room=row["own_room"],
        team_ids=row["team_ids"],
        skills={str(skill): level for skill, level in zip(row["skill_ids"], row["levels"], strict=True)},
    )
