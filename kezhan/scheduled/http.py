"""Routes: what is to be sent later."""

from typing import Any
from uuid import UUID

from litestar import delete, get, put

from kezhan.kit.db import Tx
from kezhan.scheduled import keep
from kezhan.scheduled.schemas import ScheduledForm, ScheduledList
from kezhan.scheduled.send import send_now
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_OF_CONVERSATION = "/api/conversations/{conversation_id:uuid}/scheduled"
_ONE = _OF_CONVERSATION + "/{scheduled_id:uuid}"
_READ = needs(Permission.CONVERSATION_READ)
_REPLY = needs(Permission.CONVERSATION_REPLY)


@get(_OF_CONVERSATION, guards=[_READ], operation_id="scheduled_list")
async def get_scheduled(tx: Tx, caller: Caller, conversation_id: UUID) -> ScheduledList:
    """What is to be sent in a conversation, the soonest first."""
    return await keep.of_conversation(tx, caller, conversation_id)


@get("/api/scheduled-messages", guards=[_REPLY], operation_id="scheduled_mine")
async def get_mine(tx: Tx, caller: Caller) -> ScheduledList:
    """What the caller is to have sent, wherever it is."""
    return await keep.of_member(tx, caller)


@put(_ONE, guards=[_REPLY], operation_id="scheduled_put")
async def put_scheduled(
    tx: Tx, caller: Caller, conversation_id: UUID, scheduled_id: UUID, data: ScheduledForm
) -> None:
    """Keep one, under an id the client has made; or change one's own."""
    await keep.put_scheduled(tx, caller, conversation_id, scheduled_id, data)


@delete(_ONE, guards=[_REPLY], operation_id="scheduled_cancel")
async def delete_scheduled(tx: Tx, caller: Caller, conversation_id: UUID, scheduled_id: UUID) -> None:
    await keep.cancel(tx, caller, conversation_id, scheduled_id)


@put(_ONE + "/sending", guards=[_REPLY], operation_id="scheduled_send")
async def put_sending(tx: Tx, caller: Caller, conversation_id: UUID, scheduled_id: UUID) -> None:
    """Send one's own now."""
    await send_now(tx, caller, conversation_id, scheduled_id)


routes: list[Any] = [get_scheduled, get_mine, put_scheduled, delete_scheduled, put_sending]
