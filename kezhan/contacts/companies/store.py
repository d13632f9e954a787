"""The statements about companies."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, tuple_, update

from kezhan.contacts.companies.models import CompanyRow
from kezhan.contacts.models import Contact
from kezhan.kit.db import Tx

_LAST = "\U0010ffff\U0010ffff"


async def companies(
    tx: Tx, column: str, start: str, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Those in use whose key `column` begins with `start`, in its order, behind `after`."""
    key = CompanyRow.__table__.c[column]
    wanted = select(CompanyRow.__table__).where(
        key >= start, key < start + _LAST, CompanyRow.archived_at.is_(None)
    )
    if after:
        wanted = wanted.where(tuple_(key, CompanyRow.id) > after)
    return await tx.rows(wanted.order_by(key, CompanyRow.id).limit(limit))


async def of_keys(tx: Tx, keys: Sequence[str]) -> dict[str, UUID]:
    """Those in use with just these keys of their names, the first of each."""
    return {row["name_key"]: row["id"] for row in await tx.fetch(_OF_KEYS, list(keys))}


async def company(tx: Tx, company_id: UUID, *, hold: bool = False) -> Row[Any] | None:
    wanted = select(CompanyRow.__table__).where(CompanyRow.id == company_id)
    return await tx.row(wanted.with_for_update(key_share=True) if hold else wanted)


async def domains_of(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    rows = await tx.fetch(_DOMAINS, list(ids))
    return {row["company_id"]: row["domains"] for row in rows}


async def people_of(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = await tx.fetch(_PEOPLE, list(ids))
    return {row["company_id"]: row["people"] for row in rows}


async def add(tx: Tx, company_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(insert(CompanyRow).values(workspace_id=tx.workspace, id=company_id, **values))


async def change(tx: Tx, company_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(CompanyRow).where(CompanyRow.id == company_id).values(values))


async def put_domains(tx: Tx, company_id: UUID, domains: Sequence[str]) -> str | None:
    """Its domains are these; the first of them that another company has, and nothing changes then."""
    taken = await tx.fetch(_TAKEN, company_id, list(domains))
    if taken:
        return str(taken[0]["domain"])
    await tx.fetch(
        "delete from company_domains where company_id = $1 and domain <> all($2)", company_id, list(domains)
    )
    await tx.fetch(_ADD_DOMAINS, tx.workspace, company_id, list(domains))
    return None


async def gather(tx: Tx, company_id: UUID) -> int:
    """Whoever has an address at one of its domains, and no company, belongs to it; how many they are."""
    return len(await tx.fetch(_GATHER, company_id))


async def hold_domains(tx: Tx) -> None:
    """Until this transaction ends nobody else gives a company a domain."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"domains:{tx.workspace}")


async def place(tx: Tx, *contact_ids: UUID) -> None:
    """By the domain of her address each belongs to a company, unless somebody has said to which."""
    await tx.fetch(_PLACE, list(contact_ids))


async def people(tx: Tx, company_id: UUID, after: tuple[str, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    wanted = select(Contact.__table__).where(Contact.company_id == company_id, Contact.archived_at.is_(None))
    if after:
        wanted = wanted.where(tuple_(Contact.sort_key, Contact.id) > after)
    return await tx.rows(wanted.order_by(Contact.sort_key, Contact.id).limit(limit))


_OF_KEYS = """
    select distinct on (name_key) name_key, id from companies
    where name_key = any($1::text[]) and archived_at is null order by name_key, id
"""
_DOMAINS = """
    select company_id, array_agg(domain order by domain) as domains from company_domains
    where company_id = any($1::uuid[]) group by 1
"""
_PEOPLE = """
    select company_id, count(*)::int as people from contacts
    where company_id = any($1::uuid[]) and archived_at is null group by 1
"""
_TAKEN = "select domain from company_domains where company_id <> $1 and domain = any($2::text[]) limit 1"
_ADD_DOMAINS = """
    insert into company_domains (workspace_id, company_id, domain) select $1, $2, unnest($3::text[])
    on conflict do nothing
"""
_GATHER = """
    update contacts c set company_id = d.company_id, company_by = 'domain'
    from company_domains d
    where d.company_id = $1 and split_part(c.email_key, '@', 2) = d.domain
      and c.company_by is null and c.archived_at is null
    returning c.id
"""
_PLACE = """
    update contacts c set company_id = d.company_id, company_by = 'domain'
    from company_domains d join companies o on o.id = d.company_id and o.archived_at is null
    where c.id = any($1::uuid[]) and c.company_by is null and d.domain = split_part(c.email_key, '@', 2)
"""
