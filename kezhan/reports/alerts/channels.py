"""Whether a channel is at fault, and what follows: each rule about channels watches every one of them, and
has an alert for each that is at fault."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kezhan.channels.accounts import get_account
from kezhan.channels.events import ChannelChanged, ChannelWorking
from kezhan.channels.registry import channels
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.reports.alerts import store
from kezhan.reports.alerts.evaluate import QUIET, event_of
from kezhan.reports.events import AlertBegan, AlertEnded
from kezhan.reports.metrics import error_rate
from kezhan.reports.schemas import AlertKind

_USUAL = (
    (AlertKind.CHANNEL_DOWN, 1, 1, "critical"),
    (AlertKind.CHANNEL_UNSENT, 20, 1, "warning"),
    (AlertKind.CHANNEL_ERRORS, 10, 10, "warning"),
    (AlertKind.CHANNEL_EXPIRES, 7, 1, "warning"),
)
"""What a workspace with channels begins with, until somebody wants it otherwise."""


class Condition(Struct, frozen=True, kw_only=True):
    """What thresholds are held against, of one channel. `errors` in per cent of the `counted` calls and
    messages of an hour; `days` until its credentials end."""

    down: bool = False
    unsent: int = 0
    errors: float | None = None
    counted: int = 0
    days: int | None = None


def at_fault(kind: AlertKind, threshold: int, least: int, how: Condition) -> int | None:
    """The figure that is at fault, None where it is not. Pure."""
    if kind is AlertKind.CHANNEL_DOWN:
        return 1 if how.down else None
    if kind is AlertKind.CHANNEL_UNSENT:
        return how.unsent if how.unsent >= threshold else None
    if kind is AlertKind.CHANNEL_EXPIRES:
        return how.days if how.days is not None and how.days <= threshold else None
    errors = how.errors
    return int(errors) if errors is not None and how.counted >= least and errors >= threshold else None


async def watch(tx: Tx, rules: Sequence[ReadRow], at: datetime) -> int:
    """Hold every rule about channels against each of them; how many alerts began or ended. A channel that is
    no more has no condition, and nothing to alert of."""
    rules = [rule for rule in rules if AlertKind(rule["kind"]).of_channels]
    if not rules:
        return 0
    conditions = {row["id"]: _condition(row) for row in await store.channels(tx, at)}
    on = {(row["rule_id"], row["account_id"]): row for row in await store.channels_on(tx)}
    moved = 0
    for rule in rules:
        for account_id in {*conditions, *(account for of, account in on if of == rule["id"])}:
            how = conditions.get(account_id, Condition())
            kind, known = AlertKind(rule["kind"]), on.get((rule["id"], account_id))
            figure = at_fault(kind, rule["threshold"], rule["least"], how) if rule["active"] else None
            if figure is not None:
                moved += await _go_on(tx, rule, account_id, known, figure, at)
            elif known is not None:
                moved += await _calm(tx, rule, known, at)
    return moved


async def _go_on(
    tx: Tx, rule: ReadRow, account_id: UUID, known: ReadRow | None, figure: int, at: datetime
) -> bool:
    if known is not None:
        if known["fine_since"] is not None:
            await store.channel_fine_since(tx, known["episode_id"], None)
        return False
    episode_id = new_id()
    if not await store.begin_channel(tx, rule["id"], account_id, episode_id):
        return False
    await store.add_event(tx, event_of(rule, episode_id, "began", at, figure) | {"account_id": account_id})
    await emit(tx, AlertBegan(episode_id=episode_id, rule_id=rule["id"]), [f"alerts:{tx.workspace}"])
    return True


async def _calm(tx: Tx, rule: ReadRow, known: ReadRow, at: datetime) -> bool:
    if known["fine_since"] is None:
        await store.channel_fine_since(tx, known["episode_id"], at)
        return False
    if at - known["fine_since"] < QUIET:
        return False
    return await _finish(tx, rule, known, at, "over")


async def finish_all(tx: Tx, rule: ReadRow, at: datetime, reason: str) -> None:
    """All alerts of the rule are over."""
    for known in await store.channels_on(tx):
        if known["rule_id"] == rule["id"]:
            await _finish(tx, rule, known, at, reason)


async def _finish(tx: Tx, rule: ReadRow, known: ReadRow, at: datetime, reason: str) -> bool:
    episode_id = known["episode_id"]
    if not await store.end_channel(tx, episode_id):
        return False
    event = event_of(rule, episode_id, "ended", at, None)
    await store.add_event(tx, event | {"account_id": known["account_id"], "reason": reason})
    await emit(tx, AlertEnded(episode_id=episode_id, rule_id=rule["id"]), [f"alerts:{tx.workspace}"])
    return True


async def on_working(tx: Tx, event: ChannelWorking) -> None:
    """A connection has broken or works again: nobody waits for the next look."""
    await watch(tx, await store.rules(tx), now())


async def on_changed(tx: Tx, event: ChannelChanged) -> None:
    """Who connects a channel is to hear of its troubles without asking for it. The website's own chat has no
    connection to break."""
    channel = channels().get((await get_account(tx, event.account_id)).adapter)
    if not event.archived and channel is not None and channel.send is not None:
        await store.add_usual(
            tx, [(new_id(), str(kind), most, least, level) for kind, most, least, level in _USUAL]
        )


def _condition(row: ReadRow) -> Condition:
    rate = error_rate(row["received"], row["parked"], row["sent"], row["failed"])
    return Condition(
        down=row["down"],
        unsent=row["unsent"],
        errors=None if rate is None else rate * 100,
        counted=row["received"] + row["sent"] + row["failed"],
        days=row["days"],
    )
