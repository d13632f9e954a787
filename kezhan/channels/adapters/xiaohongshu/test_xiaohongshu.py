"""Xiaohongshu by itself: its encryption, who is believed, and a grant that is kept."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels.adapters.xiaohongshu import fake
from kezhan.channels.adapters.xiaohongshu.crypto import decrypted, encrypted
from kezhan.channels.adapters.xiaohongshu.inbound import parse, verify
from kezhan.channels.adapters.xiaohongshu.manifest import CHANNEL
from kezhan.channels.adapters.xiaohongshu.outbound import send
from kezhan.channels.adapters.xiaohongshu.settings import Secrets
from kezhan.channels.adapters.xiaohongshu.token import issue, probe
from kezhan.channels.base import (
    Account,
    Forged,
    Inbound,
    Line,
    Malformed,
    Outbound,
    Rate,
    Request,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
OTHER = bytes(16).hex()
OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="u-1", seq=4, text="有的。"
)


def call(content: Any, **envelope: Any) -> Request:
    body = msgspec.json.encode({**envelope, "content": content})
    return Request(method="POST", headers={}, query={}, body=body)


def unsigned() -> Account:
    """As it is by default: nothing but the encryption tells who calls."""
    account = fake.account()
    return structs.replace(account, settings=structs.replace(account.settings, check_signature=False))


@given(some.binary(max_size=200))
def test_what_is_encrypted_can_be_read_again_and_by_this_key_only(plain: bytes) -> None:
    text = encrypted(fake.KEY, plain)
    assert decrypted(fake.KEY, text) == plain
    assert decrypted(OTHER, text) != plain
    assert encrypted(fake.KEY, plain) != text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~split~",
        "AAAA~split~AAAA",
        "x~split~y",
        "AAAAAAAAAAAAAAAAAAAAAA==~split~",
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "中",
    ],
)
def test_what_is_not_encrypted_is_nothing(text: str) -> None:
    assert decrypted(fake.KEY, text) is None


def test_a_call_that_the_key_opens_is_believed_and_has_the_messages_name() -> None:
    found = verify(call(encrypted(fake.KEY, b'{"text":"x"}'), message_id="m-1"), unsigned(), AT)
    assert (found.dedup_key, found.answer.body) == ("m-1", b'{"success":true}')


@pytest.mark.parametrize(
    "content",
    [
        {"text": "x"},
        '{"text":"x"}',
        None,
        pytest.param(encrypted(OTHER, b'{"text":"x"}'), id="another key"),
        pytest.param(encrypted(fake.KEY, b"not json"), id="no JSON"),
        pytest.param(encrypted(fake.KEY, b"[1]"), id="a list"),
    ],
)
def test_a_call_that_the_key_does_not_open_is_forged(content: Any) -> None:
    with pytest.raises(Forged):
        verify(call(content), unsigned(), AT)


def test_a_signature_is_wanted_where_the_account_says_so() -> None:
    account, request = fake.account(), call(encrypted(fake.KEY, b'{"text":"x"}'), message_id="m-1")
    signed = fake.signed(request, account, AT)
    assert verify(signed, account, AT).dedup_key == "m-1"
    for altered in (request, structs.replace(signed, body=signed.body + b" ")):
        with pytest.raises(Forged):
            verify(altered, account, AT)
    with pytest.raises(Forged):
        verify(fake.signed(request, fake.account(), AT), account, AT)
    with pytest.raises(Malformed):
        verify(structs.replace(signed, method="PUT"), account, AT)


def test_without_a_key_nobody_is_believed() -> None:
    account = structs.replace(unsigned(), secrets=Secrets())
    with pytest.raises(Forged):
        verify(call(encrypted(fake.KEY, b"{}")), account, AT)


def test_what_is_encrypted_counts_and_a_message_of_nobody_is_unreadable() -> None:
    inside = encrypted(fake.KEY, b'{"text":"x","from_user_id":"u-1"}')
    found = parse(call(inside, from_user_id="u-2", text="y"), unsigned())
    assert isinstance(found, list)
    (one,) = found
    assert isinstance(one, Inbound)
    assert (one.external_id, one.text, len(one.dedup_key)) == ("u-1", "x", 64)
    assert isinstance(parse(call(encrypted(fake.KEY, b"{}")), unsigned()), Unreadable)


def remembering(account: Account, http: httpx2.AsyncClient, kept: dict[str, str]) -> Line:
    plain = line(account, http)

    async def load(name: str) -> str:
        return kept.get(name, "")

    async def save(name: str, value: str) -> None:
        kept[name] = value

    return Line(http=http, account=account, token=plain.token, content=plain.content, load=load, save=save)


async def issued(place: Platform, account: Account, kept: dict[str, str], **data: Any) -> str:
    place.answers.append(Answer(200, json.dumps({"success": True, "code": 0, "data": data}).encode()))
    async with guarded_client(allow_private_hosts=True) as http:
        return (await issue(remembering(account, http, kept))).value


async def test_a_code_is_used_once_and_each_refresh_token_replaces_the_one_before() -> None:
    kept: dict[str, str] = {}
    async with platform() as place:
        account = fake.account(place.url)
        account = structs.replace(account, secrets=structs.replace(account.secrets, auth_code="c0de"))
        assert await issued(place, account, kept, access_token="a.1", refresh_token="r.1") == "a.1"
        assert await issued(place, account, kept, access_token="a.2", refresh_token="r.2") == "a.2"
        assert await issued(place, account, kept, access_token="a.3") == "a.3"
        again = structs.replace(account, secrets=structs.replace(account.secrets, auth_code="c0de2"))
        await issued(place, again, kept, access_token="a.4", refresh_token="r.4")
        with pytest.raises(Turned):
            await issued(place, account, kept)
    asked = [(heard.path.rpartition("/")[2], heard.event) for heard in place.heard]
    assert [path for path, _ in asked[:4]] == [
        "access_token",
        "refresh_token",
        "refresh_token",
        "access_token",
    ]
    assert [event.get("refresh_token") for _, event in asked[1:3]] == ["r.1", "r.2"]
    assert (asked[0][1]["auth_code"], asked[3][1]["auth_code"]) == ("c0de", "c0de2")


async def test_what_goes_out_is_encrypted() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(200, b'{"success":true,"code":0,"data":{"message_id":5}}'))
        receipt = await send(line(fake.account(place.url), http), OUT)
    assert receipt.external_id == "5"
    assert decrypted(fake.KEY, place.heard[0].event["content"]) == '{"text":"有的。"}'.encode()


async def test_what_is_not_set_is_told_without_a_call() -> None:
    account = fake.account()
    nowhere = structs.replace(account, settings=structs.replace(account.settings, send_path=""))
    keyless = structs.replace(account, secrets=Secrets())
    async with guarded_client() as http:
        with pytest.raises(Turned, match="not set"):
            await send(line(nowhere, http), OUT)
        with pytest.raises(Turned, match="not set"):
            await probe(line(keyless, http))
        with pytest.raises(Turned, match="authorised"):
            await issue(line(keyless, http))
        assert (await probe(line(account, http))).name == "shop-1"


def test_the_account_sets_how_often_it_replies() -> None:
    account = fake.account()
    more = structs.replace(account, settings=structs.replace(account.settings, replies_per_hour=60))
    assert CHANNEL.able(more).recipient_rate == Rate(calls=60, seconds=3600)
