"""Values of a wrong type anywhere in a call are refused in the platform's own words, never an accident."""

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from fakes.base import Platform
from fakes.platforms.dingtalk import DingTalk
from fakes.platforms.douyin import Douyin
from fakes.platforms.feishu import Feishu
from fakes.platforms.line import Line
from fakes.platforms.messenger import Messenger
from fakes.platforms.slack import Slack
from fakes.platforms.telegram import Telegram
from fakes.platforms.weibo import Weibo
from fakes.platforms.whatsapp import WhatsApp
from fakes.tests.stage import first
from fakes.wire import Asked

JSON = {"content-type": "application/json"}
ODD: list[Any] = [None, 7, "x", [], {}, [7], {"x": 7}]


def _telegram(platform: Telegram) -> tuple[Asked, Any]:
    keys = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    body = {"chat_id": first(platform).id, "text": "hi", "reply_markup": keys, "entities": []}
    return Asked(method="POST", path=f"/bot{platform.token}/sendMessage", headers=JSON), body


def _whatsapp(platform: WhatsApp) -> tuple[Asked, Any]:
    part = {"type": "body", "parameters": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]}
    template = {"name": "order_update", "language": {"code": "zh_CN"}, "components": [part]}
    body = {
        "messaging_product": "whatsapp",
        "to": first(platform).id,
        "type": "template",
        "template": template,
    }
    headers = {**JSON, "authorization": f"Bearer {platform.form['access_token']}"}
    path = f"/v23.0/{platform.form['phone_number_id']}/messages"
    return Asked(method="POST", path=path, headers=headers), {**body, "context": {"message_id": "wamid.x"}}


def _feishu(platform: Feishu) -> tuple[Asked, Any]:
    headers = {**JSON, "authorization": f"Bearer {platform.tokens.issue('app', 60)}"}
    body = {"receive_id": first(platform).id, "msg_type": "text", "content": '{"text":"hi"}', "uuid": "u"}
    path, query = "/open-apis/im/v1/messages", [("receive_id_type", "open_id")]
    return Asked(method="POST", path=path, query=query, headers=headers), body


def _dingtalk(platform: DingTalk) -> tuple[Asked, Any]:
    headers = {**JSON, "x-acs-dingtalk-access-token": platform.tokens.issue("app", 60)}
    robot, users = platform.form["robot_code"], [first(platform).notes["staff_id"]]
    param = json.dumps({"content": "hi"})
    body = {"robotCode": robot, "userIds": users, "msgKey": "sampleText", "msgParam": param}
    return Asked(method="POST", path="/v1.0/robot/oToMessages/batchSend", headers=headers), body


def _line(platform: Line) -> tuple[Asked, Any]:
    headers = {**JSON, "authorization": f"Bearer {platform.form['access_token']}"}
    quick = {"items": [{"type": "action", "action": {"type": "message", "label": "a", "text": "b"}}]}
    message = {"type": "text", "text": "hi", "quickReply": quick, "sender": {"name": "x"}}
    body = {"to": first(platform).id, "messages": [message]}
    return Asked(method="POST", path="/v2/bot/message/push", headers=headers), body


def _messenger(platform: Messenger) -> tuple[Asked, Any]:
    first(platform).notes["said_at"] = platform.now()
    buttons = [{"type": "postback", "title": "a", "payload": "b"}]
    template = {"template_type": "button", "text": "hi", "buttons": buttons}
    message = {"attachment": {"type": "template", "payload": template}, "quick_replies": []}
    body = {"recipient": {"id": first(platform).id}, "messaging_type": "RESPONSE", "message": message}
    query = [("access_token", platform.form["access_token"])]
    return Asked(method="POST", path="/v24.0/me/messages", query=query, headers=JSON), body


def _slack(platform: Slack) -> tuple[Asked, Any]:
    headers = {**JSON, "authorization": f"Bearer {platform.form['bot_token']}"}
    body = {"channel": first(platform).id, "text": "hi", "thread_ts": "1.2"}
    return Asked(method="POST", path="/api/chat.postMessage", headers=headers), body


def _douyin(platform: Douyin) -> tuple[Asked, Any]:
    who = first(platform)
    platform.received["@m"] = (who, platform.now(), "message")
    headers = {**JSON, "access-token": platform.form["access_token"]}
    content = {"title": "x", "question_list": [{"text": "y"}]}
    body = {
        "to_user_id": who.id,
        "conversation_id": who.notes["conversation"],
        "msg_id": "@m",
        "scene": "im_reply_msg",
        "content": {"msg_type": 204, "question_guide_msg_card": content},
    }
    query = [("open_id", platform.form["open_id"])]
    return Asked(method="POST", path="/im/send/msg/", query=query, headers=headers), body


def _weibo(platform: Weibo) -> tuple[Asked, Any]:
    first(platform).notes["said_at"] = platform.now()
    article = {"display_name": "a", "summary": "b", "image": "c", "url": "d"}
    return Asked(method="POST", path="/2/messages/reply/biz.json"), {"articles": [article]}


MAKERS: dict[type[Platform], Any] = {
    Telegram: _telegram,
    WhatsApp: _whatsapp,
    Feishu: _feishu,
    DingTalk: _dingtalk,
    Line: _line,
    Messenger: _messenger,
    Slack: _slack,
    Douyin: _douyin,
    Weibo: _weibo,
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from places(below, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    made = copy.deepcopy(value)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = by
    return made


def encoded(platform: Platform, asked: Asked, body: Any) -> Asked:
    if not isinstance(platform, Weibo):
        return msgspec.structs.replace(asked, body=msgspec.json.encode(body))
    form = {"access_token": platform.form["access_token"], "receiver_id": first(platform).id}
    text = urlencode({**form, "type": "articles", "data": json.dumps(body)})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return msgspec.structs.replace(asked, body=text.encode(), headers=headers)


@pytest.mark.parametrize("kind", list(MAKERS))
async def test_no_value_is_an_accident(kind: type[Platform]) -> None:
    platform = kind()
    platform.form["webhook"] = "http://127.0.0.1:9/"
    for phone in platform.phones.values():
        phone.notes["started"] = True
    asked, body = MAKERS[kind](platform)
    assert (await platform.handle(encoded(platform, asked, body))).status == 200
    assert first(platform).chat[-1].by == "us"
    for path in places(body):
        for odd in ODD:
            platform.world.calls = type(platform.world.calls)(platform.world.clock)
            answer = await platform.handle(encoded(platform, asked, replaced(body, path, odd)))
            assert answer.status < 500, (path, odd, answer.body)
            for phone in platform.phones.values():
                msgspec.json.encode(phone.chat)
    await platform.close()
