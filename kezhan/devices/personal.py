"""What a person sets for herself, for all her devices at once."""

from datetime import datetime

from kezhan.conversations.desk import Desk
from kezhan.devices import store
from kezhan.devices.events import PersonalChanged
from kezhan.devices.quiet import quiet_spans
from kezhan.devices.schemas import Personal, PersonalFrame, PersonalView, Span
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import Published, emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.profile import view_workspace


async def personal(tx: Tx, caller: Caller) -> PersonalView:
    row = await store.personal(tx, caller.membership_id)
    return await _view(tx, *(row or (Personal(), 0)))


async def change_personal(tx: Tx, caller: Caller, wanted: Personal) -> PersonalView:
    """The last one counts; the same again changes nothing. Raises Refused 400 for a moment that is none."""
    _check(wanted)
    before, rev = await store.personal(tx, caller.membership_id) or (Personal(), 0)
    if wanted != before:
        rev = await store.put_personal(tx, caller.membership_id, wanted)
        await emit(tx, PersonalChanged(membership_id=caller.membership_id, rev=rev))
    return await _view(tx, wanted, rev)


def _check(wanted: Personal) -> None:
    if wanted.quiet_until is None:
        return
    try:
        known = datetime.fromisoformat(wanted.quiet_until).tzinfo is not None
    except ValueError:
        known = False
    if not known:
        raise Refused("devices.bad_moment", 400, field="quiet_until")


async def _view(tx: Tx, settings: Personal, rev: int) -> PersonalView:
    space = await view_workspace(tx)
    spans = quiet_spans(settings, space.time_zone, now())
    return PersonalView(
        settings=settings,
        rev=rev,
        quiet=[Span(start=wire(start), end=wire(end)) for start, end in spans],
    )


def on_commit(desk: Desk, published: list[Published]) -> None:
    for event, _ in published:
        if isinstance(event, PersonalChanged):
            desk.across.say([f"member:{event.membership_id}"], PersonalFrame(rev=event.rev))
