"""Routes: what a person sets for herself, and the browsers she is pushed to."""

from typing import Any
from uuid import UUID

from litestar import delete, get, put
from litestar.datastructures import State

from kezhan.devices import personal, subscribe
from kezhan.devices import schemas as s
from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, signed_in

_MINE = signed_in()


@get("/api/me/personal", guards=[_MINE], operation_id="devices_get_personal")
async def get_personal(tx: Tx, caller: Caller) -> s.PersonalView:
    return await personal.personal(tx, caller)


@put("/api/me/personal", guards=[_MINE], operation_id="devices_put_personal")
async def put_personal(tx: Tx, caller: Caller, data: s.PersonalForm) -> s.PersonalView:
    return await personal.change_personal(tx, caller, data.settings)


@get("/api/me/devices", guards=[_MINE], operation_id="devices_list")
async def get_devices(state: State, caller: Caller) -> s.DeviceList:
    return await subscribe.list_devices(state.db, state.keyring, caller)


@put("/api/me/devices", guards=[_MINE], operation_id="devices_add")
async def put_device(state: State, tx: Tx, caller: Caller, data: s.DeviceForm) -> s.DeviceView:
    """This browser wants pushes from now on; one that is known already stays what it is."""
    return await subscribe.add_device(tx, state.keyring, caller, data)


@delete("/api/me/devices/{device_id:uuid}", guards=[_MINE], operation_id="devices_remove")
async def delete_device(tx: Tx, caller: Caller, device_id: UUID) -> None:
    await subscribe.remove_device(tx, caller, device_id)


routes: list[Any] = [get_personal, put_personal, get_devices, put_device, delete_device]
