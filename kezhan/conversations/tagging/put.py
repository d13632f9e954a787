"""A tag put on a conversation, or taken off; whoever looks sees it at once."""

from uuid import UUID

from kezhan.conversations.number import bump, hold
from kezhan.conversations.see import require_hand
from kezhan.kit.db import Tx
from kezhan.tags.schemas import Thing
from kezhan.tags.service import set_on
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


async def set_tag(tx: Tx, caller: Caller, conversation_id: UUID, tag_id: UUID, *, wanted: bool) -> bool:
    """Whether it was not so already. Raises NotFound, Forbidden, Refused as `tags.service.set_on`."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    if not await set_on(tx, caller, Thing.CONVERSATION, row.id, tag_id, wanted=wanted):
        return False
    await bump(tx, row, {"head_rev": row.rev + 1})
    return True
