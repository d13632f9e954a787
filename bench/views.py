"""Views on the large workspace: kept ones for the product, and the same conditions as bare SQL."""

import json
from typing import Any
from uuid import UUID

import asyncpg

_STATES = {"is": "any_of", "field": "state", "values": ["queued", "assigned"]}
_CLOSED = {"is": "any_of", "field": "state", "values": ["closed"]}
_MINE = {"is": "any_of", "field": "assignee", "values": ["me"]}
_WAITS = {"is": "holds", "field": "waiting"}
# More than the data reaches back: over the edge of a week rows would leave between turns of the two servers.
_YEAR = {"is": "age", "field": "closed_at", "minutes": 365 * 24 * 60}
_NAMED = {"is": "contains", "field": "name", "text": "客户 1"}
_OPEN = "state in ('queued', 'assigned')"

# name: conditions, and what they are in SQL ($1 the workspace, $2 the reader).
VIEWS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "waiting": ([_STATES, _WAITS], f"{_OPEN} and waiting_since is not null"),
    "mine, open": ([_STATES, _MINE], f"{_OPEN} and assignee_id = $2"),
    "closed": ([_CLOSED], "state = 'closed'"),
    "closed this year": ([_YEAR], "state = 'closed' and closed_at >= now() - interval '365 days'"),
    "closed, by name": (
        [_CLOSED, _NAMED],
        "state = 'closed' and contact_id in (select id from contacts"
        " where workspace_id = $1 and strpos(lower(name), '客户 1') > 0)",
    ),
}
_KEEP = """
insert into saved_views (workspace_id, id, scope, place_id, version, name, icon, colour, filter, sort)
values ($1, $2, 'public', $1, 1, $3, 'inbox', 'ink', $4, 'waiting') on conflict do nothing
"""


def _counted(name: str, where: str) -> str:
    whole = f"workspace_id = $1 and {where} and spam_at is null"
    return f'(select count(*) from conversations where {whole}) as "{name}"'  # noqa: S608 - constants


_EACH = ", ".join(_counted(name, where) for name, (_, where) in VIEWS.items())
COUNTS = f"select {_EACH}, $2::uuid as reader"
LONGEST = f"""
select * from conversations where workspace_id = $1 and {VIEWS["waiting"][1]} and spam_at is null
order by coalesce(waiting_since, '9000-01-01 00:00:00+00'::timestamptz), id limit 51
"""  # noqa: S608 - constants of this file


def view_id(name: str) -> UUID:
    return UUID(int=0x01990000000070008000000000000000 + list(VIEWS).index(name))


async def keep_views(connection: asyncpg.Connection, workspace_id: UUID) -> None:
    """For everybody of the workspace; those that are there stay."""
    for name, (conditions, _) in VIEWS.items():
        groups = [{"join": "all", "conditions": conditions}]
        kept = json.dumps({"v": 1, "join": "all", "groups": groups}, ensure_ascii=False)
        await connection.execute(_KEEP, workspace_id, view_id(name), name, kept)
