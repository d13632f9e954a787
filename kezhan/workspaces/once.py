"""Calls by API token: each answer tells how many are left, and a call with an `Idempotency-Key` is carried
out once, however often it is repeated."""

import hashlib
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from sqlalchemy import Row

from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.rates import Left
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller, authenticated

HEADER = b"idempotency-key"
_TOKEN = b"bearer kza_"
_MAY_REPEAT = frozenset({"POST", "PATCH"})
_BODY = 64 * 1024 * 1024
_ANSWER = 1024 * 1024
"""A longer answer is given and not kept."""
_BUSY_SECONDS = 60


def once(app: ASGIApp) -> ASGIApp:
    """Middleware; calls of people go straight through."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        by_token = headers.get(b"authorization", b"").lower().startswith(_TOKEN)
        if scope["type"] != ScopeType.HTTP or not by_token:
            await app(scope, receive, send)
            return
        key, asked = headers.get(HEADER), scope
        if key is None or asked["method"] not in _MAY_REPEAT:
            await app(scope, receive, _telling(asked, send))
        else:
            await _Once(app, asked, key).run(receive, _telling(asked, send))

    return handle


def _telling(scope: HTTPScope, send: Send) -> Send:
    """With what is left of the token's calls."""

    async def tell(message: Message) -> None:
        left: Left | None = scope["state"].get("left")
        if left is not None and message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers["RateLimit-Limit"] = str(left.most)
            headers["RateLimit-Remaining"] = str(left.left)
            headers["RateLimit-Reset"] = str(left.seconds)
        await send(message)

    return tell


class _Once:
    """One request with a key of its own."""

    def __init__(self, app: ASGIApp, scope: HTTPScope, key: bytes) -> None:
        self._app = app
        self._scope = scope
        self._key = key

    async def run(self, receive: Receive, send: Send) -> None:
        """Raises Refused 400 for a key that is none, 422 where it was used for another request, 409 where
        that is not over yet, and what `authenticated` raises."""
        caller: Caller = await authenticated(ASGIConnection[Any, Any, Any, Any](self._scope))
        if not 1 <= len(self._key) <= 255 or not all(33 <= one <= 126 for one in self._key):
            raise Refused("workspaces.bad_key", 400)
        key, body = self._key.decode(), await _read(receive)
        digest = self._digest(body)
        state = self._scope["litestar_app"].state
        db: Database = state.db
        async with db.tx(caller.workspace_id) as tx:
            begun = await store.begin_answer(tx, caller.id, key, digest)
            known = None if begun else await store.answer(tx, caller.id, key)
        if known is not None:
            await _repeat(state.keyring, known, digest, send)
            return
        answer = await self._answered(body, send)
        async with db.tx(caller.workspace_id) as tx:
            if answer is None:
                return
            if not 200 <= answer.status < 300:
                await store.drop_answer(tx, caller.id, key)  # nothing was done: it may be tried again
            else:
                sealed = state.keyring.seal(bytes(answer.body), context_of(caller.id))
                values = {"status": answer.status, "media_type": answer.media_type, "sealed": sealed}
                await store.keep_answer(tx, caller.id, key, values)
        await answer.give(send)

    def _digest(self, body: bytes) -> bytes:
        asked = (self._scope["method"].encode(), self._scope["raw_path"], self._scope["query_string"], body)
        return hashlib.sha256(b"\n".join(hashlib.sha256(part).digest() for part in asked)).digest()

    async def _answered(self, body: bytes, send: Send) -> "_Answer | None":
        """The whole answer; None where it was too long and has been given as it came."""
        answer = _Answer()

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def hear(message: Any) -> None:
            if answer.passing:
                await send(message)
                return
            answer.messages.append(message)
            answer.size += len(message.get("body", b""))
            if answer.size > _ANSWER:
                answer.passing = True
                await answer.give(send)

        await self._app(self._scope, again, hear)
        return None if answer.passing else answer


class _Answer:
    """What a route has answered, as messages."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.size = 0
        self.passing = False

    @property
    def status(self) -> int:
        return int(next(m["status"] for m in self.messages if m["type"] == "http.response.start"))

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.messages if m["type"] == "http.response.body")

    @property
    def media_type(self) -> str:
        headers = next(m["headers"] for m in self.messages if m["type"] == "http.response.start")
        return str(dict(headers).get(b"content-type", b"").decode("latin-1"))

    async def give(self, send: Send) -> None:
        for message in self.messages:
            await send(message)


async def _read(receive: Receive) -> bytes:
    """Raises Refused 413 for more than any route takes."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused("kit.refused", 400)  # the caller has gone
        body += message.get("body", b"")
        if len(body) > _BODY:
            raise Refused("kit.too_large", 413)
        if not message.get("more_body"):
            return bytes(body)


async def _repeat(keyring: KeyRing, known: Row[Any], digest: bytes, send: Send) -> None:
    if known.digest != digest:
        raise Refused("workspaces.key_reused", 422)
    if known.status is None and known.age < _BUSY_SECONDS:
        raise Refused("workspaces.key_busy", 409, retry_after=1)
    if known.status is None:
        raise Refused("workspaces.key_unsettled", 409)
    body = keyring.unseal(known.sealed, context_of(known.token_id))
    headers = [(b"idempotent-replayed", b"true"), (b"content-length", b"%d" % len(body))]
    if known.media_type:
        headers.append((b"content-type", known.media_type.encode("latin-1")))
    await send({"type": "http.response.start", "status": known.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def context_of(token_id: UUID) -> str:
    return f"workspaces.answer:{token_id}"


async def drop_old_answers(db: Database) -> None:
    """Those of more than a day ago, in every workspace. Meant to run daily."""
    async with db.system_tx() as tx:
        await store.drop_old_answers(tx)
