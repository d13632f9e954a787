"""A workspace for the desk's tests: customers speak through the house's own door, members over HTTP and
socket, frame by frame."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import psycopg
import websockets
from psycopg import sql
from sqlalchemy import text

from kezhan.conversations.desk import Desk
from kezhan.conversations.items import Appended
from kezhan.conversations.receive import Customer
from kezhan.conversations.tests.factories import (
    make_account,
    make_customer,
    make_member,
    make_session,
    make_workspace,
    message,
)
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.testing import PATIENCE, until
from kezhan.kit.timers import TimerRunner
from kezhan.testing import Running
from kezhan.workspaces.authenticate import CSRF_HEADER, csrf_of

Json = dict[str, Any]
_TALK = """
with contact as (insert into contacts (workspace_id, id) values (:ws, :contact)),
identity as (
    insert into identities (workspace_id, id, contact_id, account_id, external_id)
    values (:ws, :identity, :contact, :account, cast(cast(:identity as uuid) as text))
), said as (
    select * from unnest(cast(:bodies as text[])) with ordinality as s(body, n)
), conversation as (
    insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
        last_seq, rev, head_rev, inbound_count, preview_seq, preview_kind, preview_author, preview_text,
        waiting_since, opened_at, active_at)
    select :ws, :id, :account, :identity, :contact, 'webchat', 'queued', n + 1, n + 1, 1, n, n + 1, 'text',
        'visitor', left(body, 120), :at, :at, :at
    from said order by n desc limit 1
)
insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, author_id, body, payload,
    created_at)
select cast(:ws as uuid), cast(:id as uuid), 1, 1, 'event', 'system', null, '',
    cast('{"is": "event", "event": "opened"}' as jsonb), cast(:at as timestamptz)
union all select :ws, :id, n + 1, n + 1, 'text', 'visitor', :identity, body, null, :at from said
"""
_DUE = "update timers set due_at = now() where kind = :kind and ref = :ref returning ref"
# Whoever carries a timer out has put it off for half a minute first.
_CLAIMED = "select 1 from timers where kind = :kind and ref = :ref and due_at < now() + interval '35 seconds'"
_WAITING = "select pid from pg_locks where relation = %s::regclass and not granted"


class Line:
    """One socket of a member."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket

    async def tell(self, kind: str, /, **frame: Any) -> None:
        await self._socket.send(msgspec.json.encode({"type": kind, **frame}).decode())

    async def hear(self) -> Json:
        frame: Json = msgspec.json.decode(await asyncio.wait_for(self._socket.recv(), PATIENCE))
        return frame

    async def next(self, kind: str) -> Json:
        """The next frame of this kind; those before it are passed over."""
        while (frame := await self.hear())["type"] != kind:
            pass
        return frame

    async def said(self) -> list[Json]:
        """All that the server has said up to now: what comes before the answer to a ping."""
        await self.tell("ping")
        frames: list[Json] = []
        while (frame := await self.hear())["type"] != "pong":
            frames.append(frame)
        return frames

    async def answer(self, kind: str, /, **frame: Any) -> Json:
        """Send a frame with a name and read what answers it."""
        name = frame.get("client_id") or frame.setdefault("ref", str(new_id()))
        await self.tell(kind, **frame)
        while name not in ((heard := await self.hear()).get("ref"), heard.get("client_id")):
            pass
        return heard

    async def watch(self, conversation_id: UUID, rev: int = 0) -> Json:
        """Follow a conversation; the first `changed`."""
        await self.tell("watch", conversation_id=str(conversation_id), rev=rev)
        return await self.next("changed")

    async def ended(self) -> int:
        """Wait for the server to hang up; its close code."""
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await self.hear()
        return self._socket.close_code or 0

    async def close(self) -> None:
        await self._socket.close()


@dataclass
class Member:
    """Somebody at the desk, by the credential in her headers."""

    place: "Place"
    id: UUID
    headers: dict[str, str]

    async def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """A request; what it has changed has been shown to every listener when this returns."""
        place = self.place
        answer = await place.http.request(method, place.house.url + path, headers=self.headers, json=body)
        await place.shown()
        return answer

    async def get(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def act(
        self, method: str, conversation_id: UUID, noun: str = "", body: Any = None
    ) -> tuple[int, str]:
        """Status and refusal code (empty where it went well)."""
        answer = await self.ask(method, f"/api/conversations/{conversation_id}{noun}", body)
        return answer.status_code, answer.json()["code"] if answer.is_error else ""

    async def token(self, *scopes: str) -> "Member":
        """A program with these of her rights."""
        answer = await self.ask("POST", "/api/tokens", {"name": "program", "scopes": scopes})
        assert answer.status_code == 201, answer.text
        return Member(self.place, self.id, {"Authorization": f"Bearer {answer.json()['secret']}"})

    async def line(self) -> Line:
        address = self.place.house.url.replace("http", "ws") + "/ws"
        line = Line(await websockets.connect(address, additional_headers=self.headers))
        self.place.lines.append(line)
        return line


@dataclass
class Place:
    """A workspace of its own in the house all tests share."""

    house: Running
    http: httpx2.AsyncClient
    workspace_id: UUID
    account_id: UUID
    lines: list[Line] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.house.db

    @property
    def desk(self) -> Desk:
        return self.house.house.desk

    async def customer(self) -> Customer:
        return await make_customer(self.db, self.workspace_id, self.account_id)

    async def says(
        self, customer: Customer, body: str = "hello", client_id: str = "", quote: int | None = None
    ) -> Appended:
        """A customer's message, taken in as from her socket and stored."""
        item = message(customer, client_id or str(new_id()), body)
        item.quote_seq = quote
        answer = await asyncio.wait_for(self.desk.door.take(customer, item), PATIENCE)
        await self.shown()
        return answer

    async def shown(self) -> None:
        """Until what is committed has gone out to every listener."""
        while self.desk.live.telling:
            await asyncio.sleep(0.001)

    async def talk(self, *bodies: str) -> UUID:
        """A new customer's conversation as it stands after she has said this, written into the tables."""
        conversation_id, contact_id, identity_id = new_id(), new_id(), new_id()
        await self.run(
            _TALK,
            ws=self.workspace_id,
            id=conversation_id,
            account=self.account_id,
            contact=contact_id,
            identity=identity_id,
            bodies=list(bodies or ("hello",)),
            at=now(),
        )
        return conversation_id

    async def member(self, role: str = "agent", name: str = "林晚晴") -> Member:
        member_id, session_id = await make_member(self.db, self.workspace_id, role, name), new_id()
        token = await make_session(self.db, self.workspace_id, member_id, session_id)
        csrf = csrf_of(self.house.house.keyring, session_id)
        headers = {"Cookie": f"kz_session={token}", CSRF_HEADER: csrf, "Accept-Language": "en"}
        return Member(self, member_id, headers)

    async def run(self, statement: str, **values: Any) -> None:
        async with self.db.tx(self.workspace_id) as tx:
            await tx.run(text(statement), values)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.db.tx(self.workspace_id) as tx:
            return list(await tx.rows(text(statement), values))

    async def falls_due(self, kind: str, ref: UUID, *, runners: int = 1) -> None:
        """The timer is set, falls due now, and is carried out: by one of so many, or by the house itself."""
        timer = {"kind": kind, "ref": ref}
        assert await self.rows(_DUE, **timer)
        await asyncio.gather(*(TimerRunner(self.db).step() for _ in range(runners)))

        async def carried_out() -> bool:
            return not await self.rows(_CLAIMED, **timer)

        await until(carried_out)
        await self.shown()

    async def events(self, conversation_id: UUID) -> list[Json]:
        """What the house has been told of the conversation, oldest first."""
        found = await self.rows(
            "select kind, body from outbox where cast(body as text) like '%' || :id || '%' order by id",
            id=str(conversation_id),
        )
        told = [event for row in found for event in _events(row.kind, row.body)]
        return [event for event in told if event["conversation_id"] == str(conversation_id)]

    async def close(self) -> None:
        for line in self.lines:
            await line.close()


async def make_place(house: Running, http: httpx2.AsyncClient) -> Place:
    workspace_id = await make_workspace(house.db)
    house.house.desk.live.lists_seconds = 0.02
    return Place(house, http, workspace_id, await make_account(house.db, workspace_id))


@contextlib.asynccontextmanager
async def held_up(db: Database, table: str, act: Callable[[], Awaitable[Any]]) -> AsyncIterator[list[int]]:
    """Do `act` while `table` is locked; within this some database connections (the pids) wait for it."""
    with psycopg.connect(db.access.psycopg("postgres")) as admin:
        admin.execute(sql.SQL("lock table {}").format(sql.Identifier(table)))
        await act()
        waiting = await until(lambda: admin.execute(_WAITING, (table,)).fetchall())
        yield [pid for (pid,) in waiting]


async def kill_who_waits(db: Database, table: str, act: Callable[[], Awaitable[Any]]) -> None:
    """Do `act` while `table` is locked, and end the database connection that then waits for it."""
    async with held_up(db, table, act) as pids:
        with psycopg.connect(db.access.psycopg("postgres")) as admin:
            for pid in pids:
                admin.execute("select pg_terminate_backend(%s, 5000)", (pid,))


def _events(kind: str, body: Json) -> list[Json]:
    """A row's events: one, or the columns of many."""
    if "each" not in body:
        return [body]
    each = body["each"]
    return [
        {"event": kind, **dict(zip(each, values, strict=True))} for values in zip(*each.values(), strict=True)
    ]


def texts(messages: list[Json]) -> list[str]:
    """What people wrote, without the house's own events."""
    return [message.get("body", "") for message in messages if message["kind"] != "event"]


def happenings(messages: list[Json]) -> list[str]:
    """The house's own events."""
    return [message["payload"]["event"] for message in messages if message["kind"] == "event"]
