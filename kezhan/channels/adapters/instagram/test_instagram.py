"""Instagram by itself: its two logins, its token that becomes another, its names."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.instagram import fake
from kezhan.channels.adapters.instagram.inbound import verify
from kezhan.channels.adapters.instagram.outbound import send
from kezhan.channels.adapters.instagram.person import person, probe
from kezhan.channels.adapters.instagram.settings import Settings
from kezhan.channels.adapters.instagram.token import issue
from kezhan.channels.base import Account, Expired, Line, Outbound, Request, Retry
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, platform
from kezhan.channels.vendors.meta.webhook import HEADER
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def renewed(value: str) -> Answer:
    return Answer(200, msgspec.json.encode({"access_token": value, "expires_in": 5184000}))


def given(account: Account, token: str) -> Account:
    return structs.replace(account, secrets=structs.replace(account.secrets, access_token=token))


def test_the_vector_of_the_signature() -> None:
    account = fake.account()
    account = structs.replace(account, secrets=structs.replace(account.secrets, app_secret="app_secret"))
    header = {HEADER: "sha256=22d3988d1017c437ea81a89d41e2d3266c00a508cffdb23f8ad8746d232d77e9"}
    request = Request(method="POST", headers=header, query={}, body=b'{"object":"page","entry":[]}')
    assert verify(request, account, AT).dedup_key


async def test_a_renewed_token_is_renewed_the_next_time_and_ends_with_a_new_one() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend([renewed("second"), renewed("third"), renewed("fourth")])
        wire = line(fake.account(place.url), http)
        assert (await issue(wire)).value == "second"
        assert (await issue(wire)).value == "third"
        other = Line(
            http=http, account=given(wire.account, "fresh"), token=wire.token, content=wire.content,
            load=wire.load, save=wire.save,
        )  # fmt: skip
        assert (await issue(other)).value == "fourth"
    asked = [one.path.rpartition("=")[2] for one in place.heard]
    assert asked == ["IGT0KEN", "second", "fresh"]


@pytest.mark.parametrize(
    ("status", "code", "outcome"), [(401, 190, Expired), (400, 4, Retry), (500, 2, Retry)]
)
async def test_a_token_that_is_dead_or_cannot_be_renewed_now_says_so(
    status: int, code: int, outcome: type[Exception]
) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(status, msgspec.json.encode({"error": {"code": code}})))
        with pytest.raises(outcome):
            await issue(line(fake.account(place.url), http))


async def test_a_pages_token_is_used_as_it_was_given() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        account = fake.account(place.url)
        settings = Settings(login="page", api_url=f"{place.url}/graph")
        wire = line(structs.replace(account, settings=settings), http)
        assert (await issue(wire)).value == "IGT0KEN"
        assert place.heard == []
        place.always = lambda _: Answer(200, b'{"message_id": "m"}')
        outbound = Outbound(
            event_id="d-1",
            what="message",
            at=AT,
            conversation_id=new_id(),
            external_id="777",
            seq=4,
            text="hi",
        )
        await send(wire, outbound)
    assert place.heard[0].path == "/graph/v24.0/me/messages?access_token=T0KEN"


async def test_names_are_asked_for() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend(
            [Answer(200, b'{"name": "", "username": "ann"}'), Answer(200, b'{"username": "teahouse"}')]
        )
        wire = line(fake.account(place.url), http)
        assert (await person(wire, "777")).name == "ann"
        assert (await probe(wire)).name == "@teahouse"
    assert place.heard[0].path == "/v24.0/777?access_token=T0KEN&fields=name%2Cusername"
