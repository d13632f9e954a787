"""Feishu: sealed and signed events with their repeats, tokens, sends, files."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from fakes.base import Misused
from fakes.deliver import Manners
from fakes.phone import Said
from fakes.platforms.feishu import MANNERS, Feishu
from fakes.platforms.feishu_api import sealed, signed
from fakes.tests.stage import Stage, first, staged
from fakes.wire import Asked, Told, told

SEALED = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="


def opened(key: str, text: str) -> Any:
    digest = Hash(SHA256())
    digest.update(key.encode())
    raw = b64decode(text)
    made = Cipher(algorithms.AES(digest.finalize()), modes.CBC(raw[:16])).decryptor()
    plain = made.update(raw[16:]) + made.finalize()
    return msgspec.json.decode(plain[: -plain[-1]])


@pytest.fixture
async def platform() -> AsyncIterator[Feishu]:
    yield Feishu()


@pytest.fixture
async def stage(platform: Feishu) -> AsyncIterator[Stage[Feishu]]:
    async with staged(platform) as made:
        made.hook.answer = lambda asked: _answer(platform, asked)
        assert (await platform.connect({"webhook": made.hook.url})).ok
        made.hook.calls.clear()
        yield made


def _answer(platform: Feishu, asked: Asked) -> Told:
    body = asked.json()
    if "encrypt" in body:
        body = opened(platform.form["encrypt_key"], body["encrypt"])
    return told({"challenge": body["challenge"]} if "challenge" in body else {"msg": "success"})


async def api(stage: Stage[Feishu], platform: Feishu, method: str, path: str, **more: Any) -> dict[str, Any]:
    tenant = {"app_id": platform.form["app_id"], "app_secret": platform.form["app_secret"]}
    token = (await stage.client.post("/open-apis/auth/v3/tenant_access_token/internal", json=tenant)).json()
    headers = {"authorization": f"Bearer {token['tenant_access_token']}"}
    answer = await stage.client.request(method, f"/open-apis{path}", headers=headers, **more)
    made: dict[str, Any] = answer.json()
    assert (made["code"] == 0) is (answer.status_code == 200)
    return made


async def send(
    stage: Stage[Feishu], platform: Feishu, content: Any, kind: str = "text", **more: Any
) -> dict[str, Any]:
    content = content if isinstance(content, str) else json.dumps(content)
    body = {"receive_id": first(platform).id, "msg_type": kind, "content": content, **more}
    return await api(stage, platform, "POST", "/im/v1/messages?receive_id_type=open_id", json=body)


def events(stage: Stage[Feishu], platform: Feishu) -> list[Any]:
    return [opened(platform.form["encrypt_key"], body["encrypt"]) for body in stage.bodies()]


async def said(platform: Feishu, **said: Any) -> str:
    id = await platform.say(first(platform).id, Said(**said))
    await platform.settled()
    return id


def test_the_published_vectors() -> None:
    assert sealed("test key", b"hello world", b64decode(SEALED)[:16]) == SEALED
    body = f'{{"encrypt":"{SEALED}"}}'.encode()
    expected = "669e3ed5328644f71370e3249f96af0fd17e5ed4d7b178c44f11f7997339e344"
    assert signed("1700000000", "nonce123", "test key", body) == expected


async def test_the_handshake_is_sealed_and_unsigned(stage: Stage[Feishu], platform: Feishu) -> None:
    assert (await platform.connect({"webhook": stage.hook.url})).ok
    (call,) = stage.hook.calls
    assert "x-lark-signature" not in call.headers
    assert (await platform.connect({"encrypt_key": ""})).ok
    assert stage.bodies()[-1]["type"] == "url_verification"
    stage.answers({"challenge": "other"})
    assert not (await platform.connect({})).ok


async def test_an_event_is_sealed_and_signed(stage: Stage[Feishu], platform: Feishu) -> None:
    id = await said(platform, text="你好")
    (call,) = stage.hook.calls
    stamp, nonce = call.headers["x-lark-request-timestamp"], call.headers["x-lark-request-nonce"]
    assert call.headers["x-lark-signature"] == signed(stamp, nonce, platform.form["encrypt_key"], call.body)
    (event,) = events(stage, platform)
    assert event["header"]["event_type"] == "im.message.receive_v1"
    assert event["event"]["message"]["message_id"] == id
    assert json.loads(event["event"]["message"]["content"]) == {"text": "你好"}


async def test_an_unheard_event_comes_four_times_more_with_its_id(
    stage: Stage[Feishu], platform: Feishu
) -> None:
    assert MANNERS.pauses == (15, 300, 3600, 21600)
    platform.manners = Manners(timeout=300, pauses=(0, 0, 0, 0))
    stage.answers("no", 500)
    await said(platform, text="hello")
    assert len(stage.hook.calls) == 5
    assert len({event["header"]["event_id"] for event in events(stage, platform)}) == 1


async def test_the_token_is_the_same_until_it_nears_its_end(stage: Stage[Feishu], platform: Feishu) -> None:
    async def token(secret: str = platform.form["app_secret"]) -> dict[str, Any]:
        body = {"app_id": platform.form["app_id"], "app_secret": secret}
        answer = await stage.client.post("/open-apis/auth/v3/tenant_access_token/internal", json=body)
        made: dict[str, Any] = answer.json()
        return made

    old = (await token())["tenant_access_token"]
    assert (await token())["tenant_access_token"] == old
    platform.switch({"clock_ahead": 5500})
    assert (await token())["tenant_access_token"] != old
    assert (await token("wrong"))["code"] == 10014
    platform.switch({"token_expired": True})
    headers = {"authorization": f"Bearer {old}"}
    answer = await stage.client.get("/open-apis/bot/v3/info", headers=headers)
    assert answer.json()["code"] == 99991663


async def test_a_repeated_uuid_sends_once(stage: Stage[Feishu], platform: Feishu) -> None:
    one = await send(stage, platform, {"text": "hi"}, uuid="row-1")
    two = await send(stage, platform, {"text": "hi"}, uuid="row-1")
    assert one["data"]["message_id"] == two["data"]["message_id"]
    assert len(platform.seen(first(platform).id)) == 1
    platform.switch({"clock_ahead": 3700})
    assert (await send(stage, platform, {"text": "hi"}, uuid="row-1"))["data"] != one["data"]


@pytest.mark.parametrize(
    ("content", "more", "code"),
    [
        ({"text": ""}, {}, 230001),
        ("hi", {}, 230001),
        ({"text": "x" * 150 * 1024}, {}, 230021),
        ({"text": "hi"}, {"uuid": "x" * 51}, 99992402),
        ({"text": "hi"}, {"receive_id": "ou_nobody"}, 230001),
        ({"text": "hi"}, {"other": 1}, 99992402),
        ({"image_key": "img_none"}, {"kind": "image"}, 230001),
        ({"title": "x", "content": []}, {"kind": "post"}, 230001),
        ({"text": "hi"}, {"kind": "voice"}, 230001),
    ],
)
async def test_what_is_wrong_is_refused(
    stage: Stage[Feishu], platform: Feishu, content: Any, more: dict[str, Any], code: int
) -> None:
    assert (await send(stage, platform, content, **more))["code"] == code


async def test_rates_and_people_who_see_no_robot(stage: Stage[Feishu], platform: Feishu) -> None:
    codes = [(await send(stage, platform, {"text": "hi"}))["code"] for _ in range(3)]
    assert codes == [0] * 3
    await platform.act(first(platform).id, "leave", {})
    assert (await send(stage, platform, {"text": "hi"}))["code"] == 230013
    platform.switch({"error": "99991402"})
    assert (await send(stage, platform, {"text": "hi"}))["code"] == 99991402


async def test_reply_edit_recall_read(stage: Stage[Feishu], platform: Feishu) -> None:
    who = first(platform).id
    hers = await said(platform, text="hello")
    body = {"msg_type": "text", "content": '{"text":"hi"}'}
    made = (await api(stage, platform, "POST", f"/im/v1/messages/{hers}/reply", json=body))["data"]
    assert made["parent_id"] == hers
    ours = f"/im/v1/messages/{made['message_id']}"
    assert (await api(stage, platform, "PUT", ours, json={**body, "content": '{"text":"ho"}'}))["code"] == 0
    assert platform.seen(who)[-1].text == "ho"
    await platform.act(who, "read", {})
    readers = await api(stage, platform, "GET", f"{ours}/read_users?user_id_type=open_id")
    assert readers["data"]["items"][0]["user_id"] == who
    assert (await api(stage, platform, "DELETE", ours))["code"] == 0
    assert (await api(stage, platform, "DELETE", f"/im/v1/messages/{hers}"))["code"] == 230026
    await platform.act(who, "recall", {"message": hers})
    await platform.act(who, "enter", {})
    await platform.settled()
    kinds = {event["header"]["event_type"] for event in events(stage, platform)}
    assert {"im.message.message_read_v1", "im.message.recalled_v1"} < kinds
    assert (await api(stage, platform, "GET", f"/contact/v3/users/{who}"))["data"]["user"]["name"] == "林小满"


async def test_files_both_ways(stage: Stage[Feishu], platform: Feishu) -> None:
    hers = await said(platform, kind="image", data=b"png", media_type="image/png")
    key = json.loads(events(stage, platform)[0]["event"]["message"]["content"])["image_key"]
    path = f"/im/v1/messages/{hers}/resources/{key}"
    await api(stage, platform, "GET", "/bot/v3/info")
    assert (await _file(stage, platform, f"{path}?type=image")).content == b"png"
    assert (await _file(stage, platform, f"{path}?type=file")).json()["code"] == 234001
    form = {"file_type": "opus", "file_name": "a.opus", "duration": "3000"}
    made = await api(stage, platform, "POST", "/im/v1/files", data=form, files={"file": ("a.opus", b"Ogg")})
    sent = await send(stage, platform, {"file_key": made["data"]["file_key"]}, kind="audio")
    assert sent["code"] == 0
    assert platform.seen(first(platform).id)[-1].kind == "voice"
    wrong = await send(stage, platform, {"file_key": made["data"]["file_key"]}, kind="media")
    assert wrong["code"] == 230055


async def _file(stage: Stage[Feishu], platform: Feishu, path: str) -> httpx2.Response:
    token = platform.tokens.current(platform.form["app_id"])
    assert token is not None
    return await stage.client.get(f"/open-apis{path}", headers={"authorization": f"Bearer {token[0]}"})


async def test_a_group_is_answered_where_she_wrote(stage: Stage[Feishu], platform: Feishu) -> None:
    await said(platform, text="in the group", more={"group_chat_id": "oc_group"})
    message = events(stage, platform)[0]["event"]["message"]
    assert (message["chat_id"], message["chat_type"], message["mentions"][0]["key"]) == (
        "oc_group",
        "group",
        "@_user_1",
    )
    body = {"receive_id": "oc_group", "msg_type": "text", "content": '{"text":"hi"}'}
    path = "/im/v1/messages?receive_id_type=chat_id"
    assert (await api(stage, platform, "POST", path, json=body))["code"] == 0
    nowhere = {**body, "receive_id": "oc_other"}
    assert (await api(stage, platform, "POST", path, json=nowhere))["code"] == 230002


async def test_a_cards_button_is_told(stage: Stage[Feishu], platform: Feishu) -> None:
    button = {"tag": "button", "text": {"tag": "plain_text", "content": "Yes"}, "value": {"answer": "y"}}
    card = {"elements": [{"tag": "action", "actions": [button]}]}
    made = await send(stage, platform, card, kind="interactive")
    shown = platform.seen(first(platform).id)[-1]
    choice = {"message": made["data"]["message_id"], "choice": shown.choices[0].id}
    await platform.act(first(platform).id, "choose", choice)
    await platform.settled()
    (event,) = events(stage, platform)
    assert event["header"]["event_type"] == "card.action.trigger"
    assert event["event"]["action"]["value"] == {"answer": "y"}


async def test_a_card_is_read_and_what_is_wrong_in_it_refused(stage: Stage[Feishu], platform: Feishu) -> None:
    title = {"header": {"title": {"tag": "plain_text", "content": "手冲壶"}}}
    link = {"tag": "button", "text": {"tag": "plain_text", "content": "看看"}, "url": "https://shop.example"}
    card = {**title, "elements": [{"tag": "action", "actions": [link]}]}
    made = await send(stage, platform, card, kind="interactive")
    shown = platform.seen(first(platform).id)[-1]
    assert (shown.text, [one.id for one in shown.choices]) == ("手冲壶", ["https://shop.example"])
    choice = {"message": made["data"]["message_id"], "choice": "https://shop.example"}
    await platform.act(first(platform).id, "choose", choice)
    await platform.settled()
    assert events(stage, platform) == [], "a page was opened, which nobody is told"
    for wrong in ({"tag": "img", "img_key": "img_none"}, {"tag": "button", "text": {"content": "?"}}):
        assert (await send(stage, platform, {"elements": [wrong]}, kind="interactive"))["code"] == 230099


async def test_reactions_of_both_sides_stand_once_and_go_again(
    stage: Stage[Feishu], platform: Feishu
) -> None:
    id, hers = await said(platform, text="hello"), first(platform).id
    path = f"/im/v1/messages/{id}/reactions"
    thumb = {"reaction_type": {"emoji_type": "THUMBSUP"}}
    both = [(await api(stage, platform, "POST", path, json=thumb))["data"]["reaction_id"] for _ in range(2)]
    assert both[0] == both[1]
    await platform.act(hers, "react", {"message": id, "emoji": "HEART"})
    items = (await api(stage, platform, "GET", path))["data"]["items"]
    assert [(one["operator"]["operator_type"], one["reaction_type"]["emoji_type"]) for one in items] == [
        ("app", "THUMBSUP"), ("user", "HEART"),
    ]  # fmt: skip
    theirs = await api(stage, platform, "DELETE", f"{path}/{items[1]['reaction_id']}")
    gone = [await api(stage, platform, "DELETE", f"{path}/{both[0]}") for _ in range(2)]
    assert [theirs["code"], *(one["code"] for one in gone)] == [231007, 0, 231007]
    await platform.act(hers, "unreact", {"message": id, "emoji": "HEART"})
    await platform.settled()
    assert (await api(stage, platform, "GET", path))["data"]["items"] == []
    kinds = [event["header"]["event_type"] for event in events(stage, platform)]
    assert sorted(kinds[1:]) == ["im.message.reaction.created_v1", "im.message.reaction.deleted_v1"]
    with pytest.raises(Misused):
        await platform.act(hers, "unreact", {"message": id, "emoji": "HEART"})


async def test_taken_out_of_a_group_nothing_is_said_there_any_more(
    stage: Stage[Feishu], platform: Feishu
) -> None:
    await said(platform, text="in the group", more={"group_chat_id": "oc_group"})
    await platform.act(first(platform).id, "expel", {})
    await platform.settled()
    assert events(stage, platform)[-1]["event"]["chat_id"] == "oc_group"
    body = {"receive_id": "oc_group", "msg_type": "text", "content": '{"text":"hi"}'}
    path = "/im/v1/messages?receive_id_type=chat_id"
    assert (await api(stage, platform, "POST", path, json=body))["code"] == 230002
