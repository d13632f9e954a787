"""Routes of the live monitor, of its alerts, and of why people wait."""

from typing import Any
from uuid import UUID

from litestar import delete, get, post, put

from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.reports import diagnosis, monitor
from kezhan.reports import schemas as s
from kezhan.reports.alerts import rules, views
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONVERSATION_READ)
_MANAGE = needs(Permission.ROUTING_MANAGE)
_RULES = "/api/alert-rules"
_RULE = "/api/alert-rules/{rule_id:uuid}"


@get("/api/monitor", guards=[_READ], operation_id="reports_monitor")
async def get_monitor(tx: Tx, caller: Caller, team_id: UUID | None = None) -> s.Monitor:
    """What goes on now and what the day has come to; `team_id`: channels, seats and totals of one team
    alone."""
    return await monitor.monitor(tx, caller, team_id)


@get("/api/monitor/teams/{team_id:uuid}/diagnosis", guards=[_READ], operation_id="reports_diagnose")
async def get_diagnosis(tx: Tx, caller: Caller, team_id: UUID) -> s.Diagnosis:
    """Why people wait for this team; the workspace's id stands for everybody's queue."""
    return await diagnosis.diagnosis(tx, caller, team_id)


@get("/api/alerts", guards=[_MANAGE], operation_id="reports_list_alerts")
async def get_alerts(tx: Tx, caller: Caller, after: str | None = None, limit: int = 50) -> Page[s.AlertView]:
    return await views.list_alerts(tx, after, limit)


@get(_RULES, guards=[_MANAGE], operation_id="reports_list_alert_rules")
async def get_rules(tx: Tx, caller: Caller) -> s.AlertRules:
    return await rules.list_rules(tx)


@post(_RULES, guards=[_MANAGE], operation_id="reports_add_alert_rule")
async def post_rule(tx: Tx, caller: Caller, data: s.AlertForm) -> s.AlertRule:
    return await rules.add_rule(tx, caller, data)


@put(_RULE, guards=[_MANAGE], operation_id="reports_change_alert_rule")
async def put_rule(tx: Tx, caller: Caller, rule_id: UUID, data: s.AlertForm) -> s.AlertRule:
    return await rules.change_rule(tx, caller, rule_id, data)


@delete(_RULE, guards=[_MANAGE], operation_id="reports_archive_alert_rule")
async def delete_rule(tx: Tx, caller: Caller, rule_id: UUID) -> None:
    await rules.archive_rule(tx, caller, rule_id)


routes: list[Any] = [
    get_monitor,
    get_diagnosis,
    get_alerts,
    get_rules,
    post_rule,
    put_rule,
    delete_rule,
]
