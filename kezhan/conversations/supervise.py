"""Listening in: silently for the customer, and for the one who serves where the workspace has it so. Every
such listening is in the audit log, shown or not."""

from uuid import UUID

from kezhan.audit.service import record
from kezhan.conversations import store
from kezhan.conversations.events import CompanyChanged
from kezhan.conversations.number import add_event, hold
from kezhan.conversations.schemas import EventPayload, Head, State, Supervision
from kezhan.conversations.see import require_sight
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import shows_supervisors


async def listen(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """The caller listens in from now on. She does already: nothing changes. Raises Refused 409 for a closed
    conversation, or one that she serves herself."""
    row = await hold(tx, conversation_id)
    require_sight(caller, row)
    if row.state == State.CLOSED:
        raise Refused("conversations.closed", 409)
    if row.assignee_id == caller.membership_id:
        raise Refused("conversations.supervise_own", 409)
    shown = await shows_supervisors(tx)
    if await store.add_supervision(tx, conversation_id, caller.membership_id, now(), shown):
        await record(tx, caller, "conversation.supervise", "conversation", conversation_id)
        await _tell(tx, caller, conversation_id, "supervised", shown)


async def stop(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """She listens no more. She did not: nothing changes."""
    await hold(tx, conversation_id)
    ended = await store.end_supervisions(tx, conversation_id, caller.membership_id)
    for shown in ended:
        await record(tx, caller, "conversation.supervise_end", "conversation", conversation_id)
        await _tell(tx, caller, conversation_id, "supervision_ended", shown)


async def _tell(tx: Tx, caller: Caller, conversation_id: UUID, what: str, shown: bool) -> None:
    if not shown:
        return
    await add_event(tx, conversation_id, EventPayload(event=what, actor=caller.name))
    me = caller.membership_id
    await emit(tx, CompanyChanged(conversation_id=conversation_id, membership_id=me, what=what, by=me))


async def standing(tx: Tx, caller: Caller, conversation_id: UUID) -> Supervision:
    """Raises NotFound for a conversation out of sight."""
    row = await store.head(tx, conversation_id)
    if row is None:
        raise NotFound("conversations.not_found")
    require_sight(caller, row)
    members = await store.supervisors(tx, conversation_id)
    return Supervision(members=list(members), shown=await shows_supervisors(tx))


async def is_shown(tx: Tx, caller: Caller, head: Head) -> bool:
    """Whether the colleagues see that the caller has the conversation before her: not where she only looks
    on, nor where she could listen in and the workspace does not show who does."""
    if not caller.may(Permission.CONVERSATION_REPLY):
        return False
    if caller.membership_id in (head.assignee_id, *head.guests):
        return True
    return not caller.may(Permission.CONVERSATION_SUPERVISE) or await shows_supervisors(tx)
