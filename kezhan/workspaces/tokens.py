"""API tokens: never more than the maker may do, shown once, kept as a digest."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.kit import clock
from kezhan.kit.changes import between
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.schemas import TokenMade, TokenMake, TokenView


async def make_token(tx: Tx, caller: Caller, form: TokenMake) -> TokenMade:
    """Raises 403 for a scope the caller herself lacks. `days` is the token's life, for ever when left out."""
    scopes = sorted({str(scope) for scope in form.scopes})
    if not caller.permissions.issuperset(scopes):
        raise Forbidden("workspaces.scope_above_own")
    secret, token_id = new_token("kza_"), new_id()
    row = {
        "id": token_id,
        "name": form.name.strip(),
        "token_digest": token_digest(secret),
        "scopes": scopes,
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
        created_by=row.created_by,
        created_at=clock.wire(row.created_at),
        last_used_at=clock.wire_or_none(row.last_used_at),
        expires_at=clock.wire_or_none(row.expires_at),
        revoked_at=clock.wire_or_none(row.revoked_at),
    )
