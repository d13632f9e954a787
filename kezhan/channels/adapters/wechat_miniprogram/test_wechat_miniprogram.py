"""Mini-programs by themselves: sealed JSON, who is vouched for, what cannot be sent."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.wechat_miniprogram import fake
from kezhan.channels.adapters.wechat_miniprogram.inbound import parse, verify
from kezhan.channels.adapters.wechat_miniprogram.manifest import CHANNEL, tuned
from kezhan.channels.adapters.wechat_miniprogram.outbound import media, probe, send
from kezhan.channels.adapters.wechat_miniprogram.session import session_signature, vouched
from kezhan.channels.base import Forged, Media, Outbound, Person, Request, Turned, Window
from kezhan.channels.tests.contract import fixture, line, request_of
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.channels.vendors.tencent.crypto import seal, signature
from kezhan.kit.fetch import guarded_client

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))
GUIDE = Path(__file__).parents[4] / "docs" / "guide"


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place


# Signatures as published


def test_the_published_vector_of_get_user_info() -> None:
    told = (
        '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong",'
        '"country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARo'
        'l6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}'
    )
    found = hashlib.sha1(f"{told}HyVFkGl5F5OQWJZZaNzBBg==".encode(), usedforsecurity=False).hexdigest()
    assert found == "75e81ceda165f4ffa64f4068af58c64b8f54b88c"


# In


def test_a_push_sealed_in_json_says_what_the_open_one_says() -> None:
    of, request = fake.account(), request_of(fixture(CHANNEL, "in_text"))
    cipher = seal(of.secrets.aes_key, of.settings.app_id, request.body, b"r" * 16)
    query = {"timestamp": STAMP, "nonce": "n", "encrypt_type": "aes"}
    query["msg_signature"] = signature(of.secrets.token, STAMP, "n", cipher)
    body = msgspec.json.encode({"ToUserName": "gh_x", "Encrypt": cipher})
    sealed = structs.replace(request, query=query, body=body)
    assert verify(sealed, of, AT).dedup_key == "1234567890123456"
    assert parse(sealed, of) == parse(request, of)
    with pytest.raises(Forged):
        verify(structs.replace(sealed, query={**query, "nonce": "m"}), of, AT)


def test_a_plain_push_is_taken_in_plain_mode_only() -> None:
    of = fake.account()
    query = {"timestamp": STAMP, "nonce": "n", "signature": signature(of.secrets.token, STAMP, "n")}
    request = Request(method="POST", headers={}, query=query, body=b'{"MsgId":5}')
    with pytest.raises(Forged):
        verify(request, of, AT)
    of = structs.replace(of, settings=structs.replace(of.settings, mode="plain"))
    assert verify(request, of, AT).dedup_key == "5"


def said(of_payload: bytes, *, openid: str = "o1", name: str = "kezhan") -> Person | None:
    """What is made of a session-from whose payload is signed for o1."""
    of = fake.account()
    payload = base64.urlsafe_b64encode(of_payload).decode().rstrip("=")
    return vouched(f"{name}.{payload}.{session_signature(payload, 'o1', of)}", openid, of)


def test_a_customer_is_who_her_mini_program_vouches_for() -> None:
    assert said(b'{"unionid":"o6","email":"a@b.example"}') == Person(union="wechat:o6", email="a@b.example")
    assert said(b'{"name":"Ann"}') == Person(name="Ann")
    assert said(b"[]") == Person()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_the_guide_tells_a_mini_programs_server_is_good(language: str) -> None:
    guide = (GUIDE / language / "channels.md").read_text()
    names: dict[str, Any] = {}
    exec(guide.partition("```python\n")[2].partition("```")[0], names)  # noqa: S102
    of = fake.account()
    word = names["session_from"](of.secrets.app_secret, "o1", unionid="u-1", name="林小满")
    assert vouched(word, "o1", of) == Person(name="林小满", union="wechat:u-1")
    assert vouched(word, "o2", of) is None


def test_nobody_is_vouched_for_by_a_copy_or_by_another_word() -> None:
    good = b'{"unionid":"o6"}'
    assert said(good, openid="o2") is None
    assert said(good, name="other") is None
    of = fake.account()
    for odd in ("", "kezhan", "kezhan.", "kezhan..", "kezhan.e30.", "kezhan.e30.我", "商品页"):
        assert vouched(odd, "o1", of) is None
    signed = f"kezhan.a.{session_signature('a', 'o1', of)}"
    assert vouched(signed, "o1", of) is None
    without = structs.replace(of, secrets=structs.replace(of.secrets, app_secret=""))
    signed = f"kezhan.e30.{session_signature('e30', 'o1', without)}"
    assert vouched(signed, "o1", without) is None


def test_the_number_of_replies_is_the_accounts() -> None:
    of = fake.account()
    of = structs.replace(of, settings=structs.replace(of.settings, messages=7))
    assert tuned(of).window == Window(seconds=172800, messages=7)


# Out


@pytest.mark.parametrize(
    ("stem", "change"),
    [
        ("out_text", {"what": "recalled"}),
        ("out_image", {"file": {"url": "", "name": "a.pdf", "media_type": "application/pdf", "size": 1}}),
    ],
)
async def test_what_the_platform_does_not_take_is_turned(
    stem: str, change: dict[str, object], place: Platform
) -> None:
    ready = msgspec.convert({**fixture(CHANNEL, stem)["outbound"], **change}, Outbound)
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Turned):
            await send(line(fake.account(place.url), http, b"x"), ready)
    assert not place.heard


async def test_a_picture_comes_in_and_the_probe_tells_what_is_wrong(place: Platform) -> None:
    of = fake.account(place.url)
    place.answers.append(Answer(200, b"GIF8", {"content-type": "image/gif"}))
    place.answers.append(Answer(200, b'{"access_token":"6_A","expires_in":7200}'))
    place.answers.append(Answer(200, b'{"errcode":40125,"errmsg":"invalid appsecret"}'))
    async with guarded_client(allow_private_hosts=True) as http:
        found = await media(line(of, http), "media-1")
        assert found == Media(media_type="image/gif", data=b"GIF8")
        await probe(line(of, http))
        with pytest.raises(Turned, match="invalid appsecret"):
            await probe(line(of, http))
