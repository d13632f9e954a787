"""Colleagues invited into a conversation: they see and write as long as they are guests, and it takes no room
of their seats."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations.events import CompanyChanged
from kezhan.conversations.number import add_event, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.see import require_hand
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import member_name, serving_name

MOST_GUESTS = 20


async def invite(tx: Tx, caller: Caller, conversation_id: UUID, guest_id: UUID) -> None:
    """Let a colleague in. In already: nothing changes. Raises Forbidden for one who neither serves it nor may
    assign, Refused 409 where the guest serves it, or cannot serve at all."""
    row = await hold(tx, conversation_id)
    _require_host(caller, row)
    if guest_id in row.guests:
        return
    name = await serving_name(tx, guest_id, Permission.CONVERSATION_REPLY)
    if row.state == State.CLOSED:
        raise Refused("conversations.closed", 409)
    if guest_id == row.assignee_id:
        raise Refused("conversations.guest_serves", 409, name=name)
    if len(row.guests) >= MOST_GUESTS:
        raise Refused("conversations.too_many_guests", 409, most=MOST_GUESTS)
    await _change(tx, caller, row, "invited", guest_id, [*row.guests, guest_id], name)


async def leave(tx: Tx, caller: Caller, conversation_id: UUID, guest_id: UUID) -> None:
    """A guest leaves, or is asked to. No guest: nothing changes. Raises Forbidden as `invite` does."""
    row = await hold(tx, conversation_id)
    own = guest_id == caller.membership_id
    if own and guest_id not in row.guests:
        return
    if not own:
        _require_host(caller, row)
    if guest_id not in row.guests:
        return
    name = await member_name(tx, guest_id)
    rest = [one for one in row.guests if one != guest_id]
    await _change(tx, caller, row, "guest_left" if own else "guest_removed", guest_id, rest, name)


def _require_host(caller: Caller, row: Row[Any]) -> None:
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    if row.assignee_id != caller.membership_id and not caller.may(Permission.CONVERSATION_ASSIGN):
        raise Forbidden()


async def _change(
    tx: Tx, caller: Caller, row: Row[Any], what: str, guest_id: UUID, guests: list[UUID], name: str
) -> None:
    event = EventPayload(event=what, actor=caller.name, target=name)
    await add_event(tx, row.id, event, {"guests": guests}, row=row)
    changed = CompanyChanged(
        conversation_id=row.id, membership_id=guest_id, what=what, by=caller.membership_id
    )
    await emit(tx, changed)
