"""Messenger and Instagram: envelopes, echoes, windows, standby, attachments."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from fakes.phone import Said
from fakes.platforms.instagram import Instagram
from fakes.platforms.messenger import Messenger
from fakes.platforms.meta_customer import Direct
from fakes.platforms.meta_graph import signed
from fakes.tests.stage import Stage, first, staged
from fakes.wire import Asked, Told, blob, plain


@pytest.fixture(params=[Messenger, Instagram])
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[Direct]:
    yield request.param()


@pytest.fixture
async def stage(platform: Direct) -> AsyncIterator[Stage[Direct]]:
    async with staged(platform) as made:
        made.hook.answer = _hub
        assert (await platform.connect({"webhook": made.hook.url})).ok
        made.hook.calls.clear()
        yield made


def _hub(asked: Asked) -> Told:
    return plain(asked.one("hub.challenge"))


async def post(stage: Stage[Direct], platform: Direct, word: str, body: Any) -> httpx2.Response:
    path = f"/v24.0/me/{word}?access_token={platform.form['access_token']}"
    answer = await stage.client.post(path, json={"recipient": {"id": first(platform).id}, **body})
    await platform.settled()
    return answer


async def send(stage: Stage[Direct], platform: Direct, text: str = "hi", **more: Any) -> httpx2.Response:
    return await post(
        stage, platform, "messages", {"messaging_type": "RESPONSE", "message": {"text": text}, **more}
    )


async def said(platform: Direct, **said: Any) -> str:
    id = await platform.say(first(platform).id, Said(**said))
    await platform.settled()
    return id


def items(stage: Stage[Direct], place: str = "messaging") -> list[Any]:
    entries = [entry for body in stage.bodies() for entry in body["entry"]]
    return [item for entry in entries for item in entry.get(place, [])]


def codes(answer: httpx2.Response) -> tuple[int, int]:
    fault = answer.json()["error"]
    return fault["code"], fault.get("error_subcode", 0)


def test_the_signature() -> None:
    expected = "sha256=22d3988d1017c437ea81a89d41e2d3266c00a508cffdb23f8ad8746d232d77e9"
    assert signed("app_secret", b'{"object":"page","entry":[]}') == expected


async def test_a_message_and_the_echo_of_the_answer(stage: Stage[Direct], platform: Direct) -> None:
    mid = await said(platform, text="你好")
    assert stage.bodies()[0]["object"] == platform.object
    assert items(stage)[0]["message"] == {"mid": mid, "text": "你好"}
    sent = (await send(stage, platform, message={"text": "hi", "metadata": "row-1"})).json()
    echo = next(item for item in items(stage) if item.get("message", {}).get("is_echo"))
    assert echo["message"]["mid"] == sent["message_id"]
    assert echo["message"]["app_id"] == int(platform.form["app_id"])
    assert echo["recipient"] == {"id": first(platform).id}
    assert any("delivery" in item for item in items(stage)) is isinstance(platform, Messenger)
    await platform.act(first(platform).id, "read", {})
    await platform.settled()
    mark = items(stage)[-1]["read"]
    assert ("mid" in mark, "watermark" in mark) == (
        isinstance(platform, Instagram),
        isinstance(platform, Messenger),
    )


async def test_the_windows(stage: Stage[Direct], platform: Direct) -> None:
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    assert codes(await send(stage, platform)) == (10, platform.subcode_window)
    await said(platform, text="hello")
    platform.switch({"clock_ahead": 86405})
    assert codes(await send(stage, platform)) == (10, platform.subcode_window)
    assert (await send(stage, platform, **tagged)).status_code == 200
    assert codes(await send(stage, platform, **{**tagged, "tag": "ACCOUNT_UPDATE"}))[0] == 100
    platform.switch({"clock_ahead": 7 * 86400 + 5})
    assert codes(await send(stage, platform, **tagged)) == (10, platform.subcode_window)
    platform.form["human_agent"] = "no"
    assert codes(await send(stage, platform, **tagged))[0] == 200


async def test_refusals(stage: Stage[Direct], platform: Direct) -> None:
    await said(platform, text="hello")
    long = "x" * (2001 if isinstance(platform, Messenger) else 998) + (
        "" if isinstance(platform, Messenger) else "你"
    )
    assert codes(await send(stage, platform, long))[0] == 100
    assert codes(await send(stage, platform, recipient={"id": "1"})) == (100, 2018001)
    assert codes(await send(stage, platform, other=1))[0] == 100
    assert codes(await send(stage, platform, message={})) == (100, 2018034)
    await platform.act(first(platform).id, "block", {})
    assert codes(await send(stage, platform)) == (551, 1545041)
    platform.switch({"token_expired": True})
    bad = await stage.client.post("/v24.0/me/messages?access_token=old", json={})
    assert (bad.status_code, codes(bad)[0]) == (401, 190)
    platform.switch({"error": "10/2018278"})
    assert codes(await send(stage, platform)) == (10, 2018278)


async def test_another_app_has_the_thread(stage: Stage[Direct], platform: Direct) -> None:
    who = first(platform).id
    await said(platform, text="hello")
    await platform.act(who, "inbox", {})
    await said(platform, text="to the inbox")
    await platform.act(who, "staff", {"text": "from the inbox"})
    await platform.settled()
    assert [item["message"]["text"] for item in items(stage, "standby")] == ["to the inbox", "from the inbox"]
    assert codes(await send(stage, platform)) == (10, 2018300)
    assert (await post(stage, platform, "take_thread_control", {})).json() == {"success": True}
    assert (await send(stage, platform)).status_code == 200
    away = {"target_app_id": "263902037430900"}
    assert (await post(stage, platform, "pass_thread_control", away)).status_code == 200
    assert codes(await send(stage, platform)) == (10, 2018300)


async def test_files_both_ways(stage: Stage[Direct], platform: Direct) -> None:
    await said(platform, kind="image", data=b"png", media_type="image/png")
    url = items(stage)[0]["message"]["attachments"][0]["payload"]["url"]
    assert (await stage.client.get(url)).content == b"png"
    stage.hook.answer = lambda asked: blob(b"jpeg", "image/jpeg")
    payload = {"url": stage.hook.url, "is_reusable": True}
    message = {"attachment": {"type": "image", "payload": payload}}
    assert (await send(stage, platform, message=message)).status_code == 200
    made = (await post(stage, platform, "message_attachments", {"message": message})).json()
    again = {"attachment": {"type": "image", "payload": {"attachment_id": made["attachment_id"]}}}
    assert (await send(stage, platform, message=again)).status_code == 200
    shown = platform.seen(first(platform).id)[-1]
    assert (shown.kind, platform.files[shown.file].data) == ("image", b"jpeg")
    form = {
        "recipient": json.dumps({"id": first(platform).id}),
        "message": json.dumps({"attachment": {"type": "file", "payload": {}}}),
    }
    path = f"/v24.0/{platform.form['account_id']}/messages?access_token={platform.form['access_token']}"
    assert (
        await stage.client.post(path, data=form, files={"filedata": ("a.pdf", b"%PDF")})
    ).status_code == 200
    stage.answers("", 404)
    assert codes(await send(stage, platform, message=message)) == (100, 2018008)


async def test_other_things_she_does(stage: Stage[Direct], platform: Direct) -> None:
    who = first(platform).id
    mid = await said(platform, text="helo")
    replies = {"text": "?", "quick_replies": [{"content_type": "text", "title": "Yes", "payload": "y"}]}
    ours = (await send(stage, platform, message=replies)).json()["message_id"]
    await platform.act(who, "choose", {"message": ours, "choice": "y"})
    await platform.act(who, "edit", {"message": mid, "text": "hello"})
    await platform.act(who, "react", {"message": ours, "emoji": "❤"})
    await platform.act(who, "test", {})
    await platform.settled()
    found = {key: item for item in items(stage) for key in item}
    assert found["message_edit"]["message_edit"] == {"mid": mid, "text": "hello", "num_edit": 1}
    assert found["reaction"]["reaction"]["mid"] == ours
    assert any(item.get("message", {}).get("quick_reply") == {"payload": "y"} for item in items(stage))
    assert items(stage, "changes")[0]["value"]["message"]["text"] == "test_message"
    if isinstance(platform, Instagram):
        await platform.act(who, "recall", {"message": mid})
        await platform.settled()
        assert items(stage)[-1]["message"] == {"mid": mid, "is_deleted": True}
    action = {"sender_action": "typing_on"}
    assert (await post(stage, platform, "messages", action)).status_code == 200
    assert first(platform).typing_until > 0


async def test_a_profile_needs_her_first_message(stage: Stage[Direct], platform: Direct) -> None:
    path = f"/v24.0/{first(platform).id}?fields=name,profile_pic&access_token={platform.form['access_token']}"
    assert codes(await stage.client.get(path)) == (100, 2018218)
    await said(platform, text="hello")
    assert (await stage.client.get(path)).json()["name"] == "林小满"


async def test_templates_are_shown_with_their_buttons_or_refused(
    stage: Stage[Direct], platform: Direct
) -> None:
    await said(platform, text="hello")
    yes = {"type": "postback", "title": "Yes", "payload": "y"}
    look = {"type": "web_url", "title": "Look", "url": "https://shop.example"}

    async def template(**payload: Any) -> httpx2.Response:
        message = {"attachment": {"type": "template", "payload": payload}}
        return await send(stage, platform, message=message)

    def element(**more: Any) -> dict[str, Any]:
        return {"template_type": "generic", "elements": [{"title": "Pot", **more}]}

    assert (await template(**element(subtitle="¥9", buttons=[yes, look]))).status_code == 200
    shown = platform.seen(first(platform).id)[-1]
    assert (shown.text, [choice.id for choice in shown.choices]) == ("Pot\n¥9", ["y", "https://shop.example"])
    await platform.act(first(platform).id, "choose", {"message": shown.id, "choice": "y"})
    await platform.settled()
    assert items(stage)[-1]["postback"]["payload"] == "y"
    for wrong in (
        element(buttons=[yes] * 4),
        element(subtitle="x" * 81),
        element(buttons=[{**yes, "title": "x" * 21}]),
        element(buttons=[{"type": "web_url", "title": "x"}]),
        {"template_type": "button", "text": "x" * 641, "buttons": [yes]},
        {"template_type": "button", "text": "?", "buttons": []},
        {"template_type": "list", "elements": []},
    ):
        assert codes(await template(**wrong))[0] == 100
