"""What conditions name, in the tables of others: what is not there, and what there is to name."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.segments.filters import schemas as s


async def unknown(tx: Tx, table: s.ChoiceField, wanted: Sequence[UUID]) -> list[UUID]:
    """Those of these ids that nothing of the workspace has."""
    rows = await tx.fetch(_UNKNOWN[table], list(wanted))
    return [row["id"] for row in rows]


def _unknown(table: str) -> str:
    there = f"exists (select from {table} t where t.id = n.id)"
    return f"select id from unnest($1::uuid[]) as n (id) where not {there}"  # noqa: S608 - words of this file


_UNKNOWN = {
    s.ChoiceField.ACCOUNT: _unknown("channel_accounts"),
    s.ChoiceField.TEAM: _unknown("teams"),
    s.ChoiceField.ASSIGNEE: _unknown("memberships"),
    s.ChoiceField.OWNER: _unknown("memberships"),
    s.ChoiceField.TAG: _unknown("tags"),
    s.ChoiceField.CONTACT_TAG: _unknown("tags"),
    s.ChoiceField.COMPANY: _unknown("companies"),
    s.ChoiceField.CONTACT_ACCOUNT: _unknown("channel_accounts"),
    s.ChoiceField.SEGMENT: _unknown("segments"),
}


async def languages(tx: Tx, limit: int) -> list[str]:
    """Those that the customers who came last speak."""
    return [row["word"] for row in await tx.fetch(_LANGUAGES, limit)]


async def attributes(tx: Tx, limit: int) -> list[str]:
    """What host sites have told of the customers who came last, by name."""
    return [row["word"] for row in await tx.fetch(_ATTRIBUTES, limit)]


_LATELY = "(select language, attributes from contacts order by id desc limit 2000) lately"
_LANGUAGES = f"select distinct language as word from {_LATELY} where language <> '' order by 1 limit $1"  # noqa: S608
_ATTRIBUTES = f"""
    select distinct word from {_LATELY}, jsonb_object_keys(attributes -> 'values') as word
    where attributes is not null order by 1 limit $1
"""  # noqa: S608 - words of this file


async def companies(tx: Tx, limit: int) -> list[ReadRow]:
    """(id, name), the first of them by name."""
    return await tx.fetch(
        "select id, name from companies where archived_at is null order by sort_key, id limit $1", limit
    )
