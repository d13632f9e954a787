"""Telegram: updates with their secret, repeats, getUpdates, sends and their refusals."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.phone import Said
from fakes.platforms.telegram import Telegram
from fakes.tests.stage import Stage, first, staged
from fakes.wire import plain

SECRET = "s3cret_A-1"


@pytest.fixture
async def platform() -> AsyncIterator[Telegram]:
    yield Telegram()


@pytest.fixture
async def stage(platform: Telegram) -> AsyncIterator[Stage[Telegram]]:
    async with staged(platform) as made:
        yield made


async def call(stage: Stage[Telegram], platform: Telegram, method: str, **given: Any) -> dict[str, Any]:
    answer = await stage.client.post(f"/bot{platform.token}/{method}", json=given)
    made: dict[str, Any] = answer.json()
    assert made["ok"] is (answer.status_code == 200)
    return made


async def hooked(stage: Stage[Telegram], platform: Telegram, **more: Any) -> None:
    assert (await call(stage, platform, "setWebhook", url=stage.hook.url, secret_token=SECRET, **more))["ok"]


async def said(platform: Telegram, **said: Any) -> str:
    id = await platform.say(first(platform).id, Said(**said))
    await platform.settled()
    return id


async def test_an_update_carries_the_secret_and_the_messages_shape(
    stage: Stage[Telegram], platform: Telegram
) -> None:
    await hooked(stage, platform)
    await said(platform, text="你好")
    (update,) = stage.bodies()
    who = int(first(platform).id)
    assert update["message"]["text"] == "你好"
    assert update["message"]["chat"] == {"id": who, "type": "private", "first_name": "林小满"}
    assert update["message"]["from"]["language_code"] == "zh-hans"
    assert stage.hook.calls[0].headers["x-telegram-bot-api-secret-token"] == SECRET
    assert platform.seen(first(platform).id)[0].fate == "delivered"


async def test_an_unheard_update_is_repeated_with_the_same_id(
    stage: Stage[Telegram], platform: Telegram
) -> None:
    await hooked(stage, platform)
    stage.answers("no", 500)
    await said(platform, text="hello")
    assert len({update["update_id"] for update in stage.bodies()}) == 1
    assert len(stage.hook.calls) == 5
    assert (await call(stage, platform, "getWebhookInfo"))["result"]["last_error_message"]


async def test_updates_wait_for_polling_and_are_confirmed_by_their_offset(
    stage: Stage[Telegram], platform: Telegram
) -> None:
    platform.form["webhook"] = ""
    await said(platform, text="one")
    await said(platform, text="two")
    first_two = (await call(stage, platform, "getUpdates"))["result"]
    assert [update["message"]["text"] for update in first_two] == ["one", "two"]
    asking = asyncio.create_task(
        call(stage, platform, "getUpdates", offset=first_two[1]["update_id"] + 1, timeout=5)
    )
    await asyncio.sleep(0.05)
    assert (await call(stage, platform, "getUpdates"))["error_code"] == 409
    await said(platform, text="three")
    assert [update["message"]["text"] for update in (await asking)["result"]] == ["three"]
    await hooked(stage, platform, drop_pending_updates=True)
    assert (await call(stage, platform, "getUpdates"))["error_code"] == 409


async def test_a_message_reaches_only_who_has_begun_and_has_not_blocked(
    stage: Stage[Telegram], platform: Telegram
) -> None:
    who = first(platform)
    cold = await call(stage, platform, "sendMessage", chat_id=int(who.id), text="hi")
    assert (cold["error_code"], "can't initiate" in cold["description"]) == (403, True)
    await hooked(stage, platform)
    await platform.act(who.id, "start", {"payload": "shop"})
    sent = await call(stage, platform, "sendMessage", chat_id=int(who.id), text="你好")
    assert sent["result"]["message_id"] == 2
    await platform.act(who.id, "block", {})
    await platform.settled()
    assert stage.bodies()[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    blocked = await call(stage, platform, "sendMessage", chat_id=int(who.id), text="hi")
    assert blocked["description"] == "Forbidden: bot was blocked by the user"
    lost = await call(stage, platform, "sendMessage", chat_id=1, text="hi")
    assert lost["description"] == "Bad Request: chat not found"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": " "}, "message text is empty"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "<x>x</x>", "parse_mode": "HTML"}, "Unsupported start tag"),
        ({"text": "a.b", "parse_mode": "MarkdownV2"}, "can't parse entities"),
        ({"text": "hi", "txt": "hi"}, "txt"),
        ({"text": "hi", "reply_parameters": {"message_id": 77}}, "message to be replied not found"),
        (
            {"text": "hi", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "x" * 65}]]}},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_what_is_wrong_is_refused(
    stage: Stage[Telegram], platform: Telegram, given: Any, why: str
) -> None:
    await said(platform, text="hello")
    refused = await call(stage, platform, "sendMessage", chat_id=first(platform).id, **given)
    assert refused["error_code"] == 400
    assert why in refused["description"]


async def test_tokens_are_told_apart(stage: Stage[Telegram], platform: Telegram) -> None:
    assert (await stage.client.post("/bot1:wrong/getMe")).status_code == 401
    assert (await stage.client.post("/botwrong/getMe")).status_code == 404
    assert (await call(stage, platform, "noSuchMethod"))["error_code"] == 404
    old = platform.token
    platform.switch({"token_expired": True})
    assert (await stage.client.post(f"/bot{old}/getMe")).status_code == 401
    assert (await call(stage, platform, "getMe"))["result"]["is_bot"] is True


async def test_the_rate_of_one_chat_is_limited(stage: Stage[Telegram], platform: Telegram) -> None:
    await said(platform, text="hello")
    answers = [
        await call(stage, platform, "sendMessage", chat_id=first(platform).id, text="hi") for _ in range(6)
    ]
    assert [answer["ok"] for answer in answers] == [True] * 5 + [False]
    assert answers[-1]["parameters"] == {"retry_after": 1}


async def test_a_group_takes_twenty_a_minute(stage: Stage[Telegram], platform: Telegram) -> None:
    await said(platform, text="in the group", more={"group": "-1001"})
    for _ in range(19):
        platform.world.calls.take("group -1001", 20, 60)
    assert (await call(stage, platform, "sendMessage", chat_id=-1001, text="hi"))["ok"]
    refused = await call(stage, platform, "sendMessage", chat_id=-1001, text="hi")
    assert (refused["error_code"], refused["parameters"]) == (429, {"retry_after": 60})


async def test_files_go_both_ways(stage: Stage[Telegram], platform: Telegram) -> None:
    await hooked(stage, platform)
    await said(platform, kind="image", data=b"\x89PNG" * 400, media_type="image/png", text="look")
    photo = stage.bodies()[0]["message"]["photo"]
    assert stage.bodies()[0]["message"]["caption"] == "look"
    path = (await call(stage, platform, "getFile", file_id=photo[-1]["file_id"]))["result"]["file_path"]
    assert (await stage.client.get(f"/file/bot{platform.token}/{path}")).content == b"\x89PNG" * 400
    platform.switch({"clock_ahead": 3700})
    assert (await stage.client.get(f"/file/bot{platform.token}/{path}")).status_code == 404
    sent = await stage.client.post(
        f"/bot{platform.token}/sendDocument",
        data={"chat_id": first(platform).id, "caption": "[价格]"},
        files={"document": ("价格.pdf", b"%PDF-1.7", "application/pdf")},
    )
    assert sent.json()["result"]["document"]["file_name"] == "价格.pdf"
    shown = platform.seen(first(platform).id)[-1]
    assert (shown.kind, shown.text, platform.files[shown.file].data) == ("file", "[价格]", b"%PDF-1.7")
    again = {"chat_id": first(platform).id, "document": sent.json()["result"]["document"]["file_id"]}
    assert (await call(stage, platform, "sendDocument", **again))["ok"]
    stage.hook.answer = lambda _: plain("file of a link")
    linked = await call(stage, platform, "sendDocument", chat_id=first(platform).id, document=stage.hook.url)
    assert linked["ok"]
    assert not (await call(stage, platform, "sendPhoto", chat_id=first(platform).id, photo="nobody's"))["ok"]


async def test_edits_deletions_buttons_reactions(stage: Stage[Telegram], platform: Telegram) -> None:
    await hooked(
        stage, platform, allowed_updates=["message", "edited_message", "callback_query", "message_reaction"]
    )
    who = first(platform)
    hers = await said(platform, text="helo")
    await platform.act(who.id, "edit", {"message": hers, "text": "hello"})
    keys = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    ours = await call(stage, platform, "sendMessage", chat_id=who.id, text="sure?", reply_markup=keys)
    id = str(ours["result"]["message_id"])
    await platform.act(who.id, "choose", {"message": id, "choice": "y"})
    await platform.act(who.id, "react", {"message": id, "emoji": "👍"})
    await platform.act(who.id, "block", {})
    await platform.act(who.id, "unblock", {})
    await platform.settled()
    updates = {next(key for key in update if key != "update_id"): update for update in stage.bodies()}
    assert set(updates) == {"message", "edited_message", "callback_query", "message_reaction"}
    assert updates["edited_message"]["edited_message"]["text"] == "hello"
    query = updates["callback_query"]["callback_query"]
    assert query["data"] == "y"
    assert (await call(stage, platform, "answerCallbackQuery", callback_query_id=query["id"], text="ok"))[
        "ok"
    ]
    assert not (await call(stage, platform, "answerCallbackQuery", callback_query_id=query["id"]))["ok"]
    edit = {"chat_id": who.id, "message_id": int(id), "text": "sure!"}
    assert (await call(stage, platform, "editMessageText", **edit))["result"]["edit_date"]
    assert "not modified" in (await call(stage, platform, "editMessageText", **edit))["description"]
    assert (await call(stage, platform, "deleteMessage", chat_id=who.id, message_id=int(id)))["ok"]
    assert platform.seen(who.id)[-1].fate == "recalled"


async def test_an_answer_may_be_a_call(stage: Stage[Telegram], platform: Telegram) -> None:
    await hooked(stage, platform)
    who = first(platform).id
    stage.answers({"method": "sendMessage", "chat_id": int(who), "text": "at once"})
    await said(platform, text="hello")
    assert platform.answers is not None
    await platform.answers
    assert [shown.text for shown in platform.seen(who)] == ["hello", "at once"]


async def test_deletions_are_told_of_business_chats_alone(stage: Stage[Telegram], platform: Telegram) -> None:
    await hooked(stage, platform)
    who = first(platform).id
    id = await said(platform, text="oh", more={"business_connection_id": "biz1"})
    await platform.act(who, "recall", {"message": id})
    await platform.settled()
    assert stage.bodies()[-1]["deleted_business_messages"]["message_ids"] == [int(id)]


async def test_a_group_with_topics(stage: Stage[Telegram], platform: Telegram) -> None:
    await hooked(stage, platform)
    await said(platform, text="in the group", more={"group": "-1001", "message_thread_id": "7"})
    message = stage.bodies()[0]["message"]
    assert (message["chat"]["id"], message["chat"]["type"], message["message_thread_id"]) == (
        -1001,
        "supergroup",
        7,
    )
    sent = await call(stage, platform, "sendMessage", chat_id=-1001, text="hi", message_thread_id=7)
    assert sent["result"]["chat"]["id"] == -1001
    assert (await call(stage, platform, "deleteMessage", chat_id=-1001, message_id=2))["ok"]


async def test_an_album_is_as_many_updates(stage: Stage[Telegram], platform: Telegram) -> None:
    await hooked(stage, platform)
    for nr in range(2):
        await said(platform, kind="image", data=b"%d" % nr, more={"media_group_id": "77"})
    groups = [update["message"]["media_group_id"] for update in stage.bodies()]
    assert groups == ["77", "77"]
    who, files = first(platform).id, {"a": ("a.jpg", b"one"), "b": ("b.jpg", b"two")}
    media = '[{"type":"photo","media":"attach://a"},{"type":"photo","media":"attach://b"}]'
    path = f"/bot{platform.token}/sendMediaGroup"
    sent = await stage.client.post(path, data={"chat_id": who, "media": media}, files=files)
    assert len(sent.json()["result"]) == 2
    assert [platform.files[shown.file].data for shown in platform.seen(who)[2:]] == [b"one", b"two"]


async def test_what_stands_below_a_file_is_edited_as_its_caption(
    stage: Stage[Telegram], platform: Telegram
) -> None:
    await said(platform, text="hello")
    made = await stage.client.post(
        f"/bot{platform.token}/sendDocument",
        data={"chat_id": first(platform).id, "caption": "old"},
        files={"document": ("a.pdf", b"%PDF-1.7", "application/pdf")},
    )
    about = {"chat_id": first(platform).id, "message_id": made.json()["result"]["message_id"]}
    edited = await call(stage, platform, "editMessageCaption", **about, caption="new")
    assert (edited["result"]["caption"], platform.seen(first(platform).id)[-1].text) == ("new", "new")
    refused = [
        await call(stage, platform, "editMessageCaption", **about, caption="new"),
        await call(stage, platform, "editMessageCaption", **about, caption="x" * 1025),
        await call(stage, platform, "editMessageText", **about, text="new"),
    ]
    assert [one["description"].split(": ", 1)[1].split(":")[0] for one in refused] == [
        "message is not modified", "message caption is too long", "there is no text in the message to edit",
    ]  # fmt: skip


async def test_a_connected_business_reads_and_deletes_in_its_own_chats(
    stage: Stage[Telegram], platform: Telegram
) -> None:
    await hooked(stage, platform)
    id = int(await said(platform, text="oh", more={"business_connection_id": "biz1"}))
    about: dict[str, Any] = {
        "business_connection_id": "biz1",
        "chat_id": int(first(platform).id),
        "message_id": id,
    }
    for wrong in ({**about, "business_connection_id": "biz2"}, {**about, "message_id": 0}):
        assert not (await call(stage, platform, "readBusinessMessage", **wrong))["ok"]
    assert (await call(stage, platform, "readBusinessMessage", **about))["ok"]
    assert platform.seen(first(platform).id)[-1].fate == "read"
    gone = {"business_connection_id": "biz1", "message_ids": [id]}
    for wrong in ({**gone, "business_connection_id": "biz2"}, {**gone, "message_ids": []}):
        assert not (await call(stage, platform, "deleteBusinessMessages", **wrong))["ok"]
    for _ in range(2):
        assert (await call(stage, platform, "deleteBusinessMessages", **gone))["ok"]
    assert platform.seen(first(platform).id)[-1].fate == "recalled"
