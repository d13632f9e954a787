"""Who is calling: the session cookie or an API token becomes a Caller; guards; the request's transaction."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import Provide
from msgspec import structs
from sqlalchemy import Row

from kezhan.kit.changes import Change
from kezhan.kit.crypto import KeyRing, token_digest
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.http import Guard, peer, within
from kezhan.kit.masking import Cover
from kezhan.kit.outbox import Aside, emit
from kezhan.kit.rates import Rates
from kezhan.kit.reading import Reader
from kezhan.settings import Settings
from kezhan.workspaces.access.devices import device_of
from kezhan.workspaces.credentials import store
from kezhan.workspaces.events import Facts, PeopleChanged, SessionRevoked
from kezhan.workspaces.known import Known
from kezhan.workspaces.masking.decide import cover_of
from kezhan.workspaces.permissions import permissions_of
from kezhan.workspaces.schemas import USUAL_RATE

CSRF_HEADER = "x-kezhan-csrf"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_Connection = ASGIConnection[Any, Any, Any, Any]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes a request, in one workspace.

    `id` is the membership's or the token's; `membership_id` the person's behind either. A token has no
    session, no user and no role, and its maker's teams.
    """

    kind: Literal["member", "token"]
    id: UUID
    membership_id: UUID
    workspace_id: UUID
    user_id: UUID | None
    session_id: UUID | None
    name: str
    role: str | None
    permissions: frozenset[str]
    team_ids: frozenset[UUID]
    peer: str
    language: str
    networks: tuple[str, ...] = ()
    """Of a token: where it may be used from; anywhere when empty."""
    house_networks: tuple[str, ...] = ()
    """Of a session: where the workspace lets people in from; anywhere when empty."""
    device: str = ""
    """Of a session: what browser it was opened in; empty where that was none."""
    per_minute: int = 0
    """Of a token: how often."""
    method: str = "password"
    """Of a session: how it was opened."""
    held: str = ""
    """Of a session: the code of what has to be done first; nothing else is open to it until then."""
    cover: Cover | None = None
    """What is masked from her."""

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises Forbidden (403) without the permission."""
        if permission not in self.permissions:
            raise Forbidden("workspaces.not_permitted", permission=str(permission))

    def require_role(self, role: str, own: Collection[str] = ()) -> None:
        """Raises Forbidden where `role` (with `own` rights, as of `permissions_of`) may do something that
        this caller may not: nobody hands out, changes or removes more than she has."""
        if not permissions_of(role, own) <= self.permissions:
            raise Forbidden("workspaces.above_own_role")

    def did(
        self,
        action: str,
        subject_kind: str,
        subject_id: UUID | None,
        facts: Facts | None = None,
        changes: Sequence[Change] = (),
    ) -> PeopleChanged:
        """The event of something this caller did, with what it changed."""
        return PeopleChanged(
            action=action,
            actor_kind=self.kind,
            actor_id=self.id,
            subject_kind=subject_kind,
            subject_id=subject_id,
            peer=self.peer,
            facts=facts,
            aside=Aside(changes) if changes else None,
        )


def cookie_name(settings: Settings) -> str:
    """With TLS the browser itself keeps other hosts of the domain from setting it."""
    return "__Host-kz_session" if settings.secure else "kz_session"


def csrf_of(keyring: KeyRing, session_id: UUID) -> str:
    return keyring.sign(str(session_id), "csrf")


async def authenticate(
    db: Database,
    keyring: KeyRing,
    settings: Settings,
    *,
    headers: Mapping[str, str],
    cookies: Mapping[str, str],
    method: str,
    peer: str,
    known: Known[Caller] | None = None,
    held: bool = False,
) -> Caller:
    """The caller of a request or an upgrade. Header names in lower case; `peer` is the checked address. With
    `known` who only reads may have been looked up a moment ago; who changes something is looked up now.
    `held` lets in who has something to do first.

    Raises Refused 401 without a good credential, 403 for a page that is not ours, without the CSRF value, or
    where something has to be done first.
    """
    safe = method.upper() in _SAFE
    known = known if safe else None
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        caller = await _found(db, _by_token, secret.strip(), peer, known)
        if caller is None:
            raise Refused("workspaces.bad_token", 401)
        if caller.networks and not within(caller.peer, caller.networks):
            raise Forbidden("workspaces.foreign_network")
        return caller
    cookie = cookies.get(cookie_name(settings), "")
    ask = _by_session if safe else _by_active_session
    caller = await _found(db, ask, cookie, peer, known) if cookie else None
    if caller is None or caller.session_id is None:
        raise Refused("workspaces.sign_in_needed", 401)
    if caller.device and caller.device != device_of(headers.get("user-agent", "")):
        await _end_stolen(db, caller)
        raise Refused("workspaces.sign_in_needed", 401)
    check_address(caller.peer, caller.house_networks)
    if not safe or headers.get("upgrade", "").lower() == "websocket":
        check_origin(settings, headers)
    if not safe:
        _check_csrf(keyring, caller.session_id, headers)
    if not held:
        check_held(caller)
    return caller


def check_address(peer: str, networks: tuple[str, ...]) -> None:
    """Raises Forbidden where the workspace lets nobody in from there."""
    if networks and not within(peer, networks):
        raise Forbidden("workspaces.foreign_address", address=peer)


async def _end_stolen(db: Database, caller: Caller) -> None:
    """A cookie does not move to another browser by itself."""
    if caller.session_id is None:
        return
    async with db.system_tx() as tx:
        ended = await store.revoke_session(tx, caller.workspace_id, caller.session_id)
    if not ended:
        return
    gone = SessionRevoked(session_id=caller.session_id, membership_id=caller.membership_id)
    told = PeopleChanged(
        action="session.stolen",
        actor_kind="anonymous",
        actor_id=None,
        subject_kind="session",
        subject_id=caller.session_id,
        peer=caller.peer,
    )
    async with db.tx(caller.workspace_id) as tx:
        await emit(tx, gone, topics=[f"session:{caller.session_id}"])
        await emit(tx, told)


def check_held(caller: Caller) -> None:
    """Raises Forbidden where the caller has something to do first."""
    if caller.held:
        # messages: workspaces.factor_needed
        raise Forbidden(caller.held)


def check_origin(settings: Settings, headers: Mapping[str, str]) -> None:
    """Refuse a page of another site (403). A request without Origin is no browser's."""
    origin = headers.get("origin")
    if origin is None:
        return
    if origin.lower() == _origin(settings.address):
        return
    # Without a public address people come by several names of the same machine; the browser tells which.
    if not settings.public_url and _netloc(origin) == headers.get("host", "").lower() != "":
        return
    raise Forbidden("workspaces.foreign_origin")


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _check_csrf(keyring: KeyRing, session_id: UUID, headers: Mapping[str, str]) -> None:
    if not keyring.verify(str(session_id), "csrf", headers.get(CSRF_HEADER, "")):
        raise Forbidden("workspaces.csrf")


_Asked = tuple[Caller, float] | None  # who it is, and for how many seconds yet
_Ask = Callable[[Database, bytes, str], Awaitable[_Asked]]


async def _found(
    db: Database, ask: _Ask, secret: str, peer: str, known: Known[Caller] | None
) -> Caller | None:
    digest = token_digest(secret)
    if known is None:
        found = await ask(db, digest, peer)
        return found[0] if found else None
    if (caller := known.find((ask, digest))) is not None:
        return caller if caller.peer == peer else structs.replace(caller, peer=peer)
    moment = known.moment
    if (found := await ask(db, digest, peer)) is None:
        return None
    caller, seconds = found
    topics = (
        f"session:{caller.session_id or caller.id}",
        f"member:{caller.membership_id}",
        f"workspace:{caller.workspace_id}",
    )
    known.keep((ask, digest), caller, topics, moment, seconds)
    return caller


async def _by_active_session(db: Database, digest: bytes, peer: str) -> _Asked:
    return await _by_session(db, digest, peer, active=True)


async def _by_session(db: Database, digest: bytes, peer: str, *, active: bool = False) -> _Asked:
    async with db.system_tx() as tx:
        found = await store.session_by_digest(tx, digest)
        if found is None:
            return None
        if found.stale or (active and found.idle):
            await store.touch_session(tx, found.workspace_id, found.id, peer, active=active)
    caller = Caller(
        kind="member",
        id=found.membership_id,
        membership_id=found.membership_id,
        workspace_id=found.workspace_id,
        user_id=found.user_id,
        session_id=found.id,
        name=found.name,
        role=found.role,
        permissions=(rights := permissions_of(found.role, found.rights)),
        team_ids=frozenset(found.team_ids),
        peer=peer,
        language=found.language,
        method=found.method,
        house_networks=tuple(found.networks),
        device=device_of(found.user_agent),
        held="workspaces.factor_needed" if found.factor_needed else "",
        cover=cover_of(rights, found, found.membership_id),
    )
    return caller, found.seconds_left


async def _by_token(db: Database, digest: bytes, peer: str) -> _Asked:
    async with db.system_tx() as tx:
        found = await store.token_by_digest(tx, digest)
        if found is None:
            return None
        if found.stale:
            await store.touch_token(tx, found.workspace_id, found.id)
    return _token_caller(found, peer), found.seconds_left


def _token_caller(found: Row[Any], peer: str) -> Caller:
    # A maker who lost a right takes it from her tokens too.
    rights = permissions_of(found.role, found.rights) & frozenset(found.scopes)
    return Caller(
        kind="token",
        id=found.id,
        membership_id=found.membership_id,
        workspace_id=found.workspace_id,
        user_id=None,
        session_id=None,
        name=found.name,
        role=None,
        permissions=rights,
        team_ids=frozenset(found.team_ids),
        peer=peer,
        language=found.language,
        networks=tuple(found.networks),
        per_minute=found.per_minute,
        cover=cover_of(rights, found),
    )


def peer_of(connection: _Connection) -> str:
    """The caller's address, as far as listed proxies are to be believed."""
    settings: Settings = connection.app.state.settings
    client = connection.client
    return peer(client.host if client else "", connection.headers, settings.trusted_proxies)


_calls = Rates(per_minute=USUAL_RATE, burst=USUAL_RATE)


async def authenticated(connection: _Connection) -> Caller:
    """The caller of a request, asked for once; a token's call is counted. Raises as `authenticate` does, and
    Refused 429 for a token that has none left."""
    found: Caller | None = connection.scope["state"].get("caller")
    if found is not None:
        return found
    state = connection.app.state
    caller = await authenticate(
        state.db,
        state.keyring,
        state.settings,
        headers=connection.headers,
        cookies=connection.cookies,
        method=str(connection.scope.get("method", "GET")),
        peer=peer_of(connection),
        known=state.get("known"),
        held=True,
    )
    if caller.kind == "token":
        try:
            _calls.spend(str(caller.id), caller.per_minute)
        finally:
            connection.scope["state"]["left"] = _calls.left(str(caller.id), caller.per_minute)
    connection.scope["state"]["caller"] = caller  # `connection.state` would copy all of it
    connection.scope["state"]["cover"] = caller.cover
    return caller


def _guard(name: str, check: Callable[[Caller], None], *, held: bool = False) -> Guard:
    async def admit(connection: _Connection) -> None:
        caller = await authenticated(connection)
        if not held:
            check_held(caller)
        check(caller)

    return Guard(name, admit)


def needs(permission: str) -> Guard:
    """A route for callers, people or tokens, with this permission."""
    return _guard(f"needs: {permission}", lambda caller: caller.require(permission))


def signed_in(*, held: bool = False) -> Guard:
    """A route about the person herself: any role, no token. `held`: open too while she has something to do
    first."""

    def people_only(caller: Caller) -> None:
        if caller.kind != "member":
            raise Forbidden("workspaces.people_only")

    return _guard("signed in", people_only, held=held)


def own_pages(reason: str) -> Guard:
    """A public route that writes: open to everybody, though not to forms on other sites."""

    async def check(connection: _Connection) -> None:
        check_origin(connection.app.state.settings, connection.headers)

    return Guard(f"public: {reason}", check)


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    caller: Caller = request.scope["state"]["caller"]
    return caller


async def provide_tx(request: Request[Any, Any, Any], caller: Caller) -> AsyncGenerator[Tx, None]:
    """The request's one transaction: committed before the answer leaves, rolled back by any exception.

    It must stay the only dependency of the house that is a generator: Litestar ends several of them at once.
    """
    db: Database = request.app.state.db
    async with db.tx(caller.workspace_id) as tx:
        yield tx


def provide_reader(request: Request[Any, Any, Any], caller: Caller) -> Reader:
    """For a route that only reads."""
    db: Database = request.app.state.db
    return db.reader(caller.workspace_id)


AT_HAND: dict[str, Callable[[Request[Any, Any, Any]], Any]] = {
    "caller": provide_caller,
    "reader": lambda request: provide_reader(request, provide_caller(request)),
}
"""What has not to be waited for, nor ended."""
DEPENDENCIES: dict[str, Provide] = {
    "caller": Provide(provide_caller, sync_to_thread=False),
    "tx": Provide(provide_tx),
    "reader": Provide(provide_reader, sync_to_thread=False),
}
