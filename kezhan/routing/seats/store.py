"""Every statement about seats but those of `queue/store.py`, which count what a seat holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.reading import Reader, ReadRow


async def ensure_seat(tx: Tx, membership_id: UUID, at: datetime) -> None:
    """A member's seat comes to be with her first conversation or connection."""
    await tx.fetch(
        "insert into seats (workspace_id, membership_id, since) values ($1, $2, $3) on conflict do nothing",
        tx.workspace, membership_id, at,
    )  # fmt: skip


async def change(tx: Tx, membership_id: UUID, values: dict[str, Any]) -> None:
    changed = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 2))
    await tx.fetch(f"update seats set {changed} where membership_id = $1", membership_id, *values.values())  # noqa: S608


async def add_event(tx: Tx, event: dict[str, Any]) -> None:
    names = ["id", *event]
    places = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    await tx.fetch(
        f"insert into seat_events (workspace_id, {', '.join(names)}) values ($1, {places})",  # noqa: S608
        tx.workspace, new_id(), *event.values(),
    )  # fmt: skip


async def every(tx: Tx, roles: Sequence[str], membership_id: UUID | None = None) -> list[ReadRow]:
    """Everybody who serves (or the one), by name; who has no seat yet has nulls in its place."""
    return await tx.fetch(_EVERY, list(roles), membership_id)


async def one(reader: Reader, roles: Sequence[str], membership_id: UUID) -> list[ReadRow]:
    """The one of `every`, read outside any transaction."""
    return await reader.rows(_EVERY, list(roles), membership_id)


_EVERY = """
    select m.id as membership_id, m.name, s.state, s.reason_id, b.name as reason_name, s.auto, s.since,
           s.lost_at, s.on_duty, s.live_used, s.deferred_used,
           coalesce(s.live_units, r.live_units) as live_units,
           coalesce(s.deferred_units, r.deferred_units) as deferred_units,
           (s.live_units is not null or s.deferred_units is not null) as own_room,
           coalesce((select array_agg(t.team_id) from team_members t join teams e on e.id = t.team_id
                     where t.membership_id = m.id and e.archived_at is null), '{}') as team_ids,
           coalesce((select array_agg(k.skill_id order by k.skill_id) from seat_skills k
                     where k.membership_id = m.id), '{}') as skill_ids,
           coalesce((select array_agg(k.level order by k.skill_id) from seat_skills k
                     where k.membership_id = m.id), '{}') as levels
    from memberships m
    left join seats s on s.membership_id = m.id
    left join break_reasons b on b.id = s.reason_id
    cross join routing_settings r
    where m.archived_at is null and m.rights || m.role && $1::text[] and ($2::uuid is null or m.id = $2)
    order by m.sort_key, m.id
"""


async def has_room(tx: Tx, seats: Sequence[UUID], roles: Sequence[str], account_id: UUID) -> bool:
    return bool(await tx.fetch(_HAS_ROOM, list(seats), list(roles), account_id))


_HAS_ROOM = """
    select 1 from seats s
    join memberships m on m.id = s.membership_id
    cross join routing_settings r
    left join channel_weights w on w.account_id = $3
    where s.membership_id = any($1::uuid[]) and m.archived_at is null and m.rights || m.role && $2::text[]
      and s.state = 'online' and s.lost_at is null and s.on_duty
      and case when w.load = 'deferred'
               then s.deferred_used + w.units <= coalesce(s.deferred_units, r.deferred_units)
               else s.live_used + coalesce(w.units, 1) <= coalesce(s.live_units, r.live_units) end
    limit 1
"""


async def serves(tx: Tx, membership_id: UUID, roles: Sequence[str]) -> bool:
    return bool(
        await tx.fetch(
            "select 1 from memberships"
            " where id = $1 and archived_at is null and rights || role && $2::text[]",
            membership_id,
            list(roles),
        )
    )


async def held_by(tx: Tx, membership_id: UUID) -> list[UUID]:
    """The conversations in her hands."""
    rows = await tx.fetch(
        "select conversation_id from holdings where membership_id = $1 and not offered", membership_id
    )
    return [row["conversation_id"] for row in rows]


# Across workspaces, as kz_system: the open seats, and all whose line is known to be gone.
OPEN_OR_LOST = (
    "select workspace_id, membership_id, lost_at is not null as lost from seats"
    " where state <> 'offline' or lost_at is not null"
)
