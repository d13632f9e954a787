"""Routes: tags of a conversation. Which are on it stands in its head."""

from typing import Any
from uuid import UUID

from litestar import delete, put

from kezhan.conversations.tagging.put import set_tag
from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_REPLY = needs(Permission.CONVERSATION_REPLY)
_ONE = "/api/conversations/{conversation_id:uuid}/tags/{tag_id:uuid}"


@put(_ONE, guards=[_REPLY], operation_id="conversations_put_tag")
async def put_tag(tx: Tx, caller: Caller, conversation_id: UUID, tag_id: UUID) -> None:
    await set_tag(tx, caller, conversation_id, tag_id, wanted=True)


@delete(_ONE, guards=[_REPLY], operation_id="conversations_take_tag")
async def delete_tag(tx: Tx, caller: Caller, conversation_id: UUID, tag_id: UUID) -> None:
    await set_tag(tx, caller, conversation_id, tag_id, wanted=False)


routes: list[Any] = [put_tag, delete_tag]
