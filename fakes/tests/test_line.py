"""LINE: the signature, redeliveries, reply tokens, retry keys, the quota, contents."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from fakes.phone import Said
from fakes.platforms.line import Line, signed
from fakes.tests.stage import Stage, first, staged
from fakes.wire import blob

KEY = "123e4567-e89b-12d3-a456-426614174000"


@pytest.fixture
async def platform() -> AsyncIterator[Line]:
    yield Line()


@pytest.fixture
async def stage(platform: Line) -> AsyncIterator[Stage[Line]]:
    async with staged(platform) as made:
        assert (await platform.connect({"webhook": made.hook.url})).ok
        made.hook.calls.clear()
        yield made


async def call(
    stage: Stage[Line], platform: Line, path: str, body: Any = None, **headers: str
) -> httpx2.Response:
    headers = {"authorization": f"Bearer {platform.form['access_token']}", **headers}
    if body is None:
        return await stage.client.get(f"/v2/bot{path}", headers=headers)
    return await stage.client.post(f"/v2/bot{path}", json=body, headers=headers)


async def push(stage: Stage[Line], platform: Line, *messages: Any, **headers: str) -> httpx2.Response:
    body = {"to": first(platform).id, "messages": list(messages)}
    return await call(stage, platform, "/message/push", body, **headers)


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


async def said(platform: Line, **said: Any) -> str:
    id = await platform.say(first(platform).id, Said(**said))
    await platform.settled()
    return id


def test_the_published_signature() -> None:
    assert signed("channel_secret", b"bodybodybodybody") == "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="
    own = signed("channel_secret", b'{"destination":"U1","events":[]}')
    assert own == "YcjF6m+Ps9TzxsnUyNEMYfO+3JDil0mwF3JMiAZ2A1k="


async def test_verify_sends_no_events(stage: Stage[Line], platform: Line) -> None:
    stage.answers("no", 500)
    assert not (await platform.connect({"webhook": stage.hook.url})).ok
    assert stage.bodies() == [{"destination": platform.form["bot"], "events": []}]


async def test_a_message_is_signed_and_comes_again_marked(stage: Stage[Line], platform: Line) -> None:
    stage.answers("no", 500)
    id = await said(platform, text="你好")
    call = stage.hook.calls[0]
    assert call.headers["x-line-signature"] == signed(platform.form["channel_secret"], call.body)
    events = [body["events"][0] for body in stage.bodies()]
    assert [event["deliveryContext"]["isRedelivery"] for event in events] == [False, True, True, True]
    assert len({event["webhookEventId"] for event in events}) == 1
    assert events[0]["message"]["id"] == id
    assert base64.b64decode(call.headers["x-line-signature"])


async def test_without_redelivery_a_lost_event_is_lost(stage: Stage[Line], platform: Line) -> None:
    await platform.connect({"redelivery": "no"})
    stage.answers("no", 500)
    stage.hook.calls.clear()
    await said(platform, text="hello")
    assert len(stage.hook.calls) == 1
    assert platform.seen(first(platform).id)[0].fate == "lost"


async def test_a_reply_token_serves_once_within_a_minute(stage: Stage[Line], platform: Line) -> None:
    async def reply(token: str) -> httpx2.Response:
        return await call(stage, platform, "/message/reply", {"replyToken": token, "messages": [text("hi")]})

    await said(platform, text="hello")
    await said(platform, text="hello?")
    one, two = [body["events"][0]["replyToken"] for body in stage.bodies()]
    assert (await reply(one)).json()["sentMessages"][0]["id"]
    assert (await reply(one)).json() == {"message": "Invalid reply token"}
    platform.switch({"clock_ahead": 61})
    assert (await reply(two)).status_code == 400


async def test_a_retry_key_sends_once(stage: Stage[Line], platform: Line) -> None:
    assert (await push(stage, platform, text("hi"), **{"x-line-retry-key": KEY})).status_code == 200
    again = await push(stage, platform, text("hi"), **{"x-line-retry-key": KEY})
    assert (again.status_code, bool(again.headers["x-line-accepted-request-id"])) == (409, True)
    assert len(platform.seen(first(platform).id)) == 1
    assert (await push(stage, platform, text("hi"), **{"x-line-retry-key": "row-1"})).status_code == 400


async def test_the_quota_counts_pushes(stage: Stage[Line], platform: Line) -> None:
    await platform.connect({"quota": "1"})
    assert (await push(stage, platform, text("1"))).status_code == 200
    full = await push(stage, platform, text("2"))
    assert (full.status_code, full.json()["message"]) == (429, "You have reached your monthly limit.")
    assert (await call(stage, platform, "/message/quota/consumption")).json() == {"totalUsage": 1}


async def test_the_blocked_get_nothing_and_nobody_tells(stage: Stage[Line], platform: Line) -> None:
    who = first(platform).id
    assert (await call(stage, platform, f"/profile/{who}")).json()["displayName"] == "林小满"
    await platform.act(who, "unfollow", {})
    assert (await push(stage, platform, text("hi"))).status_code == 200
    assert platform.seen(who) == []
    assert (await call(stage, platform, f"/profile/{who}")).status_code == 404
    await platform.act(who, "follow", {})
    await platform.settled()
    assert [body["events"][0]["type"] for body in stage.bodies()] == ["unfollow", "follow"]
    assert stage.bodies()[1]["events"][0]["follow"] == {"isUnblocked": True}


PLACE = {"type": "location", "title": "客栈", "address": "山路 1 号", "latitude": 31.2, "longitude": 121.5}


@pytest.mark.parametrize(
    ("messages", "where"),
    [
        ([], "messages"),
        ([text("hi")] * 6, "messages"),
        ([text("")], "messages[0].text"),
        ([text("x" * 5001)], "messages[0].text"),
        ([text("hi", txt=1)], "messages[0].txt"),
        ([text("hi", sender={"name": "x" * 21})], "messages[0].sender.name"),
        ([text("hi", quickReply={"items": [{}] * 14})], "messages[0].quickReply.items"),
        ([{"type": "file", "text": "x"}], "messages[0].type"),
        ([{"type": "image", "originalContentUrl": "https://x"}], "messages[0].previewImageUrl"),
        ([{**PLACE, "address": ""}], "messages[0].address"),
        ([{**PLACE, "title": "x" * 101}], "messages[0].title"),
        ([{**PLACE, "latitude": 91}], "messages[0].latitude"),
        ([{"type": "flex", "altText": "x", "contents": {"type": "box"}}], "messages[0].contents.type"),
    ],
)
async def test_what_is_wrong_is_refused(
    stage: Stage[Line], platform: Line, messages: Any, where: str
) -> None:
    refused = await push(stage, platform, *messages)
    assert (refused.status_code, refused.json()["details"][0]["property"]) == (400, where)


async def test_tokens(stage: Stage[Line], platform: Line) -> None:
    form = {"client_id": platform.form["channel_id"], "client_secret": platform.form["channel_secret"]}
    made = await stage.client.post("/oauth2/v3/token", data={"grant_type": "client_credentials", **form})
    assert made.json()["expires_in"] == 900
    headers = {"authorization": f"Bearer {made.json()['access_token']}"}
    assert (await call(stage, platform, "/info", None, **headers)).status_code == 200
    platform.switch({"clock_ahead": 901})
    assert (await call(stage, platform, "/info", None, **headers)).status_code == 401
    assert (await call(stage, platform, "/info")).status_code == 200
    platform.switch({"error": "403"})
    assert (await push(stage, platform, text("hi"))).status_code == 403


async def test_contents_unsend_standby_and_marks(stage: Stage[Line], platform: Line) -> None:
    who = first(platform).id
    id = await said(platform, kind="image", data=b"jpeg", media_type="image/jpeg")
    message = stage.bodies()[0]["events"][0]["message"]
    assert (await call(stage, platform, f"/message/{id}/content")).content == b"jpeg"
    mark = {"markAsReadToken": message["markAsReadToken"]}
    assert (await call(stage, platform, "/chat/markAsRead", mark)).status_code == 200
    assert platform.seen(who)[0].fate == "read"
    await platform.act(who, "recall", {"message": id})
    await platform.act(who, "standby", {})
    await platform.settled()
    await said(platform, text="hi")
    assert stage.bodies()[1]["events"][0]["unsend"] == {"messageId": id}
    standby = stage.bodies()[-1]["events"][0]
    assert standby["mode"] == "standby"
    assert "replyToken" not in standby
    assert (await call(stage, platform, f"/message/{id}/content")).status_code == 404
    loading = {"chatId": who, "loadingSeconds": 5}
    assert (await call(stage, platform, "/chat/loading/start", loading)).status_code == 202


async def test_a_picture_is_fetched_where_it_stands(stage: Stage[Line], platform: Line) -> None:
    stage.hook.answer = lambda _: blob(b"png", "image/png")
    image = {"type": "image", "originalContentUrl": stage.hook.url, "previewImageUrl": stage.hook.url}
    assert (await push(stage, platform, image)).status_code == 200
    shown = platform.seen(first(platform).id)[-1]
    assert (shown.kind, platform.files[shown.file].data) == ("image", b"png")


async def test_the_webhook_may_be_set_by_a_call(stage: Stage[Line], platform: Line) -> None:
    headers = {"authorization": f"Bearer {platform.form['access_token']}"}
    path = "/v2/bot/channel/webhook/endpoint"
    assert (
        await stage.client.put(path, json={"endpoint": stage.hook.url}, headers=headers)
    ).status_code == 200
    assert (await call(stage, platform, "/channel/webhook/endpoint")).json()["endpoint"] == stage.hook.url
    assert (await stage.client.put(path, json={"endpoint": "ftp://x"}, headers=headers)).status_code == 400


async def test_an_account_is_linked_once(stage: Stage[Line], platform: Line) -> None:
    who = first(platform)
    made = (await call(stage, platform, f"/user/{who.id}/linkToken", {})).json()["linkToken"]
    for _ in range(2):
        await platform.act(who.id, "link", {"token": made, "nonce": "n0nce"})
        await platform.settled()
    links = [body["events"][0]["link"] for body in stage.bodies()]
    assert [link["result"] for link in links] == ["ok", "failed"] and links[0]["nonce"] == "n0nce"
    assert (await call(stage, platform, "/user/U0/linkToken", {})).status_code == 404
