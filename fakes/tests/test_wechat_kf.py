"""WeChat customer service: bare callbacks, the feed read by cursors, states, windows, codes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.phone import Said
from fakes.platforms.wechat_kf import TOKENLESS, WechatKf
from fakes.tests.corp import call, echo, opened, token, upload
from fakes.tests.stage import Stage, staged

DAY = 86400
Kf = Stage[WechatKf]


@pytest.fixture
async def kf() -> AsyncIterator[Kf]:
    async with staged(WechatKf()) as stage:
        yield stage


def account(kf: Kf, **more: object) -> dict[str, object]:
    return {"open_kfid": kf.platform.form["open_kfid"], **more}


async def sync(kf: Kf, cursor: str = "", **more: object) -> dict[str, Any]:
    """Read with the token of the newest callback."""
    note = opened(kf.platform, kf.hook.calls[-1])
    assert (note["Event"], note["OpenKfId"]) == ("kf_msg_or_event", kf.platform.form["open_kfid"])
    return await call(kf, "kf/sync_msg", account(kf, cursor=cursor, token=note["Token"], **more))


async def send(kf: Kf, msgid: str = "", **more: object) -> dict[str, Any]:
    own = {"msgid": msgid} if msgid else {}
    body = account(kf, touser=kf.phone.id, msgtype="text", text={"content": "好"}, **own, **more)
    return await call(kf, "kf/send_msg", body)


async def newest(kf: Kf) -> dict[str, Any]:
    await kf.last()
    item: dict[str, Any] = (await sync(kf))["msg_list"][-1]
    return item


async def test_the_handshake_and_a_bare_callback(kf: Kf) -> None:
    kf.hook.answer = lambda asked: echo(kf.platform, asked)
    assert (await kf.platform.connect({})).ok
    await kf.say("你好")
    assert "你好".encode() not in kf.hook.calls[-1].body
    (item,) = (await sync(kf))["msg_list"]
    assert (item["msgtype"], item["text"], item["origin"]) == ("text", {"content": "你好"}, 3)
    assert item["external_userid"] == kf.phone.id and item["msgid"] == kf.phone.chat[0].id


async def test_cursors_pages_and_an_empty_page_with_more(kf: Kf) -> None:
    await kf.say("1")
    await send(kf)
    await kf.say("2")
    first = await sync(kf, limit=1)
    second = await sync(kf, first["next_cursor"], limit=1)
    third = await sync(kf, second["next_cursor"], limit=1)
    texts = [[item["text"]["content"] for item in page["msg_list"]] for page in (first, second, third)]
    assert texts == [["1"], [], ["2"]]
    assert [page["has_more"] for page in (first, second, third)] == [1, 1, 0]
    again = await sync(kf, first["next_cursor"])
    assert [item["text"]["content"] for item in again["msg_list"]] == ["2"]
    assert (await sync(kf, "made up"))["errcode"] == 40058
    assert (await sync(kf, limit=1001))["errcode"] == 40058


async def test_three_days_without_a_cursor(kf: Kf) -> None:
    await kf.say("old")
    kf.platform.switch({"clock_ahead": 3 * DAY + 1})
    await kf.say("new")
    assert [item["text"]["content"] for item in (await sync(kf))["msg_list"]] == ["new"]


async def test_without_a_token_seldom(kf: Kf) -> None:
    await kf.say()
    access = await token(kf)
    answers = [await call(kf, "kf/sync_msg", account(kf), access) for _ in range(TOKENLESS + 1)]
    assert [answer["errcode"] for answer in answers] == [0] * TOKENLESS + [45009]
    assert (await sync(kf))["errcode"] == 0
    kf.platform.switch({"clock_ahead": 601})
    assert (await sync(kf))["errcode"] == 0  # the token is too old, and a minute has passed
    assert (await call(kf, "kf/sync_msg", {"open_kfid": "wkNone"}))["errcode"] == 95000


async def test_a_dropped_callback_is_caught_up_with(kf: Kf) -> None:
    kf.platform.switch({"drop": 2})
    for text in ("a", "b", "c"):
        await kf.say(text)
    assert len(kf.hook.calls) == 2
    assert [item["text"]["content"] for item in (await sync(kf))["msg_list"]] == ["a", "b", "c"]


async def test_every_kind(kf: Kf) -> None:
    for kind, text in (
        ("location", "西湖"),
        ("link", "d"),
        ("miniprogram", "t"),
        ("business_card", "ZhouMing"),
    ):
        await kf.say(text, kind=kind, more={"url": "https://a"})
    await kf.say("", kind="voice", data=b"#!AMR\n", media_type="audio/amr")
    items = (await sync(kf))["msg_list"]
    assert items[0]["location"]["name"] == "西湖" and items[1]["link"]["url"] == "https://a"
    assert items[3]["business_card"] == {"userid": "ZhouMing"}
    path = f"/cgi-bin/media/get?access_token={await token(kf)}&media_id={items[4]['voice']['media_id']}"
    assert (await kf.client.get(path)).content == b"#!AMR\n"


async def test_the_window(kf: Kf) -> None:
    assert (await send(kf))["errcode"] == 95013
    await kf.say()
    assert [(await send(kf))["errcode"] for _ in range(6)] == [0] * 5 + [95001]
    await kf.say()
    kf.platform.switch({"clock_ahead": 2 * DAY + 1})
    assert (await send(kf))["errcode"] == 95013


async def test_the_window_told_by_an_event(kf: Kf) -> None:
    kf.platform.form["refusal"] = "event"
    await kf.say()
    for n in range(6):
        assert (await send(kf, f"m{n}"))["msgid"] == f"m{n}"
    event = (await newest(kf))["event"]
    assert (event["event_type"], event["fail_msgid"], event["fail_type"]) == ("msg_send_fail", "m5", 6)
    assert len(kf.phone.chat) == 6


async def test_our_own_ids(kf: Kf) -> None:
    await kf.say()
    assert [(await send(kf, "ours-1"))["msgid"] for _ in range(2)] == ["ours-1"] * 2
    assert [shown.id for shown in kf.phone.chat[1:]] == ["ours-1"]
    assert (await send(kf, "x" * 33))["errcode"] == 40058
    assert (await send(kf, "a.b"))["errcode"] == 40058
    assert (await call(kf, "kf/recall_msg", account(kf, msgid="ours-1")))["errcode"] == 0
    assert kf.phone.chat[1].fate == "recalled"
    await send(kf, "ours-2")
    kf.platform.switch({"clock_ahead": 121})
    assert (await call(kf, "kf/recall_msg", account(kf, msgid="ours-2")))["errcode"] == 40058


async def trans(kf: Kf, state: int, **more: object) -> dict[str, Any]:
    who = account(kf, external_userid=kf.phone.id)
    answer = await call(kf, "kf/service_state/trans", {**who, "service_state": state, **more})
    if answer["errcode"] == 0:
        assert (await call(kf, "kf/service_state/get", who))["service_state"] == state
    return answer


async def test_states(kf: Kf) -> None:
    await kf.say()
    assert (await trans(kf, 1))["errcode"] == 0 and (await send(kf))["errcode"] == 0
    assert (await trans(kf, 3))["errcode"] == 40058
    assert (await trans(kf, 3, servicer_userid="LinXia"))["errcode"] == 0
    assert (await send(kf))["errcode"] == 95018
    assert (await trans(kf, 1))["errcode"] == 95016
    code = (await trans(kf, 4))["msg_code"]
    menu = {"head_content": "满意吗", "list": [{"type": "click", "click": {"id": "5", "content": "满意"}}]}
    body = {"code": code, "msgtype": "msgmenu", "msgmenu": menu}
    codes = [(await call(kf, "kf/send_msg_on_event", body))["errcode"] for _ in range(2)]
    assert codes == [0, 40058]
    assert (await trans(kf, 1))["errcode"] == 95016
    await kf.platform.act(kf.phone.id, "choose", {"message": kf.phone.chat[-1].id, "choice": "5"})
    assert (await newest(kf))["text"] == {"content": "满意", "menu_id": "5"}
    assert (await send(kf))["errcode"] == 0


async def test_a_welcome_within_twenty_seconds(kf: Kf) -> None:
    await kf.act("enter", scene="shop", scene_param="tea")
    event = (await newest(kf))["event"]
    assert (event["event_type"], event["scene"], event["scene_param"]) == ("enter_session", "shop", "tea")
    body = {"code": event["welcome_code"], "msgtype": "text", "text": {"content": "欢迎"}}
    wrong = {"code": event["welcome_code"], "msgtype": "link", "link": {}}
    assert (await call(kf, "kf/send_msg_on_event", wrong))["errcode"] == 40008
    kf.platform.switch({"clock_ahead": 21})
    assert (await call(kf, "kf/send_msg_on_event", body))["errcode"] == 40058
    await kf.act("enter")
    assert "welcome_code" not in (await newest(kf))["event"]
    kf.platform.switch({"clock_ahead": 2 * DAY + 22})
    await kf.act("enter")
    body["code"] = (await newest(kf))["event"]["welcome_code"]
    assert (await call(kf, "kf/send_msg_on_event", body))["errcode"] == 0
    assert kf.phone.chat[0].text == "欢迎"


async def test_recalls_and_the_client_of_the_staff(kf: Kf) -> None:
    await kf.say()
    id = kf.phone.chat[0].id
    await kf.act("recall", message=id)
    event = (await newest(kf))["event"]
    assert (event["event_type"], event["recall_msgid"]) == ("user_recall_msg", id)
    await kf.act("staff_take")
    assert (await newest(kf))["event"]["change_type"] == 1
    await kf.act("staff_say", text="您好")
    item = await newest(kf)
    assert (item["origin"], item["servicer_userid"], item["text"]["content"]) == (5, "LinXia", "您好")
    await kf.act("recall", message=item["msgid"])
    assert (await newest(kf))["event"]["event_type"] == "servicer_recall_msg"
    await kf.act("staff_end")
    assert (await newest(kf))["event"]["msg_code"]


@pytest.mark.parametrize(
    ("kind", "holder", "code"),
    [
        ("text", {"content": "好" * 683}, 45002),
        ("text", {"content": ""}, 44004),
        ("link", {"title": "t", "url": "https://a"}, 40007),
        ("location", {"latitude": "1", "longitude": 2}, 40058),
        ("location", {"latitude": 1.5, "longitude": 2, "name": "x"}, 0),
        ("msgmenu", {"list": [{"type": "click", "click": {"content": "x" * 129}}]}, 45002),
        ("msgmenu", {"list": [{"type": "sing"}]}, 40058),
        ("msgmenu", {"list": [{"type": "click", "click": {"content": "x"}}] * 11}, 40058),
        (
            "msgmenu",
            {"head_content": "h", "list": [{"type": "view", "view": {"url": "https://a", "content": "x"}}]},
            0,
        ),
        ("markdown", {"content": "x"}, 40008),
    ],
)
async def test_what_may_be_sent(kf: Kf, kind: str, holder: object, code: int) -> None:
    await kf.platform.say(kf.phone.id, Said(text="hi"))
    body = account(kf, touser=kf.phone.id, msgtype=kind, **{kind: holder})
    assert (await call(kf, "kf/send_msg", body))["errcode"] == code


async def test_files_people_accounts(kf: Kf) -> None:
    await kf.say()
    media = (await upload(kf, "file", b"%PDF-1.7", "tea.pdf"))["media_id"]
    body = account(kf, touser=kf.phone.id, msgtype="file", file={"media_id": media})
    assert (await call(kf, "kf/send_msg", body))["errcode"] == 0
    assert kf.phone.chat[-1].name == "tea.pdf"
    people = await call(kf, "kf/customer/batchget", {"external_userid_list": [kf.phone.id, "wmNone"]})
    assert people["customer_list"][0]["nickname"] == kf.phone.name and people["customer_list"][0]["unionid"]
    assert people["invalid_external_userid"] == ["wmNone"]
    accounts = (await call(kf, "kf/account/list", {"offset": 0, "limit": 100}))["account_list"]
    assert accounts[0]["open_kfid"] == kf.platform.form["open_kfid"]
    assert (await call(kf, "kf/add_contact_way", account(kf, scene="a b")))["errcode"] == 40058
    assert (await call(kf, "kf/add_contact_way", account(kf, scene="shop")))["url"]
    url = (
        f"/cgi-bin/kf/servicer/list?access_token={await token(kf)}&open_kfid={kf.platform.form['open_kfid']}"
    )
    assert (await kf.client.get(url)).json()["servicer_list"][0]["userid"] == "LinXia"
    kf.platform.switch({"token_expired": True})
    assert (await call(kf, "kf/send_msg", body, "x"))["errcode"] == 40014
