"""The live monitor: what waits, who is there, what the day has come to, as far as the caller may see."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from kezhan.conversations.see import teams_in_sight
from kezhan.hours.service import openings_for
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.reading import ReadRow
from kezhan.reports import metrics, store
from kezhan.reports import schemas as s
from kezhan.reports.alerts.views import open_alerts
from kezhan.reports.seats import count_seats, monitor_seat
from kezhan.routing.seats.views import list_seats
from kezhan.workspaces.authenticate import Caller

FRESH_SECONDS = 2.0
"""What the day has come to changes slowly; so long several readers share one reading of it."""
_KEPT = 200
_days: OrderedDict[Any, tuple[float, list[ReadRow]]] = OrderedDict()
_Key = tuple[str, UUID | None]


class Scene(Struct, frozen=True, kw_only=True):
    """One look at a workspace, or at some of its queues: by scope (team, channel, all) and id."""

    at: datetime
    since: datetime
    frame: ReadRow
    teams: list[ReadRow]
    channels: list[ReadRow]
    now: dict[_Key, s.Now]
    today: dict[_Key, s.Today]
    seats: list[s.MonitorSeat]

    def now_of(self, scope: str, key: UUID | None) -> s.Now:
        return self.now.get((scope, key), s.Now())

    def today_of(self, scope: str, key: UUID | None) -> s.Today:
        return self.today.get((scope, key), s.Today())


async def monitor(tx: Tx, caller: Caller, team_id: UUID | None) -> s.Monitor:
    """Everything, or what concerns one team (everybody's queue: the workspace's id). Raises NotFound for a
    team out of sight, and where the workspace has no reception."""
    queues = queues_in_sight(tx, caller)
    asked = queues if team_id is None else [team_id]
    if queues is not None and team_id is not None and team_id not in queues:
        raise NotFound("workspaces.no_such_team")
    whole = await scene(tx, now(), queues)
    named = {row["id"]: row["name"] for row in whole.teams} | {tx.workspace: ""}
    if team_id is not None and team_id not in named:
        raise NotFound("workspaces.no_such_team")
    look = whole
    if team_id is not None:  # the list of teams stays whole whichever of them is looked at
        today = await _today(tx, whole.since, asked, whole.frame)
        look = structs.replace(whole, now=await _now(tx, asked), today=today)
    return await _shown(tx, whole, look, queues, asked, named)


async def _shown(
    tx: Tx,
    whole: Scene,
    look: Scene,
    queues: Sequence[UUID] | None,
    asked: Sequence[UUID] | None,
    named: dict[UUID, str],
) -> s.Monitor:
    alerts = await open_alerts(tx, queues)
    shown = [one for one in named if queues is None or one in queues]
    openings = await openings_for(
        tx, [(None, None if one == tx.workspace else one) for one in shown], look.at
    )
    teams = [None if one == tx.workspace else one for one in shown]
    lines = [
        s.TeamLine(
            id=one,
            name=named[one],
            everybody=team is None,
            open=openings[None, team].open,
            now=whole.now_of("team", one),
            today=whole.today_of("team", one),
            seats=count_seats(of_team(whole.seats, team)),
            alert=_gravest(alerts, one),
        )
        for one, team in zip(shown, teams, strict=True)
    ]
    seats = _in_sight(look.seats, asked, tx.workspace)
    return s.Monitor(
        at=wire(look.at),
        since=wire(look.since),
        time_zone=look.frame["time_zone"],
        target_seconds=look.frame["target_seconds"],
        short_seconds=look.frame["short_seconds"],
        automatic=look.frame["automatic"],
        teams=lines,
        channels=_channels(look),
        now=look.now_of("all", None),
        today=look.today_of("all", None),
        counts=count_seats(seats),
        seats=seats,
        alerts=alerts,
    )


def queues_in_sight(tx: Tx, caller: Caller) -> list[UUID] | None:
    """None: all of them. Else her teams', without everybody's queue."""
    teams = teams_in_sight(caller)
    return None if teams is None else sorted(teams)


async def scene(tx: Tx, at: datetime, queues: Sequence[UUID] | None) -> Scene:
    """Raises NotFound where the workspace has no reception."""
    frame = await store.frame(tx)
    if frame is None:
        raise NotFound("routing.no_reception")
    since = midnight(at, frame["time_zone"])
    places = await store.places(tx)
    return Scene(
        at=at,
        since=since,
        frame=frame,
        teams=[row for row in places if row["kind"] == "team"],
        channels=[row for row in places if row["kind"] == "channel"],
        now=await _now(tx, queues),
        today=await _today(tx, since, queues, frame),
        seats=[monitor_seat(seat) for seat in (await list_seats(tx)).items],
    )


def midnight(at: datetime, zone: str) -> datetime:
    """When the day of `at` began in the zone."""
    there = at.astimezone(ZoneInfo(zone))
    return there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


async def _now(tx: Tx, queues: Sequence[UUID] | None) -> dict[_Key, s.Now]:
    served = {(row["scope"], row["id"]): row["n"] for row in await store.serving(tx, queues)}
    found = {key: s.Now(serving=n) for key, n in served.items()}
    for row in await store.waiting(tx, queues):
        key = row["scope"], row["id"]
        found[key] = s.Now(
            waiting=row["waiting"],
            offered=row["offered"],
            messages=row["messages"],
            closed=row["closed"],
            oldest=wire_or_none(row["oldest"]),
            serving=served.get(key, 0),
        )
    return found


async def _today(
    tx: Tx, since: datetime, queues: Sequence[UUID] | None, frame: ReadRow
) -> dict[_Key, s.Today]:
    target, short = frame["target_seconds"] * 1000, frame["short_seconds"] * 1000
    key = tx.workspace, None if queues is None else tuple(queues), since, target, short
    read, rows = _days.get(key, (0.0, []))
    if not read or monotonic() - read >= FRESH_SECONDS:
        rows = await store.day(tx, since, queues, target, short)
        _days[key] = monotonic(), rows
        _days.move_to_end(key)
        if len(_days) > _KEPT:
            _days.popitem(last=False)
    return {(row["scope"], row["id"]): _figures(row) for row in rows}


def _figures(row: ReadRow) -> s.Today:
    came = {name: row[name] for name in ("entered", "missed", "declined")}
    if row["accepted"] is None:
        return s.Today(**came)
    median, p90 = row["middle"] or (None, None)
    counts = {
        name: row[name] for name in ("accepted", "within", "abandoned", "short", "messages", "waited_ms")
    }
    waits = metrics.Waits(median_ms=median, p90_ms=p90, **counts)
    return s.Today(
        **came,
        accepted=waits.accepted,
        abandoned=waits.abandoned,
        short=waits.short,
        messages=waits.messages,
        counted=metrics.counted(waits),
        service_level=metrics.service_level(waits),
        abandonment=metrics.abandonment(waits),
        average_wait=metrics.average_wait(waits),
        median_wait=None if median is None else median / 1000,
        p90_wait=None if p90 is None else p90 / 1000,
    )


def _channels(look: Scene) -> list[s.ChannelLine]:
    return [
        s.ChannelLine(
            account_id=row["id"],
            name=row["name"],
            adapter=row["adapter"],
            now=look.now_of("channel", row["id"]),
            today=look.today_of("channel", row["id"]),
        )
        for row in look.channels
    ]


def _gravest(alerts: Sequence[s.AlertView], team_id: UUID) -> Literal["", "warning", "critical"]:
    levels = {alert.level for alert in alerts if alert.team_id == team_id}
    return "critical" if "critical" in levels else "warning" if levels else ""


def of_team(seats: Sequence[s.MonitorSeat], team_id: UUID | None) -> list[s.MonitorSeat]:
    return [seat for seat in seats if team_id is None or team_id in seat.team_ids]


def _in_sight(
    seats: Sequence[s.MonitorSeat], queues: Sequence[UUID] | None, everybody: UUID
) -> list[s.MonitorSeat]:
    """Everybody's queue is served by all."""
    if queues is None or everybody in queues:
        return list(seats)
    return [seat for seat in seats if not set(queues).isdisjoint(seat.team_ids)]
