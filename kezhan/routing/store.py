"""Settings, policies, skills, channels' weights, and what happened: what reception goes by and what it has
done. What waits is in `queue/store.py`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

_COLUMNS = (
    "automatic, version, arrive_online, grace_seconds, live_units, deferred_units, take_over, missed_limit,"
    " answer_seconds, left_seconds, long_seconds, target_seconds, short_seconds"
)


async def settings(tx: Tx) -> ReadRow | None:
    rows = await tx.fetch(f"select {_COLUMNS} from routing_settings")  # noqa: S608 - words of this file
    return rows[0] if rows else None


async def lock_settings(tx: Tx, *, alone: bool) -> ReadRow | None:
    """The settings, held until the transaction ends: `alone`, or with others who do not change them."""
    lock = "no key update" if alone else "share"
    rows = await tx.fetch(f"select {_COLUMNS} from routing_settings for {lock}")  # noqa: S608
    return rows[0] if rows else None


async def add_settings(tx: Tx) -> None:
    await tx.fetch(
        "insert into routing_settings (workspace_id) values ($1) on conflict do nothing", tx.workspace
    )


async def change_settings(tx: Tx, values: dict[str, Any]) -> None:
    changed = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 1))
    await tx.fetch(f"update routing_settings set {changed}", *values.values())  # noqa: S608


async def add_policy(tx: Tx, version: int, text: str, by: UUID | None, at: datetime) -> None:
    await tx.fetch(
        "insert into routing_policies (workspace_id, version, policy, saved_by, saved_at)"
        " values ($1, $2, $3::jsonb, $4, $5)",
        tx.workspace, version, text, by, at,
    )  # fmt: skip


async def versions(tx: Tx, limit: int) -> list[ReadRow]:
    """(version, saved_at, saved_by, saved_by_name, policy), newest first."""
    return await tx.fetch(
        "select p.version, p.saved_at, p.saved_by, m.name as saved_by_name, p.policy::text"
        " from routing_policies p"
        " left join memberships m on m.id = p.saved_by order by p.version desc limit $1",
        limit,
    )


async def policy_text(tx: Tx, version: int) -> str | None:
    rows = await tx.fetch("select policy::text from routing_policies where version = $1", version)
    return str(rows[0]["policy"]) if rows else None


async def skills(tx: Tx) -> list[ReadRow]:
    """(id, kind, name, code, seats): active ones, with how many seats have each."""
    return await tx.fetch(
        "select k.id, k.kind, k.name, k.code,"
        " (select count(*) from seat_skills s join memberships m on m.id = s.membership_id"
        " where s.skill_id = k.id and m.archived_at is null) as seats"
        " from skills k where k.archived_at is null order by k.kind, k.name"
    )


async def add_skill(tx: Tx, skill_id: UUID, kind: str, name: str, code: str) -> None:
    await tx.fetch(
        "insert into skills (workspace_id, id, kind, name, code) values ($1, $2, $3, $4, $5)",
        tx.workspace, skill_id, kind, name, code,
    )  # fmt: skip


async def edit_skill(tx: Tx, skill_id: UUID, name: str, code: str) -> bool:
    rows = await tx.fetch(
        "update skills set name = $2, code = $3 where id = $1 and archived_at is null returning id",
        skill_id, name, code,
    )  # fmt: skip
    return bool(rows)


async def archive_skill(tx: Tx, skill_id: UUID) -> bool:
    rows = await tx.fetch(
        "update skills set archived_at = now() where id = $1 and archived_at is null returning id", skill_id
    )
    await tx.fetch("delete from seat_skills where skill_id = $1", skill_id)
    return bool(rows)


async def put_seat_skills(tx: Tx, membership_id: UUID, skills: dict[UUID, int]) -> None:
    """Make these the skills of the seat."""
    await tx.fetch("delete from seat_skills where membership_id = $1", membership_id)
    await tx.fetch(
        "insert into seat_skills (workspace_id, membership_id, skill_id, level)"
        " select $1, $2, * from unnest($3::uuid[], $4::integer[])",
        tx.workspace, membership_id, list(skills), list(skills.values()),
    )  # fmt: skip


async def break_reasons(tx: Tx) -> list[ReadRow]:
    return await tx.fetch(
        "select id, name from break_reasons where archived_at is null order by created_at, id"
    )


async def add_break_reason(tx: Tx, reason_id: UUID, name: str) -> None:
    await tx.fetch(
        "insert into break_reasons (workspace_id, id, name) values ($1, $2, $3)",
        tx.workspace, reason_id, name,
    )  # fmt: skip


async def archive_break_reason(tx: Tx, reason_id: UUID) -> bool:
    rows = await tx.fetch(
        "update break_reasons set archived_at = now() where id = $1 and archived_at is null returning id",
        reason_id,
    )
    return bool(rows)


async def weights(tx: Tx) -> list[ReadRow]:
    """(account_id, name, adapter, units, load) of every active channel."""
    return await tx.fetch(
        "select a.id as account_id, a.name, a.adapter, coalesce(w.units, 1) as units,"
        " coalesce(w.load, 'live') as load from channel_accounts a"
        " left join channel_weights w on w.account_id = a.id where a.archived_at is null"
        " order by a.name, a.id"
    )


async def put_weight(tx: Tx, account_id: UUID, units: int, load: str) -> None:
    await tx.fetch(
        "insert into channel_weights (workspace_id, account_id, units, load) values ($1, $2, $3, $4)"
        " on conflict (workspace_id, account_id) do update set units = excluded.units, load = excluded.load",
        tx.workspace, account_id, units, load,
    )  # fmt: skip


async def team_limits(tx: Tx) -> list[ReadRow]:
    return await tx.fetch("select id, max_waiting, max_open from queues")


async def put_team_limits(tx: Tx, queue_id: UUID, max_waiting: int | None, max_open: int | None) -> None:
    await tx.fetch(
        "insert into queues (workspace_id, id, max_waiting, max_open) values ($1, $2, $3, $4)"
        " on conflict (workspace_id, id) do update"
        " set max_waiting = excluded.max_waiting, max_open = excluded.max_open",
        tx.workspace, queue_id, max_waiting, max_open,
    )  # fmt: skip


async def existing(tx: Tx, table: str, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these there are, and active: of `teams`, `skills`, `channel_accounts`."""
    rows = await tx.fetch(_EXISTING[table], list(ids))
    return {row["id"] for row in rows}


_EXISTING = {
    "teams": "select id from teams where id = any($1::uuid[]) and archived_at is null",
    "skills": "select id from skills where id = any($1::uuid[]) and archived_at is null",
    "channel_accounts": "select id from channel_accounts where id = any($1::uuid[]) and archived_at is null",
}


async def teams_and_members(tx: Tx, roles: Sequence[str]) -> list[ReadRow]:
    """(team_id, name, member_ids): active teams, with those of their members who serve."""
    return await tx.fetch(
        "select t.id as team_id, t.name, coalesce(array_agg(m.id) filter (where m.id is not null), '{}')"
        " as member_ids from teams t left join team_members j on j.team_id = t.id"
        " left join memberships m on m.id = j.membership_id and m.archived_at is null"
        " and m.rights || m.role && $1::text[] where t.archived_at is null group by t.id, t.name",
        list(roles),
    )


async def skilled(tx: Tx) -> list[ReadRow]:
    """(id, member_ids, levels): active skills and who has them."""
    return await tx.fetch(
        "select k.id,"
        " coalesce(array_agg(s.membership_id) filter (where m.id is not null), '{}') as member_ids,"
        " coalesce(array_agg(s.level) filter (where m.id is not null), '{}') as levels"
        " from skills k left join seat_skills s on s.skill_id = k.id"
        " left join memberships m on m.id = s.membership_id and m.archived_at is null"
        " where k.archived_at is null group by k.id"
    )


async def last_reason(tx: Tx, conversation_id: UUID) -> str:
    """Why it last changed how it waits."""
    rows = await tx.fetch(
        "select reason from queue_events where conversation_id = $1 order by at desc, no desc limit 1",
        conversation_id,
    )
    return str(rows[0]["reason"]) if rows else ""


async def events_of(tx: Tx, conversation_id: UUID) -> list[ReadRow]:
    """What happened to it, oldest first, at most 200."""
    return await tx.fetch(
        "select e.at, e.kind, m.name as member, b.name as by, t.name as queue, e.waited_ms, e.rule_id,"
        " e.version, e.reason, e.decision from queue_events e"
        " left join memberships m on m.id = e.membership_id"
        " left join memberships b on b.id = e.by_id left join teams t on t.id = e.queue_id"
        " where e.conversation_id = $1 order by e.at, e.no limit 200",
        conversation_id,
    )


async def add_event(tx: Tx, event: dict[str, Any]) -> None:
    names = list(event)
    places = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    await tx.fetch(
        f"insert into queue_events (workspace_id, {', '.join(names)}) values ($1, {places})",  # noqa: S608
        tx.workspace,
        *event.values(),
    )


async def skills_by_code(tx: Tx, roles: Sequence[str]) -> list[ReadRow]:
    """(id, kind, code) of the languages and regions that somebody who serves has."""
    return await tx.fetch(
        "select k.id, k.kind, k.code from skills k where k.kind in ('language', 'region')"
        " and k.archived_at is null and exists (select 1 from seat_skills s"
        " join memberships m on m.id = s.membership_id and m.archived_at is null"
        " and m.rights || m.role && $1::text[] where s.skill_id = k.id)",
        list(roles),
    )


async def talk(tx: Tx, conversation_id: UUID) -> ReadRow | None:
    """(id, account_id, channel, units, load): what reception needs of a conversation that does not wait."""
    rows = await tx.fetch(
        "select c.id, c.account_id, c.channel, coalesce(k.units, 1) as units,"
        " coalesce(k.load, 'live') as load from conversations c"
        " left join channel_weights k on k.account_id = c.account_id where c.id = $1",
        conversation_id,
    )
    return rows[0] if rows else None


async def facts(tx: Tx, conversation_id: UUID) -> ReadRow | None:
    """What there is to know of a conversation that comes to wait."""
    rows = await tx.fetch(f"{_FACTS} where c.id = $1", conversation_id)
    return rows[0] if rows else None


async def facts_since(tx: Tx, since: datetime, limit: int) -> list[ReadRow]:
    """The same of the newest conversations opened since then."""
    return await tx.fetch(
        f"{_FACTS} where c.opened_at >= $1 order by c.opened_at desc limit $2", since, limit
    )


_FACTS = """
    select c.id, c.opened_at, p.name as contact_name, c.account_id, c.channel, c.identity_id, c.contact_id,
           c.state, c.team_id, c.assignee_id, coalesce(nullif(p.language, ''), v.language, '') as language,
           p.attributes, p.tier, p.owner_id, coalesce(v.time_zone, '') as time_zone,
           coalesce(v.source, '') as source, coalesce(v.url, '') as page, a.assignee_id as last_agent_id,
           coalesce(k.units, 1) as units, coalesce(k.load, 'live') as load
    from conversations c
    join contacts p on p.id = c.contact_id
    left join channel_weights k on k.account_id = c.account_id
    left join lateral (
        select o.assignee_id from conversations o
        where o.contact_id = c.contact_id and o.id <> c.id and o.assignee_id is not null
        order by o.opened_at desc limit 1
    ) a on true
    left join lateral (
        select x.language, x.time_zone, x.source, g.url
        from visits x left join page_views g on g.visit_id = x.id and g.no = x.pages
        where x.identity_id = c.identity_id order by x.started_at desc, x.id desc limit 1
    ) v on true
"""


async def unknown_open(tx: Tx) -> list[UUID]:
    """Open conversations of which reception knows nothing."""
    rows = await tx.fetch(
        "select c.id from conversations c where c.state in ('queued', 'assigned') and c.spam_at is null"
        " and not exists (select 1 from waits w where w.conversation_id = c.id)"
        " and not exists (select 1 from holdings h where h.conversation_id = c.id) order by c.opened_at"
    )
    return [row["id"] for row in rows]
