"""Routes of the live monitor, of its alerts, of why people wait, of a channel's figures and of surveys."""

from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import Parameter

from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.reports import diagnosis, monitor
from kezhan.reports import schemas as s
from kezhan.reports.alerts import rules, views
from kezhan.reports.channels import figures
from kezhan.reports.surveys import figures as surveys
from kezhan.reports.surveys.schemas import AnswersAsked, Score, SurveyFigures
from kezhan.surveys.schemas import AnswerLine
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONVERSATION_READ)
_CHANNELS = needs(Permission.CHANNEL_READ)
_MANAGE = needs(Permission.ROUTING_MANAGE)
_SURVEYS = needs(Permission.SURVEY_READ)
Days = Annotated[int, Parameter(ge=1, le=30)]
LongDays = Annotated[int, Parameter(ge=1, le=366)]
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


@get("/api/channels/{account_id:uuid}/figures", guards=[_CHANNELS], operation_id="reports_channel")
async def get_channel(tx: Tx, caller: Caller, account_id: UUID, days: Days = 1) -> s.ChannelFigures:
    """What one channel has come to, today and in the days before it."""
    return await figures.channel_figures(tx, caller, account_id, days)


@get("/api/channels/{account_id:uuid}/switch/trial", guards=[_CHANNELS], operation_id="reports_trial")
async def get_trial(tx: Tx, caller: Caller, account_id: UUID) -> s.Trial:
    """What a channel's switch has come to, and whether it goes on."""
    return await figures.trial(tx, caller, account_id)


@get("/api/survey-figures", guards=[_SURVEYS], operation_id="reports_surveys")
async def get_surveys(reader: Reader, caller: Caller, days: LongDays = 30) -> SurveyFigures:
    """Satisfaction by day, channel, team and seat, today and in the days before it."""
    return await surveys.survey_figures(reader, caller, days)


@get("/api/survey-answers", guards=[_SURVEYS], operation_id="reports_survey_answers")
async def get_answers(
    reader: Reader, caller: Caller, days: LongDays = 30, score: Score | None = None, comments: bool = False,
    account_id: UUID | None = None, team_id: UUID | None = None, agent_id: UUID | None = None,
    after: str | None = None, limit: int = 50,
) -> Page[AnswerLine]:  # fmt: skip
    """What customers have answered; `comments`: those alone who have written something."""
    asked = AnswersAsked(
        days=days, score=score, comments=comments, account_id=account_id, team_id=team_id, agent_id=agent_id
    )
    return await surveys.survey_answers(reader, caller, asked, after, limit)


routes: list[Any] = [
    get_surveys,
    get_answers,
    get_channel,
    get_trial,
    get_monitor,
    get_diagnosis,
    get_alerts,
    get_rules,
    post_rule,
    put_rule,
    delete_rule,
]
