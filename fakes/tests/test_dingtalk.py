"""DingTalk: the robot's signature, the stream's frames, sends, recalls, session addresses, files."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
import websockets

from fakes.phone import Said
from fakes.platforms import dingtalk_events
from fakes.platforms.dingtalk import DingTalk
from fakes.platforms.dingtalk_api import signed
from fakes.platforms.dingtalk_stream import MESSAGES
from fakes.tests.stage import Stage, first, staged


@pytest.fixture
async def platform() -> AsyncIterator[DingTalk]:
    yield DingTalk()


@pytest.fixture
async def stage(platform: DingTalk) -> AsyncIterator[Stage[DingTalk]]:
    async with staged(platform) as made:
        made.answers({})
        assert (await platform.connect({"webhook": made.hook.url})).ok
        yield made


async def token(stage: Stage[DingTalk], platform: DingTalk) -> str:
    body = {"appKey": platform.form["app_key"], "appSecret": platform.form["app_secret"]}
    answer = await stage.client.post("/v1.0/oauth2/accessToken", json=body)
    return str(answer.json()["accessToken"])


async def api(
    stage: Stage[DingTalk], platform: DingTalk, path: str, method: str = "POST", **body: Any
) -> dict[str, Any]:
    headers = {"x-acs-dingtalk-access-token": await token(stage, platform)}
    answer = await stage.client.request(method, path, headers=headers, json=body or None)
    made: dict[str, Any] = answer.json()
    return made


async def send(
    stage: Stage[DingTalk], platform: DingTalk, param: Any, key: str = "sampleText", **more: Any
) -> dict[str, Any]:
    body = {
        "robotCode": platform.form["robot_code"],
        "userIds": [first(platform).notes["staff_id"]],
        "msgKey": key,
        "msgParam": param if isinstance(param, str) else json.dumps(param),
        **more,
    }
    return await api(stage, platform, "/v1.0/robot/oToMessages/batchSend", **body)


async def said(platform: DingTalk, nr: int = 0, **said: Any) -> str:
    id = await platform.say(list(platform.phones)[nr], Said(**said))
    await platform.settled()
    return id


class Client:
    """The other end of the stream."""

    def __init__(self, stage: Stage[DingTalk], platform: DingTalk) -> None:
        self.stage, self.platform = stage, platform
        self.frames: list[dict[str, Any]] = []
        self.codes: list[int] = []
        self.socket: Any = None

    async def open(self) -> int:
        opening = {
            "clientId": self.platform.form["app_key"],
            "clientSecret": self.platform.form["app_secret"],
            "subscriptions": [{"type": "CALLBACK", "topic": MESSAGES}],
            "ua": "test",
        }
        made = (await self.stage.client.post("/v1.0/gateway/connections/open", json=opening)).json()
        self.ticket = made["ticket"]
        self.socket = await websockets.connect(f"{made['endpoint']}?ticket={quote(self.ticket)}")
        return 101

    async def take(self, code: int = 200) -> dict[str, Any]:
        """The next frame that is no ping, acknowledged with `code`; 0 keeps silent."""
        while True:
            frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
            ping = frame["headers"]["topic"] == "ping"
            if ping or code:
                headers = {"contentType": "application/json", "messageId": frame["headers"]["messageId"]}
                data = frame["data"] if ping else '{"response":null}'
                ack = {"code": 200 if ping else code, "headers": headers, "message": "OK", "data": data}
                await self.socket.send(json.dumps(ack))
            if not ping:
                return frame


def test_the_signature() -> None:
    assert signed("1600000000000", "test_secret") == "I5XuZrFLxiQDXQkOZ2zgI5hNHJbquEr6GcHDmsoe4PA="


@pytest.mark.parametrize(
    ("token", "aes", "owner", "stamp", "nonce", "encrypted", "mark", "word"),
    [
        (
            *(
                "mryue",
                "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7",
                "ding6ccabc44d2c8d38b",
                "1608001896814",
            ),
            "WL4PK6yA",
            "0vJiX6vliEpwG3U45CtXqi+m8PXbQRARJ8p8BbDuD1EMTDf0jKpQ79QS93qEk7XHpP6u+oTTrd15NRPvNvmBKyDCYxxOK+HZeKju4yhELOFch"
            "zNukR+t8SB/qk4ROMu3",
            "03044561471240d4a14bb09372dfcfd4fd0e40cb",
            b'{"EventType":"check_url"}',
        ),
        (
            *(
                "123456",
                "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij",
                "suite4xxxxxxxxxxxxxxx",
                "1445827045067",
            ),
            "nEXhMP4r",
            "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9Vr"
            "YeJ5as7XM/ZpulX8NEQis44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ==",
            "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0",
            b"LPIdSnlF",
        ),
    ],
)
def test_the_published_event_vectors(
    token: str, aes: str, owner: str, stamp: str, nonce: str, encrypted: str, mark: str, word: bytes
) -> None:
    assert dingtalk_events.signed(token, stamp, nonce, encrypted) == mark
    random, text = dingtalk_events.opened(aes, owner, encrypted)
    assert word in text
    assert dingtalk_events.sealed(aes, owner, text, random) == encrypted


async def test_events_want_a_sealed_success(stage: Stage[DingTalk], platform: DingTalk) -> None:
    assert not (await platform.connect({"events": "yes"})).ok
    form = platform.form
    encrypted = dingtalk_events.sealed(form["event_aes_key"], form["app_key"], b"success", b"r" * 16)
    mark = dingtalk_events.signed(form["event_token"], "1", "n", encrypted)
    stage.answers({"msg_signature": mark, "timeStamp": "1", "nonce": "n", "encrypt": encrypted})
    assert (await platform.connect({"events": "yes"})).ok
    await platform.act(first(platform).id, "event", {"type": "user_leave_org"})
    await platform.settled()
    call = stage.hook.calls[-1]
    encrypted = call.json()["encrypt"]
    stamp, nonce = call.one("timestamp"), call.one("nonce")
    assert call.one("msg_signature") == dingtalk_events.signed(form["event_token"], stamp, nonce, encrypted)
    _, text = dingtalk_events.opened(form["event_aes_key"], form["app_key"], encrypted)
    assert json.loads(text)["EventType"] == "user_leave_org"


async def test_a_callback_is_signed_and_complete(stage: Stage[DingTalk], platform: DingTalk) -> None:
    id = await said(platform, text="你好")
    (call,) = stage.hook.calls
    assert call.headers["sign"] == signed(call.headers["timestamp"], platform.form["app_secret"])
    data = call.json()
    assert (data["msgId"], data["msgtype"], data["text"]) == (id, "text", {"content": "你好"})
    assert data["senderStaffId"] == first(platform).notes["staff_id"]
    await said(platform, 2, text="hi", more={"group": "店群"})
    outside = stage.hook.calls[-1].json()
    assert "senderStaffId" not in outside
    assert (outside["conversationType"], outside["text"]["content"]) == ("2", " hi")


async def test_a_reply_by_the_session_until_it_ends(stage: Stage[DingTalk], platform: DingTalk) -> None:
    await said(platform, text="hello")
    session = stage.hook.calls[0].json()["sessionWebhook"]
    body = {"msgtype": "text", "text": {"content": "hi"}, "at": {"atUserIds": []}}
    assert (await stage.client.post(session, json=body)).json()["errcode"] == 0
    assert platform.seen(first(platform).id)[-1].text == "hi"
    assert (await stage.client.post(session, json={"msgtype": "text", "text": {}})).json()["errcode"]
    platform.switch({"clock_ahead": 5401})
    assert (await stage.client.post(session, json=body)).json()["errcode"] == 300001


async def test_an_answer_may_be_a_message(stage: Stage[DingTalk], platform: DingTalk) -> None:
    stage.answers({"msgtype": "text", "text": {"content": "at once"}})
    await said(platform, text="hello")
    assert [shown.text for shown in platform.seen(first(platform).id)] == ["hello", "at once"]


async def test_frames_are_repeated_until_acknowledged(stage: Stage[DingTalk], platform: DingTalk) -> None:
    await platform.connect({"mode": "stream"})
    client = Client(stage, platform)
    await client.open()
    await platform.say(first(platform).id, Said(text="hello"))
    silent, failed, good = await client.take(0), await client.take(500), await client.take()
    assert {f["headers"]["messageId"] for f in (silent, failed, good)} == {good["headers"]["messageId"]}
    assert json.loads(good["data"])["text"] == {"content": "hello"}
    await platform.settled()
    assert platform.seen(first(platform).id)[0].fate == "delivered"
    leaving = asyncio.create_task(platform.act(first(platform).id, "disconnect", {}))
    assert (await client.take())["headers"]["topic"] == "disconnect"
    await leaving
    with pytest.raises(websockets.WebSocketException):
        await websockets.connect(
            f"{platform.url('/connect').replace('http', 'ws')}?ticket={quote(client.ticket)}"
        )
    await platform.say(first(platform).id, Said(text="meanwhile"))
    await client.open()
    assert json.loads((await client.take())["data"])["text"] == {"content": "meanwhile"}
    await platform.settled()
    await client.socket.close()


async def test_frames_are_lost_and_doubled_as_switched(stage: Stage[DingTalk], platform: DingTalk) -> None:
    await platform.connect({"mode": "stream"})
    platform.switch({"drop": 2})
    client = Client(stage, platform)
    await client.open()
    for words in ("one", "two", "three"):
        await platform.say(first(platform).id, Said(text=words))
    texts = [json.loads((await client.take())["data"])["text"]["content"] for _ in range(2)]
    await platform.settled()
    assert sorted(texts) == ["one", "three"]
    platform.switch({"drop": 0, "duplicate": 1})
    await platform.say(first(platform).id, Said(text="twice"))
    ids = [(await client.take())["headers"]["messageId"] for _ in range(2)]
    assert ids[0] == ids[1]
    await platform.settled()
    await client.socket.close()


async def test_who_may_not_open_the_stream(stage: Stage[DingTalk], platform: DingTalk) -> None:
    opening = {"clientId": "x", "clientSecret": "y", "subscriptions": []}
    assert (await stage.client.post("/v1.0/gateway/connections/open", json=opening)).status_code == 401


async def test_tokens(stage: Stage[DingTalk], platform: DingTalk) -> None:
    old = await token(stage, platform)
    assert await token(stage, platform) == old
    platform.switch({"token_expired": True})
    path = "/v1.0/robot/oToMessages/batchSend"
    refused = await stage.client.post(path, json={}, headers={"x-acs-dingtalk-access-token": old})
    assert (refused.status_code, refused.json()["code"]) == (401, "InvalidAuthentication")
    assert await token(stage, platform) != old
    wrong = {"appKey": platform.form["app_key"], "appSecret": "wrong"}
    assert (await stage.client.post("/v1.0/oauth2/accessToken", json=wrong)).status_code == 400


@pytest.mark.parametrize(
    ("param", "more", "code"),
    [
        ({"content": ""}, {}, "invalidParameter.msgParam"),
        ({"text": "hi"}, {}, "invalidParameter.msgParam"),
        ("hi", {}, "invalidParameter.msgParam"),
        ({"content": "hi"}, {"key": "sampleVoice"}, "invalidParameter.msgKey"),
        ({"content": "hi"}, {"userIds": ["x"] * 21}, "invalidParameter.userIds"),
        ({"content": "hi"}, {"robotCode": "x"}, "invalidParameter.robotCode"),
        ({"content": "hi"}, {"other": 1}, "InvalidParameter"),
        ({"mediaId": "@x", "duration": "3"}, {"key": "sampleAudio"}, "invalidParameter.mediaId"),
    ],
)
async def test_what_is_wrong_is_refused(
    stage: Stage[DingTalk], platform: DingTalk, param: Any, more: dict[str, Any], code: str
) -> None:
    assert (await send(stage, platform, param, **more))["code"] == code


async def test_send_read_recall(stage: Stage[DingTalk], platform: DingTalk) -> None:
    who = first(platform)
    users = [who.notes["staff_id"], "nobody"]
    sent = await send(stage, platform, {"content": "hi"}, userIds=users)
    assert sent["invalidStaffIdList"] == ["nobody"]
    robot, key = platform.form["robot_code"], sent["processQueryKey"]
    await platform.act(who.id, "read", {})
    path = f"/v1.0/robot/oToMessages/readStatus?robotCode={robot}&processQueryKey={key}"
    status = await api(stage, platform, path, method="GET")
    assert status["messageReadInfoList"][0]["readStatus"] == "READ"
    keys: dict[str, Any] = {"robotCode": robot, "processQueryKeys": [key, "none"]}
    recalled = await api(stage, platform, "/v1.0/robot/otoMessages/batchRecall", **keys)
    assert recalled["successResult"] == [key]
    assert recalled["failedResult"] == {"none": "not exist"}
    assert platform.seen(who.id)[0].fate == "recalled"
    await platform.act(who.id, "leave", {})
    assert (await send(stage, platform, {"content": "hi"}))["filteredStaffIdList"] == users[:1]
    group = {"robotCode": robot, "openConversationId": who.notes["groups"][0]}
    body = {"msgKey": "sampleMarkdown", "msgParam": json.dumps({"title": "a", "text": "**b**"})}
    assert (await api(stage, platform, "/v1.0/robot/groupMessages/send", **group, **body))["processQueryKey"]


async def test_files_both_ways_and_people(stage: Stage[DingTalk], platform: DingTalk) -> None:
    await said(platform, kind="image", data=b"png", media_type="image/png")
    code = stage.hook.calls[0].json()["content"]["downloadCode"]
    body = {"downloadCode": code, "robotCode": platform.form["robot_code"]}
    url = (await api(stage, platform, "/v1.0/robot/messageFiles/download", **body))["downloadUrl"]
    assert (await stage.client.get(url)).content == b"png"
    platform.switch({"clock_ahead": 601})
    assert (await stage.client.get(url)).status_code == 403
    old = await token(stage, platform)
    upload = await stage.client.post(
        f"/media/upload?access_token={old}&type=file",
        files={"media": ("价格.pdf", b"%PDF", "application/pdf")},
    )
    param = {"mediaId": upload.json()["media_id"], "fileName": "价格.pdf", "fileType": "pdf"}
    assert (await send(stage, platform, param, key="sampleFile"))["processQueryKey"]
    assert platform.seen(first(platform).id)[-1].name == "价格.pdf"
    big = await stage.client.post(
        f"/media/upload?access_token={old}&type=voice", files={"media": ("a.amr", b"x" * ((2 << 20) + 1))}
    )
    assert big.json()["errcode"] == 40006
    person = {"userid": first(platform).notes["staff_id"]}
    found = await stage.client.post(f"/topapi/v2/user/get?access_token={old}", json=person)
    assert found.json()["result"]["name"] == "林小满"
    assert (await stage.client.post("/topapi/v2/user/get?access_token=x", json=person)).json()[
        "errcode"
    ] == 40014


async def test_who_is_sent_too_much_gets_nothing_for_a_while(
    stage: Stage[DingTalk], platform: DingTalk
) -> None:
    staff = first(platform).notes["staff_id"]
    await platform.act(first(platform).id, "slow", {})
    made = await send(stage, platform, {"content": "hi"})
    assert (made["flowControlledStaffIdList"], platform.seen(first(platform).id)) == ([staff], [])
    await platform.act(first(platform).id, "unslow", {})
    made = await send(stage, platform, {"content": "hi"})
    assert (made["flowControlledStaffIdList"], len(platform.seen(first(platform).id))) == ([], 1)


async def test_a_button_has_her_say_its_words_in_either_shape(
    stage: Stage[DingTalk], platform: DingTalk
) -> None:
    says = "dtmd://dingtalkclient/sendMessage?content=%E8%A6%81%20%26"
    card = {"title": "?", "text": "?", "actionTitle1": "要", "actionURL1": says, "actionTitle2": "看"}
    await send(stage, platform, {**card, "actionURL2": "https://tea.example"}, "sampleActionCard2")
    phone = first(platform)
    await platform.say(phone.id, Said(text="hi"))
    session = json.loads((await stage.last()).body)["sessionWebhook"]
    single = {"title": "?", "text": "?", "singleTitle": "要", "singleURL": says}
    await stage.client.post(session, json={"msgtype": "actionCard", "actionCard": single})
    for shown in [one for one in phone.chat if one.by == "us"]:
        assert [(one.id, one.label) for one in shown.choices] == [("要 &", "要")]
        asked = await stage.act("choose", message=shown.id, choice="要 &")
        assert json.loads(asked.body)["text"] == {"content": "要 &"}
