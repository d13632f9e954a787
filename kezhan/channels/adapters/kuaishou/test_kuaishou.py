"""Kuaishou by itself: its signature, and shapes that the settings give."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.kuaishou import fake
from kezhan.channels.adapters.kuaishou.inbound import parse, verify
from kezhan.channels.adapters.kuaishou.outbound import send
from kezhan.channels.adapters.kuaishou.settings import Secrets, Settings
from kezhan.channels.adapters.kuaishou.signature import signature
from kezhan.channels.adapters.kuaishou.token import issue, probe
from kezhan.channels.base import Account, Forged, Inbound, Outbound, Request, Turned
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, platform
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="u-1", seq=4, text="有{{id}}"
)


def post(body: bytes) -> Request:
    return Request(method="POST", headers={}, query={}, body=body)


def changed(account: Account, **settings: Any) -> Account:
    return structs.replace(account, settings=structs.replace(account.settings, **settings))


def test_the_signature_is_md5_over_body_and_secret() -> None:
    assert signature("test_secret", b'{"a":1}') == "5aa6e6dad0ca51b856d5396d9c219751"


def test_every_genuine_call_is_acknowledged_and_known_by_its_name() -> None:
    account = fake.account()
    for body, key in ((b'{"message_id":"m"}', "m"), (b'{"taskId":"t"}', "t"), (b'{"taskId":5}', "5")):
        found = verify(fake.signed(post(body), account, AT), account, AT)
        assert (found.dedup_key, found.answer.body) == (key, b'{"result":1}')
    for body in (b"{}", b"not json", b'{"message_id":[1]}'):
        digest = verify(fake.signed(post(body), account, AT), account, AT).dedup_key
        assert digest is not None
        assert len(digest) == 64


def test_without_a_secret_nobody_is_believed() -> None:
    account = structs.replace(fake.account(), secrets=Secrets())
    with pytest.raises(Forged):
        verify(fake.signed(post(b"{}"), account, AT), account, AT)


def test_the_settings_say_where_everything_is() -> None:
    account = changed(fake.account(), customer_field="from.id", text_field="body.msg.text", kind_field="k")
    found = parse(post(b'{"from":{"id":7},"body":{"msg":{"text":"hi"}},"k":"T"}'), account)
    assert isinstance(found, list)
    (one,) = found
    assert isinstance(one, Inbound)
    assert (one.external_id, one.text, one.original_kind) == ("7", "hi", "T")


@pytest.mark.parametrize("stamp", [None, True, -1, 0, "x", 10**30, 1.5])
def test_a_time_that_is_none_is_left_out(stamp: Any) -> None:
    body = msgspec.json.encode({"timestamp": stamp, "data": {"open_id": "u", "content": "x"}})
    found = parse(post(body), fake.account())
    assert isinstance(found, list)
    (one,) = found
    assert isinstance(one, Inbound)
    assert one.sent_at is None


async def test_the_body_is_filled_once_and_the_token_goes_where_it_is_wanted() -> None:
    shape = '{"to":["{{customer}}",1],"say":"{{app}}: {{text}} {{other}} {{","id":"{{id}}"}'
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        account = changed(fake.account(place.url), send_body=shape, auth_in="header", auth_name="x-token")
        place.answers.append(Answer(200, b'{"result":1}'))
        await send(line(account, http), OUT)
    (heard,) = place.heard
    assert heard.event == {"to": ["u-1", 1], "say": "ks1: 有{{id}} {{other}} {{", "id": "d-1"}
    assert (heard.path, heard.headers["x-token"]) == ("/send", "T0KEN")


async def test_an_address_with_a_query_keeps_it() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        account = changed(fake.account(place.url), send_url=f"{place.url}/send?v=2")
        place.answers.append(Answer(200, b'{"result":1}'))
        await send(line(account, http), OUT)
    assert place.heard[0].path == "/send?v=2&access_token=T0KEN"


@pytest.mark.parametrize(
    "given",
    [
        {"send_body": "[]"},
        {"send_body": "{"},
        {"send_url": "ftp://a"},
        {"auth_url": "x"},
        {"auth_name": "a b"},
    ],
)
def test_settings_that_could_not_work_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, Settings)


async def test_what_is_not_set_is_told_without_a_call() -> None:
    async with guarded_client() as http:
        with pytest.raises(Turned, match="send to"):
            await send(line(fake.account(), http), OUT)
        with pytest.raises(Turned, match="not set"):
            await probe(line(changed(fake.account(), app_id=""), http))


async def test_an_answer_without_a_token_is_none() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(200, b'{"result":1}'))
        with pytest.raises(Turned) as caught:
            await issue(line(fake.account(place.url), http))
    assert caught.value.fault == "token_expired"
    assert b"grant_type=client_credentials" in place.heard[0].body
