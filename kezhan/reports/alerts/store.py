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
           r.episode_id, r.fine_since
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


_SHOWN = """
    select b.episode_id as id, b.rule_id, b.alert as kind, b.team_id, coalesce(t.name, '') as team,
           b.threshold, b.level, b.value, b.at as began_at, e.at as ended_at, coalesce(e.reason, '') as reason
    from alert_events b
    left join alert_events e on e.episode_id = b.episode_id and e.kind = 'ended'
    left join teams t on t.id = b.team_id
    where b.kind = 'began'
"""


async def on(tx: Tx, teams: Sequence[UUID] | None) -> list[ReadRow]:
    """The alerts that are on, the gravest first; of these teams (None: all, and the workspace's own)."""
    return await tx.fetch(_ON, None if teams is None else list(teams))


_ON = f"""
    {_SHOWN} and b.episode_id in (select episode_id from alert_rules where episode_id is not null)
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
WATCHED = """
    select distinct workspace_id from alert_rules
    where archived_at is null and (active or episode_id is not null)
"""
