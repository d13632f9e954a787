"""Every statement of the room. It joins what conversations, routing and people own; only personal settings,
subscriptions, pushes and the installation's key are written here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from kezhan.devices.models import PersonalSettings
from kezhan.devices.schemas import Personal, PushKind
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

# What a person has set


async def personal(tx: Tx, membership_id: UUID) -> tuple[Personal, int] | None:
    table = PersonalSettings
    row = await tx.row(select(table.settings, table.rev).where(table.membership_id == membership_id))
    return (row.settings, row.rev) if row is not None else None


async def put_personal(tx: Tx, membership_id: UUID, settings: Personal) -> int:
    """Her new rev."""
    table = PersonalSettings
    row = insert(table).values(
        workspace_id=tx.workspace, membership_id=membership_id, settings=settings, rev=1
    )
    put = row.on_conflict_do_update(
        index_elements=["workspace_id", "membership_id"], set_={"settings": settings, "rev": table.rev + 1}
    )
    return int(await tx.value(put.returning(table.rev)))


# The installation's key, as kz_system


async def push_key(tx: Tx) -> bytes | None:
    found = await tx.value(text("select sealed from push_keys where id = 1"))
    return bytes(found) if found is not None else None


async def add_push_key(tx: Tx, sealed: bytes) -> None:
    """The first one stays."""
    await tx.run(
        text("insert into push_keys (id, sealed) values (1, :sealed) on conflict do nothing"),
        {"sealed": sealed},
    )


# Subscriptions

_SUBSCRIPTION = "id, membership_id, session_id, digest, sealed, host, name, language, created_at, used_at"


async def subscriptions(tx: Tx, membership_id: UUID) -> list[ReadRow]:
    return await tx.fetch(
        f"select {_SUBSCRIPTION} from push_subscriptions where membership_id = $1 order by created_at, id",  # noqa: S608
        membership_id,
    )


async def put_subscription(tx: Tx, values: dict[str, Any]) -> ReadRow:
    """The row as it is now; one of the same address keeps its id."""
    names = list(values)
    places = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    kept = [name for name in names if name not in {"id", "digest"}]
    changed = ", ".join(f"{name} = excluded.{name}" for name in kept)
    [row] = await tx.fetch(
        f"insert into push_subscriptions (workspace_id, {', '.join(names)}) values ($1, {places})"  # noqa: S608
        f" on conflict (workspace_id, digest) do update set {changed} returning {_SUBSCRIPTION}",
        tx.workspace,
        *values.values(),
    )
    return row


async def remove_subscription(tx: Tx, subscription_id: UUID, membership_id: UUID | None = None) -> bool:
    """Whether there was one: of this member, or (None) of anybody."""
    rows = await tx.fetch(
        "delete from push_subscriptions where id = $1 and ($2::uuid is null or membership_id = $2)"
        " returning id",
        subscription_id,
        membership_id,
    )
    return bool(rows)


async def used(tx: Tx, subscription_id: UUID, at: datetime) -> None:
    await tx.fetch("update push_subscriptions set used_at = $2 where id = $1", subscription_id, at)


# What is to be pushed

_PUT = """
    insert into pushes (workspace_id, id, subscription_id, kind, about, seq, made_at)
    select $1, gen_random_uuid(), s.id, w.kind, w.about, max(w.seq), $2::timestamptz
    from ({wanted}) w join push_subscriptions s on s.membership_id = w.membership_id
    group by s.id, w.kind, w.about
    on conflict (workspace_id, subscription_id, kind, about)
        do update set seq = greatest(pushes.seq, excluded.seq), made_at = excluded.made_at
    returning id
"""
# The ids of new rows may be any: rows are found by what they are about, and live for seconds.
_MESSAGES = _PUT.format(
    wanted="""
    select h.membership_id, 'message' as kind, c.id as about, p.seq
    from unnest($3::uuid[], $4::int[]) as p(id, seq) join conversations c on c.id = p.id
    cross join lateral (
        select c.assignee_id as membership_id where c.parked_at is null union select unnest(c.guests)
    ) h
    where c.state = 'assigned' and c.spam_at is null and h.membership_id is not null
    """
)
_MENTIONS = _PUT.format(
    wanted="""
    select n.membership_id, 'mention' as kind, n.conversation_id as about, n.seq
    from mentions n
    where n.membership_id = any ($3::uuid[]) and n.at > $2::timestamptz - interval '10 minutes'
    """
)
_ALERTS = _PUT.format(
    wanted="""
    select m.id as membership_id, 'alert' as kind, e.id as about, 0 as seq
    from unnest($3::uuid[]) as e(id) join memberships m on m.archived_at is null
    """
)
_DIRECT = _PUT.format(
    wanted="""
    select d.membership_id, d.kind, d.about, 0 as seq
    from unnest($3::uuid[], $4::text[], $5::uuid[]) as d(membership_id, kind, about)
    """
)


async def anybody(tx: Tx) -> bool:
    """Whether anybody of the workspace is to be pushed anything at all."""
    return bool(await tx.fetch("select 1 from push_subscriptions limit 1"))


async def put_messages(tx: Tx, at: datetime, last: dict[UUID, int]) -> list[UUID]:
    """For those who serve these conversations, or are guests in them, what customers have said last."""
    rows = await tx.fetch(_MESSAGES, tx.workspace, at, list(last), list(last.values()))
    return [row["id"] for row in rows]


async def put_mentions(tx: Tx, at: datetime, members: Sequence[UUID]) -> list[UUID]:
    """What these have just been named in."""
    return [row["id"] for row in await tx.fetch(_MENTIONS, tx.workspace, at, list(members))]


async def put_alerts(tx: Tx, at: datetime, episodes: Sequence[UUID]) -> list[UUID]:
    """For everybody; who may know of them is found out when they are sent."""
    return [row["id"] for row in await tx.fetch(_ALERTS, tx.workspace, at, list(episodes))]


async def put_direct(tx: Tx, at: datetime, told: Sequence[tuple[UUID, PushKind, UUID]]) -> list[UUID]:
    """(member, kind, conversation) of each."""
    members, kinds, talks = zip(*told, strict=True)
    rows = await tx.fetch(
        _DIRECT, tx.workspace, at, list(members), [str(kind) for kind in kinds], list(talks)
    )
    return [row["id"] for row in rows]


# Sending


async def push(tx: Tx, push_id: UUID) -> ReadRow | None:
    """What is to be sent, to which browser of whom: she and her session are still there, or it is None."""
    rows = await tx.fetch(_PUSH, push_id)
    return rows[0] if rows else None


_PUSH = """
    select p.id as push_id, p.kind, p.about, p.seq, p.made_at, p.not_before, s.id, s.membership_id, s.digest,
           s.sealed, s.language, m.name, m.role, m.rights, w.name as house, w.time_zone,
           w.masked, w.plain_when_serving,
           n.expires_at > now() and n.revoked_at is null and m.archived_at is null as lives,
           array(select j.team_id from team_members j join teams t on t.id = j.team_id
                 where j.membership_id = m.id and t.archived_at is null) as team_ids
    from pushes p
    join push_subscriptions s on s.id = p.subscription_id
    join memberships m on m.id = s.membership_id
    join sessions n on n.id = s.session_id
    join workspaces w on w.id = p.workspace_id
    where p.id = $1
"""


async def talk(tx: Tx, conversation_id: UUID, membership_id: UUID, seq: int) -> ReadRow | None:
    """A conversation as it stands for somebody, and the message `seq` in it: whether it is offered to her or
    handed to her, and until when, what she has read, whether she is named there."""
    rows = await tx.fetch(_TALK, conversation_id, membership_id, seq)
    return rows[0] if rows else None


_TALK = """
    select c.id, c.assignee_id, c.team_id, c.guests, c.state, c.parked_at, c.transfer_to, c.transfer_until,
           coalesce(k.name, '') as customer, c.contact_id, c.preview_text, o.expires_at as offered_until,
           coalesce(r.read_seq, 0) as read_seq, x.kind as said_kind, x.body as said,
           exists (select 1 from mentions n where n.membership_id = $2 and n.conversation_id = c.id
                   and n.seq = $3) as named, b.name as by_name
    from conversations c
    join contacts k on k.id = c.contact_id
    left join waits o on o.conversation_id = c.id and o.offered_to = $2
    left join marks r on r.conversation_id = c.id and r.party_kind = 'agent' and r.party_id = $2
    left join messages x on x.conversation_id = c.id and x.seq = $3
    left join memberships b
        on b.id = case when x.author_kind = 'agent' then x.author_id else c.transfer_by end
    where c.id = $1
"""


async def not_before(tx: Tx, push_id: UUID, at: datetime) -> None:
    await tx.fetch("update pushes set not_before = $2 where id = $1", push_id, at)


async def settle(tx: Tx, push_id: UUID, seq: int) -> None:
    """It is dealt with, unless there is more to say by now."""
    await tx.fetch("delete from pushes where id = $1 and seq <= $2", push_id, seq)


async def drop_old(tx: Tx, before: datetime) -> None:
    await tx.fetch("delete from pushes where made_at < $1", before)
