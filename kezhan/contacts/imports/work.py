"""A list is worked through, some rows in each transaction with what they do and how far it has come: whoever
is killed in the midst of it goes on there."""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.contacts import store as people
from kezhan.contacts.companies.keep import called, create, in_use
from kezhan.contacts.companies.schemas import CompanyForm
from kezhan.contacts.companies.store import place
from kezhan.contacts.imports import store
from kezhan.contacts.imports.agreed import Agreed, Agreements, texts_of
from kezhan.contacts.imports.read import Said, said
from kezhan.contacts.imports.schemas import AT_WORK, Fault, ImportState, Known, Listing
from kezhan.contacts.join import changed as tell
from kezhan.contacts.join import plain
from kezhan.contacts.service import values_of
from kezhan.contacts.values import NAMELESS
from kezhan.fields.rights import as_kept
from kezhan.fields.schemas import CustomField, FieldValues, Subject
from kezhan.fields.seals import Seals
from kezhan.fields.service import fields_of, index, index_all
from kezhan.files.objects import Store, key_of
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.jobs import Job
from kezhan.kit.workbooks import NoList, rows_of
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import acting_now

IMPORT = "contacts.import"
AT_ONCE = 500
_REMEMBERED = 5000
HEADING = 1
_NEXT = {ImportState.CHECKING: ImportState.CHECKED, ImportState.RUNNING: ImportState.DONE}
_WHOLE = ("name", "email", "phone", "tier", "language", "note")
_KEYS = {
    "name": ("name", "name_key", "sort_key"),
    "email": ("email", "email_key"),
    "phone": ("phone", "phone_key"),
}


def importer(db: Database, objects: Store, agreements: Agreements) -> Job:
    """The job `contacts.import`: tries a list, does it, or undoes it, from where it stands."""

    async def work(workspace_id: UUID, import_id: UUID) -> None:
        async with db.tx(workspace_id) as tx:
            row = await store.one(tx, import_id)
        if row is None or row.state not in AT_WORK:
            return
        if row.state == ImportState.UNDOING:
            while await _undo_some(db, agreements, workspace_id, import_id):
                pass
            return
        try:
            rows = await asyncio.to_thread(_all_of, await objects.read(key_of(workspace_id, row.file_id)))
        except (NoList, FileNotFoundError):
            async with db.tx(workspace_id) as tx:
                failed = {"state": ImportState.FAILED, "fault": "contacts.import.no_list"}
                await store.change(tx, import_id, failed)
            return
        run = _Run(rows, row, agreements)
        while await run.some(db):
            pass

    return work


def _all_of(data: bytes) -> list[list[str]]:
    return list(islice(rows_of(data), HEADING, None))


class _Run:
    """One process's way through a list."""

    def __init__(self, rows: list[list[str]], row: Row[Any], agreements: Agreements) -> None:
        self.rows, self.agreements = rows, agreements
        self.import_id: UUID = row.id
        self.workspace_id: UUID = row.workspace_id
        self.state = ImportState(row.state)
        self.named: dict[tuple[str, str], int] = {}
        self.named_up_to = 0

    async def some(self, db: Database) -> bool:
        """The next rows; whether there are more."""
        async with db.tx(self.workspace_id) as tx:
            row = await store.one(tx, self.import_id, hold=True)
            if row is None or row.state != self.state:
                return False
            caller = await acting_now(tx, msgspec.convert(row.caller, Caller))
            if caller is None or not _may(caller, row):
                gone = {"state": ImportState.FAILED, "fault": "contacts.import.rights_gone"}
                await store.change(tx, row.id, gone)
                return False
            fields = await fields_of(tx, Subject.CONTACT, stay=True)
            agreed = Agreed(tx, self.agreements, row.plan)
            chunk = _Chunk(tx, caller, row, fields, agreed, dry=self.state is ImportState.CHECKING)
            first = row.read
            if self.named_up_to < first:
                await asyncio.to_thread(self._remember, row, chunk.fields, caller)
                await store.change(tx, row.id, {})  # it is at work, and heard of
                return True
            numbered = list(enumerate(self.rows[first : first + AT_ONCE], first + HEADING + 1))
            counts = await chunk.take(numbered, self.named)
            self.named_up_to = first + len(numbered)
            over = self.named_up_to >= len(self.rows)
            values: dict[str, Any] = {"read": self.named_up_to, **counts}
            if over:
                values |= {"state": _NEXT[self.state]}
            await store.change(tx, row.id, values)
        return not over

    def _remember(self, row: Row[Any], fields: dict[str, CustomField], caller: Caller) -> None:
        """Whom the rows before have named, some rows at a time: another process may have read them."""
        until = min(row.read, self.named_up_to + _REMEMBERED)
        for at in range(self.named_up_to, until):
            with contextlib.suppress(Refused):
                found = said(self.rows[at], row.plan.targets, fields, caller)
                _once(found, at + HEADING + 1, self.named)
        self.named_up_to = until


def _may(caller: Caller, row: Row[Any]) -> bool:
    """Also to say of customers what they consent to, if the list does."""
    says = caller.may(Permission.CONTACT_WRITE) or not texts_of(row.plan)
    return caller.may(Permission.CONTACT_IMPORT) and says


def _listing(row: Row[Any], caller: Caller) -> Listing:
    return Listing(import_id=row.id, by_id=caller.membership_id, name=row.name)


class _Chunk:
    """Some rows in one transaction."""

    def __init__(
        self,
        tx: Tx,
        caller: Caller,
        row: Row[Any],
        fields: Sequence[CustomField],
        agreed: Agreed,
        *,
        dry: bool,
    ) -> None:
        self.tx, self.caller, self.row, self.agreed, self.dry = tx, caller, row, agreed, dry
        self.all_fields = fields
        self.fields = {field.id: field for field in fields}
        self.companies: dict[str, UUID] = {}
        self.fresh: list[tuple[UUID, Said, dict[str, Any]]] = []
        self.touched: set[UUID] = set()
        self.journal: list[tuple[Any, ...]] = []

    async def take(
        self, numbered: list[tuple[int, list[str]]], named: dict[tuple[str, str], int]
    ) -> dict[str, int]:
        """What has become of them is written down; the counts as they stand then."""
        fitting: list[tuple[int, list[str], Said]] = []
        for no, cells in numbered:
            try:
                found = said(cells, self.row.plan.targets, self.fields, self.caller)
                _once(found, no, named)
            except Refused as fault:
                self._faulty(no, cells, fault)
                continue
            fitting.append((no, cells, found))
        if not self.dry:
            self.companies = await in_use(self.tx, {found.company for *_, found in fitting if found.company})
        emails, phones = (
            [k for *_, s in fitting for c, k in s.keys if c == name] for name in ("email_key", "phone_key")
        )
        rows = await store.known_by(self.tx, emails, phones)
        made = await store.made_of(self.tx, [one.digest for *_, one in fitting if not one.keys])
        await self.agreed.look({*(row.id for row in rows), *made.values()})
        for no, cells, found in fitting:
            matches = {row.id: row for row in rows if any(getattr(row, c) == k for c, k in found.keys)}
            her = next(iter(matches), made.get(found.digest))
            refused = self.agreed.refused(her, found.agreed)
            if len(matches) > 1:
                self._faulty(no, cells, Refused("contacts.import.names_two"))
            elif refused is not None:
                self._faulty(no, cells, refused)
            elif matches:
                await self._change(no, found, next(iter(matches.values())))
            elif her is not None:
                self._settled(no, her, self.agreed.take(her, found.agreed))
            else:
                await self._make(no, found)
                if not found.keys:
                    made[found.digest] = self.fresh[-1][0]
        await self._write()
        outcomes = [entry[1] for entry in self.journal]
        return {
            name: getattr(self.row, name) + outcomes.count(name)
            for name in ("made", "changed", "same", "faulty")
        }

    async def _make(self, no: int, found: Said) -> None:
        contact_id = new_id()
        values = {"sort_key": NAMELESS, "name": "", "name_key": "", "note": "", "tier": "", **found.columns}
        if found.company and not self.dry:
            values |= {"company_id": await self._company(found.company), "company_by": "hand"}
        if found.own:
            values["fields"] = FieldValues(values=found.own)
        self.fresh.append((contact_id, found, values))
        self.agreed.take(contact_id, found.agreed)
        self._note(no, "made", contact_id, digest=found.digest)

    async def _change(self, no: int, found: Said, row: Row[Any]) -> None:
        """What the list says of somebody who is there; without `overwrite` only where she has nothing yet."""
        if row.id in self.touched:  # one row knew her by her address, another by her number
            (row,) = await people.these(self.tx, [row.id])
        over, values = self.row.plan.overwrite, dict[str, Any]()
        for name in _WHOLE:
            wanted, has = found.columns.get(name), getattr(row, name)
            if wanted and wanted != has and (over or not has):
                values |= {key: found.columns[key] for key in _KEYS.get(name, (name,))}
        before = values_of(row)
        after = {**before, **found.own} if over else {**found.own, **before}
        if after != before:
            values["fields"] = FieldValues(values=after)
        if found.company and (over or row.company_id is None):
            company = None if self.dry else await self._company(found.company)
            if company != row.company_id:
                values |= {"company_id": company, "company_by": "hand"}
        agrees = self.agreed.take(row.id, found.agreed)
        if not values:
            self._settled(no, row.id, agrees)
            return
        told = Known(before=plain(row, values), after=_told(values))
        self._note(no, "changed", row.id, known=None if self.dry else told)
        if self.dry:
            return
        self.touched.add(row.id)
        await people.change_contact(self.tx, row.id, values)
        await index(self.tx, Subject.CONTACT, row.id, self.all_fields, before, after)
        if "email" in values:
            await place(self.tx, row.id)
        await tell(self.tx, row.id)

    def _settled(self, no: int, contact_id: UUID, agrees: bool) -> None:
        """Of whom nothing else is new than, at the most, what she consents to."""
        if agrees:
            self._note(no, "changed", contact_id, known=None if self.dry else Known(before={}, after={}))
        else:
            self._note(no, "same", contact_id)

    async def _company(self, name: str) -> UUID:
        """The company of that name, made where there is none."""
        if (key := called(name)) not in self.companies:
            self.companies[key] = new_id()
            await create(self.tx, self.caller, self.companies[key], CompanyForm(name=name))
        return self.companies[key]

    async def _write(self) -> None:
        if not self.dry:
            names = {name for *_, values in self.fresh for name in values}
            await store.add_people(
                self.tx,
                [{"id": id_, **dict.fromkeys(names), **values} for id_, _, values in self.fresh],
            )
            new = [(id_, dict[str, Any](), found.own) for id_, found, _ in self.fresh if found.own]
            await index_all(self.tx, Subject.CONTACT, self.all_fields, new)
            await place(
                self.tx, *(id_ for id_, _, said in self.fresh if "email" in said and "company_id" not in said)
            )
            for contact_id, *_ in self.fresh:
                await tell(self.tx, contact_id)
            await self.agreed.write(_listing(self.row, self.caller))
            await store.add_rows(self.tx, self.row.id, self.journal)
        else:
            await store.add_rows(self.tx, self.row.id, [one for one in self.journal if one[1] == "faulty"])

    def _note(
        self,
        no: int,
        outcome: str,
        contact_id: UUID,
        *,
        digest: bytes | None = None,
        known: Known | None = None,
    ) -> None:
        text = None if known is None else msgspec.json.encode(known).decode()
        self.journal.append((no, outcome, contact_id, digest, text, None, None))

    def _faulty(self, no: int, cells: list[str], fault: Refused) -> None:
        params = {name: str(value) for name, value in fault.params.items()}
        why = msgspec.json.encode(Fault(code=fault.code, params=params)).decode()
        said_there = msgspec.json.encode([cell[:500] for cell in cells]).decode()
        self.journal.append((no, "faulty", None, None, None, said_there, why))


def _once(found: Said, no: int, named: dict[tuple[str, str], int]) -> None:
    """Raises Refused where an earlier row is about the same person."""
    for key in found.keys:
        if named.get(key, no) != no:
            raise Refused("contacts.import.twice", no=named[key])
    for key in found.keys:
        named[key] = no


def _told(values: dict[str, Any]) -> dict[str, Any]:
    as_row = type("Values", (), values)
    return plain(as_row, values)  # type: ignore[arg-type]  # read by name, as a row is


async def _undo_some(db: Database, agreements: Agreements, workspace_id: UUID, import_id: UUID) -> bool:
    """The last rows that did something; whether there are more."""
    async with db.tx(workspace_id) as tx:
        row = await store.one(tx, import_id, hold=True)
        if row is None or row.state != ImportState.UNDOING:
            return False
        waiting = await store.to_undo(tx, import_id, AT_ONCE)
        listing = _listing(row, msgspec.convert(row.caller, Caller))
        agreed = await agreements.take_back(tx, listing, [one["contact_id"] for one in waiting])
        made = {one["contact_id"]: one["no"] for one in waiting if one["outcome"] == "made"}
        fields = await fields_of(tx, Subject.CONTACT, stay=True)
        free = await store.untouched(tx, list(made)) if made else set()
        rows = {one.id: one for one in await people.these(tx, list(free))} if free else {}
        dropped = await store.drop_people(tx, list(rows), partial(agreements.remove, tx, listing))
        undone = [made[contact_id] for contact_id in dropped]
        gone = [(contact_id, values_of(rows[contact_id]), dict[str, Any]()) for contact_id in dropped]
        await index_all(tx, Subject.CONTACT, fields, gone)
        for contact_id in dropped:
            await tell(tx, contact_id)
        changed = [one for one in waiting if one["outcome"] == "changed"]
        undone += [
            one["no"] for one in changed if await _take_back(tx, one, fields) or one["contact_id"] in agreed
        ]
        kept = [one["no"] for one in waiting if one["no"] not in set(undone)]
        await store.settle(tx, import_id, undone, kept)
        values: dict[str, Any] = {"undone": row.undone + len(undone)}
        if len(waiting) < AT_ONCE:
            values["state"] = ImportState.UNDONE
        await store.change(tx, import_id, values)
    return len(waiting) == AT_ONCE


async def _take_back(tx: Tx, one: Any, fields: Sequence[CustomField]) -> bool:
    """What still says what the list has made of it is as it was; whether anything was."""
    row = await people.hold_contact(tx, one["contact_id"])
    if row is None or one["known"] is None:
        return False
    known = msgspec.json.decode(one["known"], type=Known)
    now, after, seals = plain(row, known.after), known.after, Seals(tx)
    if "fields" in after:  # what was sealed since says the same
        now, after = ({**told, "fields": seals.all_opened(told["fields"] or {})} for told in (now, after))
    values = {name: known.before[name] for name in after if now[name] == after[name]}
    if "fields" in values:
        before = as_kept(fields, values["fields"] or {}, seals)
        await index(tx, Subject.CONTACT, row.id, fields, values_of(row), before)
        values["fields"] = FieldValues(values=before) if before else None
    if values:
        await people.change_contact(tx, row.id, values)
        await tell(tx, row.id)
    return bool(values)
