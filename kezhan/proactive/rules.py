"""Rules that invite: made, changed, put in order, archived; and what became of their invitations."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.audit.service import record
from kezhan.channels.accounts import list_accounts
from kezhan.kit.changes import Change, between
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.proactive import store
from kezhan.proactive.schemas import (
    MAX_RULES,
    InviteCounts,
    NamedRule,
    RuleForm,
    RuleList,
    RuleOrder,
    RuleView,
    Texts,
)
from kezhan.workspaces.authenticate import Caller

DAYS = 30
CHANNEL = "webchat"


async def list_rules(tx: Tx) -> RuleList:
    """In order, with the counts of the last month."""
    counts = {row.rule_id: _counts(row) for row in await store.counts(tx, now() - timedelta(days=DAYS))}
    items = [_view(row, counts.get(row.id, InviteCounts())) for row in await store.rules(tx)]
    return RuleList(items=items, by_hand=counts.get(None, InviteCounts()), days=DAYS)


async def create_rule(tx: Tx, caller: Caller, form: RuleForm) -> RuleView:
    """Behind all others. Raises Refused: 409 for a name that is taken or one rule too many, 400 for a rule
    that says nothing or could never fit."""
    values = await _values(tx, form)
    await store.hold_rules(tx)
    known = await store.rules(tx)
    if len(known) >= MAX_RULES:
        raise Refused("proactive.too_many_rules", 409, most=MAX_RULES)
    rule_id = new_id()
    place = max((row.place for row in known), default=0) + 1
    row = {"id": rule_id, "place": place, "created_at": now(), **values}
    try:
        await store.add_rule(tx, row)
    except IntegrityError as fault:
        raise Refused("proactive.rule_name_taken", 409, field="name") from fault
    await _recorded(tx, caller, "create", rule_id, form, between(None, values))
    return _view(await _held(tx, rule_id), InviteCounts())


async def change_rule(tx: Tx, caller: Caller, rule_id: UUID, form: RuleForm) -> RuleView:
    """Replace all of it but its place. Raises as `create_rule`, NotFound."""
    before, values = await _held(tx, rule_id), await _values(tx, form)
    if any(getattr(before, name) != value for name, value in values.items()):
        try:
            await store.change_rule(tx, rule_id, values)
        except IntegrityError as fault:
            raise Refused("proactive.rule_name_taken", 409, field="name") from fault
        await _recorded(tx, caller, "edit", rule_id, form, between(before, values, values))
    return next(view for view in (await list_rules(tx)).items if view.id == rule_id)


async def archive_rule(tx: Tx, caller: Caller, rule_id: UUID) -> None:
    """It invites no more; what it did stays counted. A second time changes nothing."""
    row = await store.rule(tx, rule_id)
    if row is None:
        raise NotFound("proactive.no_such_rule")
    if row.archived_at is None:
        await store.change_rule(tx, rule_id, {"archived_at": now()})
        await record(
            tx, caller, "invite_rule.archive", "invite_rule", rule_id, detail=NamedRule(row.name, False)
        )


async def order_rules(tx: Tx, caller: Caller, form: RuleOrder) -> RuleList:
    """Put all rules in this order. Raises Refused 409 where somebody has added or archived one meanwhile."""
    await store.hold_rules(tx)
    known = [row.id for row in await store.rules(tx)]
    if sorted(form.ids) != sorted(known):
        raise Refused("proactive.other_rules", 409, field="ids")
    if form.ids != known:
        await store.place_rules(tx, form.ids)
        await record(tx, caller, "invite_rule.order", "workspace", tx.workspace)
    return await list_rules(tx)


async def _values(tx: Tx, form: RuleForm) -> dict[str, Any]:
    texts = Texts(zh=form.texts.zh.strip(), en=form.texts.en.strip())
    if not (texts.zh or texts.en):
        raise Refused("proactive.no_text", 400, field="texts")
    if form.conditions.account_ids:
        sites = {view.id for view in await list_accounts(tx) if view.adapter == CHANNEL}
        if not sites.issuperset(form.conditions.account_ids):
            raise Refused("proactive.no_such_site", 400, field="conditions.account_ids")
    return {
        "name": form.name.strip(),
        "active": form.active,
        "texts": texts,
        "conditions": form.conditions,
    }


async def _held(tx: Tx, rule_id: UUID) -> Row[Any]:
    row = await store.rule(tx, rule_id)
    if row is None or row.archived_at is not None:
        raise NotFound("proactive.no_such_rule")
    return row


async def _recorded(
    tx: Tx, caller: Caller, verb: str, rule_id: UUID, form: RuleForm, told: list[Change]
) -> None:
    detail = NamedRule(form.name.strip(), form.active)
    await record(tx, caller, f"invite_rule.{verb}", "invite_rule", rule_id, detail=detail, changes=told)


def _counts(row: Row[Any]) -> InviteCounts:
    return InviteCounts(sent=row.sent, accepted=row.accepted, declined=row.declined, ignored=row.ignored)


def _view(row: Row[Any], counts: InviteCounts) -> RuleView:
    return RuleView(
        id=row.id,
        name=row.name,
        active=row.active,
        texts=row.texts,
        conditions=row.conditions,
        counts=counts,
        created_at=wire(row.created_at),
    )
