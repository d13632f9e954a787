"""Alibaba Cloud's text messages by themselves: signatures, who may call, numbers."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.sms_aliyun import fake
from kezhan.channels.adapters.sms_aliyun.inbound import parse, verify
from kezhan.channels.adapters.sms_aliyun.manifest import CHANNEL
from kezhan.channels.adapters.sms_aliyun.outbound import probe, send
from kezhan.channels.adapters.sms_aliyun.phone import international, national
from kezhan.channels.adapters.sms_aliyun.settings import Secrets
from kezhan.channels.adapters.sms_aliyun.signature import Action, signed, written
from kezhan.channels.base import Forged, Inbound, Malformed, Outbound, Request, Turned
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, platform
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
PUBLISHED = Action(
    host="ecs.cn-shanghai.aliyuncs.com",
    name="RunInstances",
    version="2014-05-26",
    query={
        "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        "RegionId": "cn-shanghai",
    },
)
OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="+8613711112222", seq=4,
    text="有的",
)  # fmt: skip


def signature(headers: dict[str, str]) -> str:
    return headers["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("at", "nonce", "told"),
    [
        (
            datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
            "3156853299f313e23d1673dc12e1703d",
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        ),
        (
            datetime(2023, 10, 26, 9, 1, 1, tzinfo=UTC),
            "d410180a5abf7fe235dd9b74aca91fc0",
            "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
        ),
    ],
)
def test_the_published_signatures_are_reproduced(at: datetime, nonce: str, told: str) -> None:
    headers = signed(PUBLISHED, "YourAccessKeyId", "YourAccessKeySecret", at, nonce)
    assert signature(headers) == told
    assert headers["authorization"].startswith(
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;"
    )


def test_a_message_is_signed_with_its_query() -> None:
    query = {
        "PhoneNumbers": "13711112222",
        "SignName": "阿里云",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"code":"1"}',
    }
    action = Action(host="dysmsapi.aliyuncs.com", name="SendSms", version="2017-05-25", query=query)
    headers = signed(action, "ak", "sk", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), "n1")
    assert written(query).endswith(
        "&SignName=%E9%98%BF%E9%87%8C%E4%BA%91&TemplateCode=SMS_1&TemplateParam=%7B%22code%22%3A%221%22%7D"
    )
    assert signature(headers) == "05436c868c3bdd23a77f73abce784d9ed17a490f2a1ce2d18a3f0aadd1de30ee"


@pytest.mark.parametrize(
    ("given", "kept", "dialled"),
    [
        ("13711112222", "+8613711112222", "13711112222"),
        ("8613711112222", "+8613711112222", "13711112222"),
        ("+8613711112222", "+8613711112222", "13711112222"),
        ("0086 137-1111-2222", "+8613711112222", "13711112222"),
        ("+85261234567", "+85261234567", "85261234567"),
        ("0085261234567", "+85261234567", "85261234567"),
        ("+14158675309", "+14158675309", "14158675309"),
        ("", "", ""),
        ("x", "", ""),
    ],
)
def test_a_number_has_one_form(given: str, kept: str, dialled: str) -> None:
    assert international(given) == kept
    assert national(kept) == dialled


@pytest.mark.parametrize(
    ("allowed", "peer", "good"),
    [
        ("", "", True),
        ("", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.9", True),
        ("198.51.100.0/24 203.0.113.0/24", "203.0.113.9", True),
        ("198.51.100.0/24", "203.0.113.9", False),
        ("203.0.113.9", "", False),
        ("nonsense", "203.0.113.9", False),
    ],
)
def test_only_listed_addresses_may_call(allowed: str, peer: str, good: bool) -> None:
    account = fake.account()
    account = structs.replace(account, settings=structs.replace(account.settings, allowed_ips=allowed))
    request = Request(method="POST", headers={}, query={}, body=b"[]", peer=peer)
    request = fake.signed(request, account, AT)
    if good:
        assert verify(request, account, AT).answer.body == b'{"code":0,"msg":"OK"}'
    else:
        with pytest.raises(Forged):
            verify(request, account, AT)


def test_without_a_key_nobody_may_call() -> None:
    account = structs.replace(fake.account(), secrets=Secrets(access_key_secret="s"))
    for query in ({}, {"key": ""}):
        with pytest.raises(Forged):
            verify(Request(method="POST", headers={}, query=query, body=b"[]"), account, AT)


@pytest.mark.parametrize(
    "key", ["short", "x" * 129, "with a blank in between", "中文中文中文中文中文中文中文中文"]
)
def test_a_key_that_is_easily_guessed_or_spoilt_in_an_address_is_refused(key: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"callback_key": key}, Secrets)


def test_whoever_knows_the_key_is_told_of_a_wrong_method() -> None:
    account = fake.account()
    with pytest.raises(Malformed):
        verify(fake.signed(Request(method="GET", headers={}, query={}, body=b""), account, AT), account, AT)


def test_a_message_without_a_number_of_its_own_is_known_by_what_it_says() -> None:
    def key(content: str) -> str:
        entry = {"phone_number": "13711112222", "send_time": "2017-09-01 00:00:00", "content": content}
        request = Request(method="POST", headers={}, query={}, body=msgspec.json.encode([entry]))
        found = parse(request, fake.account())
        assert isinstance(found, list)
        (one,) = found
        assert isinstance(one, Inbound)
        return one.dedup_key

    assert key("a") == key("a") != key("b")


async def test_a_probe_asks_for_what_was_sent() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(200, b'{"Code":"OK","TotalCount":0}'))
        assert (await probe(line(fake.account(place.url), http))).name == "阿里云"
    assert place.heard[0].headers["x-acs-action"] == "QuerySendDetails"


@pytest.mark.parametrize("changes", [{"access_key_id": ""}, {"sign_name": ""}, {"template_code": ""}])
async def test_what_is_not_set_is_told_without_a_call(changes: dict[str, Any]) -> None:
    account = fake.account()
    account = structs.replace(account, settings=structs.replace(account.settings, **changes))
    async with guarded_client() as http:
        with pytest.raises(Turned, match="not set"):
            await send(line(account, http), OUT)


async def test_an_extension_code_goes_along() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        account = fake.account(place.url)
        account = structs.replace(account, settings=structs.replace(account.settings, extend_code="12"))
        place.answers.append(Answer(200, b'{"Code":"OK","BizId":"1"}'))
        await send(line(account, http), OUT)
    assert "&SmsUpExtendCode=" not in place.heard[0].path.partition("?")[0]
    assert "SmsUpExtendCode=12" in place.heard[0].path


def test_a_text_is_as_long_as_the_variable() -> None:
    account = fake.account()
    longer = structs.replace(account.settings, text_length=70)
    assert CHANNEL.able(structs.replace(account, settings=longer)).text_length == 70
