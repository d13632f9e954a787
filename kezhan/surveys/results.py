"""What was answered, beside its conversation; and what is to be followed up."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.conversations.read import seen_head
from kezhan.conversations.see import may_see, require_sight
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.surveys import schemas as s
from kezhan.surveys import store
from kezhan.surveys.answer import is_bad
from kezhan.surveys.events import FollowUpChanged
from kezhan.surveys.invite import may_invite
from kezhan.surveys.words import question_text, told
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import serving_name

MOST_RATINGS = 500
_definition = msgspec.json.Decoder(s.SurveyDefinition).decode
_answer = msgspec.json.Decoder(s.Answer).decode


async def of_conversation(
    tx: Tx, caller: Caller, conversation_id: UUID, language: s.Language
) -> s.ConversationSurvey:
    """Raises NotFound for a conversation the caller may not see."""
    await seen_head(tx, caller, conversation_id)
    row = await store.result_of(tx, conversation_id)
    if row is not None:
        return s.ConversationSurvey(result=_result(row, language), may_invite=False)
    may = caller.may(Permission.CONVERSATION_REPLY) and await may_invite(tx, conversation_id)
    return s.ConversationSurvey(result=None, may_invite=may)


async def of_contact(reader: Reader, caller: Caller, contact_id: UUID) -> s.Ratings:
    """How she has rated the conversations that the caller may see."""
    rows = await store.ratings(reader, contact_id, MOST_RATINGS)
    return s.Ratings(
        [
            s.Rating(
                conversation_id=row["conversation_id"],
                csat=row["csat"],
                resolved=row["resolved"],
                nps=row["nps"],
            )
            for row in rows
            if may_see(caller, row)
        ]
    )


def _result(row: ReadRow, language: s.Language) -> s.SurveyResult:
    definition = _definition(row["definition_text"])
    answer = _answer(row["answer_text"]) if row["answer_text"] else None
    given = {one.key: one for one in answer.replies} if answer else {}
    in_words = [
        s.SurveyTold(question=question_text(one, language), answer=told(one, given[one.key], language))
        for one in definition.questions
        if one.key in given
    ]
    over = row["expires_at"] <= now()
    return s.SurveyResult(
        id=row["id"],
        conversation_id=row["conversation_id"],
        survey_name=row["survey_name"],
        version=row["version"],
        state="answered" if answer else "expired" if over else "sent",
        by_name=row["by_name"],
        agent_id=row["agent_id"],
        agent_name=row["agent_name"],
        team_name=row["team_name"],
        sent_at=wire(row["sent_at"]),
        expires_at=wire(row["expires_at"]),
        answered_at=wire_or_none(row["answered_at"]),
        changed_at=wire_or_none(row["changed_at"]),
        via=row["via"],
        csat=row["csat"],
        resolved=row["resolved"],
        nps=row["nps"],
        comment=row["comment"],
        told=in_words,
        bad=is_bad(definition, row["csat"], row["resolved"], row["nps"]),
        follow_up=follow_up_of(row),
    )


def follow_up_of(row: ReadRow) -> s.FollowUpView | None:
    if row["follow_id"] is None:
        return None
    return s.FollowUpView(
        responsible_id=row["responsible_id"],
        responsible_name=row["responsible_name"],
        made_at=wire(row["made_at"]),
        done_at=wire_or_none(row["done_at"]),
        done_by_name=row["done_by_name"],
    )


def commented(row: ReadRow) -> s.AnswerLine:
    """A row of `store.follow_ups`, or one with the same columns."""
    return s.AnswerLine(
        id=row["id"],
        conversation_id=row["conversation_id"],
        contact_id=row["contact_id"],
        contact_name=row["contact_name"],
        account_id=row["account_id"],
        account_name=row["account_name"],
        adapter=row["adapter"],
        agent_name=row["agent_name"],
        team_name=row["team_name"],
        answered_at=wire(row["answered_at"]),
        csat=row["csat"],
        resolved=row["resolved"],
        nps=row["nps"],
        comment=row["comment"],
        follow_up=follow_up_of(row),
    )


# Following up


async def list_follow_ups(
    reader: Reader, caller: Caller, *, done: bool, mine: bool, after: str | None, limit: int
) -> Page[s.AnswerLine]:
    """The newest first; without the right to read every conversation one's own alone."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    own = caller.membership_id if mine or not caller.may(Permission.CONVERSATION_READ_ALL) else None
    rows = await store.follow_ups(reader, own, done, key, size + 1)
    last = rows[size - 1] if len(rows) > size else None
    more = encode_cursor(last["made_at"], last["id"]) if last is not None else None
    return Page(items=[commented(row) for row in rows[:size]], next=more)


async def finish(tx: Tx, caller: Caller, invite_id: UUID, *, done: bool) -> None:
    """Somebody has seen to it, or (`done` false) has not after all. So already: nothing changes."""
    row = await _held(tx, caller, invite_id)
    if (row.done_at is not None) == done:
        return
    values = (
        {"done_at": now(), "done_by": caller.membership_id} if done else {"done_at": None, "done_by": None}
    )
    await store.change_follow_up(tx, invite_id, values)
    await _told(tx, caller, invite_id, "done" if done else "reopen")


async def give_to(tx: Tx, caller: Caller, invite_id: UUID, member_id: UUID) -> None:
    """Make a member responsible. Raises NotFound; Refused 409 where she does not reply to customers."""
    row = await _held(tx, caller, invite_id)
    await serving_name(tx, member_id, Permission.CONVERSATION_REPLY)
    if row.responsible_id != member_id:
        await store.change_follow_up(tx, invite_id, {"responsible_id": member_id})
        await _told(tx, caller, invite_id, "assign")


async def _held(tx: Tx, caller: Caller, invite_id: UUID) -> Row[Any]:
    row = await store.follow_up(tx, invite_id)
    if row is None:
        raise NotFound("surveys.no_such_follow_up")
    if caller.membership_id not in {row.responsible_id, row.agent_id}:
        require_sight(caller, row)
    if not caller.may(Permission.CONVERSATION_REPLY):
        raise Forbidden()
    return row


async def _told(tx: Tx, caller: Caller, invite_id: UUID, verb: str) -> None:
    await record(tx, caller, f"follow_up.{verb}", "survey_invite", invite_id)
    await emit(tx, FollowUpChanged(invite_id=invite_id))
