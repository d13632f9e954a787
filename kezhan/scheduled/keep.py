"""Written now, to be sent later: kept, changed, cancelled by its writer; colleagues see it too."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.channels.customers.copies import check_copies
from kezhan.conversations.copies import copies_in
from kezhan.conversations.read import seen_head
from kezhan.conversations.reply import check_body, may_reply
from kezhan.conversations.schemas import Send, State
from kezhan.files.schemas import FileOut
from kezhan.files.service import attach, erase, owner_of
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.masking import restored
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.scheduled import store
from kezhan.scheduled.events import ScheduledChanged
from kezhan.scheduled.schemas import (
    MAX_WAITING,
    ScheduledForm,
    ScheduledList,
    ScheduledState,
    ScheduledView,
)
from kezhan.workspaces.authenticate import Caller

TIMER = "scheduled.send"
LONGEST = timedelta(days=366)
SHOWN = 200
_OPEN = frozenset({ScheduledState.WAITING, ScheduledState.HELD})


def client_id_of(scheduled_id: UUID, part: str) -> str:
    """By which a part of it (`text`, or a file's id) is sent once, however often it is tried."""
    return f"scheduled:{scheduled_id}:{part}"


async def put_scheduled(
    tx: Tx, caller: Caller, conversation_id: UUID, scheduled_id: UUID, form: ScheduledForm
) -> None:
    """Keep a new one under this id, or change one's own; the same again changes nothing. What was held waits
    anew. Raises NotFound, Forbidden for a colleague's, Refused: 400 for a message or moment that is none, 409
    in a conversation that has ended, for a time that is past or too far, and for one that has gone out."""
    head = await may_reply(tx, caller, conversation_id)
    copies = _check(form)
    if head.state == State.CLOSED:
        raise Refused("conversations.closed", 409)
    if copies:
        await check_copies(tx, head, copies)
    row = await store.hold(tx, scheduled_id)
    files = list(dict.fromkeys(form.file_ids))
    values: dict[str, Any] = {
        "body": form.body.strip(),
        "original": form.original.strip(),
        "file_ids": files,
        "quote_seq": form.quote_seq,
        "copies": copies,
        "due_at": form.at,
        "hold": form.hold,
        "inbound": head.inbound_count,
        "state": ScheduledState.WAITING,
        "fault": "",
    }
    if row is None:
        await _add(tx, caller, conversation_id, scheduled_id, values)
    else:
        _require_open(caller, conversation_id, row)
        for name in ("body", "original"):
            values[name] = restored(values[name], getattr(row, name), caller.cover)
        if all(getattr(row, name) == value for name, value in values.items()):
            return
        await store.change(tx, scheduled_id, values)
        for file_id in set(row.file_ids) - set(files):
            await erase(tx, file_id)
    for file_id in files:
        # Used for just this message from here on, so that it is still there when its time comes.
        use = f"{caller.membership_id}:{client_id_of(scheduled_id, str(file_id))}"
        await attach(tx, file_id, owner_of(caller), use)
    await set_timer(tx, TIMER, scheduled_id, form.at)
    await _tell(tx, scheduled_id, conversation_id, caller.membership_id)


async def _add(
    tx: Tx, caller: Caller, conversation_id: UUID, scheduled_id: UUID, values: dict[str, Any]
) -> None:
    if await store.count(tx, conversation_id, caller.membership_id) >= MAX_WAITING:
        raise Refused("scheduled.too_many", 409, most=MAX_WAITING)
    placed = {"id": scheduled_id, "conversation_id": conversation_id, "membership_id": caller.membership_id}
    if not await store.add(tx, {**placed, "made_at": now(), **values}):
        raise Refused("scheduled.gone_out", 409)


def _check(form: ScheduledForm) -> list[str]:
    """The addresses it is copied to."""
    send = Send(client_id="scheduled", body=form.body, original=form.original, copies=form.copies)
    if form.body.strip() or not form.file_ids:
        check_body(send)
    if form.at.tzinfo is None:
        raise Refused("conversations.no_moment", field="at")
    if form.at <= now():
        raise Refused("scheduled.past", 409, field="at")
    if form.at > now() + LONGEST:
        raise Refused("scheduled.far", 409, field="at", days=LONGEST.days)
    return copies_in(send)


async def cancel(tx: Tx, caller: Caller, conversation_id: UUID, scheduled_id: UUID) -> None:
    """One's own is not sent. A second time changes nothing. Raises Forbidden for a colleague's, Refused 409
    for one that has gone out."""
    await seen_head(tx, caller, conversation_id)
    row = await store.hold(tx, scheduled_id)
    if row is None:
        return
    _require_open(caller, conversation_id, row)
    for file_id in row.file_ids:
        await erase(tx, file_id)
    await store.remove(tx, scheduled_id)
    await cancel_timer(tx, TIMER, scheduled_id)
    await _tell(tx, scheduled_id, conversation_id, caller.membership_id)


def _require_open(caller: Caller, conversation_id: UUID, row: Row[Any]) -> None:
    require_own(caller, conversation_id, row)
    if row.state not in _OPEN:
        raise Refused("scheduled.gone_out", 409)


def require_own(caller: Caller, conversation_id: UUID, row: Row[Any] | None) -> Row[Any]:
    """Raises NotFound, and Forbidden for a colleague's."""
    if row is None or row.conversation_id != conversation_id:
        raise NotFound("scheduled.not_found")
    if row.membership_id != caller.membership_id:
        raise Forbidden("scheduled.not_yours")
    return row


async def _tell(tx: Tx, scheduled_id: UUID, conversation_id: UUID, membership_id: UUID) -> None:
    told = ScheduledChanged(
        scheduled_id=scheduled_id, conversation_id=conversation_id, membership_id=membership_id
    )
    await emit(tx, told)


async def of_conversation(tx: Tx, caller: Caller, conversation_id: UUID) -> ScheduledList:
    """What is to be sent here, by whomever. Raises NotFound for a conversation out of sight."""
    await seen_head(tx, caller, conversation_id)
    return _views(await store.listed(tx, conversation_id, None, SHOWN))


async def of_member(tx: Tx, caller: Caller) -> ScheduledList:
    """What the caller has not got sent yet, wherever it is."""
    return _views(await store.listed(tx, None, caller.membership_id, SHOWN))


_files = msgspec.json.Decoder(list[FileOut]).decode


def _views(rows: Sequence[ReadRow]) -> ScheduledList:
    return ScheduledList(items=[_view(row) for row in rows])


def _view(row: ReadRow) -> ScheduledView:
    return ScheduledView(
        id=row["id"],
        conversation_id=row["conversation_id"],
        member_id=row["membership_id"],
        member_name=row["member_name"],
        contact_name=row["contact_name"] or "",
        body=row["body"],
        original=row["original"],
        files=_files(row["files"]),
        quote_seq=row["quote_seq"],
        copies=list(row["copies"]),
        at=wire(row["due_at"]),
        hold=row["hold"],
        state=ScheduledState(row["state"]),
        fault=row["fault"],
    )
