"""Who a visitor is: signed tokens of the host site, and visitor sessions."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.contacts import store
from kezhan.contacts.identify import anonymous, identify, verify_identity_jwt
from kezhan.contacts.schemas import Identity, Known, OpenedSession, Profile, SignedIdentity
from kezhan.contacts.service import (
    get,
    open_session,
    resolve,
    resolve_all,
    revoke,
    visitor_lives,
    visitor_of,
)
from kezhan.files.tests.factories import counted, make_account, make_workspace
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRET = "inbox-secret"
DOCUMENTED = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTQyIiwiZXhwIjo0MTAyNDQ0ODAwfQ"
    ".oSyKN6b7NBSFAtzXRrfBKomTvuB_cn5jDOxsAplZJoM"
)


def _part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _jwt(claims: Any, secret: str = SECRET, header: Any = None, digest: str = "sha256") -> str:
    signed = f"{_part(header or {'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_part(hmac.digest(secret.encode(), signed.encode(), digest))}"


def _claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "user-42", "exp": NOW.timestamp() + 3600, **changes}


def _refusal(token: str, secrets: list[str] | None = None, at: datetime = NOW) -> str:
    with pytest.raises(Refused) as refused:
        verify_identity_jwt(token, [SECRET] if secrets is None else secrets, at)
    assert refused.value.status == 401
    return refused.value.code


def test_the_documented_vectors_signature_is_ours_but_its_life_is_too_long() -> None:
    assert _jwt({"sub": "user-42", "exp": 4102444800}) == DOCUMENTED
    late = datetime.fromtimestamp(4102444800 - 3600, UTC)
    assert verify_identity_jwt(DOCUMENTED, [SECRET], late).external_id == "user-42"
    assert _refusal(DOCUMENTED) == "contacts.identity_too_long"


def test_a_signed_identity_says_who_she_is() -> None:
    claims = _claims(name="王小明", email="w@example.com", phone="138", attributes={"等级": "金"})
    signed = verify_identity_jwt(_jwt(claims), [SECRET], NOW)
    profile = Profile(name="王小明", email="w@example.com", phone="138", attributes={"等级": "金"})
    assert signed == SignedIdentity(external_id="user-42", profile=profile)
    other = _claims(external_user_id="u9")
    del other["sub"]
    assert verify_identity_jwt(_jwt(other), [SECRET], NOW).external_id == "u9"


def test_two_secrets_are_good_while_one_replaces_the_other() -> None:
    token = _jwt(_claims(), "the new one")
    assert verify_identity_jwt(token, ["the new one", SECRET], NOW).external_id == "user-42"
    assert verify_identity_jwt(token, [SECRET, "the new one"], NOW).external_id == "user-42"
    assert _refusal(token, [SECRET]) == "contacts.identity_signature"
    assert _refusal(token, []) == "contacts.identity_signature"


def test_only_hs256_with_the_right_signature_is_good() -> None:
    good = _jwt(_claims())
    none = f"{_part({'alg': 'none'})}.{_part(_claims())}."
    for bad in (
        none,
        _jwt(_claims(), header={"alg": "HS512"}, digest="sha512"),
        _jwt(_claims(), header={"alg": "RS256"}),
        _jwt(_claims(), header={"alg": ["HS256"]}),
        _jwt(_claims(), header=b"nonsense"),
        _jwt(_claims(), header={"alg": "HS256", "crit": ["x"], "x": 1}),
        _jwt(_claims(), "wrong"),
        good[:-3] + ("AAA" if good[-3:] != "AAA" else "BBB"),
        good + ".x",
        good.rpartition(".")[0],
        "",
        "..",
        "é.é.é",
        "\x00",
        "a" * 100_000,
    ):
        assert _refusal(bad) == "contacts.identity_signature", bad[:80]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": NOW.timestamp()}, "contacts.identity_expired"),
        ({"exp": NOW.timestamp() + 24 * 3600 + 301}, "contacts.identity_too_long"),
        ({"iat": NOW.timestamp() + 301}, "contacts.identity_too_early"),
        ({"nbf": NOW.timestamp() + 301}, "contacts.identity_too_early"),
        ({"exp": None}, "contacts.identity_claims"),
        ({"exp": "tomorrow"}, "contacts.identity_claims"),
        ({"exp": 1e400}, "contacts.identity_claims"),
        ({"sub": ""}, "contacts.identity_claims"),
        ({"sub": 42}, "contacts.identity_claims"),
        ({"sub": None}, "contacts.identity_claims"),
        ({"sub": "x" * 191}, "contacts.identity_claims"),
        ({"external_user_id": "someone else"}, "contacts.identity_claims"),
        ({"name": ["x"]}, "contacts.identity_claims"),
        ({"attributes": {"a": {"deep": 1}}}, "contacts.identity_claims"),
        ({"attributes": {str(n): n for n in range(51)}}, "contacts.identity_claims"),
        ({"attributes": {"a": "x" * 501}}, "contacts.identity_claims"),
    ],
)
def test_claims_out_of_bounds_are_refused(changes: dict[str, Any], code: str) -> None:
    assert _refusal(_jwt(_claims(**changes))) == code


def test_clocks_may_differ_by_five_minutes() -> None:
    near = _claims(iat=NOW.timestamp() + 299, exp=NOW.timestamp() + 24 * 3600 + 299)
    assert verify_identity_jwt(_jwt(near), [SECRET], NOW).external_id == "user-42"
    for payload in (b"[]", b"null", b"\xff", b"{"):
        assert _refusal(_jwt(payload)) == "contacts.identity_claims"


SIGNED = SignedIdentity(external_id="user-42", profile=Profile(name="王小明"))


@pytest.fixture
async def site(db: Database) -> tuple[UUID, UUID]:
    """(workspace, account)"""
    workspace_id = await make_workspace(db)
    return workspace_id, await make_account(db, workspace_id)


async def _visitor(db: Database, site: tuple[UUID, UUID]) -> tuple[Identity, OpenedSession]:
    async with db.tx(site[0]) as tx:
        identity = await anonymous(tx, site[1])
        return identity, await open_session(tx, identity)


async def test_a_new_customer_keeps_what_she_said_anonymously(db: Database, site: tuple[UUID, UUID]) -> None:
    before, session = await _visitor(db, site)
    async with db.tx(site[0]) as tx:
        after = await identify(tx, account_id=site[1], signed=SIGNED, present=before.id)
        again = await identify(tx, account_id=site[1], signed=SIGNED, present=after.id)
        assert (await get(tx, after.contact_id)).name == "王小明"
    assert (after.id, after.contact_id, after.verified) == (before.id, before.contact_id, True)
    assert again == after
    with pytest.raises(Refused):
        await visitor_of(db, session.token)


async def test_a_known_customer_gets_her_own_contact_and_nothing_is_merged(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    async with db.tx(site[0]) as tx:
        known = await identify(tx, account_id=site[1], signed=SIGNED)
    before, session = await _visitor(db, site)
    async with db.tx(site[0]) as tx:
        found = await identify(tx, account_id=site[1], signed=SIGNED, present=before.id)
    assert found == known
    assert found.contact_id != before.contact_id
    assert (await visitor_of(db, session.token)).identity_id == before.id


async def test_one_customers_session_never_becomes_anothers(db: Database, site: tuple[UUID, UUID]) -> None:
    other = SignedIdentity(external_id="user-43", profile=Profile())
    async with db.tx(site[0]) as tx:
        first = await identify(tx, account_id=site[1], signed=SIGNED)
        second = await identify(tx, account_id=site[1], signed=other, present=first.id)
    assert second.contact_id != first.contact_id
    elsewhere = await make_account(db, site[0])
    before, _ = await _visitor(db, (site[0], elsewhere))
    third = SignedIdentity(external_id="user-44", profile=Profile())
    async with db.tx(site[0]) as tx:
        assert (await identify(tx, account_id=site[1], signed=third, present=before.id)).id != before.id


async def test_nobody_becomes_verified_by_choosing_an_id(db: Database, site: tuple[UUID, UUID]) -> None:
    async with db.tx(site[0]) as tx:
        chosen = await resolve(tx, account_id=site[1], external_id="user-42")
        signed = await identify(tx, account_id=site[1], signed=SIGNED)
    assert chosen.id != signed.id
    assert not chosen.verified


async def test_two_tabs_signing_in_at_once_become_one_customer(db: Database, site: tuple[UUID, UUID]) -> None:
    visitors = [await _visitor(db, site) for _ in range(3)]

    async def one(present: UUID) -> Identity:
        async with db.tx(site[0]) as tx:
            return await identify(tx, account_id=site[1], signed=SIGNED, present=present)

    found = await asyncio.gather(*(one(identity.id) for identity, _ in visitors))
    assert len({identity.id for identity in found}) == 1


async def test_a_token_says_who_its_bearer_is_in_one_query(db: Database, site: tuple[UUID, UUID]) -> None:
    identity, session = await _visitor(db, site)
    found = await visitor_of(db, session.token)
    assert (found.workspace_id, found.account_id, found.session_id) == (*site, session.session_id)
    assert (found.identity_id, found.contact_id) == (identity.id, identity.contact_id)
    assert not found.verified
    async with db.system_tx() as tx:
        stored = await tx.value(
            text("select token_digest from visitor_sessions where id = :id"), {"id": session.session_id}
        )
        with counted(tx) as statements:
            await store.visitors(tx, [stored])
    assert stored == hashlib.sha256(session.token.encode()).digest()
    assert len(statements) == 1


async def test_an_unknown_revoked_or_expired_token_is_refused(db: Database, site: tuple[UUID, UUID]) -> None:
    for bad in ("", "kzv_", "kzv_" + "x" * 10_000, "kza_abc", "kzv_\x00", "kzv_é"):
        with pytest.raises(Refused) as refused:
            await visitor_of(db, bad)
        assert (refused.value.code, refused.value.status) == ("contacts.session_over", 401)
    _, first = await _visitor(db, site)
    _, second = await _visitor(db, site)
    async with db.tx(site[0]) as tx:
        assert await visitor_lives(tx, first.session_id)
        await revoke(tx, first.session_id)
        await revoke(tx, first.session_id)
        assert not await visitor_lives(tx, first.session_id)
        told = [published.topics for published in tx.published]
        await tx.run(
            text("update visitor_sessions set expires_at = now() where id = :id"), {"id": second.session_id}
        )
    assert told == [(f"session:{first.session_id}",)]
    for session in (first, second):
        with pytest.raises(Refused):
            await visitor_of(db, session.token)


async def test_a_used_session_slides_on_and_another_workspace_cannot_end_it(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    _, session = await _visitor(db, site)
    ends = text("select expires_at > now() + interval '29 days' from visitor_sessions")
    async with db.tx(site[0]) as tx:
        assert await tx.value(ends)
        old = "seen_at = now() - interval '2 hours', expires_at = now() + interval '1 day'"
        await tx.run(text(f"update visitor_sessions set {old}"))  # noqa: S608
        assert not await tx.value(ends)
    async with db.tx(await make_workspace(db)) as tx:
        await revoke(tx, session.session_id)
        assert not await visitor_lives(tx, session.session_id)
    await visitor_of(db, session.token)
    async with db.tx(site[0]) as tx:
        assert await tx.value(ends)


async def test_many_are_resolved_in_one_query_where_nothing_about_them_is_new(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    asked = [Known(site[1], f"buyer-{n}", Profile(name=f"Buyer {n}")) for n in range(5)]
    async with db.tx(site[0]) as tx:
        made = await resolve_all(tx, [*asked, asked[0]])
    assert made[0] == made[-1]
    assert len({identity.id for identity in made}) == 5
    assert all(identity.verified for identity in made)
    async with db.tx(site[0]) as tx:
        with counted(tx) as statements:
            assert await resolve_all(tx, asked) == made[:-1]
    assert len(statements) == 1


async def test_what_a_platform_tells_anew_fills_what_is_empty_and_overwrites_nothing(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    for profile in (None, Profile(name="Chen"), Profile(name="Other", email="c@example.com"), None):
        async with db.tx(site[0]) as tx:
            (identity,) = await resolve_all(tx, [Known(site[1], "buyer", profile)])
    async with db.tx(site[0]) as tx:
        contact = await get(tx, identity.contact_id)
    assert (contact.name, contact.email) == ("Chen", "c@example.com")


async def test_a_customer_of_another_workspace_is_not_found_among_many(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    async with db.tx(site[0]) as tx:
        await resolve_all(tx, [Known(site[1], "buyer", None)])
    async with db.tx(await make_workspace(db)) as tx:
        assert not await store.find_identities(tx, [(site[1], "buyer")])
    async with db.tx(site[0]) as tx:
        with pytest.raises(Refused):
            await resolve_all(tx, [Known(site[1], "", None)])


async def test_whom_nobody_vouches_for_is_not_verified_and_is_nobody_elsewhere(
    db: Database, site: tuple[UUID, UUID]
) -> None:
    known = Known(site[1], "lin@example.com", Profile(name="Lin", union="mail:lin@example.com"))
    forged = known._replace(vouched=False)
    async with db.tx(site[0]) as tx:
        (elsewhere,) = await resolve_all(tx, [Known(site[1], "lin", Profile(union="mail:lin@example.com"))])
        shown = False
        for asked, verified in ([forged], [False]), ([known], [True]), ([forged], [False]):
            shown = shown or verified[0]
            found = await resolve_all(tx, asked)
            assert [one.verified for one in found] == verified
            (seen,) = await resolve_all(tx, asked)
            assert seen == found[0]
            assert (seen.contact_id == elsewhere.contact_id) is shown
        both = await resolve_all(tx, [known, forged, known])
        assert [one.verified for one in both] == [True, False, True]
        assert (await resolve(tx, account_id=site[1], external_id="lin@example.com")).verified
