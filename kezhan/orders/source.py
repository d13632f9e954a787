"""Where the orders of a workspace are asked for: an address, and a secret both sides know."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.clock import now, wire
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.fetch import web_address
from kezhan.orders import store
from kezhan.orders.schemas import SourceChange, SourceHolder, SourceIn, SourceView
from kezhan.workspaces.authenticate import Caller


class Source(Struct, frozen=True):
    address: str
    secret: str


async def opened(tx: Tx, keyring: KeyRing) -> Source | None:
    row = await store.source(tx)
    return None if row is None else Source(row.address, _unsealed(tx, keyring, row))


async def get_source(tx: Tx) -> SourceHolder:
    row = await store.source(tx)
    if row is None:
        return SourceHolder(source=None)
    view = SourceView(address=row.address, changed_at=wire(row.changed_at), changed_by=row.changed_by_name)
    return SourceHolder(source=view)


async def put_source(
    tx: Tx, keyring: KeyRing, caller: Caller, form: SourceIn, *, plain: bool
) -> SourceHolder:
    """The same again changes nothing. Without https only where it may be `plain`. Raises Refused 400 where it
    is no such address, or there is no secret."""
    address = form.address.strip()
    if not web_address(address, https_only=not plain) or "\0" in f"{address}{form.secret}":
        raise Refused("orders.bad_address", 400, field="address")
    row = await store.source(tx)
    known = None if row is None else _unsealed(tx, keyring, row)
    secret = form.secret or known
    if secret is None:
        raise Refused("orders.no_secret", 400, field="secret")
    if row is None or (row.address, known) != (address, secret):
        sealed = keyring.seal(secret.encode(), secret_context(tx.workspace))
        values = {
            "address": address,
            "secret": sealed,
            "changed_at": now(),
            "changed_by": caller.membership_id,
        }
        await store.put_source(tx, values)
        detail = SourceChange(address=address, secret_changed=secret != known)
        told = between(row, {"address": address}, ["address"])
        await record(tx, caller, "order_source.change", "order_source", None, detail=detail, changes=told)
    return await get_source(tx)


async def drop_source(tx: Tx, caller: Caller) -> None:
    """Nobody is asked any more. None there: nothing changes."""
    if await store.drop_source(tx):
        await record(tx, caller, "order_source.remove", "order_source", None)


def _unsealed(tx: Tx, keyring: KeyRing, row: Row[Any]) -> str:
    return keyring.unseal(row.secret, secret_context(tx.workspace)).decode()


def secret_context(workspace_id: UUID) -> str:
    return f"orders.source:{workspace_id}"
