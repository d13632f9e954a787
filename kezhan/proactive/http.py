"""Routes: the visitors on the site, invitations and their rules; and the widget's side of it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put

from kezhan.channels.visitor_http import visitor_guard
from kezhan.contacts.schemas import Visitor
from kezhan.conversations.desk import Desk
from kezhan.kit.db import Tx
from kezhan.kit.http import OR_NOTHING, language_of
from kezhan.kit.paging import Page
from kezhan.kit.rates import Rates
from kezhan.kit.reading import Reader
from kezhan.proactive import invite, rules, visitors
from kezhan.proactive import schemas as s
from kezhan.visits.schemas import Source
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_RULES = "/api/invite-rules"
_RULE = "/api/invite-rules/{rule_id:uuid}"
_Request = Request[Any, Any, Any]
_READ = needs(Permission.CONTACT_READ)
_MANAGE = needs(Permission.ROUTING_MANAGE)
_asked = Rates(per_minute=30, burst=20)


@get("/api/visitors/now", guards=[_READ], operation_id="proactive_visitors")
async def get_visitors(
    reader: Reader,
    caller: Caller,
    desk: Desk,
    country: str = "",
    source: Source | None = None,
    page: str = "",
    talk: s.Talk | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[s.OnSite]:
    """Visitors on the site now, the newest first. `country` is ISO 3166 or ZZ, `page` a part of the address
    or title of the page she is on."""
    wanted = s.OnSiteFilter(country=country, source=source, page=page, talk=talk)
    return await visitors.now_on_site(desk, reader, caller, wanted, after, limit)


@get("/api/visitors/geography", guards=[_READ], operation_id="proactive_geography")
async def get_geography(reader: Reader, caller: Caller, desk: Desk) -> s.Geography:
    """How many visitors of each country are on the site now."""
    return await visitors.geography(desk, reader, caller.workspace_id)


@post(
    "/api/visitors/{identity_id:uuid}/invites",
    guards=[needs(Permission.CONVERSATION_REPLY)],
    operation_id="proactive_invite",
)
async def post_invite(desk: Desk, caller: Caller, identity_id: UUID, data: s.InviteForm) -> s.InviteMade:
    """Invite a visitor to talk."""
    return await invite.invite_by_hand(desk, caller, identity_id, data)


@get(_RULES, guards=[_MANAGE], operation_id="proactive_list_rules")
async def get_rules(tx: Tx, caller: Caller) -> s.RuleList:
    return await rules.list_rules(tx)


@post(_RULES, guards=[_MANAGE], operation_id="proactive_create_rule")
async def post_rule(tx: Tx, caller: Caller, data: s.RuleForm) -> s.RuleView:
    return await rules.create_rule(tx, caller, data)


@put(_RULE, guards=[_MANAGE], operation_id="proactive_change_rule")
async def put_rule(tx: Tx, caller: Caller, rule_id: UUID, data: s.RuleForm) -> s.RuleView:
    return await rules.change_rule(tx, caller, rule_id, data)


@delete(_RULE, guards=[_MANAGE], operation_id="proactive_archive_rule")
async def delete_rule(tx: Tx, caller: Caller, rule_id: UUID) -> None:
    await rules.archive_rule(tx, caller, rule_id)


@put("/api/invite-rule-order", guards=[_MANAGE], operation_id="proactive_order_rules")
async def put_order(tx: Tx, caller: Caller, data: s.RuleOrder) -> s.RuleList:
    return await rules.order_rules(tx, caller, data)


# The widget's side


def _visitor(request: _Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


@get("/w/v1/invites", guards=[visitor_guard], operation_id="visitor_invites", responses=OR_NOTHING)
async def get_offer(request: _Request, desk: Desk) -> Response[s.Offer | None]:
    """Which rules may invite her on this page, and an invitation that is open; 204 where there is neither."""
    visitor = _visitor(request)
    async with desk.db.tx(visitor.workspace_id) as tx:
        offer = await invite.offer(tx, visitor)
    return Response(offer, status_code=200 if offer is not None else 204)


@post(
    "/w/v1/invites",
    guards=[visitor_guard],
    operation_id="visitor_rule_met",
    status_code=200,
    responses=OR_NOTHING,
)
async def post_met(request: _Request, desk: Desk, data: s.RuleMet) -> Response[s.Invited | None]:
    """A rule is met; 204 where she is not invited after all."""
    visitor = _visitor(request)
    _asked.spend(str(visitor.identity_id))
    language = language_of(request.headers, {})
    made = await invite.invite_by_rule(desk, visitor, data.rule_id, language)
    return Response(made, status_code=200 if made is not None else 204)


@put(
    "/w/v1/invites/{invite_id:uuid}/answer",
    guards=[visitor_guard],
    operation_id="visitor_answer_invite",
    status_code=204,
)
async def put_answer(request: _Request, desk: Desk, invite_id: UUID, data: s.AnswerForm) -> None:
    visitor = _visitor(request)
    async with desk.db.tx(visitor.workspace_id) as tx:
        await invite.answer(tx, visitor, invite_id, data)


routes: list[Any] = [
    get_visitors,
    get_geography,
    post_invite,
    get_rules,
    post_rule,
    put_rule,
    delete_rule,
    put_order,
    get_offer,
    post_met,
    put_answer,
]
