"""What the tests of what goes out have in common: a customer in conversation, what became of each reply, and
what the platform was brought."""

import asyncio
from uuid import UUID

from kezhan.channels.base import Capabilities, Window
from kezhan.channels.tests.box import Connected, Json
from kezhan.channels.tests.front import Front
from kezhan.conversations.change import recall
from kezhan.kit.testing import until

SHORT = Capabilities(text_length=10, recall=True, edit=True, window=Window(seconds=3600, messages=9))


async def begun(front: Front, door: Connected) -> str:
    """She has written; her conversation."""
    await door.say()
    await front.heard(1)
    found: str = (await front.conversations())[0]["id"]
    return found


async def last(front: Front, conversation: str) -> Json:
    return (await front.messages(conversation))[-1]


async def deliveries(front: Front, door: Connected, state: str, count: int = 1) -> list[Json]:
    """Once `count` of them are so."""

    async def look() -> list[Json]:
        answer = await front.owner.get(f"/api/channels/{door.account_id}/deliveries")
        found = [row for row in answer.json()["items"] if row["state"] == state]
        return found if len(found) >= count else []

    return await until(look)


async def brought(door: Connected, count: int) -> list[str]:
    """The texts that came to the platform, once they are so many."""

    async def enough() -> bool:
        return len(door.box.brought) >= count

    await until(enough)
    return [one.text for one in door.box.brought]


async def held(front: Front, door: Connected, conversation: str, text: str = "once") -> asyncio.Event:
    """The platform has the reply, and answers when the event is set."""
    event = asyncio.Event()
    door.box.does = [event]
    await front.reply(conversation, text)
    await brought(door, 1)
    return event


async def break_off(front: Front) -> None:
    """The process dies over what it is sending, and the lease of it ends."""
    for task in front.channels.courier._tasks:
        task.cancel()
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch("update channel_deliveries set due_at = now() where state = 'waiting'")


async def recall_last(front: Front, conversation: str) -> None:
    """By the agent who wrote it."""
    seq = (await last(front, conversation))["seq"]
    async with front.running.db.tx(front.workspace_id) as tx:
        (row,) = await tx.fetch(
            "select author_id from messages where seq = $1 and author_kind = 'agent'", seq
        )
        await recall(tx, UUID(conversation), seq, author_id=row["author_id"])
