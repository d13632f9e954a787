"""What a channel says by itself, from the door: a customer writes, and hears it from her platform."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.base import Capabilities, Window
from kezhan.channels.tests.box import Box, Connected, Json, connected, installed
from kezhan.channels.tests.front import Front
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.kit.timers import set_timer
from kezhan.routing.replies.answer import GREETING_TIMER, on_greeting

GREETING = {"zh": "您好，这里是客栈。", "en": "Hello from the inn."}
CLOSED = {"zh": "现在打烊了。\n{opens} 开门。"}
BUSY = {"zh": "请稍等。\n您排在第 {place} 位。\n大约还需 {wait}。"}


@pytest.fixture
async def door(front: Front) -> AsyncIterator[Connected]:
    box = Box()
    with installed(box, box.channel(Capabilities(window=Window(seconds=3600, messages=5)))):
        yield await connected(front, box)


async def replies(front: Front, door: Connected, **texts: Any) -> None:
    path = f"/api/channels/{door.account_id}/auto-replies"
    answer = await front.owner.put(path, json=texts)
    assert answer.status_code == 200, answer.text


async def keep_to(front: Front, door: Connected, *, opens: bool) -> str:
    """The channel is closed from now on: until tomorrow, or (`opens` false) for good."""
    days: list[list[Json]] = [[] for _ in range(7)]
    if opens:
        days[(datetime.now(UTC) + timedelta(days=1)).weekday()] = [{"start": 9 * 60, "end": 18 * 60}]
    form = {"name": str(new_id()), "time_zone": "UTC", "weekly": {"days": days}, "holiday_set_ids": []}
    made = await front.owner.post("/api/schedules", json=form)
    assert made.status_code == 201, made.text
    path = f"/api/schedule-uses/channel/{door.account_id}"
    kept = await front.owner.put(path, json={"schedule_id": made.json()["id"]})
    assert kept.status_code == 200, kept.text
    return path


async def heard(front: Front, door: Connected, *texts: str) -> None:
    """Wait until the customer has got just these, and for what might come after them."""

    async def look() -> bool:
        return [one.text for one in door.box.brought] == list(texts)

    await until(look)
    await front.quiet()
    assert [one.text for one in door.box.brought] == list(texts)


async def nothing_due(front: Front) -> None:
    """What was found to be due is carried out."""

    async def look() -> bool:
        async with front.running.db.tx(front.workspace_id) as tx:
            return not await tx.fetch("select 1 from timers where kind like 'routing.%repl%'")

    await until(look)


async def hurry(front: Front, kind: str) -> None:
    """The timer of this kind is set, and falls due now."""

    async def look() -> bool:
        async with front.running.db.tx(front.workspace_id) as tx:
            return bool(
                await tx.fetch("update timers set due_at = now() where kind = $1 returning ref", kind)
            )

    await until(look)


async def the_talk(front: Front) -> Json:
    async def look() -> list[Json]:
        return await front.conversations()

    return (await until(look))[0]


async def test_a_greeting_is_said_once_by_a_machine_and_is_no_answer(front: Front, door: Connected) -> None:
    await replies(front, door, greeting=GREETING)
    await door.say("在吗？")
    await heard(front, door, GREETING["zh"])
    await door.say("有人吗？")
    await heard(front, door, GREETING["zh"])
    talk = await the_talk(front)
    assert talk["waiting_since"] is not None
    first, greeting, _ = await front.messages(talk["id"])
    assert (first["author"]["kind"], greeting["author"]["kind"]) == ("visitor", "system")
    assert door.box.brought[0].agent_name == ""
    assert (greeting["body"], greeting["kind"]) == (GREETING["zh"], "text")


async def test_the_next_conversation_is_greeted_again_in_the_customers_language(
    front: Front, door: Connected
) -> None:
    await replies(front, door, greeting=GREETING)
    await door.say(person={"name": "Ann", "language": "en-GB"})
    await heard(front, door, GREETING["en"])
    await front.close((await the_talk(front))["id"])
    await door.say("again", person={"name": "Ann", "language": "en-GB"})
    await heard(front, door, GREETING["en"], GREETING["en"])
    await front.close((await the_talk(front))["id"])
    await door.say("and again")
    # A third time on one day is one too many: what answers there may be a machine.
    await heard(front, door, GREETING["en"], GREETING["en"])


@pytest.mark.parametrize(
    "more",
    [
        {"ours": True, "message_id": "m-1"},
        {"automatic": True},
        {"sent_at": "2026-01-01T00:00:00Z"},
    ],
    ids=["our own people elsewhere", "a machine", "brought in from before"],
)
async def test_nobody_is_greeted_for_what_she_has_not_just_written(
    front: Front, door: Connected, more: Json
) -> None:
    await replies(front, door, greeting=GREETING, closed=CLOSED, busy=BUSY)
    await door.say(**more)
    await the_talk(front)
    await heard(front, door)


async def test_whom_our_people_have_written_to_first_is_not_greeted(front: Front, door: Connected) -> None:
    await replies(front, door, greeting=GREETING)
    await door.say("您好", ours=True, message_id="m-1")
    await the_talk(front)
    await door.say("你好")
    await heard(front, door)


async def test_closed_is_said_once_in_one_closed_time_instead_of_the_greeting(
    front: Front, door: Connected
) -> None:
    await replies(front, door, greeting=GREETING, closed=CLOSED)
    use = await keep_to(front, door, opens=True)
    await door.say("在吗？")
    words = "现在打烊了。\n明天 09:00 开门。"
    await heard(front, door, words)
    await door.say("有人吗？")
    await nothing_due(front)
    await heard(front, door, words)
    assert (await front.owner.delete(use)).status_code == 204
    await door.say("开门了吗？")
    await heard(front, door, words)
    await front.close((await the_talk(front))["id"])
    await door.say("你好")
    await heard(front, door, words, GREETING["zh"])


async def test_what_is_not_known_is_left_out(front: Front, door: Connected) -> None:
    await replies(front, door, closed=CLOSED)
    await keep_to(front, door, opens=False)
    await door.say()
    await heard(front, door, "现在打烊了。")


async def test_who_is_being_talked_to_is_not_told_that_nobody_is_there(front: Front, door: Connected) -> None:
    await replies(front, door, closed=CLOSED)
    await door.say()
    await front.reply((await the_talk(front))["id"], "我还在")
    await heard(front, door, "我还在")
    await keep_to(front, door, opens=True)
    await door.say("太好了")
    await heard(front, door, "我还在")


@pytest.mark.parametrize("received", [True, False])
async def test_who_waits_too_long_hears_her_place_once(front: Front, door: Connected, received: bool) -> None:
    # Nobody is there who could serve her, so how long it takes is anybody's guess, and not said; without a
    # reception she has no place either.
    words = "请稍等。\n您排在第 1 位。" if received else "请稍等。"
    if received:
        assert (await front.owner.put("/api/reception", json={})).status_code < 300
    await replies(front, door, busy=BUSY, busy_seconds=600)
    await door.say()
    await hurry(front, "routing.busy_reply")
    await heard(front, door, words)
    await door.say("还没好吗？")
    await nothing_due(front)
    await heard(front, door, words)


async def test_who_has_been_answered_does_not_hear_that_all_are_busy(front: Front, door: Connected) -> None:
    await replies(front, door, busy=BUSY, busy_seconds=600)
    await door.say()
    await front.reply((await the_talk(front))["id"], "来了")
    await hurry(front, "routing.busy_reply")
    await nothing_due(front)
    await heard(front, door, "来了")


async def test_the_last_message_a_window_allows_is_left_to_people(front: Front) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities(window=Window(seconds=3600, messages=1)))):
        door = await connected(front, box)
        await replies(front, door, greeting=GREETING)
        await door.say()
        await the_talk(front)
        await heard(front, door)


async def test_a_call_taken_in_again_and_a_second_handling_say_nothing_twice(
    front: Front, door: Connected
) -> None:
    await replies(front, door, greeting=GREETING)
    await door.say()
    await heard(front, door, GREETING["zh"])
    (row,) = (await front.owner.get(f"/api/channels/{door.account_id}/inbox")).json()["items"]
    again = await front.owner.post(f"/api/channels/{door.account_id}/inbox/{row['id']}/replay")
    assert again.status_code == 201, again.text
    talk = await the_talk(front)
    async with front.running.db.tx(front.workspace_id) as tx:
        await set_timer(tx, GREETING_TIMER, UUID(talk["id"]), datetime.now(UTC))
    await heard(front, door, GREETING["zh"])


async def test_several_processes_at_once_say_it_once(front: Front, door: Connected) -> None:
    await door.say()
    talk = UUID((await the_talk(front))["id"])
    await replies(front, door, greeting=GREETING)

    async def greet() -> None:
        async with front.running.db.tx(front.workspace_id) as tx:
            await on_greeting(tx, talk)

    await asyncio.gather(*(greet() for _ in range(4)))
    await heard(front, door, GREETING["zh"])


async def test_what_breaks_off_is_not_said_and_is_said_the_next_time(front: Front, door: Connected) -> None:
    await door.say()
    talk = UUID((await the_talk(front))["id"])
    await replies(front, door, greeting=GREETING)
    with pytest.raises(ZeroDivisionError):
        async with front.running.db.tx(front.workspace_id) as tx:
            await on_greeting(tx, talk)
            raise ZeroDivisionError
    assert len(await front.messages(str(talk))) == 1
    async with front.running.db.tx(front.workspace_id) as tx:
        await on_greeting(tx, talk)
    await heard(front, door, GREETING["zh"])


# Administered


async def test_what_a_channel_says_is_kept_told_of_once_and_read_by_who_may_see_channels(
    front: Front, door: Connected
) -> None:
    path = f"/api/channels/{door.account_id}/auto-replies"
    empty = (await front.owner.get(path)).json()
    assert (empty["greeting"], empty["busy_seconds"]) == ({"zh": "", "en": ""}, 60)
    form = {"greeting": {"zh": "  您好  "}, "busy_seconds": 90}
    for _ in range(2):
        kept = await front.owner.put(path, json=form)
        assert (kept.status_code, kept.json()["greeting"]["zh"]) == (200, "您好")
    log = (await front.owner.get("/api/audit")).json()["items"]
    assert [one["action"] for one in log].count("channel.auto_replies") == 1
    agent = await front.agent()
    assert (await agent.put(path, json=form)).status_code == 403
    stranger = await front.stranger()
    assert (await stranger.get(path)).status_code == (await stranger.put(path, json=form)).status_code == 404


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"greeting": {"en": "x" * 21}}, "greeting.en"),
        ({"greeting": {"zh": "{place}"}}, "greeting.zh"),
        ({"closed": {"zh": "{opensat}"}}, "closed.zh"),
        ({"busy": {"zh": "nul\0"}}, "busy.zh"),
        ({"busy_seconds": 1}, "busy_seconds"),
        ({"busy": {"zh": "x" * 1001}}, "busy.zh"),
    ],
)
async def test_what_the_channel_cannot_carry_is_refused(front: Front, form: Json, field: str) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities(text_length=20))):
        door = await connected(front, box)
        answer = await front.owner.put(f"/api/channels/{door.account_id}/auto-replies", json=form)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


async def test_a_chat_with_words_of_its_own_and_an_archived_channel_take_none(
    front: Front, door: Connected
) -> None:
    made = await front.owner.post("/api/channels", json={"adapter": "webchat", "name": "Site"})
    await front.owner.delete(f"/api/channels/{door.account_id}")
    for account_id in (made.json()["channel"]["id"], door.account_id):
        answer = await front.owner.put(f"/api/channels/{account_id}/auto-replies", json={})
        assert answer.status_code == 409
