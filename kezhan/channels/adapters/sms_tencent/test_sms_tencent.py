"""Tencent Cloud's text messages by themselves: signatures, who may call, numbers."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.sms_tencent import fake
from kezhan.channels.adapters.sms_tencent.inbound import parse, verify
from kezhan.channels.adapters.sms_tencent.manifest import CHANNEL
from kezhan.channels.adapters.sms_tencent.outbound import probe, send
from kezhan.channels.adapters.sms_tencent.phone import international
from kezhan.channels.adapters.sms_tencent.settings import Secrets
from kezhan.channels.adapters.sms_tencent.signature import authorization, canonical, signing_keys
from kezhan.channels.base import Forged, Inbound, Malformed, Outbound, Request, Turned
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, platform
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SECRET = "*" * 32
PUBLISHED_AT = datetime.fromtimestamp(1551113065, UTC)
PUBLISHED_BODY = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
PUBLISHED = {
    "content-type": "application/json; charset=utf-8",
    "host": "cvm.tencentcloudapi.com",
    "x-tc-action": "describeinstances",
}
OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="+8613711112222", seq=4,
    text="有的",
)  # fmt: skip


def test_the_published_signature_is_reproduced_step_by_step() -> None:
    told = canonical(PUBLISHED, PUBLISHED_BODY)
    assert told == "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
    assert [key.hex() for key in signing_keys(SECRET, "2019-02-25", "cvm")] == [
        "da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0",
        "8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f",
        "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af",
    ]
    assert authorization("cvm", PUBLISHED, PUBLISHED_BODY, "AKID1", SECRET, PUBLISHED_AT) == (
        "TC3-HMAC-SHA256 Credential=AKID1/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host;x-tc-action, "
        "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    )


def test_a_message_is_signed_with_its_body() -> None:
    headers = {"content-type": "application/json", "host": "sms.tencentcloudapi.com"}
    body = (
        b'{"PhoneNumberSet":["+8613711112222"],"SmsSdkAppId":"1400006666","TemplateId":"1110",'
        b'"SignName":"test","TemplateParamSet":["12345"]}'
    )
    told = authorization("sms", headers, body, "id", "sk", datetime.fromtimestamp(1700000000, UTC))
    assert told.endswith("Signature=df511e70b55fdbb31ecb72e0baf592437bf655cf559768c1327dd6e82df71667")
    assert "/2023-11-14/sms/tc3_request, SignedHeaders=content-type;host," in told


@pytest.mark.parametrize(
    ("country", "number", "kept"),
    [
        ("86", "13711112222", "+8613711112222"),
        ("+86", "137 1111 2222", "+8613711112222"),
        ("86", "+8613711112222", "+8613711112222"),
        ("86", "008613711112222", "+8613711112222"),
        ("1", "4158675309", "+14158675309"),
        ("86", "", ""),
        ("86", "+", ""),
        ("86", "x", ""),
    ],
)
def test_a_number_has_one_form(country: str, number: str, kept: str) -> None:
    assert international(country, number) == kept


@pytest.mark.parametrize(
    ("allowed", "peer", "good"),
    [
        ("", "", True),
        ("203.0.113.9", "203.0.113.9", True),
        ("198.51.100.0/24 203.0.113.0/24", "203.0.113.9", True),
        ("198.51.100.0/24", "203.0.113.9", False),
        ("203.0.113.9", "", False),
    ],
)
def test_only_listed_addresses_may_call(allowed: str, peer: str, good: bool) -> None:
    account = fake.account()
    account = structs.replace(account, settings=structs.replace(account.settings, allowed_ips=allowed))
    request = Request(method="POST", headers={}, query={}, body=b"[]", peer=peer)
    request = fake.signed(request, account, AT)
    if good:
        assert verify(request, account, AT).answer.body == b'{"result":0,"errmsg":"OK"}'
    else:
        with pytest.raises(Forged):
            verify(request, account, AT)


def test_without_a_key_nobody_may_call() -> None:
    account = structs.replace(fake.account(), secrets=Secrets())
    for query in ({}, {"key": ""}):
        with pytest.raises(Forged):
            verify(Request(method="POST", headers={}, query=query, body=b"[]"), account, AT)


@pytest.mark.parametrize("key", ["short", "x" * 129, "with a blank in between"])
def test_a_key_that_is_easily_guessed_or_spoilt_in_an_address_is_refused(key: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"callback_key": key}, Secrets)


def test_whoever_knows_the_key_is_told_of_a_wrong_method() -> None:
    account = fake.account()
    with pytest.raises(Malformed):
        verify(fake.signed(Request(method="GET", headers={}, query={}, body=b""), account, AT), account, AT)


def test_a_message_is_known_by_who_wrote_it_when_and_what() -> None:
    def key(**changes: Any) -> str:
        entry = {"mobile": "13711112222", "nationcode": "86", "text": "a", "time": 1457336869, **changes}
        request = Request(method="POST", headers={}, query={}, body=msgspec.json.encode(entry))
        found = parse(request, fake.account())
        assert isinstance(found, list)
        (one,) = found
        assert isinstance(one, Inbound)
        return one.dedup_key

    keys = [key(), key(), key(text="b"), key(time=1457336870), key(mobile="13711112223"), key(nationcode="1")]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 5


async def test_a_probe_asks_for_what_nobody_notices() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(200, b'{"Response":{"PhoneNumberInfoSet":[],"RequestId":"r"}}'))
        assert (await probe(line(fake.account(place.url), http))).name == "test"
    assert place.heard[0].headers["x-tc-action"] == "DescribePhoneNumberInfo"
    assert place.heard[0].event == {"PhoneNumberSet": ["+8613711112222"]}


@pytest.mark.parametrize("missing", ["secret_id", "sdk_app_id", "sign_name", "template_id"])
async def test_what_is_not_set_is_told_without_a_call(missing: str) -> None:
    account = fake.account()
    account = structs.replace(account, settings=structs.replace(account.settings, **{missing: ""}))
    async with guarded_client() as http:
        with pytest.raises(Turned, match="not set"):
            await send(line(account, http), OUT)


def test_a_text_is_as_long_as_the_variable() -> None:
    account = fake.account()
    longer = structs.replace(account.settings, text_length=70)
    assert CHANNEL.able(structs.replace(account, settings=longer)).text_length == 70
