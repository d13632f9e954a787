"""A list of people is handed in, tried, done, undone; told where it stands, and what was wrong with it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.contacts.events import ImportAsked
from kezhan.contacts.imports import store
from kezhan.contacts.imports.agreed import Agreements, texts_of
from kezhan.contacts.imports.read import guess
from kezhan.contacts.imports.schemas import (
    AT_WORK,
    CONSENT,
    FIELD,
    MAX_ROWS,
    Column,
    Fault,
    FaultyRow,
    FaultyRows,
    ImportColumn,
    ImportDetail,
    ImportPlan,
    Imports,
    ImportState,
    ImportView,
    Sheet,
)
from kezhan.fields.rights import may_write, readable
from kezhan.fields.schemas import Subject
from kezhan.fields.service import fields_of
from kezhan.files import service as files
from kezhan.files.objects import Store, key_of
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.sheets import MARK, lines_of
from kezhan.kit.timers import set_timer
from kezhan.kit.words import say
from kezhan.kit.workbooks import NoList, rows_of
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

TIMER = "contacts.import"
LISTED, FAULTY_SHOWN, SAMPLES = 20, 100, 3
SILENT_S, LOOK_S = 30, 15
"""Whoever worked on it and was not heard of for so long is taken to be gone; looked after so often."""
_MOST_AT_WORK = 3


async def begin(
    db: Database, objects: Store, agreements: Agreements, caller: Caller, file_id: UUID
) -> ImportView:
    """A file of the caller's becomes a list to bring in; the same file is the same list. Raises NotFound,
    Refused 400 where it is no list, or has nobody or too many in it."""
    async with db.tx(caller.workspace_id) as tx:
        known = await store.of_file(tx, file_id)
        if known is not None:
            return view(known)
        file = await files.attach(tx, file_id, files.owner_of(caller), f"{TIMER}:{file_id}")
        fields = await fields_of(tx, Subject.CONTACT)
        consents = await _consents(tx, agreements, caller)
    heading, samples, total = await asyncio.to_thread(
        _looked_at, await objects.read(key_of(caller.workspace_id, file_id))
    )
    columns = [
        ImportColumn(name=name[:100], samples=[row[at][:80] for row in samples if at < len(row) and row[at]])
        for at, name in enumerate(heading)
    ]
    usable = [field for field in readable(fields, caller) if may_write(field, caller) and not field.sealed]
    async with db.tx(caller.workspace_id) as tx:
        values = {
            "id": new_id(),
            "by_id": caller.membership_id,
            "caller": msgspec.to_builtins(caller),
            "file_id": file_id,
            "name": file.name,
            "state": ImportState.DRAFT,
            "plan": ImportPlan(targets=guess(heading, usable, consents)),
            "columns": msgspec.to_builtins(columns),
            "total": total,
        }
        await store.add(tx, values)
        return view(await _found(tx, values["id"]))


def _looked_at(data: bytes) -> tuple[list[str], list[list[str]], int]:
    """(heading, some rows, how many rows there are)."""
    try:
        rows = rows_of(data)
        heading = next(rows, [])
        samples = list(islice(rows, SAMPLES))
        total = len(samples) + sum(1 for _ in rows)
    except NoList as fault:
        raise Refused("contacts.import.no_list", 400, field="file_id") from fault
    if not any(heading) or not total:
        raise Refused("contacts.import.nobody", 400, field="file_id")
    if total > MAX_ROWS:
        raise Refused("contacts.import.too_many", 400, field="file_id", most=MAX_ROWS)
    return heading, samples, total


async def _consents(tx: Tx, agreements: Agreements, caller: Caller) -> Mapping[UUID, str]:
    """The texts of which she may say that customers consent to them, as she may of one customer."""
    return await agreements.asked(tx) if caller.may(Permission.CONTACT_WRITE) else {}


async def check(
    tx: Tx, agreements: Agreements, caller: Caller, import_id: UUID, plan: ImportPlan
) -> ImportView:
    """Try it by this plan, without effect. Raises NotFound, Refused 400 for a plan that makes no sense, 409
    where it is at work or done."""
    row = await _held(tx, import_id)
    if row.state == ImportState.CHECKING and row.plan == plan:
        return view(row)
    if row.state not in (ImportState.DRAFT, ImportState.CHECKED, ImportState.FAILED):
        raise Refused("contacts.import.at_work", 409)
    await _check_plan(tx, agreements, caller, row, plan)
    return await _start(tx, caller, row, ImportState.CHECKING, plan)


async def run(tx: Tx, caller: Caller, import_id: UUID) -> ImportView:
    """Do it as it was tried. At work or done already: nothing changes. Raises NotFound, Refused 409."""
    row = await _held(tx, import_id)
    if row.state in (ImportState.RUNNING, ImportState.DONE):
        return view(row)
    if row.state != ImportState.CHECKED:
        raise Refused("contacts.import.not_checked", 409)
    await record(tx, caller, "contact.import", "contact_import", row.id, detail=_detail(row))
    return await _start(tx, caller, row, ImportState.RUNNING, row.plan)


async def undo(tx: Tx, caller: Caller, import_id: UUID) -> ImportView:
    """Whom it has made is gone, what it has changed is as it was, where nothing else has happened since."""
    row = await _held(tx, import_id)
    if row.state in (ImportState.UNDOING, ImportState.UNDONE):
        return view(row)
    if row.state != ImportState.DONE:
        raise Refused("contacts.import.at_work", 409)
    await record(tx, caller, "contact.import_undo", "contact_import", row.id, detail=_detail(row))
    await store.change(tx, row.id, {"state": ImportState.UNDOING, "caller": msgspec.to_builtins(caller)})
    return await _go(tx, row.id)


def _detail(row: Row[Any]) -> ImportDetail:
    return ImportDetail(rows=row.total, consents=texts_of(row.plan))


async def _start(tx: Tx, caller: Caller, row: Row[Any], state: ImportState, plan: ImportPlan) -> ImportView:
    if await store.busy(tx) >= _MOST_AT_WORK:
        raise Refused("contacts.import.too_many_at_work", 409)
    await store.drop_rows(tx, row.id)
    counts = dict.fromkeys(("read", "made", "changed", "same", "faulty", "undone"), 0)
    who = {"caller": msgspec.to_builtins(caller), "by_id": caller.membership_id}
    await store.change(tx, row.id, {"state": state, "plan": plan, "fault": "", **who, **counts})
    return await _go(tx, row.id)


async def _go(tx: Tx, import_id: UUID) -> ImportView:
    row = await _found(tx, import_id)
    await emit(tx, ImportAsked(import_id=import_id, step=row.state))
    await set_timer(tx, TIMER, import_id, now() + timedelta(seconds=LOOK_S))
    return view(row)


async def _check_plan(
    tx: Tx, agreements: Agreements, caller: Caller, row: Row[Any], plan: ImportPlan
) -> None:
    fields = readable(await fields_of(tx, Subject.CONTACT), caller)
    known = {
        *Column,
        *(FIELD + field.id for field in fields if may_write(field, caller) and not field.sealed),
        *(f"{CONSENT}{text_id}" for text_id in await _consents(tx, agreements, caller)),
    }
    used = [target for target in plan.targets if target]
    if len(plan.targets) != len(row.columns) or not known.issuperset(used):
        raise Refused("contacts.import.bad_plan", 400, field="targets")
    if len(set(used)) != len(used):
        raise Refused("contacts.import.target_twice", 400, field="targets")
    if not used:
        raise Refused("contacts.import.no_target", 400, field="targets")


async def on_timer(tx: Tx, import_id: UUID) -> None:
    """One that nobody works on any more goes on from where it stands."""
    row = await store.one(tx, import_id)
    if row is None or row.state not in AT_WORK:
        return
    if await store.silent(tx, import_id, SILENT_S):
        await emit(tx, ImportAsked(import_id=import_id, step=row.state))
    await set_timer(tx, TIMER, import_id, now() + timedelta(seconds=LOOK_S))


async def list_imports(tx: Tx) -> Imports:
    return Imports([view(row) for row in await store.newest(tx, LISTED)])


async def get(tx: Tx, import_id: UUID) -> ImportView:
    return view(await _found(tx, import_id))


async def faulty(tx: Tx, import_id: UUID, language: str) -> FaultyRows:
    await _found(tx, import_id)
    return FaultyRows([_faulty(row, language) for row in await store.faulty(tx, import_id, FAULTY_SHOWN)])


async def report(tx: Tx, import_id: UUID, language: str) -> Sheet:
    """The faulty rows as a list: which, why, and all that stood there, so that it can be mended and brought
    in again."""
    row = await _found(tx, import_id)
    found = [_faulty(one, language) for one in await store.faulty(tx, import_id, MAX_ROWS)]
    heading = [say(language, "contacts.import.row_no"), say(language, "contacts.import.why")]
    heading += [column["name"] for column in row.columns]
    text = MARK + lines_of([heading, *([str(one.no), one.why, *one.cells] for one in found)])
    name = f"{say(language, 'contacts.import.report')} {row.name.rpartition('.')[0] or row.name}.csv"
    return Sheet(name=name, media_type="text/csv", text=text)


def _faulty(row: Any, language: str) -> FaultyRow:
    fault = msgspec.json.decode(row["fault"], type=Fault)
    return FaultyRow(no=row["no"], cells=row["cells"] or [], why=say(language, fault.code, **fault.params))


async def _held(tx: Tx, import_id: UUID) -> Row[Any]:
    row = await store.one(tx, import_id, hold=True)
    if row is None:
        raise NotFound("contacts.import.not_found")
    return row


async def _found(tx: Tx, import_id: UUID) -> Row[Any]:
    row = await store.one(tx, import_id)
    if row is None:
        raise NotFound("contacts.import.not_found")
    return row


def view(row: Row[Any]) -> ImportView:
    columns: Sequence[ImportColumn] = msgspec.convert(row.columns, list[ImportColumn])
    return ImportView(
        id=row.id,
        name=row.name,
        state=ImportState(row.state),
        total=row.total,
        read=row.read,
        made=row.made,
        changed=row.changed,
        same=row.same,
        faulty=row.faulty,
        undone=row.undone,
        fault=row.fault,
        plan=row.plan,
        columns=list(columns),
        by_name=row.by_name,
        created_at=wire(row.created_at),
    )
