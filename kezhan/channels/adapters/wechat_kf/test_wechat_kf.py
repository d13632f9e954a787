"""WeChat Customer Service by itself: what is pulled and how far, whose session it is, who the customer is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.wechat_kf import fake
from kezhan.channels.adapters.wechat_kf.inbound import parse, verify
from kezhan.channels.adapters.wechat_kf.manifest import CHANNEL, tuned
from kezhan.channels.adapters.wechat_kf.outbound import send
from kezhan.channels.adapters.wechat_kf.person import media, person, probe
from kezhan.channels.adapters.wechat_kf.pull import pull
from kezhan.channels.adapters.wechat_kf.texts import text_of
from kezhan.channels.adapters.wechat_kf.tickets import Called, code, ticket
from kezhan.channels.base import (
    PULLED,
    Due,
    Expired,
    Forged,
    Media,
    Outbound,
    Person,
    Pulled,
    Request,
    Retry,
    Turned,
    Unreadable,
    Window,
)
from kezhan.channels.tests.contract import fixture, line, request_of
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.channels.vendors.tencent.work import issue
from kezhan.kit.clock import now
from kezhan.kit.fetch import guarded_client

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SYNC = "/cgi-bin/kf/sync_msg?access_token=T0KEN"
LIST = "/cgi-bin/kf/account/list?access_token=T0KEN"


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place


async def ask(
    place: Platform, what: Any, *given: Any, answers: list[Any], open_kfid: str = "", due: str = ""
) -> Any:
    """What a call over a line comes to, the platform answering as told."""
    of = fake.account(place.url)
    of = structs.replace(of, settings=structs.replace(of.settings, open_kfid=open_kfid))
    place.heard.clear()
    place.answers.extend(
        one if isinstance(one, Answer) else Answer(200, msgspec.json.encode({"errcode": 0, **one}))
        for one in answers
    )
    async with guarded_client(allow_private_hosts=True) as http:
        return await what(line(of, http, b"x", due=due), *given)


def page(*message_ids: str, cursor: str, more: int = 0) -> dict[str, Any]:
    messages = [{"msgid": one, "msgtype": "text"} for one in message_ids]
    return {"next_cursor": cursor, "has_more": more, "msg_list": messages}


def ids(pulled: Pulled) -> list[str]:
    return [call.dedup_key for call in pulled.calls]


# The callback


def test_a_callback_says_that_something_is_due_and_keeps_its_token() -> None:
    of = fake.account()
    request = fake.signed(request_of(fixture(CHANNEL, "in_callback")), of, AT)
    found = parse(request, of)
    assert not isinstance(found, Unreadable)
    (due,) = found
    assert isinstance(due, Due)
    assert msgspec.json.decode(due.ticket)["token"].startswith("ENCApHxnGDNAVNY4")


def test_two_callbacks_are_two_and_an_open_one_is_refused() -> None:
    of = fake.account()
    first = fixture(CHANNEL, "in_callback")
    second = {**first, "body": first["body"].replace("ENCAp", "ENCAq")}
    keys = {verify(fake.signed(request_of(one), of, AT), of, AT).dedup_key for one in (first, second, first)}
    assert len(keys) == 2
    with pytest.raises(Forged):
        verify(request_of(first), of, AT)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"msgid":"1"}', b'{"msgid":"1","msgtype":"text","text":{"content":"hi"}}']
)
def test_a_pulled_thing_that_is_none_is_unreadable(body: bytes) -> None:
    request = Request(method=PULLED, headers={}, query={}, body=body)
    assert isinstance(parse(request, fake.account()), Unreadable)


@pytest.mark.parametrize("kind", ["text", "image", "msgmenu", "merged_msg", "event"])
@pytest.mark.parametrize("inner", [None, 5, [], {}, {"item": [1, {"msg_content": "{"}]}, {"list": [{}, 3]}])
def test_a_message_with_a_hole_in_it_is_shown_as_far_as_it_goes(kind: str, inner: object) -> None:
    item = {"msgid": "1", "open_kfid": "wk1", "external_userid": "wm1", "msgtype": kind, kind: inner}
    request = Request(method=PULLED, headers={}, query={}, body=msgspec.json.encode(item))
    found = parse(request, fake.account())
    assert not isinstance(found, Unreadable)
    assert len(found) == (kind != "event")


def test_a_record_within_a_record_is_named_and_not_opened() -> None:
    inner = '{"merged_msg":{"title":"inner","item":[{"sender_name":"b","msgtype":"text"}]}}'
    said = [{"msgtype": "merged_msg", "sender_name": "a", "msg_content": inner}]
    assert text_of("merged_msg", {"title": "outer", "item": said}) == ("outer\na: inner", True)


# The pull


async def test_it_is_read_to_the_end_and_on_from_there(place: Platform) -> None:
    first = await ask(place, pull, "", answers=[page("a", "b", cursor="c1", more=1)], open_kfid="wk1")
    assert (ids(first), first.more) == (["a", "b"], True)
    assert place.heard[0].path == SYNC
    assert place.heard[0].event == {"open_kfid": "wk1", "limit": 500, "voice_format": 0}
    empty = await ask(place, pull, first.cursor, answers=[page(cursor="c2", more=1)], open_kfid="wk1")
    assert (ids(empty), empty.more) == ([], True)
    assert place.heard[0].event["cursor"] == "c1"
    last = await ask(place, pull, empty.cursor, answers=[page("c", cursor="c3")], open_kfid="wk1")
    assert (ids(last), last.more) == (["c"], False)
    later = await ask(place, pull, last.cursor, answers=[page(cursor="c3")], open_kfid="wk1")
    assert (ids(later), later.more) == ([], False)
    assert place.heard[0].event["cursor"] == "c3"


async def test_a_page_that_leads_nowhere_is_the_last(place: Platform) -> None:
    first = await ask(place, pull, "", answers=[page("a", cursor="c1", more=1)], open_kfid="wk1")
    again = await ask(place, pull, first.cursor, answers=[page("a", cursor="c1", more=1)], open_kfid="wk1")
    assert not again.more


async def test_every_account_is_read_each_from_its_own_place(place: Platform) -> None:
    accounts = [{"open_kfid": "wk1"}, {"open_kfid": "wk2", "manage_privilege": True}]
    listed = {"account_list": [*accounts, {"open_kfid": "wk3", "manage_privilege": False}]}
    first = await ask(place, pull, "", answers=[listed, page("a", cursor="c1")])
    assert [one.path for one in place.heard] == [LIST, SYNC]
    assert (ids(first), first.more) == (["a"], True)
    second = await ask(place, pull, first.cursor, answers=[page("b", cursor="d1")])
    assert (ids(second), second.more, place.heard[0].event["open_kfid"]) == (["b"], False, "wk2")
    third = await ask(place, pull, second.cursor, answers=[listed, page(cursor="c1")])
    assert (third.more, place.heard[1].event["cursor"]) == (True, "c1")


async def test_one_account_that_is_closed_to_us_does_not_keep_us_from_the_others(place: Platform) -> None:
    listed = {"account_list": [{"open_kfid": "wk1"}, {"open_kfid": "wk2"}]}
    first = await ask(place, pull, "", answers=[listed, {"errcode": 95000}])
    assert (ids(first), first.more) == ([], True)
    second = await ask(place, pull, first.cursor, answers=[page("b", cursor="d1")])
    assert (ids(second), second.more) == (["b"], False)
    with pytest.raises(Turned):
        await ask(place, pull, "", answers=[{"errcode": 95000}], open_kfid="wk1")
    with pytest.raises(Expired):
        await ask(place, pull, "", answers=[{"errcode": 42001}], open_kfid="wk1")


async def test_without_an_account_there_is_nothing(place: Platform) -> None:
    assert await ask(place, pull, "", answers=[{"account_list": []}]) == Pulled(calls=(), cursor="")
    odd = await ask(place, pull, "not ours", answers=[{"account_list": None}])
    assert odd == Pulled(calls=(), cursor="not ours")


async def test_more_accounts_than_a_page_are_all_listed(place: Platform) -> None:
    full = {"account_list": [{"open_kfid": f"wk{number}"} for number in range(100)]}
    await ask(place, pull, "", answers=[full, {"account_list": [{"open_kfid": "wk100"}]}, page(cursor="c")])
    assert [one.event["offset"] for one in place.heard[:2]] == [0, 100]


async def test_the_callbacks_token_is_given_while_it_is_good(place: Platform) -> None:
    stamp = now().timestamp()
    good = ticket(Called(open_kfid="wk1", token="ENC", until=stamp + 100))
    await ask(place, pull, "", answers=[page(cursor="c1")], open_kfid="wk1", due=good)
    assert place.heard[0].event["token"] == "ENC"
    refused = [{"errcode": 95003}, page("a", cursor="c1")]
    found = await ask(place, pull, "", answers=refused, open_kfid="wk1", due=good)
    assert ids(found) == ["a"]
    assert ["token" in one.event for one in place.heard] == [True, False]
    old = ticket(Called(open_kfid="wk1", token="ENC", until=stamp - 1))
    other = ticket(Called(open_kfid="wk2", token="ENC", until=stamp + 100))
    for due in (old, other, "", "{", "[]"):
        await ask(place, pull, "", answers=[page(cursor="c1")], open_kfid="wk1", due=due)
        assert "token" not in place.heard[0].event


# Out


def outbound(**changes: Any) -> Outbound:
    return msgspec.convert({**fixture(CHANNEL, "out_text")["outbound"], **changes}, Outbound)


@pytest.mark.parametrize(
    ("answer", "fault", "why"),
    [
        ({"service_state": 3}, "not_allowed", "with a person"),
        ({"service_state": 2}, "not_allowed", "waits for a person"),
        ({"service_state": 4}, "window_closed", "ended"),
        ({"service_state": 0}, "not_allowed", "95018"),
        ({"errcode": -1}, "not_allowed", "95018"),
    ],
)
async def test_a_session_that_is_not_ours_is_explained(
    answer: dict[str, Any], fault: str, why: str, place: Platform
) -> None:
    refused = {"errcode": 95018, "errmsg": "send msg session status invalid"}
    with pytest.raises(Turned, match=why) as caught:
        await ask(place, send, outbound(), answers=[refused, answer])
    assert caught.value.fault == fault
    assert len(place.heard) == 2


async def test_another_refusal_is_not_asked_about(place: Platform) -> None:
    with pytest.raises(Turned, match="45002"):
        await ask(place, send, outbound(), answers=[{"errcode": 45002}])
    assert len(place.heard) == 1


async def test_each_part_has_a_name_of_its_own_and_the_platforms_is_noted(place: Platform) -> None:
    names = set()
    for event_id in ("e", "e.1"):
        receipt = await ask(place, send, outbound(event_id=event_id), answers=[{}])
        assert receipt.external_id == place.heard[0].event["msgid"]
        names.add(receipt.external_id)
    assert len(names) == 2
    receipt = await ask(place, send, outbound(), answers=[{"msgid": "theirs"}])
    assert receipt.external_id == "theirs"


@pytest.mark.parametrize(
    "change", [{"what": "edited"}, {"external_id": "wm1"}, {"external_id": "@wk1"}, {"external_id": "wm1@"}]
)
async def test_what_cannot_be_told_is_turned(change: dict[str, Any], place: Platform) -> None:
    with pytest.raises(Turned):
        await ask(place, send, outbound(**change), answers=[])
    assert not place.heard


def test_a_ticket_of_another_make_has_no_code() -> None:
    for odd in ("", "{", "[]", '{"code":5}', "null"):
        assert code(odd).code == ""


def test_what_an_account_sets_changes_what_it_can() -> None:
    of = fake.account()
    assert (tuned(of).closing, tuned(of).window) == (False, Window(seconds=172800, messages=5))
    of = structs.replace(of, settings=structs.replace(of.settings, messages=9, end_sessions=True))
    assert (tuned(of).closing, tuned(of).window) == (True, Window(seconds=172800, messages=9))


# Looking up


async def test_a_customer_has_a_name_and_a_unionid(place: Platform) -> None:
    who = {"external_userid": "wm1", "nickname": "陈平", "avatar": "", "gender": 1, "unionid": "o6_b"}
    found = await ask(place, person, "wm1@wk1", answers=[{"customer_list": [5, who]}])
    assert found == Person(name="陈平", union="wechat:o6_b")
    assert place.heard[0].path == "/cgi-bin/kf/customer/batchget?access_token=T0KEN"
    assert place.heard[0].event == {"external_userid_list": ["wm1"], "need_enter_session_context": 0}
    unknown = {"customer_list": [], "invalid_external_userid": ["wm1"]}
    assert await ask(place, person, "wm1@wk1", answers=[unknown]) == Person()


async def test_a_file_comes_in(place: Platform) -> None:
    headers = {"content-type": "application/octet-stream"}
    headers["content-disposition"] = 'attachment; filename="报价.pdf"'
    found = await ask(place, media, "m-1", answers=[Answer(200, b"%PDF", headers)])
    assert found == Media(name="报价.pdf", media_type="application/octet-stream", data=b"%PDF")
    assert place.heard[0].path == "/cgi-bin/media/get?access_token=T0KEN&media_id=m-1"


async def test_the_probe_names_the_accounts_it_opens(place: Platform) -> None:
    token = {"access_token": "a", "expires_in": 7200}
    listed = {"account_list": [{"open_kfid": "wk1", "name": "售前"}, {"open_kfid": "wk2", "name": "售后"}]}
    assert (await ask(place, probe, answers=[token, listed])).name == "售前, 售后"
    assert (await ask(place, probe, answers=[token, listed], open_kfid="wk2")).name == "售后"
    with pytest.raises(Turned) as caught:
        await ask(place, probe, answers=[token, listed], open_kfid="wk3")
    assert caught.value.fault == "not_allowed"
    with pytest.raises(Turned) as caught:
        await ask(place, probe, answers=[{"errcode": 40001, "errmsg": "invalid credential"}])
    assert caught.value.fault == "token_expired"
    with pytest.raises(Retry):
        await ask(place, issue, answers=[{"errcode": -1}])


async def test_without_credentials_nothing_is_asked(place: Platform) -> None:
    of = fake.account(place.url)
    of = structs.replace(of, settings=structs.replace(of.settings, corp_id=""))
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Turned, match="missing"):
            await issue(line(of, http))
    assert not place.heard
