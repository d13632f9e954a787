"""Customers their own site vouches for: a signed token (JWT, HS256) says who a visitor is."""

import warnings
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OctKey
from msgspec import Meta, Struct

from kezhan.contacts import store
from kezhan.contacts.join import changed
from kezhan.contacts.schemas import AttributeMap, Identity, Profile, SignedIdentity
from kezhan.contacts.service import resolve, revoke_all
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id

MAX_TOKEN = 8 * 1024
LIFE_SECONDS = 24 * 3600
SKEW_SECONDS = 300
# A visitor must not be able to pass for a customer by choosing her id, so the two kinds never share a space.
_SIGNED = "user:"
_ANONYMOUS = "visitor:"

_Text = Annotated[str, Meta(max_length=300)]
_Id = Annotated[str, Meta(min_length=1, max_length=190)]


class _Claims(Struct, frozen=True, kw_only=True):
    exp: float
    iat: float | None = None
    nbf: float | None = None
    sub: _Id | None = None
    external_user_id: _Id | None = None
    name: _Text = ""
    email: _Text = ""
    phone: _Text = ""
    attributes: AttributeMap | None = None
    email_verified: bool = False
    phone_verified: bool = False


def verify_identity_jwt(token: str, secrets: list[str], now: datetime) -> SignedIdentity:
    """What the host site says, signed with one of `secrets` (two while one replaces the other).

    Raises Refused 401: HS256 only, `exp` at most 24 hours ahead, `iat` and `nbf` not in the future; five
    minutes are allowed for clocks that differ. The customer's id is `sub` or `external_user_id`.
    """
    payload = _payload(token, secrets)
    try:
        claims = msgspec.json.decode(payload, type=_Claims)
    except msgspec.MsgspecError as fault:
        raise Refused("contacts.identity_claims", 401, why=str(fault)) from fault
    _check_times(claims, now.timestamp())
    external_id = claims.sub or claims.external_user_id
    if external_id is None or (claims.sub and claims.external_user_id not in {None, claims.sub}):
        raise Refused("contacts.identity_claims", 401, why="sub")
    profile = Profile(
        name=claims.name,
        email=claims.email,
        phone=claims.phone,
        attributes=claims.attributes,
        email_proven=claims.email_verified,
        phone_proven=claims.phone_verified,
    )
    return SignedIdentity(external_id=external_id, profile=profile)


def _payload(token: str, secrets: list[str]) -> bytes:
    for secret in secrets if len(token) <= MAX_TOKEN else []:
        try:
            with warnings.catch_warnings():
                # The length of the secret is checked where it is set.
                warnings.simplefilter("ignore", SecurityWarning)
                key = OctKey.import_key(secret)
            return jws.deserialize_compact(token, key, algorithms=["HS256"]).payload
        except (JoseError, ValueError):
            continue
    raise Refused("contacts.identity_signature", 401)


def _check_times(claims: _Claims, now: float) -> None:
    if claims.exp <= now:
        raise Refused("contacts.identity_expired", 401)
    if claims.exp > now + LIFE_SECONDS + SKEW_SECONDS:
        raise Refused("contacts.identity_too_long", 401)
    if any(at is not None and at > now + SKEW_SECONDS for at in (claims.iat, claims.nbf)):
        raise Refused("contacts.identity_too_early", 401)


def own_id(external_id: str) -> str | None:
    """As her own site or platform calls her; None for a visitor whom nobody has named."""
    return None if external_id.startswith(_ANONYMOUS) else external_id.removeprefix(_SIGNED)


async def anonymous(tx: Tx, account_id: UUID, profile: Profile | None = None) -> Identity:
    """A visitor nobody has met before."""
    return await resolve(tx, account_id=account_id, external_id=f"{_ANONYMOUS}{new_id()}", profile=profile)


async def identify(
    tx: Tx, *, account_id: UUID, signed: SignedIdentity, present: UUID | None = None
) -> Identity:
    """The identity of a signed customer at a site; `present` is the identity of the visitor who brought it.

    A customer met for the first time keeps the conversation of the anonymous visitor she was: that identity
    becomes hers, and its sessions end, because whoever else holds one has not proved to be her. A known
    customer gets her own identity; what was said anonymously is not merged into it. Open a session for the
    answer where it is not the present one, or where that was not verified.
    """
    external_id = _SIGNED + signed.external_id
    await store.hold_external(tx, account_id, external_id)
    known = await store.find_identity(tx, account_id, external_id)
    row = await store.identity(tx, present) if present and known is None else None
    if row is not None and row.account_id == account_id and row.external_id.startswith(_ANONYMOUS):
        await store.change_identity(tx, row.id, {"external_id": external_id, "verified": True})
        await revoke_all(tx, row.id)
        await changed(tx, row.contact_id)
    return await resolve(
        tx, account_id=account_id, external_id=external_id, verified=True, profile=signed.profile
    )
