"""API tokens: never more than the maker may do, shown once, kept as a digest."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import Row

from kezhan.kit import clock
from kezhan.kit.changes import between
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.schemas import TokenEdit, TokenMade, TokenMake, TokenView


async def make_token(tx: Tx, caller: Caller, form: TokenMake) -> TokenMade:
    """Raises 403 for a scope the caller herself lacks, and what `_reach` raises. `days` is the token's life,
    for ever when left out. A token makes none that may be used more often or from elsewhere."""
    scopes = sorted({str(scope) for scope in form.scopes})
    if not caller.permissions.issuperset(scopes):
        raise Forbidden("workspaces.scope_above_own")
    secret, token_id = new_token("kza_"), new_id()
    row = {
        "id": token_id,
        "name": form.name.strip(),
        "token_digest": token_digest(secret),
        "scopes": scopes,
        "networks": _reach(caller, form.networks),
        "per_minute": _rate(caller, form.per_minute),
        "created_by": caller.membership_id,
        "expires_at": None if form.days is None else clock.now() + timedelta(days=form.days),
    }
    await store.add_token(tx, row)
    told = between(None, row, ("name", "scopes", "expires_at"))
    await emit(tx, caller.did("token.create", "token", token_id, Facts(scopes=scopes), told))
    made = await store.token(tx, token_id)
    if made is None:
        raise NotFound()
    return TokenMade(_view(made), secret)


async def edit_token(tx: Tx, caller: Caller, token_id: UUID, form: TokenEdit) -> TokenView:
    """From the next request on. The same again changes nothing. Raises NotFound, and what `_reach` raises."""
    row = await store.token(tx, token_id)
    if row is None:
        raise NotFound()
    wanted: dict[str, Any] = {}
    if form.name is not UNSET:
        wanted["name"] = form.name.strip()
    if form.networks is not UNSET:
        wanted["networks"] = _reach(caller, form.networks)
    if form.per_minute is not UNSET:
        wanted["per_minute"] = _rate(caller, form.per_minute)
    changes = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    if not changes:
        return _view(row)
    await store.edit_token(tx, token_id, changes)
    facts = Facts(fields=sorted(changes))
    await emit(tx, caller.did("token.edit", "token", token_id, facts), [f"session:{token_id}"])
    made = await store.token(tx, token_id)
    if made is None:
        raise NotFound()
    return _view(made)


def _reach(caller: Caller, networks: Sequence[str]) -> list[str]:
    """The networks as they are kept. Raises Refused 400 for what is none, 403 where the caller is a token
    that may not be used from there itself."""
    try:
        known = {ip_network(network.strip(), strict=False): None for network in networks}
    except ValueError as fault:
        raise Refused("workspaces.bad_network", 400, field="networks") from fault
    own = [ip_network(network) for network in caller.networks]
    if own and not all(any(_inside(network, one) for one in own) for network in known):
        raise Forbidden("workspaces.network_above_own")
    return [str(network) for network in known] or [str(network) for network in own]


def _inside(network: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]


def _rate(caller: Caller, per_minute: int) -> int:
    return min(per_minute, caller.per_minute) if caller.kind == "token" else per_minute


async def list_tokens(tx: Tx, *, after: str | None, limit: int) -> Page[TokenView]:
    """Newest first, the revoked ones too."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.tokens(tx, after=key, limit=size + 1)
    shown = rows[:size]
    more = encode_cursor(shown[-1].created_at, shown[-1].id) if len(rows) > size else None
    return Page(items=[_view(row) for row in shown], next=more)


async def revoke_token(tx: Tx, caller: Caller, token_id: UUID) -> None:
    """It stops working with the next request. A second time changes nothing."""
    if await store.token(tx, token_id) is None:
        raise NotFound()
    if await store.revoke_token(tx, token_id):
        await emit(tx, caller.did("token.revoke", "token", token_id), [f"session:{token_id}"])


def _view(row: Row[Any]) -> TokenView:
    return TokenView(
        id=row.id,
        name=row.name,
        scopes=list(row.scopes),
        networks=list(row.networks),
        per_minute=row.per_minute,
        created_by=row.created_by,
        created_at=clock.wire(row.created_at),
        last_used_at=clock.wire_or_none(row.last_used_at),
        expires_at=clock.wire_or_none(row.expires_at),
        revoked_at=clock.wire_or_none(row.revoked_at),
    )
