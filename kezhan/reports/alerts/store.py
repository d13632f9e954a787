"""Every statement about thresholds and alerts. A rule knows the alert that is on; what has begun and ended is
only ever added to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

_RULE = """
    select r.id, r.kind, r.team_id, coalesce(t.name, '') as team, r.threshold, r.least, r.level, r.active,
           r.episode_id, r.fine_since,
           r.episode_id is not null or exists (select 1 from channel_alerts c where c.rule_id = r.id) as on
    from alert_rules r left join teams t on t.id = r.team_id
"""


async def rules(tx: Tx) -> list[ReadRow]:
    return await tx.fetch(f"{_RULE} where r.archived_at is null order by r.created_at, r.id")


async def rule(tx: Tx, rule_id: UUID) -> ReadRow | None:
    """With `archived_at`, held until the transaction ends."""
    rows = await tx.fetch(
        "select id, kind, team_id, threshold, least, level, active, episode_id, fine_since, archived_at"
        " from alert_rules where id = $1 for no key update",
        rule_id,
    )
    return rows[0] if rows else None


async def hold_rules(tx: Tx) -> None:
    """Until the transaction ends nobody else adds one."""
    await tx.fetch(
        "select pg_advisory_xact_lock(hashtextextended('alert_rules:' || $1, 0))", str(tx.workspace)
    )


async def team_goes_on(tx: Tx, team_id: UUID) -> bool:
    return bool(await tx.fetch("select 1 from teams where id = $1 and archived_at is null", team_id))


async def add_rule(tx: Tx, values: dict[str, Any]) -> None:
    names = list(values)
    places = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    await tx.fetch(
        f"insert into alert_rules (workspace_id, {', '.join(names)}) values ($1, {places})",  # noqa: S608
        tx.workspace,
        *values.values(),
    )


async def change_rule(tx: Tx, rule_id: UUID, values: dict[str, Any]) -> None:
    changed = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 2))
    await tx.fetch(f"update alert_rules set {changed} where id = $1", rule_id, *values.values())  # noqa: S608


async def begin(tx: Tx, rule_id: UUID, episode_id: UUID) -> bool:
    """Whether this is a new alert: false where one is on, or the rule is no longer watched."""
    rows = await tx.fetch(
        "update alert_rules set episode_id = $2, fine_since = null"
        " where id = $1 and episode_id is null and active and archived_at is null returning id",
        rule_id,
        episode_id,
    )
    return bool(rows)


async def end(tx: Tx, rule_id: UUID, episode_id: UUID) -> bool:
    """Whether it was on."""
    rows = await tx.fetch(
        "update alert_rules set episode_id = null, fine_since = null where id = $1 and episode_id = $2"
        " returning id",
        rule_id,
        episode_id,
    )
    return bool(rows)


async def fine_since(tx: Tx, rule_id: UUID, at: datetime | None) -> None:
    await tx.fetch(
        "update alert_rules set fine_since = $2 where id = $1 and episode_id is not null", rule_id, at
    )


async def add_event(tx: Tx, event: dict[str, Any]) -> None:
    names = list(event)
    places = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    await tx.fetch(
        f"insert into alert_events (workspace_id, {', '.join(names)}) values ($1, {places})",  # noqa: S608
        tx.workspace,
        *event.values(),
    )


# Alerts of channels: a rule has one for each channel that is at fault


async def channels_on(tx: Tx) -> list[ReadRow]:
    """(rule_id, account_id, episode_id, fine_since) of those that are on."""
    return await tx.fetch("select rule_id, account_id, episode_id, fine_since from channel_alerts")


async def begin_channel(tx: Tx, rule_id: UUID, account_id: UUID, episode_id: UUID) -> bool:
    """Whether this is a new alert."""
    rows = await tx.fetch(
        "insert into channel_alerts (workspace_id, rule_id, account_id, episode_id) values ($1, $2, $3, $4)"
        " on conflict do nothing returning rule_id",
        tx.workspace,
        rule_id,
        account_id,
        episode_id,
    )
    return bool(rows)


async def end_channel(tx: Tx, episode_id: UUID) -> bool:
    """Whether it was on."""
    rows = await tx.fetch("delete from channel_alerts where episode_id = $1 returning rule_id", episode_id)
    return bool(rows)


async def channel_fine_since(tx: Tx, episode_id: UUID, at: datetime | None) -> None:
    await tx.fetch("update channel_alerts set fine_since = $2 where episode_id = $1", episode_id, at)


async def channels(tx: Tx, at: datetime) -> list[ReadRow]:
    """(id, down, days, unsent, received, parked, sent, failed) of each account in use: `days` until its
    credentials end, `unsent` of a day, the counts of an hour."""
    return await tx.fetch(_CHANNELS, at)


_CHANNELS = """
    select a.id, coalesce(not h.working, false) as down,
           case when h.expires_at < $1::timestamptz then 0
                else floor(extract(epoch from h.expires_at - $1::timestamptz) / 86400)::int end as days,
           (select count(*) from channel_deliveries d where d.account_id = a.id and d.state = 'waiting'
              and d.created_at > $1::timestamptz - interval '1 day') as unsent,
           i.received, i.parked, d.sent, d.failed
    from channel_accounts a
    left join channel_health h on h.account_id = a.id
    cross join lateral (
        select count(*) as received, count(*) filter (where taken_at is null and due_at is null) as parked
        from channel_inbox where account_id = a.id and received_at > $1::timestamptz - interval '1 hour'
    ) i
    cross join lateral (
        select count(*) filter (where state = 'sent') as sent,
               count(*) filter (where state = 'failed') as failed
        from channel_deliveries where account_id = a.id and created_at > $1::timestamptz - interval '1 hour'
    ) d
    where a.archived_at is null
"""


async def add_usual(tx: Tx, rules: Sequence[tuple[UUID, str, int, int, str]]) -> None:
    """(id, kind, threshold, least, level), where the workspace has never had a rule about channels."""
    columns = [list(column) for column in zip(*rules, strict=True)]
    await tx.fetch(_ADD_USUAL, tx.workspace, *columns)


_ADD_USUAL = """
    insert into alert_rules (workspace_id, id, kind, threshold, least, level, active)
    select $1, r.*, true from unnest($2::uuid[], $3::text[], $4::int[], $5::int[], $6::text[]) as r
    where not exists (select 1 from alert_rules where starts_with(kind, 'channel_'))
    on conflict do nothing
"""


_SHOWN = """
    select b.episode_id as id, b.rule_id, b.alert as kind, b.team_id, coalesce(t.name, '') as team,
           b.account_id, coalesce(a.name, '') as account, b.threshold, b.level, b.value, b.at as began_at,
           e.at as ended_at, coalesce(e.reason, '') as reason
    from alert_events b
    left join alert_events e on e.episode_id = b.episode_id and e.kind = 'ended'
    left join teams t on t.id = b.team_id
    left join channel_accounts a on a.id = b.account_id
    where b.kind = 'began'
"""


async def on(tx: Tx, teams: Sequence[UUID] | None) -> list[ReadRow]:
    """The alerts that are on, the gravest first; of these teams (None: all, and the workspace's own)."""
    return await tx.fetch(_ON, None if teams is None else list(teams))


_ON = f"""
    {_SHOWN} and b.episode_id in (select episode_id from alert_rules where episode_id is not null
                                  union all select episode_id from channel_alerts)
      and ($1::uuid[] is null or b.team_id = any ($1))
    order by b.level, b.at, b.id
"""  # noqa: S608 - words of this file


async def history(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> list[ReadRow]:
    """Newest first, behind the one that `after` names."""
    at, episode_id = after or (None, None)
    return await tx.fetch(_HISTORY, at, episode_id, limit)


_HISTORY = f"""
    {_SHOWN} and ($1::timestamptz is null or (b.at, b.episode_id) < ($1, $2))
    order by b.at desc, b.episode_id desc limit $3
"""

# The tick: across workspaces, as kz_system.

ALONE = "select pg_try_advisory_xact_lock(hashtextextended('kezhan.reports.alerts', 0))"
# Workspaces in which an alert may begin or end now ($1): one is on, or there is some of what its figure is
# made of. Of those that are well there may be any number; they are not opened.
WATCHED = """
    select distinct r.workspace_id from alert_rules r
    where r.archived_at is null and (
        r.episode_id is not null
        or exists (select 1 from channel_alerts c where c.workspace_id = r.workspace_id and c.rule_id = r.id)
        or r.active and case
            when r.kind in ('longest_wait', 'waiting', 'no_free_seat') then
                exists (select 1 from waits w where w.workspace_id = r.workspace_id)
            when r.kind = 'abandoned' then r.threshold <= (
                select count(*) from queue_events e
                where e.workspace_id = r.workspace_id and e.kind in ('abandoned', 'left')
                  and e.at > $1::timestamptz - interval '26 hours')
            when r.kind = 'service_level' then exists (
                select 1 from queue_events e join routing_settings s on s.workspace_id = e.workspace_id
                where e.workspace_id = r.workspace_id and e.at > $1::timestamptz - interval '26 hours'
                  and (e.kind in ('abandoned', 'left', 'message')
                       or e.kind = 'enqueued' and e.reason in ('closed', 'full')
                       or e.kind = 'accepted' and e.waited_ms > s.target_seconds * 1000))
            when r.kind = 'channel_down' then
                exists (select 1 from channel_health h where h.workspace_id = r.workspace_id
                        and not h.working)
            when r.kind = 'channel_expires' then exists (
                select 1 from channel_health h where h.workspace_id = r.workspace_id
                  and h.expires_at < $1::timestamptz + make_interval(days => r.threshold + 1))
            when r.kind = 'channel_unsent' then r.threshold <= (
                select count(*) from channel_deliveries d
                where d.workspace_id = r.workspace_id and d.state = 'waiting')
            when r.kind = 'channel_errors' then exists (
                select 1 from channel_inbox i
                where i.workspace_id = r.workspace_id and i.taken_at is null and i.due_at is null
                  and i.received_at > $1::timestamptz - interval '1 hour')
              or exists (
                select 1 from channel_accounts a join channel_deliveries d
                  on d.workspace_id = a.workspace_id and d.account_id = a.id and d.state = 'failed'
                  and d.created_at > $1::timestamptz - interval '1 hour'
                where a.workspace_id = r.workspace_id)
            else true
        end
    )
"""
