"""What goes out to a platform with limits: in parts, in its pace, with its tokens, and what fails shows."""

import asyncio
import dataclasses
from pathlib import Path

import pytest
from msgspec import structs

from kezhan.channels.base import Capabilities, Expired, Rate, Retry, Turned, Voice
from kezhan.channels.tests.box import Box, Connected, connected, installed
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.sending import (
    SHORT,
    begun,
    break_off,
    brought,
    deliveries,
    held,
    last,
    recall_last,
)
from kezhan.kit import sound
from kezhan.kit.sound import as_mp3
from kezhan.kit.testing import until


async def test_a_long_text_goes_in_parts_and_after_a_fault_only_the_missing_ones_go_again(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    door.box.does = [None, Retry("busy")]
    await front.reply(conversation, "first part second one third")
    await deliveries(front, door, "sent")
    texts = [one.text for one in door.box.brought]
    assert texts == ["first part", "second one", "second one", "third"]
    assert len({one.event_id for one in door.box.brought}) == 3
    reach = (await front.owner.get(f"/api/conversations/{conversation}/reach")).json()
    assert reach["left"] == 9 - 3, "each part is a message to the platform"


async def test_a_sound_goes_as_a_voice_message_where_it_fits_and_else_as_a_file(front: Front) -> None:
    pytest.importorskip("av")
    mp3 = as_mp3((Path(sound.__file__).parent / "tests" / "voice.amr").read_bytes()) or b""
    voice = Voice(media_types=("audio/amr",), seconds=1, most=1000)
    able = Capabilities(sends=frozenset({"text", "file"}), voice=voice)
    box = Box()
    with installed(box, box.channel(able)):
        door = await connected(front, box)
        conversation = await begun(front, door)
        for data in (mp3, mp3 * 4):
            upload = await front.owner.post("/api/files", files={"file": ("语音.mp3", data, "audio/mpeg")})
            await front.reply(conversation, "", kind="file", file_id=upload.json()["id"])
        await brought(door, 2)
    said, long = [one.file for one in box.brought]
    assert said is not None
    assert long is not None
    assert (said.name, said.media_type, said.made[:5]) == ("语音.amr", "audio/amr", b"#!AMR")
    assert 400 < said.milliseconds < 700
    assert (long.name, long.media_type, long.milliseconds, long.made) == ("语音.mp3", "audio/mpeg", 0, b"")


async def test_a_recall_names_all_parts(front: Front, door: Connected) -> None:
    conversation = await begun(front, door)
    await front.reply(conversation, "first part second one")
    await deliveries(front, door, "sent")
    await recall_last(front, conversation)
    await deliveries(front, door, "sent", 2)
    assert (door.box.brought[-1].what, sorted(door.box.brought[-1].message_ids)) == (
        "recalled",
        ["out-1", "out-2"],
    )


async def test_what_is_refused_shows_at_the_message_with_its_reason_and_sent_again_shows_no_more(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    door.box.does = [Turned("45015", fault="window_closed")]
    await front.reply(conversation, "too late")
    (row,) = await deliveries(front, door, "failed")
    assert (row["reason"], row["fault"]) == ("window_closed", "45015")
    assert (await last(front, conversation))["fault"] == "window_closed"
    reach = (await front.owner.get(f"/api/conversations/{conversation}/reach")).json()
    assert reach["open"] is False, "the platform knows better than we"
    answer = await front.owner.post(f"/api/channels/{door.account_id}/deliveries/replay")
    assert answer.json() == {"count": 1}
    await deliveries(front, door, "sent")
    assert (await last(front, conversation)).get("fault") is None
    again = await front.owner.post(f"/api/channels/{door.account_id}/deliveries/replay")
    assert again.json() == {"count": 0}


async def test_only_who_manages_channels_has_things_sent_again_or_tries_them(
    front: Front, door: Connected
) -> None:
    for path in ("deliveries/replay", "test"):
        address = f"/api/channels/{door.account_id}/{path}"
        assert (await (await front.agent()).post(address)).status_code == 403
        assert (await (await front.stranger()).post(address)).status_code == 404
    assert (await (await front.stranger()).get("/api/channels/health")).json()["items"] == []


async def test_nobody_is_sent_to_faster_than_the_channel_allows_and_waiting_is_no_failure(
    front: Front,
) -> None:
    box = Box()
    slow = Capabilities(recipient_rate=Rate(calls=1, seconds=0.6))
    with installed(box, box.channel(slow)):
        door = await connected(front, box)
        conversation = await begun(front, door)
        clock = asyncio.get_running_loop().time
        begin = clock()
        for text in ("one", "two", "three"):
            await front.reply(conversation, text)
        rows = await deliveries(front, door, "sent", 3)
    assert clock() - begin >= 1.2
    assert [one.text for one in box.brought] == ["one", "two", "three"]
    assert {row["attempts"] for row in rows} == {1}


async def test_a_token_that_is_no_longer_taken_is_renewed_once_for_all(front: Front) -> None:
    box = Box()
    channel = dataclasses.replace(box.channel(Capabilities(), issue=box.issue), send=box.token_send)
    with installed(box, channel):
        door = await connected(front, box)
        conversation = await begun(front, door)
        for text in ("one", "two"):
            await front.reply(conversation, text)
        await deliveries(front, door, "sent", 2)
        assert len(set(box.tokens)) == 1, "a good token is kept"
        box.does = [Expired()]
        await front.reply(conversation, "three")
        rows = await deliveries(front, door, "sent", 3)
        assert (len(set(box.tokens)), box.brought[-1].text) == (2, "three")
        assert {row["attempts"] for row in rows} == {1}, "the renewal is no failed attempt"
        box.does = [Expired(), Expired()]
        await front.reply(conversation, "four")
        rows = await deliveries(front, door, "sent", 4)
    assert rows[0]["attempts"] == 2, "a token refused twice is a fault, and tried again later"


async def test_after_the_last_attempt_the_message_says_so(front: Front, door: Connected) -> None:
    conversation = await begun(front, door)
    door.box.does = [Retry("HTTP 503", fault="transient")] * 9
    await front.reply(conversation, "never")
    await deliveries(front, door, "failed")
    assert (await last(front, conversation))["fault"] == "transient"


@pytest.mark.parametrize("fault", [Retry("HTTP 502", status=502), ValueError("odd"), TimeoutError()])
async def test_what_may_have_arrived_is_not_sent_again_unasked_where_it_would_come_twice(
    front: Front, door: Connected, fault: Exception
) -> None:
    conversation = await begun(front, door)
    door.box.does = [fault]
    await front.reply(conversation, "once")
    (row,) = await deliveries(front, door, "failed")
    assert row["reason"] == "unsure"
    assert [one.text for one in door.box.brought] == ["once"]
    assert (await last(front, conversation))["fault"] == "unsure"
    path = f"/api/channels/{door.account_id}/deliveries/{row['id']}/replay"
    assert (await front.owner.post(path)).status_code < 300
    await deliveries(front, door, "sent")
    assert len(door.box.brought) == 2, "somebody has looked, and asked for it"


async def test_a_platform_that_knows_repeats_gets_it_again_by_itself(front: Front) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities(idempotent=True))):
        door = await connected(front, box)
        conversation = await begun(front, door)
        box.does = [Retry("HTTP 502", status=502)]
        await front.reply(conversation, "once")
        await deliveries(front, door, "sent")
    assert len({one.event_id for one in box.brought}) == 1


async def test_what_may_have_arrived_is_not_sent_again_once_the_platform_has_forgotten_it(
    front: Front,
) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities(idempotent=True, repeat_seconds=3600))):
        door = await connected(front, box)
        conversation = await begun(front, door)
        # The second attempt has surely not arrived; of the first nobody knows.
        box.does = [Retry("HTTP 502", status=502), Retry("busy", status=429, sure=True, after=5)]
        await front.reply(conversation, "once")

        async def refused() -> bool:
            return len(box.brought) == 2

        await until(refused)
        await _an_hour_later(front)
        (row,) = await deliveries(front, door, "failed")
        assert (row["reason"], len(box.brought)) == ("unsure", 2)

        await front.reply(conversation, "at once")
        await deliveries(front, door, "sent")
        await _an_hour_later(front)
        assert [one["may_go_again"] for one in await deliveries(front, door, "sent")] == [False]


async def test_what_has_surely_not_arrived_goes_out_however_late(front: Front) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities(idempotent=True, repeat_seconds=3600))):
        door = await connected(front, box)
        conversation = await begun(front, door)
        box.does = [Retry("busy", status=429, sure=True, after=5)]
        await front.reply(conversation, "once")

        async def refused() -> bool:
            return len(box.brought) == 1

        await until(refused)
        await _an_hour_later(front)
        await deliveries(front, door, "sent")


async def _an_hour_later(front: Front) -> None:
    """Of every delivery of the workspace; what waits is due."""
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch(
            "update channel_deliveries set created_at = created_at - interval '1 hour', due_at = now()"
        )
    front.channels.courier.wake()


async def test_what_a_process_died_over_is_not_sent_again_unasked_where_it_would_come_twice(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    await held(front, door, conversation)
    await break_off(front)
    (row,) = await deliveries(front, door, "failed")
    assert row["reason"] == "unsure"
    assert len(door.box.brought) == 1


async def test_what_the_platform_has_is_not_sent_again_by_hand_where_that_would_double_it(
    front: Front, door: Connected
) -> None:
    conversation = await begun(front, door)
    await front.reply(conversation, "have it")
    (row,) = await deliveries(front, door, "sent")
    assert row["may_go_again"] is False
    path = f"/api/channels/{door.account_id}/deliveries/{row['id']}/replay"
    answer = await front.owner.post(path, headers={"accept-language": "zh-CN"})
    assert (answer.status_code, answer.json()["code"]) == (409, "channels.already_sent")
    assert answer.json()["title"] == "平台已经收到这条消息，再发一次客户会收到两遍。"
    assert [one.text for one in door.box.brought] == ["have it"]
    knows = structs.replace(SHORT, idempotent=True)
    with installed(door.box, door.box.channel(knows)):
        assert (await deliveries(front, door, "sent"))[0]["may_go_again"] is True
        assert (await front.owner.post(path)).status_code == 201
        await until(lambda: twice(door))


async def twice(door: Connected) -> bool:
    return len({one.event_id for one in door.box.brought}) == 1 and len(door.box.brought) == 2
