"""The mini-program: what is not as with the official account."""

import base64
import hmac
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from fakes.platforms.wechat_miniprogram import WechatMiniprogram
from fakes.platforms.wechat_oa import WechatOa
from fakes.tests.stage import Stage, staged
from fakes.wechat.crypto import seal, signature, unseal
from fakes.wechat.envelope import read_xml
from fakes.wire import Asked, told

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
Mini = Stage[WechatMiniprogram]


@pytest.fixture
async def mini() -> AsyncIterator[Mini]:
    async with staged(WechatMiniprogram()) as stage:
        yield stage


async def token(mini: Mini) -> str:
    form = mini.platform.form
    app = {"grant_type": "client_credential", "appid": form["appid"], "secret": form["secret"]}
    return str((await mini.client.post("/cgi-bin/stable_token", json=app)).json()["access_token"])


async def call(mini: Mini, path: str, body: object) -> dict[str, Any]:
    address = f"{path}?access_token={await token(mini)}"
    answer: dict[str, Any] = (await mini.client.post(address, json=body)).json()
    return answer


async def send(mini: Mini, **more: object) -> int:
    body = {"touser": mini.phone.id, "msgtype": "text", "text": {"content": "好"}, **more}
    return int((await call(mini, "/cgi-bin/message/custom/send", body))["errcode"])


def opened(mini: Mini, asked: Asked) -> dict[str, Any]:
    form, outer = mini.platform.form, msgspec.json.decode(asked.body)
    assert set(outer) == {"ToUserName", "Encrypt"} and asked.headers["content-type"] == "application/json"
    words = (form["token"], asked.one("timestamp"), asked.one("nonce"), outer["Encrypt"])
    assert asked.one("msg_signature") == signature(*words)
    fields: dict[str, Any] = msgspec.json.decode(unseal(form["aes_key"], outer["Encrypt"], form["appid"]))
    return fields


async def test_json_pushes_have_numbers(mini: Mini) -> None:
    fields = opened(mini, await mini.say("你好"))
    assert (fields["Content"], fields["MsgType"]) == ("你好", "text")
    assert isinstance(fields["MsgId"], int) and isinstance(fields["CreateTime"], int)
    page = opened(mini, await mini.say("龙井", kind="miniprogrampage", more={"page": "pages/tea"}))
    assert (page["Title"], page["PagePath"], page["AppId"]) == (
        "龙井",
        "pages/tea",
        mini.platform.form["appid"],
    )
    image = opened(mini, await mini.say("", kind="image", data=PNG))
    assert (await mini.client.get(image["PicUrl"])).content == PNG


async def test_xml_when_chosen(mini: Mini) -> None:
    mini.platform.form |= {"format": "XML", "mode": "plain"}
    fields = read_xml((await mini.say("hi")).body)
    assert fields is not None and fields["Content"] == "hi"


async def test_a_sealed_json_reply(mini: Mini) -> None:
    form = mini.platform.form
    names = {"ToUserName": mini.phone.id, "FromUserName": form["original_id"], "CreateTime": 1}
    inner = msgspec.json.encode({**names, "MsgType": "transfer_customer_service"})
    sealed = seal(form["aes_key"], form["appid"], inner)
    signed = signature(form["token"], "1", "n", sealed)
    mini.hook.answer = lambda _: told(
        {"Encrypt": sealed, "MsgSignature": signed, "TimeStamp": 1, "Nonce": "n"}
    )
    await mini.say()
    await mini.say()
    assert len(mini.hook.calls) == 1


async def test_two_messages_for_who_opens_the_chat(mini: Mini) -> None:
    fields = opened(mini, await mini.act("enter", session_from="longjing"))
    assert (fields["Event"], fields["SessionFrom"]) == ("user_enter_tempsession", "longjing")
    assert [await send(mini) for _ in range(3)] == [0, 0, 45047]
    mini.platform.switch({"clock_ahead": 61})
    assert await send(mini) == 45015
    await mini.say()
    assert [await send(mini) for _ in range(6)] == [0] * 5 + [45047]
    mini.platform.switch({"clock_ahead": 61 + 2 * 86400})
    assert await send(mini) == 45015


async def test_who_has_signed_in_is_vouched_for_and_is_the_same_on_the_official_account(mini: Mini) -> None:
    word = opened(mini, await mini.act("enter_known"))["SessionFrom"]
    prefix, payload, signed = word.split(".")
    message = f"{mini.phone.id}.{payload}".encode()
    assert (prefix, signed) == (
        "kezhan",
        hmac.digest(mini.platform.form["secret"].encode(), message, "sha256").hex(),
    )
    said = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    account = WechatOa()
    (same,) = [phone for phone in account.phones.values() if phone.name == mini.phone.name]
    assert said == {"name": mini.phone.name, **account.union(same)}
    assert len(said["unionid"]) == 28


async def test_what_can_be_sent(mini: Mini) -> None:
    await mini.say()
    link = {"title": "t", "description": "d", "url": "https://a", "thumb_url": "https://b"}
    assert await send(mini, msgtype="link", link=link) == 0
    assert await send(mini, msgtype="voice", voice={}) == 40008
    assert await send(mini, msgtype="image", image={"media_id": "x"}) == 40007
    assert await send(mini, msgtype="link", link={"title": "t"}) == 40058


async def test_one_notice_for_each_consent(mini: Mini) -> None:
    template = mini.platform.form["templates"]
    values = {"character_string1": "A1", "thing2": "龙井", "phrase3": "已发货"}
    data: dict[str, object] = {name: {"value": value} for name, value in values.items()}
    body: dict[str, object] = {"touser": mini.phone.id, "template_id": template, "data": data}
    path = "/cgi-bin/message/subscribe/send"
    assert (await call(mini, path, body))["errcode"] == 43101
    await mini.act("consent", template=template)
    assert (await call(mini, path, {**body, "data": {**data, "thing2": "茶"}}))["errcode"] == 47003
    assert [(await call(mini, path, body))["errcode"] for _ in range(2)] == [0, 43101]
    assert (await call(mini, path, {**body, "template_id": "x"}))["errcode"] == 40037


async def test_templates_are_listed_as_the_console_has_them(mini: Mini) -> None:
    path = "/wxaapi/newtmpl/gettemplate"
    assert (await mini.client.get(path)).json()["errcode"] == 41001
    (found,) = (await mini.client.get(f"{path}?access_token={await token(mini)}")).json()["data"]
    assert found["priTmplId"] == mini.platform.form["templates"]
    assert (found["title"], found["type"]) == ("订单发货通知", 2)


async def test_a_login_code_is_good_once(mini: Mini) -> None:
    form, code = mini.platform.form, mini.platform.login_code(mini.phone.id)
    query = {"appid": form["appid"], "secret": form["secret"], "js_code": code}
    query["grant_type"] = "authorization_code"
    answers = [(await mini.client.get("/sns/jscode2session", params=query)).json() for _ in range(2)]
    assert answers[0]["openid"] == mini.phone.id and answers[0]["unionid"]
    assert answers[1]["errcode"] == 40163
    code = mini.platform.login_code(mini.phone.id)
    number = await call(mini, "/wxa/business/getuserphonenumber", {"code": code})
    assert number["phone_info"]["countryCode"] == "86"


async def test_typing_has_a_path_of_its_own(mini: Mini) -> None:
    await mini.say()
    body = {"touser": mini.phone.id, "command": "Typing"}
    assert (await call(mini, "/cgi-bin/message/custom/business/typing", body))["errcode"] == 0
    assert "errcode" not in await call(mini, "/cgi-bin/message/custom/typing", body)
