"""The bare SQL of a search: the same hits by the same words, as a superuser past all policies and rights.

It is told beforehand which of two ways is the quicker one: `scan`, the newest messages until the page is
full, or `index`, all that the index finds, sorted.
"""

import uuid
from typing import Any

import asyncpg

_ORDER = "order by w.at desc, w.conversation_id desc, w.seq desc"
_SCAN = f"""
    select w.* from (select * from message_words w where w.workspace_id = $1 {_ORDER} offset 0) w
    where w.words @@ $2::text::tsquery
"""  # noqa: S608 - constants of this file
_INDEX = f"""
    select w.* from (select * from message_words i where i.words @@ $2::text::tsquery offset 0) w
    where w.workspace_id = $1 {_ORDER}
"""  # noqa: S608 - constants of this file
_PAGE = """
    select h.*, c.*, h.seq as seq, p.name as contact_name, m.name as assignee_name, a.name as author_name
    from (
        select w.at, x.conversation_id, x.seq, x.kind, x.author_kind, x.author_id, x.body
        from ({way}) w cross join lateral (
            select * from messages x
            where x.workspace_id = $1 and x.conversation_id = w.conversation_id and x.seq = w.seq
              and lower(x.body) like all ($3::text[]) offset 0
        ) x limit 21
    ) h
    join conversations c on c.workspace_id = $1 and c.id = h.conversation_id
    join contacts p on p.workspace_id = $1 and p.id = c.contact_id
    left join memberships m on m.workspace_id = $1 and m.id = c.assignee_id
    left join memberships a on a.workspace_id = $1 and a.id = h.author_id and h.author_kind = 'agent'
    order by h.at desc, h.conversation_id desc, h.seq desc
"""
_WAYS = {"scan": _PAGE.format(way=_SCAN), "index": _PAGE.format(way=_INDEX)}


_THING_SCAN = f"""
    select w.* from (
        select * from search_words w where w.workspace_id = $1 and w.kind = $4
        {_ORDER.replace("conversation_id", "thing_id")} offset 0
    ) w
    where w.words @@ $2::text::tsquery
"""  # noqa: S608 - constants of this file
_THING_INDEX = f"""
    select w.* from (select * from search_words i where i.words @@ $2::text::tsquery offset 0) w
    where w.workspace_id = $1 and w.kind = $4 {_ORDER.replace("conversation_id", "thing_id")}
"""  # noqa: S608 - constants of this file
_THINGS = """
    select h.thing_id, h.seq, h.at, h.body, f.* from (
        select w.* from ({way}) w where lower(w.body) like all ($3::text[]) limit 21
    ) h join lateral ({shown}) f on true
    order by h.at desc, h.thing_id desc, h.seq desc
"""
_TALK = """
    select c.*, p.name as contact_name, m.name as assignee_name, {more} from conversations c
    join contacts p on p.workspace_id = $1 and p.id = c.contact_id
    left join memberships m on m.workspace_id = $1 and m.id = c.assignee_id {join}
    where c.workspace_id = $1 and c.id = h.thing_id
"""
_SHOWN = {
    "person": "select c.* from contacts c where c.workspace_id = $1 and c.id = h.thing_id",
    "conversation": _TALK.format(more="1 as one", join=""),
    "file": _TALK.format(
        more="x.payload, x.author_kind, x.author_id",
        join="join messages x on x.workspace_id = $1 and x.conversation_id = c.id and x.seq = h.seq",
    ),
}


async def bare_search(pool: asyncpg.Pool, asked: dict[str, str]) -> dict[str, Any]:
    like = [f"%{term}%" for term in asked["terms"].split()]
    if (kind := asked.get("kind")) is None:
        rows = await pool.fetch(_WAYS[asked["way"]], uuid.UUID(asked["ws"]), asked["query"], like)
    else:
        way = _THING_SCAN if asked["way"] == "scan" else _THING_INDEX
        statement = _THINGS.format(way=way, shown=_SHOWN[kind])
        rows = await pool.fetch(statement, uuid.UUID(asked["ws"]), asked["query"], like, kind)
    return {"items": [dict(row) for row in rows[:20]], "more": len(rows) > 20}
