"""A channel comes over from the desk of before, stage by stage, and goes back at once if need be."""

from uuid import UUID

import msgspec
from msgspec import structs
from sqlalchemy import Row

from kezhan.channels import store
from kezhan.channels.accounts import changed, held
from kezhan.channels.registry import find
from kezhan.channels.schemas import Switch, SwitchForm, SwitchView
from kezhan.kit.changes import Change, between
from kezhan.kit.clock import now, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.fetch import web_address
from kezhan.workspaces.authenticate import Caller


async def get_switch(tx: Tx, account_id: UUID) -> SwitchView:
    """Raises NotFound."""
    row = await store.account(tx, account_id)
    if row is None:
        raise NotFound("channels.not_found")
    return _view(row)


async def put_switch(tx: Tx, caller: Caller, account_id: UUID, form: SwitchForm) -> SwitchView:
    """Replace all of it. A trial begins when the first customer may be served here, also after a return: who
    is served where is then decided afresh. Raises NotFound; Refused: 409 for a channel whose messages come by
    no call, 400 for an address that is none or is missing, for seats that nobody has or none at all."""
    row = await held(tx, account_id)
    if find(row.adapter).verify is None:
        raise Refused("channels.not_switchable", 409)
    url = form.forward_url.strip()
    if url and not web_address(url):
        raise Refused("channels.bad_forward_url", 400, field="forward_url")
    if not url and (form.by == "seats" or form.share < 100):
        raise Refused("channels.no_forward_url", 400, field="forward_url")
    await _check_seats(tx, form)
    share = 100 if form.by == "seats" else form.share
    before = msgspec.convert(row.switch, Switch)
    after = structs.replace(_timed(before, url, share), by=form.by, seats=form.seats, limits=form.limits)
    values = {"share": share, "forward_url": url, "switch": msgspec.to_builtins(after)}
    touched = [name for name, value in values.items() if getattr(row, name) != value]
    if touched:
        await store.change_account(tx, account_id, values)
        told = _told(row.share, before, share, after)
        await changed(tx, caller, "channel.switch", account_id, row.adapter, touched, told)
    return await get_switch(tx, account_id)


async def turn_back(tx: Tx, caller: Caller, account_id: UUID) -> SwitchView:
    """Everything new goes to the desk of before; what goes on here is served to its end. A second time
    changes nothing. Raises NotFound; Refused 409 where there is no desk of before."""
    row = await held(tx, account_id)
    if not row.forward_url:
        raise Refused("channels.nowhere_back", 409)
    before = msgspec.convert(row.switch, Switch)
    if row.share > 0 or before.by == "seats":
        after = structs.replace(_timed(before, row.forward_url, 0), by="share")
        await store.change_account(tx, account_id, {"share": 0, "switch": msgspec.to_builtins(after)})
        told = _told(row.share, before, 0, after)
        await changed(tx, caller, "channel.turn_back", account_id, row.adapter, told=told)
    return await get_switch(tx, account_id)


def _told(share: int, switch: Switch, new_share: int, new_switch: Switch) -> list[Change]:
    """For the log, without the address, which may have a secret in it."""
    return [
        *between({"share": share}, {"share": new_share}),
        *between(switch, new_switch, ("by", "seats", "limits")),
    ]


async def _check_seats(tx: Tx, form: SwitchForm) -> None:
    if form.by == "seats" and not form.seats:
        raise Refused("channels.no_seats", 400, field="seats")
    if await store.members(tx, form.seats) < set(form.seats):
        raise Refused("channels.unknown_seat", 400, field="seats")


def _timed(before: Switch, url: str, share: int) -> Switch:
    """When it began and when it was given up, once it is so."""
    if not url:
        return structs.replace(before, began_at=None, returned_at=None)
    if share == 0:
        given_up = before.returned_at or now() if before.began_at is not None else None
        return structs.replace(before, returned_at=given_up)
    if before.began_at is None or before.returned_at is not None:
        return structs.replace(before, began_at=now(), returned_at=None)
    return before


def _view(row: Row[tuple[object, ...]]) -> SwitchView:
    switch = msgspec.convert(row.switch, Switch)
    stands = "off" if not row.forward_url else "ready" if switch.began_at is None else "on"
    return SwitchView(
        stands="returned" if switch.returned_at is not None else stands,  # type: ignore[arg-type]
        by=switch.by,
        share=row.share,
        seats=switch.seats,
        forward_url=row.forward_url,
        limits=switch.limits,
        began_at=wire_or_none(switch.began_at),
        returned_at=wire_or_none(switch.returned_at),
    )
