"""Endpoints: made with a secret of ours, changed, given another secret, removed."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.integrations import store
from kezhan.integrations.events import EndpointChanged
from kezhan.integrations.public import needed
from kezhan.integrations.schemas import (
    EndpointEdit,
    EndpointList,
    EndpointMade,
    EndpointMake,
    EndpointView,
)
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.crypto import KeyRing, new_token
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.fetch import web_address
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.settings import Settings
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

MOST = 20
"""Endpoints of one workspace."""
BOTH_SIGN = timedelta(hours=24)
"""So long after a new secret the one before it signs too."""


class _Detail(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="v", tag=1):
    """For the audit log. The path of an address may be a secret of its own."""

    host: str | None = None
    events: list[str] | None = None
    on: bool | None = None


async def list_endpoints(tx: Tx, caller: Caller) -> EndpointList:
    items = [_view(row) for row in await store.endpoints(tx)]
    return EndpointList(items=items, notes=caller.may(Permission.WEBHOOK_NOTES))


async def make(
    tx: Tx, keyring: KeyRing, settings: Settings, caller: Caller, form: EndpointMake
) -> EndpointMade:
    """Raises 403 for an event that tells more than the caller may see, 400 for no such address, 409 where
    there are enough."""
    kinds = _kinds(form.events)
    _check_rights(caller, kinds)
    address = _checked(settings, form.address)
    await store.hold(tx)
    if len(await store.endpoints(tx)) >= MOST:
        raise Refused("integrations.too_many", 409, most=MOST)
    endpoint_id, secret = new_id(), new_token("whsec_")
    values = {
        "id": endpoint_id,
        "name": form.name.strip(),
        "address": address,
        "events": kinds,
        "secret": sealed(keyring, endpoint_id, secret),
        "state": "on",
        "created_by": caller.membership_id,
        "created_at": now(),
    }
    await store.add_endpoint(tx, values)
    await _did(tx, caller, "create", endpoint_id, _Detail(host=_host(address), events=kinds))
    return EndpointMade(await get(tx, endpoint_id), secret)


async def get(tx: Tx, endpoint_id: UUID) -> EndpointView:
    """Raises NotFound."""
    rows = await store.endpoints(tx, endpoint_id)
    if not rows:
        raise NotFound("integrations.no_endpoint")
    return _view(rows[0])


async def edit(
    tx: Tx, settings: Settings, caller: Caller, endpoint_id: UUID, form: EndpointEdit
) -> EndpointView:
    """The same again changes nothing. Whoever sends the events elsewhere may see all of them herself, whoever
    adds some may see those. Raises as `make` does."""
    row = await held(tx, endpoint_id)
    wanted: dict[str, Any] = {}
    if form.name is not UNSET:
        wanted["name"] = form.name.strip()
    if form.events is not UNSET:
        wanted["events"] = _kinds(form.events)
        _check_rights(caller, set(wanted["events"]) - set(row.events))
    if form.address is not UNSET and form.address.strip() != row.address:
        wanted["address"] = _checked(settings, form.address)
        _check_rights(caller, wanted.get("events", row.events))
    if form.on is not UNSET and form.on != (row.state == "on"):
        wanted |= {"state": "on" if form.on else "off", "failing_since": None}
    changes = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    if changes:
        await store.change_endpoint(tx, endpoint_id, changes)
        if changes.get("state") == "off":
            await store.give_up(tx, endpoint_id, "off")
        detail = _Detail(
            host=_host(changes["address"]) if "address" in changes else None,
            events=changes.get("events"),
            on=changes["state"] == "on" if "state" in changes else None,
        )
        await _did(tx, caller, "edit", endpoint_id, detail)
    return await get(tx, endpoint_id)


async def rotate(tx: Tx, keyring: KeyRing, caller: Caller, endpoint_id: UUID) -> EndpointMade:
    """Another secret; the one before it signs too for a day."""
    row = await held(tx, endpoint_id)
    secret = new_token("whsec_")
    changes = {
        "secret": sealed(keyring, endpoint_id, secret),
        "old_secret": row.secret,
        "old_until": now() + BOTH_SIGN,
    }
    await store.change_endpoint(tx, endpoint_id, changes)
    await _did(tx, caller, "rotate_secret", endpoint_id)
    return EndpointMade(await get(tx, endpoint_id), secret)


async def remove(tx: Tx, caller: Caller, endpoint_id: UUID) -> None:
    """What waits for it is given up. A second time is 404."""
    await held(tx, endpoint_id)
    await store.change_endpoint(tx, endpoint_id, {"archived_at": now(), "state": "off", "old_secret": None})
    await store.give_up(tx, endpoint_id, "off")
    await _did(tx, caller, "remove", endpoint_id)


async def stop(tx: Tx, endpoint_id: UUID) -> None:
    """It has failed for too long: nothing more is told, what waits has died, and who manages it is told."""
    await store.change_endpoint(tx, endpoint_id, {"state": "stopped"})
    await store.give_up(tx, endpoint_id, "stopped")
    await record(tx, None, "webhook.stop", "webhook", endpoint_id)
    await emit(tx, EndpointChanged(endpoint_id=endpoint_id, stopped=True))


async def held(tx: Tx, endpoint_id: UUID) -> Row[Any]:
    """The endpoint's row, locked. Raises NotFound."""
    row = await store.endpoint(tx, endpoint_id, held=True)
    if row is None:
        raise NotFound("integrations.no_endpoint")
    return row


def sealed(keyring: KeyRing, endpoint_id: UUID, secret: str) -> bytes:
    return keyring.seal(secret.encode(), secret_context(endpoint_id))


def opened(keyring: KeyRing, endpoint_id: UUID, secret: bytes) -> str:
    return keyring.unseal(secret, secret_context(endpoint_id)).decode()


def secret_context(endpoint_id: UUID) -> str:
    return f"integrations.secret:{endpoint_id}"


def _kinds(kinds: Collection[str]) -> list[str]:
    return sorted({str(kind) for kind in kinds})


def _check_rights(caller: Caller, kinds: Collection[str]) -> None:
    for kind in kinds:
        if not caller.may(needed(kind)):
            raise Forbidden("integrations.event_above_own", event=str(kind), permission=needed(kind))


def _checked(settings: Settings, address: str) -> str:
    address = address.strip()
    if not web_address(address, https_only=not settings.inside_networks) or "\0" in address:
        raise Refused("integrations.bad_address", 400, field="address")
    return address


def _host(address: str) -> str:
    return address.split("/")[2]


async def _did(tx: Tx, caller: Caller, verb: str, endpoint_id: UUID, detail: Struct | None = None) -> None:
    await record(tx, caller, f"webhook.{verb}", "webhook", endpoint_id, detail=detail)
    await emit(tx, EndpointChanged(endpoint_id=endpoint_id))


def _view(row: ReadRow) -> EndpointView:
    both = row["old_until"] is not None and row["old_until"] > now()
    return EndpointView(
        id=row["id"],
        name=row["name"],
        address=row["address"],
        events=list(row["events"]),
        state=row["state"],
        failing_since=wire_or_none(row["failing_since"]),
        old_until=wire_or_none(row["old_until"]) if both else None,
        waiting=row["waiting"],
        dead=row["dead"],
        last_sent_at=wire_or_none(row["last_sent_at"]),
        created_at=wire(row["created_at"]),
        created_by=row["created_by"],
    )
