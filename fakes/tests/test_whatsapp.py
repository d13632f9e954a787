"""WhatsApp: the hub's handshake and signature, sends with their later fates, windows, media."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from fakes.phone import Said
from fakes.platforms.meta_graph import signed, written
from fakes.platforms.whatsapp import WhatsApp
from fakes.tests.stage import Stage, first, staged
from fakes.wire import Asked, Told, plain

PYWA_BODY = (
    '{"object":"whatsapp_business_account","entry":[{"id":"264937493375603","changes":[{"value":{"messaging_product":'
    '"whatsapp","metadata":{"display_phone_number":"15550953877","phone_number_id":"277321005464405"},"contacts":'
    '[{"profile":{"name":"PyWa Tests"},"wa_id":"972544401243"}],"messages":[{"from":"972544401243","id":'
    '"wamid.HBgMOTcyNTQ0NDAxMjQzFQIAEhggM0RFQTNCMEEwRTY3QzUwODYzMDc4NjQ4QzM4ODAxM0YA","timestamp":"1730231903",'
    '"text":{"body":"Hey there! I am using PyWa."},"type":"text"}]},"field":"messages"}]}]}'
)


@pytest.fixture
async def platform() -> AsyncIterator[WhatsApp]:
    yield WhatsApp()


@pytest.fixture
async def stage(platform: WhatsApp) -> AsyncIterator[Stage[WhatsApp]]:
    async with staged(platform) as made:
        made.hook.answer = _hub
        assert (await platform.connect({"webhook": made.hook.url})).ok
        made.hook.calls.clear()
        yield made


def _hub(asked: Asked) -> Told:
    return plain(asked.one("hub.challenge") if asked.method == "GET" else "")


async def send(stage: Stage[WhatsApp], platform: WhatsApp, **given: Any) -> httpx2.Response:
    headers = {"authorization": f"Bearer {platform.form['access_token']}"}
    body = {"messaging_product": "whatsapp", "to": first(platform).id, **given}
    path = f"/v23.0/{platform.form['phone_number_id']}/messages"
    answer = await stage.client.post(path, json=body, headers=headers)
    await platform.settled()
    return answer


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": words}}


async def said(platform: WhatsApp, **said: Any) -> str:
    id = await platform.say(first(platform).id, Said(**said))
    await platform.settled()
    return id


def values(stage: Stage[WhatsApp], key: str) -> list[Any]:
    found = [body["entry"][0]["changes"][0]["value"].get(key, []) for body in stage.bodies()]
    return [each for group in found for each in group]


def code(answer: httpx2.Response) -> int:
    return int(answer.json()["error"]["code"])


def test_the_published_signature() -> None:
    expected = "sha256=54edfa1d7259e0eb13c677cc7d73d1b5c86cfa12433d19156e058ab9251bc441"
    assert signed("1222e786b144d0e85b9f365372d93676", PYWA_BODY.encode()) == expected
    assert written({"text": "你"}) == b'{"text":"\\u4f60"}'


async def test_the_hub_wants_its_challenge_back(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    stage.answers("no")
    assert not (await platform.connect({"webhook": stage.hook.url})).ok
    assert stage.hook.calls[-1].one("hub.verify_token") == platform.form["verify_token"]


async def test_a_message_is_signed_and_complete(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    id = await said(platform, text="你好")
    (call,) = stage.hook.calls
    assert call.headers["x-hub-signature-256"] == signed(platform.form["app_secret"], call.body)
    (message,) = values(stage, "messages")
    assert (message["id"], message["from"], message["text"]) == (id, first(platform).id, {"body": "你好"})
    assert values(stage, "contacts")[0]["profile"] == {"name": "林小满"}


async def test_who_shows_no_number_has_a_user_id(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    phone = list(platform.phones.values())[2]
    await platform.say(phone.id, Said(text="hi"))
    await platform.settled()
    (message,) = values(stage, "messages")
    assert "from" not in message
    answer = await send(stage, platform, to=None, recipient=message["from_user_id"], **text("hello"))
    assert answer.status_code == 200
    assert phone.chat[-1].text == "hello"


async def test_a_send_is_followed_by_its_statuses(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    await said(platform, text="hello")
    answer = await send(stage, platform, **text("hi"), biz_opaque_callback_data="row-1")
    id = answer.json()["messages"][0]["id"]
    await platform.act(first(platform).id, "read", {})
    await platform.settled()
    statuses = values(stage, "statuses")
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {status["id"] for status in statuses} == {id}
    assert statuses[0]["biz_opaque_callback_data"] == "row-1"


async def test_a_status_may_come_before_the_answer(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    await said(platform, text="hello")
    platform.form["status_first"] = "yes"
    headers = {"authorization": f"Bearer {platform.form['access_token']}"}
    body = {"messaging_product": "whatsapp", "to": first(platform).id, **text("hi")}
    path = f"/v23.0/{platform.form['phone_number_id']}/messages"
    assert (await stage.client.post(path, json=body, headers=headers)).status_code == 200
    assert {status["status"] for status in values(stage, "statuses")} == {"sent", "delivered"}


async def test_the_window_closes_and_templates_pass(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    await said(platform, text="hello")
    platform.switch({"clock_ahead": 24 * 3600 + 5})
    assert (await send(stage, platform, **text("late"))).status_code == 200
    assert values(stage, "statuses")[-1]["errors"][0]["code"] == 131047
    body = {"type": "body", "parameters": [{"type": "text", "text": t} for t in ("小满", "A1")]}
    template = {"name": "order_update", "language": {"code": "zh_CN"}, "components": [body]}
    assert (await send(stage, platform, type="template", template=template)).status_code == 200
    shown = platform.seen(first(platform).id)[-1]
    assert (shown.kind, shown.text) == ("template", "您好 小满，订单 A1 已发货。")
    missing = await send(stage, platform, type="template", template={**template, "components": []})
    assert code(missing) == 132000
    await said(platform, text="again")
    await send(stage, platform, **text("in time"))
    assert platform.seen(first(platform).id)[-1].text == "in time"


async def test_who_has_blocked_or_is_nobody_is_told_later(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    await said(platform, text="hello")
    await platform.act(first(platform).id, "block", {})
    await send(stage, platform, **text("hi"))
    await send(stage, platform, to="4900000", **text("hi"))
    assert [status["errors"][0]["code"] for status in values(stage, "statuses")] == [131026, 131026]


ROWS = [{"id": str(nr), "title": "x"} for nr in range(11)]


def headed(**more: Any) -> dict[str, Any]:
    """The template with an image above, filled but for what is to be wrong."""
    made: dict[str, Any] = {
        "image": {"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]},
        "body": {"type": "body", "parameters": [{"type": "text", "text": "小满"}]},
        "code": {"type": "button", "sub_type": "copy_code", "index": "0",
                 "parameters": [{"type": "coupon_code", "coupon_code": "TEA30"}]},
        **more,
    }  # fmt: skip
    parts = [part for part in made.values() if part]
    return {"type": "template",
            "template": {"name": "new_tea", "language": {"code": "zh_CN"}, "components": parts}}  # fmt: skip


def parcel(*names: str, url: str = "SF1") -> dict[str, Any]:
    """The template with names; `names` of its body."""
    values = [{"type": "text", "parameter_name": name, "text": name} for name in names]
    order = [{"type": "text", "parameter_name": "order_id", "text": "A1"}]
    link = {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": url}]}
    parts = [{"type": "header", "parameters": order}, {"type": "body", "parameters": values}, link]
    made = {"name": "parcel_on_its_way", "language": {"code": "zh_CN"}, "components": parts}
    return {"type": "template", "template": made}


async def test_a_template_with_names_is_shown_and_its_button_answers(
    stage: Stage[WhatsApp], platform: WhatsApp
) -> None:
    await said(platform, text="hello")
    assert (await send(stage, platform, **parcel("customer_name", "carrier"))).status_code == 200
    shown = first(platform).chat[-1]
    assert shown.text.splitlines() == [
        "订单 A1", "customer_name，您的包裹由carrier送出，请留意电话。", "松下客栈",
        "查看物流 https://example.com/track/SF1",
    ]  # fmt: skip
    stage.hook.calls.clear()
    await platform.act(first(platform).id, "choose", {"message": shown.id, "choice": "改地址"})
    await platform.settled()
    messages = [
        one for body in stage.bodies() for one in body["entry"][0]["changes"][0]["value"].get("messages", [])
    ]
    assert [(one["type"], one["button"], one["context"]["id"]) for one in messages] == [
        ("button", {"payload": "改地址", "text": "改地址"}, shown.id)
    ]


async def test_a_template_with_an_image_above_shows_it(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    await said(platform, text="hello")
    platform.keep_media(b"jpeg", "image/jpeg", "a.jpg", 100)
    (media,) = platform.uploaded()
    image = {"type": "header", "parameters": [{"type": "image", "image": {"id": media}}]}
    assert (await send(stage, platform, **headed(image=image))).status_code == 200
    shown = first(platform).chat[-1]
    assert (shown.kind, shown.file) == ("image", media)
    assert shown.text.splitlines()[1:] == ["复制优惠码 TEA30", "致电门店 +8657100000000"]


def interactive(**action: Any) -> dict[str, Any]:
    kind = "list" if "button" in action else "button"
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": "?"}, "action": action}}


def opening(**action: Any) -> dict[str, Any]:
    """A button that opens a page."""
    return {
        "type": "interactive",
        "interactive": {"type": "cta_url", "body": {"text": "?"}, "action": action},
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (text("x" * 4097), 100),
        (text(""), 100),
        ({**text("x"), "txt": {}}, 100),
        ({**text("x"), "messaging_product": "sms"}, 100),
        ({"type": "text"}, 131008),
        ({"type": "image", "image": {"id": "1"}}, 131009),
        ({"type": "image", "image": {"id": "1", "link": "https://x"}}, 131009),
        ({"type": "audio", "audio": {"id": "1", "caption": "x"}}, 100),
        (
            interactive(buttons=[{"type": "reply", "reply": {"id": str(n), "title": "x"}} for n in range(4)]),
            131009,
        ),
        (interactive(buttons=[{"type": "reply", "reply": {"id": "1", "title": "x" * 21}}]), 100),
        (interactive(button="more", sections=[{"rows": ROWS}]), 131009),
        ({"type": "template", "template": {"name": "none", "language": {"code": "en"}}}, 132001),
        ({"type": "template", "template": {"name": "spring_sale", "language": {"code": "en"}}}, 132015),
        (parcel("customer_name"), 132000),
        (parcel("customer_name", "courier"), 132012),
        (parcel("customer_name", "a\nb"), 132012),
        (headed(image=None), 132012),
        (headed(body=None), 132000),
        (headed(code=None), 131008),
        (headed(more={"type": "button", "sub_type": "url", "index": "1", "parameters": [{}]}), 132012),
        (headed(more={"type": "button", "sub_type": "url", "index": "9", "parameters": [{}]}), 132000),
        (headed(), 131009),
        ({"type": "location", "location": {"latitude": "north"}}, 131009),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "x"}, "phones": [{}]}]}, 131008),
        (opening(name="cta_url", parameters={"display_text": "x" * 21, "url": "https://x"}), 100),
        (opening(name="cta_url", parameters={"display_text": "x", "url": "x"}), 131009),
        (opening(name="other", parameters={"display_text": "x", "url": "https://x"}), 131009),
    ],
)
async def test_what_is_wrong_is_refused(
    stage: Stage[WhatsApp], platform: WhatsApp, given: Any, expected: int
) -> None:
    assert code(await send(stage, platform, **given)) == expected


async def test_tokens_rates_and_switched_codes(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    await said(platform, text="hello")
    path = f"/v23.0/{platform.form['phone_number_id']}/messages"
    assert (await stage.client.post(path, json={})).status_code == 401
    stale = {"authorization": f"Bearer {platform.form['access_token']}"}
    platform.switch({"token_expired": True})
    refused = await stage.client.post(path, json={}, headers=stale)
    assert (refused.status_code, code(refused)) == (401, 190)
    for _ in range(45):
        assert (await send(stage, platform, **text("hi"))).status_code == 200
    assert code(await send(stage, platform, **text("hi"))) == 131056
    platform.switch({"error": "131048"})
    assert code(await send(stage, platform, **text("hi"))) == 131048


async def test_media_both_ways(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    headers = {"authorization": f"Bearer {platform.form['access_token']}"}
    await said(platform, kind="image", data=b"jpeg", media_type="image/jpeg", text="look")
    (message,) = values(stage, "messages")
    assert message["image"]["caption"] == "look"
    about = (await stage.client.get(f"/v23.0/{message['image']['id']}", headers=headers)).json()
    assert about["sha256"] == message["image"]["sha256"]
    assert (await stage.client.get(about["url"])).status_code == 401
    assert (await stage.client.get(about["url"], headers=headers)).content == b"jpeg"
    platform.switch({"clock_ahead": 301})
    assert (await stage.client.get(about["url"], headers=headers)).status_code == 404
    made = await stage.client.post(
        f"/v23.0/{platform.form['phone_number_id']}/media",
        data={"messaging_product": "whatsapp", "type": "application/pdf"},
        files={"file": ("价格.pdf", b"%PDF", "application/pdf")},
        headers=headers,
    )
    document = {"id": made.json()["id"], "filename": "价格.pdf"}
    assert (await send(stage, platform, type="document", document=document)).status_code == 200
    shown = platform.seen(first(platform).id)[-1]
    assert (shown.kind, platform.files[shown.file].data) == ("file", b"%PDF")
    stage.answers("", 404)
    await send(stage, platform, type="image", image={"link": stage.hook.url})
    assert b"131053" in stage.hook.calls[-1].body


async def test_other_things_she_does(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    who = first(platform)
    id = await said(platform, text="helo")
    keys = interactive(buttons=[{"type": "reply", "reply": {"id": "y", "title": "Yes"}}])
    ours = (await send(stage, platform, **keys)).json()["messages"][0]["id"]
    await platform.act(who.id, "edit", {"message": id, "text": "hello"})
    await platform.act(who.id, "react", {"message": ours, "emoji": "👍"})
    await platform.act(who.id, "choose", {"message": ours, "choice": "y"})
    await platform.act(who.id, "recall", {"message": id})
    await platform.act(who.id, "burst", {"text": "go"})
    await platform.act(who.id, "echo", {"text": "from the phone"})
    await platform.act(who.id, "renumber", {})
    await platform.act(who.id, "account", {"field": "account_update", "event": "DISABLED_UPDATE"})
    await platform.settled()
    messages = {message["type"]: message for message in values(stage, "messages")}
    assert messages["edit"]["edit"]["message"]["text"] == {"body": "hello"}
    assert messages["reaction"]["reaction"] == {"message_id": ours, "emoji": "👍"}
    assert messages["interactive"]["interactive"]["button_reply"] == {"id": "y", "title": "Yes"}
    assert messages["revoke"]["revoke"] == {"original_message_id": id}
    assert messages["system"]["system"]["type"] == "user_changed_number"
    assert len(values(stage, "messages")) == 9
    fields = {body["entry"][0]["changes"][0]["field"] for body in stage.bodies()}
    assert fields == {"messages", "smb_message_echoes", "account_update"}
    assert values(stage, "message_echoes")[0]["text"] == {"body": "from the phone"}


async def test_a_read_mark_shows_and_types(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    id = await said(platform, text="hello")
    body = {"status": "read", "message_id": id, "typing_indicator": {"type": "text"}}
    assert (await send(stage, platform, **body)).json() == {"success": True}
    assert platform.seen(first(platform).id)[0].fate == "read"
    assert first(platform).typing_until > 0
    assert code(await send(stage, platform, status="read", message_id="wamid.none")) == 131009


async def test_a_lost_callback_comes_again(stage: Stage[WhatsApp], platform: WhatsApp) -> None:
    stage.answers("", 503)
    await said(platform, text="hello")
    assert len(stage.hook.calls) == 5
    assert len({call.body for call in stage.hook.calls}) == 1
