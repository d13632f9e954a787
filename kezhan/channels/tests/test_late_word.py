"""What a platform tells after it has taken a message, what is asked for while it is being sent: nothing is
lost by it, nothing goes out twice."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels import store
from kezhan.channels.base import Retry, Turned
from kezhan.channels.tests.box import Connected, Json
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.sending import begun, break_off, brought, deliveries, held, last, recall_last

LONG_NAME = "m" * 300


async def fails(door: Connected, name: str) -> None:
    word = {
        "is": "progress",
        "external_id": "c-1",
        "message_id": name,
        "state": "failed",
        "fault": "permanent",
    }
    await door.bring(word)


async def resend(front: Front, conversation: str) -> int:
    seq = (await last(front, conversation))["seq"]
    return (await front.owner.post(f"/api/conversations/{conversation}/messages/{seq}/delivery")).status_code


async def test_what_failed_after_it_was_taken_is_sent_anew_when_that_is_asked_for(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    await front.reply(conversation, "first part second one third")
    await deliveries(front, door, "sent")
    await fails(door, "out-2")
    await deliveries(front, door, "failed")
    assert await resend(front, conversation) == 200
    far = f"/api/conversations/{conversation}/messages/{2**40}/delivery"
    assert (await front.owner.post(far)).status_code == 404
    await deliveries(front, door, "sent")
    assert await brought(door, 4) == ["first part", "second one", "third", "second one"]
    await fails(door, "out-2")
    await door.say("old word is no news")
    await front.heard(3)
    assert (await last(front, conversation))["body"] == "old word is no news"
    assert len(await deliveries(front, door, "sent")) == 1
    await fails(door, "out-4")
    await deliveries(front, door, "failed")


async def test_a_part_that_fails_while_the_next_is_sent_stays_failed(front: Front, door: Connected) -> None:
    conversation = await begun(front, door)
    answers = asyncio.Event()
    door.box.does = [None, answers]
    await front.reply(conversation, "first part second one")
    await brought(door, 2)
    await fails(door, "out-1")
    await deliveries(front, door, "failed")
    answers.set()
    await asyncio.gather(*front.channels.courier._tasks)
    await deliveries(front, door, "failed")
    assert (await last(front, conversation))["fault"] == "permanent"
    assert await resend(front, conversation) == 200
    await deliveries(front, door, "sent")
    assert await brought(door, 3) == ["first part", "second one", "first part"]


async def test_what_is_being_sent_is_not_sent_again_however_often_that_is_asked_for(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    answers = await held(front, door, conversation)
    (row,) = await deliveries(front, door, "waiting")
    path = f"/api/channels/{door.account_id}/deliveries/{row['id']}/replay"
    for _ in range(2):
        assert (await front.owner.post(path)).status_code < 300
        await asyncio.sleep(0.4)
    answers.set()
    await deliveries(front, door, "sent")
    assert await brought(door, 1) == ["once"]


async def test_two_who_claim_the_same_send_it_once(front: Front, door: Connected) -> None:
    """The lease has ended, and the first one is alive after all."""
    conversation = await begun(front, door)
    answers = await held(front, door, conversation)
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch("update channel_deliveries set due_at = now(), begun = 0 where state = 'waiting'")
        row = await store.delivery(tx, UUID((await deliveries(front, door, "waiting"))[0]["id"]))
    assert row is not None
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch("update channel_deliveries set attempts = attempts + 1")
        assert not await store.part_begun(tx, row, 0)
        assert not await store.settle_delivery(tx, row, {"state": "sent"})
    answers.set()


async def test_a_database_that_stumbles_does_not_hide_that_a_message_was_broken_off(
    front: Front, door: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await begun(front, door)
    await held(front, door, conversation)
    courier = front.channels.courier
    real, left = courier._told, [1]

    async def stumbles(*args: Any) -> Any:
        if left and left.pop():
            raise ConnectionError("away")
        return await real(*args)

    monkeypatch.setattr(courier, "_told", stumbles)
    await break_off(front)
    (row,) = await deliveries(front, door, "failed")
    assert (row["reason"], left) == ("unsure", [])
    assert await brought(door, 1) == ["once"]


async def test_what_may_have_arrived_is_not_among_all_that_is_sent_again_at_once(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    door.box.does = [Retry("HTTP 502", status=502), Turned("no")]
    for text in ("perhaps", "refused"):
        await front.reply(conversation, text)
    await deliveries(front, door, "failed", 2)
    answer = await front.owner.post(f"/api/channels/{door.account_id}/deliveries/replay")
    assert answer.json() == {"count": 1}
    await deliveries(front, door, "sent")
    assert await brought(door, 3) == ["perhaps", "refused", "refused"]


async def test_a_recall_reaches_what_has_gone_out_of_a_message_that_failed(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    door.box.does = [None, Turned("no")]
    await front.reply(conversation, "first part second one")
    await deliveries(front, door, "failed")
    await recall_last(front, conversation)
    await deliveries(front, door, "sent")
    assert (door.box.brought[-1].what, list(door.box.brought[-1].message_ids)) == ("recalled", ["out-1"])


async def test_a_name_too_long_to_keep_is_known_again(front: Front, door: Connected) -> None:
    conversation = await begun(front, door)
    door.box.names = [LONG_NAME]
    await front.reply(conversation, "hello")
    await deliveries(front, door, "sent")
    echo: Json = {"ours": True, "message_id": LONG_NAME}
    await door.say("hello", **echo)
    await fails(door, LONG_NAME)
    await deliveries(front, door, "failed")
    assert len(await front.messages(conversation)) == 2, "its echo is no message of its own"
