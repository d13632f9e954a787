"""Companies are made, read and changed."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET, structs
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.contacts import service as contacts
from kezhan.contacts.companies import store
from kezhan.contacts.companies.domains import checked_domains
from kezhan.contacts.companies.schemas import (
    CompanyChange,
    CompanyDetail,
    CompanyEdit,
    CompanyForm,
    CompanyOut,
)
from kezhan.contacts.schemas import ContactOut
from kezhan.contacts.values import name_key, one_line, pinyin_key, search_range
from kezhan.fields.rights import edited, on, shown
from kezhan.fields.schemas import CustomField, FieldValues, Subject
from kezhan.fields.seals import Seals
from kezhan.fields.service import fields_of, index
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


async def page(tx: Tx, caller: Caller, query: str, after: str, limit: int) -> Page[CompanyOut]:
    """Those in use, in pinyin order; `query` is the beginning of a name or of its pinyin."""
    column, start = search_range(query) if query.strip() else ("sort_key", "")
    column, start = (column, start) if column in {"sort_key", "name_key"} else ("name_key", name_key(query))
    key, size = decode_cursor(after, tuple[str, UUID]) if after else None, page_size(limit)
    rows = await store.companies(tx, column, start, key, size + 1)
    last = rows[size - 1] if len(rows) > size else None
    more = encode_cursor(getattr(last, column), last.id) if last is not None else None
    return Page(items=await _rows(tx, caller, rows[:size]), next=more)


async def _rows(tx: Tx, caller: Caller, rows: Sequence[Row[Any]]) -> list[CompanyOut]:
    ids = [row.id for row in rows]
    domains, people = await store.domains_of(tx, ids), await store.people_of(tx, ids)
    fields = await fields_of(tx, Subject.COMPANY)
    return [
        CompanyOut(
            **_facts(row, domains.get(row.id, []), people.get(row.id, 0)),
            shown=shown(fields, _values(row), caller),
        )
        for row in rows
    ]


async def get(tx: Tx, caller: Caller, company_id: UUID) -> CompanyDetail:
    """Raises NotFound."""
    row = await store.company(tx, company_id)
    if row is None:
        raise NotFound("contacts.no_company")
    domains, people = await store.domains_of(tx, [row.id]), await store.people_of(tx, [row.id])
    fields, writes = await fields_of(tx, Subject.COMPANY), caller.may(Permission.CONTACT_WRITE)
    return CompanyDetail(
        **_facts(row, domains.get(row.id, []), people.get(row.id, 0)),
        shown=[],
        fields=on(fields, _values(row), caller, Seals(tx), writes=writes),
    )


async def create(tx: Tx, caller: Caller, company_id: UUID, form: CompanyForm) -> CompanyDetail:
    """Under the id that its maker has given it: the same request again changes nothing. Raises Refused."""
    if await store.company(tx, company_id) is None:
        fields = await fields_of(tx, Subject.COMPANY, stay=True)
        values = edited(fields, {}, form.fields, caller, Seals(tx))
        kept = FieldValues(values=values) if values else None
        await store.add(tx, company_id, {**_named(form.name), "fields": kept})
        await index(tx, Subject.COMPANY, company_id, fields, {}, values)
        await _put_domains(tx, company_id, form.domains)
        await record(tx, caller, "company.create", "company", company_id)
    return await get(tx, caller, company_id)


async def edit(tx: Tx, caller: Caller, company_id: UUID, wanted: CompanyEdit) -> CompanyDetail:
    """Change the given parts; the last write wins. Raises NotFound, Refused, Forbidden for a field that is
    not hers to change."""
    row = await store.company(tx, company_id, hold=True)
    if row is None:
        raise NotFound("contacts.no_company")
    values: dict[str, Any] = {}
    if wanted.name is not UNSET:
        values |= _named(wanted.name)
    if wanted.archived is not UNSET and wanted.archived != (row.archived_at is not None):
        values["archived_at"] = now() if wanted.archived else None
    if wanted.fields is not UNSET:
        values["fields"] = await _fields(tx, caller, row, wanted.fields)
    if values:
        await store.change(tx, company_id, values)
    if wanted.domains is not UNSET:
        await _put_domains(tx, company_id, wanted.domains)
    parts = [name for name in structs.asdict(wanted) if getattr(wanted, name) is not UNSET]
    if parts:
        await record(tx, caller, "company.edit", "company", company_id, detail=CompanyChange(parts=parts))
    return await get(tx, caller, company_id)


async def _fields(tx: Tx, caller: Caller, row: Row[Any], edits: dict[str, Any]) -> FieldValues | None:
    fields: Sequence[CustomField] = await fields_of(tx, Subject.COMPANY, stay=True)
    after = edited(fields, _values(row), edits, caller, Seals(tx))
    await index(tx, Subject.COMPANY, row.id, fields, _values(row), after)
    return FieldValues(values=after) if after else None


async def _put_domains(tx: Tx, company_id: UUID, written: Sequence[str]) -> None:
    domains = checked_domains(written)
    await store.hold_domains(tx)
    taken = await store.put_domains(tx, company_id, domains)
    if taken is not None:
        raise Refused("contacts.domain_taken", 409, field="domains", domain=taken)
    if domains:
        await store.gather(tx, company_id)


async def people(tx: Tx, caller: Caller, company_id: UUID, after: str, limit: int) -> Page[ContactOut]:
    """Who belongs to it, in pinyin order."""
    key, size = decode_cursor(after, tuple[str, UUID]) if after else None, page_size(limit)
    rows = await store.people(tx, company_id, key, size + 1)
    last = rows[size - 1] if len(rows) > size else None
    more = encode_cursor(last.sort_key, last.id) if last is not None else None
    return Page(items=await contacts.in_list(tx, caller, rows[:size]), next=more)


async def in_use(tx: Tx, names: Collection[str]) -> dict[str, UUID]:
    """The companies that are called just so, the first of several, by `called`."""
    return await store.of_keys(tx, [called(name) for name in names]) if names else {}


def called(name: str) -> str:
    """One for all ways of writing the same name."""
    return name_key(one_line(name))


def _named(name: str) -> dict[str, Any]:
    text = one_line(name)
    if not text:
        raise Refused("contacts.no_company_name", 400, field="name")
    return {"name": text, "name_key": name_key(text), "sort_key": pinyin_key(text)}


def _values(row: Row[Any]) -> dict[str, Any]:
    return row.fields.values if row.fields else {}


def _facts(row: Row[Any], domains: list[str], people: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "domains": domains,
        "people": people,
        "archived": row.archived_at is not None,
        "created_at": wire(row.created_at),
    }
