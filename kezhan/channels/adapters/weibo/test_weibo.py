"""Weibo by itself: its signature, messages without ids, files, and windows that can be set."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from kezhan.channels.adapters.weibo import fake
from kezhan.channels.adapters.weibo.inbound import parse
from kezhan.channels.adapters.weibo.manifest import CHANNEL
from kezhan.channels.adapters.weibo.media import media
from kezhan.channels.adapters.weibo.person import person, probe
from kezhan.channels.adapters.weibo.signature import check_signature, signature
from kezhan.channels.base import Expired, Forged, Happened, Inbound, Request, Turned, Unreadable, Window
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.fetch import FETCH_BYTES, guarded_client

AT = datetime(2014, 5, 13, 16, 53, 20, tzinfo=UTC)


def said(**changes: Any) -> bytes:
    first = {"type": "text", "sender_id": 7, "created_at": "Mon Jul 16 18:09:20 +0800 2012", "text": "在吗"}
    return json.dumps({**first, "data": {}, **changes}).encode()


def become(body: bytes) -> Inbound:
    found = parse(Request(method="POST", headers={}, query={}, body=body), fake.account())
    assert not isinstance(found, Unreadable)
    (one,) = found
    assert isinstance(one, Inbound)
    return one


def test_the_signature_is_sha1_over_what_is_sorted() -> None:
    assert signature("appsecret", "1400000000", "abc") == "17af49aa7fcb047d3c265c05f749acebb3735274"
    query = {
        "timestamp": "1400000000",
        "nonce": "abc",
        "signature": signature("appsecret", "1400000000", "abc"),
    }
    check_signature(query, "appsecret", AT)


@pytest.mark.parametrize(
    "stamp", ["", "٣", "1400000000.5", "9" * 13, "-1400000000", "1400000301", "1399999699"]
)
def test_a_time_that_is_none_or_another_is_forged_though_signed(stamp: str) -> None:
    query = {"timestamp": stamp, "nonce": "n", "signature": signature("s", stamp, "n")}
    with pytest.raises(Forged):
        check_signature(query, "s", AT)


def test_without_a_secret_nobody_is_believed() -> None:
    query = {"timestamp": "1400000000", "nonce": "n", "signature": signature("", "1400000000", "n")}
    with pytest.raises(Forged):
        check_signature(query, "", AT)


def test_two_messages_of_one_second_are_two_and_a_repeat_is_one() -> None:
    keys = [become(said(**changes)).dedup_key for changes in ({}, {}, {"text": "有人吗"}, {"sender_id": 8})]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    "written", ["", "yesterday", "Mon Jul 16 18:09:20 0800", "a b c d e f", "Mon Jul 99 1:1:1 +0800 2012"]
)
def test_a_time_that_cannot_be_read_is_left_out(written: str) -> None:
    assert become(said(created_at=written)).sent_at is None


def test_the_account_sets_its_window() -> None:
    account = fake.account()
    older = structs.replace(account.settings, window_hours=72, window_messages=3, text_length=140)
    account = structs.replace(account, settings=older)
    able = CHANNEL.able(account)
    assert (able.window, able.text_length) == (Window(seconds=72 * 3600, messages=3), 140)
    found = parse(
        Request(method="POST", headers={}, query={}, body=said(type="event", data={"subtype": "follow"})),
        account,
    )
    assert isinstance(found, list)
    (event,) = found
    assert isinstance(event, Happened)
    assert event.opening is not None
    assert (event.opening.seconds, event.opening.messages) == (72 * 3600, 3)


async def fetched(place: Platform, answer: Answer) -> bytes:
    place.answers.append(answer)
    async with guarded_client(allow_private_hosts=True) as http:
        return (await media(line(fake.account(place.url), http), "821804469")).data


async def test_a_file_is_fetched_by_its_number() -> None:
    async with platform() as place:
        assert await fetched(place, Answer(200, b"GIF89a", {"content-type": "image/gif"})) == b"GIF89a"
    assert place.heard[0].path == "/2/mss/msget?access_token=2.00T&fid=821804469"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, b'{"error":"x","error_code":21327}', {"content-type": "application/json"}), Expired),
        (Answer(200, b"{}", {"content-type": "application/json"}), Turned),
        (Answer(404, b""), Turned),
        (Answer(200, b"x" * (FETCH_BYTES + 1), {"content-type": "image/gif"}), Turned),
    ],
)
async def test_what_is_no_file_is_a_fault(answer: Answer, outcome: type[Exception]) -> None:
    async with platform() as place:
        with pytest.raises(outcome):
            await fetched(place, answer)


async def test_a_profile_gives_the_name() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        at_hand = line(fake.account(place.url), http)
        place.always = lambda _: Answer(200, '{"nickname":"陈平","sex":1}'.encode())
        assert (await person(at_hand, "7")).name == "陈平"
        assert (await probe(at_hand)).name == "陈平"
    assert [heard.path for heard in place.heard] == [
        f"/2/eps/user/info.json?access_token=2.00T&uid={uid}" for uid in (7, 1902538057)
    ]


@pytest.mark.parametrize("missing", ["app_secret", "access_token"])
async def test_a_probe_says_what_is_not_set(missing: str) -> None:
    account = fake.account()
    account = structs.replace(account, secrets=structs.replace(account.secrets, **{missing: ""}))
    async with guarded_client() as http:
        with pytest.raises(Turned, match="is not set"):
            await probe(line(account, http))
