"""What the contract suite cannot say of this adapter: the published vectors, keys not set, cards of the
old kind, files and people."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels.adapters.feishu import fake
from kezhan.channels.adapters.feishu import media as files
from kezhan.channels.adapters.feishu.crypto import card_signature, opened, sealed, signature
from kezhan.channels.adapters.feishu.inbound import NONCE, SIGNATURE, STAMP, parse, verify
from kezhan.channels.adapters.feishu.manifest import CHANNEL
from kezhan.channels.adapters.feishu.media import media
from kezhan.channels.adapters.feishu.outbound import send
from kezhan.channels.adapters.feishu.person import person, speaker
from kezhan.channels.adapters.feishu.probe import probe
from kezhan.channels.adapters.feishu.settings import Settings
from kezhan.channels.adapters.feishu.token import issue
from kezhan.channels.base import (
    Forged,
    Happened,
    Inbound,
    Line,
    Outbound,
    Request,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import fixture, line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.fetch import guarded_client
from kezhan.kit.film import Film
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SEALED = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="
EVENT = {
    "schema": "2.0",
    "header": {"event_id": "e-1", "event_type": "im.message.receive_v1", "token": ""},
    "event": {
        "sender": {"sender_id": {"open_id": "ou_1"}},
        "message": {"message_id": "om_1", "chat_id": "oc_1", "chat_type": "p2p", "message_type": "text"},
    },
}


def said(content: Any, kind: str = "text") -> bytes:
    """An event with one message of this content."""
    message = {**EVENT["event"]["message"], "message_type": kind, "content": content}  # type: ignore[index]
    event = {**EVENT["event"], "message": message}  # type: ignore[dict-item]
    return msgspec.json.encode({**EVENT, "event": event})


def request(body: bytes, **headers: str) -> Request:
    return Request(method="POST", headers=headers, query={}, body=body)


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


def test_the_published_envelope_opens() -> None:
    assert opened(SEALED, "test key") == b"hello world"


def test_the_vector_of_the_signature() -> None:
    body = b'{"encrypt":"P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="}'
    found = signature("1700000000", "nonce123", "test key", body)
    assert found == "669e3ed5328644f71370e3249f96af0fd17e5ed4d7b178c44f11f7997339e344"


@given(plain=some.binary(), key=some.text(), iv=some.binary(min_size=16, max_size=16))
def test_what_was_sealed_opens_and_with_another_key_it_does_not(plain: bytes, key: str, iv: bytes) -> None:
    shut = sealed(plain, key, iv)
    assert opened(shut, key) == plain
    try:
        assert opened(shut, key + "x") != plain
    except ValueError:
        return


@pytest.mark.parametrize("shut", ["", "=", "AAAA", "A" * 43 + "=", "字"])
def test_what_is_no_envelope_says_so(shut: str) -> None:
    with pytest.raises(ValueError, match=r"Expected|padding"):
        opened(shut, "k")


# Who may call


def test_without_an_encrypt_key_the_token_is_the_proof() -> None:
    account = fake.account(plain=True)
    signed = fake.signed(request(said('{"text":"hi"}')), account, AT)
    assert verify(signed, account, AT).dedup_key == "e-1"
    for other in (fake.account(plain=True), fake.account()):
        with pytest.raises(Forged):
            verify(signed, other, AT)


def test_an_account_without_any_key_takes_nothing() -> None:
    account = fake.account(plain=True)
    bare = structs.replace(account, secrets=structs.replace(account.secrets, verification_token=""))
    for body in (said('{"text":"hi"}'), b'{"type":"url_verification","challenge":"c","token":""}'):
        with pytest.raises(Forged):
            verify(request(body), bare, AT)


def test_a_plain_challenge_is_answered_even_where_there_is_a_key() -> None:
    account = fake.account()
    token = account.secrets.verification_token
    body = msgspec.json.encode({"type": "url_verification", "challenge": "c", "token": token})
    assert verify(request(body), account, AT).answer.body == b'{"challenge":"c"}'


def test_a_repeat_after_seven_hours_is_taken_and_one_after_a_day_is_not() -> None:
    account = fake.account()
    signed = fake.signed(request(said('{"text":"hi"}')), account, AT)
    assert verify(signed, account, AT + timedelta(hours=7.1)).dedup_key == "e-1"
    for away in (timedelta(days=1), timedelta(days=-1)):
        with pytest.raises(Forged):
            verify(signed, account, AT + away)


def test_what_is_genuine_but_cannot_be_read_is_kept() -> None:
    account = fake.account()
    body = b'{"encrypt":"AAAA"}'
    stamp = str(int(AT.timestamp()))
    headers = {STAMP: stamp, NONCE: "n"}
    headers[SIGNATURE] = signature(stamp, "n", account.secrets.encrypt_key, body)
    genuine = request(body, **headers)
    assert verify(genuine, account, AT).dedup_key == hashlib.sha256(body).hexdigest()
    assert isinstance(parse(genuine, account), Unreadable)


def test_a_card_of_the_old_kind_is_signed_with_the_token() -> None:
    account = fake.account()
    body = msgspec.json.encode({"open_id": "ou_1", "open_message_id": "om_1", "action": {"tag": "button"}})
    stamp = str(int(AT.timestamp()))
    headers = {STAMP: stamp, NONCE: "n"}
    headers[SIGNATURE] = card_signature(stamp, "n", account.secrets.verification_token, body)
    called = request(body, **headers)
    key = verify(called, account, AT).dedup_key
    assert parse(called, account) == [Happened(external_id="ou_1", dedup_key=key or "", event="card")]
    with pytest.raises(Forged):
        verify(called, fake.account(), AT)


# What comes in


@pytest.mark.parametrize(
    ("kind", "content", "became"),
    [
        ("text", "", ("unsupported", "")),
        ("text", "no json", ("unsupported", "no json")),
        ("text", '{"text":"@_user_1 "}', ("text", "@_user_1 ")),
        ("text", '{"text":5}', ("text", "5")),
        ("text", '{"text":null}', ("unsupported", "")),
        ("image", "{}", ("unsupported", "")),
        ("post", '{"content":[]}', ("unsupported", "")),
        ("post", '{"content":[[{"tag":"hr"}],7,[5]]}', ("text", "———")),
        (
            "post",
            '{"content":[[{"tag":"a","href":"h","text":"h"},{"tag":"emotion","emoji_type":"SMILE"}]]}',
            ("text", "h[SMILE]"),
        ),
        ("hongbao", '{"text":"[红包]"}', ("unsupported", "[红包]")),
    ],
)
def test_content_that_is_not_as_documented_is_shown_as_far_as_it_goes(
    kind: str, content: str, became: tuple[str, str]
) -> None:
    found = parse(request(said(content, kind)), fake.account())
    assert not isinstance(found, Unreadable)
    (one,) = found
    assert isinstance(one, Inbound)
    assert (one.kind, one.text) == became


@pytest.mark.parametrize("event", [{}, {"message": {}}, {"message": 5}, {"message": {"message_id": "om"}}])
def test_a_message_without_a_name_or_place_is_unreadable(event: Any) -> None:
    body = msgspec.json.encode({**EVENT, "event": event})
    assert isinstance(parse(request(body), fake.account()), Unreadable)


def test_a_post_of_many_pictures_has_twenty_parts_at_most() -> None:
    rows = [[{"tag": "img", "image_key": f"i{n}"}] for n in range(40)]
    found = parse(request(said(msgspec.json.encode({"content": rows}).decode(), "post")), fake.account())
    assert not isinstance(found, Unreadable)
    assert len({one.message_id for one in found if isinstance(one, Inbound)}) == len(found) == 20


# Files, people, the robot


async def test_a_customers_file_is_fetched_by_message_and_key(place: Platform, at_work: Line) -> None:
    headers = {
        "content-type": "image/png; q=1",
        "content-disposition": "attachment; filename*=UTF-8''%E8%8C%B6.png",
    }
    place.answers.append(Answer(200, b"PNG", headers))
    found = await media(at_work, "om_1/image/img_v2/1")
    assert (found.name, found.media_type, found.data) == ("茶.png", "image/png", b"PNG")
    (heard,) = place.heard
    assert heard.path == "/open-apis/im/v1/messages/om_1/resources/img_v2%2F1?type=image"
    assert heard.headers["authorization"] == "Bearer T0KEN"


async def test_a_file_that_is_refused_is_no_file(place: Platform, at_work: Line) -> None:
    refusal = msgspec.json.encode({"code": 234037, "msg": "no"})
    place.answers.append(Answer(400, refusal, {"content-type": "application/json"}))
    with pytest.raises(Turned):
        await media(at_work, "om_1/file/f")


async def test_a_file_that_is_too_large_is_not_read_to_its_end(
    place: Platform, at_work: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FILE_BYTES", 2)
    place.answers.append(Answer(200, b"PNG", {"content-type": "image/png"}))
    with pytest.raises(Turned, match="large"):
        await media(at_work, "om_1/image/i")


async def test_a_person_has_a_name_and_a_union_id_and_a_group_its_name(
    place: Platform, at_work: Line
) -> None:
    user = {"name": "陈平", "mobile": "+8613800000000", "email": "chen@example.com", "union_id": "on_1"}
    says(place, {"code": 0, "data": {"user": user}}, {"code": 0, "data": {"name": "茶友群"}})
    found = await person(at_work, "ou_1")
    assert (found.name, found.phone, found.email, found.union) == (
        "陈平",
        "+8613800000000",
        "chen@example.com",
        "feishu:on_1",
    )
    assert (await person(at_work, "oc_1")).name == "茶友群"
    assert [one.path for one in place.heard] == [
        "/open-apis/contact/v3/users/ou_1?user_id_type=open_id",
        "/open-apis/im/v1/chats/oc_1",
    ]


async def test_who_speaks_in_a_group_is_asked_for_in_the_directory(place: Platform, at_work: Line) -> None:
    says(place, {"code": 0, "data": {"user": {"name": "陈平"}}})
    place.answers.append(Answer(400, msgspec.json.encode({"code": 41050, "msg": "no user authority"})))
    assert await speaker(at_work, "oc_1", "ou_1") == "陈平"
    with pytest.raises(Turned):
        await speaker(at_work, "oc_1", "ou_of_another_company")


async def test_the_probe_tells_the_robots_name(place: Platform, at_work: Line) -> None:
    says(place, {"code": 0, "bot": {"app_name": "客栈", "open_id": "ou_b"}})
    assert (await probe(at_work)).name == "客栈"
    assert place.heard[0].path == "/open-apis/bot/v3/info"


async def test_a_wrong_secret_is_a_credential_that_is_bad(place: Platform, at_work: Line) -> None:
    says(place, {"code": 10014, "msg": "app secret invalid"})
    with pytest.raises(Turned) as caught:
        await issue(at_work)
    assert caught.value.fault == "token_expired"


async def test_an_account_without_an_app_says_so_before_it_calls(at_work: Line) -> None:
    settings = structs.replace(at_work.account.settings, app_id="")
    account = structs.replace(at_work.account, settings=settings)
    with pytest.raises(Turned, match="App ID"):
        await issue(line(account, at_work.http))


def outbound(text: str = "hi", **more: Any) -> Outbound:
    plain = {
        "event_id": "d-1",
        "what": "message",
        "at": AT,
        "conversation_id": "01a20000-0000-7000-8000-000000000001",
        "external_id": "ou_1",
        "seq": 4,
        "text": text,
    }
    return msgspec.convert({**plain, **more}, Outbound)


async def test_the_words_of_a_file_are_edited_where_they_are(place: Platform, at_work: Line) -> None:
    says(place, {"code": 0, "data": {}})
    await send(at_work, outbound(what="edited", kind="file", message_ids=["om_file", "om_words"]))
    assert place.heard[0].path.endswith("/om_words")
    with pytest.raises(Turned):
        await send(at_work, outbound(what="edited"))


async def test_what_is_taken_back_already_is_taken_back(place: Platform, at_work: Line) -> None:
    gone, old = (msgspec.json.encode({"code": code, "msg": "no"}) for code in (230011, 230026))
    place.answers.extend([Answer(400, gone), Answer(400, old)])
    with pytest.raises(Turned) as caught:
        await send(at_work, outbound(what="recalled", message_ids=["om_gone", "om_old"]))
    assert (caught.value.fault, len(place.heard)) == ("not_allowed", 2)


def test_the_region_names_the_host_and_the_settings_the_rate() -> None:
    assert Settings().base == "https://open.feishu.cn"
    assert Settings(region="lark").base == "https://open.larksuite.com"
    account = structs.replace(fake.account(), settings=Settings(calls_per_second=40))
    rate = CHANNEL.able(account).rate
    assert rate is not None
    assert rate.calls == 40


# Reactions, cards


async def test_an_emoji_the_platform_does_not_have_is_refused_unasked(at_work: Line, place: Platform) -> None:
    outbound = Outbound(
        event_id="d-1", what="reacted", at=AT, conversation_id=new_id(), external_id="ou_1", seq=4, text="🫖",
        message_ids=["om_1"],
    )  # fmt: skip
    with pytest.raises(Turned):
        await send(at_work, outbound)
    assert place.heard == []


def event(kind: str, content: Any) -> Request:
    header = {"event_id": "e-2", "event_type": kind}
    return request(msgspec.json.encode({"schema": "2.0", "header": header, "event": content}))


def test_what_the_robot_itself_has_put_there_is_no_word_of_hers() -> None:
    said = {
        "message_id": "om_1", "operator_type": "app", "reaction_type": {"emoji_type": "THUMBSUP"},
        "user_id": {"open_id": "ou_1"},
    }  # fmt: skip
    (found,) = parse(event("im.message.reaction.created_v1", said), fake.account(plain=True))  # type: ignore[misc]
    assert isinstance(found, Happened)


def test_a_card_passed_on_is_the_word_of_whoever_presses_it() -> None:
    pressed = {
        "operator": {"open_id": "ou_2"},
        "action": {"value": {"ref": "c.4.0", "to": "ou_1", "text": "要"}},
    }
    (found,) = parse(event("card.action.trigger", pressed), fake.account(plain=True))  # type: ignore[misc]
    assert isinstance(found, Inbound)
    assert (found.external_id, found.tap, found.text) == ("ou_2", "c.4.0", "要")


async def test_a_video_goes_with_its_first_picture_and_how_long_it_is(
    place: Platform, at_work: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "film", lambda data: Film(3, b"jpeg"))
    says(
        place,
        *({"code": 0, "data": one} for one in ({"file_key": "f"}, {"image_key": "i"}, {"message_id": "m"})),
    )
    outbound = msgspec.convert(fixture(CHANNEL, "out_video")["outbound"], Outbound)
    await send(at_work, outbound)
    assert b'name="duration"\r\n\r\n3000' in place.heard[0].body
    assert msgspec.json.decode(place.heard[-1].event["content"]) == {"file_key": "f", "image_key": "i"}
