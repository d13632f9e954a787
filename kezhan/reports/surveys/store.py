"""What the figures of surveys are made of: one statement each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.kit.reading import Reader, ReadRow


async def figures(reader: Reader, days: int, own: UUID | None) -> list[ReadRow]:
    """Counts of the invitations sent since the workspace's midnight `days` − 1 days ago, with their answers:
    one row for all (`scope` 'all'), one for each day, channel, team, seat. `own`: those alone that this
    member has served."""
    return await reader.rows(_FIGURES, days, own)


_FIGURES = """
    with frame as (
        select w.time_zone as zone, (date_trunc('day', now() at time zone w.time_zone)
               - make_interval(days => $1 - 1)) at time zone w.time_zone as since
        from workspaces w
    ), sent as (
        select i.*, (i.sent_at at time zone f.zone)::date as day, f.since
        from frame f join survey_invites i on i.sent_at >= f.since
        where $2::uuid is null or i.agent_id = $2
    ), counted as (
        select grouping(day, account_id, team_id, agent_id) as scope_no, day, account_id, team_id, agent_id,
               count(*) as invited, count(answered_at) as answered,
               count(csat) as rated, count(*) filter (where csat >= 4) as satisfied,
               count(resolved) as told, count(*) filter (where resolved) as resolved,
               count(nps) as asked, count(*) filter (where nps >= 9) as promoters,
               count(*) filter (where nps <= 6) as detractors,
               array[count(*) filter (where csat = 1), count(*) filter (where csat = 2),
                     count(*) filter (where csat = 3), count(*) filter (where csat = 4),
                     count(*) filter (where csat = 5)] as stars
        from sent group by grouping sets ((), (day), (account_id), (team_id), (agent_id))
    )
    select f.since, f.zone, c.*, case scope_no when 15 then 'all' when 7 then 'day' when 11 then 'channel'
           when 13 then 'team' else 'seat' end as scope,
           coalesce(a.name, t.name, m.name, '') as name, coalesce(a.adapter, '') as adapter,
           coalesce(c.account_id, c.team_id, c.agent_id) as id
    from frame f cross join counted c
    left join channel_accounts a on a.id = c.account_id
    left join teams t on t.id = c.team_id
    left join memberships m on m.id = c.agent_id
    order by c.day, c.invited desc, name
"""


async def answers(
    reader: Reader,
    days: int,
    own: UUID | None,
    score: str | None,
    only_comments: bool,
    scoped: tuple[UUID | None, UUID | None, UUID | None],
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ReadRow]:
    """Answers of these days, the newest first. `score`: good, middling or bad ones alone; `scoped`: of this
    channel, team, seat (None: any)."""
    at, key = after or (None, None)
    asked: tuple[Any, ...] = (days, own, score, only_comments, *scoped, at, key, limit)
    return await reader.rows(_ANSWERS, *asked)


# By the first of the three that was answered.
_ANSWERS = """
    select i.*, c.contact_id, coalesce(p.name, '') as contact_name, a.name as account_name, a.adapter,
           coalesce(m.name, '') as agent_name, coalesce(t.name, '') as team_name,
           f.invite_id as follow_id, f.made_at, f.done_at, f.responsible_id,
           coalesce(r.name, '') as responsible_name, coalesce(d.name, '') as done_by_name
    from survey_invites i
    join workspaces w on w.id = i.workspace_id
    join conversations c on c.id = i.conversation_id
    join contacts p on p.id = c.contact_id
    join channel_accounts a on a.id = i.account_id
    left join memberships m on m.id = i.agent_id
    left join teams t on t.id = i.team_id
    left join survey_follow_ups f on f.invite_id = i.id
    left join memberships r on r.id = f.responsible_id
    left join memberships d on d.id = f.done_by
    where i.answered_at is not null
      and i.sent_at >= (date_trunc('day', now() at time zone w.time_zone) - make_interval(days => $1 - 1))
                       at time zone w.time_zone
      and ($2::uuid is null or i.agent_id = $2)
      and ($3::text is null or $3 = case
               when i.csat >= 4 then 'good' when i.csat = 3 then 'middling' when i.csat is not null then 'bad'
               when i.resolved then 'good' when not i.resolved then 'bad'
               when i.nps >= 9 then 'good' when i.nps >= 7 then 'middling' else 'bad' end)
      and (not $4 or i.comment <> '')
      and ($5::uuid is null or i.account_id = $5) and ($6::uuid is null or i.team_id = $6)
      and ($7::uuid is null or i.agent_id = $7)
      and ($8::timestamptz is null or (i.answered_at, i.id) < ($8, $9))
    order by i.answered_at desc, i.id desc limit $10
"""
