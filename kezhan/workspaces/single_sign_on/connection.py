"""The workspace's connection to its provider: an owner's to set up, for who keeps it can be anybody."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.kit.changes import between
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.roles.named import check_roles
from kezhan.workspaces.sessions import announce_revoked
from kezhan.workspaces.single_sign_on import store
from kezhan.workspaces.single_sign_on.oidc import Client, Providers, SignOnFault
from kezhan.workspaces.single_sign_on.schemas import (
    ConnectionEdit,
    ConnectionState,
    ConnectionView,
    RoleRule,
)

CALLBACK = "/api/single-sign-on/callback"
_TOLD = ("issuer", "client_id", "enabled", "domains", "required", "creates", "role", "role_claim")


async def view(tx: Tx, origin: str) -> ConnectionState:
    row = await store.connection(tx)
    callback = origin + CALLBACK
    if row is None:
        return ConnectionState(None, callback)
    shown = ConnectionView(
        issuer=row.issuer,
        client_id=row.client_id,
        has_secret=row.secret is not None,
        enabled=row.enabled,
        domains=list(row.domains),
        required=row.required,
        creates=row.creates,
        role=row.role,
        role_claim=row.role_claim,
        role_map=[RoleRule(value=one["value"], role=one["role"]) for one in row.role_map],
        callback=callback,
        start=f"{origin}/api/single-sign-on/{tx.workspace}",
    )
    return ConnectionState(shown, callback)


async def edit(
    db: Database, providers: Providers, caller: Caller, form: ConnectionEdit, origin: str
) -> ConnectionState:
    """The provider is asked who it is before anything is kept. Where it is `required` from now on, sessions
    opened otherwise end. Raises Refused 400 where it does not answer."""
    issuer = form.issuer.strip()
    try:
        await providers.discover(issuer, fresh=True)
    except SignOnFault as fault:
        raise Refused("workspaces.bad_provider", 400, field="issuer", why=fault.why) from fault
    async with db.tx(caller.workspace_id) as tx:
        await check_roles(tx, {form.role, *(rule.role for rule in form.role_map)})
        before = await store.connection(tx)
        row: dict[str, Any] = {
            "issuer": issuer,
            "client_id": form.client_id.strip(),
            "enabled": form.enabled,
            "domains": sorted({domain.strip().lower() for domain in form.domains}),
            "required": form.required,
            "creates": form.creates,
            "role": form.role,
            "role_claim": form.role_claim.strip(),
            "role_map": [{"value": rule.value.strip(), "role": rule.role} for rule in form.role_map],
        }
        if form.secret is not None:
            row["secret"] = tx.ring.seal(form.secret.strip().encode(), secret_context(caller.workspace_id))
        elif before is not None and before.issuer != issuer:
            row["secret"] = None  # what one provider was trusted with is not told to another
        old = before._asdict() if before is not None else {}
        if {name: old.get(name) for name in row} != row:
            await store.put_connection(tx, row)
            if row["enabled"] and row["required"]:
                for session in await store.end_other_sessions(tx, row["domains"], caller.session_id):
                    await announce_revoked(tx, session.membership_id, [session.id])
            facts, told = Facts(fields=["single_sign_on"]), between(before, row, _TOLD)
            await emit(tx, caller.did("access.edit", "workspace", caller.workspace_id, facts, told))
        return await view(tx, origin)


async def remove(tx: Tx, caller: Caller) -> None:
    """A second time changes nothing."""
    if await store.remove_connection(tx):
        facts = Facts(fields=["single_sign_on"], reason="removed")
        await emit(tx, caller.did("access.edit", "workspace", caller.workspace_id, facts))


def client_of(tx: Tx, row: Row[Any]) -> Client:
    secret = tx.ring.unseal(row.secret, secret_context(tx.workspace)).decode() if row.secret else ""
    return Client(row.client_id, secret)


def secret_context(workspace_id: UUID) -> str:
    return f"workspaces.single_sign_on:{workspace_id}"
