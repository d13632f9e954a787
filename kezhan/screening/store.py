"""Every statement of the room."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.screening.schemas import Hit


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else changes lists of this workspace."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"word_lists:{tx.workspace}")


async def lists(tx: Tx) -> list[ReadRow]:
    """All without their words, by name, each with the messages of 30 days that held one."""
    return await tx.fetch(_LISTS)


_LISTS = """
    select l.id, l.name, l.customers, l.agents, l.version, cardinality(l.words) as count,
           (select count(*) from word_hits h where h.list_id = l.id and h.at > now() - interval '30 days')
               as hits
    from word_lists l order by l.sort_key, l.name, l.id
"""


async def whole(tx: Tx, list_id: UUID | None = None) -> list[ReadRow]:
    """One list with its words, or all of them."""
    return await tx.fetch(
        "select id, name, name_key, customers, agents, words, version from word_lists"
        " where $1::uuid is null or id = $1 order by id",
        list_id,
    )


async def workspaces(tx: Tx) -> list[UUID]:
    """Of all workspaces those that have a list."""
    rows = await tx.fetch("select distinct workspace_id from word_lists")
    return [row["workspace_id"] for row in rows]


async def totals(tx: Tx, besides: UUID | None) -> ReadRow:
    """(lists, words) of the workspace without one of them."""
    (row,) = await tx.fetch(
        "select count(*)::int as lists, coalesce(sum(cardinality(words)), 0)::int as words from word_lists"
        " where $1::uuid is null or id <> $1",
        besides,
    )
    return row


_FIELDS = ("name", "name_key", "sort_key", "customers", "agents", "words")


async def add(tx: Tx, list_id: UUID, values: dict[str, Any]) -> None:
    await tx.fetch(_ADD, tx.workspace, list_id, *[values[name] for name in _FIELDS])


_ADD = f"""
    insert into word_lists (workspace_id, id, version, {", ".join(_FIELDS)})
    values ($1, $2, 1, {", ".join(f"${number}" for number in range(3, 3 + len(_FIELDS)))})
"""  # noqa: S608 - words of this file


async def change(tx: Tx, list_id: UUID, values: dict[str, Any]) -> None:
    await tx.fetch(_CHANGE, list_id, *[values[name] for name in _FIELDS])


_CHANGE = f"""
    update word_lists
    set version = version + 1, {", ".join(f"{name} = ${n}" for n, name in enumerate(_FIELDS, 2))}
    where id = $1
"""  # noqa: S608 - words of this file


async def remove(tx: Tx, list_id: UUID) -> None:
    """With its hits."""
    await tx.fetch("delete from word_lists where id = $1", list_id)


# Hits


async def keep(tx: Tx, hits: Sequence[Hit]) -> set[UUID]:
    """Those that were not kept before; of a list removed meanwhile nothing is kept."""
    rows = await tx.fetch(_KEEP, tx.workspace, *map(list, zip(*hits, strict=True)))
    return {row["id"] for row in rows}


_KEEP = """
    insert into word_hits (workspace_id, id, list_id, word, tier, side, conversation_id, author_id,
                           author_name, client_id)
    select $1, h.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[],
                               $8::uuid[], $9::text[], $10::text[])
        as h(id, list_id, word, tier, side, conversation_id, author_id, author_name, client_id)
    where exists (select from word_lists l where l.id = h.list_id)
    on conflict do nothing returning id
"""


async def hits(
    tx: Tx, list_id: UUID | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[ReadRow]:
    at, last = after or (None, None)
    return await tx.fetch(_HITS, list_id, at, last, limit)


_HITS = """
    select h.id, h.at, h.list_id, l.name as list_name, h.word, h.tier, h.side, h.conversation_id, h.author_id,
           h.author_name
    from word_hits h join word_lists l on l.workspace_id = h.workspace_id and l.id = h.list_id
    where ($1::uuid is null or h.list_id = $1)
    and ($2::timestamptz is null or (h.at, h.id) < ($2, $3::uuid))
    order by h.at desc, h.id desc limit $4
"""


async def forget(tx: Tx, before: datetime) -> None:
    """Hits of all workspaces from before then."""
    await tx.fetch("delete from word_hits where at < $1", before)
