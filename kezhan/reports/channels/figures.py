"""The figures of one channel, in the metric dictionary's words."""

from datetime import datetime, timedelta
from uuid import UUID

from kezhan.channels.customers.switch import get_switch
from kezhan.channels.schemas import Limits
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.reading import ReadRow
from kezhan.reports import metrics
from kezhan.reports import schemas as s
from kezhan.reports.channels import store
from kezhan.reports.monitor import midnight
from kezhan.reports.store import day
from kezhan.workspaces.authenticate import Caller

_TARGET, _SHORT = 20, 5
"""Seconds, where there is no reception to say otherwise."""


async def channel_figures(tx: Tx, caller: Caller, account_id: UUID, days: int) -> s.ChannelFigures:
    """Of today and the days before it, `days` altogether. Raises NotFound."""
    frame = await _frame(tx, account_id)
    since = midnight(now(), frame["time_zone"]) - timedelta(days=days - 1)
    return await _figures(tx, account_id, frame, since)


async def trial(tx: Tx, caller: Caller, account_id: UUID) -> s.Trial:
    """What a switch has come to since it began, and whether that is good enough. Raises NotFound."""
    switch = await get_switch(tx, account_id)
    if switch.began_at is None:
        return s.Trial(verdict=None, doubts=[], figures=None)
    frame = await _frame(tx, account_id)
    found = await _figures(tx, account_id, frame, datetime.fromisoformat(switch.began_at))
    doubts = doubts_of(switch.limits, found)
    early = found.customers < switch.limits.customers
    return s.Trial(verdict="early" if early else "stop" if doubts else "go", doubts=doubts, figures=found)


def doubts_of(limits: Limits, found: s.ChannelFigures) -> list[s.Doubt]:
    """Which limits are broken. A figure of nothing breaks none. Pure."""
    level, failed, errors = found.service_level, found.failed_rate, found.error_rate
    response = found.median_first_response
    broken: dict[s.Doubt, bool] = {
        "response": response is not None and response > limits.response_seconds,
        "service_level": level is not None and level * 100 < limits.service_level,
        "failed": failed is not None and failed * 100 > limits.failed,
        "errors": errors is not None and errors * 100 > limits.errors,
    }
    return [name for name, holds in broken.items() if holds]


async def _frame(tx: Tx, account_id: UUID) -> ReadRow:
    frame = await store.frame(tx, account_id)
    if frame is None:
        raise NotFound("channels.not_found")
    return frame


async def _figures(tx: Tx, account_id: UUID, frame: ReadRow, since: datetime) -> s.ChannelFigures:
    talks = await store.talks(tx, account_id, since)
    said = await store.messages(tx, account_id, since)
    through = await store.traffic(tx, account_id, since)
    waits = await _waits(tx, account_id, frame, since)
    median, p90 = talks["middle"] or (None, None)
    sent, failed = through["sent"], through["failed"]
    delay = through["delay_ms"]
    return s.ChannelFigures(
        since=wire(since),
        conversations=talks["conversations"],
        customers=talks["customers"],
        answered=talks["answered"],
        median_first_response=median,
        p90_first_response=p90,
        counted=metrics.counted(waits),
        service_level=metrics.service_level(waits),
        messages_in=said["came"],
        messages_out=said["went"],
        sent=sent,
        failed=failed,
        failed_rate=metrics.failed_rate(sent, failed),
        received=through["received"],
        parked=through["parked"],
        error_rate=metrics.error_rate(through["received"], through["parked"], sent, failed),
        delay_ms=None if delay is None else int(delay),
    )


async def _waits(tx: Tx, account_id: UUID, frame: ReadRow, since: datetime) -> metrics.Waits:
    target, short = frame["target_seconds"] or _TARGET, frame["short_seconds"] or _SHORT
    for row in await day(tx, since, None, target * 1000, short * 1000, account_id):
        if row["scope"] == "channel" and row["accepted"] is not None:
            names = ("accepted", "within", "abandoned", "short", "messages", "waited_ms")
            return metrics.Waits(**{name: row[name] for name in names})
    return metrics.Waits()
