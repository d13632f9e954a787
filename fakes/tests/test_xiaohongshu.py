"""Xiaohongshu: the codec, fixed paths, binding, tokens that change, replies in an hour."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest

from fakes.platforms.xiaohongshu import OAUTH, PATHS, SEND, SPLIT, Xiaohongshu, opened, sealed
from fakes.tests.stage import Stage, staged
from fakes.wire import Asked

XiaohongshuStage = Stage[Xiaohongshu]
KEY = "000102030405060708090a0b0c0d0e0f"


@pytest.fixture
async def shop() -> AsyncIterator[XiaohongshuStage]:
    async with staged(Xiaohongshu()) as stage:
        stage.answers({"success": True})
        assert (await stage.platform.connect({})).ok
        stage.hook.calls.clear()
        yield stage


def inside(shop: XiaohongshuStage, asked: Asked) -> tuple[dict[str, Any], dict[str, Any]]:
    """The envelope, and what was encrypted."""
    envelope = msgspec.json.decode(asked.body)
    return envelope, msgspec.json.decode(opened(shop.platform.form["aes_key"], envelope.pop("content")))


async def granted(shop: XiaohongshuStage, word: str, **more: str) -> dict[str, Any]:
    form = shop.platform.form
    body = {"app_id": form["app_id"], "secret": form["app_secret"], **more}
    answer: dict[str, Any] = (await shop.client.post(f"{OAUTH}/{word}", json=body)).json()
    return answer


async def send(shop: XiaohongshuStage, access: str, text: str = "有的", **more: Any) -> tuple[int, bool]:
    form = shop.platform.form
    content = sealed(form["aes_key"], msgspec.json.encode({"text": text}))
    body = {"from_user_id": form["user_id"], "to_user_id": shop.phone.id, "message_type": "TEXT"}
    headers = {"Access-Token": access}
    answer = await shop.client.post(SEND, headers=headers, json={**body, "content": content, **more})
    return answer.status_code, answer.json()["success"]


async def access_of(shop: XiaohongshuStage) -> str:
    answer = await granted(shop, "access_token", auth_code=shop.platform.form["auth_code"])
    return str(answer["data"]["access_token"])


def test_the_codec() -> None:
    first, second = sealed(KEY, "你好".encode()), sealed(KEY, "你好".encode())
    assert first != second and first.count(SPLIT) == 1
    assert opened(KEY, first).decode() == opened(KEY, second).decode() == "你好"
    for wrong in ("", SPLIT, "x" + first, first[:-4], first.replace(SPLIT, "")):
        with pytest.raises(ValueError):
            opened(KEY, wrong)


async def test_connecting_binds_the_account(shop: XiaohongshuStage) -> None:
    assert (await shop.platform.connect({})).ok
    asked = shop.hook.calls[-1]
    assert asked.one("event") == "bind_account"
    _, told = inside(shop, asked)
    assert set(told) == {"user_id", "nick_name", "app_id", "token"}
    shop.answers({"success": False})
    assert not (await shop.platform.connect({})).ok
    link = urlsplit(shop.platform.link(sealed(KEY, b"{}")))
    assert link.hostname == "ad.xiaohongshu.com"
    assert opened(KEY, unquote(parse_qs(link.query)["token"][0])) == b"{}"


async def test_a_message_is_encrypted_and_repeated(shop: XiaohongshuStage) -> None:
    asked = await shop.say("在吗")
    envelope, told = inside(shop, asked)
    assert (asked.one("event"), told) == ("send", {"text": "在吗"})
    assert (envelope["message_type"], envelope["from_user_id"]) == ("TEXT", shop.phone.id)
    assert "x-xhs-signature" not in asked.headers and "在吗" not in asked.body.decode()
    shop.answers("ok")
    shop.hook.calls.clear()
    await shop.say("还在吗")
    assert len(shop.hook.calls) == 3 and len({call.body for call in shop.hook.calls}) == 1
    assert shop.phone.chat[-1].fate == "lost"


async def test_signed_calls_to_the_fixed_paths(shop: XiaohongshuStage) -> None:
    await shop.platform.connect({"signature": "on", "places": "path"})
    asked = await shop.say("在吗")
    assert asked.path.endswith(PATHS["send"])
    key = shop.platform.form["aes_key"].encode()
    assert asked.headers["x-xhs-signature"] == hmac.new(key, asked.body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("act", "event"),
    [
        ("bind", "bind_account"),
        ("unbind", "unbind_account"),
        ("bind_user", "bind_user"),
        ("comment", "comment"),
        ("lead", "data"),
        ("staff", "send"),
    ],
)
async def test_what_else_is_told(shop: XiaohongshuStage, act: str, event: str) -> None:
    asked = await shop.act(act, text="多少钱", token="t")
    envelope, told = inside(shop, asked)
    assert asked.one("event") == event
    if act in {"comment", "lead"}:
        assert (told["user_id"], told["nick_name"]) == (shop.phone.id, shop.phone.name)
    if act == "staff":
        assert (envelope["to_user_id"], told["text"]) == (shop.phone.id, "多少钱")


async def test_tokens_are_used_up_and_expire(shop: XiaohongshuStage) -> None:
    code = shop.platform.form["auth_code"]
    first = (await granted(shop, "access_token", auth_code=code))["data"]
    assert not (await granted(shop, "access_token", auth_code=code))["success"]
    second = (await granted(shop, "refresh_token", refresh_token=first["refresh_token"]))["data"]
    assert not (await granted(shop, "refresh_token", refresh_token=first["refresh_token"]))["success"]
    assert not (await granted(shop, "refresh_token", secret="wrong"))["success"]
    assert await send(shop, second["access_token"]) == (200, True)
    shop.platform.switch({"token_expired": True})
    assert await send(shop, second["access_token"]) == (401, False)
    third = (await granted(shop, "refresh_token", refresh_token=second["refresh_token"]))["data"]
    assert await send(shop, third["access_token"]) == (200, True)
    shop.platform.switch({"clock_ahead": 86400.0})
    assert await send(shop, third["access_token"]) == (401, False)


async def test_what_is_refused(shop: XiaohongshuStage) -> None:
    access = await access_of(shop)
    assert (await send(shop, "wrong"))[0] == 401
    for wrong in (
        {"to_user_id": "nobody"},
        {"from_user_id": "x"},
        {"content": "plain"},
        {"message_type": "X"},
    ):
        assert not (await send(shop, access, **wrong))[1]
    assert not (await send(shop, access, "长" * 501))[1]
    assert [shown for shown in shop.phone.chat if shown.by == "us"] == []


async def test_twenty_replies_in_an_hour(shop: XiaohongshuStage) -> None:
    access = await access_of(shop)
    assert [await send(shop, access) for _ in range(20)] == [(200, True)] * 20
    assert await send(shop, access) == (429, False)
    shop.platform.switch({"clock_ahead": 3600.0})
    assert await send(shop, access) == (200, True)
