"""What somebody has begun to write in a conversation, the same on all her devices."""

from uuid import UUID

from kezhan.conversations import store
from kezhan.conversations.desk import Desk
from kezhan.conversations.read import seen_head
from kezhan.conversations.schemas import DraftIn, DraftMoved, DraftView
from kezhan.workspaces.authenticate import Caller


async def draft(desk: Desk, caller: Caller, conversation_id: UUID) -> DraftView:
    async with desk.db.tx(caller.workspace_id) as tx:
        await seen_head(tx, caller, conversation_id)
        return await store.draft(tx, conversation_id, caller.membership_id)


async def keep_draft(desk: Desk, caller: Caller, conversation_id: UUID, form: DraftIn) -> DraftView:
    """Kept, unless another device has written since the version that `form` goes on from: then what stands is
    answered, with `kept` false, and nothing is lost on either side. Without a version the last one counts."""
    async with desk.db.tx(caller.workspace_id) as tx:
        await seen_head(tx, caller, conversation_id)
        version = await store.put_draft(tx, conversation_id, caller.membership_id, form)
        if version is None:
            return await store.draft(tx, conversation_id, caller.membership_id, kept=False)
    if version != form.version:
        moved = DraftMoved(conversation_id=conversation_id, version=version)
        desk.across.say([f"member:{caller.membership_id}"], moved)
    return DraftView(body=form.body, note=form.note, version=version)
