"""On every platform: she writes, we answer, and whatever the wires do, each message is there once."""

import msgspec
import pytest

from fakes.app import every_platform
from fakes.phone import Phone, Said
from kezhan.channels.registry import find
from kezhan.channels.tests.platform import PNG
from kezhan.kit.testing import until
from tests.platforms.conftest import Json, Talk
from tests.platforms.doors import DOORS

KINDS = {platform.name: platform.kinds for platform in every_platform()}
PICTURED = [name for name, door in DOORS.items() if "image" in KINDS[door.adapter]]


def able(capability: str) -> list[str]:
    """The doors that claim it."""
    return [name for name, door in DOORS.items() if getattr(find(door.adapter).capabilities, capability)]


async def test_she_is_heard_and_answered(talk: Talk) -> None:
    await talk.says("你好，这个还有货吗？")
    (message,) = await talk.heard(1)
    assert message["body"] == "你好，这个还有货吗？"
    await talk.answer("有的，今天发货。\n需要帮您下单吗？")
    (shown,) = await talk.shown()
    assert talk.words(shown) == "有的，今天发货。\n需要帮您下单吗？"

    async def settled() -> list[Json]:
        return [row for row in await talk.deliveries() if row["state"] != "waiting"]

    (row,) = await until(settled)
    assert (row["state"], row["attempts"]) == ("sent", 1)


@pytest.mark.parametrize("door", PICTURED, indirect=True)
async def test_a_picture_arrives_whole(talk: Talk) -> None:
    await talk.says("", kind="image", data=PNG, media_type="image/png", name="a.png")
    (message,) = await talk.heard(1)
    if talk.platform.name in {"douyin", "kuaishou", "xiaohongshu"}:
        assert message["kind"] == "unsupported", "the platform hands out no pictures"
        return
    assert message["kind"] in {"image", "file"}
    assert message["payload"]["size"] == len(PNG)


async def test_repeats_and_overtaking_calls_store_each_message_once(talk: Talk) -> None:
    talk.platform.switch({"duplicate": 1, "reorder": 3})
    for n in range(6):
        await talk.says(f"第 {n} 条")
    talk.platform.switch({"duplicate": 0, "reorder": 0})
    await talk.platform.settled()
    messages = await talk.heard(6)
    await talk.front.quiet()
    messages = await talk.heard(6)
    assert sorted(message["body"] for message in messages) == [f"第 {n} 条" for n in range(6)]


async def test_answers_outlive_an_ill_platform_and_dead_tokens_and_come_once_in_order(own_talk: Talk) -> None:
    await own_talk.says()
    await own_talk.heard(1)
    await own_talk.answer("零")
    await own_talk.shown(1)
    own_talk.platform.switch({"faults": 0.5, "token_expired": True})
    for text in ("一", "二", "三"):
        await own_talk.answer(text)

    async def settled() -> bool:
        rows = await own_talk.deliveries()
        return len(rows) == 4 and all(row["state"] in {"sent", "failed"} for row in rows)

    await until(settled)
    rows = await own_talk.deliveries()
    shown = [own_talk.words(one) for one in await own_talk.shown(1)]
    sent = [text for text, row in zip(("零", "一", "二", "三"), rows, strict=True) if row["state"] == "sent"]
    assert [text for text in shown if text in sent] == sent, "what is said to be sent is there, in order"
    assert all(row["reason"] for row in rows if row["state"] == "failed"), "and what is not says why"


async def test_what_dead_tokens_have_held_up_comes_once_there_are_others(own_talk: Talk) -> None:
    await own_talk.says()
    await own_talk.heard(1)
    console = dict(own_talk.platform.form)
    own_talk.platform.switch({"token_expired": True})
    await own_talk.answer("一")

    async def last(state: str) -> Json:
        rows = await own_talk.deliveries()
        return rows[-1] if rows and rows[-1]["state"] == state else {}

    if own_talk.platform.form != console:
        assert (await until(lambda: last("failed")))["reason"] == "token_expired"
        assert not [one for one in own_talk.platform.seen(own_talk.phone.id) if one.by == "us"]
        await own_talk.copied()
    await until(lambda: last("sent"))
    assert [own_talk.words(one) for one in await own_talk.shown()] == ["一"]


async def test_long_words_go_in_as_many_messages_as_the_platform_wants(talk: Talk) -> None:
    await talk.says()
    await talk.heard(1)
    text = "\n".join(f"{n}. 这一行写得很长很长，为的是让整段文字超过平台一条消息的上限。" for n in range(60))
    await talk.answer(text)

    async def whole() -> bool:
        rows = await talk.deliveries()
        return bool(rows) and rows[-1]["state"] == "sent"

    await until(whole)
    shown = await talk.shown(1)
    assert "".join("".join(talk.words(one) for one in shown).split()) == "".join(text.split())


async def test_a_button_pressed_is_her_answer_once(talk: Talk) -> None:
    await talk.says("有什么茶？")
    await talk.heard(1)
    await talk.answer("要哪一种？", buttons=[{"text": one} for one in ("龙井", "碧螺春", "铁观音", "普洱")])
    shown = (await talk.shown())[-1]
    if not shown.choices:
        assert "[龙井]" in shown.text, "what cannot be pressed can be read"
        return
    choice = next(one for one in shown.choices if one.label == "碧螺春")
    if talk.platform.name == "dingtalk":
        # She says it as she says anything: the platform does not tell by which button.
        await talk.platform.act(talk.phone.id, "choose", {"message": shown.id, "choice": choice.id})
        assert (await talk.heard(3))[-1]["body"] == "碧螺春"
        return
    for _ in range(2):
        await talk.platform.act(talk.phone.id, "choose", {"message": shown.id, "choice": choice.id})
    message = (await talk.heard(3))[-1]
    assert (message["body"], message["payload"]["button"]) == ("碧螺春", 1)
    await talk.platform.settled()
    await talk.says("谢谢")
    hers = [one["body"] for one in await talk.heard(4) if one["author"]["kind"] == "visitor"]
    assert hers == ["有什么茶？", "碧螺春", "谢谢"]


@pytest.mark.parametrize("door", able("asks"), indirect=True)
async def test_what_she_is_asked_to_share_comes_by_the_platforms_own_button(talk: Talk) -> None:
    await talk.says("送到哪里？")
    await talk.heard(1)
    heard = 1
    for asks in sorted(find(DOORS[talk.door].adapter).capabilities.asks):
        await talk.answer("请分享一下。", buttons=[{"text": "分享", "asks": asks}, {"text": "不用"}])
        shown = (await talk.shown(heard))[-1]
        assert (len(shown.choices), shown.text) == (1, "请分享一下。\n[不用]")
        await talk.platform.act(talk.phone.id, "choose", {"message": shown.id, "choice": shown.choices[0].id})
        heard += 1
        shared = (await talk.heard(2 * heard - 1))[-1]["body"]
        assert ("31.2" if asks == "place" else "8613800000000") in shared


@pytest.mark.parametrize("door", able("reactions"), indirect=True)
async def test_reactions_go_both_ways_where_there_are_any(talk: Talk) -> None:
    emoji = "HEART" if talk.platform.name == "feishu" else "❤"
    await talk.says("谢谢")
    await talk.heard(1)
    await talk.answer("不客气")
    shown = (await talk.shown())[-1]
    await talk.platform.act(talk.phone.id, "react", {"message": shown.id, "emoji": emoji})
    (head, *_) = await talk.conversations()

    async def reacted() -> list[str]:
        found = await talk.front.messages(head["id"])
        return [sign["emoji"] for one in found for sign in one.get("reactions") or []]

    assert [sign.removesuffix("\ufe0f") for sign in await until(reacted)] == ["❤"]


@pytest.mark.parametrize("door", sorted({*able("places"), *able("persons")}), indirect=True)
async def test_a_place_and_a_person_are_shown_as_the_platform_shows_them(talk: Talk) -> None:
    carried = find(DOORS[talk.door].adapter).capabilities
    await talk.says("你们在哪儿？")
    await talk.heard(1)
    place = {"is": "place", "title": "松下客栈", "address": "山路 1 号", "latitude": 31.2, "longitude": 121.5}
    # Where messages are counted, a place and its text go as one text.
    said = [] if carried.card_needs.alone else ["在这里"]
    await talk.answer("".join(said), card=place)
    await talk.answer("", card={"is": "person", "title": "林晚晴", "phone": "+86 21 5555 0101"})
    *words, shown, person = await talk.shown(len(said) + 2)
    assert ([one.text for one in words], shown.kind) == (said, "location")
    assert shown.text.splitlines()[:2] == ["松下客栈", "山路 1 号"]
    assert person.kind == ("contact" if carried.persons else "text")
    assert "林晚晴" in person.text and "+86 21 5555 0101" in person.text


@pytest.mark.parametrize("door", ["email"], indirect=True)
async def test_an_answer_has_her_own_words_alone_whatever_program_she_writes_in(talk: Talk) -> None:
    for number, phone in enumerate([*talk.platform.phones.values()][: len(talk.platform.people)]):
        more = {"subject": f"茶 {number}"}
        await talk.platform.say(phone.id, Said(kind="mail", text="龙井还有吗？\n要明前的。", more=more))

        async def asked(number: int = number) -> list[Json]:
            heads = await talk.conversations()
            return heads if len(heads) > number else []

        (head, *_) = await until(asked)
        await talk.front.reply(head["id"], "有的，\n要几罐？")

        async def answered(phone: Phone = phone) -> bool:
            return any(one.by == "us" for one in talk.platform.seen(phone.id))

        await until(answered)
        await talk.platform.say(phone.id, Said(text="两罐，\n谢谢。"))

        async def told(head: Json = head) -> list[Json]:
            said = await talk.front.messages(head["id"])
            return said if len(said) == 3 else []

        first, ours, last = await until(told)
        program = phone.notes["client"]
        assert first["body"] == f"茶 {number}\n\n龙井还有吗？\n要明前的。", program
        assert (last["body"], last["quote_seq"]) == ("两罐，\n谢谢。", ours["seq"]), program


@pytest.mark.parametrize("door", ["wechat_miniprogram"], indirect=True)
async def test_a_mini_programs_page_is_opened_by_its_platform(talk: Talk) -> None:
    await talk.says("怎么下单？")
    await talk.heard(1)
    stored = (await talk.front.owner.post("/api/files", files={"file": ("壶.png", PNG)})).json()
    page = {"app_id": talk.platform.form["appid"], "path": "pages/item?id=7"}
    card = {
        "is": "link",
        "title": "手冲壶",
        "url": "https://shop.example/7",
        "image": stored["id"],
        "page": page,
    }
    await talk.answer("", card=card)
    (shown,) = await talk.shown()
    assert "手冲壶" in shown.text
    assert '"pagepath":"pages/item?id=7"' in msgspec.json.encode(shown.raw).decode()


@pytest.mark.parametrize("door", ["wecom_robot"], indirect=True)
async def test_a_robot_hears_a_group_and_answers_each_of_its_messages_once(talk: Talk) -> None:
    await talk.says("发货了吗？", more={"group": "yes"})
    (message,) = await talk.heard(1)
    assert message["body"] == f"{talk.phone.id}：发货了吗？"
    await talk.answer("发了。")
    await talk.shown()
    await talk.answer("今天能到。")

    async def refused() -> list[Json]:
        return [row for row in await talk.deliveries() if row["state"] == "failed"]

    (row,) = await until(refused)
    assert row["reason"] == "window_closed"
    await talk.says("快递单号？", more={"group": "yes"})
    await talk.heard(4)
    await talk.answer("SF001")
    assert [one.text for one in await talk.shown(2)] == ["发了。", "SF001"]
