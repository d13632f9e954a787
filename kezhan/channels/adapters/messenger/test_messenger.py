"""Messenger by itself: the signature's vector, profiles, what a window of seven days changes."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.messenger import fake
from kezhan.channels.adapters.messenger.inbound import parse, verify
from kezhan.channels.adapters.messenger.manifest import CHANNEL
from kezhan.channels.adapters.messenger.outbound import send
from kezhan.channels.adapters.messenger.person import person, probe
from kezhan.channels.base import Account, Forged, Inbound, Outbound, Request, Turned, Unreadable, Window
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.channels.vendors.meta.items import moment_of
from kezhan.channels.vendors.meta.webhook import HEADER, signature
from kezhan.kit.clock import now
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="777", seq=4, text="有的"
)  # fmt: skip


def with_settings(place: Platform, **changes: Any) -> Account:
    account = fake.account(place.url)
    return structs.replace(account, settings=structs.replace(account.settings, **changes))


def test_the_vector_of_the_signature() -> None:
    body = b'{"object":"page","entry":[]}'
    signed = "sha256=22d3988d1017c437ea81a89d41e2d3266c00a508cffdb23f8ad8746d232d77e9"
    assert signature("app_secret", body) == signed
    account = fake.account()
    account = structs.replace(account, secrets=structs.replace(account.secrets, app_secret="app_secret"))
    request = Request(method="POST", headers={HEADER: signed}, query={}, body=body)
    assert verify(request, account, AT).dedup_key
    with pytest.raises(Forged):
        verify(structs.replace(request, headers={HEADER: signed.upper()}), account, AT)


def test_an_item_that_is_not_as_documented_leaves_the_others_alone() -> None:
    party = {"sender": {"id": "777"}, "recipient": {"id": "900"}, "timestamp": 1700000000000}
    items = [
        {**party, "message": {"mid": "m_1", "text": ["odd"]}},
        {**party, "postback": "odd"},
        {**party, "message": {"mid": "m_2", "text": "hi"}},
    ]
    body = msgspec.json.encode({"object": "page", "entry": [{"id": "900", "messaging": items}]})
    found = parse(Request(method="POST", headers={}, query={}, body=body), fake.account())
    assert not isinstance(found, Unreadable)
    assert [type(one).__name__ for one in found] == ["Inbound", "Happened", "Inbound"]
    assert [one.kind for one in found if isinstance(one, Inbound)] == ["unsupported", "text"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (1700000000000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (None, None), ("soon", None), ("nan", None), ("inf", None), (-5, None), (10**30, None),
    ],
)  # fmt: skip
def test_times_are_milliseconds_or_seconds_or_none(value: Any, read: datetime | None) -> None:
    assert moment_of(value) == read


@pytest.mark.parametrize(("human_agent", "days"), [(False, 1), (True, 7)])
def test_the_window_is_as_long_as_the_permission(human_agent: bool, days: int) -> None:
    account = fake.account()
    account = structs.replace(account, settings=structs.replace(account.settings, human_agent=human_agent))
    assert CHANNEL.able(account).window == Window(seconds=days * 24 * 3600)


@pytest.mark.parametrize(
    ("human_agent", "hours", "tagged"),
    [(True, 1, False), (True, 23, False), (True, 25, True), (False, 25, False), (True, None, False)],
)
async def test_the_tag_is_used_after_a_day_where_it_is_allowed(
    human_agent: bool, hours: int | None, tagged: bool
) -> None:
    ticket = "" if hours is None else str(int((now().timestamp() - hours * 3600) * 1000))
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.always = lambda _: Answer(200, b'{"message_id": "m"}')
        account = with_settings(place, human_agent=human_agent)
        await send(line(account, http), structs.replace(OUT, ticket=ticket))
    assert (place.heard[0].event.get("tag") == "HUMAN_AGENT") is tagged


async def test_calls_are_proved_where_the_app_asks_for_it() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.always = lambda _: Answer(200, b'{"message_id": "m"}')
        account = with_settings(place, sign_calls=True, page_id="")
        account = structs.replace(account, secrets=structs.replace(account.secrets, app_secret="app_secret"))
        await send(line(account, http), OUT)
    # HMAC-SHA256("app_secret", "T0KEN")
    proof = signature("app_secret", b"T0KEN").removeprefix("sha256=")
    assert place.heard[0].path == f"/v24.0/me/messages?access_token=T0KEN&appsecret_proof={proof}"


async def test_a_customers_name_and_the_pages_are_asked_for() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend(
            [
                Answer(200, b'{"first_name": "Ann", "last_name": "Li", "locale": "zh_CN", "id": "777"}'),
                Answer(200, '{"name": "茶庄", "id": "900"}'.encode()),
            ]
        )
        wire = line(fake.account(place.url), http)
        found = await person(wire, "777")
        assert (found.name, found.language) == ("Ann Li", "zh-CN")
        assert (await probe(wire)).name == "茶庄"
    assert [one.path for one in place.heard] == [
        "/v24.0/777?access_token=T0KEN&fields=first_name%2Clast_name%2Clocale",
        "/v24.0/900?access_token=T0KEN&fields=name",
    ]


async def test_a_customer_without_a_profile_says_so() -> None:
    refused = {"error": {"code": 100, "error_subcode": 2018218, "message": "no profile"}}
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(400, msgspec.json.encode(refused)))
        with pytest.raises(Turned, match="no profile"):
            await person(line(fake.account(place.url), http), "777")
