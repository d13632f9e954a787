"""Somebody is sent to her company's provider and comes back vouched for."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.kit.crypto import BadSeal, KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces import store as people
from kezhan.workspaces.access import store as access
from kezhan.workspaces.authenticate import check_address
from kezhan.workspaces.events import Facts, PeopleChanged
from kezhan.workspaces.joining import account
from kezhan.workspaces.names import email_key, person_sort_key
from kezhan.workspaces.roles.named import role_by
from kezhan.workspaces.sessions import How, NewSession, Visit, open_session
from kezhan.workspaces.single_sign_on import saml, store
from kezhan.workspaces.single_sign_on.connection import client_of, signing_key
from kezhan.workspaces.single_sign_on.oidc import Begun, Providers, SignOnFault, begin
from kezhan.workspaces.single_sign_on.saml_request import begin as begin_saml
from kezhan.workspaces.single_sign_on.saml_request import place_of
from kezhan.workspaces.single_sign_on.schemas import SignOnOffer, SignOnOffers

_CONTEXT = "workspaces.single_sign_on.begun"
_SECONDS = 600
_TICKET = "workspaces.single_sign_on.ticket"
_TICKET_SECONDS = 60
_HOW = How("single_sign_on")


class Sent(NamedTuple):
    """`kept` goes into a cookie of this browser, `address` is where it goes."""

    kept: str
    address: str


class _Ticket(msgspec.Struct, frozen=True):
    """What a provider said in answer to the request `asked`; `at` is Unix time."""

    workspace_id: str
    asked: str
    claims: dict[str, Any]
    at: float


class _Vouched(NamedTuple):
    issuer: str
    subject: str
    email: str
    sure: bool
    name: str
    roles: Sequence[str]


async def offers(db: Database, email: str) -> SignOnOffers:
    async with db.system_tx() as tx:
        found = await store.offers(tx, domain_of(email))
    return SignOnOffers([SignOnOffer(workspace_id=row.id, name=row.name) for row in found])


def domain_of(email: str) -> str:
    return email_key(email).rpartition("@")[2]


async def start(
    db: Database, keyring: KeyRing, providers: Providers, workspace_id: UUID, to: str, callback: str
) -> Sent:
    """Raises NotFound where the workspace has no such door, Refused 502 where its provider is away."""
    async with db.tx(workspace_id) as tx:
        row = await store.connection(tx)
        if row is None or not row.enabled:
            raise NotFound("workspaces.no_single_sign_on")
        key = signing_key(tx, row)
    if row.protocol == "saml":
        place = place_of(row.origin, workspace_id)
        begun, address = begin_saml(row.sign_on_address, place, str(workspace_id), to, key)
        return Sent(_kept(keyring, begun), address)
    try:
        said = await providers.discover(row.issuer)
    except SignOnFault as fault:
        raise Refused("workspaces.provider_away", 502) from fault
    begun, address = begin(said, row.client_id, str(workspace_id), to, callback)
    return Sent(_kept(keyring, begun), address)


def _kept(keyring: KeyRing, begun: Begun) -> str:
    return keyring.seal(msgspec.json.encode(begun), _CONTEXT).hex()


def begun_of(keyring: KeyRing, kept: str, state: str) -> Begun:
    """What this browser began. Raises Refused 401 where it was another one, or long ago."""
    try:
        begun = msgspec.json.decode(keyring.unseal(bytes.fromhex(kept), _CONTEXT), type=Begun)
    except (BadSeal, ValueError, msgspec.DecodeError) as fault:
        raise Refused("workspaces.step_over", 401) from fault
    if not hmac.compare_digest(begun.state.encode(), state.encode()) or time.time() > begun.at + _SECONDS:
        raise Refused("workspaces.step_over", 401)
    return begun


async def finish(
    db: Database, providers: Providers, begun: Begun, code: str, callback: str, visit: Visit
) -> NewSession:
    """Open a session in the workspace that trusts the provider, and in no other. Raises Refused 401 where it
    does not vouch for her, Forbidden where she is no member or comes from elsewhere."""
    workspace_id = UUID(begun.workspace_id)
    async with db.tx(workspace_id) as tx:
        row = await _connection(tx, "oidc")
        client = client_of(tx, row)
    try:
        claims = await providers.claims(row.issuer, client, code, begun, callback)
    except SignOnFault as fault:
        raise await _not_vouched(db, workspace_id, visit, fault.why) from fault
    return await _come_in(db, row, claims, visit)


async def hear(db: Database, keyring: KeyRing, workspace_id: UUID, response: str, visit: Visit) -> str:
    """What a SAML provider has posted through a browser, checked: a ticket with which that browser comes in a
    moment later, for what another site has posted comes without its cookie. Raises as `finish` does."""
    async with db.tx(workspace_id) as tx:
        row = await _connection(tx, "saml")
    place = place_of(row.origin, workspace_id)
    expected = saml.Expected(row.issuer, row.certificates, place.name, place.answers)
    try:
        answer = await asyncio.to_thread(saml.read, response, expected, row.role_claim, time.time())
    except SignOnFault as fault:
        raise await _not_vouched(db, workspace_id, visit, fault.why) from fault
    digest = hashlib.sha256(f"{row.issuer} {answer.assertion_id}".encode()).digest()
    async with db.tx(workspace_id) as tx:
        fresh = await store.see(tx, digest, datetime.fromtimestamp(answer.until, UTC))
    if not fresh:
        raise await _not_vouched(db, workspace_id, visit, "replayed")
    claims = answer.claims
    if row.role_claim:  # the others decide nothing, and an address has an end
        wanted = [rule["value"] for rule in row.role_map]
        claims[row.role_claim] = [one for one in claims[row.role_claim] if one in wanted][:10]
    ticket = _Ticket(str(workspace_id), answer.asked, claims, time.time())
    sealed = keyring.seal(msgspec.json.encode(ticket), _TICKET)
    return base64.urlsafe_b64encode(sealed).decode()


async def finish_heard(db: Database, keyring: KeyRing, begun: Begun, sealed: str, visit: Visit) -> NewSession:
    """As `finish`, with a ticket of `hear`'s for what this browser has asked."""
    try:
        plain = keyring.unseal(base64.urlsafe_b64decode(sealed.encode()), _TICKET)
        ticket = msgspec.json.decode(plain, type=_Ticket)
    except (BadSeal, ValueError, msgspec.DecodeError) as fault:
        raise Refused("workspaces.step_over", 401) from fault
    mine = (begun.workspace_id, begun.nonce) == (ticket.workspace_id, ticket.asked)
    if not mine or time.time() > ticket.at + _TICKET_SECONDS:
        raise Refused("workspaces.step_over", 401)
    async with db.tx(UUID(begun.workspace_id)) as tx:
        row = await _connection(tx, "saml")
    return await _come_in(db, row, ticket.claims, visit)


async def _connection(tx: Tx, protocol: str) -> Row[Any]:
    row = await store.connection(tx)
    if row is None or not row.enabled or row.protocol != protocol:
        raise NotFound("workspaces.no_single_sign_on")
    return row


async def _not_vouched(db: Database, workspace_id: UUID, visit: Visit, why: str) -> Refused:
    async with db.tx(workspace_id) as tx:
        await emit(tx, _refused(workspace_id, visit, why))
    return Refused("workspaces.not_vouched", 401)


async def _come_in(db: Database, row: Row[Any], claims: dict[str, Any], visit: Visit) -> NewSession:
    """Who is vouched for by these claims, whatever protocol they came by."""
    workspace_id: UUID = row.workspace_id
    who = _vouched(row, claims)
    async with db.system_tx() as tx:
        networks = await access.networks_of(tx, workspace_id)
    check_address(visit.peer, tuple(networks))
    user_id = await _user(db, row, who, visit)
    async with db.tx(workspace_id) as tx:
        membership_id = await _member(tx, row, who, user_id, visit)
        if membership_id is not None:
            return await open_session(tx, membership_id, visit, _HOW)
    async with db.tx(workspace_id) as tx:
        await emit(tx, _refused(workspace_id, visit, "no_member"))
    raise Forbidden("workspaces.not_a_member", email=who.email or who.subject)


def _vouched(row: Row[Any], claims: dict[str, Any]) -> _Vouched:
    email = claims.get("email") if isinstance(claims.get("email"), str) else ""
    # Some providers say nothing of it; then it is sure in the domains that this workspace says are its own.
    verified = claims.get("email_verified", domain_of(email or "") in row.domains)
    name = claims.get("name") if isinstance(claims.get("name"), str) else ""
    said = claims.get(row.role_claim) if row.role_claim else None
    roles = [str(one) for one in said] if isinstance(said, list) else [said] if isinstance(said, str) else []
    return _Vouched(
        issuer=row.issuer,
        subject=str(claims["sub"])[:255],
        email=(email or "").strip()[:254],
        sure=verified is True and "@" in (email or ""),
        name=(name or "").strip()[:100],
        roles=roles,
    )


async def _user(db: Database, row: Row[Any], who: _Vouched, visit: Visit) -> UUID | None:
    """The account of this e-mail, made where members are and there is none."""
    if not who.sure:
        return None
    return await account(db, who.email, visit.language, make=row.creates)


async def _member(tx: Tx, row: Row[Any], who: _Vouched, user_id: UUID | None, visit: Visit) -> UUID | None:
    """Which member she is: by what the provider calls her, else by a sure e-mail, else a new one."""
    known = await store.person(tx, who.issuer, who.subject)
    if known is not None:
        member = await people.member(tx, known)
        return known if member is not None and member.archived_at is None else None
    if user_id is None:
        return None
    membership = await store.membership_of(tx, user_id)
    if membership is None:
        if not row.creates:
            return None
        membership_id = await _join(tx, row, who, user_id, visit)
    elif membership.archived_at is not None:
        return None  # an administrator has taken the seat away; the provider does not give it back
    else:
        membership_id = membership.id
    if await store.known_elsewhere(tx, who.issuer, membership_id):
        return None  # an address given to somebody else is not the person who had it
    await store.keep_person(tx, who.issuer, who.subject, membership_id)
    return membership_id


async def _join(tx: Tx, row: Row[Any], who: _Vouched, user_id: UUID, visit: Visit) -> UUID:
    given = await role_by(tx, row.role_map, who.roles, row.role)
    name = who.name or who.email.partition("@")[0]
    fields: dict[str, Any] = {"id": new_id(), "user_id": user_id, "email": who.email, "name": name}
    made = await people.put_member(
        tx, {**fields, "sort_key": person_sort_key(name), "role": given.role, "rights": given.rights}
    )
    if made is None:
        raise Refused("workspaces.already_member", 409)
    event = PeopleChanged(
        action="member.join",
        actor_kind="member",
        actor_id=made,
        subject_kind="member",
        subject_id=made,
        peer=visit.peer,
        facts=Facts(role=given.role, method="single_sign_on"),
    )
    await emit(tx, event)
    return made


def _refused(workspace_id: UUID, visit: Visit, why: str) -> PeopleChanged:
    return PeopleChanged(
        action="session.refuse",
        actor_kind="anonymous",
        actor_id=None,
        subject_kind="workspace",
        subject_id=workspace_id,
        peer=visit.peer,
        facts=Facts(method="single_sign_on", reason=why),
    )
