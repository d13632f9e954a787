"""How a seat stands, in one word, and how many stand how. Pure."""

from collections import Counter
from collections.abc import Sequence

from kezhan.kit.ids import parse_id
from kezhan.reports.schemas import MonitorSeat, SeatCounts, Standing
from kezhan.routing.choose import Seat
from kezhan.routing.schemas import SeatView

_BY_STATE: dict[str, Standing] = {"busy": "busy", "away": "away", "offline": "offline"}


def standing(seat: SeatView) -> Standing:
    """A lost line counts before the state it was lost in, as long as the state lasts."""
    if seat.state != "offline" and not seat.connected:
        return "lost"
    if seat.state == "away" and seat.reason_id is not None:
        return "break"
    if seat.state != "online":
        return _BY_STATE.get(seat.state, "away")
    if not seat.on_duty:
        return "off_duty"
    return "free" if seat.live_used < seat.live_units else "full"


def monitor_seat(seat: SeatView) -> MonitorSeat:
    return MonitorSeat(
        membership_id=seat.membership_id,
        name=seat.name,
        standing=standing(seat),
        since=seat.since,
        reason=seat.reason,
        auto=seat.auto,
        live_used=seat.live_used,
        live_units=seat.live_units,
        deferred_used=seat.deferred_used,
        deferred_units=seat.deferred_units,
        team_ids=seat.team_ids,
    )


def count_seats(seats: Sequence[MonitorSeat]) -> SeatCounts:
    counted = Counter(seat.standing for seat in seats)
    there = [seat for seat in seats if seat.standing in {"free", "full"}]
    return SeatCounts(
        free=counted["free"],
        full=counted["full"],
        busy=counted["busy"],
        away=counted["away"] + counted["break"],
        lost=counted["lost"],
        off_duty=counted["off_duty"],
        offline=counted["offline"],
        live_used=sum(seat.live_used for seat in there),
        live_units=sum(seat.live_units for seat in there),
    )


def seat_to_choose(seat: SeatView) -> Seat:
    """The same as `routing.choose` looks at it."""
    skills = {found: level for text, level in seat.skills.items() if (found := parse_id(text)) is not None}
    return Seat(
        id=seat.membership_id,
        name=seat.name,
        state=seat.state,
        on_break=seat.reason_id is not None,
        on_duty=seat.on_duty,
        lost=seat.state != "offline" and not seat.connected,
        team_ids=frozenset(seat.team_ids),
        skills=skills,
        live=(seat.live_used, seat.live_units),
        deferred=(seat.deferred_used, seat.deferred_units),
    )
