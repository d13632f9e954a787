"""LINE by itself: its signature's vectors, free replies and pushes, its tokens, its files."""

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.line import fake
from kezhan.channels.adapters.line.inbound import HEADER, parse, signature, verify
from kezhan.channels.adapters.line.media import media
from kezhan.channels.adapters.line.outbound import FRESH_SECONDS, send
from kezhan.channels.adapters.line.person import person, probe, speaker
from kezhan.channels.adapters.line.token import issue
from kezhan.channels.base import (
    Account,
    Expired,
    Forged,
    Inbound,
    Malformed,
    Outbound,
    Request,
    Retry,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.clock import now
from kezhan.kit.fetch import FETCH_BYTES, guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
OUT = Outbound(
    event_id=str(new_id()), what="message", at=AT, conversation_id=new_id(), external_id="U1", seq=4,
    text="有的",
)  # fmt: skip
SENT = Answer(200, b'{"sentMessages": [{"id": "600"}]}')


def ticket(seconds_ago: float) -> str:
    return f"{int((now().timestamp() - seconds_ago) * 1000)} rt-1"


def with_settings(account: Account, **changes: Any) -> Account:
    return structs.replace(account, settings=structs.replace(account.settings, **changes))


def refused(status: int, message: str) -> Answer:
    return Answer(status, msgspec.json.encode({"message": message}))


# What comes in


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (b"bodybodybodybody", "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="),
        (b'{"destination":"U1","events":[]}', "YcjF6m+Ps9TzxsnUyNEMYfO+3JDil0mwF3JMiAZ2A1k="),
    ],
)
def test_the_published_vectors(body: bytes, signed: str) -> None:
    assert signature("channel_secret", body) == signed
    account = fake.account()
    account = structs.replace(
        account, secrets=structs.replace(account.secrets, channel_secret="channel_secret")
    )
    request = Request(method="POST", headers={HEADER: signed}, query={}, body=body)
    assert verify(request, account, AT).answer.status == 200
    for other in ("", signed.lower(), signed[:-1], base64.b64decode(signed).hex()):
        with pytest.raises(Forged):
            verify(structs.replace(request, headers={HEADER: other}), account, AT)


def test_an_account_without_its_secret_admits_nobody() -> None:
    account = fake.account()
    account = structs.replace(account, secrets=structs.replace(account.secrets, channel_secret=""))
    request = Request(method="POST", headers={}, query={}, body=b'{"events":[]}')
    with pytest.raises(Forged):
        verify(fake.signed(request, account, AT), account, AT)


def test_another_method_is_told_so() -> None:
    account = fake.account()
    with pytest.raises(Malformed, match="POST"):
        verify(fake.signed(Request(method="GET", headers={}, query={}, body=b""), account, AT), account, AT)


def event(number: int, **changes: Any) -> dict[str, Any]:
    said = {"id": str(number), "type": "text", "text": "hi"}
    plain = {"type": "message", "webhookEventId": f"e{number}", "source": {"type": "user", "userId": "U1"}}
    return {**plain, "timestamp": 1700000000000, "message": said, **changes}


def test_a_redelivery_has_the_key_of_the_first_alone_and_among_others() -> None:
    account = fake.account()
    for events in ([event(1)], [event(1), event(2)]):
        keys = set()
        for again in (False, True):
            told = [{**one, "deliveryContext": {"isRedelivery": again}} for one in events]
            body = msgspec.json.encode({"events": told})
            request = Request(method="POST", headers={}, query={}, body=body)
            keys.add(verify(fake.signed(request, account, AT), account, AT).dedup_key)
        assert len(keys) == 1


def test_an_event_that_is_not_as_documented_leaves_the_others_alone() -> None:
    odd = event(1, message={"id": "1", "type": "location", "latitude": "far"})
    body = msgspec.json.encode({"events": [odd, event(2)]})
    found = parse(Request(method="POST", headers={}, query={}, body=body), fake.account())
    assert not isinstance(found, Unreadable)
    assert [one.kind for one in found if isinstance(one, Inbound)] == ["unsupported", "text"]


# What goes out


async def _send(place: Platform, outbound: Outbound, **changes: Any) -> str:
    async with guarded_client(allow_private_hosts=True) as http:
        account = with_settings(fake.account(place.url), **changes)
        return (await send(line(account, http), outbound)).external_id


@pytest.mark.parametrize(
    ("age", "changes", "settings", "path"),
    [
        (1, {}, {}, "reply"),
        (FRESH_SECONDS - 5, {}, {}, "reply"),
        (FRESH_SECONDS + 1, {}, {}, "push"),
        (1, {"first": False}, {}, "push"),
        (1, {}, {"reply_first": False}, "push"),
    ],
)
async def test_a_fresh_reply_token_is_used_by_the_first_part(
    age: float, changes: dict[str, Any], settings: dict[str, Any], path: str
) -> None:
    async with platform() as place:
        place.answers.append(SENT)
        outbound = structs.replace(OUT, ticket=ticket(age), **changes)
        assert await _send(place, outbound, **settings) == "600"
    (heard,) = place.heard
    assert heard.path == f"/v2/bot/message/{path}"
    if path == "reply":
        assert heard.event == {"replyToken": "rt-1", "messages": [{"type": "text", "text": "有的"}]}
        assert "x-line-retry-key" not in heard.headers


async def test_a_reply_token_that_is_used_up_is_followed_by_a_push() -> None:
    async with platform() as place:
        place.answers.extend([refused(400, "Invalid reply token"), SENT])
        assert await _send(place, structs.replace(OUT, ticket=ticket(1))) == "600"
    assert [one.path.rpartition("/")[2] for one in place.heard] == ["reply", "push"]


@pytest.mark.parametrize("answer", [Answer(500), Answer(200, b"", {"content-length": "no number"})])
async def test_a_reply_that_may_have_arrived_is_repeated_by_its_token_and_never_pushed(
    answer: Answer,
) -> None:
    outbound = structs.replace(OUT, ticket=ticket(1))
    for again in (refused(400, "Invalid reply token"), refused(401, "Authentication failed"), Answer(502)):
        async with platform() as place:
            place.answers.extend([answer, again])
            with pytest.raises(Turned) as caught:
                await _send(place, outbound)
        assert caught.value.fault == "unsure"
        assert [one.path.rpartition("/")[2] for one in place.heard] == ["reply", "reply"]
    async with platform() as place:
        place.answers.extend([answer, SENT])
        assert await _send(place, outbound) == "600", "the first had not arrived, or the token were used up"
    assert place.heard[0].event == place.heard[1].event


async def test_a_reply_that_hangs_the_second_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kezhan.channels.adapters.line.outbound._AGAIN_SECONDS", 0)
    async with platform() as place:
        place.answers.append(Answer(500))
        with pytest.raises(Turned) as caught:
            await _send(place, structs.replace(OUT, ticket=ticket(1)))
    assert caught.value.fault == "unsure"


async def test_a_reply_that_came_too_fast_is_tried_again_later() -> None:
    async with platform() as place:
        place.answers.append(refused(429, "The API rate limit has been exceeded."))
        with pytest.raises(Retry) as caught:
            await _send(place, structs.replace(OUT, ticket=ticket(1)))
    assert (caught.value.fault, len(place.heard)) == ("rate_limited", 1)


async def test_a_reply_that_never_began_is_tried_again() -> None:
    with pytest.raises(Retry):
        await _send(Platform(url="http://127.0.0.1:1"), structs.replace(OUT, ticket=ticket(1)))


async def test_another_fault_of_a_reply_is_no_reason_to_push() -> None:
    async with platform() as place:
        place.answers.append(refused(400, "The request body has 1 error(s)"))
        with pytest.raises(Turned):
            await _send(place, structs.replace(OUT, ticket=ticket(1)))
    assert len(place.heard) == 1


async def test_every_attempt_at_a_part_has_one_key_and_every_part_another() -> None:
    async with platform() as place:
        place.always = lambda _: SENT
        other = structs.replace(OUT, event_id=f"{OUT.event_id}.1", first=False)
        for outbound in (OUT, OUT, other):
            await _send(place, outbound)
    keys = [one.headers["x-line-retry-key"] for one in place.heard]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 2


# Tokens


async def test_a_short_token_is_asked_for_by_the_channels_secret() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(200, b'{"access_token": "short", "expires_in": 900}'))
        account = fake.account(place.url)
        await issue(line(account, http))
    assert place.heard[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(place.heard[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["1650000000"],
        "client_secret": [account.secrets.channel_secret],
    }


async def test_a_long_token_is_used_as_it_was_given() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        account = fake.account(place.url)
        secrets = structs.replace(account.secrets, access_token="long")
        assert (await issue(line(structs.replace(account, secrets=secrets), http))).value == "long"
    assert place.heard == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(refused(400, "invalid_client"), Turned), (refused(500, ""), Retry), (Answer(200, b"{}"), Retry)],
)
async def test_a_token_that_is_not_given_says_why(answer: Answer, outcome: type[Exception]) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(answer)
        with pytest.raises(outcome):
            await issue(line(fake.account(place.url), http))


# Files and people


async def test_a_file_is_read_from_the_content_host() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(200, b"\xff\xd8", {"content-type": "image/jpeg"}))
        found = await media(line(fake.account(place.url), http), "500")
    assert (found.data, found.media_type) == (b"\xff\xd8", "image/jpeg")
    assert place.heard[0].path == "/data/v2/bot/message/500/content"
    assert place.heard[0].headers["authorization"] == "Bearer T0KEN"


@pytest.mark.parametrize(
    ("answer", "outcome", "fault"),
    [
        (Answer(202), Retry, "transient"),
        (refused(404, "Not found"), Turned, "media_error"),
        (refused(410, "Gone"), Turned, "media_error"),
        (refused(429, "The API rate limit has been exceeded."), Retry, "rate_limited"),
        (Answer(200, b"x" * (FETCH_BYTES + 1)), Turned, "media_error"),
        (refused(401, "invalid token"), Expired, ""),
    ],
)
async def test_a_file_that_cannot_be_had_says_why(
    answer: Answer, outcome: type[Exception], fault: str
) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(answer)
        with pytest.raises(outcome) as caught:
            await media(line(fake.account(place.url), http), "500")
    assert getattr(caught.value, "fault", "") == fault


@pytest.mark.parametrize(
    ("external_id", "answer", "path", "name", "union"),
    [
        ("U1", {"displayName": "Ann", "language": "zh-Hant"}, "/v2/bot/profile/U1", "Ann", "line:U1"),
        ("C1", {"groupName": "茶友群"}, "/v2/bot/group/C1/summary", "茶友群", ""),
        ("R1", {}, "", "", ""),
    ],
)
async def test_people_and_groups_are_asked_for_by_name(
    external_id: str, answer: dict[str, str], path: str, name: str, union: str
) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(200, msgspec.json.encode(answer)))
        found = await person(line(fake.account(place.url), http), external_id)
    assert (found.name, found.union) == (name, union)
    assert [one.path for one in place.heard] == ([path] if path else [])


@pytest.mark.parametrize(("group_id", "kind"), [("C1", "group"), ("R1", "room")])
async def test_who_speaks_in_a_group_or_a_room_is_asked_for_there(group_id: str, kind: str) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(200, b'{"displayName": "Ann", "userId": "U1"}'))
        assert await speaker(line(fake.account(place.url), http), group_id, "U1") == "Ann"
    assert [one.path for one in place.heard] == [f"/v2/bot/{kind}/{group_id}/member/U1"]


async def test_a_stranger_has_no_profile() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(refused(404, "Not found"))
        with pytest.raises(Turned):
            await person(line(fake.account(place.url), http), "U2")


async def test_the_account_is_asked_for_its_name() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend([Answer(200, '{"displayName": "茶庄"}'.encode()), refused(401, "invalid token")])
        wire = line(fake.account(place.url), http)
        assert (await probe(wire)).name == "茶庄"
        with pytest.raises(Expired):
            await probe(wire)
    assert place.heard[0].path == "/v2/bot/info"
