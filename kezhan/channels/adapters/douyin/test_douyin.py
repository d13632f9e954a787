"""Douyin by itself: its signature, and a grant that is kept, renewed and ends."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.douyin import fake
from kezhan.channels.adapters.douyin.inbound import verify
from kezhan.channels.adapters.douyin.outbound import send
from kezhan.channels.adapters.douyin.probe import probe
from kezhan.channels.adapters.douyin.signature import signature
from kezhan.channels.adapters.douyin.token import GRANT, UPLOADS, Grant, issue
from kezhan.channels.base import Account, Expired, Forged, Line, Outbound, OutboundFile, Request, Turned
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.clock import now
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
DAY = 24 * 3600
OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="u-1", seq=4, text="有的",
    ticket='{"conversation_id":"@c","message_id":"@m"}',
)  # fmt: skip


def line(account: Account, http: httpx2.AsyncClient, kept: dict[str, str]) -> Line:
    """One that remembers in `kept`."""

    async def token() -> str:
        return "T0KEN"

    async def content(_: OutboundFile) -> bytes:
        return b"JPEG"

    async def load(name: str) -> str:
        return kept.get(name, "")

    async def save(name: str, value: str) -> None:
        kept[name] = value

    return Line(http=http, account=account, token=token, content=content, load=load, save=save)


def said(**data: Any) -> Answer:
    return Answer(200, json.dumps({"data": {"error_code": 0, **data}}).encode())


async def issued(place: Platform, kept: dict[str, str], account: Account | None = None) -> str:
    async with guarded_client(allow_private_hosts=True) as http:
        return (await issue(line(account or shop(place), http, kept))).value


def shop(place: Platform) -> Account:
    """The same one each time."""
    account = fake.account(place.url)
    return structs.replace(account, secrets=structs.replace(account.secrets, refresh_token="rft.1"))


def grant(kept: dict[str, str]) -> Grant:
    return msgspec.json.decode(kept[GRANT], type=Grant)


def age(kept: dict[str, str], **changes: Any) -> None:
    kept[GRANT] = msgspec.json.encode(structs.replace(grant(kept), **changes)).decode()


def test_the_signature_is_sha1_over_secret_and_body() -> None:
    body = b'{"event":"verify_webhook","client_key":"abc","content":{"challenge":12345}}'
    assert signature("test_secret", body) == "ff779a3b9e9daa2d1484d22450cd02e9fcfc4e62"


def test_a_webhook_secret_of_its_own_replaces_the_apps() -> None:
    account = fake.account()
    request = fake.signed(
        Request(method="POST", headers={}, query={}, body=b'{"event":"authorize"}'), account, AT
    )
    assert verify(request, account, AT).dedup_key
    other = structs.replace(account, secrets=structs.replace(account.secrets, webhook_secret="w"))
    with pytest.raises(Forged):
        verify(request, other, AT)
    unset = structs.replace(account, secrets=structs.replace(account.secrets, client_secret=""))
    with pytest.raises(Forged):
        verify(fake.signed(request, unset, AT), unset, AT)


async def test_a_code_is_changed_for_tokens_once_and_refreshed_ever_after() -> None:
    kept: dict[str, str] = {}
    async with platform() as place:
        account = fake.account(place.url)
        account = structs.replace(account, secrets=structs.replace(account.secrets, code="c0de"))
        place.answers.extend(
            [said(access_token="a.1", refresh_token="r.1", expires_in=1296000), said(access_token="a.2")]
        )
        assert [await issued(place, kept, account) for _ in range(2)] == ["a.1", "a.2"]
    first, second = place.heard
    assert first.path == "/oauth/access_token/"
    assert first.event["grant_type"] == "authorization_code"
    assert (first.event["client_key"], first.event["code"]) == ("awx1", "c0de")
    assert (second.path, second.body) == (
        "/oauth/refresh_token/",
        b"client_key=awx1&grant_type=refresh_token&refresh_token=r.1",
    )


async def test_a_refresh_token_is_renewed_as_late_as_may_be_and_five_times_at_most() -> None:
    kept: dict[str, str] = {}
    async with platform() as place:
        place.answers.append(said(access_token="a"))
        await issued(place, kept)
        at = now().timestamp()
        assert grant(kept).until == pytest.approx(at + 30 * DAY, abs=60)
        for renewal in range(1, 6):
            age(kept, until=at + 15 * DAY)
            place.answers.extend([said(refresh_token=f"r.{renewal}"), said(access_token="a")])
            await issued(place, kept)
            assert (grant(kept).refresh_token, grant(kept).renewals) == (f"r.{renewal}", renewal)
        age(kept, until=at + 15 * DAY)
        place.answers.append(said(access_token="a"))
        await issued(place, kept)
    paths = [heard.path for heard in place.heard]
    assert paths.count("/oauth/renew_refresh_token/") == 5
    assert paths[-1] == "/oauth/refresh_token/"
    assert paths[:3] == ["/oauth/refresh_token/", "/oauth/renew_refresh_token/", "/oauth/refresh_token/"]


async def test_a_platform_that_renews_no_more_still_refreshes_until_the_end() -> None:
    kept: dict[str, str] = {}
    async with platform() as place:
        place.answers.append(said(access_token="a"))
        await issued(place, kept)
        age(kept, until=now().timestamp() + DAY)
        place.answers.extend([said(error_code=10020), said(access_token="b")])
        assert await issued(place, kept) == "b"
        place.answers.append(said(error_code=10010))
        with pytest.raises(Turned) as caught:
            await issued(place, kept)
    assert caught.value.fault == "token_expired"


async def test_a_new_refresh_token_in_the_form_replaces_what_is_kept() -> None:
    kept: dict[str, str] = {}
    async with platform() as place:
        account = fake.account(place.url)
        place.answers.extend([said(access_token="a"), said(access_token="b")])
        await issued(place, kept, account)
        age(kept, renewals=5)
        fresh = structs.replace(account.secrets, refresh_token="rft.9")
        await issued(place, kept, structs.replace(account, secrets=fresh))
    assert b"refresh_token=rft.9" in place.heard[1].body
    assert grant(kept).renewals == 0


async def test_nothing_authorised_is_told_without_a_call() -> None:
    account = fake.account()
    account = structs.replace(account, secrets=structs.replace(account.secrets, refresh_token=""))
    async with platform() as place:
        with pytest.raises(Turned, match="not been authorised"):
            await issued(place, {}, account)
    assert not place.heard


async def test_the_token_of_uploads_is_kept_and_dropped_when_refused() -> None:
    kept: dict[str, str] = {}
    file = OutboundFile(url="https://house.example/f", name="a.jpg", media_type="image/jpeg", size=4)
    outbound = structs.replace(OUT, kind="file", file=file)
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        at_hand = line(fake.account(place.url), http, kept)
        taken = [said(image_id="i"), said()]
        place.answers.extend([said(access_token="c.1", expires_in=7200), *taken, *taken])
        for _ in range(2):
            await send(at_hand, outbound)
        assert [heard.path for heard in place.heard].count("/oauth/client_token/") == 1
        place.answers.append(said(error_code=2190008))
        with pytest.raises(Expired):
            await send(at_hand, outbound)
    assert kept[UPLOADS] == ""


@pytest.mark.parametrize(
    ("changes", "fault"), [({"ticket": ""}, "window_closed"), ({"ticket": "", "what": "recalled"}, None)]
)
async def test_who_has_not_written_cannot_be_written_to(changes: dict[str, Any], fault: str | None) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Turned) as caught:
            await send(line(fake.account(place.url), http, {}), structs.replace(OUT, **changes))
    assert caught.value.fault == (fault or "window_closed")
    assert not place.heard


async def test_a_probe_tells_the_name_and_when_to_authorise_again() -> None:
    kept: dict[str, str] = {}
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        at_hand = line(fake.account(place.url), http, kept)
        place.answers.extend([said(access_token="a"), said(nickname="客栈")])
        await issue(at_hand)
        found = await probe(at_hand)
        assert place.heard[-1].path == "/oauth/userinfo/?open_id=shop-1&access_token=T0KEN"
        assert found.name == "客栈"
        assert found.expires_at is not None
        empty = structs.replace(
            at_hand.account, settings=structs.replace(at_hand.account.settings, open_id="")
        )
        with pytest.raises(Turned, match="open_id"):
            await probe(line(empty, http, kept))
