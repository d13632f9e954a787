"""Whom a process knows from a moment ago: looked up once, forgotten at once, here and across processes."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.kit.bus import PostgresBus
from kezhan.kit.testing import until
from kezhan.testing import Running
from kezhan.workspaces import known as known_module
from kezhan.workspaces.authenticate import cookie_name
from kezhan.workspaces.credentials import store
from kezhan.workspaces.known import KEPT_SECONDS, Known
from kezhan.workspaces.tests.factories import member_client

TOPICS = ("session:1", "member:2")
ENDS = ("signed out", "signed out by another", "demoted", "archived", "token")


def test_one_is_known_until_a_topic_of_hers_ends() -> None:
    known: Known[str] = Known(lambda: True)
    for topic in TOPICS:
        known.keep("a", "Lin", TOPICS, known.moment, 60)
        known.keep("b", "Zhou", ("session:3",), known.moment, 60)
        assert (known.find("a"), known.find("b"), known.find("c")) == ("Lin", "Zhou", None)
        known.forget("session:9")
        known.forget(topic)
        known.forget(topic)
        assert (known.find("a"), known.find("b")) == (None, "Zhou")
    known.forget_all()
    assert known.find("b") is None


def test_who_was_looked_up_while_somebody_was_forgotten_is_not_kept() -> None:
    known: Known[str] = Known(lambda: True)
    moment = known.moment
    known.forget("member:2")
    known.keep("a", "Lin", TOPICS, moment, 60)
    assert known.find("a") is None


def test_nobody_is_known_while_hints_do_not_arrive() -> None:
    line = [True]
    known: Known[str] = Known(lambda: line[0])
    known.keep("a", "Lin", TOPICS, known.moment, 60)
    line[0] = False
    assert known.find("a") is None
    known.keep("a", "Lin", TOPICS, known.moment, 60)
    line[0] = True
    assert known.find("a") is None


def test_nobody_is_known_for_long_nor_beyond_the_credentials_end(monkeypatch: pytest.MonkeyPatch) -> None:
    known: Known[str] = Known(lambda: True)
    begun = time.monotonic()
    known.keep("a", "Lin", TOPICS, known.moment, 10**6)
    known.keep("b", "Zhou", TOPICS, known.moment, 1.0)
    monkeypatch.setattr("kezhan.workspaces.known.time.monotonic", lambda: begun + 1.5)
    assert (known.find("a"), known.find("b")) == ("Lin", None)
    monkeypatch.setattr("kezhan.workspaces.known.time.monotonic", lambda: begun + KEPT_SECONDS + 1)
    assert known.find("a") is None


def test_the_number_of_those_known_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_module, "_MOST", 3)
    known: Known[int] = Known(lambda: True)
    for n in range(10):
        known.keep(n, n, TOPICS, known.moment, 60)
    assert sum(known.find(n) is not None for n in range(10)) <= 3


# From the door


@pytest.fixture
def for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is forgotten by time alone."""
    monkeypatch.setattr(known_module, "KEPT_SECONDS", 3600.0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The sessions looked up in the database."""
    seen: list[bytes] = []
    real = store.session_by_digest

    async def noted(tx: Any, digest: bytes) -> Any:
        seen.append(digest)
        return await real(tx, digest)

    monkeypatch.setattr(store, "session_by_digest", noted)
    yield seen


class Case:
    """A member or her token, and an owner who ends what she may do."""

    def __init__(self, house: Running, end: str) -> None:
        self.house, self.end = house, end

    async def open(self) -> "Case":
        self.person, self.client = await member_client(self.house, "admin")
        _, self.owner = await member_client(self.house, "owner", workspace_id=self.person.workspace_id)
        self.headers = {
            "cookie": f"{cookie_name(self.house.house.settings)}={self.client.cookies['kz_session']}"
        }
        if self.end == "token":
            made = await self.client.post("/api/tokens", json={"name": "t", "scopes": ["token.manage"]})
            assert made.status_code == 201, made.text
            self.token_id = made.json()["token"]["id"]
            self.headers = {"authorization": f"Bearer {made.json()['secret']}"}
        return self

    async def enter(self, house: Running) -> int:
        """The status of a read that an agent may not do."""
        async with httpx2.AsyncClient(base_url=house.url, verify=False) as client:
            return (await client.get("/api/tokens", headers=self.headers)).status_code

    async def finish(self) -> int:
        """End it; the status that says so."""
        member = f"/api/members/{self.person.id}"
        acts = {
            "signed out": lambda: self.client.delete("/api/session"),
            "signed out by another": lambda: self.owner.delete(f"{member}/sessions"),
            "demoted": lambda: self.owner.patch(member, json={"role": "agent"}),
            "archived": lambda: self.owner.delete(member),
            "token": lambda: self.owner.delete(f"/api/tokens/{getattr(self, 'token_id', '')}"),
        }
        answer = await acts[self.end]()
        assert answer.status_code < 300, answer.text
        return 403 if self.end == "demoted" else 401


@pytest.mark.usefixtures("for_long")
@pytest.mark.parametrize("end", ENDS)
async def test_what_ends_is_refused_at_once_here_and_within_a_moment_there(
    houses: tuple[Running, Running], end: str
) -> None:
    here, there = houses
    case = await Case(here, end).open()
    for house in (here, there, here, there):
        assert await case.enter(house) == 200
    over = await case.finish()
    assert await case.enter(here) == over

    async def heard_there() -> bool:
        return await case.enter(there) == over

    await until(heard_there)
    assert await case.enter(there) == over


@pytest.mark.usefixtures("for_long")
async def test_a_process_that_hears_no_hints_looks_everybody_up(houses: tuple[Running, Running]) -> None:
    here, there = houses
    case = await Case(here, "signed out by another").open()
    assert (await case.enter(here), await case.enter(there)) == (200, 200)
    bus = there.house.bus
    assert isinstance(bus, PostgresBus) and bus._conn is not None
    bus._conn.terminate()
    over = await case.finish()
    assert await case.enter(there) == over
    await until(lambda: bus.up)
    assert await case.enter(there) == over


@pytest.mark.usefixtures("for_long")
async def test_readers_are_looked_up_once_and_writers_each_time(house: Running, asked: list[bytes]) -> None:
    person, client = await member_client(house, "owner")
    asked.clear()
    for _ in range(3):
        assert (await client.get("/api/members")).status_code == 200
    assert len(asked) == 1
    for n in range(3):
        assert (await client.post("/api/teams", json={"name": f"前台{n}"})).status_code == 201
    assert len(asked) == 4
    async with house.db.tx(person.workspace_id) as tx:
        await tx.run(text("update sessions set expires_at = now()"))
    assert (await client.post("/api/teams", json={"name": "后台"})).status_code == 401


async def test_a_known_sessions_secret_is_no_token_and_a_wrong_one_is_nobody(house: Running) -> None:
    _, client = await member_client(house, "owner")
    assert (await client.get("/api/members")).status_code == 200
    secret = client.cookies["kz_session"]
    stranger = await house.client()
    for headers in (
        {"authorization": f"Bearer {secret}"},
        {"cookie": f"kz_session={secret[:-1]}"},
        {"cookie": "kz_session="},
        {},
    ):
        for _ in range(2):
            assert (await stranger.get("/api/members", headers=headers)).status_code == 401
