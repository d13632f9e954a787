"""What has not reached a customer, sent again from the thread."""

import asyncio
from typing import Any

from kezhan.channels.tests.front import Front, Json
from kezhan.channels.tests.platform import Line, Platform, said
from kezhan.kit.testing import until


async def _failed(front: Front, place: Platform) -> tuple[Line, str, Json]:
    """The platform refuses a reply: its line, its conversation and the message as the desk shows it."""
    line = await front.connect(place.url)
    await line.post(said("hello"))
    await front.heard()
    (head,) = await front.conversations()
    place.answers.append(400)
    await front.reply(head["id"], "有的")

    async def shown() -> Json | None:
        last: Json = (await front.messages(head["id"]))[-1]
        return last if last.get("fault") else None

    message = await until(shown)
    assert message is not None
    return line, head["id"], message


async def test_a_message_that_failed_goes_out_again_and_is_shown_as_sent(
    front: Front, place: Platform
) -> None:
    line, conversation_id, message = await _failed(front, place)
    path = f"/api/conversations/{conversation_id}/messages/{message['seq']}/delivery"
    answer = await front.owner.post(path)
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    assert not (await front.messages(conversation_id))[-1].get("fault")

    async def sent() -> list[Any]:
        return [row for row in await front.deliveries(line) if row["state"] == "sent"]

    assert len(await until(sent)) == 1
    again = await front.owner.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "channels.nothing_to_send")


async def test_two_who_press_at_once_send_it_once(front: Front, place: Platform) -> None:
    _, conversation_id, message = await _failed(front, place)
    path = f"/api/conversations/{conversation_id}/messages/{message['seq']}/delivery"
    both = await asyncio.gather(front.owner.post(path), front.owner.post(path))
    assert sorted(answer.status_code for answer in both) == [200, 409]


async def test_it_is_for_those_who_manage_channels_and_see_the_conversation(
    front: Front, place: Platform
) -> None:
    _, conversation_id, message = await _failed(front, place)
    path = f"/api/conversations/{conversation_id}/messages/{message['seq']}/delivery"
    assert (await (await front.agent()).post(path)).status_code == 403
    assert (await (await front.stranger()).post(path)).status_code == 404
    assert (
        await front.owner.post(f"/api/conversations/{conversation_id}/messages/99/delivery")
    ).status_code == 404
