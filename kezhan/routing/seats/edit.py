"""What a supervisor sets on somebody's seat."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.ids import parse_id
from kezhan.routing import store as settings
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.anew import place_everybody
from kezhan.routing.queue.settle import lock, settle
from kezhan.routing.rules import begin_rules
from kezhan.routing.schemas import SeatEdit, SeatView, StateIn
from kezhan.routing.seats import store
from kezhan.routing.seats.state import set_state
from kezhan.routing.seats.views import one_seat
from kezhan.routing.tell import seats_changed
from kezhan.workspaces.authenticate import Caller


class _Detail(msgspec.Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    values: dict[str, Any]


async def edit_seat(tx: Tx, caller: Caller, membership_id: UUID, form: SeatEdit) -> SeatView:
    """Its room and skills, which count at once; what the form leaves out stays. Raises NotFound for a skill
    or seat there is not."""
    rules = await begin_rules(tx, alone=True)
    before = await one_seat(tx, membership_id)
    skills = await _skills(tx, form)
    await store.ensure_seat(tx, membership_id, now())
    # She may have been the only one who spoke a customer's language: then everybody is placed anew.
    lost = skills is not None and bool(before.skills.keys() - {str(skill) for skill in skills})
    locked = await lock(tx, await (queue.all_queues(tx) if lost else queue.queues_of(tx, [membership_id])))
    await queue.lock_seats(tx, [membership_id])
    room = {"live_units": form.live_units, "deferred_units": form.deferred_units}
    room = {name: units for name, units in room.items() if units is not UNSET}
    if room:
        await store.change(tx, membership_id, room)
    if skills is not None:
        await settings.put_seat_skills(tx, membership_id, skills)
    view = await one_seat(tx, membership_id)
    if view == before:
        return view
    detail = _Detail(values=msgspec.to_builtins(form))
    told = between(before, view, ("live_units", "deferred_units", "skills"))
    await record(tx, caller, "seat.edit", "member", membership_id, detail=detail, changes=told)
    await seats_changed(tx, [membership_id])
    await settle(tx, rules, locked, seats=[membership_id])
    if lost:
        await place_everybody(tx, rules)
    return await one_seat(tx, membership_id)


async def _skills(tx: Tx, form: SeatEdit) -> dict[UUID, int] | None:
    if form.skills is UNSET:
        return None
    skills = {found: level for text, level in form.skills.items() if (found := parse_id(text)) is not None}
    if len(skills) < len(form.skills) or await settings.existing(tx, "skills", [*skills]) != set(skills):
        raise NotFound("routing.no_such_skill")
    return skills


async def set_for(tx: Tx, caller: Caller, membership_id: UUID, form: StateIn) -> SeatView:
    """The same again changes nothing."""
    before = await one_seat(tx, membership_id)
    await set_state(tx, membership_id, form.state, form.reason_id, by=caller.membership_id)
    view = await one_seat(tx, membership_id)
    if (before.state, before.reason_id) != (view.state, view.reason_id):
        detail = _Detail(values=msgspec.to_builtins(form))
        told = between(before, view, ("state", "reason_id"))
        await record(tx, caller, "seat.set_state", "member", membership_id, detail=detail, changes=told)
    return view
