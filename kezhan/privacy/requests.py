"""What somebody asks of us about her data: written down, carried out or refused, by a day."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.keys import Of
from kezhan.audit.service import record
from kezhan.contacts import service as contacts
from kezhan.contacts.values import visitor_number
from kezhan.files import service as files
from kezhan.files.schemas import FileOut
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import set_timer
from kezhan.privacy import store
from kezhan.privacy.events import PrivacyWorkAsked
from kezhan.privacy.schemas import (
    BY_US,
    Answer,
    ContactPrivacy,
    Hold,
    HoldForm,
    PrivacyRequest,
    Recipient,
    Recipients,
    RequestFacts,
    RequestForm,
    RequestKind,
    RequestState,
)
from kezhan.privacy.settings import settings
from kezhan.privacy.wipe.store import people_of
from kezhan.workspaces.authenticate import Caller

ARCHIVE_TIMER = "privacy.archive"
KEPT = timedelta(days=7)
"""For so long the copy of somebody's data lies ready."""
_SHOWN = 50


async def of_contact(tx: Tx, contact_id: UUID) -> ContactPrivacy:
    """Raises NotFound."""
    row = await contacts.get(tx, contact_id)
    hold, erased = await store.hold(tx, row.id), await store.erased_at(tx, row.id)
    return ContactPrivacy(
        hold=None if hold is None else Hold(reason=hold.reason, by_name=hold.by_name, at=wire(hold.at)),
        erased_at=wire_or_none(erased),
        requests=[_view(one) for one in await store.requests_of(tx, row.id, _SHOWN)],
    )


async def page(tx: Tx, *, open_only: bool, after: str, limit: int) -> Page[PrivacyRequest]:
    """Those to be answered, the most urgent first, or all, the latest first."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.requests(tx, open_only=open_only, after=key, limit=size + 1)
    more = encode_cursor(rows[size - 1].due_at, rows[size - 1].id) if len(rows) > size else None
    return Page(items=[_view(row) for row in rows[:size]], next=more)


async def recipients(tx: Tx) -> Recipients:
    """Every outside party that gets something of customers, as things are set now."""
    return Recipients(
        items=[
            Recipient(
                kind=row.kind,
                name=row.name,
                host=urlsplit(row.address or "").hostname or "",
                adapter=row.adapter,
                gets=list(row.gets),
            )
            for row in await store.recipients(tx)
        ]
    )


async def ask(tx: Tx, caller: Caller, contact_id: UUID, form: RequestForm) -> PrivacyRequest:
    """Written down; what is asked already and not answered yet is the same one. Raises NotFound, Refused."""
    contact = await contacts.get(tx, contact_id)
    at = now()
    received = form.received_at or at
    if not at - timedelta(days=366) <= received <= at + timedelta(minutes=5):
        raise Refused("privacy.bad_day", 400, field="received_at")
    if "\0" in form.note:
        raise Refused("kit.bad_text", 400, field="note")
    due = received + timedelta(days=(await settings(tx)).due_days)
    values = {"id": new_id(), "contact_id": contact.id, "number": contact.number, "kind": form.kind}
    values |= {"state": RequestState.OPEN, "received_at": received, "due_at": due, "note": form.note.strip()}
    made = await store.add_request(tx, {**values, "answer": "", "by_id": caller.membership_id})
    if made is not None:
        await _record(tx, caller, "privacy.ask", contact.id, form.kind, made)
    found = made or await store.open_request(tx, contact.id, form.kind)
    if found is None:
        raise Refused("kit.busy", 409)
    return _view(await store.request(tx, found))


async def carry_out(tx: Tx, caller: Caller, request_id: UUID, number: str) -> PrivacyRequest:
    """The house makes the copy, or erases her; asked again while it does, it goes on. Raises NotFound,
    Refused 409 where she is held, 400 where the number is not hers."""
    row = await _open(tx, request_id)
    if row.kind not in BY_US:
        raise Refused("privacy.by_people", 409)
    if row.kind == RequestKind.ERASE:
        if number.strip() != row.number:
            raise Refused("privacy.wrong_number", 400, field="number")
        if await store.hold(tx, row.contact_id) is not None:
            raise Refused("privacy.held", 409)
    if row.state == RequestState.OPEN:
        begun = {"state": RequestState.WORKING, "begun_at": now(), "fault": None}
        await store.change_request(tx, row.id, {**begun, "ended_by": caller.membership_id})
        await _record(tx, caller, "privacy.carry_out", row.contact_id, row.kind, row.id)
    await emit(tx, PrivacyWorkAsked(request_id=row.id))
    return _view(await store.request(tx, row.id))


async def close(tx: Tx, caller: Caller, request_id: UUID, form: Answer, *, refused: bool) -> PrivacyRequest:
    """Refused, or done by people, with the answer that was given. Raises NotFound, Refused 409."""
    row = await _open(tx, request_id)
    if row.state != RequestState.OPEN or (not refused and row.kind in BY_US):
        raise Refused("privacy.by_house", 409)
    if "\0" in form.answer:
        raise Refused("kit.bad_text", 400, field="answer")
    state = RequestState.REFUSED if refused else RequestState.DONE
    ended = {"state": state, "answer": form.answer.strip(), "ended_by": caller.membership_id}
    await store.change_request(tx, row.id, {**ended, "ended_at": now()})
    await _record(tx, caller, f"privacy.{'refuse' if refused else 'done'}", row.contact_id, row.kind, row.id)
    return _view(await store.request(tx, row.id))


async def archive_of(tx: Tx, caller: Caller, request_id: UUID) -> FileOut:
    """Somebody's copy. Raises NotFound, Refused 409 where there is none (any more)."""
    row = await store.hold_request(tx, request_id)
    if row is None:
        raise NotFound("privacy.no_request")
    if row.file_id is None:
        raise Refused("privacy.no_archive", 409)
    await _record(tx, caller, "privacy.export_read", row.contact_id, row.kind, row.id)
    return await files.get(tx, row.file_id)


async def on_timer(tx: Tx, request_id: UUID) -> None:
    """A copy that lies ready too long goes."""
    row = await store.hold_request(tx, request_id)
    if row is not None and row.file_id is not None:
        await store.change_request(tx, row.id, {"file_id": None})
        await files.erase(tx, row.file_id)


async def archived(tx: Tx, row: Row[Any], file_id: UUID) -> None:
    """Her copy lies ready."""
    await store.change_request(
        tx, row.id, {"state": RequestState.DONE, "file_id": file_id, "ended_at": now()}
    )
    await set_timer(tx, ARCHIVE_TIMER, row.id, now() + KEPT)


async def failed(tx: Tx, request_id: UUID, code: str) -> None:
    """It is open again, and says why."""
    await store.change_request(tx, request_id, {"state": RequestState.OPEN, "fault": code, "ended_by": None})


async def hold(tx: Tx, caller: Caller, contact_id: UUID, form: HoldForm) -> ContactPrivacy:
    """Nothing of her is erased until it is lifted. The same again changes nothing. Raises NotFound."""
    contact = await contacts.get(tx, contact_id)
    if "\0" in form.reason or not form.reason.strip():
        raise Refused("kit.bad_text", 400, field="reason")
    await people_of(tx, contact.id)  # an erasure under way ends first
    values = {"id": new_id(), "contact_id": contact.id, "reason": form.reason.strip()}
    if await store.put_hold(tx, {**values, "by_id": caller.membership_id}):
        await record(tx, caller, "privacy.hold", "contact", contact.id, of=Of("contact", contact.id))
    return await of_contact(tx, contact.id)


async def lift(tx: Tx, caller: Caller, contact_id: UUID) -> ContactPrivacy:
    contact = await contacts.get(tx, contact_id)
    if await store.lift(tx, await store.same(tx, contact.id), caller.membership_id):
        await record(tx, caller, "privacy.lift_hold", "contact", contact.id)
    return await of_contact(tx, contact.id)


async def _open(tx: Tx, request_id: UUID) -> Row[Any]:
    row = await store.hold_request(tx, request_id)
    if row is None:
        raise NotFound("privacy.no_request")
    if row.state in {RequestState.DONE, RequestState.REFUSED}:
        raise Refused("privacy.answered", 409)
    return row


async def _record(tx: Tx, caller: Caller, action: str, contact_id: UUID, kind: str, request_id: UUID) -> None:
    facts = RequestFacts(kind=RequestKind(kind), request_id=request_id)
    await record(tx, caller, action, "contact", contact_id, detail=facts)


def _view(row: ReadRow) -> PrivacyRequest:
    over = row.state in {RequestState.OPEN, RequestState.WORKING} and row.due_at < now()
    return PrivacyRequest(
        id=row.id,
        contact_id=row.contact_id,
        number=row.number or visitor_number(row.contact_id),
        name=row.name,
        kind=RequestKind(row.kind),
        state=RequestState(row.state),
        received_at=wire(row.received_at),
        due_at=wire(row.due_at),
        overdue=over,
        note=row.note,
        answer=row.answer,
        fault=row.fault,
        ready=row.file_id is not None,
        counts=row.counts,
        by_name=row.by_name,
        ended_name=row.ended_name,
        ended_at=wire_or_none(row.ended_at),
    )
