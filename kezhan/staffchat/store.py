"""Every statement of the room. Who is in a room is said once, by `_INSIDE`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow

MAX_SEQ = 2**31 - 1  # the column's own; a client may name any number
# Of room `r`, person `p` and what is kept of her in it `m`.
_OF_HER = """
    left join staff_members m on m.room_id = r.id and m.membership_id = p.id
"""
_INSIDE = """
    p.archived_at is null and case r.kind
        when 'everyone' then true
        when 'team' then exists (
            select from team_members j join teams t on t.id = j.team_id and t.archived_at is null
            where j.team_id = r.team_id and j.membership_id = p.id)
        else m.room_id is not null and m.left_at is null end
"""
_SAID = """
    s.seq, s.rev as message_rev, s.author_id, s.kind as message_kind, s.created_at, s.client_id, s.body,
    s.payload::text as payload, s.quote_seq, s.conversation_id, s.mentions, s.edited_at, s.recalled_at
"""
_ROOM = """
    r.id, r.kind, case r.kind when 'team' then (select name from teams where id = r.team_id) else r.name end
        as name,
    r.team_id, r.opened_by, r.rev, r.last_seq, r.last_at,
    coalesce(m.from_seq, 0) as from_seq, coalesce(m.read_seq, 0) as read_seq,
    coalesce(m.mentioned_seq, 0) as mentioned_seq, coalesce(m.muted, false) as muted,
    case when r.kind = 'direct' then (select o.membership_id from staff_members o
        where o.room_id = r.id and o.membership_id <> p.id) end as other_id,
"""


async def rooms(reader: Reader, member_id: UUID) -> list[ReadRow]:
    """Every room she is in, each with its last message, the latest first."""
    return await reader.rows(
        f"""
        with hers as (
            select room_id as id from staff_members where membership_id = $1 and left_at is null
            union select r.id from team_members j join staff_rooms r on r.key = 'team:' || j.team_id
                where j.membership_id = $1
            union select id from staff_rooms where key = 'everyone'
        )
        select {_ROOM} {_SAID} from hers
        join staff_rooms r on r.id = hers.id join memberships p on p.id = $1 {_OF_HER}
        left join staff_messages s on s.room_id = r.id and s.seq = r.last_seq
            and s.seq > coalesce(m.from_seq, 0)
        where {_INSIDE} order by r.last_at desc, r.id
        """,  # noqa: S608
        member_id,
    )


async def people(reader: Reader) -> list[ReadRow]:
    """(id, name, role, archived) of everybody who is or was here, by name."""
    return await reader.rows(
        "select id, name, role, rights, archived_at is not null as archived from memberships"
        " order by sort_key, id"
    )


async def teams(reader: Reader, member_id: UUID) -> list[ReadRow]:
    """(id, name) of her teams, by name."""
    return await reader.rows(
        "select t.id, t.name from team_members j join teams t on t.id = j.team_id"
        " where j.membership_id = $1 and t.archived_at is null order by t.sort_key, t.id",
        member_id,
    )


async def snapshot(
    reader: Reader, room_id: UUID, member_id: UUID, *, since: int, limit: int
) -> list[ReadRow]:
    """The room beside each message that has changed above `since`, the first to change first; of a room she
    is not in nothing, of one without such a message one row whose seq is null."""
    return await reader.rows(
        f"""
        select {_ROOM} {_SAID} from staff_rooms r join memberships p on p.id = $2 {_OF_HER}
        left join lateral (
            select * from staff_messages s where s.room_id = r.id and s.rev > $3
                and s.seq > coalesce(m.from_seq, 0)
            order by s.rev limit $4
        ) s on true
        where r.id = $1 and {_INSIDE} order by s.rev
        """,  # noqa: S608
        room_id, member_id, since, limit,
    )  # fmt: skip


async def page(
    reader: Reader, room_id: UUID, member_id: UUID, *, before: int, limit: int, words: str = ""
) -> list[ReadRow]:
    """The same for the newest messages below `before`, the oldest first; with `words` only those whose text
    has them."""
    return await reader.rows(
        f"""
        select {_ROOM} {_SAID} from staff_rooms r join memberships p on p.id = $2 {_OF_HER}
        left join lateral (
            select * from staff_messages s where s.room_id = r.id and s.seq < $3
                and s.seq > coalesce(m.from_seq, 0)
                and ($5 = '' or (s.kind <> 'event' and position(lower($5) in lower(s.body)) > 0))
            order by s.seq desc limit $4
        ) s on true
        where r.id = $1 and {_INSIDE} order by s.seq
        """,  # noqa: S608
        room_id, member_id, before, limit, words,
    )  # fmt: skip


_MEMBERS = f"""
    select p.id, p.role, p.rights, r.kind as room_kind, coalesce(m.from_seq, 0) as from_seq,
        coalesce(m.read_seq, 0) as read_seq
    from staff_rooms r cross join memberships p {_OF_HER} where r.id = $1 and {_INSIDE}
"""  # noqa: S608


async def members(reader: Reader, room_id: UUID) -> list[ReadRow]:
    """(id, role, room_kind, from_seq, read_seq) of everybody in it."""
    return await reader.rows(_MEMBERS, room_id)


async def members_now(tx: Tx, room_id: UUID) -> list[ReadRow]:
    return await tx.fetch(_MEMBERS, room_id)


async def moved(reader: Reader, room_id: UUID, from_rev: int, limit: int) -> list[ReadRow]:
    """The room's rev beside each message changed above `from_rev`, the first to change first."""
    return await reader.rows(
        f"""
        select r.rev, {_SAID} from staff_rooms r
        left join lateral (
            select * from staff_messages s where s.room_id = r.id and s.rev > $2 order by s.rev limit $3
        ) s on true where r.id = $1 order by s.rev
        """,  # noqa: S608
        room_id, from_rev, limit,
    )  # fmt: skip


async def held(tx: Tx, room_id: UUID, member_id: UUID) -> ReadRow | None:
    """The room, if she is in it, kept from others until the end: (kind, name, opened_by, rev, last_seq,
    from_seq), and `deserted`: the other of the two is no member any more."""
    found = await tx.fetch(
        f"""
        select r.kind, r.name, r.opened_by, r.rev, r.last_seq, coalesce(m.from_seq, 0) as from_seq,
            r.kind = 'direct' and not exists (
                select from staff_members o join memberships q on q.id = o.membership_id
                where o.room_id = r.id and q.id <> p.id and q.archived_at is null) as deserted
        from staff_rooms r join memberships p on p.id = $2 {_OF_HER}
        where r.id = $1 and {_INSIDE} for update of r
        """,  # noqa: S608
        room_id, member_id,
    )  # fmt: skip
    return found[0] if found else None


async def is_inside(tx: Tx, room_id: UUID, member_id: UUID) -> bool:
    found = await tx.fetch(
        f"select from staff_rooms r join memberships p on p.id = $2 {_OF_HER} where r.id = $1 and {_INSIDE}",
        room_id, member_id,
    )  # fmt: skip
    return bool(found)


async def put_room(
    tx: Tx,
    room_id: UUID,
    kind: str,
    key: str,
    opened_by: UUID,
    *,
    name: str = "",
    team_id: UUID | None = None,
) -> tuple[UUID, bool]:
    """The id of the room with this key, and whether it is new."""
    made = await tx.fetch(
        "insert into staff_rooms (workspace_id, id, kind, key, name, team_id, opened_by)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict (workspace_id, key) do nothing returning id",
        tx.workspace, room_id, kind, key, name, team_id, opened_by,
    )  # fmt: skip
    if made:
        return room_id, True
    found = await tx.fetch("select id from staff_rooms where key = $1", key)
    return found[0]["id"], False


async def put_members(tx: Tx, room_id: UUID, member_ids: Sequence[UUID], from_seq: int) -> list[UUID]:
    """Those of them who were not in it and now are; each reads what comes after `from_seq`."""
    rows = await tx.fetch(
        """
        insert into staff_members (workspace_id, room_id, membership_id, from_seq, read_seq)
        select $1, $2, unnest($3::uuid[]), $4, $4
        on conflict (workspace_id, room_id, membership_id) do update
            set left_at = null, from_seq = $4, read_seq = $4, mentioned_seq = 0
            where staff_members.left_at is not null
        returning membership_id
        """,
        tx.workspace, room_id, list(member_ids), from_seq,
    )  # fmt: skip
    return [row["membership_id"] for row in rows]


async def leave(tx: Tx, room_id: UUID, member_id: UUID) -> bool:
    return bool(
        await tx.fetch(
            "update staff_members set left_at = now()"
            " where room_id = $1 and membership_id = $2 and left_at is null returning 1",
            room_id, member_id,
        )
    )  # fmt: skip


async def rename(tx: Tx, room_id: UUID, name: str) -> None:
    await tx.fetch("update staff_rooms set name = $2 where id = $1", room_id, name)


async def mute(tx: Tx, room_id: UUID, member_id: UUID, muted: bool) -> None:
    await tx.fetch(
        "insert into staff_members (workspace_id, room_id, membership_id, muted) values ($1, $2, $3, $4)"
        " on conflict (workspace_id, room_id, membership_id) do update set muted = $4",
        tx.workspace, room_id, member_id, muted,
    )  # fmt: skip


async def read_up_to(tx: Tx, room_id: UUID, member_id: UUID, seq: int) -> int | None:
    """The mark where it has moved, never beyond the last message; None where it had been there."""
    rows = await tx.fetch(
        """
        insert into staff_members as m (workspace_id, room_id, membership_id, read_seq)
        select $1, r.id, $3, least($4, r.last_seq) from staff_rooms r where r.id = $2 and r.last_seq > 0
        on conflict (workspace_id, room_id, membership_id) do update set read_seq = excluded.read_seq
            where m.read_seq < excluded.read_seq
        returning read_seq
        """,
        tx.workspace, room_id, member_id, seq,
    )  # fmt: skip
    return rows[0]["read_seq"] if rows else None


async def said_before(tx: Tx, room_id: UUID, author_id: UUID, client_id: str) -> ReadRow | None:
    """(seq, rev, created_at) of what she has sent there under this name."""
    rows = await tx.fetch(
        "select seq, rev, created_at from staff_messages where room_id = $1 and author_id = $2"
        " and client_id = $3",
        room_id, author_id, client_id,
    )  # fmt: skip
    return rows[0] if rows else None


async def append(
    tx: Tx,
    room_id: UUID,
    author_id: UUID,
    client_id: str,
    kind: str,
    body: str,
    payload: str | None,
    quote_seq: int | None,
    conversation_id: UUID | None,
    mentions: Sequence[UUID],
    at: datetime,
) -> ReadRow:
    """Number and store a message of a room that is held: (seq, rev, created_at, repeated). Of one stored
    before it answers the place; the author has read what she says herself."""
    (row,) = await tx.fetch(
        """
        with known as (
            select seq, rev, created_at from staff_messages
            where room_id = $2 and author_id = $3 and client_id = $4
        ), numbered as (
            update staff_rooms set last_seq = last_seq + 1, rev = rev + 1, last_at = $11
            where id = $2 and not exists (select from known) returning last_seq, rev
        ), said as (
            insert into staff_messages (workspace_id, room_id, seq, rev, author_id, client_id, kind, body,
                payload, quote_seq, conversation_id, mentions, created_at)
            select $1, $2, last_seq, rev, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10, $11 from numbered
            returning seq, rev, created_at
        ), read as (
            insert into staff_members (workspace_id, room_id, membership_id, read_seq)
            select $1, $2, $3, seq from said
            on conflict (workspace_id, room_id, membership_id) do update set read_seq = excluded.read_seq
        )
        select seq, rev, created_at, false as repeated from said
        union all select seq, rev, created_at, true from known
        """,
        tx.workspace, room_id, author_id, client_id, kind, body, payload, quote_seq, conversation_id,
        list(mentions), at,
    )  # fmt: skip
    return row


async def mention(tx: Tx, room_id: UUID, member_ids: Sequence[UUID], seq: int) -> None:
    await tx.fetch(
        "insert into staff_members (workspace_id, room_id, membership_id, mentioned_seq)"
        " select $1, $2, unnest($3::uuid[]), $4"
        " on conflict (workspace_id, room_id, membership_id) do update set mentioned_seq = $4",
        tx.workspace, room_id, list(member_ids), seq,
    )  # fmt: skip


async def message(tx: Tx, room_id: UUID, seq: int) -> ReadRow | None:
    if seq > MAX_SEQ:
        return None
    rows = await tx.fetch(
        f"select {_SAID} from staff_messages s where s.room_id = $1 and s.seq = $2",  # noqa: S608
        room_id, seq,
    )  # fmt: skip
    return rows[0] if rows else None


async def seen_message(tx: Tx, room_id: UUID, member_id: UUID, seq: int) -> ReadRow | None:
    """The message, if she reads it."""
    if not 0 < seq <= MAX_SEQ:
        return None
    rows = await tx.fetch(
        f"""
        select {_SAID} from staff_rooms r join memberships p on p.id = $2 {_OF_HER}
        join staff_messages s on s.room_id = r.id and s.seq = $3 and s.seq > coalesce(m.from_seq, 0)
        where r.id = $1 and {_INSIDE}
        """,  # noqa: S608
        room_id, member_id, seq,
    )  # fmt: skip
    return rows[0] if rows else None


async def bump(tx: Tx, room_id: UUID) -> int:
    (row,) = await tx.fetch("update staff_rooms set rev = rev + 1 where id = $1 returning rev", room_id)
    rev: int = row["rev"]
    return rev


async def reword(tx: Tx, room_id: UUID, seq: int, body: str, rev: int) -> None:
    await tx.fetch(
        "update staff_messages set body = $3, edited_at = now(), rev = $4 where room_id = $1 and seq = $2",
        room_id, seq, body, rev,
    )  # fmt: skip


async def empty(tx: Tx, room_id: UUID, seq: int, rev: int) -> None:
    await tx.fetch(
        "update staff_messages set body = '', payload = null, quote_seq = null, conversation_id = null,"
        " mentions = '{}', recalled_at = now(), rev = $3 where room_id = $1 and seq = $2",
        room_id, seq, rev,
    )  # fmt: skip


async def colleagues(tx: Tx, member_ids: Sequence[UUID]) -> list[ReadRow]:
    """(id, role, rights) of those of them who are members."""
    return await tx.fetch(
        "select id, role, rights from memberships where id = any ($1::uuid[]) and archived_at is null",
        list(member_ids),
    )


async def in_team(tx: Tx, team_id: UUID, member_id: UUID) -> bool:
    return bool(
        await tx.fetch(
            "select from team_members j join teams t on t.id = j.team_id and t.archived_at is null"
            " where j.team_id = $1 and j.membership_id = $2",
            team_id, member_id,
        )
    )  # fmt: skip
