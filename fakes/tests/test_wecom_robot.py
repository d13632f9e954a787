"""WeCom's robot: calls sealed for nobody, streams that are asked after, one answer to each address."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from fakes.base import Misused
from fakes.phone import Said
from fakes.platforms.wecom_robot import MEDIA_S, NO_ADDRESS, USED, WecomRobot
from fakes.tests.stage import Stage, staged
from fakes.wechat.corp import SealedPlatform
from fakes.wechat.crypto import lock, seal, signature, unseal
from fakes.wire import Asked, Told, plain, told

RobotStage = Stage[WecomRobot]


@pytest.fixture
async def app() -> AsyncIterator[RobotStage]:
    async with staged(WecomRobot()) as stage:
        stage.answers("")
        yield stage


def opened(platform: SealedPlatform, asked: Asked) -> dict[str, Any]:
    (sealed,) = msgspec.json.decode(asked.body, type=dict[str, str]).values()
    words = (platform.form["token"], asked.one("timestamp"), asked.one("nonce"), sealed)
    assert asked.one("msg_signature") == signature(*words)
    body: dict[str, Any] = msgspec.json.decode(unseal(platform.form["aes_key"], sealed, ""))
    return body


def streaming(platform: SealedPlatform, words: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A webhook that answers at once, sealed, with the stream `words` makes of what came."""

    def answer(asked: Asked) -> Told:
        said = {"msgtype": "stream", "stream": words(opened(platform, asked))}
        sealed = seal(platform.form["aes_key"], "", msgspec.json.encode(said))
        signed = signature(platform.form["token"], "1", "n", sealed)
        return told({"encrypt": sealed, "msgsignature": signed, "timestamp": 1, "nonce": "n"})

    return answer


async def respond(app: RobotStage, url: str, **body: Any) -> dict[str, Any]:
    answer = await app.client.post(url, json=body or {"msgtype": "markdown", "markdown": {"content": "有的"}})
    found: dict[str, Any] = answer.json()
    return found


async def test_the_handshake_is_sealed_for_nobody(app: RobotStage) -> None:
    key = app.platform.form["aes_key"]
    app.hook.answer = lambda asked: plain(unseal(key, asked.one("echostr"), "").decode())
    assert (await app.platform.connect({})).ok
    app.answers("success")
    assert not (await app.platform.connect({})).ok


async def test_a_member_writes_alone_in_a_group_and_to_what_was_said(app: RobotStage) -> None:
    told = opened(app.platform, await app.say("在吗"))
    assert (told["chattype"], told["from"], told["text"]) == (
        "single", {"userid": app.phone.id}, {"content": "在吗"},
    )  # fmt: skip
    assert "chatid" not in told and told["aibotid"] == app.platform.form["aibotid"]
    first = app.phone.chat[0]
    assert (told["msgid"], first.fate) == (first.id, "delivered")
    told = opened(app.platform, await app.act("group", text="这个"))
    assert (told["chattype"], told["chatid"]) == ("group", app.phone.notes["group"])
    assert told["text"]["content"] == "@茶小二 这个"
    told = opened(app.platform, await app.say("哪个", quote=first.id))
    assert told["quote"] == {"msgtype": "text", "text": {"content": "在吗"}}
    told = opened(app.platform, await app.act("enter"))
    assert told["event"] == {"eventtype": "enter_chat"} and "response_url" not in told
    told = opened(app.platform, await app.say("明天", kind="voice"))
    assert told["voice"] == {"content": "明天"}
    with pytest.raises(Misused):
        await app.say("", kind="image")


async def test_files_are_enciphered_and_over_after_five_minutes(app: RobotStage) -> None:
    told = opened(app.platform, await app.say("这两张", kind="mixed", data=b"png", media_type="image/png"))
    words, picture = told["mixed"]["msg_item"]
    assert words["text"] == {"content": "这两张"}
    answer = await app.client.get(picture["image"]["url"])
    assert answer.content == lock(app.platform.form["aes_key"], b"png")
    app.platform.switch({"clock_ahead": MEDIA_S + 1})
    assert (await app.client.get(picture["image"]["url"])).status_code == 403


async def test_an_address_takes_one_answer_within_the_hour(app: RobotStage) -> None:
    url = opened(app.platform, await app.say("在吗"))["response_url"]
    refused: list[dict[str, Any]] = [
        {"msgtype": "text", "text": {"content": "有的"}},
        {"msgtype": "markdown", "markdown": {"content": ""}},
        {"msgtype": "markdown", "markdown": {"content": "字" * 6827}},
        {"msgtype": "template_card"},
    ]
    assert [(await respond(app, url, **body))["errcode"] for body in refused] == [40008, 40058, 45002, 47001]
    assert [(await respond(app, url))["errcode"] for _ in range(2)] == [0, USED]
    assert [one.text for one in app.phone.chat if one.by == "us"] == ["有的"]
    assert (await respond(app, url + "x"))["errcode"] == NO_ADDRESS
    late = opened(app.platform, await app.say("还在吗"))["response_url"]
    app.platform.switch({"clock_ahead": 3601})
    assert (await respond(app, late))["errcode"] == USED


async def test_a_stream_is_asked_after_until_it_is_finished(app: RobotStage) -> None:
    asked: list[dict[str, Any]] = []

    def words(told: dict[str, Any]) -> dict[str, Any]:
        asked.append(told)
        return {"id": "s", "finish": len(asked) == 3, "content": "有的。"[: len(asked)]}

    app.hook.answer = streaming(app.platform, words)
    await app.say("在吗")
    assert [one["msgtype"] for one in asked] == ["text", "stream", "stream"]
    assert [one.text for one in app.phone.chat if one.by == "us"] == ["有的。"]
    assert app.phone.notes["streams"] == set()
    app.phone.notes["streams"] = {"a", "b", "c"}
    with pytest.raises(Misused, match="three"):
        await app.platform.say(app.phone.id, Said(text="还有"))


async def test_an_answer_that_is_not_sealed_is_no_answer(app: RobotStage) -> None:
    for value in (
        "success",
        {"msgtype": "stream"},
        {"encrypt": "x", "msgsignature": "", "timestamp": 1, "nonce": ""},
    ):
        app.answers(value)
        await app.say("在吗")
        assert app.phone.chat[-1].fate == "lost"
