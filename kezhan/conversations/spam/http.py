"""Routes: spam, and who is blocked."""

from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, put
from litestar.params import Parameter

from kezhan.conversations.spam import block, mark
from kezhan.conversations.spam.schemas import BlockIn, BlockView
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_CLOSE = needs(Permission.CONVERSATION_CLOSE)
_BLOCK = needs(Permission.CONTACT_BLOCK)
Limit = Annotated[int, Parameter(ge=1, le=100)]


@put(
    "/api/conversations/{conversation_id:uuid}/spam", guards=[_CLOSE], operation_id="conversations_mark_spam"
)
async def put_spam(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await mark.mark_spam(tx, caller, conversation_id)


@delete(
    "/api/conversations/{conversation_id:uuid}/spam",
    guards=[_CLOSE],
    operation_id="conversations_unmark_spam",
)
async def delete_spam(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await mark.unmark_spam(tx, caller, conversation_id)


@put("/api/contacts/{contact_id:uuid}/block", guards=[_BLOCK], operation_id="conversations_block")
async def put_block(tx: Tx, caller: Caller, contact_id: UUID, data: BlockIn) -> None:
    await block.block(tx, caller, contact_id, data)


@delete("/api/contacts/{contact_id:uuid}/block", guards=[_BLOCK], operation_id="conversations_unblock")
async def delete_block(tx: Tx, caller: Caller, contact_id: UUID) -> None:
    await block.unblock(tx, caller, contact_id)


@put("/api/identities/{identity_id:uuid}/block", guards=[_BLOCK], operation_id="conversations_block_identity")
async def put_identity_block(tx: Tx, caller: Caller, identity_id: UUID, data: BlockIn) -> None:
    """This one alone; on the customer's others she is heard as before."""
    await block.block_identity(tx, caller, identity_id, data)


@delete(
    "/api/identities/{identity_id:uuid}/block", guards=[_BLOCK], operation_id="conversations_unblock_identity"
)
async def delete_identity_block(tx: Tx, caller: Caller, identity_id: UUID) -> None:
    await block.unblock_identity(tx, caller, identity_id)


@get("/api/blocks", guards=[_BLOCK], operation_id="conversations_blocks")
async def get_blocks(tx: Tx, after: str | None = None, limit: Limit = 50) -> Page[BlockView]:
    return await block.list_blocks(tx, after, limit)


routes: list[Any] = [
    put_spam,
    delete_spam,
    put_block,
    delete_block,
    put_identity_block,
    delete_identity_block,
    get_blocks,
]
