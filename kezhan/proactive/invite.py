"""Invitations: made by an agent or by a rule, shown to the visitor, answered by her or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.contacts.schemas import Visitor
from kezhan.conversations.desk import Desk
from kezhan.conversations.events import ConversationOpened
from kezhan.hours.service import opening_for
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event, Handler, emit
from kezhan.proactive import store
from kezhan.proactive.events import InviteChanged
from kezhan.proactive.matching import Standing, fits, on_page
from kezhan.proactive.schemas import (
    AnswerForm,
    Invited,
    InviteForm,
    InviteMade,
    InviteState,
    Offer,
    OfferedRule,
    Texts,
)
from kezhan.proactive.visitors import invite_state
from kezhan.workspaces.authenticate import Caller

SHOWN_SECONDS = 60
"""How long the card stays; what comes later than two minutes (`store.LASTS`) is no answer any more."""
HAND_SECONDS = 60
"""Between two invitations of one visitor by hand."""
REFUSED_DAYS = 1
"""Who has declined is left alone by every rule for so long."""
_LASTS = 120


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    return (Handler("proactive.link", (ConversationOpened,), link),)


# By hand


async def invite_by_hand(desk: Desk, caller: Caller, identity_id: UUID, form: InviteForm) -> InviteMade:
    """Invite a visitor who is on the site now. Raises NotFound; Refused 409 where she has gone, is in a
    conversation or has an open invitation, 429 where she was invited less than a minute ago."""
    async with desk.db.tx(caller.workspace_id) as tx:
        she = await store.identity(tx, identity_id)
        if she is None:
            raise NotFound("proactive.no_such_visitor")
        if not desk.presence.online(("visitor", identity_id)):
            raise Refused("proactive.gone", 409)
        if she.talking:
            raise Refused("proactive.talking", 409)
        _check_not_again(await store.latest(tx, identity_id))
        invite = Invited(id=new_id(), text=form.text.strip(), agent_name=caller.name, seconds=SHOWN_SECONDS)
        sent_at = await _add(tx, invite, identity_id, she, agent_id=caller.membership_id)
    desk.across.say([f"visitor:{identity_id}"], invite)
    return InviteMade(id=invite.id, sent_at=wire(sent_at))


def _check_not_again(last: Row[Any] | None) -> None:
    if last is None:
        return
    if _state(last) is InviteState.SENT:
        raise Refused("proactive.already_invited", 409)
    if last.rule_id is None and last.age < HAND_SECONDS:
        wait = int(HAND_SECONDS - last.age) + 1
        raise Refused("proactive.too_soon", 429, retry_after=wait)


# By rule


async def offer(tx: Tx, visitor: Visitor) -> Offer | None:
    """What the widget is to watch for on behalf of this visitor, and the invitation that is open; None where
    there is neither."""
    rules = [row for row in await store.rules(tx) if row.active]
    last = await store.latest(tx, visitor.identity_id)
    shown = _open(last) if last is not None else None
    row = await store.standing(tx, visitor.identity_id) if rules else None
    if row is None or row.talking:
        return Offer(invite=shown, rules=[], pages=0) if shown is not None else None
    free = await _free(tx, visitor.identity_id, rules)
    she = msgspec.convert(row, Standing, from_attributes=True)
    offered = [
        OfferedRule(
            id=rule.id,
            pages=rule.conditions.pages,
            dwell_s=rule.conditions.dwell_s,
            min_pages=rule.conditions.min_pages,
        )
        for rule in free
        if fits(rule.conditions, she)
    ]
    return Offer(invite=shown, rules=offered, pages=row.pages) if shown or offered else None


async def invite_by_rule(desk: Desk, visitor: Visitor, rule_id: UUID, language: str) -> Invited | None:
    """The widget says that a rule is met. None where the house decides otherwise: she is in a conversation,
    has an open invitation or has declined one today, the rule does not fit or has had its turn, it is
    outside business hours, nobody is there. How long she has stayed is the widget's word."""
    async with desk.db.tx(visitor.workspace_id) as tx:
        rule = next((row for row in await store.rules(tx) if row.id == rule_id and row.active), None)
        if rule is None or (rule.conditions.staffed and not desk.staffed(visitor.workspace_id)):
            return None
        if rule.conditions.business_hours and not await within_hours(tx, visitor.account_id, now()):
            return None
        identity = await store.identity(tx, visitor.identity_id)
        row = await store.standing(tx, visitor.identity_id)
        if identity is None or row is None or row.talking or not _met(rule, row):
            return None
        last = await store.latest(tx, visitor.identity_id)
        if last is not None and _state(last) is InviteState.SENT:
            return None
        if not await _free(tx, visitor.identity_id, [rule]):
            return None
        invite = Invited(id=new_id(), text=_in_language(rule.texts, language), seconds=SHOWN_SECONDS)
        await _add(tx, invite, visitor.identity_id, identity, rule_id=rule.id)
    return invite


async def within_hours(tx: Tx, account_id: UUID, at: datetime) -> bool:
    """Whether somebody is expected at the desk for this channel."""
    return (await opening_for(tx, account_id, None, at)).open


def _met(rule: Row[Any], row: Row[Any]) -> bool:
    she = msgspec.convert(row, Standing, from_attributes=True)
    met = row.pages >= rule.conditions.min_pages and on_page(rule.conditions.pages, row.page)
    return met and fits(rule.conditions, she)


async def _free(tx: Tx, identity_id: UUID, rules: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The rules that may invite her: each once in its days, none after she has declined."""
    days = max((rule.conditions.every_days for rule in rules), default=1)
    past = await store.past(tx, identity_id, max(days, REFUSED_DAYS))
    if any(one.declined and one.days < REFUSED_DAYS for one in past):
        return []
    return [
        rule
        for rule in rules
        if not any(one.rule_id == rule.id and one.days < rule.conditions.every_days for one in past)
    ]


def _in_language(texts: Texts, language: str) -> str:
    return (texts.zh or texts.en) if language.startswith("zh") else (texts.en or texts.zh)


# What becomes of it


async def answer(tx: Tx, visitor: Visitor, invite_id: UUID, form: AnswerForm) -> None:
    """The visitor accepts or declines. The same answer again changes nothing. Raises NotFound for one that is
    not hers; Refused 409 where she has answered otherwise, 410 where it is over."""
    row = await store.hold(tx, invite_id)
    if row is None or row.identity_id != visitor.identity_id:
        raise NotFound("proactive.no_such_invite")
    if row.answer == form.answer:
        return
    if row.answer is not None:
        raise Refused("proactive.answered", 409)
    if row.over:
        raise Refused("proactive.over", 410)
    await store.answer(tx, invite_id, form.answer)
    await emit(tx, InviteChanged(invite_id=invite_id, identity_id=visitor.identity_id))


async def link(tx: Tx, events: Sequence[Event]) -> None:
    """Invitations know the conversations that came of them, where she spoke within half an hour."""
    opened = [event.conversation_id for event in events if isinstance(event, ConversationOpened)]
    await store.link(tx, opened)


async def _add(tx: Tx, invite: Invited, identity_id: UUID, she: Row[Any], **by: UUID) -> datetime:
    values = {"id": invite.id, "identity_id": identity_id, "account_id": she.account_id}
    sent_at = await store.add(tx, {**values, "body": invite.text, "page": she.page, **by})
    await emit(tx, InviteChanged(invite_id=invite.id, identity_id=identity_id))
    return sent_at


def _state(last: Row[Any]) -> InviteState:
    return invite_state(last.answer, last.age > _LASTS)


def _open(last: Row[Any]) -> Invited | None:
    """The card again, after she has gone to another page."""
    left = int(SHOWN_SECONDS - last.age)
    if last.answer is not None or left <= 0:
        return None
    return Invited(id=last.id, text=last.body, agent_name=last.agent_name, seconds=left)
