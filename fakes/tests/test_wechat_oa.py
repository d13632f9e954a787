"""The official account, called as an account calls it and pushing as WeChat pushes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.platforms.wechat_oa import WechatOa
from fakes.tests.stage import Stage, staged
from fakes.wechat.crypto import seal, signature, unseal
from fakes.wechat.envelope import read_xml, write_xml
from fakes.wire import Asked, plain

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
DAY = 86400
OA = Stage[WechatOa]


@pytest.fixture
async def oa() -> AsyncIterator[OA]:
    async with staged(WechatOa()) as stage:
        yield stage


async def token(oa: OA) -> str:
    form = oa.platform.form
    body = {"grant_type": "client_credential", "appid": form["appid"], "secret": form["secret"]}
    return str((await oa.client.post("/cgi-bin/stable_token", json=body)).json()["access_token"])


async def call(oa: OA, path: str, body: object, access: str = "") -> dict[str, Any]:
    access = access or await token(oa)
    answer: dict[str, Any] = (
        await oa.client.post(f"/cgi-bin/{path}?access_token={access}", json=body)
    ).json()
    return answer


async def send(oa: OA, text: str = "好", **more: object) -> int:
    body = {"touser": oa.phone.id, "msgtype": "text", "text": {"content": text}, **more}
    return int((await call(oa, "message/custom/send", body))["errcode"])


async def upload(oa: OA, kind: str, data: bytes, name: str = "a.png") -> dict[str, Any]:
    url = f"/cgi-bin/media/upload?access_token={await token(oa)}&type={kind}"
    answer: dict[str, Any] = (await oa.client.post(url, files={"media": (name, data, "image/png")})).json()
    return answer


def opened(oa: OA, asked: Asked) -> dict[str, Any]:
    """A push in safe mode, its signature checked."""
    outer = read_xml(asked.body)
    assert (
        outer is not None and set(outer) == {"ToUserName", "Encrypt"} and asked.one("encrypt_type") == "aes"
    )
    form, sealed = oa.platform.form, outer["Encrypt"]
    stamp, nonce = asked.one("timestamp"), asked.one("nonce")
    assert asked.one("msg_signature") == signature(form["token"], stamp, nonce, sealed)
    assert asked.one("signature") == signature(form["token"], stamp, nonce)
    fields = read_xml(unseal(form["aes_key"], sealed, form["appid"]))
    assert fields is not None and fields["ToUserName"] == form["original_id"]
    return fields


async def test_the_handshake_wants_the_echo_and_nothing_else(oa: OA) -> None:
    assert not (await oa.platform.connect({})).ok
    oa.hook.answer = lambda asked: plain(asked.one("echostr"))
    assert (await oa.platform.connect({})).ok
    first = oa.hook.calls[0]
    words = (oa.platform.form["token"], first.one("timestamp"), first.one("nonce"))
    assert first.method == "GET" and first.one("signature") == signature(*words)
    oa.hook.answer = lambda asked: plain(f'"{asked.one("echostr")}"')
    assert not (await oa.platform.connect({})).ok


async def test_a_text_in_safe_mode(oa: OA) -> None:
    fields = opened(oa, await oa.say("你好 <b>&"))
    assert (fields["MsgType"], fields["Content"]) == ("text", "你好 <b>&")
    assert fields["FromUserName"] == oa.phone.id and int(fields["MsgId"]) > 1 << 32
    assert oa.phone.chat[0].fate == "delivered"


@pytest.mark.parametrize("mode", ["plain", "compat"])
async def test_the_other_modes(oa: OA, mode: str) -> None:
    oa.platform.form["mode"] = mode
    asked = await oa.say("hi")
    fields = read_xml(asked.body)
    assert fields is not None and fields["Content"] == "hi"
    assert ("Encrypt" in fields) == (mode == "compat") == bool(asked.one("msg_signature"))


async def test_every_kind_of_message(oa: OA) -> None:
    image = opened(oa, await oa.say("", kind="image", data=PNG, media_type="image/png"))
    assert (await oa.client.get(image["PicUrl"])).content == PNG
    path = f"/cgi-bin/media/get?access_token={await token(oa)}&media_id="
    assert (await oa.client.get(path + image["MediaId"])).content == PNG
    video = opened(oa, await oa.say("", kind="video", data=b"0000ftypmp42", media_type="video/mp4"))
    told = (await oa.client.get(path + video["MediaId"])).json()
    assert (await oa.client.get(told["video_url"])).content == b"0000ftypmp42"
    place = opened(oa, await oa.say("西湖", kind="location", more={"latitude": "30.2"}))
    assert (place["Location_X"], place["Label"]) == ("30.2", "西湖")
    assert opened(oa, await oa.say("d", kind="link", more={"title": "t", "url": "u"}))["Title"] == "t"
    assert opened(oa, await oa.say("", kind="voice", data=b"#!AMR\n"))["Format"] == "amr"
    oa.platform.switch({"clock_ahead": 3 * DAY + 1})
    assert (await oa.client.get(path + image["MediaId"])).json()["errcode"] == 42001
    path = f"/cgi-bin/media/get?access_token={await token(oa)}&media_id="
    assert (await oa.client.get(path + image["MediaId"])).json()["errcode"] == 40007


async def test_events(oa: OA) -> None:
    menu = opened(oa, await oa.act("menu", key="HELP"))
    assert (menu["MsgType"], menu["Event"], menu["EventKey"]) == ("event", "CLICK", "HELP")
    assert "MsgId" not in menu
    scanned = opened(oa, await oa.act("menu", kind="scancode_waitmsg", key="SCAN"))
    assert scanned["ScanCodeInfo"]["ScanType"] == "qrcode"
    place = opened(oa, await oa.act("menu", kind="location_select", key="MAP"))
    assert place["SendLocationInfo"]["Label"] == "西湖"
    session = opened(oa, await oa.act("session", event="kf_switch_session"))
    assert {"FromKfAccount", "ToKfAccount"} <= set(session)
    assert opened(oa, await oa.act("unfollow"))["Event"] == "unsubscribe"
    assert await send(oa) == 43004
    assert opened(oa, await oa.act("follow", scene="42"))["EventKey"] == "qrscene_42"
    assert opened(oa, await oa.act("scan", scene="43"))["Event"] == "SCAN"


async def test_unheard_pushes_come_three_times_with_one_id(oa: OA) -> None:
    oa.hook.answer = lambda _: plain('{"ok":true}')
    await oa.say()
    ids = [opened(oa, asked)["MsgId"] for asked in oa.hook.calls]
    assert len(ids) == 3 and len(set(ids)) == 1
    assert [shown.by for shown in oa.phone.chat] == ["customer", "platform"]


async def test_late_answers_come_too_late() -> None:
    async with staged(WechatOa(), patient=False) as oa:
        oa.hook.hold = 0.7
        await oa.say()
        assert oa.phone.chat[0].fate == "lost" and len(oa.hook.calls) == 3


@pytest.mark.parametrize("mode", ["plain", "safe"])
async def test_passive_replies(oa: OA, mode: str) -> None:
    form = oa.platform.form
    form["mode"] = mode
    names = {"ToUserName": oa.phone.id, "FromUserName": form["original_id"], "CreateTime": 1}
    inner = write_xml({**names, "MsgType": "text", "Content": "在的"})
    sealed = seal(form["aes_key"], form["appid"], inner.encode())
    signed = signature(form["token"], "1", "n", sealed)
    outer = write_xml({"Encrypt": sealed, "MsgSignature": signed, "TimeStamp": 1, "Nonce": "n"})
    oa.hook.answer = lambda _: plain(inner if mode == "plain" else outer)
    await oa.say()
    assert [shown.text for shown in oa.phone.chat] == ["你好", "在的"]
    oa.hook.answer = lambda _: plain(inner.replace(oa.phone.id, "o1") if mode == "plain" else inner)
    await oa.say()
    assert oa.phone.chat[2].fate == "lost"


async def test_transfer_keeps_messages_away(oa: OA) -> None:
    oa.platform.form["mode"] = "plain"
    names = {"ToUserName": oa.phone.id, "FromUserName": oa.platform.form["original_id"], "CreateTime": 1}
    oa.hook.answer = lambda _: plain(write_xml({**names, "MsgType": "transfer_customer_service"}))
    await oa.say()
    await oa.say()
    assert len(oa.hook.calls) == 1
    oa.platform.switch({"clock_ahead": 1801})
    await oa.say()
    assert len(oa.hook.calls) == 2


async def test_tokens(oa: OA) -> None:
    access = await token(oa)
    assert access == await token(oa) and len(access) > 100
    form = oa.platform.form
    wrong = {"grant_type": "client_credential", "appid": form["appid"], "secret": "x"}
    assert (await oa.client.post("/cgi-bin/stable_token", json=wrong)).json()["errcode"] == 40125
    legacy = f"/cgi-bin/token?grant_type=client_credential&appid={form['appid']}&secret={form['secret']}"
    first = (await oa.client.get(legacy)).json()["access_token"]
    second = (await oa.client.get(legacy)).json()["access_token"]
    body = {"touser": oa.phone.id, "command": "Typing"}
    codes = [
        (await call(oa, "message/custom/typing", body, t))["errcode"] for t in (access, first, second, "x")
    ]
    assert codes == [45080, 42001, 45080, 40001]
    assert (await oa.client.post("/cgi-bin/message/custom/send", json={})).json()["errcode"] == 41001
    oa.platform.switch({"token_expired": True})
    assert (await call(oa, "message/custom/typing", body, access))["errcode"] == 42001
    assert await token(oa) != access


async def test_forced_tokens(oa: OA) -> None:
    access = await token(oa)
    form = oa.platform.form
    body = {
        "grant_type": "client_credential",
        "appid": form["appid"],
        "secret": form["secret"],
        "force_refresh": True,
    }
    new = (await oa.client.post("/cgi-bin/stable_token", json=body)).json()["access_token"]
    assert (
        new != access
        and (await oa.client.post("/cgi-bin/stable_token", json=body)).json()["errcode"] == 45009
    )
    assert (await call(oa, "message/custom/typing", {}, access))["errcode"] == 42001


async def test_the_window_and_the_quota(oa: OA) -> None:
    assert await send(oa) == 45015
    await oa.say()
    assert [await send(oa, str(n)) for n in range(6)] == [0, 0, 0, 0, 0, 45047]
    await oa.act("menu")
    assert [await send(oa, str(n)) for n in range(4)] == [0, 0, 0, 45047]
    oa.platform.switch({"clock_ahead": 61})
    assert await send(oa) == 45047
    oa.platform.switch({"clock_ahead": 2 * DAY + 62})
    assert await send(oa) == 45015
    assert len([shown for shown in oa.phone.chat if shown.by == "us"]) == 8


async def test_what_is_sent_wrong_is_not_shown(oa: OA) -> None:
    await oa.say()
    assert await send(oa, "好" * 682) == 0
    assert await send(oa, "好" * 683) == 45002
    assert await send(oa, "") == 44004
    assert await send(oa, touser="oNobody") == 40003
    assert await send(oa, msgtype="file") == 40008
    assert await send(oa, customservice={"kf_account": "a@b"}) == 61451
    url = f"/cgi-bin/message/custom/send?access_token={await token(oa)}"
    escaped = f'{{"touser":"{oa.phone.id}","msgtype":"text","text":{{"content":"\\u4f60"}}}}'
    assert (await oa.client.post(url, content=escaped)).json()["errcode"] == 47001
    assert (await oa.client.post(url, content=b"{")).json()["errcode"] == 47001
    assert (await call(oa, "user/info/batchget", {"user_list": ["x"]}))["errcode"] == 47001
    assert len(oa.phone.chat) == 2 and oa.platform.window(oa.phone).left() == 4


async def test_files(oa: OA) -> None:
    await oa.say()
    sent = await upload(oa, "image", PNG)
    assert (await call(oa, "media/nothing", {})).get("errcode") is None
    assert await send(oa, msgtype="image", image={"media_id": sent["media_id"]}) == 0
    shown = oa.phone.chat[-1]
    assert oa.platform.files[shown.file].data == PNG and shown.name == "a.png"
    assert await send(oa, msgtype="voice", voice={"media_id": sent["media_id"]}) == 40007
    assert (await upload(oa, "image", b"text"))["errcode"] == 40004
    assert (await upload(oa, "image", PNG + b"0" * (10 << 20)))["errcode"] == 40009
    assert (await upload(oa, "file", PNG))["errcode"] == 40004
    assert (await upload(oa, "thumb", b"\xff\xd8\xff"))["thumb_media_id"]
    oa.platform.switch({"clock_ahead": 3 * DAY + 1})
    await oa.say()
    assert await send(oa, msgtype="image", image={"media_id": sent["media_id"]}) == 40007


async def test_a_menu_is_tapped(oa: OA) -> None:
    await oa.say()
    menu = {"head_content": "满意吗", "list": [{"id": "5", "content": "很满意"}], "tail_content": ""}
    assert await send(oa, msgtype="msgmenu", msgmenu=menu) == 0
    shown = oa.phone.chat[-1]
    fields = opened(oa, await oa.act("choose", message=shown.id, choice="5"))
    assert (fields["Content"], fields["bizmsgmenuid"]) == ("很满意", "5")


async def test_typing(oa: OA) -> None:
    oa.platform.switch({"pace": 1})
    await oa.say()
    typing = {"touser": oa.phone.id, "command": "Typing"}
    assert [(await call(oa, "message/custom/typing", typing))["errcode"] for _ in range(2)] == [0, 45081]
    assert (await call(oa, "message/custom/typing", {**typing, "command": "CancelTyping"}))["errcode"] == 0
    assert (await call(oa, "message/custom/typing", {**typing, "command": "Sing"}))["errcode"] == 45072


async def test_templates_are_told_of(oa: OA) -> None:
    template = oa.platform.form["templates"]
    values = {"character_string1": "A1", "thing2": "龙井", "phrase3": "已发货"}
    data = {name: {"value": value} for name, value in values.items()}
    body: dict[str, Any] = {"touser": oa.phone.id, "template_id": template, "data": data}
    for wrong in ({}, {**data, "thing2": {"value": ""}}, {**data, "thing2": {"value": "茶" * 21}}):
        assert (await call(oa, "message/template/send", {**body, "data": wrong}))["errcode"] == 47003
    assert (await call(oa, "message/template/send", {**body, "template_id": "x"}))["errcode"] == 40037
    answer = await call(oa, "message/template/send", body)
    told = opened(oa, await oa.last())
    assert (told["Event"], told["MsgID"], told["Status"]) == (
        "TEMPLATESENDJOBFINISH",
        str(answer["msgid"]),
        "success",
    )
    shown = oa.phone.chat[-1]
    assert (shown.kind, shown.text) == (
        "template",
        "订单发货通知\n订单号：A1\n商品：龙井\n状态：已发货",
    )
    known = {**body, "client_id": "c1"}
    ids = {(await call(oa, "message/template/send", known))["msgid"] for _ in range(2)}
    assert (len(ids), len(oa.phone.chat)) == (1, 2), "of one client_id it goes once"
    await oa.act("mute") if oa.hook.calls else None
    await call(oa, "message/template/send", body)
    assert opened(oa, await oa.last())["Status"] == "failed:user block"
    assert (await call(oa, "message/subscribe/bizsend", body))["errcode"] == 43101
    await oa.act("consent", template=template)
    codes = [(await call(oa, "message/subscribe/bizsend", body))["errcode"] for _ in range(2)]
    assert codes == [0, 43101]


async def test_templates_are_listed_as_the_console_has_them(oa: OA) -> None:
    oa.platform.form["templates"] = "t1, t2"
    path = f"/cgi-bin/template/get_all_private_template?access_token={await token(oa)}"
    found = (await oa.client.get(path)).json()["template_list"]
    assert [one["template_id"] for one in found] == ["t1", "t2"]
    assert all("{{thing" in one["content"] and one["title"] and one["example"] for one in found)
    assert (await oa.client.get("/cgi-bin/template/get_all_private_template")).json()["errcode"] == 41001


async def test_people_have_no_names(oa: OA) -> None:
    path = f"/cgi-bin/user/info?access_token={await token(oa)}&lang=zh_CN&openid="
    person = (await oa.client.get(path + oa.phone.id)).json()
    assert person["subscribe"] == 1 and person["unionid"] and "nickname" not in person
    assert (await oa.client.get(path + "oNobody")).json()["errcode"] == 40003
    oa.platform.form["open_platform"] = "no"
    many = await call(oa, "user/info/batchget", {"user_list": [{"openid": oa.phone.id}]})
    assert "unionid" not in many["user_info_list"][0]


async def test_a_code_asked_for(oa: OA) -> None:
    await oa.say()
    oa.platform.switch({"error": "40164"})
    assert await send(oa) == 40164 and len(oa.phone.chat) == 1
