"""The one statement: a branch for each kind, each by its index, put together by time."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from kezhan.conversations.pages.heads import in_sight
from kezhan.kit.reading import Reader, ReadRow
from kezhan.timeline.schemas import TimelineKind

Place = tuple[datetime, TimelineKind, UUID]
TEXT = 200

# She, and those who have shown to be her.
_HERS = """
    with root as (select coalesce(joined_into, id) as id from contacts where id = $2),
    hers as (
        select array(
            select id from root union select o.id from contacts o join root r on o.joined_into = r.id
        ) as ids
    )
"""
_TALKS = "(select * from conversations where contact_id = any((select ids from hers)::uuid[]){sight})"
_MINE = "contact_id = any((select ids from hers)::uuid[])"
_MEMBER = "(select who.name from memberships who where who.id = {}), ''"
_ACTOR = """coalesce((select who.name from memberships who where who.id = e.actor_id),
    (select t.name from api_tokens t where t.id = e.actor_id),
    (select r.name from tag_rules r where r.id = e.actor_id), '')"""


_DEEDS = """audit_log e where e.subject_id = any((select ids from hers)::uuid[])
    and e.subject_kind = 'contact' and e.action = '{action}'"""


def _row(at: str, from_: str, **given: str) -> str:
    """One branch: what is not `given` is empty."""
    plain = {
        "id": "id",
        "by": "''",
        "conversation_id": "null::uuid",
        "channel": "''",
        "count": "null::int",
        "text": "''",
        "what": "''",
        "state": "''",
        "csat": "null::int",
        "nps": "null::int",
        "detail": "null::jsonb",
    }
    named = ", ".join(f"{value} as {name}" for name, value in (plain | given).items())
    return f"select {at} as at, {named} from {from_}"  # noqa: S608 - words of this file


_SELECTS = {
    TimelineKind.OPENED: _row(
        "c.opened_at",
        "{talks} c where c.merged_into is null",
        id="c.id",
        conversation_id="c.id",
        channel="c.channel",
        state="c.state",
        count="c.inbound_count",
    ),
    TimelineKind.CLOSED: _row(
        "c.closed_at",
        "{talks} c where c.merged_into is null and c.state = 'closed' and c.closed_at is not null",
        id="c.id",
        conversation_id="c.id",
        channel="c.channel",
        by=f"coalesce({_MEMBER.format('c.assignee_id')})",
        count="c.inbound_count",
    ),
    TimelineKind.WRAPPED: _row(
        "w.at",
        "{talks} c join wrap_ups w on w.conversation_id = c.id and w.state = 'done'",
        id="c.id",
        conversation_id="c.id",
        by=f"coalesce({_MEMBER.format('w.by_id')})",
    ),
    TimelineKind.RATED: _row(
        "v.answered_at",
        "{talks} c join survey_invites v on v.conversation_id = c.id and v.answered_at is not null",
        id="v.id",
        conversation_id="c.id",
        text=f"left(v.comment, {TEXT})",
        csat="v.csat::int",
        nps="v.nps::int",
    ),
    TimelineKind.VISITED: _row(
        "v.started_at",
        f"visits v left join page_views g on g.visit_id = v.id and g.no = 1 where v.{_MINE}",
        id="v.id",
        count="v.pages",
        text=f"left(coalesce(nullif(g.title, ''), g.url, ''), {TEXT})",
        what="v.source",
    ),
    TimelineKind.CAME: _row(
        "i.created_at",
        f"identities i join channel_accounts a on a.id = i.account_id where i.{_MINE}",
        id="i.id",
        channel="a.adapter",
        text="a.name",
    ),
    TimelineKind.NOTED: _row(
        "n.created_at",
        f"contact_notes n where n.{_MINE}",
        id="n.id",
        by=f"coalesce({_MEMBER.format('n.author_id')})",
        text=f"left(n.body, {TEXT})",
    ),
    TimelineKind.MERGED: _row(
        "m.at",
        "contact_merges m join contacts o on o.id = m.gone_id"
        " where m.kept_id = any((select ids from hers)::uuid[])",
        id="m.id",
        by=f"coalesce({_MEMBER.format('m.by_id')})",
        text="o.name",
        what="m.how",
    ),
    TimelineKind.PARTED: _row(
        "m.parted_at",
        "contact_merges m join contacts o on o.id = m.gone_id"
        " where m.kept_id = any((select ids from hers)::uuid[]) and m.parted_at is not null",
        id="m.id",
        text="o.name",
    ),
    TimelineKind.PRIVACY: _row(
        "q.received_at",
        f"privacy_requests q where q.{_MINE}",
        id="q.id",
        by=f"coalesce({_MEMBER.format('q.by_id')})",
        what="q.kind",
        state="q.state",
    ),
    **{
        kind: _row(
            "e.at",
            _DEEDS.format(action=action),
            id="e.id",
            by=_ACTOR,
            detail="e.detail",
        )
        for kind, action in (
            (TimelineKind.EDITED, "contact.edit"),
            (TimelineKind.TAGGED, "contact.tag"),
            (TimelineKind.UNTAGGED, "contact.untag"),
        )
    },
}


async def page(
    reader: Reader,
    member_id: UUID,
    contact_id: UUID,
    kinds: Collection[TimelineKind],
    limit: int,
    *,
    teams: Collection[UUID] | None,
    after: Place | None,
) -> list[ReadRow]:
    """The newest behind `after`, of those kinds; conversations as far as the reader sees them (`teams` as of
    `teams_in_sight`)."""
    values = [member_id, contact_id, limit, None if teams is None else list(teams)]
    behind = ""
    if after is not None:
        values += [after[0], after[1].value, after[2]]
        behind = " where (x.at, x.kind, x.id) < ($5::timestamptz, $6::text, $7::uuid)"
    talks = _TALKS.format(sight="" if teams is None else in_sight("$4"))
    branches = " union all ".join(
        f"(select * from (select '{kind.value}' as kind, b.* from ({_SELECTS[kind].format(talks=talks)}) b) x"  # noqa: S608
        f"{behind} order by x.at desc, x.id desc limit $3)"
        for kind in sorted(kinds)
    )
    return await reader.rows(
        f"{_HERS} select x.* from ({branches}) x, (select $1::uuid, $4::uuid[]) as given"  # noqa: S608
        " order by x.at desc, x.kind desc, x.id desc limit $3",
        *values,
    )


async def figures(
    reader: Reader, member_id: UUID, contact_id: UUID, *, teams: Collection[UUID] | None, sees: bool
) -> ReadRow | None:
    """The columns of `ContactFigures`, of conversations if the reader `sees` any; None where there is no such
    customer."""
    sight = " and false" if not sees else "" if teams is None else in_sight("$3")
    talks = _TALKS.format(sight=sight)
    values = (member_id, contact_id, None if teams is None else list(teams))
    return await reader.row(_FIGURES.format(hers=_HERS, talks=talks), *values)


_FIGURES = """
    {hers},
    talks as materialized (select * from {talks} c where merged_into is null and spam_at is null),
    answers as (
        select v.csat, v.answered_at from survey_invites v join talks on talks.id = v.conversation_id
        where v.answered_at is not null and v.csat is not null
    )
    select count(t.id)::int as conversations,
           (count(*) filter (where t.opened_at >= now() - interval '30 days'))::int as recent,
           coalesce(sum(t.inbound_count), 0)::int as messages,
           min(t.opened_at) as first_at, max(t.active_at) as last_at,
           (select channel from talks group by channel order by count(*) desc, max(opened_at) desc limit 1),
           (select coalesce(array_agg(tag_id), '{{}}') from (
               select g.tag_id from conversation_tags g join talks on talks.id = g.conversation_id
               group by g.tag_id order by count(*) desc, g.tag_id limit 3) most) as tags,
           (select count(*)::int from answers) as rated,
           (select csat::int from answers order by answered_at desc limit 1) as csat
    from root left join talks t on true cross join (select $1::uuid, $3::uuid[]) as given
    group by root.id
"""


async def is_there(reader: Reader, contact_id: UUID) -> bool:
    return await reader.row("select id from contacts where id = $1", contact_id) is not None
