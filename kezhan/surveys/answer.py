"""What a customer answers, wherever she does: kept, told in the thread to us, followed up where bad."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations.number import add_event, add_words, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.surveys import store
from kezhan.surveys.choose import ask_of
from kezhan.surveys.events import FollowUpChanged, SurveyAnswered
from kezhan.surveys.schemas import (
    Answer,
    AskedSurvey,
    Language,
    SurveyAnswerForm,
    SurveyDefinition,
    SurveyQuestion,
    SurveyReply,
    Via,
)
from kezhan.surveys.words import asked, may_answer, number_of, question_text, summary, thanks

PASSIVE = 7
"""From here on a recommendation is not a bad one."""


async def shown(tx: Tx, invite_id: UUID, identity_id: UUID | None, language: Language | None) -> AskedSurvey:
    """The survey as its customer sees it. `identity_id`: whose it must be; None: she has shown its token.
    `language` None: the one she was invited in. Raises NotFound."""
    return _shown(_hers(await store.asked(tx, invite_id), identity_id), language)


async def spoken(tx: Tx, invite_id: UUID) -> Language:
    """The language a customer was invited in. Raises NotFound."""
    language: Language = _hers(await store.asked(tx, invite_id), None).language
    return language


async def give(
    tx: Tx,
    invite_id: UUID,
    identity_id: UUID | None,
    form: SurveyAnswerForm,
    via: Via,
    language: Language | None = None,
) -> AskedSurvey:
    """Keep her answer, in the place of what she has answered before. The same again changes nothing. Raises
    NotFound; Refused 410 where it is over, 400 for what is no answer to what was asked."""
    row = _hers(await store.hold_asked(tx, invite_id), identity_id)
    if row.expires_at <= now():
        raise Refused("surveys.over", 410)
    answer = checked(row.definition, form)
    if answer != row.answer:
        await _keep(tx, row, answer, via)
    return _shown(_hers(await store.asked(tx, invite_id), identity_id), language)


async def overhear(db: Database, workspace_id: UUID, account_id: UUID, identity_id: UUID, text: str) -> bool:
    """Whether what a customer has written elsewhere is her answer and nothing besides: her conversation has
    ended, so it opens no other. In one that goes on it is kept as an answer and stays a message."""
    if not may_answer(text):
        return False
    async with db.tx(workspace_id) as tx:
        found = await store.open_invite(tx, account_id, identity_id)
        if found is None:
            return False
        row = await store.hold_asked(tx, found["id"])
        if row is None or not row.definition.numbers:
            return False
        number = number_of(row.definition.questions[0], text)
        if number is None:
            return False
        await _answer_first(tx, row, number)
        return bool(found["state"] == State.CLOSED)


async def _answer_first(tx: Tx, row: Row[Any], number: int) -> None:
    """What else she has answered stays; thanks are said once."""
    first = row.definition.questions[0].key
    others = [one for one in row.answer.replies if one.key != first] if row.answer else []
    answer = Answer(
        replies=[SurveyReply(key=first, number=number), *others],
        comment=row.answer.comment if row.answer else "",
    )
    if answer == row.answer:
        return
    await _keep(tx, row, answer, "message")
    held = await hold(tx, row.conversation_id)
    body = thanks(row.definition, row.account_id, row.language)
    await add_words(tx, held, row.account_id, f"survey:thanks:{row.id}", body)


def checked(definition: SurveyDefinition, form: SurveyAnswerForm) -> Answer:
    """The answer in the order of the questions, without what says nothing. Raises Refused 400."""
    given = {one.key: one for one in form.replies}
    known = {one.key for one in definition.questions}
    if len(given) != len(form.replies) or not known.issuperset(given):
        raise Refused("surveys.no_such_question", 400, field="replies")
    replies = [
        reply
        for question in definition.questions
        if question.key in given and (reply := _fitting(question, given[question.key])) is not None
    ]
    comment = form.comment.strip()
    if "\0" in comment or any("\0" in one.text for one in replies):
        raise Refused("kit.bad_text", 400)
    if not replies and not comment:
        raise Refused("surveys.empty", 400, field="replies")
    return Answer(replies=replies, comment=comment if definition.comment else "")


def _fitting(question: SurveyQuestion, reply: SurveyReply) -> SurveyReply | None:
    """What of the reply answers the question; None where nothing is said."""
    name = question_text(question, "zh-CN")
    if question.kind in {"csat", "resolved", "nps"}:
        if reply.number is None:
            return None
        least, most = {"csat": (1, 5), "resolved": (0, 1), "nps": (0, 10)}[question.kind]
        if not least <= reply.number <= most:
            raise Refused("surveys.out_of_range", 400, field=question.key, least=least, most=most)
        return SurveyReply(key=question.key, number=reply.number)
    if question.kind == "text":
        text = reply.text.strip()
        return SurveyReply(key=question.key, text=text) if text else None
    chosen = sorted(set(reply.chosen))
    if any(at >= len(question.options) for at in chosen) or (question.kind == "one" and len(chosen) > 1):
        raise Refused("surveys.no_such_option", 400, field=question.key, name=name)
    return SurveyReply(key=question.key, chosen=chosen) if chosen else None


def is_bad(definition: SurveyDefinition, csat: int | None, resolved: bool | None, nps: int | None) -> bool:
    """Whether somebody should call."""
    low = csat is not None and csat <= definition.bad_csat
    return low or resolved is False or (nps is not None and nps < PASSIVE)


async def _keep(tx: Tx, row: Row[Any], answer: Answer, via: Via) -> None:
    kinds = {one.key: one.kind for one in row.definition.questions}
    numbers = {kinds[one.key]: one.number for one in answer.replies if one.number is not None}
    csat, nps = numbers.get("csat"), numbers.get("nps")
    resolved = bool(numbers["resolved"]) if "resolved" in numbers else None
    first, at = row.answered_at is None, now()
    values = {"answer": answer, "csat": csat, "resolved": resolved, "nps": nps, "comment": answer.comment}
    when = {"answered_at": at, "via": via} if first else {"changed_at": at}
    await store.change_invite(tx, row.id, {**values, **when})
    event = "surveyed" if first else "survey_changed"
    told = summary(csat, resolved, nps)
    await add_event(tx, row.conversation_id, EventPayload(event=event, target=told))
    bad = is_bad(row.definition, csat, resolved, nps)
    await emit(
        tx,
        SurveyAnswered(
            invite_id=row.id,
            conversation_id=row.conversation_id,
            csat=csat,
            resolved=resolved,
            nps=nps,
            bad=bad,
            first=first,
        ),
    )
    await _follow(tx, row, bad=bad and row.definition.follow_up)


async def _follow(tx: Tx, row: Row[Any], *, bad: bool) -> None:
    """What has become good calls for nobody, unless somebody has seen to it already."""
    if bad:
        changed = await store.add_follow_up(tx, row.id, row.definition.follow_id or row.agent_id)
    else:
        changed = await store.drop_open_follow_up(tx, row.id)
    if changed:
        await emit(tx, FollowUpChanged(invite_id=row.id))


def _hers(row: Row[Any] | None, identity_id: UUID | None) -> Row[Any]:
    if row is None or identity_id not in {None, row.identity_id}:
        raise NotFound("surveys.no_such_invite")
    return row


def _shown(row: Row[Any], language: Language | None) -> AskedSurvey:
    definition, spoken = row.definition, language or row.language
    answer = row.answer
    return AskedSurvey(
        id=row.id,
        ask=ask_of(definition, row.account_id, spoken),
        thanks=thanks(definition, row.account_id, spoken),
        look=definition.look,
        questions=[asked(one, spoken) for one in definition.questions],
        comment=definition.comment,
        answered=answer is not None,
        answer=SurveyAnswerForm(replies=answer.replies, comment=answer.comment)
        if answer is not None
        else None,
        expires_at=wire(row.expires_at),
        over=row.expires_at <= now(),
    )
