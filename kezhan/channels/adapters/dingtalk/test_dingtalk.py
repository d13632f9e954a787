"""What the contract suite cannot say of this adapter: the published vectors, sealed calls, sessions, files
and people, and who has read."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels.adapters.dingtalk import fake
from kezhan.channels.adapters.dingtalk.envelope import sign, verify
from kezhan.channels.adapters.dingtalk.inbound import parse
from kezhan.channels.adapters.dingtalk.manifest import CHANNEL
from kezhan.channels.adapters.dingtalk.media import media
from kezhan.channels.adapters.dingtalk.outbound import send
from kezhan.channels.adapters.dingtalk.person import person, speaker
from kezhan.channels.adapters.dingtalk.readers import pull
from kezhan.channels.adapters.dingtalk.settings import Settings
from kezhan.channels.adapters.dingtalk.ticket import Ticket, session_url
from kezhan.channels.adapters.dingtalk.token import issue, probe
from kezhan.channels.base import (
    PULLED,
    Account,
    Forged,
    Inbound,
    Line,
    Outbound,
    Person,
    Progress,
    Request,
    Retry,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.channels.vendors.dingtalk.crypto import opened, seal, signature
from kezhan.kit.fetch import guarded_client
from kezhan.kit.film import Film
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
MESSAGE = {
    "msgId": "m-1",
    "msgtype": "text",
    "conversationId": "cid1==",
    "conversationType": "1",
    "senderId": "$:LWCP",
    "senderStaffId": "manager1",
    "text": {"content": "hi"},
}
APP = ("mryue", "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7", "ding6ccabc44d2c8d38b")
APP_SEALED = (
    "0vJiX6vliEpwG3U45CtXqi+m8PXbQRARJ8p8BbDuD1EMTDf0jKpQ79QS93qEk7XHpP6u+oTTrd15NRPvNvmBKyDCYxxOK+HZeKju4yhELOFchz"
    "NukR+t8SB/qk4ROMu3"
)
SUITE = ("123456", "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij", "suite4xxxxxxxxxxxxxxx")
SUITE_SEALED = (
    "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9VrYeJ"
    "5as7XM/ZpulX8NEQis44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ=="
)


def request(body: bytes, **query: str) -> Request:
    return Request(method="POST", headers={}, query=query, body=body)


def with_secrets(account: Account, **secrets: str) -> Account:
    return structs.replace(account, secrets=structs.replace(account.secrets, **secrets))


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as found:
        yield found


@pytest.fixture
async def at_work(place: Platform) -> AsyncIterator[Line]:
    async with guarded_client(allow_private_hosts=True) as http:
        yield line(fake.account(place.url), http)


def says(place: Platform, *bodies: object) -> None:
    place.answers.extend(Answer(200, msgspec.json.encode(body)) for body in bodies)


# The published vectors


def test_the_vector_of_the_robots_sign() -> None:
    assert sign("test_secret", "1600000000000") == "I5XuZrFLxiQDXQkOZ2zgI5hNHJbquEr6GcHDmsoe4PA="


def test_the_published_check_url_of_an_app() -> None:
    token, aes_key, owner = APP
    given = signature(token, "1608001896814", "WL4PK6yA", APP_SEALED)
    assert given == "03044561471240d4a14bb09372dfcfd4fd0e40cb"
    assert opened(APP_SEALED, aes_key) == (b'{"EventType":"check_url"}', owner)


def test_the_published_check_of_a_suite() -> None:
    token, aes_key, owner = SUITE
    given = signature(token, "1445827045067", "nEXhMP4r", SUITE_SEALED)
    assert given == "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0"
    text, whose = opened(SUITE_SEALED, aes_key)
    told = json.loads(text)
    assert (told["EventType"], told["Random"], whose) == ("check_create_suite_url", "LPIdSnlF", owner)


@given(text=some.binary(), owner=some.text(max_size=30), random=some.binary(min_size=16, max_size=16))
def test_what_was_sealed_opens(text: bytes, owner: str, random: bytes) -> None:
    shut = seal(text, APP[1], owner, random)
    assert opened(shut, APP[1]) == (text, owner)


@pytest.mark.parametrize("shut", ["", "=", "AAAA", "A" * 43 + "=", "字"])
def test_what_is_no_envelope_says_so(shut: str) -> None:
    for key in (APP[1], "short"):
        with pytest.raises(ValueError, match=r"Expected|not"):
            opened(shut, key)


# Who may call


def test_the_address_of_events_is_proved_with_a_sealed_success() -> None:
    account = with_secrets(fake.account(), token=APP[0], aes_key=APP[1])
    query = {
        "signature": "03044561471240d4a14bb09372dfcfd4fd0e40cb",
        "timestamp": "1608001896814",
        "nonce": "WL4PK6yA",
    }
    asked = request(msgspec.json.encode({"encrypt": APP_SEALED}), **query)
    found = verify(asked, account, AT)
    answer = json.loads(found.answer.body)
    assert found.dedup_key is None
    assert opened(answer["encrypt"], APP[1]) == (b"success", APP[2])
    wanted = signature(APP[0], answer["timeStamp"], answer["nonce"], answer["encrypt"])
    assert answer["msg_signature"] == wanted
    again = structs.replace(asked, query={**query, "msg_signature": query["signature"]})
    assert verify(again, account, AT) == found


def test_a_sealed_call_of_somebody_else_is_refused() -> None:
    account = with_secrets(fake.account(), token=APP[0], aes_key=APP[1])
    good = {"signature": "03044561471240d4a14bb09372dfcfd4fd0e40cb", "timestamp": "1608001896814"}
    body = msgspec.json.encode({"encrypt": APP_SEALED})
    calls = [
        (request(body, **good, nonce="other"), account),
        (request(b"{}", **good, nonce="WL4PK6yA"), account),
        (request(b"no", **good, nonce="WL4PK6yA"), account),
        (request(body, **good, nonce="WL4PK6yA"), fake.account()),
        (request(body, **good, nonce="WL4PK6yA"), with_secrets(account, aes_key=SUITE[1])),
    ]
    for called, whose in calls:
        with pytest.raises(Forged):
            verify(called, whose, AT)


def test_a_sealed_message_of_the_robot_is_kept_and_opened() -> None:
    account = with_secrets(fake.account(), token=APP[0], aes_key=APP[1])
    shut = seal(msgspec.json.encode(MESSAGE), APP[1], "ding7", bytes(16))
    called = request(msgspec.json.encode({"encrypt": shut}))
    assert verify(fake.signed(called, account, AT), account, AT).dedup_key == "m-1"
    signed = request(called.body, msg_signature=signature(APP[0], "1", "n", shut), timestamp="1", nonce="n")
    assert verify(signed, account, AT).dedup_key == "m-1"
    found = parse(called, account)
    assert not isinstance(found, Unreadable)
    assert isinstance(found[0], Inbound)
    assert found[0].text == "hi"
    assert isinstance(parse(called, fake.account()), Unreadable)


def test_a_call_is_good_for_an_hour() -> None:
    account = fake.account()
    signed = fake.signed(request(msgspec.json.encode(MESSAGE)), account, AT)
    assert verify(signed, account, AT + timedelta(minutes=59)).dedup_key == "m-1"
    for away in (timedelta(minutes=61), timedelta(minutes=-61)):
        with pytest.raises(Forged):
            verify(signed, account, AT + away)


def test_an_account_without_a_secret_takes_nothing() -> None:
    account = with_secrets(fake.account(), app_secret="")
    with pytest.raises(Forged):
        verify(fake.signed(request(b"{}"), account, AT), account, AT)


# What comes in


@pytest.mark.parametrize(
    "change", [{"msgId": ""}, {"conversationId": "", "senderId": "", "senderStaffId": ""}]
)
def test_a_message_without_a_name_or_place_is_unreadable(change: dict[str, str]) -> None:
    body = msgspec.json.encode({**MESSAGE, **change})
    assert isinstance(parse(request(body), fake.account()), Unreadable)


@pytest.mark.parametrize("until", [True, -1, 10**20, "soon", None, 1.5])
def test_a_session_without_an_end_has_none(until: object) -> None:
    message = {**MESSAGE, "sessionWebhook": "https://oapi.dingtalk.com/x", "sessionWebhookExpiredTime": until}
    found = parse(request(msgspec.json.encode(message)), fake.account())
    assert not isinstance(found, Unreadable)
    assert isinstance(found[0], Inbound)
    assert msgspec.json.decode(found[0].ticket, type=Ticket).until == 0


# What goes out


def outbound(text: str = "hi", **more: Any) -> Outbound:
    plain = {
        "event_id": "d-1",
        "what": "message",
        "at": AT,
        "conversation_id": "01a20000-0000-7000-8000-000000000001",
        "external_id": "manager1",
        "seq": 4,
        "text": text,
    }
    return msgspec.convert({**plain, **more}, Outbound)


@pytest.mark.parametrize(
    ("webhook", "found"),
    [
        (
            "https://oapi.dingtalk.com/robot/sendBySession?session=a",
            "https://in.example/robot/sendBySession?session=a",
        ),
        ("http://in.example/s?session=a", "https://in.example/s?session=a"),
        ("https://evil.example/robot/sendBySession?session=a", ""),
        ("https://oapi.dingtalk.com.evil.example/x", ""),
        ("https://dingtalk.com@evil.example/x", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_a_session_is_answered_at_the_platforms_own_host_only(webhook: str, found: str) -> None:
    settings = Settings(old_api_url="https://in.example")
    end = int((AT + timedelta(hours=1)).timestamp() * 1000)
    ticket = Ticket(webhook=webhook, until=end)
    assert session_url(ticket, settings, AT) == found
    assert session_url(ticket, settings, AT + timedelta(minutes=59, seconds=30)) == ""
    assert session_url(ticket, structs.replace(settings, in_session=False), AT) == ""


async def test_an_outsider_is_out_of_reach_once_her_session_is_over(place: Platform, at_work: Line) -> None:
    gone = msgspec.json.encode(Ticket(webhook="https://oapi.dingtalk.com/s", until=4102444800000)).decode()
    says(place, {"errcode": 300001, "errmsg": "no session"})
    for ticket, fault in (("", "window_closed"), (gone, "permanent")):
        with pytest.raises(Turned) as caught:
            await send(at_work, outbound(external_id="$:LWCP", ticket=ticket))
        assert caught.value.fault == fault


@pytest.mark.parametrize(
    ("told", "kinds", "key"),
    [(Film(3, b"jpeg"), ["video", "image"], "sampleVideo"), (None, ["file"], "sampleFile")],
)
async def test_a_video_is_shown_with_its_first_picture_and_as_a_file_where_it_has_none(
    place: Platform, at_work: Line, monkeypatch: pytest.MonkeyPatch,
    told: Film | None, kinds: list[str], key: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("kezhan.channels.adapters.dingtalk.media.film", lambda data: told)
    file = {"id": str(new_id()), "url": "", "name": "试泡.mp4", "media_type": "video/mp4", "size": 5}
    says(place, *({"errcode": 0, "media_id": f"@{kind}"} for kind in kinds), {"processQueryKey": "k"})
    await send(at_work, outbound("", file=file, kind="file"))
    assert [heard.path.split("type=")[1].split("&")[0] for heard in place.heard[:-1]] == kinds
    body = place.heard[-1].event
    assert body["msgKey"] == key
    wanted = {"duration": "3", "videoType": "mp4", "videoMediaId": "@video", "picMediaId": "@image"}
    named = {"mediaId": "@file", "fileName": "试泡.mp4", "fileType": "mp4"}
    assert msgspec.json.decode(body["msgParam"]) == (wanted if told else named)


async def test_what_has_no_name_there_or_is_too_old_is_not_recalled(place: Platform, at_work: Line) -> None:
    says(place, {"successResult": [], "failedResult": {"pqk-1": "timeout"}})
    for names in ([], ["pqk-1"]):
        with pytest.raises(Turned) as caught:
            await send(at_work, outbound(what="recalled", message_ids=names))
        assert caught.value.fault == "not_allowed"


async def test_what_nobody_has_seen_is_tried_again_by_itself(place: Platform, at_work: Line) -> None:
    file = {"id": None, "url": "https://k.example/f", "name": "a.png", "media_type": "image/png", "size": 1}
    for sent, sure in (
        (outbound(kind="file", file=file), True),
        (outbound(what="recalled", message_ids=["pqk-1"]), True),
        (outbound(), False),
    ):
        place.answers.append(Answer(502))
        with pytest.raises(Retry) as caught:
            await send(at_work, sent)
        assert caught.value.sure == sure


def test_the_settings_name_the_rate_to_one_chat() -> None:
    account = structs.replace(fake.account(), settings=Settings(per_minute=60))
    rate = CHANNEL.able(account).recipient_rate
    assert rate is not None
    assert (rate.calls, rate.seconds) == (60, 60)


async def test_a_wrong_secret_is_a_credential_that_is_bad(place: Platform, at_work: Line) -> None:
    refusal = msgspec.json.encode(
        {"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"}
    )
    place.answers.extend([Answer(400, refusal), Answer(401, refusal)])
    nameless = structs.replace(
        at_work.account, settings=structs.replace(at_work.account.settings, app_key="")
    )
    for whose in (at_work, at_work, line(nameless, at_work.http)):
        with pytest.raises(Turned) as caught:
            await probe(whose)
        assert caught.value.fault == "token_expired"


async def test_the_token_is_asked_for_with_key_and_secret(place: Platform, at_work: Line) -> None:
    says(place, {"accessToken": "t", "expireIn": 7200})
    assert (await issue(at_work)).value == "t"
    assert place.heard[0].event == {"appKey": "ding7", "appSecret": at_work.account.secrets.app_secret}


# Files and people


async def test_a_download_code_becomes_an_address(place: Platform, at_work: Line) -> None:
    says(place, {"downloadUrl": "https://static.dingtalk.com/a?x=1"}, {})
    assert (await media(at_work, "ding7/mIof/N+1")).url == "https://static.dingtalk.com/a?x=1"
    assert place.heard[0].event == {"downloadCode": "mIof/N+1", "robotCode": "ding7"}
    with pytest.raises(Turned):
        await media(at_work, "ding7/gone")


async def test_a_person_is_looked_up_and_an_outsider_is_not(place: Platform, at_work: Line) -> None:
    result = {"name": "陈平", "mobile": "13800000000", "unionid": "u1", "email": ""}
    says(place, {"errcode": 0, "result": result})
    wanted = Person(name="陈平", phone="13800000000", union="dingtalk:u1")
    assert await person(at_work, "manager1") == wanted
    assert await person(at_work, "$:LWCP") == await person(at_work, "cid1==") == Person()
    (heard,) = place.heard
    assert (heard.path, heard.event) == ("/topapi/v2/user/get?access_token=T0KEN", {"userid": "manager1"})


async def test_a_speaker_whose_name_the_message_does_not_say_is_looked_up(
    place: Platform, at_work: Line
) -> None:
    body = {**MESSAGE, "conversationType": "2", "senderNick": ""}
    found = parse(request(msgspec.json.encode(body)), at_work.account)
    assert not isinstance(found, Unreadable)
    assert isinstance(found[0], Inbound)
    assert (found[0].speaker, found[0].speaker_id) == ("manager1", "manager1")
    says(place, {"errcode": 0, "result": {"name": "陈平"}})
    assert await speaker(at_work, "cid1==", "manager1") == "陈平"


# Who has read


async def test_a_message_is_asked_for_until_somebody_has_read_it(place: Platform, at_work: Line) -> None:
    says(place, {"processQueryKey": "p/1"}, {"processQueryKey": "p2"})
    await send(at_work, outbound())
    await send(at_work, outbound(external_id="cid1=="))
    says(
        place, {"messageReadInfoList": [{"userId": "manager1", "readStatus": "UNREAD"}]}, {"readUserIds": []}
    )
    assert (await pull(at_work, "")).calls == []
    assert [one.path for one in place.heard[2:]] == [
        "/v1.0/robot/oToMessages/readStatus?robotCode=ding7&processQueryKey=p%2F1",
        "/v1.0/robot/groupMessages/query",
    ]
    says(
        place, {"messageReadInfoList": [{"userId": "manager1", "readStatus": "READ"}]}, {"readUserIds": ["u"]}
    )
    found = await pull(at_work, "c")
    assert found.cursor == "c"
    read = [
        parse(Request(method=PULLED, headers={}, query={}, body=one.body), at_work.account)
        for one in found.calls
    ]
    assert read == [
        [Progress(external_id="manager1", state="read", message_id="p/1")],
        [Progress(external_id="cid1==", state="read", message_id="p2")],
    ]
    heard = len(place.heard)
    assert (await pull(at_work, "c")).calls == []
    assert len(place.heard) == heard


async def test_a_message_of_yesterday_is_not_asked_for_again(place: Platform) -> None:
    async with guarded_client(allow_private_hosts=True) as http:
        kept = msgspec.json.encode([["p1", "manager1", False, 0]]).decode()
        whose = line(fake.account(place.url), http, unread=kept)
        place.answers.append(Answer(400, b'{"code":"resource.not.found"}'))
        assert (await pull(whose, "")).calls == []
        assert (await pull(whose, "")).calls == []
        assert len(place.heard) == 1
