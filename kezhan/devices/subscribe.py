"""The browsers in which somebody wants to be told while no page of the desk is before her."""

from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from kezhan.devices import store
from kezhan.devices.schemas import DeviceForm, DeviceList, DeviceView
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.crypto import KeyRing, token_digest
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.fetch import web_address
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.kit.webpush import BadKeys, check_keys, new_key, public_key
from kezhan.workspaces.authenticate import Caller

MOST = 20
PUSH_KEY = "devices.push_key"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where to and for whom, as it is sealed."""

    endpoint: str
    p256dh: str
    auth: str


async def push_key(db: Database, keyring: KeyRing) -> str:
    """The installation's private key; the first who asks makes it."""
    async with db.system_tx() as tx:
        sealed = await store.push_key(tx)
        if sealed is None:
            await store.add_push_key(tx, keyring.seal(new_key().encode(), PUSH_KEY))
            sealed = await store.push_key(tx)
    assert sealed is not None  # noqa: S101 - just made, by us or by somebody quicker
    return keyring.unseal(sealed, PUSH_KEY).decode()


async def list_devices(db: Database, keyring: KeyRing, caller: Caller) -> DeviceList:
    key = public_key(await push_key(db, keyring))
    async with db.tx(caller.workspace_id) as tx:
        rows = await store.subscriptions(tx, caller.membership_id)
    return DeviceList(key=key, items=[_view(row, caller) for row in rows])


async def add_device(tx: Tx, keyring: KeyRing, caller: Caller, form: DeviceForm) -> DeviceView:
    """A browser that is known is hers from now on, whoever used it before. Raises Refused 400 for what is no
    subscription, 409 where she has too many."""
    if caller.session_id is None:
        raise Forbidden("workspaces.people_only")
    if not web_address(form.endpoint, https_only=True):
        raise Refused("devices.bad_address", 400, field="endpoint")
    try:
        check_keys(form.p256dh, form.auth)
    except BadKeys as fault:
        raise Refused("devices.bad_keys", 400, field="p256dh") from fault
    digest = token_digest(form.endpoint)
    rows = await store.subscriptions(tx, caller.membership_id)
    if len(rows) >= MOST and not any(row["digest"] == digest for row in rows):
        raise Refused("devices.too_many", 409, most=str(MOST))
    address = Address(endpoint=form.endpoint, p256dh=form.p256dh, auth=form.auth)
    values = {
        "id": new_id(),
        "membership_id": caller.membership_id,
        "session_id": caller.session_id,
        "digest": digest,
        "sealed": keyring.seal(msgspec.json.encode(address), address_context(digest)),
        "host": urlsplit(form.endpoint).hostname or "",
        "name": form.name.strip(),
        "language": form.language,
    }
    row = await store.put_subscription(tx, values)
    if row["id"] == values["id"]:
        await emit(tx, caller.did("device.add", "device", row["id"]))
    return _view(row, caller)


async def remove_device(tx: Tx, caller: Caller, device_id: UUID) -> None:
    """One's own only. Raises NotFound."""
    if not await store.remove_subscription(tx, device_id, caller.membership_id):
        raise NotFound("devices.no_such_device")
    await emit(tx, caller.did("device.remove", "device", device_id))


def address_of(keyring: KeyRing, row: ReadRow) -> Address:
    """Raises BadSeal where the ring has changed since."""
    return msgspec.json.decode(keyring.unseal(row["sealed"], address_context(row["digest"])), type=Address)


def address_context(digest: bytes) -> str:
    return f"devices.push:{digest.hex()}"


def _view(row: ReadRow, caller: Caller) -> DeviceView:
    return DeviceView(
        id=row["id"],
        name=row["name"],
        host=row["host"],
        here=row["session_id"] == caller.session_id,
        created_at=wire(row["created_at"]),
        used_at=wire_or_none(row["used_at"]),
    )
