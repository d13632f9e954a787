"""A house behind a TLS proxy, as it stands on the internet: cookies, origins, and attempts per address."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from kezhan.kit.crypto import token_digest
from kezhan.kit.db import Database
from kezhan.kit.testing import TestCluster
from kezhan.testing import Running, running
from kezhan.workspaces.attempts import PER_EMAIL, PER_PEER
from kezhan.workspaces.credentials import store
from kezhan.workspaces.names import email_key
from kezhan.workspaces.tests.factories import PASSWORD, Person, make_person, make_workspace, sign_in

PUBLIC = "https://desk.example.com"
COOKIE = "__Host-kz_session"


@pytest.fixture(scope="module")
async def front(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("front")
    async with running(cluster.fresh(), folder, public_url=PUBLIC, trusted_proxies=("127.0.0.1",)) as house:
        yield house


@pytest.fixture
async def person(front: Running) -> Person:
    return await make_person(front.db, await make_workspace(front.db), "owner")


async def _sign_in(front: Running, email: str, via: str, **headers: str) -> Any:
    client = await front.client()
    body = {"email": email, "password": PASSWORD}
    return await client.post("/api/session", json=body, headers={"x-forwarded-for": via, **headers})


async def _count(db: Database, key: str, times: int, limit: int) -> None:
    async with db.system_tx() as tx:
        for _ in range(times):
            await store.count_attempt(tx, key, limit)


async def test_the_cookie_is_for_this_host_over_tls_and_out_of_reach_of_scripts(
    front: Running, person: Person
) -> None:
    answer = await _sign_in(front, person.email, "198.51.100.20")
    assert answer.status_code == 201
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie.key == COOKIE and cookie.value.startswith("kzs_")
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"].lower() == "lax"
    assert (cookie["path"], cookie["domain"], cookie["max-age"]) == ("/", "", str(90 * 24 * 3600))
    assert cookie.value not in answer.text
    client = await front.client()
    client.headers |= {"cookie": f"{COOKIE}={cookie.value}", "x-kezhan-csrf": answer.json()["csrf"]}
    assert (await client.get("/api/me")).json()["id"] == str(person.id)
    (session,) = (await client.get("/api/sessions")).json()["items"]
    assert session["peer"] == "198.51.100.20"
    out = await client.delete("/api/session")
    (gone,) = SimpleCookie(out.headers["set-cookie"]).values()
    # A browser drops a __Host- cookie only by one with the same attributes.
    assert (gone.key, gone.value, gone["max-age"], gone["path"]) == (COOKIE, "", "0", "/")
    assert gone["secure"] and gone["httponly"]


async def test_signing_in_anew_never_takes_over_a_cookie_that_is_there(
    front: Running, person: Person
) -> None:
    planted = "kzs_planted"
    cookie = f"{COOKIE}={planted}; kz_session={planted}"
    answer = await _sign_in(front, person.email, "198.51.100.21", cookie=cookie)
    assert answer.status_code == 201 and planted not in answer.headers["set-cookie"]
    stale = await front.client()
    stale.headers["cookie"] = cookie
    assert (await stale.get("/api/me")).status_code == 401


async def test_a_cookie_under_the_plain_name_opens_nothing_over_tls(front: Running, person: Person) -> None:
    client = await sign_in(front, person)
    secret = client.cookies[COOKIE]
    other = await front.client()
    for cookie, status in ((f"kz_session={secret}", 401), (f"{COOKIE}={secret}", 200)):
        assert (await other.get("/api/me", headers={"cookie": cookie})).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (PUBLIC, 201),
        ("http://desk.example.com", 403),
        ("https://desk.example.com.evil.example", 403),
        ("http://127.0.0.1", 403),
        ("http://[", 403),
        ("null", 403),
    ],
)
async def test_only_pages_of_the_public_address_write(
    front: Running, person: Person, origin: str, status: int
) -> None:
    client = await sign_in(front, person)
    client.headers["cookie"] = f"{COOKIE}={client.cookies[COOKIE]}"
    answer = await client.post("/api/teams", json={"name": "前台"}, headers={"origin": origin})
    assert answer.status_code == status
    if status == 403:
        signing = await _sign_in(front, person.email, "198.51.100.22", origin=origin)
        assert (signing.status_code, signing.json()["code"]) == (403, "workspaces.foreign_origin")
        assert "set-cookie" not in signing.headers


async def test_links_lead_to_the_public_address(front: Running, person: Person) -> None:
    client = await sign_in(front, person)
    client.headers["cookie"] = f"{COOKIE}={client.cookies[COOKIE]}"
    body = {"email": "new@example.com", "role": "agent"}
    link = (await client.post("/api/workspace/invitations", json=body)).json()["link"]
    assert link.startswith(f"{PUBLIC}/join?token=kzi_")


async def test_an_address_is_locked_by_itself_whatever_it_claims(front: Running, person: Person) -> None:
    await _count(front.db, "peer:203.0.113.7", PER_PEER, PER_PEER)
    await _count(front.db, "peer:2001:db8:1:2::/64", PER_PEER, PER_PEER)
    for via in (
        "203.0.113.7",
        "::ffff:203.0.113.7",
        # The first hops are the caller's own words; only what the proxy adds counts.
        "198.51.100.30, 203.0.113.7",
        "198.51.100.30, 203.0.113.7, 127.0.0.1",
        "2001:db8:1:2::1",
        "2001:db8:1:2:ffff::9",
    ):
        answer = await _sign_in(front, person.email, via)
        assert (answer.status_code, answer.json()["code"]) == (429, "workspaces.too_many_attempts"), via
        assert 0 < int(answer.headers["retry-after"]) <= 900
    assert (await _sign_in(front, person.email, "203.0.113.7, 2001:db8:1:3::1")).status_code == 201


@pytest.mark.parametrize(
    ("language", "cookie", "words"),
    [
        ("zh-CN,zh;q=0.9", "", "尝试次数过多，请在 15 分钟后再试。"),
        ("en-GB,en;q=0.9", "", "Too many attempts. Try again in 15 min."),
        ("fr", "", "尝试次数过多，请在 15 分钟后再试。"),
        ("en", "kz_lang=zh-CN", "尝试次数过多，请在 15 分钟后再试。"),
        ("zh", "kz_lang=en", "Too many attempts. Try again in 15 min."),
        ("en", "kz_lang=xx", "Too many attempts. Try again in 15 min."),
    ],
)
async def test_a_locked_address_is_told_so_in_its_readers_language(
    front: Running, language: str, cookie: str, words: str
) -> None:
    via = "203.0.113.77"
    await _count(front.db, f"peer:{via}", PER_PEER, PER_PEER)
    headers = {"accept-language": language, "cookie": cookie}
    answer = await _sign_in(front, "nobody@example.com", via, **headers)
    assert (answer.status_code, answer.json()["title"]) == (429, words)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_locked_email_is_locked_in_every_spelling_from_everywhere_known_or_not(
    front: Running, person: Person
) -> None:
    unknown = f"{uuid4().hex}@example.com"
    answers = []
    for number, email in enumerate((person.email, unknown)):
        await _count(front.db, f"email:{token_digest(email).hex()}", PER_EMAIL, PER_EMAIL)
        fullwidth = "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in email)
        answers += [
            await _sign_in(front, spelling, f"198.51.100.{40 + number}")
            for spelling in (email, f" {email.upper()} ", fullwidth)
        ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (429, "workspaces.too_many_attempts")
    }


async def test_a_locked_email_guards_the_other_doors_and_leaves_the_open_session_alone(
    front: Running, person: Person
) -> None:
    other = await make_person(front.db, await make_workspace(front.db), "owner")
    host = await sign_in(front, other)
    host.headers["cookie"] = f"{COOKIE}={host.cookies[COOKIE]}"
    invited = await host.post("/api/workspace/invitations", json={"email": person.email, "role": "agent"})
    link = invited.json()["link"].partition("token=")[2]
    client = await sign_in(front, person)
    client.headers["cookie"] = f"{COOKIE}={client.cookies[COOKIE]}"
    await _count(front.db, f"email:{token_digest(email_key(person.email)).hex()}", PER_EMAIL, PER_EMAIL)
    async with front.db.system_tx() as tx:
        before = await store.user_by_email(tx, person.email)
    accept = {"name": "林", "password": PASSWORD}
    for answer in (
        await client.put("/api/me/password", json={"old": PASSWORD, "new": "another good one"}),
        await host.post(f"/api/invitations/{link}/acceptance", json=accept),
    ):
        assert (answer.status_code, answer.json()["code"]) == (429, "workspaces.too_many_attempts")
    assert (await client.get("/api/me")).status_code == 200
    # Nothing was changed on the way.
    async with front.db.system_tx() as tx:
        assert await store.user_by_email(tx, person.email) == before


async def test_the_right_password_wipes_the_emails_failures_and_takes_back_its_own_at_the_address(
    front: Running, person: Person
) -> None:
    email, peer = f"email:{token_digest(email_key(person.email)).hex()}", "peer:198.51.100.60"
    await _count(front.db, email, PER_EMAIL - 1, PER_EMAIL)
    await _count(front.db, peer, 3, PER_PEER)
    assert (await _sign_in(front, person.email, "198.51.100.60")).status_code == 201
    async with front.db.system_tx() as tx:
        left = await tx.rows(
            text("select key, failures from sign_in_failures where key in (:email, :peer)"),
            {"email": email, "peer": peer},
        )
    assert [tuple(row) for row in left] == [(peer, 3)]


@pytest.mark.parametrize(
    ("before", "failures", "locked"),
    [
        # failures, minutes since the first, minutes the lock still holds (None: no lock) → after one more
        ((2, 5, None), 3, False),
        ((2, 16, None), 1, False),
        ((3, 5, None), 4, True),
        ((3, 16, None), 1, False),
        ((9, 5, 10), 10, True),
        ((9, 20, 1), 10, True),
        ((9, 20, -1), 1, False),
    ],
)
async def test_failures_count_within_a_quarter_of_an_hour_and_a_lock_is_not_drawn_out(
    front: Running, before: tuple[int, int, int | None], failures: int, locked: bool
) -> None:
    key = f"email:{uuid4().hex}"
    counted, since, holds = before
    async with front.db.system_tx() as tx:
        await tx.run(
            text(
                "insert into sign_in_failures (key, failures, first_at, locked_until) values (:key, :counted,"
                " now() - make_interval(mins => :since), now() + make_interval(mins => :holds))"
            ),
            {"key": key, "counted": counted, "since": since, "holds": holds},
        )
        waits = await store.count_attempt(tx, key, 3)
        assert await tx.value(
            text("select failures from sign_in_failures where key = :key"), {"key": key}
        ) == (failures)
    assert (waits is not None) is locked
    assert waits is None or waits == (900 if holds is None else holds * 60)


async def test_old_failures_are_swept_and_recent_ones_kept(front: Running) -> None:
    keys = {f"email:{uuid4().hex}": hours for hours in (1, 23, 25, 100)}
    async with front.db.system_tx() as tx:
        for key, hours in keys.items():
            await tx.run(
                text(
                    "insert into sign_in_failures (key, failures, first_at)"
                    " values (:key, 1, now() - make_interval(hours => :hours))"
                ),
                {"key": key, "hours": hours},
            )
        await store.drop_old_attempts(tx)
        left = {row.key for row in await tx.rows(text("select key from sign_in_failures"))}
    assert [hours for key, hours in keys.items() if key in left] == [1, 23]
