"""The workspace's connection to its provider: an owner's to set up, for who keeps it can be anybody."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Row

from kezhan.kit import clock
from kezhan.kit.changes import between
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.roles.named import check_roles
from kezhan.workspaces.sessions import announce_revoked
from kezhan.workspaces.single_sign_on import saml, store
from kezhan.workspaces.single_sign_on.oidc import Client, Providers, SignOnFault
from kezhan.workspaces.single_sign_on.saml_request import metadata, new_signing, place_of
from kezhan.workspaces.single_sign_on.schemas import (
    CertificateView,
    ConnectionEdit,
    ConnectionState,
    ConnectionView,
    RoleRule,
)

CALLBACK = "/api/single-sign-on/callback"
_TOLD = (
    *("protocol", "issuer", "client_id", "enabled", "domains", "required", "creates", "role", "role_claim"),
    *("sign_on_address", "sign_requests"),
)


async def view(tx: Tx, origin: str) -> ConnectionState:
    row = await store.connection(tx)
    place = place_of(row.origin if row is not None and row.origin else origin, tx.workspace)
    callback = origin + CALLBACK
    shown = None
    if row is not None:
        shown = ConnectionView(
            protocol=row.protocol,
            issuer=row.issuer,
            client_id=row.client_id,
            has_secret=row.secret is not None,
            sign_on_address=row.sign_on_address,
            certificates=[_certificate(pem) for pem in row.certificates],
            sign_requests=row.sign_requests,
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
    return ConnectionState(
        connection=shown,
        callback=callback,
        answers=place.answers,
        metadata=place.name,
        saml=saml.installed(),
    )


def _certificate(pem: str) -> CertificateView:
    found = x509.load_pem_x509_certificate(pem.encode())
    name = found.subject.rfc4514_string()[:200]
    return CertificateView(pem=pem, name=name, until=clock.wire(found.not_valid_after_utc))


async def edit(
    db: Database, providers: Providers, caller: Caller, form: ConnectionEdit, origin: str
) -> ConnectionState:
    """An OpenID provider is asked who it is before anything is kept. Where it is `required` from now on,
    sessions opened otherwise end. Raises Refused 400 where it does not answer, or for what cannot be used."""
    issuer = form.issuer.strip()
    own = _by_saml(form, providers, origin) if form.protocol == "saml" else await _by_oidc(form, providers)
    async with db.tx(caller.workspace_id) as tx:
        await check_roles(tx, {form.role, *(rule.role for rule in form.role_map)})
        before = await store.connection(tx)
        row: dict[str, Any] = {
            "protocol": form.protocol,
            "issuer": issuer,
            **own,
            "enabled": form.enabled,
            "domains": sorted({domain.strip().lower() for domain in form.domains}),
            "required": form.required,
            "creates": form.creates,
            "role": form.role,
            "role_claim": form.role_claim.strip(),
            "role_map": [{"value": rule.value.strip(), "role": rule.role} for rule in form.role_map],
        }
        if form.secret is not None and form.protocol == "oidc":
            row["secret"] = tx.ring.seal(form.secret.strip().encode(), secret_context(caller.workspace_id))
        elif before is not None and (before.issuer, before.protocol) != (issuer, form.protocol):
            row["secret"] = None  # what one provider was trusted with is not told to another
        if row["sign_requests"] and (before is None or before.signing_key is None):
            made = new_signing(origin)
            row["signing_key"] = tx.ring.seal(made.key, signing_context(caller.workspace_id))
            row["signing_certificate"] = made.certificate
        old = before._asdict() if before is not None else {}
        if {name: old.get(name) for name in row} != row:
            await store.put_connection(tx, row)
            if row["enabled"] and row["required"]:
                for session in await store.end_other_sessions(tx, row["domains"], caller.session_id):
                    await announce_revoked(tx, session.membership_id, [session.id])
            facts, told = Facts(fields=["single_sign_on"]), between(before, row, _TOLD)
            await emit(tx, caller.did("access.edit", "workspace", caller.workspace_id, facts, told))
        return await view(tx, origin)


async def _by_oidc(form: ConnectionEdit, providers: Providers) -> dict[str, Any]:
    client_id = form.client_id.strip()
    if not client_id:
        raise Refused("workspaces.client_needed", 400, field="client_id")
    try:
        await providers.discover(form.issuer.strip(), fresh=True)
    except SignOnFault as fault:
        raise Refused("workspaces.bad_provider", 400, field="issuer", why=fault.why) from fault
    nothing: dict[str, Any] = {
        "origin": "",
        "sign_on_address": "",
        "certificates": [],
        "sign_requests": False,
    }
    return {"client_id": client_id, **nothing}


def _by_saml(form: ConnectionEdit, providers: Providers, origin: str) -> dict[str, Any]:
    if not saml.installed():
        raise Refused("workspaces.saml_missing", 409)
    address = form.sign_on_address.strip()
    if not providers.takes(address):
        raise Refused("workspaces.bad_sign_on_address", 400, field="sign_on_address")
    return {
        "client_id": "",
        # Whom answers are for is what an owner has seen, not what a request says of where it came to.
        "origin": origin,
        "sign_on_address": address,
        "certificates": _certificates(form.certificates),
        "sign_requests": form.sign_requests,
    }


def _certificates(given: Sequence[str]) -> list[str]:
    """As they are kept; a provider's metadata has them without the lines around."""
    kept: dict[str, None] = {}
    for one in given:
        text = one.strip()
        if "-----BEGIN" not in text:
            text = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----"
        try:
            found = x509.load_pem_x509_certificate(text.encode())
        except ValueError as fault:
            raise Refused("workspaces.bad_certificate", 400, field="certificates") from fault
        kept[found.public_bytes(Encoding.PEM).decode()] = None
    if not kept:
        raise Refused("workspaces.bad_certificate", 400, field="certificates")
    return list(kept)


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


def signing_key(tx: Tx, row: Row[Any]) -> bytes | None:
    """What requests are signed with; None where they are not."""
    if not row.sign_requests or row.signing_key is None:
        return None
    return tx.ring.unseal(row.signing_key, signing_context(tx.workspace))


def signing_context(workspace_id: UUID) -> str:
    return f"workspaces.single_sign_on.signing:{workspace_id}"


async def metadata_of(db: Database, workspace_id: UUID, origin: str) -> str:
    """The same page for a workspace that has no connection yet, and for one that is not there."""
    async with db.tx(workspace_id) as tx:
        row = await store.connection(tx)
    signs = row is not None and row.sign_requests
    place = place_of(row.origin if row is not None and row.origin else origin, workspace_id)
    return metadata(place, row.signing_certificate if row is not None and signs else "")
