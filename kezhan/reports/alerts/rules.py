"""Thresholds: set, changed, taken away."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.reports.alerts import store
from kezhan.reports.alerts.channels import finish_all
from kezhan.reports.alerts.evaluate import finish
from kezhan.reports.schemas import AlertForm, AlertKind, AlertRule, AlertRules
from kezhan.workspaces.authenticate import Caller

MOST = 50
_BETWEEN = {
    AlertKind.LONGEST_WAIT: (5, 86_400),
    AlertKind.WAITING: (1, 100_000),
    AlertKind.SERVICE_LEVEL: (1, 100),
    AlertKind.NO_FREE_SEAT: (1, 100_000),
    AlertKind.ABANDONED: (1, 100_000),
    AlertKind.CHANNEL_DOWN: (1, 1),
    AlertKind.CHANNEL_UNSENT: (1, 100_000),
    AlertKind.CHANNEL_ERRORS: (1, 100),
    AlertKind.CHANNEL_EXPIRES: (1, 365),
}


class _Detail(msgspec.Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    values: dict[str, Any]


async def list_rules(tx: Tx) -> AlertRules:
    return AlertRules([_view(row) for row in await store.rules(tx)])


async def add_rule(tx: Tx, caller: Caller, form: AlertForm) -> AlertRule:
    """Raises NotFound for a team there is not; Refused: 409 where there is such a one already or one too
    many, 400 for a threshold that its kind cannot have."""
    await _check(tx, form)
    await store.hold_rules(tx)
    if len(await store.rules(tx)) >= MOST:
        raise Refused("reports.too_many_rules", 409, most=MOST)
    rule_id = new_id()
    try:
        await store.add_rule(tx, {"id": rule_id, **_values(form)})
    except asyncpg.UniqueViolationError as fault:
        raise Refused("reports.rule_exists", 409, field="kind") from fault
    told = between(None, form)
    await record(tx, caller, "alert_rule.create", "alert_rule", rule_id, detail=_detail(form), changes=told)
    return await _one(tx, rule_id)


async def change_rule(tx: Tx, caller: Caller, rule_id: UUID, form: AlertForm) -> AlertRule:
    """Replace all of it. An alert that is on ends, for it was of the rule as it was; where it still holds,
    the next tick begins another. Raises as `add_rule`."""
    before = await _held(tx, rule_id)
    await _check(tx, form)
    values = _values(form)
    if all(before[name] == value for name, value in values.items()):
        return await _one(tx, rule_id)
    await _finish(tx, before, "changed" if form.active else "switched_off")
    try:
        await store.change_rule(tx, rule_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("reports.rule_exists", 409, field="kind") from fault
    told = between(before, values, values)
    await record(tx, caller, "alert_rule.edit", "alert_rule", rule_id, detail=_detail(form), changes=told)
    return await _one(tx, rule_id)


async def archive_rule(tx: Tx, caller: Caller, rule_id: UUID) -> None:
    """What it has told stays. A second time changes nothing."""
    row = await store.rule(tx, rule_id)
    if row is None:
        raise NotFound("reports.no_such_rule")
    if row["archived_at"] is None:
        await _finish(tx, row, "archived")
        await store.change_rule(tx, rule_id, {"archived_at": now()})
        await record(tx, caller, "alert_rule.archive", "alert_rule", rule_id)


async def _finish(tx: Tx, row: ReadRow, reason: str) -> None:
    if AlertKind(row["kind"]).of_channels:
        await finish_all(tx, row, now(), reason)
    else:
        await finish(tx, row, now(), None, reason)


async def _held(tx: Tx, rule_id: UUID) -> ReadRow:
    row = await store.rule(tx, rule_id)
    if row is None or row["archived_at"] is not None:
        raise NotFound("reports.no_such_rule")
    return row


async def _one(tx: Tx, rule_id: UUID) -> AlertRule:
    for row in await store.rules(tx):
        if row["id"] == rule_id:
            return _view(row)
    raise NotFound("reports.no_such_rule")


async def _check(tx: Tx, form: AlertForm) -> None:
    low, high = _BETWEEN[form.kind]
    if not low <= form.threshold <= high:
        raise Refused("reports.bad_threshold", 400, field="threshold", low=low, high=high)
    if form.team_id is not None and form.kind.of_channels:
        raise Refused("reports.not_of_a_team", 400, field="team_id")
    if form.team_id is not None and not await store.team_goes_on(tx, form.team_id):
        raise NotFound("workspaces.no_such_team")


def _values(form: AlertForm) -> dict[str, Any]:
    return {**msgspec.structs.asdict(form), "kind": str(form.kind)}


def _detail(form: AlertForm) -> _Detail:
    return _Detail(values=msgspec.to_builtins(form))


def _view(row: ReadRow) -> AlertRule:
    names = ("id", "team_id", "team", "threshold", "least", "level", "active")
    return AlertRule(kind=AlertKind(row["kind"]), on=row["on"], **{name: row[name] for name in names})
