"""Route: a conversation goes on in another one."""

from typing import Any
from uuid import UUID

from litestar import put
from msgspec import Struct

from kezhan.conversations.merge.join import merge
from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission


class Merger(Struct, frozen=True, kw_only=True):
    """The conversation that remains."""

    into: UUID


@put(
    "/api/conversations/{conversation_id:uuid}/merger",
    guards=[needs(Permission.CONVERSATION_CLOSE)],
    operation_id="conversations_merge",
)
async def put_merger(tx: Tx, caller: Caller, conversation_id: UUID, data: Merger) -> None:
    """Ends this conversation; another one of the same customer goes on in its place."""
    await merge(tx, caller, conversation_id, data.into)


routes: list[Any] = [put_merger]
