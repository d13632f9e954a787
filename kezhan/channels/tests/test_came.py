"""What platforms tell besides messages: who somebody is, what was taken back, what became of ours."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from kezhan.channels.base import Capabilities, Person, Retry, Turned, Window
from kezhan.channels.customers import bring
from kezhan.channels.tests.box import Box, Connected, Json, connected, installed, said
from kezhan.channels.tests.front import Front
from kezhan.kit import sound
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until

WINDOWED = Capabilities(
    receives=frozenset({"text", "file"}), receipts=True, window=Window(seconds=48 * 3600, messages=2)
)


@pytest.fixture
async def door(front: Front) -> AsyncIterator[Connected]:
    box = Box()
    channel = box.channel(WINDOWED, media=box.get_media)
    with installed(box, channel):
        yield await connected(front, box)


async def reach(front: Front, conversation_id: str) -> Json:
    answer = await front.owner.get(f"/api/conversations/{conversation_id}/reach")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def the_conversation(front: Front) -> str:
    async def look() -> list[Json]:
        return await front.conversations()

    found: str = (await until(look))[0]["id"]
    return found


async def test_a_window_opens_with_her_message_shrinks_with_each_of_ours_and_closes(
    front: Front, door: Connected
) -> None:
    await door.say()
    conversation = await the_conversation(front)
    first = await reach(front, conversation)
    assert (first["open"], first["left"], first["allowed"], first["windowed"]) == (True, 2, 2, True)
    for text in ("one", "two"):
        await front.reply(conversation, text)

    async def used_up() -> bool:
        return bool((await reach(front, conversation))["left"] == 0)

    await until(used_up)
    assert (await reach(front, conversation))["open"] is False
    await door.say("again")

    async def open_again() -> bool:
        return bool((await reach(front, conversation))["left"] == 2)

    await until(open_again)


async def test_an_event_only_makes_an_open_window_larger_and_leaving_closes_it(
    front: Front, door: Connected
) -> None:
    await door.say()
    conversation = await the_conversation(front)
    event = {"is": "happened", "external_id": "c-1", "dedup_key": "m", "event": "CLICK"}
    await door.bring({**event, "opening": {"seconds": 60, "messages": 1}})
    await door.bring({**event, "opening": {"seconds": 60, "messages": 5}})

    async def grown() -> bool:
        return bool((await reach(front, conversation))["left"] == 5)

    await until(grown)
    await door.bring({**event, "opening": {"seconds": 0, "messages": 0}})

    async def closed() -> bool:
        return not (await reach(front, conversation))["open"]

    await until(closed)
    assert len(await front.messages(conversation)) == 1, "nobody is disturbed by it"


async def test_nobody_learns_of_a_window_who_may_not_see_the_conversation(
    front: Front, door: Connected
) -> None:
    await door.say()
    path = f"/api/conversations/{await the_conversation(front)}/reach"
    assert (await (await front.stranger()).get(path)).status_code == 404
    assert (await (await front.running.client()).get(path)).status_code == 401


async def test_what_a_customer_takes_back_is_erased_and_her_new_words_replace_the_old(
    front: Front, door: Connected
) -> None:
    await door.bring(said("wrong", message_id="m-1"), said("secret", message_id="m-2"))
    await front.heard(2)
    conversation = await the_conversation(front)
    await door.bring({"is": "edited", "external_id": "c-1", "message_id": "m-1", "text": "right"})
    await door.bring({"is": "recalled", "external_id": "c-1", "message_id": "m-2"})
    await door.bring({"is": "recalled", "external_id": "c-1", "message_id": "m-2"})

    async def changed() -> bool:
        one, two = await front.messages(conversation)
        return bool(one["body"] == "right" and two.get("recalled_at"))

    await until(changed)
    _, gone = await front.messages(conversation)
    assert gone.get("body", "") == ""
    assert door.box.brought == [], "the platform is not told what it has told us"


async def test_what_came_in_parts_is_taken_back_with_all_of_them_and_nothing_else(
    front: Front, door: Connected
) -> None:
    names = ("m-1", "m-1#1", "m-1#2", "m-10", "m-1$", "m-2#1")
    await door.bring(*(said(name, message_id=name) for name in names))
    await front.heard(len(names))
    conversation = await the_conversation(front)
    await door.bring({"is": "recalled", "external_id": "c-1", "message_id": "m-1"})

    async def gone() -> list[str]:
        messages = await front.messages(conversation)
        return [name for name, one in zip(names, messages, strict=True) if one.get("recalled_at")]

    assert await until(gone) == ["m-1", "m-1#1", "m-1#2"]


async def test_a_recall_that_overtakes_its_message_waits_for_it(front: Front, door: Connected) -> None:
    await door.bring({"is": "recalled", "external_id": "c-1", "message_id": "late"})
    await door.bring(said("secret", message_id="late"))
    await front.heard(1)
    conversation = await the_conversation(front)

    async def gone() -> bool:
        (message,) = await front.messages(conversation)
        return bool(message.get("recalled_at"))

    await until(gone)


async def test_delivered_and_read_move_the_customers_marks_and_a_late_failure_shows(
    front: Front, door: Connected
) -> None:
    await door.say()
    conversation = await the_conversation(front)
    await front.reply(conversation, "one")
    await front.reply(conversation, "two")
    await until(lambda: _sent(door, 2))
    word = {"is": "progress", "external_id": "c-1"}
    await door.bring({**word, "state": "read", "message_id": "out-1"})
    await door.bring(
        {**word, "state": "failed", "message_id": "out-2", "fault": "recipient_blocked", "why": "no"}
    )

    async def told() -> bool:
        shown = (await front.owner.get(f"/api/conversations/{conversation}")).json()
        marks = [mark for mark in shown["marks"] if mark["party"] == "visitor"]
        read = bool(marks) and marks[0]["read_seq"] >= shown["messages"][-2]["seq"]
        return read and shown["messages"][-1].get("fault") == "recipient_blocked"

    await until(told)


async def _sent(door: Connected, count: int) -> bool:
    return len(door.box.brought) >= count


async def test_the_echo_of_our_own_message_is_dropped_and_one_written_elsewhere_is_shown_once(
    front: Front, door: Connected
) -> None:
    await door.say()
    conversation = await the_conversation(front)
    await front.reply(conversation, "ours")
    await until(lambda: _sent(door, 1))
    await door.bring(said("ours", ours=True, message_id="out-1"))
    elsewhere = said("from the phone", ours=True, message_id="p-9", agent_name="小王")
    for _ in range(2):
        await door.bring(elsewhere)
    await door.say("thanks")
    await front.heard(4)
    said_here = await front.messages(conversation)
    shown = [(one["author"]["kind"], one["body"]) for one in said_here]
    assert shown == [
        ("visitor", "hello"),
        ("agent", "ours"),
        ("agent", "from the phone"),
        ("visitor", "thanks"),
    ]
    assert [one["author"].get("name") for one in said_here][2:] == ["小王", None]

    async def found() -> list[Json]:
        answer = await front.owner.get("/api/search/message", params={"q": "from the phone"})
        hits: list[Json] = answer.json()["items"]
        return hits

    assert [one["author"]["name"] for one in await until(found)] == ["小王"]
    assert len(door.box.brought) == 1, "what the platform has is not sent to it again"


async def test_an_echo_that_is_quicker_than_the_platforms_answer_is_known_for_one(
    front: Front, door: Connected
) -> None:
    await door.say()
    conversation = await the_conversation(front)
    held = asyncio.Event()
    door.box.does.append(held)
    await front.reply(conversation, "ours")
    await until(lambda: _sent(door, 1))
    await door.bring(said("ours", ours=True, message_id="out-1"))
    await asyncio.sleep(0.3)
    held.set()
    await door.say("thanks")
    await front.heard(3)
    rows = (await front.owner.get(f"/api/channels/{door.account_id}/inbox")).json()["items"]
    assert [row["state"] for row in rows][1] in {"waiting", "taken"}
    shown = [one["body"] for one in await front.messages(conversation)]
    assert shown == ["hello", "ours", "thanks"]


async def test_a_newcomer_is_asked_about_once_and_one_person_on_two_accounts_is_one_customer(
    front: Front,
) -> None:
    box = Box()
    box.people = {
        "open-1": Person(name="陈平", union="wechat:u-1"),
        "mini-1": Person(name="别名", union="wechat:u-1"),
        "open-2": Person(name="另一位"),
    }
    with installed(box, box.channel(person=box.person)):
        one, two = await connected(front, box, "OA"), await connected(front, box, "Mini")
        await one.say("from the account", "open-1")
        await front.heard(1)
        await two.say("from the program", "mini-1")
        await one.say("somebody else", "open-2")

        async def three() -> bool:
            return len(await front.conversations()) == 3

        await until(three)
        del box.people["open-1"]
        await one.say("again", "open-1")
        names = [head["contact_name"] for head in await front.conversations()]
        assert sorted(names) == sorted(["陈平", "陈平", "另一位"])
        assert len({head["contact_id"] for head in await front.conversations()}) == 2


async def test_who_is_vouched_for_only_later_is_known_from_then_on_and_was_all_of_them_before(
    front: Front,
) -> None:
    union = {"union": "wechat:u-1"}
    box = Box()
    with installed(box, box.channel()):
        mini, oa, early = [await connected(front, box, name) for name in ("Mini", "OA", "Early")]
        await early.say("before anybody knew", "early-1")
        await mini.say("hello", "mini-1")
        for _ in range(2):
            entered = {
                "is": "happened",
                "external_id": "mini-1",
                "dedup_key": str(new_id()),
                "event": "enter",
            }
            await mini.bring({**entered, "person": union})
        await mini.say("hello again", "mini-1")

        async def again() -> bool:
            heads = await front.conversations()
            return [head["preview"]["text"] for head in heads][:1] == ["hello again"]

        await until(again)
        await oa.say("the same", "oa-1", person=union)
        await early.say("at last", "early-1", person=union)

        async def all_here() -> list[Json]:
            heads = await front.conversations()
            return heads if {"the same", "at last"} <= {one["preview"]["text"] for one in heads} else []

        of = {head["preview"]["text"]: head["contact_id"] for head in await until(all_here)}
        assert len(of) == 3
        assert len(set(of.values())) == 1


async def test_whom_her_platform_names_only_later_is_asked_about_again_and_found_to_be_one(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    box.people = {"open-1": Person(name="陈平"), "mini-1": Person(union="wechat:u-1")}
    with installed(box, box.channel(person=box.person, unites=True)):
        oa, mini = await connected(front, box, "OA"), await connected(front, box, "Mini")
        await oa.say("hello", "open-1")
        await mini.say("hello there", "mini-1")

        async def contacts(many: int) -> list[str]:
            heads = await front.conversations()
            found = [head["contact_id"] for head in heads]
            return found if (len(found), len(set(found))) == (2, many) else []

        await until(lambda: contacts(2))
        # Her account is bound to the platform that the other one is bound to.
        box.people["open-1"] = Person(name="陈平", union="wechat:u-1")
        monkeypatch.setattr(bring, "ASKED_AGAIN_SECONDS", -1)
        await oa.say("and again", "open-1")
        assert await until(lambda: contacts(1))


async def test_whom_her_platform_has_named_is_not_asked_about_again_where_it_has_no_more_to_tell(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    box.people = {"c-1": Person(name="陈平"), "c-2": Person()}
    monkeypatch.setattr(bring, "ASKED_AGAIN_SECONDS", -1)
    with installed(box, box.channel(person=box.person)):
        door = await connected(front, box)
        for text in ("one", "two"):
            await door.bring(said(text, "c-1"), said(text, "c-2"))

        async def all_said() -> bool:
            heads = await front.conversations()
            return [head["preview"]["text"] for head in heads] == ["two", "two"]

        await until(all_said)
        assert sorted(box.asked_for) == ["c-1", "c-2", "c-2"]


@pytest.mark.parametrize("fault", [Turned("no"), Retry("not now"), ValueError("odd")])
async def test_a_newcomer_the_platform_says_nothing_of_is_heard_all_the_same(
    front: Front, fault: Exception
) -> None:
    box = Box()
    box.people = {"c-1": fault}  # type: ignore[dict-item]
    with installed(box, box.channel(person=box.person)):
        door = await connected(front, box)
        await door.say("hello")
        assert [one["body"] for one in await front.heard(1)] == ["hello"]


async def test_a_file_is_fetched_by_the_platforms_name_for_it_and_one_that_is_gone_shows_as_such(
    front: Front, door: Connected
) -> None:
    door.box.media = {"m-1": b"content", "m-2": Turned("expired", fault="media_error")}
    for ref in ("m-1", "m-2"):
        await door.bring(said("", kind="file", file={"ref": ref, "name": f"{ref}.txt"}, original_kind="file"))
    await front.heard(2)
    one, two = await front.messages(await the_conversation(front))
    assert (one["kind"], one["payload"]["name"], one["payload"]["size"]) == ("file", "m-1.txt", 7)
    assert (two["kind"], two["payload"]["summary"]) == ("unsupported", "m-2.txt")


async def test_a_voice_message_is_kept_as_browsers_play_it(front: Front, door: Connected) -> None:
    pytest.importorskip("av")
    door.box.media = {"v-1": (Path(sound.__file__).parent / "tests" / "voice.amr").read_bytes()}
    for name in ("v.amr", ""):
        file = {"ref": "v-1", "name": name, "media_type": "audio/amr"}
        await door.bring(said("", kind="file", file=file, original_kind="voice"))
    await front.heard(2)
    found = await front.messages(await the_conversation(front))
    kept = [(one["payload"]["name"], one["payload"]["media_type"]) for one in found]
    assert kept == [("v.mp3", "audio/mpeg"), ("told.txt.mp3", "audio/mpeg")]


async def test_in_a_group_it_shows_who_speaks_and_a_quote_finds_its_message(
    front: Front, door: Connected
) -> None:
    await door.say("first", "group-1", speaker="张三", message_id="g-1")
    await door.say("second", "group-1", speaker="李四", message_id="g-2", quote_id="g-1")
    await front.heard(2)
    one, two = await front.messages(await the_conversation(front))
    assert (one["body"], two["body"]) == ("张三：first", "李四：second")
    assert two["quote_seq"] == one["seq"]


async def test_who_speaks_in_groups_is_asked_for_once_and_an_edit_keeps_the_name(front: Front) -> None:
    box = Box()
    box.speakers = {"u-1": "张三", "u-2": Turned("in no directory"), "staff": "王伟"}
    with installed(box, box.channel(speaker=box.speaker)):
        door = await connected(front, box)
        for number in range(2):
            await door.say("hello", "group-1", speaker="u-1", speaker_id="u-1", message_id=f"m-{number}")
            await door.say("hi", "group-1", speaker="#0629", speaker_id="u-2")
        await door.say("ours", "group-1", speaker="staff", speaker_id="staff", ours=True)
        await front.heard(5)
        conversation = await the_conversation(front)
        edit = {"is": "edited", "external_id": "group-1", "message_id": "m-1", "text": "corrected"}
        await door.bring({**edit, "speaker": "u-1", "speaker_id": "u-1"})

        async def edited() -> bool:
            return "corrected" in str((await front.messages(conversation))[2]["body"])

        await until(edited)
        said = await front.messages(conversation)
        assert [one["body"] for one in said] == [
            "张三：hello",
            "#0629：hi",
            "张三：corrected",
            "#0629：hi",
            "王伟：ours",
        ]
        await door.say("elsewhere", "group-2", speaker="u-1", speaker_id="u-1")

        async def elsewhere() -> list[Json]:
            heads = await front.conversations()
            return await front.messages(heads[0]["id"]) if len(heads) == 2 else []

        assert [one["body"] for one in await until(elsewhere)] == ["张三：elsewhere"]
    assert box.asked == ["group-1/u-1", "group-1/u-2", "group-1/staff"]


async def test_the_newest_ticket_comes_back_with_each_answer_and_lies_sealed(
    front: Front, door: Connected
) -> None:
    await door.say("one", ticket="hook-1")
    conversation = await the_conversation(front)
    await door.say("two", ticket="hook-2", message_id="m-7")
    await front.heard(2)
    await front.reply(conversation, "answer")
    await until(lambda: _sent(door, 1))
    assert (door.box.brought[0].ticket, door.box.brought[0].last_message_id) == ("hook-2", "m-7")
    assert door.box.brought[0].ticket_at is not None
    async with front.running.db.tx(front.workspace_id) as tx:
        (row,) = await tx.fetch("select ticket from channel_windows where account_id = $1", door.account_id)
    assert b"hook" not in row["ticket"]


async def test_the_same_call_twice_stores_and_opens_nothing_twice(front: Front, door: Connected) -> None:
    key = str(new_id())
    for _ in range(2):
        await door.bring(said("once", message_id="m-1"), key=key)
    await front.heard(1)
    assert len(await front.messages(await the_conversation(front))) == 1


async def test_where_she_came_from_stands_in_her_conversation_once_for_each_door(front: Front) -> None:
    def came(by: str, word: str, customer: str = "c-1") -> Json:
        known = {"is": "happened", "external_id": customer, "dedup_key": str(new_id()), "event": "e"}
        return {**known, "by": by, "word": word}

    async def lines(many: int) -> list[tuple[str, str]]:
        (head,) = await front.conversations()
        async with front.running.db.tx(front.workspace_id) as tx:
            rows = await tx.fetch(
                "select payload->>'event' as event, payload->>'target' as word from messages"
                " where conversation_id = $1 and kind = 'event' and seq > 1 order by seq",
                UUID(head["id"]),
            )
        found = [(row["event"], row["word"]) for row in rows]
        return found if len(found) == many else []

    box = Box()
    with installed(box, box.channel()):
        door = await connected(front, box)
        await door.bring(
            came("door", "商品页"), came("door", ""), came("", "nothing"), came("menu", "x", "c-2")
        )
        assert await front.conversations() == [], "nobody is disturbed"
        await door.say("hello")
        await front.heard(1)
        assert await until(lambda: lines(1)) == [("came_by_door", "商品页")]
        menu = came("menu", "HELP" + "P" * 300)
        await door.bring(came("code", "7"), came("code", "7"), menu, menu, came("menu", "HELP"))
        told = await until(lambda: lines(4))
        assert told[1:] == [
            ("came_by_code", "7"), ("chose_in_menu", "HELP" + "P" * 196), ("chose_in_menu", "HELP")
        ]  # fmt: skip
        (head,) = await front.conversations()
        assert head["preview"]["text"] == "hello"
        async with front.running.db.tx(front.workspace_id) as tx:
            rows = await tx.fetch("select source from conversations where id = $1", UUID(head["id"]))
        assert [row["source"] for row in rows] == ["商品页"], "the first door is where she came from"
