"""The platform's own word of a message whose answer was lost, by the name we have given it."""

import asyncio

import pytest

from kezhan.channels.base import Retry
from kezhan.channels.tests.box import Connected, Json, connected
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.sending import begun, break_off, brought, deliveries, held, last
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until

LOST = Retry("HTTP 502", status=502)


async def tells(door: Connected, event_id: str, state: str = "sent", name: str = "there-1") -> None:
    word = {"is": "progress", "external_id": "c-1", "message_id": name, "event_id": event_id}
    await door.bring({**word, "state": state})


async def noted(front: Front) -> bool:
    async with front.running.db.tx(front.workspace_id) as tx:
        return bool(await tx.fetch("select 1 from channel_deliveries where parts = '{there-1}'"))


async def lost(front: Front, door: Connected, text: str = "once") -> tuple[str, Json]:
    """A reply of whose fate nobody knows: its conversation and its delivery."""
    conversation = await begun(front, door)
    door.box.does = [LOST]
    await front.reply(conversation, text)
    (row,) = await deliveries(front, door, "failed")
    assert (row["reason"], (await last(front, conversation))["fault"]) == ("unsure", "unsure")
    return conversation, row


@pytest.mark.parametrize("state", ["sent", "delivered", "read"])
async def test_a_message_is_shown_as_sent_once_the_platform_tells_of_it(
    front: Front, door: Connected, state: str
) -> None:
    conversation, row = await lost(front, door)
    for _ in range(2):
        await tells(door, row["id"], state)
    (row,) = await deliveries(front, door, "sent")
    assert (row["external_id"], len(door.box.brought)) == ("there-1", 1)
    assert (await last(front, conversation)).get("fault") is None


async def test_what_is_left_of_it_goes_out_then(front: Front, door: Connected) -> None:
    _, row = await lost(front, door, "first part second one")
    await tells(door, row["id"])
    await deliveries(front, door, "sent")
    assert await brought(door, 2) == ["first part", "second one"]
    assert door.box.brought[1].event_id == f"{row['id']}.1"


async def test_word_of_a_later_part_counts_for_that_alone(front: Front, door: Connected) -> None:
    conversation = await begun(front, door)
    door.box.does = [None, LOST]
    await front.reply(conversation, "first part second one")
    (row,) = await deliveries(front, door, "failed")
    await tells(door, f"{row['id']}.1")
    (row,) = await deliveries(front, door, "sent")
    assert (row["external_id"], len(door.box.brought)) == ("out-1", 2)


async def test_word_that_comes_before_the_answer_is_lost_counts_too(front: Front, door: Connected) -> None:
    conversation = await begun(front, door)
    await held(front, door, conversation)
    (row,) = await deliveries(front, door, "waiting")
    await tells(door, row["id"])
    await until(lambda: noted(front))
    await break_off(front)
    await deliveries(front, door, "sent")
    assert len(door.box.brought) == 1


async def test_word_that_comes_while_the_answer_is_being_lost_counts_too(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    answered = asyncio.Event()
    door.box.does = [(answered, LOST)]
    await front.reply(conversation, "once")
    await brought(door, 1)
    (row,) = await deliveries(front, door, "waiting")
    await tells(door, row["id"])
    await until(lambda: noted(front))
    answered.set()
    await deliveries(front, door, "sent")
    assert len(door.box.brought) == 1
    assert (await last(front, conversation)).get("fault") is None


async def test_a_failure_the_platform_tells_of_is_the_one_that_is_shown(
    front: Front, door: Connected
) -> None:
    conversation, row = await lost(front, door)
    word = {"is": "progress", "external_id": "c-1", "message_id": "there-1", "event_id": row["id"]}
    await door.bring({**word, "state": "failed", "fault": "recipient_blocked"})

    async def shown() -> bool:
        return (await last(front, conversation)).get("fault") == "recipient_blocked"

    await until(shown)
    (row,) = await deliveries(front, door, "failed")
    assert (row["reason"], len(door.box.brought)) == ("recipient_blocked", 1)


async def test_names_that_are_none_of_ours_change_nothing(front: Front, door: Connected) -> None:
    _, row = await lost(front, door)
    for name in (
        "",
        "x",
        "1184585343",
        str(new_id()),
        f"{row['id']}.1",
        f"{row['id']}.-1",
        f"{row['id']}.{9**30}",
    ):
        await tells(door, name)
    await door.say("after them")
    await front.heard(3)
    (now,) = await deliveries(front, door, "failed")
    assert now["reason"] == "unsure"


async def test_another_accounts_message_is_none_of_its_business(front: Front, door: Connected) -> None:
    conversation, row = await lost(front, door)
    other = await connected(front, door.box, "Another")
    await tells(other, row["id"])
    await other.say("after it", customer="c-2")

    async def heard() -> bool:
        return len(await front.conversations()) == 2

    await until(heard)
    assert (await last(front, conversation))["fault"] == "unsure"
