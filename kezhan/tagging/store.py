"""Every statement about rules, and about whom they touch."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow
from kezhan.segments.filters.people import Asked, people
from kezhan.segments.filters.schemas import Filter
from kezhan.tagging import schemas as s
from kezhan.workspaces.authenticate import Caller

_COLUMNS = "id, name, active, body::text as body, version, updated_at"
_SINCE = f"now() - interval '{s.DAYS} days'"
MOST_READ = 10_000
"""Messages that a preview looks through."""


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else changes rules of this workspace."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"tag_rules:{tx.workspace}")


async def rules(tx: Tx) -> list[ReadRow]:
    return await tx.fetch(f"select {_COLUMNS} from tag_rules where archived_at is null order by sort_key, id")  # noqa: S608


async def rule(tx: Tx, rule_id: UUID) -> ReadRow | None:
    """Removed or not; then `gone` says which."""
    rows = await tx.fetch(
        f"select {_COLUMNS}, archived_at is not null as gone from tag_rules where id = $1",  # noqa: S608
        rule_id,
    )
    return rows[0] if rows else None


async def add(tx: Tx, rule_id: UUID, values: Sequence[Any]) -> None:
    """`values`: name, sort key, whether it is on, body as JSON."""
    await tx.fetch(
        "insert into tag_rules (workspace_id, id, name, sort_key, active, body)"
        " values ($1, $2, $3, $4, $5, $6::jsonb)",
        tx.workspace,
        rule_id,
        *values,
    )


async def change(tx: Tx, rule_id: UUID, values: Sequence[Any]) -> None:
    """`values` as of `add`."""
    await tx.fetch(
        "update tag_rules set version = version + 1, updated_at = now(), name = $2, sort_key = $3,"
        " active = $4, body = $5::jsonb where id = $1",
        rule_id,
        *values,
    )


async def switch(tx: Tx, rule_id: UUID, active: bool) -> None:
    await tx.fetch(
        "update tag_rules set active = $2, version = version + 1, updated_at = now() where id = $1",
        rule_id,
        active,
    )


async def remove(tx: Tx, rule_id: UUID) -> None:
    """Its row stays: what it has done bears its name."""
    await tx.fetch("update tag_rules set archived_at = now(), active = false where id = $1", rule_id)


async def rename(tx: Tx, before: UUID, after: UUID) -> None:
    """Where a rule has named one tag it names another."""
    await tx.fetch(
        "update tag_rules set body = replace(body::text, $1, $2)::jsonb, version = version + 1"
        " where strpos(body::text, $1) > 0",
        str(before),
        str(after),
    )


# What has happened


async def talks(tx: Tx, conversation_ids: Sequence[UUID]) -> list[ReadRow]:
    """(id, contact_id, first) of those of them that are no spam; `first`: she had none before."""
    return await tx.fetch(_TALKS, list(conversation_ids))


_FIRST = """not exists (
    select from conversations o
    where o.contact_id = c.contact_id and (o.opened_at, o.id) < (c.opened_at, c.id))"""
_TALKS = f"""
    select c.id, c.contact_id, {_FIRST} as first from conversations c
    where c.id = any($1::uuid[]) and c.spam_at is null
"""  # noqa: S608 - words of this file


async def said(tx: Tx, places: Sequence[tuple[UUID, int]]) -> list[ReadRow]:
    """(conversation_id, seq, contact_id, body) of these messages, as they read by now."""
    return await tx.fetch(_SAID, [talk for talk, _ in places], [seq for _, seq in places])


_SAID = """
    select m.conversation_id, m.seq, c.contact_id, m.body
    from unnest($1::uuid[], $2::int[]) as k (conversation_id, seq)
    join messages m on m.conversation_id = k.conversation_id and m.seq = k.seq
    join conversations c on c.id = m.conversation_id and c.spam_at is null
"""


# Whom a rule would have touched


async def lately_said(reader: Reader) -> list[ReadRow]:
    """(contact_id, body) of what customers have written lately, at most `MOST_READ`; those first whose
    conversations were active last."""
    return await reader.rows(_LATELY_SAID, MOST_READ)


_LATELY_SAID = f"""
    select c.contact_id, m.body from conversations c join messages m on m.conversation_id = c.id
    where c.active_at >= {_SINCE} and c.spam_at is null
      and m.author_kind = 'visitor' and m.body <> '' and m.created_at >= {_SINCE}
    order by c.active_at desc, c.id desc limit $1
"""  # noqa: S608 - words of this file


async def touched(
    reader: Reader, caller: Caller, when: s.Cause, wanted: Filter, wrote: Sequence[UUID] = ()
) -> int:
    """How many customers; `wrote`: those who have written the words of `when`."""
    asked = Asked(caller)
    if isinstance(when, s.Wrote):
        whom = asked.put(list(wrote), "uuid[]")
    else:
        whom = f"array({_WHOM[type(when)](when, asked)})"
    row = await reader.row(
        "select count(*) from contacts p"  # noqa: S608 - words of this house
        f" where p.archived_at is null and p.id = any({whom}) and {people(wanted, asked)}",
        *asked.values,
    )
    return row["count"] if row is not None else 0


_TALK = "select c.contact_id from conversations c where c.spam_at is null"


def _rated(when: s.Rated, asked: Asked) -> str:
    ends = [(">=", when.least), ("<=", when.most)]
    tests = [f"v.{when.scale} {sign} {asked.put(end, 'int')}" for sign, end in ends if end is not None]
    words = " and ".join([f"v.answered_at >= {_SINCE}", f"v.{when.scale} is not null", *tests])
    return f"{_TALK} and c.id in (select v.conversation_id from survey_invites v where {words})"  # noqa: S608


def _edited(when: s.Edited, asked: Asked) -> str:
    holds = f"e.detail -> 'fields' ? {asked.put(when.field, 'text')}"
    words = f"e.at >= {_SINCE} and e.action = 'contact.edit' and {holds}"
    return f"select e.subject_id from audit_log e where {words}"  # noqa: S608 - words of this file


_WHOM: dict[type[Any], Callable[[Any, Asked], str]] = {
    # What was opened lately has been active since: that has an index.
    s.Opened: lambda when, asked: (
        f"{_TALK} and c.active_at >= {_SINCE} and c.opened_at >= {_SINCE} and {_FIRST}"
    ),
    s.Closed: lambda when, asked: f"{_TALK} and c.closed_at >= {_SINCE} and c.merged_into is null",
    s.Rated: _rated,
    s.Edited: _edited,
}
