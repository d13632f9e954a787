"""Statements on mentions, and what is asked of people to know who may be named."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kezhan.conversations.pages.heads import HEAD_COLUMNS, PEOPLE, in_sight
from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow

Place = tuple[UUID, int]


async def people(tx: Tx) -> list[ReadRow]:
    """(id, name, role, rights, team_ids) of every active member, by name."""
    return await tx.fetch(
        "select m.id, m.name, m.role, m.rights,"
        " coalesce(array_agg(j.team_id) filter (where t.id is not null), '{}') as team_ids from memberships m"
        " left join team_members j on j.membership_id = m.id"
        " left join teams t on t.id = j.team_id and t.archived_at is null"
        " where m.archived_at is null group by m.id, m.name, m.role, m.rights, m.sort_key"
        " order by m.sort_key, m.id"
    )


async def teams(tx: Tx) -> list[ReadRow]:
    """(id, name) of every active team, by name."""
    return await tx.fetch("select id, name from teams where archived_at is null order by sort_key, id")


async def notes(tx: Tx, places: Sequence[Place]) -> list[ReadRow]:
    """Those of these messages that are notes with something beside their text: (conversation_id, seq,
    author_id, created_at, payload, assignee_id, team_id, guests)."""
    return await tx.fetch(
        "select m.conversation_id, m.seq, m.author_id, m.created_at, m.payload, c.assignee_id, c.team_id,"
        " c.guests from unnest($1::uuid[], $2::int[]) as p(conversation_id, seq)"
        " join messages m on m.conversation_id = p.conversation_id and m.seq = p.seq"
        " join conversations c on c.id = m.conversation_id"
        " where m.kind = 'note' and m.payload is not null",
        *zip(*places, strict=True),
    )


async def add(tx: Tx, note: ReadRow, members: Sequence[UUID]) -> list[UUID]:
    """Those of these members who had not been named by this note yet."""
    rows = await tx.fetch(
        "insert into mentions (workspace_id, membership_id, conversation_id, seq, by_id, at)"
        " select $1, unnest($2::uuid[]), $3, $4, $5, $6 on conflict do nothing returning membership_id",
        tx.workspace, list(members), note["conversation_id"], note["seq"], note["author_id"],
        note["created_at"],
    )  # fmt: skip
    return [row["membership_id"] for row in rows]


async def forget(tx: Tx, conversation_id: UUID, seq: int) -> None:
    """The note is no more; nobody is named by it."""
    await tx.fetch("delete from mentions where conversation_id = $1 and seq = $2", conversation_id, seq)


async def page(
    reader: Reader,
    member_id: UUID,
    limit: int,
    *,
    teams: frozenset[UUID] | None,
    after: tuple[datetime, UUID, int] | None,
) -> list[ReadRow]:
    """What she has been named in, the newest first, as far as she sees it: the note (seq, at, body, by_id,
    by_name, read) beside the head of its conversation. `teams` as of `pages.list_page`."""
    values: list[object] = [member_id, limit]
    sight, before = "", ""
    if teams is not None:
        values.append(list(teams))
        sight = in_sight(f"${len(values)}")
    if after is not None:
        values += after
        at, talk, seq = (f"${len(values) - back}" for back in (2, 1, 0))
        before = f" and (n.at, n.conversation_id, n.seq) < ({at}, {talk}, {seq})"
    return await reader.rows(
        f"""
        select {HEAD_COLUMNS}, c.rev, n.seq, n.at, n.by_id, b.name as by_name, x.body,
               coalesce(k.read_seq, 0) >= n.seq as read
        from mentions n
        join lateral (select * from conversations where id = n.conversation_id{sight}) c on true {PEOPLE}
        join messages x on x.conversation_id = n.conversation_id and x.seq = n.seq
        join memberships b on b.id = n.by_id
        left join marks k on k.conversation_id = n.conversation_id and k.party_kind = 'agent'
            and k.party_id = $1
        where n.membership_id = $1{before}
        order by n.at desc, n.conversation_id desc, n.seq desc limit $2
        """,  # noqa: S608 - words of this file; values are parameters
        *values,
    )


async def count_unread(reader: Reader, member_id: UUID, cap: int, teams: frozenset[UUID] | None) -> int:
    """How many notes that name her she has not read, of the newest `cap`."""
    values: list[object] = [member_id, cap]
    sight = ""
    if teams is not None:
        values.append(list(teams))
        sight = in_sight("$3")
    row = await reader.row(
        f"""
        select count(*) as unread from (
            select * from mentions where membership_id = $1 order by at desc limit $2
        ) n
        join lateral (select * from conversations where id = n.conversation_id{sight}) c on true
        left join marks k on k.conversation_id = n.conversation_id and k.party_kind = 'agent'
            and k.party_id = $1
        where coalesce(k.read_seq, 0) < n.seq
        """,  # noqa: S608 - words of this file; values are parameters
        *values,
    )
    return int(row["unread"]) if row is not None else 0
