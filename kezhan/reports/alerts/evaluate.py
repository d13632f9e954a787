"""Whether a threshold is crossed, and what follows: an alert begins once and ends once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.reports.alerts import store
from kezhan.reports.events import AlertBegan, AlertEnded
from kezhan.reports.schemas import AlertKind

QUIET = timedelta(seconds=30)
"""All must be well for so long before an alert is over: a figure that swings about its threshold is one
alert, not twenty."""


class Values(Struct, frozen=True, kw_only=True):
    """What thresholds are held against, of one team or of the workspace. `service_level` in per cent of
    `counted` waits; `abandoned` without those who left at once."""

    longest_wait: int = 0
    waiting: int = 0
    free: int = 0
    service_level: float | None = None
    counted: int = 0
    abandoned: int = 0


def crossed(kind: AlertKind, threshold: int, least: int, values: Values) -> int | None:
    """The figure that is at fault, None where it is not. Pure."""
    if kind is AlertKind.LONGEST_WAIT:
        return values.longest_wait if values.longest_wait >= threshold else None
    if kind is AlertKind.WAITING:
        return values.waiting if values.waiting >= threshold else None
    if kind is AlertKind.NO_FREE_SEAT:
        return values.waiting if values.free == 0 and values.waiting >= threshold else None
    if kind is AlertKind.ABANDONED:
        return values.abandoned if values.abandoned >= threshold else None
    level = values.service_level
    return int(level) if level is not None and values.counted >= least and level < threshold else None


async def evaluate(tx: Tx, rules: Sequence[ReadRow], values: dict[UUID | None, Values], at: datetime) -> int:
    """Hold every rule against the figures of its team (None: the workspace's); how many alerts began or
    ended. A team that is no more has no figures, and nothing to alert of. Rules about channels are not
    for here."""
    moved = 0
    for rule in rules:
        if AlertKind(rule["kind"]).of_channels:
            continue
        of_team = values.get(rule["team_id"])
        figure = None
        if rule["active"] and of_team is not None:
            figure = crossed(AlertKind(rule["kind"]), rule["threshold"], rule["least"], of_team)
        if figure is not None:
            moved += await _go_on(tx, rule, figure, at)
        elif rule["episode_id"] is not None:
            moved += await _calm(tx, rule, at)
    return moved


async def _go_on(tx: Tx, rule: ReadRow, figure: int, at: datetime) -> bool:
    if rule["episode_id"] is not None:
        if rule["fine_since"] is not None:
            await store.fine_since(tx, rule["id"], None)
        return False
    episode_id = new_id()
    if not await store.begin(tx, rule["id"], episode_id):
        return False
    await store.add_event(tx, event_of(rule, episode_id, "began", at, figure))
    await emit(tx, AlertBegan(episode_id=episode_id, rule_id=rule["id"]), [f"alerts:{tx.workspace}"])
    return True


async def _calm(tx: Tx, rule: ReadRow, at: datetime) -> bool:
    since = rule["fine_since"]
    if since is None:
        await store.fine_since(tx, rule["id"], at)
        return False
    if at - since < QUIET:
        return False
    return await finish(tx, rule, at, None, "over")


async def finish(tx: Tx, rule: ReadRow, at: datetime, value: int | None, reason: str) -> bool:
    """Its alert is over; false where none was on."""
    episode_id = rule["episode_id"]
    if episode_id is None or not await store.end(tx, rule["id"], episode_id):
        return False
    await store.add_event(tx, event_of(rule, episode_id, "ended", at, value) | {"reason": reason})
    await emit(tx, AlertEnded(episode_id=episode_id, rule_id=rule["id"]), [f"alerts:{tx.workspace}"])
    return True


def event_of(
    rule: ReadRow, episode_id: UUID, kind: str, at: datetime, value: int | None
) -> dict[str, object]:
    """What is written down of an alert that begins or ends."""
    return {
        "id": new_id(),
        "at": at,
        "kind": kind,
        "episode_id": episode_id,
        "rule_id": rule["id"],
        "alert": rule["kind"],
        "team_id": rule["team_id"],
        "threshold": rule["threshold"],
        "level": rule["level"],
        "value": value,
    }
