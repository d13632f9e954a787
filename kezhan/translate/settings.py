"""Which service the workspace has named, what it may cost, whether it is on."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.clock import now
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.fetch import web_address
from kezhan.translate import store
from kezhan.translate.schemas import ServiceKind, TranslationForm, TranslationSettings
from kezhan.workspaces.authenticate import Caller


class _Detail(msgspec.Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log."""

    enabled: bool
    kind: str
    address: str
    model: str
    key_changed: bool
    daily_limit: int


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """The service with its key opened."""

    enabled: bool
    kind: ServiceKind
    address: str
    model: str
    key: str
    daily_limit: int


async def get_settings(tx: Tx) -> TranslationSettings:
    row = await store.settings(tx)
    if row is None:
        return TranslationSettings(configured=False)
    return TranslationSettings(
        configured=True,
        enabled=row.enabled,
        kind=row.kind,
        address=row.address,
        model=row.model,
        has_key=row.secret is not None,
        daily_limit=row.daily_limit,
        used=await store.used(tx, now().date()),
    )


async def put_settings(
    tx: Tx, keyring: KeyRing, caller: Caller, form: TranslationForm
) -> TranslationSettings:
    """From now on this holds; the same again changes nothing. Raises Refused for an address that is none, and
    for a chat service without a model."""
    before = await store.settings(tx, hold=True)
    service = _service(keyring, tx.workspace, before, form)
    old = opened(keyring, tx.workspace, before) if before is not None else None
    if service != old:
        same = old is not None and old.key == service.key
        secret = keyring.seal(service.key.encode(), secret_context(tx.workspace)) if service.key else None
        facts = msgspec.structs.asdict(service)
        del facts["key"]
        await store.put_settings(tx, {**facts, "secret": secret, "changed_at": now()})
        detail = _Detail(**facts, key_changed=not same)
        told = between(old, facts, facts)
        await record(tx, caller, "translation.edit", "workspace", tx.workspace, detail=detail, changes=told)
    return await get_settings(tx)


async def service_of(tx: Tx, keyring: KeyRing) -> Service:
    """Raises Refused 409 where none is named, or it is off."""
    row = await store.settings(tx)
    if row is None:
        raise Refused("translate.not_configured", 409)
    if not row.enabled:
        raise Refused("translate.off", 409)
    return opened(keyring, tx.workspace, row)


async def to_be_tried(tx: Tx, keyring: KeyRing, form: TranslationForm) -> Service:
    """What the form would make of it, on or off. Raises as `put_settings`."""
    return _service(keyring, tx.workspace, await store.settings(tx), form)


def _service(keyring: KeyRing, workspace_id: UUID, before: Row[Any] | None, form: TranslationForm) -> Service:
    address, model = form.address.strip(), form.model.strip()
    if not web_address(address) or "?" in address or "#" in address:
        raise Refused("translate.bad_address", field="address")
    if form.kind == "openai" and not model:
        raise Refused("translate.no_model", field="model")
    if form.key is not None and not form.key.isascii():
        raise Refused("translate.bad_key", field="key")
    key = form.key.strip() if form.key is not None else ""
    # A key is told to nobody but the address it was given for.
    if form.key is None and before is not None and before.address == address and before.kind == form.kind:
        key = opened(keyring, workspace_id, before).key
    return Service(
        enabled=form.enabled,
        kind=form.kind,
        address=address,
        model=model,
        key=key,
        daily_limit=form.daily_limit,
    )


def opened(keyring: KeyRing, workspace_id: UUID, row: Row[Any]) -> Service:
    secret = keyring.unseal(row.secret, secret_context(workspace_id)).decode() if row.secret else ""
    return Service(
        enabled=row.enabled,
        kind=row.kind,
        address=row.address,
        model=row.model,
        key=secret,
        daily_limit=row.daily_limit,
    )


def secret_context(workspace_id: UUID) -> str:
    return f"translate.key:{workspace_id}"
