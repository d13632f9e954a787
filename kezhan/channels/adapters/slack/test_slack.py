"""What the contract suite cannot say of this adapter: the published vector, marks in texts, files, people."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels.adapters.slack import fake
from kezhan.channels.adapters.slack import media as files
from kezhan.channels.adapters.slack.inbound import parse, verify
from kezhan.channels.adapters.slack.marks import marked, plain
from kezhan.channels.adapters.slack.media import media
from kezhan.channels.adapters.slack.outbound import send
from kezhan.channels.adapters.slack.person import person, speaker
from kezhan.channels.adapters.slack.probe import probe
from kezhan.channels.adapters.slack.signature import HEADER, STAMP, check_signature, signature
from kezhan.channels.base import (
    Forged,
    Inbound,
    Line,
    Malformed,
    Outbound,
    Person,
    Request,
    Retry,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.fetch import guarded_client

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SIGNED_AT = 1531420618
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
GIVEN = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


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


# Who may call


def test_the_published_vector_of_the_signature() -> None:
    assert signature(SECRET, str(SIGNED_AT), BODY) == GIVEN


def test_the_published_call_is_good_for_five_minutes() -> None:
    request = Request(method="POST", headers={HEADER: GIVEN, STAMP: str(SIGNED_AT)}, query={}, body=BODY)
    for away in (-300, 0, 300):
        check_signature(request, SECRET, datetime.fromtimestamp(SIGNED_AT + away, UTC))
    for away in (-301, 301):
        with pytest.raises(Forged, match="old"):
            check_signature(request, SECRET, datetime.fromtimestamp(SIGNED_AT + away, UTC))
    for stamp in ("", "x", "1531420619", "9" * 13):
        with pytest.raises(Forged):
            headers = {HEADER: GIVEN, STAMP: stamp}
            check_signature(
                structs.replace(request, headers=headers), SECRET, datetime.fromtimestamp(SIGNED_AT, UTC)
            )
    with pytest.raises(Forged, match="no signature"):
        check_signature(request, "", datetime.fromtimestamp(SIGNED_AT, UTC))


def test_what_is_genuine_but_cannot_be_read_is_kept() -> None:
    account = fake.account()
    signed = fake.signed(Request(method="POST", headers={}, query={}, body=BODY), account, AT)
    assert verify(signed, account, AT).dedup_key
    assert isinstance(parse(signed, account), Unreadable)
    with pytest.raises(Malformed):
        verify(structs.replace(signed, method="GET"), account, AT)


# Texts


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<#C1|tea> <#C2>", "#tea #C2"),
        ("<!subteam^S1|@sales> <!date^1^{date}|today> <!odd>", "@sales today odd"),
        ("<mailto:a@b.example|a@b.example> <tel:+8613|+8613>", "a@b.example +8613"),
        ("<https://x.example> <https://x.example|https://x.example>", "https://x.example https://x.example"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;", "1 < 2 && 3 > 2 &lt;"),
        ("<> <|> <", "  <"),
    ],
)
def test_marks_are_read_as_people_read_them(sent: str, read: str) -> None:
    assert plain(sent) == read


@given(text=some.text())
def test_what_we_write_is_read_as_it_was(text: str) -> None:
    assert plain(marked(text)) == text


@pytest.mark.parametrize("ts", ["x", "99999999999999.1", "1.1.1", "1.²", "-1"])
def test_a_time_that_is_none_is_none(ts: str) -> None:
    event = {"type": "message", "channel": "C1", "user": "U1", "text": "hi", "ts": ts}
    body = msgspec.json.encode({"event": event})
    found = parse(Request(method="POST", headers={}, query={}, body=body), fake.account())
    assert not isinstance(found, Unreadable)
    (one,) = found
    assert isinstance(one, Inbound)
    assert one.sent_at is None


# Files, people, the bot


async def test_a_customers_file_is_fetched_where_its_page_says(place: Platform, at_work: Line) -> None:
    says(
        place, {"ok": True, "file": {"name": "破了.png", "mimetype": "image/png", "url_private": "/files/F1"}}
    )
    place.answers.append(Answer(200, b"PNG", {"content-type": "image/png"}))
    found = await media(at_work, "F1")
    assert (found.name, found.media_type, found.data) == ("破了.png", "image/png", b"PNG")
    assert [one.path for one in place.heard] == ["/api/files.info?file=F1", "/files/F1"]
    assert place.heard[1].headers["authorization"] == "Bearer xoxb-1"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/F1",
        "http://files.slack.com.evil.example/",
        "https://files.slack.com/x",
        "",
        "//[",
    ],
)
async def test_the_token_goes_to_the_platform_alone(place: Platform, at_work: Line, url: str) -> None:
    says(place, {"ok": True, "file": {"mimetype": "image/png", "url_private_download": url}})
    with pytest.raises(Turned):
        await media(at_work, "F1")
    assert len(place.heard) == 1


async def test_a_page_to_sign_in_is_no_file(place: Platform, at_work: Line) -> None:
    info = {"ok": True, "file": {"mimetype": "image/png", "url_private": "/files/F1"}}
    for status, headers in ((200, {"content-type": "text/html"}), (404, {})):
        says(place, info)
        place.answers.append(Answer(status, b"<html>", headers))
        with pytest.raises(Turned) as caught:
            await media(at_work, "F1")
        assert caught.value.fault == "media_error"
    says(place, info)
    place.answers.append(Answer(503))
    with pytest.raises(Retry):
        await media(at_work, "F1")


async def test_a_file_that_is_too_large_is_not_read_to_its_end(
    place: Platform, at_work: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FILE_BYTES", 2)
    says(place, {"ok": True, "file": {"mimetype": "image/png", "url_private": "/files/F1"}})
    place.answers.append(Answer(200, b"PNG", {"content-type": "image/png"}))
    with pytest.raises(Turned, match="large"):
        await media(at_work, "F1")


async def test_who_writes_is_asked_for(place: Platform, at_work: Line) -> None:
    profile = {"real_name": "陈平", "email": "chen@example.com", "phone": ""}
    says(place, {"ok": True, "channel": {"id": "D1", "user": "U1"}})
    says(place, {"ok": True, "user": {"id": "U1", "team_id": "T1", "profile": profile}})
    says(place, {"ok": True, "channel": {"id": "C1", "name": "tea"}})
    wanted = Person(name="陈平", email="chen@example.com", union="slack:T1:U1")
    assert await person(at_work, "D1") == wanted
    assert await person(at_work, "C1") == Person(name="#tea")
    assert [one.path for one in place.heard] == [
        "/api/conversations.info?channel=D1",
        "/api/users.info?user=U1",
        "/api/conversations.info?channel=C1",
    ]


async def test_who_speaks_in_a_channel_is_asked_for(place: Platform, at_work: Line) -> None:
    says(place, {"ok": True, "user": {"id": "U1", "name": "chen", "profile": {"real_name": "陈平"}}})
    says(place, {"ok": False, "error": "user_not_found"})
    assert await speaker(at_work, "C1", "U1") == "陈平"
    with pytest.raises(Turned):
        await speaker(at_work, "C1", "U2")


async def test_the_probe_tells_the_workspace_and_the_bot(place: Platform, at_work: Line) -> None:
    says(
        place, {"ok": True, "team": "茶馆", "user": "kezhan"}, {"ok": True, "team_id": "T1", "user_id": "U1"}
    )
    assert (await probe(at_work)).name == "茶馆 @kezhan"
    assert (await probe(at_work)).name == "T1 @U1"
    says(place, {"ok": False, "error": "invalid_auth"})
    with pytest.raises(Turned) as caught:
        await probe(at_work)
    assert caught.value.fault == "token_expired"


# What goes out


def outbound(**more: Any) -> Outbound:
    plain_one = {
        "event_id": "d-1",
        "what": "message",
        "at": AT,
        "conversation_id": "01a20000-0000-7000-8000-000000000001",
        "external_id": "C1",
        "seq": 4,
        "text": "hi",
        "agent_name": "林晚晴",
    }
    return msgspec.convert({**plain_one, **more}, Outbound)


async def test_the_agents_name_is_shown_where_it_is_wanted(place: Platform, at_work: Line) -> None:
    account = at_work.account
    named = structs.replace(account, settings=structs.replace(account.settings, show_agent=True))
    says(place, {"ok": True, "channel": "C1", "ts": "1.1"})
    await send(line(named, at_work.http), outbound())
    assert place.heard[0].event == {"channel": "C1", "text": "hi", "username": "林晚晴"}


@pytest.mark.parametrize("names", [[], ["F1"]])
async def test_the_words_beside_a_file_cannot_be_changed(at_work: Line, names: list[str]) -> None:
    with pytest.raises(Turned) as caught:
        await send(at_work, outbound(what="edited", message_ids=names))
    assert caught.value.fault == "not_allowed"


async def test_what_may_not_be_deleted_is_said(place: Platform, at_work: Line) -> None:
    says(place, {"ok": False, "error": "cant_delete_message"})
    with pytest.raises(Turned) as caught:
        await send(at_work, outbound(what="recalled", message_ids=["C1:1.1"]))
    assert caught.value.fault == "not_allowed"


async def test_a_file_that_is_not_taken_is_not_shown(place: Platform, at_work: Line) -> None:
    file = {"id": None, "url": "https://k.example/f", "name": "a.png", "media_type": "image/png", "size": 1}
    says(place, {"ok": True, "upload_url": "/upload/1", "file_id": "F1"})
    place.answers.append(Answer(400))
    with pytest.raises(Turned) as caught:
        await send(at_work, outbound(kind="file", file=file))
    assert caught.value.fault == "media_error"
    assert len(place.heard) == 2


@pytest.mark.parametrize("what", ["edited", "recalled"])
async def test_a_change_is_tried_again_by_itself(place: Platform, at_work: Line, what: str) -> None:
    place.answers.append(Answer(502))
    with pytest.raises(Retry) as caught:
        await send(at_work, outbound(what=what, message_ids=["C1:1.1"]))
    assert caught.value.sure


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_a_file_that_nobody_has_seen_is_tried_again_by_itself(
    place: Platform, at_work: Line, steps: int
) -> None:
    file = {"id": None, "url": "https://k.example/f", "name": "a.png", "media_type": "image/png", "size": 1}
    done = [Answer(200, b'{"ok":true,"upload_url":"/upload/1","file_id":"F1"}'), Answer()]
    place.answers.extend([*done[:steps], Answer(502)])
    with pytest.raises(Retry) as caught:
        await send(at_work, outbound(kind="file", file=file))
    assert caught.value.sure == (steps < 2)
