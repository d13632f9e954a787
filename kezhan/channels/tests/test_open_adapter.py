"""The open channel by itself: what a signature is worth, what a body becomes, what an answer means."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels.adapters.open import fake
from kezhan.channels.adapters.open.inbound import INLINE_BYTES, parse, verify
from kezhan.channels.adapters.open.outbound import event_of, send
from kezhan.channels.adapters.open.signature import HEADER, check_signature, signature
from kezhan.channels.base import (
    ROTATION,
    Forged,
    Inbound,
    MadeSecrets,
    Malformed,
    Outbound,
    OutboundFile,
    Request,
    Retry,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, said, sign
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
STAMP = AT.timestamp()
BODY = json.dumps(said("hello", event_id="e-1")).encode()


def request(body: bytes = BODY, header: str | None = None, method: str = "POST") -> Request:
    headers = {} if header is None else {HEADER: header}
    return Request(method=method, headers=headers, query={}, body=body)


def become(**changes: Any) -> Inbound | Unreadable:
    """What one call with these parts becomes; `message.…` goes into the message."""
    event = said("hello", event_id="e-1")
    for name, value in changes.items():
        place = event["message"] if name in {"kind", "text", "file", "quote_seq"} else event
        place[name] = value
    found = parse(request(json.dumps(event).encode()), fake.account())
    if isinstance(found, Unreadable):
        return found
    (one,) = found
    assert isinstance(one, Inbound)
    return one


# The signature


@pytest.mark.parametrize(
    ("seconds", "good"),
    [(0, True), (-300, True), (300, True), (-301, False), (301, False), (-(10**9), False)],
)
def test_a_signature_is_good_for_five_minutes_either_way(seconds: int, good: bool) -> None:
    header = sign("kzk_a", BODY, STAMP + seconds)
    if good:
        check_signature(header, ["kzk_a"], BODY, AT)
    else:
        with pytest.raises(Forged):
            check_signature(header, ["kzk_a"], BODY, AT)


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda header: "",
        lambda header: header.upper(),
        lambda header: header[:-1],
        lambda header: header + "0",
        lambda header: header + "\n",
        lambda header: " " + header,
        lambda header: header.replace(",", ", "),
        lambda header: ",".join(reversed(header.split(","))),
        lambda header: header.replace("v1=", "v0="),
        lambda header: header + "," + header.split(",")[1],
        lambda header: header.replace("t=", "t=-"),
        lambda header: header.replace("t=", "t=0"),
        lambda header: header.replace(str(int(STAMP)), str(int(STAMP) + 1)),
        lambda header: header.replace(str(int(STAMP)), "٣" * 10),
        lambda header: header.replace(str(int(STAMP)), "9" * 400),
        lambda header: "v1=" + "0" * 64,
        lambda header: f"t={int(STAMP)},v1=" + "0" * 64,
    ],
)
def test_a_header_that_is_not_just_as_documented_is_forged(spoilt: Any) -> None:
    with pytest.raises(Forged):
        check_signature(spoilt(sign("kzk_a", BODY, STAMP)), ["kzk_a"], BODY, AT)


@given(
    body=some.binary(max_size=64), secret=some.text(min_size=1, max_size=40), other=some.binary(max_size=64)
)
def test_a_signature_signs_these_bytes_by_this_secret_and_nothing_else(
    body: bytes, secret: str, other: bytes
) -> None:
    secret = secret.encode("utf-8", "replace").decode()
    header = signature(secret, body, AT)
    assert header == sign(secret, body, STAMP)
    check_signature(header, ["another", secret], body, AT)
    for secrets, told in (([secret + "x"], body), ([], body), ([secret], body + b"x")):
        with pytest.raises(Forged):
            check_signature(header, secrets, told, AT)
    if other != body:
        with pytest.raises(Forged):
            check_signature(header, [secret], other, AT)


@pytest.mark.parametrize(
    ("later", "rotations", "good"),
    [
        (timedelta(0), 1, True),
        (ROTATION - timedelta(seconds=1), 1, True),
        (ROTATION, 1, False),
        (timedelta(days=400), 1, False),
        (timedelta(0), 2, False),
    ],
)
def test_the_secret_before_is_good_for_a_day_and_through_one_rotation(
    later: timedelta, rotations: int, good: bool
) -> None:
    first = MadeSecrets.make()
    now = first
    for _ in range(rotations):
        now = now.rotate(AT)
    accepted = now.accepted(AT + later)
    assert (first.current in accepted) is good
    assert accepted[0] == now.current


# What comes in


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "post", ""])
def test_a_signed_call_that_is_no_post_is_told_so(method: str) -> None:
    account = fake.account()
    signed = fake.signed(request(method=method), account, AT)
    with pytest.raises(Malformed, match="POST"):
        verify(signed, account, AT)


def test_who_cannot_sign_learns_nothing_of_what_is_wrong_with_the_body() -> None:
    with pytest.raises(Forged):
        verify(request(b"{not json"), fake.account(), AT)


@pytest.mark.parametrize(
    ("changes", "kind", "original", "text"),
    [
        ({}, "text", "text", "hello"),
        ({"text": "  spaces stay  "}, "text", "text", "  spaces stay  "),
        ({"text": " \n "}, "unsupported", "text", " \n "),
        ({"text": ""}, "unsupported", "text", ""),
        ({"kind": "image"}, "unsupported", "image", "hello"),
        ({"kind": "image", "file": {"url": "https://a.example/x"}}, "file", "image", "hello"),
        ({"kind": "voice", "text": "", "file": {"url": "https://a.example/x"}}, "file", "voice", ""),
        ({"kind": "video", "file": {"base64": "eA=="}}, "file", "video", "hello"),
        ({"kind": "text", "file": {"base64": "eA=="}}, "unsupported", "text", "hello"),
        ({"kind": "sticker", "file": {"base64": "eA=="}}, "unsupported", "sticker", "hello"),
        ({"kind": "TEXT"}, "unsupported", "TEXT", "hello"),
        ({"type": "typing"}, "unsupported", "typing", "hello"),
        ({"type": "message.edited"}, "unsupported", "message.edited", "hello"),
    ],
)
def test_every_readable_call_becomes_one_message(
    changes: dict[str, Any], kind: str, original: str, text: str
) -> None:
    found = become(**changes)
    assert isinstance(found, Inbound)
    assert (found.kind, found.original_kind, found.text) == (kind, original, text)
    assert (found.external_id, found.dedup_key) == ("c-1", "e-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": "x" * 201},
        {"event_id": "a\nb"},
        {"event_id": 7},
        {"type": ""},
        {"type": "x" * 65},
        {"customer": None},
        {"customer": {"id": ""}},
        {"customer": {"id": "x" * 201}},
        {"customer": {"id": "c", "name": ["a"]}},
        {"kind": ""},
        {"kind": "x" * 65},
        {"text": None},
        {"quote_seq": 0},
        {"quote_seq": 2**31},
        {"quote_seq": "2"},
        {"sent_at": "yesterday"},
        {"sent_at": 5},
        {"file": {"url": "https://a.example/", "base64": "eA=="}},
        {"file": {"url": "x" * 2001}},
        {"file": {"base64": "e A=="}},
        {"file": {"base64": "eA"}},
        {"file": {"base64": "===="}},
        {"file": {"name": "x"}},
        {"file": []},
    ],
)
def test_what_is_not_as_documented_is_unreadable_and_says_where(changes: dict[str, Any]) -> None:
    found = become(**changes)
    assert isinstance(found, Unreadable)
    assert 0 < len(found.why) <= 300


@pytest.mark.parametrize(("size", "good"), [(INLINE_BYTES, True), (INLINE_BYTES + 1, False)])
def test_a_file_in_the_call_may_have_five_megabytes_to_the_byte(size: int, good: bool) -> None:
    found = become(kind="file", file={"base64": base64.b64encode(b"x" * size).decode()})
    assert isinstance(found, Inbound) is good


@pytest.mark.parametrize(
    ("said_at", "read"),
    [
        ("2026-11-22T08:30:00Z", AT),
        ("2026-11-22T16:30:00+08:00", AT),
        ("2026-11-22T08:30:00", AT),
        (None, None),
    ],
)
def test_times_are_read_with_their_zone_and_as_utc_without_one(said_at: str | None, read: Any) -> None:
    found = become(sent_at=said_at)
    assert isinstance(found, Inbound)
    assert found.sent_at == read


def test_what_a_later_version_adds_is_no_fault_today() -> None:
    found = become(shop={"id": 5}, mood="good")
    assert isinstance(found, Inbound)
    assert found.kind == "text"


@given(some.recursive(some.none() | some.text() | some.integers(), some.lists, max_leaves=4))
def test_a_repeat_has_the_key_of_the_first_whatever_else_is_in_it(extra: Any) -> None:
    account = fake.account()
    body = json.dumps({**said("x", event_id="same"), "extra": extra}).encode()
    signed = fake.signed(request(body), account, AT)
    assert verify(signed, account, AT).dedup_key == "same"


# What goes out


OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="c-1", seq=4,
    client_id="a-1", text="有的", agent_name="林晚晴",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({}, "message", {"seq": 4, "client_id": "a-1", "kind": "text", "text": "有的"}),
        ({"quote_seq": 2}, "message",
         {"seq": 4, "client_id": "a-1", "kind": "text", "text": "有的", "quote_seq": 2}),
        ({"what": "edited"}, "message.edited",
         {"seq": 4, "client_id": "a-1", "kind": "text", "text": "有的"}),
        ({"what": "recalled"}, "message.recalled", {"seq": 4, "client_id": "a-1"}),
        ({"what": "closed"}, "conversation.closed", None),
    ],
)  # fmt: skip
def test_each_thing_that_happens_has_its_documented_shape(
    changes: dict[str, Any], kind: str, message: Any
) -> None:
    outbound = structs.replace(OUT, **changes)
    event = json.loads(msgspec.json.encode(event_of(outbound)))
    wanted = {
        "event_id": "d-1", "type": kind, "conversation_id": str(OUT.conversation_id),
        "customer": {"id": "c-1"}, "sent_at": "2026-11-22T08:30:00.000Z", "agent": {"name": "林晚晴"},
    }  # fmt: skip
    assert event == (wanted if message is None else {**wanted, "message": message})


def test_a_recalled_file_tells_neither_its_words_nor_its_address() -> None:
    file = OutboundFile(
        url="https://house.example/f", name="secret.pdf", media_type="application/pdf", size=3
    )
    event = msgspec.json.encode(event_of(structs.replace(OUT, what="recalled", file=file, kind="file")))
    for word in ("secret", "house.example", "有的"):
        assert word not in event.decode()


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "after"),
    [
        (200, {}, None, 0), (201, {}, None, 0), (204, {}, None, 0), (299, {}, None, 0),
        (300, {}, Turned, 0), (307, {"location": "/elsewhere"}, Turned, 0), (400, {}, Turned, 0),
        (401, {}, Turned, 0), (403, {}, Turned, 0), (409, {}, Turned, 0), (410, {}, Turned, 0),
        (408, {}, Retry, 0), (429, {}, Retry, 0), (500, {}, Retry, 0), (599, {}, Retry, 0),
        (429, {"retry-after": "17"}, Retry, 17), (503, {"retry-after": "90000"}, Retry, 86400),
        (503, {"retry-after": "soon"}, Retry, 0), (503, {"retry-after": "-5"}, Retry, 0),
        (503, {"retry-after": "9" * 50}, Retry, 0),
    ],
)  # fmt: skip
async def test_an_answer_means_sent_later_or_never(
    place: Platform, status: int, headers: dict[str, str], outcome: Any, after: float
) -> None:
    place.always = lambda _: Answer(status, b"x" * 100, headers)
    account = fake.account(place.url)
    async with guarded_client(allow_private_hosts=True) as http:
        if outcome is None:
            assert (await send(line(account, http), OUT)).status == status
            return
        with pytest.raises(outcome) as caught:
            await send(line(account, http), OUT)
    assert caught.value.status == status
    assert getattr(caught.value, "after", 0) == after


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/"])
async def test_an_address_that_must_not_be_called_is_turned_without_a_call(url: str) -> None:
    async with guarded_client() as http:
        with pytest.raises(Turned):
            await send(line(fake.account(url), http), OUT)


async def test_a_platform_that_breaks_off_its_answer_is_tried_again(place: Platform) -> None:
    place.always = lambda _: Answer(200, b"short", {"content-length": "not a number"})
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Retry):
            await send(line(fake.account(place.url), http), OUT)
