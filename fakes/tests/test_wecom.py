"""The application of a WeCom corporation, and the group robot."""

import base64
import hashlib
from collections.abc import AsyncIterator

import pytest

from fakes.platforms.wecom import Wecom
from fakes.tests.corp import call, echo, opened, token, upload
from fakes.tests.stage import Stage, staged
from fakes.wechat.crypto import seal, signature
from fakes.wechat.envelope import write_xml
from fakes.wire import plain

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
App = Stage[Wecom]


@pytest.fixture
async def app() -> AsyncIterator[App]:
    async with staged(Wecom()) as stage:
        yield stage


def text(app: App, **more: object) -> dict[str, object]:
    agent = int(app.platform.form["agentid"])
    return {"touser": app.phone.id, "agentid": agent, "msgtype": "text", "text": {"content": "好"}, **more}


async def test_the_handshake_wants_the_echo_opened(app: App) -> None:
    assert not (await app.platform.connect({})).ok
    app.hook.answer = lambda asked: echo(app.platform, asked)
    assert (await app.platform.connect({})).ok
    app.hook.answer = lambda asked: plain(asked.one("echostr"))
    assert not (await app.platform.connect({})).ok


async def test_messages_and_events(app: App) -> None:
    fields = opened(app.platform, await app.say("你好"))
    assert (fields["FromUserName"], fields["Content"]) == (app.phone.id, "你好")
    assert fields["AgentID"] == app.platform.form["agentid"] and int(fields["MsgId"])
    image = opened(app.platform, await app.say("", kind="image", data=PNG, media_type="image/png"))
    assert (await app.client.get(image["PicUrl"])).content == PNG
    path = f"/cgi-bin/media/get?access_token={await token(app)}&media_id="
    assert (await app.client.get(path + image["MediaId"])).content == PNG
    assert (await app.client.get(path + "x")).json()["errcode"] == 40007
    assert opened(app.platform, await app.say("西湖", kind="location"))["Label"] == "西湖"
    assert opened(app.platform, await app.act("enter"))["Event"] == "enter_agent"
    assert opened(app.platform, await app.act("menu", key="K"))["EventKey"] == "K"


async def test_unheard_callbacks_come_again(app: App) -> None:
    app.hook.answer = lambda _: plain("x", 500)
    await app.say()
    ids = {opened(app.platform, asked)["MsgId"] for asked in app.hook.calls}
    assert len(app.hook.calls) == 3 and len(ids) == 1


async def test_a_sealed_reply_is_shown(app: App) -> None:
    form = app.platform.form
    inner = write_xml({"ToUserName": app.phone.id, "MsgType": "text", "Content": "在"})
    sealed = seal(form["aes_key"], form["corpid"], inner.encode())
    signed = signature(form["token"], "1", "n", sealed)
    app.hook.answer = lambda _: plain(
        write_xml({"Encrypt": sealed, "MsgSignature": signed, "TimeStamp": "1", "Nonce": "n"})
    )
    await app.say()
    assert [shown.text for shown in app.phone.chat] == ["你好", "在"]
    app.hook.answer = lambda _: plain(inner)
    await app.say()
    assert app.phone.chat[-1].fate == "lost"


async def test_who_receives(app: App) -> None:
    answer = await call(app, "message/send", text(app, touser=f"{app.phone.id}|Nobody"))
    assert (answer["errcode"], answer["invaliduser"]) == (0, "Nobody")
    assert (await call(app, "message/send", text(app, touser="Nobody")))["errcode"] == 81013
    assert (await call(app, "message/send", text(app, agentid=7)))["errcode"] == 40056
    assert (await call(app, "message/send", text(app, text={"content": "好" * 683})))["errcode"] == 45002
    assert (await call(app, "message/send", text(app, msgtype="music")))["errcode"] == 40008
    assert [shown.text for shown in app.phone.chat] == ["好"]


async def test_tokens(app: App) -> None:
    access = await token(app)
    assert access == await token(app)
    assert (await call(app, "message/send", text(app), "x"))["errcode"] == 40014
    app.platform.switch({"token_expired": True})
    assert (await call(app, "message/send", text(app), access))["errcode"] == 42001
    wrong = {"corpid": app.platform.form["corpid"], "corpsecret": "x"}
    assert (await app.client.get("/cgi-bin/gettoken", params=wrong)).json()["errcode"] == 40001
    app.platform.switch({"error": "60020"})
    assert (await call(app, "message/send", text(app)))["errcode"] == 60020


async def test_more_than_thirty_a_minute_are_silently_lost(app: App) -> None:
    access = await token(app)
    codes = [(await call(app, "message/send", text(app), access))["errcode"] for _ in range(31)]
    assert codes == [0] * 31 and len(app.phone.chat) == 30


async def test_a_double_is_shown_once_when_asked_for(app: App) -> None:
    ids = [(await call(app, "message/send", text(app, enable_duplicate_check=1)))["msgid"] for _ in range(2)]
    assert ids[0] == ids[1] and len(app.phone.chat) == 1


async def test_recall_within_a_day(app: App) -> None:
    id = (await call(app, "message/send", text(app)))["msgid"]
    assert (await call(app, "message/recall", {"msgid": id}))["errcode"] == 0
    assert (app.phone.chat[0].fate, app.phone.chat[0].text) == ("recalled", "")
    id = (await call(app, "message/send", text(app)))["msgid"]
    app.platform.switch({"clock_ahead": 86401})
    assert (await call(app, "message/recall", {"msgid": id}))["errcode"] == 40058


async def test_files(app: App) -> None:
    sent = await upload(app, "file", b"%PDF-1.7 tea", "tea.pdf")
    assert sent["errcode"] == 0 and sent["created_at"].isdigit()
    body = text(app, msgtype="file", file={"media_id": sent["media_id"]})
    assert (await call(app, "message/send", body))["errcode"] == 0
    assert app.phone.chat[0].name == "tea.pdf"
    assert (await upload(app, "file", b"12345"))["errcode"] == 40006
    assert (await upload(app, "voice", b"ID3" + b"0" * 9, "a.mp3"))["errcode"] == 40004
    assert (await upload(app, "image", PNG + b"0" * (10 << 20)))["errcode"] == 40009


async def test_a_card_is_tapped_and_updated_once(app: App) -> None:
    card = {
        "card_type": "button_interaction",
        "task_id": "t1",
        "main_title": {"title": "满意吗"},
        "button_list": [{"text": "满意", "key": "good"}],
    }
    sends = text(app, msgtype="template_card", template_card=card)
    codes = [(await call(app, "message/send", sends))["errcode"] for _ in range(2)]
    assert codes == [0, 42014], "a task's name is good once"
    fields = opened(app.platform, await app.act("choose", message=app.phone.chat[0].id, choice="good"))
    assert (fields["Event"], fields["EventKey"], fields["TaskId"]) == ("template_card_event", "good", "t1")
    body = {"response_code": fields["ResponseCode"], "button": {"replace_name": "谢谢"}}
    codes = [(await call(app, "message/update_template_card", body))["errcode"] for _ in range(2)]
    assert codes == [0, 40058] and app.phone.chat[0].choices == []


async def test_an_outside_contact_is_welcomed_once(app: App) -> None:
    fields = opened(app.platform, await app.act("befriend", name="陈平"))
    assert (fields["Event"], fields["ChangeType"]) == ("change_external_contact", "add_external_contact")
    url = f"/cgi-bin/externalcontact/get?access_token={await token(app)}&external_userid="
    person = (await app.client.get(url + fields["ExternalUserID"])).json()["external_contact"]
    assert person["name"] == "陈平" and (await app.client.get(url + "wm0")).json()["errcode"] == 84061
    body = {"welcome_code": fields["WelcomeCode"], "text": {"content": "您好"}}
    codes = [(await call(app, "externalcontact/send_welcome_msg", body))["errcode"] for _ in range(2)]
    assert codes == [0, 41050]
    body["welcome_code"] = opened(app.platform, await app.act("befriend"))["WelcomeCode"]
    app.platform.switch({"clock_ahead": 21})
    assert (await call(app, "externalcontact/send_welcome_msg", body))["errcode"] == 41050


async def test_people_and_the_robot(app: App) -> None:
    path = f"/cgi-bin/user/get?access_token={await token(app)}&userid="
    assert (await app.client.get(path + app.phone.id)).json()["name"] == app.phone.name
    assert (await app.client.get(path + "Nobody")).json()["errcode"] == 60111
    robot = f"/cgi-bin/webhook/send?key={app.platform.form['robot_key']}"
    body = {"msgtype": "text", "text": {"content": "大家好"}}
    codes = [(await app.client.post(robot, json=body)).json()["errcode"] for _ in range(21)]
    assert codes == [0] * 20 + [45009]
    app.platform.switch({"clock_ahead": 61})
    picture = {"base64": base64.b64encode(PNG).decode(), "md5": hashlib.md5(PNG).hexdigest()}  # noqa: S324
    assert (await app.client.post(robot, json={"msgtype": "image", "image": picture})).json()["errcode"] == 0
    picture["md5"] = "0"
    assert (await app.client.post(robot, json={"msgtype": "image", "image": picture})).json()[
        "errcode"
    ] == 40058
