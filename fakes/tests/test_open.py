"""A platform on the open channel: its posts, and what it makes of ours."""

import base64
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from fakes.phone import Said
from fakes.platforms.open import Open, signed
from fakes.tests.stage import Stage, staged
from fakes.wire import plain, told

OpenStage = Stage[Open]


@pytest.fixture
async def shop() -> AsyncIterator[OpenStage]:
    async with staged(Open()) as stage:
        stage.platform.form["secret"] = "kzk_secret"
        stage.hook.answer = lambda _: told({"accepted": True})
        yield stage


async def answer(shop: OpenStage, type: str = "message", seq: int = 1, **more: Any) -> int:
    """The status of one event of ours; `more` is its message's, or event_id, stamp, secret."""
    id = more.pop("event_id", f"e-{type}-{seq}")
    stamp, secret = more.pop("stamp", int(time.time())), more.pop("secret", "kzk_secret")
    event = {"event_id": id, "type": type, "conversation_id": "c1", "customer": {"id": shop.phone.id}}
    event |= {"sent_at": "2026-11-22T08:30:04.120Z", "message": {"seq": seq, "kind": "text", **more}}
    body = msgspec.json.encode(event)
    headers = {"X-Kezhan-Signature": signed(secret, stamp, body), "X-Kezhan-Event-Id": id}
    return (await shop.client.post("/answers", content=body, headers=headers)).status_code


async def test_a_message_is_signed(shop: OpenStage) -> None:
    asked = await shop.say("在吗")
    event = msgspec.json.decode(asked.body)
    assert (event["type"], event["message"]) == ("message", {"kind": "text", "text": "在吗"})
    assert event["customer"]["id"] == shop.phone.id and shop.phone.chat[0].fate == "delivered"
    header = asked.headers["x-kezhan-signature"]
    stamp = int(header.partition(",")[0].removeprefix("t="))
    assert header == signed("kzk_secret", stamp, asked.body) and abs(stamp - time.time()) < 5


async def test_files_quotes_and_other_events(shop: OpenStage) -> None:
    assert await answer(shop, text="有的", seq=4) == 200
    event = msgspec.json.decode((await shop.say("这个", quote="c1/4")).body)
    assert event["message"]["quote_seq"] == 4
    more: dict[str, Any] = {"kind": "image", "data": b"\x89PNG", "name": "a.png", "media_type": "image/png"}
    file = msgspec.json.decode((await shop.say("", **more)).body)["message"]["file"]
    assert base64.b64decode(file["base64"]) == b"\x89PNG" and file["name"] == "a.png"
    more["data"] = b"0" * 5_000_001
    file = msgspec.json.decode((await shop.say("", **more)).body)["message"]["file"]
    assert len((await shop.client.get(file["url"])).content) == 5_000_001
    assert msgspec.json.decode((await shop.act("event", type="order.paid")).body)["type"] == "order.paid"


async def test_an_unheard_post_is_repeated_with_its_id(shop: OpenStage) -> None:
    shop.platform.switch({"pace": 1000})
    shop.hook.answer = lambda _: plain("busy")
    await shop.platform.say(shop.phone.id, Said(text="hi"))
    await shop.platform.settled()
    assert len({msgspec.json.decode(call.body)["event_id"] for call in shop.hook.calls}) == 1
    assert len(shop.hook.calls) == 3


async def test_what_we_send_is_shown_once(shop: OpenStage) -> None:
    assert [await answer(shop, text="有的") for _ in range(2)] == [200, 200]
    assert [shown.text for shown in shop.phone.chat] == ["有的"]
    assert await answer(shop, "message.edited", text="有货", event_id="e2") == 200
    assert (shop.phone.chat[0].text, shop.phone.chat[0].edited) == ("有货", True)
    assert await answer(shop, "message.recalled", event_id="e3") == 200
    assert shop.phone.chat[0].fate == "recalled"
    assert await answer(shop, "conversation.closed", event_id="e4") == 200
    assert shop.phone.chat[-1].by == "platform"


async def test_what_is_not_ours_is_refused(shop: OpenStage) -> None:
    assert await answer(shop, secret="kzk_other") == 401
    assert await answer(shop, stamp=int(time.time()) - 301) == 401
    assert await answer(shop, "message.edited", seq=9) == 400
    assert await answer(shop, "sing") == 400
    body = b"{}"
    headers = {"X-Kezhan-Signature": signed("kzk_secret", int(time.time()), body)}
    assert (await shop.client.post("/answers", content=body, headers=headers)).status_code == 400
    assert shop.phone.chat == []


async def test_connecting_wants_address_and_secret(shop: OpenStage) -> None:
    assert (await shop.platform.connect({"secret": "kzk_1"})).ok
    assert not (await shop.platform.connect({"secret": ""})).ok
