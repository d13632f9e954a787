"""Weibo: the query's signature, messages without an id, the form of replies, the window."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from fakes.phone import Said
from fakes.platforms.weibo import Weibo, signed, stamp
from fakes.tests.stage import Stage, first, staged
from fakes.wire import Asked, Told, plain

TEXT = '{"text":"您好"}'


@pytest.fixture
async def platform() -> AsyncIterator[Weibo]:
    yield Weibo()


@pytest.fixture
async def stage(platform: Weibo) -> AsyncIterator[Stage[Weibo]]:
    async with staged(platform) as made:
        made.hook.answer = _echo
        assert (await platform.connect({"webhook": made.hook.url})).ok
        made.hook.calls.clear()
        yield made


def _echo(asked: Asked) -> Told:
    return plain(asked.one("echostr"))


async def reply(stage: Stage[Weibo], platform: Weibo, data: str = TEXT, **more: str) -> httpx2.Response:
    form = {
        "access_token": platform.form["access_token"],
        "type": "text",
        "data": data,
        "receiver_id": first(platform).id,
        **more,
    }
    return await stage.client.post("/2/messages/reply/biz.json", data=form)


async def said(platform: Weibo, **said: Any) -> str:
    id = await platform.say(first(platform).id, Said(**said))
    await platform.settled()
    return id


def test_the_signature_and_the_time() -> None:
    assert signed("appsecret", "1400000000", "abc") == "17af49aa7fcb047d3c265c05f749acebb3735274"
    assert stamp(1342433360) == "Mon Jul 16 18:09:20 +0800 2012"


async def test_the_handshake(stage: Stage[Weibo], platform: Weibo) -> None:
    stage.answers("no")
    assert not (await platform.connect({})).ok
    query = dict(stage.hook.calls[-1].query)
    assert query["signature"] == signed(platform.form["app_secret"], query["timestamp"], query["nonce"])


async def test_a_message_has_no_id_and_is_told_three_times(stage: Stage[Weibo], platform: Weibo) -> None:
    stage.answers("no", 500)
    await said(platform, text="你好")
    assert len(stage.hook.calls) == 3
    body = stage.bodies()[0]
    assert set(body) == {"type", "receiver_id", "sender_id", "created_at", "text", "data"}
    assert (body["sender_id"], body["text"]) == (int(first(platform).id), "你好")
    assert len({call.body for call in stage.hook.calls}) == 1
    call = stage.hook.calls[0]
    secret = platform.form["app_secret"]
    assert call.one("signature") == signed(secret, call.one("timestamp"), call.one("nonce"))


async def test_replies_within_two_days(stage: Stage[Weibo], platform: Weibo) -> None:
    assert (await reply(stage, platform)).json()["error_code"] == 10014
    await said(platform, text="hello")
    assert (await reply(stage, platform)).json()["result"] is True
    assert (await reply(stage, platform, quote(TEXT))).json()["result"] is True
    assert platform.seen(first(platform).id)[-1].text == "您好"
    platform.switch({"clock_ahead": 48 * 3600 + 5})
    assert (await reply(stage, platform)).json()["error_code"] == 10014
    await platform.act(first(platform).id, "event", {"subtype": "click", "key": "menu"})
    assert (await reply(stage, platform)).status_code == 200
    await platform.act(first(platform).id, "event", {"subtype": "unfollow"})
    await platform.settled()
    assert (await reply(stage, platform)).json()["error_code"] == 10014
    assert [body["data"].get("subtype") for body in stage.bodies()] == [None, "click", "unfollow"]


async def test_a_mention_may_be_answered_once(stage: Stage[Weibo], platform: Weibo) -> None:
    await said(platform, kind="mention", text="@客栈 在吗")
    assert [(await reply(stage, platform)).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    "given",
    [
        {"data": "hi"},
        {"data": '{"text":""}'},
        {"type": "image"},
        {"type": "articles", "data": '{"articles":[{"display_name":"x"}]}'},
        {"receiver_id": "1"},
        {"other": "1"},
    ],
)
async def test_what_is_wrong_is_refused(stage: Stage[Weibo], platform: Weibo, given: dict[str, str]) -> None:
    await said(platform, text="hello")
    assert (await reply(stage, platform, **given)).json()["error_code"] == 10008


async def test_tokens_and_codes(stage: Stage[Weibo], platform: Weibo) -> None:
    await said(platform, text="hello")
    assert (await reply(stage, platform, access_token="")).json()["error_code"] == 10006
    assert (await reply(stage, platform, access_token="x")).json()["error_code"] == 21332
    old = platform.form["access_token"]
    platform.switch({"token_expired": True})
    assert (await reply(stage, platform, access_token=old)).json()["error_code"] == 21327
    as_json = await stage.client.post("/2/messages/reply/biz.json", json={})
    assert as_json.json()["error_code"] == 10008
    platform.switch({"error": "10023"})
    assert (await reply(stage, platform)).json()["error_code"] == 10023


async def test_pictures_people_passive_answers_and_twins(stage: Stage[Weibo], platform: Weibo) -> None:
    who = first(platform).id
    await said(platform, kind="image", data=b"jpeg", media_type="image/jpeg")
    query = {"access_token": platform.form["access_token"]}
    fid = stage.bodies()[0]["data"]["tovfid"]
    assert (await stage.client.get("/2/mss/msget", params={**query, "fid": fid})).content == b"jpeg"
    found = await stage.client.get("/2/eps/user/info.json", params={**query, "uid": who})
    assert found.json()["nickname"] == "林小满"
    own = await stage.client.get("/2/eps/user/info.json", params={**query, "uid": platform.form["uid"]})
    assert own.json()["nickname"] == "客栈茶庄"
    stage.answers({"result": True, "type": "text", "data": quote(TEXT)})
    await said(platform, text="hello")
    assert platform.seen(who)[-1].text == "您好"
    stage.answers("")
    stage.hook.calls.clear()
    await platform.act(who, "twice", {"text": "在吗"})
    await platform.settled()
    assert [body["text"] for body in stage.bodies()] == ["在吗", "在吗"]
