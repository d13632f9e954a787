"""An act on many asked for, looked after, called off, taken back."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from kezhan.conversations.read import ids_in
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.reading import Reader, ReadRow
from kezhan.kit.words import say
from kezhan.segments.service import named_in
from kezhan.tags.service import exists as tag_exists
from kezhan.views.bulk import store
from kezhan.views.bulk.schemas import (
    MAX_AT_ONCE,
    TAGGING,
    UNDO_SECONDS,
    BulkAct,
    BulkForm,
    BulkRefusal,
    BulkState,
    BulkView,
    Fault,
    Wanted,
)
from kezhan.views.events import BulkAsked
from kezhan.views.filters import store as filters
from kezhan.views.show import seen
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

_encode = msgspec.json.Encoder().encode
wanted_of = msgspec.json.Decoder(Wanted).decode
_fault_of = msgspec.json.Decoder(Fault).decode
_NEEDS = {
    BulkAct.CLOSE: Permission.CONVERSATION_CLOSE,
    BulkAct.SPAM: Permission.CONVERSATION_CLOSE,
    BulkAct.UNSPAM: Permission.CONVERSATION_CLOSE,
}
_FINAL = frozenset({BulkAct.READ, BulkAct.UNSPAM})
"""What is not taken back."""


async def begin(tx: Tx, reader: Reader, caller: Caller, form: BulkForm, language: str) -> BulkView:
    """Asked again under the same `client_id`: the first one as it stands. Raises Refused where nothing or too
    much is chosen, Forbidden where the act takes a right that the caller has not."""
    caller.require(_NEEDS.get(form.act, Permission.CONVERSATION_REPLY))
    if (before := await store.named(tx, caller.membership_id, form.client_id)) is not None:
        return await _view_of(tx, before, language)
    ids, bulk_id = await _chosen(tx, reader, caller, form), new_id()
    await _check_tag(tx, form)
    wanted = Wanted(
        act=form.act,
        member_id=form.member_id,
        team_id=form.team_id,
        until=_moment(form),
        tag_id=form.tag_id if form.act in TAGGING else None,
    )
    await store.forget_old(tx, caller.membership_id)
    asked = _encode(wanted).decode(), _encode(caller).decode()
    if await store.add(tx, bulk_id, caller.membership_id, form.client_id, *asked):
        if not await store.add_items(tx, bulk_id, ids):
            raise Refused("views.bulk.nothing")
        await emit(tx, BulkAsked(bulk_id=bulk_id))
    row = await store.named(tx, caller.membership_id, form.client_id)
    if row is None:
        raise NotFound("views.bulk.not_found")
    return await _view_of(tx, row, language)


def _moment(form: BulkForm) -> datetime | None:
    if form.until is not None and form.until.tzinfo is None:
        raise Refused("conversations.no_moment", field="until")
    return form.until


async def _check_tag(tx: Tx, form: BulkForm) -> None:
    if form.act not in TAGGING:
        return
    if form.tag_id is None or not await tag_exists(tx, form.tag_id):
        raise Refused("tags.not_found", field="tag_id")


async def _chosen(tx: Tx, reader: Reader, caller: Caller, form: BulkForm) -> list[UUID]:
    if [bool(form.ids), form.view_id is not None, form.list is not None].count(True) != 1:
        raise Refused("views.bulk.nothing", field="ids")
    if form.view_id is not None:
        wanted, _ = await seen(reader, caller, form.view_id)
        segments = await named_in(tx, [wanted])
        ids = await filters.ids(tx, caller, segments, wanted, MAX_AT_ONCE + 1)
    elif form.list is not None:
        ids = await ids_in(tx, caller, form.list, MAX_AT_ONCE + 1)
    else:
        ids = form.ids
    if len(ids) > MAX_AT_ONCE:
        raise Refused("views.bulk.too_many", 409, limit=MAX_AT_ONCE)
    return ids


async def look(tx: Tx, caller: Caller, bulk_id: UUID, language: str) -> BulkView:
    """One's own. Raises NotFound."""
    return await _view_of(tx, await _own(tx, caller, bulk_id), language)


async def cancel(tx: Tx, caller: Caller, bulk_id: UUID, language: str) -> BulkView:
    """What is not done yet is left as it is. Ended already: nothing changes."""
    await _own(tx, caller, bulk_id)
    await store.move(tx, bulk_id, [BulkState.RUNNING], BulkState.CANCELLED, ended=True)
    return await look(tx, caller, bulk_id, language)


async def undo(tx: Tx, caller: Caller, bulk_id: UUID, language: str) -> BulkView:
    """What was done is taken back, as far as nothing has happened since. Asked again: nothing changes. Raises
    Refused 409 where it is too late, or there is no way back."""
    row = await _own(tx, caller, bulk_id)
    if row["state"] in {BulkState.UNDOING, BulkState.UNDONE}:
        return await _view_of(tx, row, language)
    if _undo_until(row) is None:
        raise Refused("views.bulk.no_way_back", 409)
    ended = [BulkState.DONE, BulkState.CANCELLED]
    if await store.move(tx, bulk_id, ended, BulkState.UNDOING, ended=False):
        await emit(tx, BulkAsked(bulk_id=bulk_id, undo=True))
    return await look(tx, caller, bulk_id, language)


async def _own(tx: Tx, caller: Caller, bulk_id: UUID) -> ReadRow:
    row = await store.bulk(tx, bulk_id)
    if row is None or row["by_id"] != caller.membership_id:
        raise NotFound("views.bulk.not_found")
    return row


def _undo_until(row: ReadRow) -> str | None:
    ended = row["state"] in {BulkState.DONE, BulkState.CANCELLED}
    if not ended or not row["done"] or wanted_of(row["wanted"]).act in _FINAL:
        return None
    until = row["ended_at"] + timedelta(seconds=UNDO_SECONDS)
    return wire(until) if until > now() else None


async def _view_of(tx: Tx, row: ReadRow, language: str) -> BulkView:
    rows = await store.refusals(tx, row["id"])
    faults = [(_fault_of(one["fault"]), one) for one in rows]
    return BulkView(
        id=row["id"],
        act=wanted_of(row["wanted"]).act,
        state=BulkState(row["state"]),
        total=row["total"],
        done=row["done"],
        refused=row["refused"],
        undone=row["undone"],
        refusals=[
            BulkRefusal(
                title=say(language, fault.code, **fault.params), count=one["count"], examples=one["names"]
            )
            for fault, one in faults
        ],
        undo_until=_undo_until(row),
    )
