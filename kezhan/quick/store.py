"""Every statement of the room."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

# Of a reply: its files in order, how often all have used it.
_FILES = """
    coalesce((select json_agg(json_build_object('id', f.id, 'name', f.name, 'media_type', f.media_type,
                     'size', f.size, 'width', f.width, 'height', f.height, 'thumbnail', f.has_thumbnail)
                     order by q.place)
              from quick_reply_files q join files f on f.id = q.file_id
              where q.reply_id = r.id), '[]')::text as files
"""
_WHOLE = f"""
    select r.id, r.scope, r.place_id, r.team_id, r.category, r.title, r.code, r.code_key, r.body, r.version,
           r.card::text as card, r.updated_at, r.archived_at, {_FILES}, coalesce(u.used, 0) as used,
           u.last_used_at
    from quick_replies r
    left join lateral (select sum(used)::int as used, max(last_used_at) as last_used_at from quick_uses
                       where reply_id = r.id) u on true
"""  # noqa: S608 - words of the house
# What a person has at hand: $1 her teams, $2 she herself.
_AT_HAND = """
    r.archived_at is null and (r.scope = 'public' or (r.scope = 'team' and r.place_id = any($1::uuid[]))
                               or (r.scope = 'personal' and r.place_id = $2))
"""


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else changes quick replies of this workspace."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"quick:{tx.workspace}")


async def of_place(tx: Tx, scope: str, place_id: UUID) -> list[ReadRow]:
    """All in use, by category and title."""
    wanted = f"{_WHOLE} where r.scope = $1 and r.place_id = $2 and r.archived_at is null"
    return await tx.fetch(f"{wanted} order by r.sort_key, r.title, r.id", scope, place_id)


async def reply(tx: Tx, reply_id: UUID) -> ReadRow | None:
    """One, archived or not."""
    rows = await tx.fetch(f"{_WHOLE} where r.id = $1", reply_id)
    return rows[0] if rows else None


async def count(tx: Tx, scope: str, place_id: UUID) -> int:
    rows = await tx.fetch(
        "select count(*) from quick_replies where scope = $1 and place_id = $2 and archived_at is null",
        scope,
        place_id,
    )
    return int(rows[0]["count"])


async def ever(tx: Tx) -> bool:
    """Whether this workspace has or had any."""
    return bool(await tx.fetch("select 1 as one from quick_replies limit 1"))


_NAMES = (
    "category",
    "title",
    "code",
    "body",
    "code_key",
    "title_key",
    "sort_key",
    "pinyin",
    "initials",
    "title_words",
    "words",
)


async def add(tx: Tx, reply_id: UUID, scope: str, place_id: UUID, values: dict[str, Any]) -> None:
    """`values`: the columns that words fill, of `keys.values_of`."""
    given = [values[name] for name in _NAMES]
    await tx.fetch(_ADD, tx.workspace, reply_id, scope, place_id, *given)


_ADD = f"""
    insert into quick_replies (workspace_id, id, scope, place_id, version, {", ".join(_NAMES)})
    values ($1, $2, $3, $4, 1, {", ".join(f"${number}" for number in range(5, 5 + len(_NAMES)))})
"""  # noqa: S608 - words of the house


async def edit(tx: Tx, reply_id: UUID, values: dict[str, Any]) -> None:
    await tx.fetch(_EDIT, reply_id, *[values[name] for name in _NAMES])


_EDIT = f"""
    update quick_replies set version = version + 1, updated_at = now(),
           {", ".join(f"{name} = ${number}" for number, name in enumerate(_NAMES, 2))}
    where id = $1
"""  # noqa: S608 - words of the house


async def archive(tx: Tx, reply_id: UUID) -> None:
    await tx.fetch("update quick_replies set archived_at = now() where id = $1", reply_id)


async def put_card(tx: Tx, reply_id: UUID, card: str | None) -> None:
    """`card`: as JSON."""
    await tx.fetch("update quick_replies set card = $2::text::jsonb where id = $1", reply_id, card)


async def put_files(tx: Tx, reply_id: UUID, file_ids: Sequence[UUID]) -> None:
    """Its files are these, in this order."""
    await tx.fetch("delete from quick_reply_files where reply_id = $1", reply_id)
    await tx.fetch(_FILE, tx.workspace, reply_id, list(file_ids))


_FILE = """
    insert into quick_reply_files (workspace_id, reply_id, place, file_id)
    select $1, $2, i.place, i.file_id from unnest($3::uuid[]) with ordinality as i (file_id, place)
"""


# At hand


async def search(
    tx: Tx, teams: Sequence[UUID], member_id: UUID, query: str, pinyin: str, limit: int
) -> list[ReadRow]:
    """By where the query was found: short code, title, pinyin, category, text; then by own use. `query` in
    the one form of all spellings, empty for everything; `pinyin` the same as pinyin is kept, or empty."""
    return await tx.fetch(_SEARCH, list(teams), member_id, query, pinyin, limit)


_SEARCH = f"""
    select r.id, r.scope, r.category, r.title, r.code, r.body, r.card::text as card, {_FILES}
    from quick_replies r
    left join quick_uses u on u.reply_id = r.id and u.membership_id = $2
    cross join lateral (select case
        when $3 = '' or r.code_key = $3 then 0
        when starts_with(r.code_key, $3) then 1
        when starts_with(r.title_key, $3) then 2
        when strpos(r.title_key, $3) > 0 then 3
        when $4 <> '' and (starts_with(r.initials, $4) or starts_with(r.pinyin, $4)) then 4
        when $4 <> '' and (strpos(r.initials, $4) > 0 or strpos(r.pinyin, $4) > 0) then 5
        when strpos(lower(r.category), $3) > 0 then 6
        when strpos(lower(normalize(r.body, nfkc)), $3) > 0 then 7 end as rank) f
    where {_AT_HAND} and f.rank is not null
    order by f.rank, coalesce(u.used, 0) desc, u.last_used_at desc nulls last, r.sort_key, r.id
    limit $5
"""  # noqa: S608 - words of the house; values are parameters


async def sharing(tx: Tx, teams: Sequence[UUID], member_id: UUID, words: Sequence[str]) -> list[ReadRow]:
    """Those at hand with one of these words: (id, titled, shared: which of the words stand in the title, and
    anywhere; used: by her; total: how many she has at hand)."""
    return await tx.fetch(_SHARING, list(teams), member_id, list(words))


_SHARING = f"""
    with mine as (select r.id, r.title_words, r.words from quick_replies r where {_AT_HAND})
    select m.id, array(select unnest(m.title_words) intersect select unnest($3::text[])) as titled,
           array(select unnest(m.words) intersect select unnest($3::text[])) as shared,
           coalesce(u.used, 0) as used, (select count(*) from mine) as total
    from mine m left join quick_uses u on u.reply_id = m.id and u.membership_id = $2
    where m.words && $3::text[]
"""  # noqa: S608 - words of the house; values are parameters


async def at_hand(tx: Tx, teams: Sequence[UUID], member_id: UUID, reply_ids: Sequence[UUID]) -> list[ReadRow]:
    """Those of these that she has at hand, in the order of the ids."""
    return await tx.fetch(_THESE, list(teams), member_id, list(reply_ids))


_THESE = f"""
    select r.id, r.scope, r.category, r.title, r.code, r.body, r.card::text as card, {_FILES}
    from quick_replies r where {_AT_HAND} and r.id = any($3::uuid[])
    order by array_position($3::uuid[], r.id)
"""  # noqa: S608 - words of the house; values are parameters


# Uses and settings


async def use(tx: Tx, reply_id: UUID, member_id: UUID, client_id: str, at: datetime) -> None:
    """Count one; the last again counts nothing."""
    await tx.fetch(_USE, tx.workspace, reply_id, member_id, client_id, at)


_USE = """
    insert into quick_uses as u (workspace_id, reply_id, membership_id, used, last_used_at, client_id)
    values ($1, $2, $3, 1, $5, $4)
    on conflict (workspace_id, reply_id, membership_id) do update
    set used = u.used + 1, last_used_at = excluded.last_used_at, client_id = excluded.client_id
    where u.client_id <> excluded.client_id
"""


async def uses(tx: Tx, reply_id: UUID) -> list[ReadRow]:
    """(name, used, last_used_at), the most often first."""
    return await tx.fetch(
        "select m.name, u.used, u.last_used_at from quick_uses u join memberships m on m.id = u.membership_id"
        " where u.reply_id = $1 order by u.used desc, m.sort_key, m.id",
        reply_id,
    )


async def suggest(tx: Tx, member_id: UUID) -> bool:
    """Whether she wants to be offered fitting ones; who has not said so does."""
    rows = await tx.fetch("select suggest from quick_settings where membership_id = $1", member_id)
    return bool(rows[0]["suggest"]) if rows else True


async def put_suggest(tx: Tx, member_id: UUID, wanted: bool) -> None:
    await tx.fetch(
        "insert into quick_settings (workspace_id, membership_id, suggest) values ($1, $2, $3)"
        " on conflict (workspace_id, membership_id) do update set suggest = excluded.suggest",
        tx.workspace,
        member_id,
        wanted,
    )


async def example(tx: Tx) -> ReadRow:
    """(name, time_zone, language) of the workspace."""
    (row,) = await tx.fetch("select name, time_zone, language from workspaces where id = $1", tx.workspace)
    return row
