"""What a supervisor sets on somebody's seat."""

from typing import Any
from uuid import UUID

import msgspec

from kezhan.audit.service import record
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.ids import parse_id
from kezhan.routing import store as settings
from kezhan.routing.lists import begin_rules
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.settle import lock, settle
from kezhan.routing.schemas import SeatEdit, SeatView, StateIn
from kezhan.routing.seats import store
from kezhan.routing.seats.state import changed, set_state
from kezhan.routing.seats.views import one_seat
from kezhan.workspaces.authenticate import Caller


class _Detail(msgspec.Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    values: dict[str, Any]


async def edit_seat(tx: Tx, caller: Caller, membership_id: UUID, form: SeatEdit) -> SeatView:
    """Its room and skills, which count at once. Raises NotFound for a skill or seat there is not."""
    rules = await begin_rules(tx)
    await one_seat(tx, membership_id)
    skills = {found: level for text, level in form.skills.items() if (found := parse_id(text)) is not None}
    if len(skills) < len(form.skills) or await settings.existing(tx, "skills", [*skills]) != set(skills):
        raise NotFound("routing.no_such_skill")
    await store.ensure_seat(tx, membership_id, now())
    locked = await lock(tx, await queue.queues_of(tx, [membership_id]))
    await queue.lock_seats(tx, [membership_id])
    room = {"live_units": form.live_units, "deferred_units": form.deferred_units}
    await store.change(tx, membership_id, room)
    await settings.put_seat_skills(tx, membership_id, skills)
    detail = _Detail(values=msgspec.to_builtins(form))
    await record(tx, caller, "seat.edit", "member", membership_id, detail=detail)
    await changed(tx, membership_id)
    await settle(tx, rules, locked, seats=[membership_id])
    return await one_seat(tx, membership_id)


async def set_for(tx: Tx, caller: Caller, membership_id: UUID, form: StateIn) -> SeatView:
    await one_seat(tx, membership_id)
    await set_state(tx, membership_id, form.state, form.reason_id, by=caller.membership_id)
    await record(
        tx, caller, "seat.set_state", "member", membership_id, detail=_Detail(values={"state": form.state})
    )
    return await one_seat(tx, membership_id)
