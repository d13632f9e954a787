"""The barest HTTP for the same work: raw ASGI, msgspec and the bare query, as a superuser past all policies.

`GET /list`, `/counts`, `/history`, `/customer`, `/search` and `/snapshot` answer what the product's pages do;
`POST /hooks/…` inserts the raw call and answers; `POST /together/…` does so with all that have come
meanwhile, in one statement. No sessions, no signatures, no isolation, no deduplication.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import asyncpg
import msgspec
import uvicorn

from bench.bare_search import bare_search
from bench.views import COUNTS, LONGEST, VIEWS, view_id

POOL = 8
_TABLE = """
create table if not exists bare_calls (
    id bigint generated always as identity primary key, body bytea not null,
    at timestamptz not null default now())
"""
_HEAD = "c.*, p.name as contact_name, m.name as assignee_name"
_PEOPLE = """
    join contacts p on p.workspace_id = c.workspace_id and p.id = c.contact_id
    left join memberships m on m.workspace_id = c.workspace_id and m.id = c.assignee_id
"""
# The page first, then the names of its 51 rows: joined before the limit, the planner takes a whole
# workspace's conversations (measured: 13 ms instead of 0.6).
_NEWEST = "order by active_at desc, id desc limit 51"


def _list(page: str) -> str:
    return f"""
    select {_HEAD}, coalesce(k.read_inbound, 0) as read_inbound
    from ({page} {_NEWEST}) c {_PEOPLE}
    left join marks k on k.workspace_id = c.workspace_id and k.conversation_id = c.id
                     and k.party_kind = 'agent' and k.party_id = $2
    order by c.active_at desc, c.id desc
    """  # noqa: S608 - constants of this file


_OF_STATE = "(select * from conversations where workspace_id = $1 and state = '{}' {})"
_LISTS = {
    "mine": _list(
        "select * from conversations where workspace_id = $1 and assignee_id = $2 and state = 'assigned'"
    ),
    "all": _list(
        f"select * from ({_OF_STATE.format('queued', _NEWEST)} union all"  # noqa: S608
        f" {_OF_STATE.format('assigned', _NEWEST)}) open"
    ),
    "closed": _list(
        "select * from conversations where workspace_id = $1 and state = 'closed' and active_at <= $3"
        " and (active_at < $3 or id < $4)"
    ),
}
_LISTS["waiting"] = f"""
    select {_HEAD}, coalesce(k.read_inbound, 0) as read_inbound
    from ({LONGEST}) c {_PEOPLE}
    left join marks k on k.workspace_id = c.workspace_id and k.conversation_id = c.id
                     and k.party_kind = 'agent' and k.party_id = $2
    order by c.waiting_since, c.id
    """  # noqa: S608 - constants of this file
_ONE = f"select {_HEAD} from conversations c {_PEOPLE} where c.workspace_id = $1 and c.id = $2"  # noqa: S608
_MESSAGES = """
select x.*, m.name as author_name from messages x
left join memberships m on m.workspace_id = x.workspace_id and m.id = x.author_id and x.author_kind = 'agent'
where x.workspace_id = $1 and x.conversation_id = $2 and x.seq < $3
order by x.seq desc limit 50
"""
_CUSTOMER = """
select x.*, c.channel, c.opened_at, m.name as author_name
from (select * from conversations where workspace_id = $1 and contact_id = $2
      order by opened_at desc, id desc limit 51) c
cross join lateral (select * from messages where workspace_id = $1 and conversation_id = c.id
                    order by seq desc limit 50) x
left join memberships m on m.workspace_id = x.workspace_id and m.id = x.author_id and x.author_kind = 'agent'
order by c.opened_at desc, c.id desc, x.seq desc limit 50
"""
_MARKS = """
select * from marks where workspace_id = $1 and conversation_id = $2 order by party_kind, party_id
"""
_DRAFT = """
select body, note from drafts where workspace_id = $1 and conversation_id = $2 and membership_id = $3
"""
_END = 2**31 - 1
_encode = msgspec.json.Encoder().encode
_HEADERS = [(b"content-type", b"application/json")]
Send = Callable[[Any], Awaitable[None]]


class BareHttp:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        path = scope["path"]
        if path == "/list":
            body = await self._list(dict(parse_qsl(scope["query_string"].decode())))
        elif path == "/counts":
            body = await self._counts(dict(parse_qsl(scope["query_string"].decode())))
        elif path == "/history":
            body = await self._history(dict(parse_qsl(scope["query_string"].decode())))
        elif path == "/customer":
            body = await self._customer(dict(parse_qsl(scope["query_string"].decode())))
        elif path == "/search":
            asked = dict(parse_qsl(scope["query_string"].decode()))
            body = _encode(await bare_search(self._pool, asked))
        elif path == "/snapshot":
            body = await self._snapshot(dict(parse_qsl(scope["query_string"].decode())))
        elif path.startswith("/together/"):
            body = await self._together(receive)
        else:
            body = await self._hook(receive)
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, length]})
        await send({"type": "http.response.body", "body": body})

    async def _list(self, asked: dict[str, str]) -> bytes:
        keys: list[Any] = [uuid.UUID(asked["ws"]), uuid.UUID(asked["member"])]
        if asked["name"] == "closed":
            keys += [msgspec.convert(asked["at"], datetime), uuid.UUID(asked["id"])]
        rows = await self._pool.fetch(_LISTS[asked["name"]], *keys)
        return _encode({"items": [dict(row) for row in rows[:50]], "more": len(rows) > 50})

    async def _counts(self, asked: dict[str, str]) -> bytes:
        row = await self._pool.fetchrow(COUNTS, uuid.UUID(asked["ws"]), uuid.UUID(asked["member"]))
        counts = {} if row is None else dict(row)
        items = [{"id": view_id(name), "count": counts[name]} for name in VIEWS if name in counts]
        return _encode({"items": items})

    async def _history(self, asked: dict[str, str]) -> bytes:
        keys = uuid.UUID(asked["ws"]), uuid.UUID(asked["id"])
        async with self._pool.acquire() as connection:
            await connection.fetchrow(_ONE, *keys)
            rows = await connection.fetch(_MESSAGES, *keys, int(asked["before"]))
        return _encode({"items": [dict(row) for row in reversed(rows)]})

    async def _customer(self, asked: dict[str, str]) -> bytes:
        rows = await self._pool.fetch(_CUSTOMER, uuid.UUID(asked["ws"]), uuid.UUID(asked["id"]))
        return _encode({"items": [dict(row) for row in reversed(rows)]})

    async def _snapshot(self, asked: dict[str, str]) -> bytes:
        keys = uuid.UUID(asked["ws"]), uuid.UUID(asked["id"])
        async with self._pool.acquire() as connection:
            head = await connection.fetchrow(_ONE, *keys)
            draft = await connection.fetchrow(_DRAFT, *keys, uuid.UUID(asked["member"]))
            rows = await connection.fetch(_MESSAGES, *keys, _END)
            marks = await connection.fetch(_MARKS, *keys)
        messages = [dict(row) for row in reversed(rows)]
        told = {"head": dict(head or {}), "draft": dict(draft or {}), "messages": messages}
        return _encode({**told, "marks": [dict(row) for row in marks]})

    async def _hook(self, receive: Callable[[], Awaitable[Any]]) -> bytes:
        await self._pool.execute("insert into bare_calls (body) values ($1)", await _body(receive))
        return b"{}"

    async def _together(self, receive: Callable[[], Awaitable[Any]]) -> bytes:
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((await _body(receive), stored))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await stored
        return b"{}"

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            bodies = [body for body, _ in batch]
            await self._pool.execute("insert into bare_calls (body) select unnest($1::bytea[])", bodies)
            for _, stored in batch:
                stored.set_result(None)
        self._writing = None


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    body, more = b"", True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
    return body


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Nothing here changes a session, so none is set back: asyncpg's own way is a round trip a request."""


async def serve(database: dict[str, Any], port: int) -> None:
    """Until a signal."""
    pool = await asyncpg.create_pool(**database, min_size=POOL, max_size=POOL, reset=_as_it_is)
    await pool.execute(_TABLE)
    config = uvicorn.Config(
        BareHttp(pool), host="127.0.0.1", port=port, loop="none", http="httptools", ws="none",
        lifespan="off", interface="asgi3", log_config=None, access_log=False, server_header=False,
    )  # fmt: skip
    await uvicorn.Server(config).serve()
