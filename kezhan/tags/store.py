"""Every statement of the room."""

from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.tags.schemas import Thing

_COLUMNS = """
    t.id, t.name, t.name_key, t.colour, t.group_name, t.for_contacts, t.for_conversations, t.pinyin,
    t.initials, t.version, t.archived_at, t.merged_into
"""
_NAMES = (
    "name", "name_key", "colour", "group_name", "for_contacts", "for_conversations", "sort_key", "pinyin",
    "initials",
)  # fmt: skip
_TABLES = {Thing.CONTACT: "contact_tags", Thing.CONVERSATION: "conversation_tags"}
_IDS = {Thing.CONTACT: "contact_id", Thing.CONVERSATION: "conversation_id"}


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else changes tags of this workspace."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"tags:{tx.workspace}")


async def tags(tx: Tx) -> list[ReadRow]:
    """All, by group and name; those without a group come last."""
    return await tx.fetch(
        f"select {_COLUMNS} from tags t order by t.group_name = '', t.group_name, t.sort_key, t.name, t.id"  # noqa: S608
    )


async def tag(tx: Tx, tag_id: UUID) -> ReadRow | None:
    rows = await tx.fetch(f"select {_COLUMNS} from tags t where t.id = $1", tag_id)  # noqa: S608
    return rows[0] if rows else None


async def count(tx: Tx) -> int:
    """Those merged into others do not count."""
    rows = await tx.fetch("select count(*) from tags where merged_into is null")
    return int(rows[0]["count"])


async def add(tx: Tx, tag_id: UUID, values: dict[str, Any]) -> None:
    """`values`: the columns that `service` makes of a form."""
    await tx.fetch(_ADD, tx.workspace, tag_id, *[values[name] for name in _NAMES])


_ADD = f"""
    insert into tags (workspace_id, id, version, {", ".join(_NAMES)})
    values ($1, $2, 1, {", ".join(f"${number}" for number in range(3, 3 + len(_NAMES)))})
"""  # noqa: S608 - words of this file


async def change(tx: Tx, tag_id: UUID, values: dict[str, Any]) -> None:
    await tx.fetch(_CHANGE, tag_id, *[values[name] for name in _NAMES])


_CHANGE = f"""
    update tags set version = version + 1, {", ".join(f"{name} = ${n}" for n, name in enumerate(_NAMES, 2))}
    where id = $1
"""  # noqa: S608 - words of this file


async def put_archived(tx: Tx, tag_id: UUID, archived: bool) -> None:
    await tx.fetch(
        "update tags set archived_at = case when $2 then now() end, version = version + 1 where id = $1",
        tag_id,
        archived,
    )


async def put_merged(tx: Tx, tag_id: UUID, into: UUID) -> None:
    """With those that have been merged into it before: nobody is led twice."""
    await tx.fetch(
        "update tags set merged_into = $2, archived_at = coalesce(archived_at, now()), version = version + 1"
        " where id = $1 or merged_into = $1",
        tag_id,
        into,
    )


async def uses(tx: Tx) -> list[ReadRow]:
    """(id, contacts, conversations) of each tag in use."""
    return await tx.fetch(_USES)


_USES = """
    select t.id, coalesce(p.n, 0)::int as contacts, coalesce(c.n, 0)::int as conversations
    from tags t
    left join (select tag_id, count(*) as n from contact_tags group by tag_id) p on p.tag_id = t.id
    left join (select tag_id, count(*) as n from conversation_tags group by tag_id) c on c.tag_id = t.id
    where p.n > 0 or c.n > 0
"""


# On contacts and conversations


async def on(tx: Tx, thing: Thing, thing_id: UUID) -> list[UUID]:
    """In the order in which they were put on."""
    rows = await tx.fetch(_ON[thing], thing_id)
    return [row["tag_id"] for row in rows]


async def put(tx: Tx, thing: Thing, thing_id: UUID, tag_id: UUID) -> bool:
    """False where it is on it already."""
    return bool(await tx.fetch(_PUT[thing], tx.workspace, thing_id, tag_id))


async def take(tx: Tx, thing: Thing, thing_id: UUID, tag_id: UUID) -> bool:
    """With what was merged into it; False where it is not on it."""
    return bool(await tx.fetch(_TAKE[thing], thing_id, tag_id))


async def join(tx: Tx, thing: Thing, gone: UUID, kept: UUID) -> list[UUID]:
    """What is on `gone` is on `kept` too; what was not before."""
    return [row["tag_id"] for row in await tx.fetch(_JOIN[thing], gone, kept)]


async def heir(tx: Tx, kept_id: UUID, tag_id: UUID) -> UUID | None:
    """The standing merge by which another one who has this tag has become one with the customer."""
    rows = await tx.fetch(_HEIR, kept_id, tag_id)
    return rows[0]["id"] if rows else None


async def move(tx: Tx, thing: Thing, tag_id: UUID, into: UUID, limit: int) -> int:
    """Some of what has `tag_id` has `into` instead; how many."""
    return len(await tx.fetch(_MOVE[thing], tag_id, into, limit))


async def hold_contact(tx: Tx, contact_id: UUID) -> UUID | None:
    """Her, or whom she has shown to be; None where she is not there. Until this transaction ends nobody else
    changes what is on her."""
    rows = await tx.fetch(_HOLD_CONTACT, contact_id)
    return rows[0]["id"] if rows else None


def _for_each(statement: str) -> dict[Thing, str]:
    return {thing: statement.format(table=_TABLES[thing], id=_IDS[thing]) for thing in Thing}


_HOLD_CONTACT = """
    select id from contacts where id = (select coalesce(c.joined_into, c.id) from contacts c where c.id = $1)
    for no key update
"""
_HEIR = """
    select m.id from contact_merges m
    join contact_tags g on g.contact_id = m.gone_id and g.tag_id = $2
    where m.kept_id = $1 and m.parted_at is null order by m.at limit 1
"""
_ON = _for_each("select tag_id from {table} where {id} = $1 order by at, tag_id")
_PUT = _for_each(
    "insert into {table} (workspace_id, {id}, tag_id) values ($1, $2, $3)"
    " on conflict do nothing returning tag_id"
)
_TAKE = _for_each(
    "delete from {table} where {id} = $1"
    " and tag_id in (select t.id from tags t where t.id = $2 or t.merged_into = $2) returning tag_id"
)
_JOIN = _for_each(
    "insert into {table} (workspace_id, {id}, tag_id, at)"
    " select workspace_id, $2, tag_id, at from {table} where {id} = $1 on conflict do nothing"
    " returning tag_id"
)
_MOVE = _for_each(
    """
    with moved as (
        delete from {table} where tag_id = $1
        and {id} in (select {id} from {table} where tag_id = $1 limit $3)
        returning workspace_id, {id}, at
    ), kept as (
        insert into {table} (workspace_id, {id}, tag_id, at)
        select workspace_id, {id}, $2, at from moved on conflict do nothing
    )
    select {id} from moved
    """
)
