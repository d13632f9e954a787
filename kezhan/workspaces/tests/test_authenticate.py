"""Whom a credential stands for, when it stops doing so, and which pages may use it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.kit.db import Database
from kezhan.kit.errors import Forbidden, Refused
from kezhan.settings import Settings
from kezhan.testing import Running
from kezhan.workspaces.attempts import peer_counter
from kezhan.workspaces.authenticate import Caller, authenticate, check_origin
from kezhan.workspaces.permissions import Permission, permissions_of
from kezhan.workspaces.schemas import TokenMake
from kezhan.workspaces.tests.factories import Person, caller, make_person, make_workspace, sign_in
from kezhan.workspaces.tokens import make_token

HOME = "http://127.0.0.1:8700"
PUBLIC = "https://desk.example.com"


@pytest.mark.parametrize(
    ("public_url", "origin", "host", "ours"),
    [
        ("", None, "", True),
        ("", HOME, "127.0.0.1:8700", True),
        ("", HOME.upper(), "elsewhere", True),
        ("", "http://localhost:8700", "localhost:8700", True),
        ("", "http://LOCALHOST:8700", "localhost:8700", True),
        ("", "https://shop.lan", "shop.lan", True),
        ("", "http://[::1]:8700", "[::1]:8700", True),
        ("", "http://localhost:8700", "127.0.0.1:8700", False),
        ("", "http://localhost:8701", "localhost:8700", False),
        ("", "http://user@localhost:8700", "localhost:8700", False),
        ("", f"http://evil.example/?{HOME}", "127.0.0.1:8700", False),
        ("", f"{HOME}.evil.example", "127.0.0.1:8700", False),
        ("", f"{HOME}@evil.example", "127.0.0.1:8700", False),
        ("", "null", "", False),
        ("", "null", "null", False),
        ("", "", "", False),
        ("", "http://", "", False),
        ("", "http://[::1", "[::1", False),
        ("", "http://[", "127.0.0.1:8700", False),
        ("", "http://\u2100.example", "127.0.0.1:8700", False),
        (PUBLIC, None, "", True),
        (PUBLIC, PUBLIC, "10.0.0.7:8700", True),
        (PUBLIC, "https://DESK.example.com", "10.0.0.7", True),
        (f"{PUBLIC}/", PUBLIC, "", True),
        (PUBLIC, "http://desk.example.com", "desk.example.com", False),
        (PUBLIC, f"{PUBLIC}:8443", "desk.example.com:8443", False),
        (PUBLIC, HOME, "127.0.0.1:8700", False),
        (PUBLIC, "https://example.com", "example.com", False),
        (PUBLIC, f"{PUBLIC}.evil.example", "desk.example.com", False),
        (PUBLIC, "null", "desk.example.com", False),
        (PUBLIC, "http://[", "desk.example.com", False),
    ],
)
def test_only_our_own_pages_may_write(public_url: str, origin: str | None, host: str, ours: bool) -> None:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    settings = Settings(public_url=public_url, port=8700)
    if ours:
        check_origin(settings, headers)
    else:
        with pytest.raises(Forbidden) as refusal:
            check_origin(settings, headers)
        assert refusal.value.code == "workspaces.foreign_origin"


@pytest.mark.parametrize(
    ("peer", "counter"),
    [
        ("203.0.113.7", "peer:203.0.113.7"),
        ("::ffff:203.0.113.7", "peer:203.0.113.7"),
        ("2001:db8:1:2::9", "peer:2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "peer:2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "peer:2001:db8:1:3::/64"),
        ("::1", "peer:::/64"),
        ("", "peer:"),
        ("x" * 500, "peer:" + "x" * 64),
    ],
)
def test_attempts_are_counted_per_subscriber(peer: str, counter: str) -> None:
    assert peer_counter(peer) == counter


class Door:
    """A member's credentials, tried on `authenticate` without a request around it."""

    def __init__(self, house: Running, person: Person) -> None:
        self.house, self.person = house, person
        self.cookies: dict[str, str] = {}
        self.csrf = self.token = ""

    async def open(self) -> None:
        client = await sign_in(self.house, self.person)
        self.cookies, self.csrf = dict(client.cookies), client.headers["X-Kezhan-CSRF"]
        maker = caller(self.person.role, id=self.person.id, workspace_id=self.person.workspace_id)
        scopes = [Permission.MEMBER_READ, Permission.CONVERSATION_READ_ALL]
        async with self.house.db.tx(self.person.workspace_id) as tx:
            self.token = (await make_token(tx, maker, TokenMake(name="接口", scopes=scopes))).secret

    async def enter(self, method: str = "GET", cookies: Any = None, **headers: Any) -> Caller:
        return await authenticate(
            self.house.db,
            self.house.house.keyring,
            self.house.house.settings,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            cookies=self.cookies if cookies is None else cookies,
            method=method,
            peer="198.51.100.4",
        )

    async def refused(self, method: str = "GET", **headers: Any) -> tuple[int, str]:
        with pytest.raises(Refused) as refusal:
            await self.enter(method, **headers)
        return refusal.value.status, refusal.value.code


async def _door(house: Running, role: str = "supervisor") -> Door:
    door = Door(house, await make_person(house.db, await make_workspace(house.db), role))
    await door.open()
    return door


async def test_a_session_is_its_member_and_a_token_a_part_of_its_maker(house: Running) -> None:
    door = await _door(house)
    person = door.person
    member = await door.enter()
    assert (member.kind, member.id, member.membership_id) == ("member", person.id, person.id)
    assert (member.workspace_id, member.user_id, member.name) == (
        person.workspace_id,
        person.user_id,
        person.name,
    )
    assert (member.role, member.peer, member.language) == ("supervisor", "198.51.100.4", "en")
    assert member.permissions == permissions_of("supervisor") and member.session_id is not None
    token = await door.enter("POST", {}, authorization=f"Bearer {door.token}")
    assert (token.kind, token.membership_id, token.name) == ("token", person.id, "接口")
    assert token.id not in {person.id, person.user_id}
    assert (token.user_id, token.session_id, token.role) == (None, None, None)
    assert token.permissions == {"member.read", "conversation.read_all"}


_CSRF, _ORIGIN = (403, "workspaces.csrf"), (403, "workspaces.foreign_origin")


async def test_reading_needs_the_cookie_writing_the_csrf_value_and_an_upgrade_our_origin(
    house: Running,
) -> None:
    door = await _door(house)
    good, evil = {"x_kezhan_csrf": door.csrf}, {"origin": "https://evil.example"}
    for method in ("GET", "HEAD", "OPTIONS", "get"):
        await door.enter(method)
        await door.enter(method, origin="https://evil.example")
    for method in ("POST", "PUT", "PATCH", "DELETE", "patch", "MOVE"):
        await door.enter(method, **good)
        assert await door.refused(method) == _CSRF
        assert await door.refused(method, **good, **evil) == _ORIGIN
        assert await door.refused(method, x_kezhan_csrf=door.csrf[:-1]) == _CSRF
        assert await door.refused(method, x_kezhan_csrf=door.csrf + "=") == _CSRF
    await door.enter(upgrade="websocket")
    await door.enter(upgrade="WebSocket", origin=house.url, host=house.url.removeprefix("http://"))
    assert await door.refused(upgrade="websocket", **evil) == _ORIGIN
    # Only a GET becomes a socket; the header does not spare a write its CSRF value.
    assert await door.refused("POST", upgrade="websocket") == _CSRF


async def test_a_bearer_header_is_judged_alone_and_other_schemes_are_not(house: Running) -> None:
    door = await _door(house)
    assert (await door.enter("GET", {}, authorization=f"bearer   {door.token} ")).kind == "token"
    assert (await door.enter("DELETE", {}, authorization=f"Bearer {door.token}")).kind == "token"
    for made_up in ("Bearer", "Bearer ", "Bearer kza_x", f"Bearer {door.token}x", "Bearer \ud800"):
        assert await door.refused(authorization=made_up) == (401, "workspaces.bad_token")
    for other in ("Basic a2V6aGFu", door.token, f"Token {door.token}"):
        assert (await door.enter(authorization=other)).kind == "member"
        assert await door.refused(cookies={}, authorization=other) == (401, "workspaces.sign_in_needed")
    # The kinds of credential do not stand in for each other, nor one cookie's name for the other's.
    secret = door.cookies["kz_session"]
    assert (await door.refused(cookies={}, authorization=f"Bearer {secret}"))[0] == 401
    for cookies in ({"kz_session": door.token}, {"__Host-kz_session": secret}, {"kz_session": ""}):
        assert await door.refused(cookies=cookies) == (401, "workspaces.sign_in_needed")


async def _sql(db: Database, statement: str, **values: UUID) -> None:
    async with db.system_tx() as tx:
        await tx.run(text(statement), values)


_ENDS = [
    "update memberships set archived_at = now() where id = :member",
    "update users set disabled_at = now() where id = :user",
    "update workspaces set archived_at = now() where id = :ws",
]


@pytest.mark.parametrize("statement", _ENDS)
async def test_session_and_token_end_with_the_member_the_user_and_the_workspace(
    house: Running, statement: str
) -> None:
    door = await _door(house)
    person = door.person
    known = {"member": person.id, "user": person.user_id, "ws": person.workspace_id}
    await _sql(
        house.db, statement, **{name: value for name, value in known.items() if f":{name}" in statement}
    )
    assert await door.refused() == (401, "workspaces.sign_in_needed")
    assert await door.refused(authorization=f"Bearer {door.token}") == (401, "workspaces.bad_token")


async def test_a_session_is_seen_once_a_minute_and_never_lives_past_ninety_days(house: Running) -> None:
    door = await _door(house)
    ws = door.person.workspace_id
    probe = text(
        "select seen_at > now() - interval '10 seconds',"
        " extract(epoch from expires_at - created_at) / 86400 from sessions"
    )
    cases = {
        # seen so long ago, begun so long ago: seen again now, days it lives from its beginning
        ("30 seconds", "0 days"): (False, 14),
        ("2 minutes", "0 days"): (True, 14),
        ("2 minutes", "60 days"): (True, 74),
        ("2 minutes", "80 days"): (True, 90),
        ("2 minutes", "89 days"): (True, 90),
    }
    for (seen, begun), (touched, days) in cases.items():
        async with house.db.tx(ws) as tx:
            await tx.run(
                text(
                    f"update sessions set seen_at = now() - interval '{seen}',"  # noqa: S608
                    f" created_at = now() - interval '{begun}', expires_at = now() + interval '14 days'"
                )
            )
        await door.enter()
        async with house.db.tx(ws) as tx:
            was_touched, lives = list((await tx.rows(probe))[0])
        assert was_touched is touched and abs(float(lives) - days) < 0.01, (seen, begun)


async def test_a_token_remembers_when_it_was_used_last_once_a_minute(house: Running) -> None:
    door = await _door(house)
    ws, used = door.person.workspace_id, text("select last_used_at from api_tokens")

    async def use() -> Any:
        await door.enter(authorization=f"Bearer {door.token}")
        async with house.db.tx(ws) as tx:
            return await tx.value(used)

    async with house.db.tx(ws) as tx:
        assert await tx.value(used) is None
    first = await use()
    assert first is not None and await use() == first
    async with house.db.tx(ws) as tx:
        await tx.run(text("update api_tokens set last_used_at = now() - interval '2 minutes'"))
    assert await use() > first
