"""In its time: by the road of every reply, once, as its writer may write then; or held, with the reason."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from kezhan.channels.customers.copies import check_copies
from kezhan.channels.customers.reach import reach_of
from kezhan.conversations.desk import Desk
from kezhan.conversations.items import Append
from kezhan.conversations.number import add_event
from kezhan.conversations.read import seen_head
from kezhan.conversations.reply import agent_item, file_payload, may_reply
from kezhan.conversations.schemas import EventPayload, Send, State
from kezhan.files.service import owner_of
from kezhan.kit.clock import now
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.log import log
from kezhan.kit.outbox import Published, emit
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.scheduled import store
from kezhan.scheduled.events import ScheduledChanged, ScheduledDue
from kezhan.scheduled.keep import TIMER, client_id_of, require_own
from kezhan.scheduled.schemas import ScheduledMoved, ScheduledState
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.members import member_caller

AGAIN = timedelta(seconds=20)
"""A process that has taken one to send and died leaves it to another, which sends it under the same names."""
TEXT = "text"
_WHY = {"closed": "closed", "gone": "gone", "refused": "refused", "barred": "barred"}


class _Held(Exception):
    """It cannot be sent: a word of `scheduled.why.*`."""


class _Part(NamedTuple):
    name: str
    item: Append


async def _on_due(tx: Tx, scheduled_id: UUID) -> None:
    """Marked as being sent and looked at again: nothing is lost with the process that sends it."""
    row = await store.hold(tx, scheduled_id)
    if row is None or row.state not in {ScheduledState.WAITING, ScheduledState.SENDING}:
        return
    if row.state == ScheduledState.WAITING and row.due_at > now():
        return
    await _take(tx, row, {})


async def _take(tx: Tx, row: Row[Any], values: dict[str, Any]) -> None:
    await store.change(tx, row.id, {"state": ScheduledState.SENDING, **values})
    await set_timer(tx, TIMER, row.id, now() + AGAIN)
    await emit(tx, ScheduledDue(scheduled_id=row.id))


TIMERS: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = {TIMER: _on_due}


async def send_now(tx: Tx, caller: Caller, conversation_id: UUID, scheduled_id: UUID) -> None:
    """One's own goes out now, whatever the customer has said meanwhile. One that is on its way, or has been
    sent, stays as it is. Raises NotFound, Forbidden for a colleague's."""
    await seen_head(tx, caller, conversation_id)
    row = require_own(caller, conversation_id, await store.hold(tx, scheduled_id))
    if row.state in {ScheduledState.WAITING, ScheduledState.HELD}:
        await _take(tx, row, {"due_at": now(), "hold": False, "fault": ""})


class Later:
    """One per process: sends what has fallen due here, and tells screens what has changed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tasks: set[asyncio.Task[None]] = set()

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        for event, _ in published:
            if isinstance(event, ScheduledDue):
                task = asyncio.create_task(self._send(workspace_id, event.scheduled_id))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            elif isinstance(event, ScheduledChanged):
                moved = ScheduledMoved(
                    conversation_id=event.conversation_id, member_id=event.membership_id, held=event.held
                )
                topics = [f"conversation:{event.conversation_id}", f"member:{event.membership_id}"]
                self._desk.across.say(topics, moved)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, workspace_id: UUID, scheduled_id: UUID) -> None:
        try:
            await send(self._desk, workspace_id, scheduled_id)
        except Exception as fault:
            # The timer brings it back.
            log.warning("scheduled.send_failed", scheduled=str(scheduled_id), fault=repr(fault))


async def send(desk: Desk, workspace_id: UUID, scheduled_id: UUID) -> None:
    """Send what has been taken to be sent. Whoever else is at it sends the same: it is stored once."""
    async with desk.db.tx(workspace_id) as tx:
        row = await store.hold(tx, scheduled_id)
        if row is None or row.state != ScheduledState.SENDING:
            return
        try:
            parts = await _parts(tx, desk.keyring, row)
        except _Held as held:
            await _settle(tx, row, (), str(held))
            return
    sent: list[str] = []
    why = ""
    for part in parts:
        answer = await desk.lane.append(part.item)
        if answer.outcome == "full":
            return
        if answer.outcome in _WHY:
            why = _WHY[answer.outcome]
            break
        sent.append(part.name)
    async with desk.db.tx(workspace_id) as tx:
        row = await store.hold(tx, scheduled_id)
        if row is not None and row.state == ScheduledState.SENDING:
            await _settle(tx, row, sent, why)


async def _parts(tx: Tx, keyring: KeyRing, row: Row[Any]) -> list[_Part]:
    """The messages it comes to, checked as of now. Raises _Held."""
    caller = await _writer(tx, keyring, row)
    parts: list[_Part] = []
    try:
        if row.body:
            send = Send(
                client_id=client_id_of(row.id, TEXT),
                body=row.body,
                original=row.original,
                quote_seq=row.quote_seq,
                anyway=True,  # nobody is there to be asked
                copies=row.copies,
            )
            parts.append(_Part(TEXT, agent_item(caller, row.conversation_id, send)))
        for file_id in row.file_ids:
            client_id = client_id_of(row.id, str(file_id))
            send = Send(client_id=client_id, kind="file", file_id=file_id, copies=row.copies)
            item = agent_item(caller, row.conversation_id, send)
            await file_payload(tx, item, file_id, owner_of(caller))
            parts.append(_Part(str(file_id), item))
    except Refused as refused:
        raise _Held("file_gone") from refused
    return parts


async def _writer(tx: Tx, keyring: KeyRing, row: Row[Any]) -> Caller:
    """Who has written it, if she may send it now. Raises _Held."""
    caller = await member_caller(tx, row.membership_id)
    if caller is None:
        raise _Held("writer_gone")
    try:
        head = await may_reply(tx, caller, row.conversation_id)
    except NotFound as fault:
        raise _Held("out_of_sight") from fault
    except Forbidden as fault:
        raise _Held("not_permitted") from fault
    if bar := await store.bar(tx, row.conversation_id):
        raise _Held(bar)
    if head.state == State.CLOSED:
        raise _Held("closed")
    if row.hold and head.inbound_count > row.inbound:
        raise _Held("customer_wrote")
    if not (await reach_of(tx, keyring, caller, row.conversation_id)).open:
        raise _Held("window_closed")
    try:
        if row.copies:
            await check_copies(tx, head, row.copies)
    except Refused as fault:
        raise _Held("copies") from fault
    return caller


async def _settle(tx: Tx, row: Row[Any], sent: tuple[str, ...] | list[str], why: str) -> None:
    """What has gone out leaves the row; the rest, where there is a reason, stays for its writer."""
    values: dict[str, Any] = {"file_ids": [one for one in row.file_ids if str(one) not in sent]}
    if TEXT in sent:
        values |= {"body": "", "original": "", "quote_seq": None}
    if not why:
        values["copies"] = []
    state = ScheduledState.HELD if why else ScheduledState.SENT
    await store.change(tx, row.id, {"state": state, "fault": why, **values})
    await cancel_timer(tx, TIMER, row.id)
    if why:
        caller = await member_caller(tx, row.membership_id)
        event = EventPayload(event="scheduled_held", actor=caller.name if caller else "")
        await add_event(tx, row.conversation_id, event)
    told = ScheduledChanged(
        scheduled_id=row.id,
        conversation_id=row.conversation_id,
        membership_id=row.membership_id,
        held=bool(why),
    )
    await emit(tx, told)
