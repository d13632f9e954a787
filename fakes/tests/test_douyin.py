"""Douyin: signature, challenge, tokens and renewals, scenes, quotas, echoes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.phone import Said
from fakes.platforms.douyin import Douyin, signed
from fakes.tests.stage import Stage, first, staged
from fakes.wire import Asked, Told, told


@pytest.fixture
async def platform() -> AsyncIterator[Douyin]:
    yield Douyin()


@pytest.fixture
async def stage(platform: Douyin) -> AsyncIterator[Stage[Douyin]]:
    async with staged(platform) as made:
        made.hook.answer = _challenge
        assert (await platform.connect({"webhook": made.hook.url})).ok
        made.hook.calls.clear()
        yield made


def _challenge(asked: Asked) -> Told:
    body = asked.json()
    return told({"challenge": body["content"]["challenge"]} if body["event"] == "verify_webhook" else {})


async def oauth(stage: Stage[Douyin], platform: Douyin, word: str, **more: str) -> dict[str, Any]:
    app = {"client_key": platform.form["client_key"], "client_secret": platform.form["client_secret"]}
    made: dict[str, Any] = (await stage.client.post(f"/oauth/{word}/", data={**app, **more})).json()["data"]
    return made


async def send(stage: Stage[Douyin], platform: Douyin, msg_id: str, content: Any = None, **more: Any) -> int:
    who = first(platform)
    body = {
        "to_user_id": who.id,
        "conversation_id": who.notes["conversation"],
        "msg_id": msg_id,
        "scene": "im_reply_msg",
        "content": content or {"msg_type": 1, "text": {"text": "hi"}},
        **more,
    }
    path = f"/im/send/msg/?open_id={platform.form['open_id']}"
    answer = await stage.client.post(path, json=body, headers={"access-token": platform.form["access_token"]})
    await platform.settled()
    made = answer.json()
    return int(made["data"]["error_code"] or made["extra"]["error_code"])


async def said(platform: Douyin, **said: Any) -> str:
    id = await platform.say(first(platform).id, Said(**said))
    await platform.settled()
    return id


def test_the_signature() -> None:
    body = b'{"event":"verify_webhook","client_key":"abc","content":{"challenge":12345}}'
    assert signed("test_secret", body) == "ff779a3b9e9daa2d1484d22450cd02e9fcfc4e62"


async def test_the_challenge_comes_back_as_a_number(stage: Stage[Douyin], platform: Douyin) -> None:
    stage.hook.answer = lambda asked: told({"challenge": str(asked.json()["content"]["challenge"])})
    assert not (await platform.connect({})).ok


async def test_a_message_is_signed_and_repeated_with_its_id(stage: Stage[Douyin], platform: Douyin) -> None:
    stage.answers("no", 500)
    id = await said(platform, text="你好")
    assert len(stage.hook.calls) == 4
    assert len({call.headers["msg-id"] for call in stage.hook.calls}) == 1
    call = stage.hook.calls[0]
    assert call.headers["x-douyin-signature"] == signed(platform.form["client_secret"], call.body)
    content = call.json()["content"]
    assert (content["server_message_id"], content["text"]) == (id, "你好")
    await platform.connect({"content": "string", "webhook_secret": "other"})
    await said(platform, text="hi")
    call = stage.hook.calls[-1]
    assert isinstance(call.json()["content"], str)
    assert call.headers["x-douyin-signature"] == signed("other", call.body)


async def test_six_replies_a_message_for_a_day(stage: Stage[Douyin], platform: Douyin) -> None:
    id = await said(platform, text="hello")
    assert [await send(stage, platform, id) for _ in range(7)] == [0] * 6 + [28003070]
    echo = stage.bodies()[-1]
    assert (echo["event"], echo["content"]["source"]) == ("im_send_msg", platform.form["client_key"])
    assert echo["from_user_id"] == platform.form["open_id"]
    newer = await said(platform, text="more")
    assert await send(stage, platform, newer) == 0
    platform.switch({"clock_ahead": 86405})
    assert await send(stage, platform, newer) == 28003080
    assert await send(stage, platform, "@none") == 2100005


async def test_three_messages_after_entering_for_thirty_seconds(
    stage: Stage[Douyin], platform: Douyin
) -> None:
    await platform.act(first(platform).id, "enter", {})
    await platform.settled()
    id = stage.bodies()[0]["content"]["server_message_id"]
    assert await send(stage, platform, id) == 28003082
    codes = [await send(stage, platform, id, scene="im_enter_direct_msg") for _ in range(4)]
    assert codes == [0, 0, 0, 28003070]
    platform.switch({"clock_ahead": 31})
    assert await send(stage, platform, id, scene="im_enter_direct_msg") == 28003080


async def test_unasked_messages_need_her_leave(stage: Stage[Douyin], platform: Douyin) -> None:
    assert await send(stage, platform, "", scene="im_authorize_message") == 2190003
    await platform.act(first(platform).id, "authorise", {})
    codes = [await send(stage, platform, "", scene="im_authorize_message") for _ in range(4)]
    assert codes == [0, 0, 0, 28003070]


@pytest.mark.parametrize(
    ("content", "more", "code"),
    [
        ({"msg_type": 1, "text": {"text": "x" * 1001}}, {}, 28001038),
        ({"msg_type": 2, "image": {"media_id": "none"}}, {}, 28001038),
        ({"msg_type": 99}, {}, 28001038),
        (
            {"msg_type": 204, "question_guide_msg_card": {"title": "x" * 31, "question_list": []}},
            {},
            28001038,
        ),
        (None, {"scene": "im_other"}, 2100005),
        (None, {"conversation_id": "@other"}, 28003082),
        (None, {"to_user_id": "nobody"}, 2100005),
        (None, {"unknown": 1}, 2100005),
    ],
)
async def test_what_is_wrong_is_refused(
    stage: Stage[Douyin], platform: Douyin, content: Any, more: dict[str, Any], code: int
) -> None:
    id = await said(platform, text="hello")
    for place in ("data", "extra"):
        platform.form["error_in"] = place
        assert await send(stage, platform, id, content, **more) == code


async def test_tokens_refresh_and_renew(stage: Stage[Douyin], platform: Douyin) -> None:
    id = await said(platform, text="hello")
    platform.switch({"token_expired": True})
    assert await send(stage, platform, id) == 2190008
    refresh = platform.form["refresh_token"]
    made = await oauth(stage, platform, "refresh_token", grant_type="refresh_token", refresh_token=refresh)
    platform.form["access_token"] = made["access_token"]
    assert await send(stage, platform, id) == 0
    for _ in range(5):
        refresh = (await oauth(stage, platform, "renew_refresh_token", refresh_token=refresh))[
            "refresh_token"
        ]
    assert (await oauth(stage, platform, "renew_refresh_token", refresh_token=refresh))["error_code"] == 10020
    code = platform.form["code"]
    made = await oauth(stage, platform, "access_token", grant_type="authorization_code", code=code)
    assert (made["open_id"], made["expires_in"]) == (platform.form["open_id"], 15 * 86400)
    again = await oauth(stage, platform, "access_token", grant_type="authorization_code", code=code)
    assert again["error_code"] == 10007
    platform.form["access_token"] = "made-up"
    assert await send(stage, platform, id) == 2190002


async def test_pictures_recalls_and_staff(stage: Stage[Douyin], platform: Douyin) -> None:
    who = first(platform)
    id = await said(platform, text="hello")
    token = (await oauth(stage, platform, "client_token", grant_type="client_credential"))["access_token"]
    files = {"image": ("a.png", b"png", "image/png")}
    path = "/tool/imagex/client_upload/"
    made = (await stage.client.post(path, files=files, headers={"access-token": token})).json()["data"]
    assert await send(stage, platform, id, {"msg_type": 2, "image": {"media_id": made["image_id"]}}) == 0
    shown = platform.seen(who.id)[-1]
    assert platform.files[shown.file].data == b"png"
    recall = {"msg_id": shown.id, "conversation_id": who.notes["conversation"], "conversation_type": 1}
    headers = {"access-token": platform.form["access_token"]}
    path = f"/im/recall/msg/?open_id={platform.form['open_id']}"
    assert (await stage.client.post(path, json=recall, headers=headers)).json()["data"]["error_code"] == 0
    await platform.act(who.id, "recall", {"message": id})
    await platform.act(who.id, "staff", {"text": "by hand"})
    await platform.settled()
    recalls = [body for body in stage.bodies() if body["event"] == "im_recall_msg"]
    assert [body["from_user_id"] == who.id for body in recalls] == [False, True]
    assert stage.bodies()[-1]["content"]["source"] == ""
    about = {"open_id": who.id, "access_token": platform.form["access_token"]}
    found = (await stage.client.get("/oauth/userinfo/", params=about)).json()["data"]
    assert found["nickname"] == "林小满"


async def test_the_account_takes_back_its_leave(stage: Stage[Douyin], platform: Douyin) -> None:
    id = await said(platform, text="hi")
    await platform.act(first(platform).id, "account", {"event": "unauthorize"})
    await platform.settled()
    assert (stage.bodies()[-1]["event"], await send(stage, platform, id)) == ("unauthorize", 2190008)
