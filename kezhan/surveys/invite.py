"""Asking a customer: by the house when her conversation ends, or by who serves her. Once per conversation."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from kezhan.channels.customers.reach import has_room
from kezhan.channels.registry import find
from kezhan.conversations.events import ConversationClosed
from kezhan.conversations.number import add_words, hold
from kezhan.conversations.read import seen_head
from kezhan.conversations.schemas import State, SurveyPayload
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event, Handler, emit
from kezhan.kit.reading import ReadRow
from kezhan.surveys import store
from kezhan.surveys.choose import Candidate, choose, invites_itself, language_of
from kezhan.surveys.events import SurveyInvited
from kezhan.surveys.words import invitation
from kezhan.workspaces.authenticate import Caller


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    return (Handler("surveys.invite", (ConversationClosed,), on_closed),)


async def on_closed(tx: Tx, events: Sequence[Event]) -> None:
    """Those who have been served are asked, where their channel asks by itself. She who goes on being served
    in another conversation is asked at the end of that one."""
    ended = [event for event in events if isinstance(event, ConversationClosed) and event.into is None]
    for conversation_id in dict.fromkeys(event.conversation_id for event in ended):
        await invite_at_end(tx, conversation_id)


async def invite_at_end(tx: Tx, conversation_id: UUID) -> bool:
    """Whether somebody was asked: not in a conversation that goes on again, that nobody of us has spoken in,
    that tried the channel, or whose customer cannot be written to."""
    row = await store.standing(tx, conversation_id)
    if row is None or row["state"] != State.CLOSED or await _hindrance(tx, row):
        return False
    found = await _chosen(tx, row)
    if found is None or not invites_itself(found.definition, row["account_id"]):
        return False
    return await _invite(tx, row, found, None)


async def invite_by_hand(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Ask now. Raises NotFound; Refused 409 where she was asked before, nobody of us has spoken, she cannot
    be written to, or there is no survey for her."""
    await seen_head(tx, caller, conversation_id)
    row = await store.standing(tx, conversation_id)
    assert row is not None  # noqa: S101 - just seen
    if hindrance := await _hindrance(tx, row):
        raise Refused(hindrance, 409)
    found = await _chosen(tx, row)
    if found is None:
        raise Refused("surveys.none_here", 409)
    if not await _invite(tx, row, found, caller.membership_id):
        raise Refused("surveys.invited_already", 409)


async def may_invite(tx: Tx, conversation_id: UUID) -> bool:
    row = await store.standing(tx, conversation_id)
    if row is None or await _hindrance(tx, row):
        return False
    return await _chosen(tx, row) is not None


async def _hindrance(tx: Tx, row: ReadRow) -> str:
    """Why nobody may be asked, as a code; empty where she may."""
    if row["invited"]:
        return "surveys.invited_already"
    if not row["answered"] or row["trial"]:
        return "surveys.nobody_spoke"
    gone = row["gone"] or row["shut"]
    if gone or not await has_room(tx, row["account_id"], row["identity_id"]):
        return "surveys.out_of_reach"
    return ""


async def _chosen(tx: Tx, row: ReadRow) -> Candidate | None:
    asked = [Candidate(one.id, one.version, one.definition) for one in await store.surveys(tx) if one.active]
    return choose(asked, row["account_id"], row["served_team_id"])


async def _invite(tx: Tx, row: ReadRow, found: Candidate, by: UUID | None) -> bool:
    """False where somebody else was quicker."""
    held = await hold(tx, row["id"])
    definition, invite_id, at = found.definition, new_id(), now()
    language = language_of(row["language"], row["house_language"])
    values = {
        "id": invite_id,
        "conversation_id": row["id"],
        "survey_id": found.survey_id,
        "version": found.version,
        "account_id": row["account_id"],
        "identity_id": row["identity_id"],
        "agent_id": row["agent_id"],
        "team_id": row["served_team_id"],
        "by_id": by,
        "language": language,
        "sent_at": at,
        "expires_at": at + timedelta(hours=definition.hours),
    }
    if not await store.add_invite(tx, values):
        return False
    sends = find(row["channel"]).send is not None
    body = invitation(definition, row["account_id"], language, numbers=sends and definition.numbers)
    payload = SurveyPayload(invite_id=invite_id, link=sends and (definition.link or not definition.numbers))
    await add_words(tx, held, row["account_id"], f"survey:{invite_id}", body, payload=payload)
    await emit(tx, SurveyInvited(invite_id=invite_id, conversation_id=row["id"], by=by))
    return True
