"""The forecast with the seats it takes, beside the roster."""

import asyncio
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from kezhan.hours.schemas import Plan
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.reading import ReadRow
from kezhan.staffing import store
from kezhan.staffing.aims import settings
from kezhan.staffing.erlang import Need, ServiceLevel, seats_needed
from kezhan.staffing.forecast import (
    FEWEST_DAYS,
    SLOT_S,
    SLOTS,
    WEEKS,
    Day,
    DayForecast,
    Outlook,
    Slot,
    Weekday,
    forecast,
)
from kezhan.staffing.history import store as history
from kezhan.staffing.schemas import (
    ForecastDay,
    ForecastSlot,
    ForecastView,
    MeasuredLoad,
    SeatsNeeded,
    StaffingSettings,
)
from kezhan.staffing.stretch import Stint, Stretch, stretch_of
from kezhan.staffing.times import slot_moment, today_in

MOST_DAYS = 14
_FARTHEST = timedelta(days=400)
_DEFAULT_CONCURRENCY = 5
_MOST_CONCURRENCY = 50
_FEWEST_LEFT = 20
"""So many must have left before their patience is told."""


class _Past(NamedTuple):
    """What history says, as the pure parts take it."""

    days: dict[date, Day]
    since: date | None
    handle_s: float | None
    measured: MeasuredLoad
    stretch: Stretch | None


class _Basis(NamedTuple):
    """What is reckoned with: the settings where they say something, else what was measured."""

    concurrency: float
    stretch: Stretch | None
    fixed_s: float | None
    patience_s: float | None
    target: ServiceLevel
    shrinkage: float

    def handle_s(self, usual_s: float | None) -> float | None:
        """A mean handle time, stretched from the usual number side by side to the one planned."""
        if self.fixed_s is not None or usual_s is None or self.stretch is None:
            return self.fixed_s
        return usual_s * self.stretch.factor(self.concurrency)


async def show(tx: Tx, since: date, days: int, team_id: UUID | None) -> ForecastView:
    """Up to two weeks from `since`. With a team what its queue got, and its members' roster.

    Raises Refused 400 where the days are too many or too far away.
    """
    zone = await store.time_zone(tx)
    today = today_in(zone)
    if not 1 <= days <= MOST_DAYS:
        raise Refused("staffing.too_many_days", 400, field="days", limit=MOST_DAYS)
    if abs(since - today) > _FARTHEST:
        raise Refused("staffing.too_far", 400, field="from", days=_FARTHEST.days)
    wanted = [since + timedelta(days=n) for n in range(days)]
    past = await _past(tx, today, zone, team_id)
    aims = await settings(tx)
    units = min(await history.live_units(tx) or _DEFAULT_CONCURRENCY, _MOST_CONCURRENCY)
    basis = _basis(aims, past, float(units))
    entries = await _entries(tx, wanted, team_id)
    weekday = _weekday(await store.plan(tx, team_id))
    # Some hundred searches take a few tenths of a second, in which the loop has others to serve.
    outlook, views = await asyncio.to_thread(_reckon, past, today, wanted, weekday, basis, entries, zone)
    return ForecastView(
        time_zone=zone,
        today=today,
        # Before the first whole day there is nothing to reckon from.
        history_since=past.since if past.since and past.since < today else None,
        weeks=WEEKS,
        fewest_days=FEWEST_DAYS,
        concurrency=basis.concurrency,
        handle_s=basis.handle_s(past.handle_s),
        patience_s=basis.patience_s,
        measured=past.measured,
        settings=aims,
        left_out=outlook.left_out,
        days=views,
    )


async def _past(tx: Tx, today: date, zone: str, team_id: UUID | None) -> _Past:
    began = await history.began(tx)
    until = slot_moment(today, 0, zone)
    since = slot_moment(today - timedelta(weeks=WEEKS), 0, zone)
    came = await history.arrivals(tx, since, until, zone, team_id)
    handled = await history.handlings(tx, since, until, zone, team_id)
    waited = await history.patience(tx, since, until, team_id)
    stretch = stretch_of(_stints(handled))
    seats = [row for row in handled if row["membership_id"] is not None]
    busy = sum(row["busy"] for row in seats)
    days = _days(came, handled)
    slots = [slot for day in days.values() for slot in day.values()]
    chats = sum(slot.handled for slot in slots)
    # Of whole conversations, whoever had them; a seat-day's mean is of what one seat did.
    handle_s = sum(slot.handle_s for slot in slots) / chats if chats else None
    measured = MeasuredLoad(
        conversations=sum(row["arrivals"] for row in came),
        alone_s=handle_s * stretch.factor(1) if handle_s and stretch else None,
        each=stretch.each if stretch else None,
        concurrency=sum(row["seconds"] for row in seats) / busy if busy else None,
        patience_s=waited["waited_s"] / waited["left"] if waited["left"] >= _FEWEST_LEFT else None,
        left=waited["left"],
    )
    # The day recording began on is not whole.
    first = None if began is None else _local_day(began, zone) + timedelta(days=1)
    return _Past(days, first, handle_s, measured, stretch)


def _local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _stints(handled: Sequence[ReadRow]) -> list[Stint]:
    return [
        Stint(
            chats=row["handled"],
            handle_s=row["seconds"] / row["handled"],
            concurrency=row["seconds"] / row["busy"],
        )
        for row in handled
        if row["membership_id"] is not None and row["handled"] and row["busy"]
    ]


def _days(came: Sequence[ReadRow], handled: Sequence[ReadRow]) -> dict[date, Day]:
    counts = {(row["day"], row["slot"]): row["arrivals"] for row in came}
    done = {
        (row["day"], row["slot"]): (row["handled"], row["seconds"])
        for row in handled
        if row["membership_id"] is None
    }
    days: dict[date, dict[int, Slot]] = {}
    for day, number in counts.keys() | done.keys():
        chats, seconds = done.get((day, number), (0, 0.0))
        slot = Slot(arrivals=counts.get((day, number), 0), handled=chats, handle_s=seconds)
        days.setdefault(day, {})[number] = slot
    return dict(days)


def _basis(aims: StaffingSettings, past: _Past, units: float) -> _Basis:
    return _Basis(
        concurrency=aims.concurrency or units,
        stretch=past.stretch,
        fixed_s=float(aims.handle_seconds) if aims.handle_seconds else None,
        patience_s=float(aims.patience_seconds) if aims.patience_seconds else past.measured.patience_s,
        target=ServiceLevel(share=aims.share, within_s=aims.within_seconds, short_s=aims.short_seconds),
        shrinkage=aims.shrinkage,
    )


def _weekday(plan: Plan | None) -> Weekday:
    """Closed special days are holidays; one that is worked is like the weekday it stands in for."""
    if plan is None:
        return date.weekday
    special = {day.date: day for day in plan.days}
    open_days = [number for number, intervals in enumerate(plan.weekly.days) if intervals]

    def like(day: date) -> int | None:
        found = special.get(day)
        if found is None:
            return day.weekday()
        if found.kind == "off":
            return None
        if found.as_weekday is not None:
            return found.as_weekday - 1
        return day.weekday() if not open_days or day.weekday() in open_days else open_days[0]

    return like


async def _entries(tx: Tx, wanted: Sequence[date], team_id: UUID | None) -> Sequence[Row[Any]]:
    """Shifts that may lie on these days, one from the evening before among them."""
    members = None if team_id is None else await store.team_members(tx, team_id)
    return await store.entries(tx, wanted[0] - timedelta(days=1), wanted[-1], members)


def _reckon(
    past: _Past,
    today: date,
    wanted: Sequence[date],
    weekday: Weekday,
    basis: _Basis,
    entries: Sequence[Row[Any]],
    zone: str,
) -> tuple[Outlook, list[ForecastDay]]:
    outlook = forecast(past.days, past.since, today, wanted, weekday)
    need = cache(lambda arrivals, handle_s, patience_s: _need(arrivals, handle_s, patience_s, basis))
    views = [_day(day, basis, need, entries, zone) for day in outlook.days]
    return outlook, views


def _day(
    day: DayForecast,
    basis: _Basis,
    need: Callable[[float, float, float | None], SeatsNeeded | None],
    entries: Sequence[Row[Any]],
    zone: str,
) -> ForecastDay:
    slots: list[ForecastSlot] = []
    for number in range(SLOTS):
        begins, ends = (slot_moment(day.day, one, zone) for one in (number, number + 1))
        rostered = sum(_shared(begins, ends, row.starts_at, row.ends_at) for row in entries)
        if not day.slots:
            slots.append(_unknown(rostered))
            continue
        expected = day.slots[number]
        handle_s = basis.handle_s(expected.handle_s)
        arrivals = round(expected.arrivals, 2)
        known = handle_s is not None and (arrivals == 0 or handle_s > 0)
        handle = round(handle_s or 1.0, 1)
        slots.append(
            ForecastSlot(
                arrivals=arrivals,
                low=round(expected.low, 2),
                high=round(expected.high, 2),
                handle_s=None if handle_s is None else handle,
                patient=need(arrivals, handle, None) if known else None,
                impatient=need(arrivals, handle, basis.patience_s) if known and basis.patience_s else None,
                rostered=round(rostered, 2),
            )
        )
    return ForecastDay(
        day=day.day, holiday=day.holiday, seen=day.days, growth=round(day.growth, 4), slots=slots
    )


def _unknown(rostered: float) -> ForecastSlot:
    return ForecastSlot(
        arrivals=None,
        low=None,
        high=None,
        handle_s=None,
        patient=None,
        impatient=None,
        rostered=round(rostered, 2),
    )


def _need(arrivals: float, handle_s: float, patience_s: float | None, basis: _Basis) -> SeatsNeeded | None:
    """None where no number of seats would do that anybody has."""
    try:
        need: Need = seats_needed(
            arrivals, SLOT_S, handle_s, basis.concurrency, basis.target, basis.shrinkage, patience_s
        )
    except ValueError:
        return None
    return SeatsNeeded(
        seats=need.seats,
        working=need.working,
        occupancy=round(need.occupancy, 4),
        service_level=round(need.service_level, 4),
        asa_s=round(need.asa_s, 2) if math.isfinite(need.asa_s) else 0.0,
        abandoned=round(need.abandoned, 5),
    )


def _shared(begins: datetime, ends: datetime, starts_at: datetime, ends_at: datetime) -> float:
    """The part of a half hour that a shift covers; 0 for one that a change of clocks has swallowed."""
    length = (ends - begins).total_seconds()
    if length <= 0:
        return 0.0
    return max(0.0, (min(ends, ends_at) - max(begins, starts_at)).total_seconds()) / length
