"""Every statement of the room. It joins what conversations, contacts, channels and people own; only surveys,
their versions, invitations and follow-ups are written here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow
from kezhan.surveys.models import FollowUp, Survey, SurveyInvite, SurveyVersion

# Definitions

_NOW = select(Survey.__table__, SurveyVersion.definition).join(
    SurveyVersion, (SurveyVersion.survey_id == Survey.id) & (SurveyVersion.version == Survey.version)
)


async def surveys(tx: Tx) -> Sequence[Row[Any]]:
    """Those in use, each with its newest definition, the oldest first."""
    wanted = _NOW.where(Survey.archived_at.is_(None))
    return await tx.rows(wanted.order_by(Survey.created_at, Survey.id))


async def survey(tx: Tx, survey_id: UUID) -> Row[Any] | None:
    """With its newest definition, held until the transaction ends."""
    return await tx.row(_NOW.where(Survey.id == survey_id).with_for_update(of=Survey.__table__))


async def hold_surveys(tx: Tx) -> None:
    """Until the transaction ends nobody else adds one."""
    await tx.run(_HOLD, {"name": f"surveys:{tx.workspace}"})


_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def add_survey(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(Survey).values(workspace_id=tx.workspace, **values))


async def add_version(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(SurveyVersion).values(workspace_id=tx.workspace, **values))


async def change_survey(tx: Tx, survey_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(Survey).where(Survey.id == survey_id).values(values))


async def counts(tx: Tx, since: datetime) -> dict[UUID, tuple[int, int]]:
    """By survey how many were invited since then, and how many of them have answered."""
    return {row["survey_id"]: (row["invited"], row["answered"]) for row in await tx.fetch(_COUNTS, since)}


_COUNTS = """
    select survey_id, count(*) as invited, count(answered_at) as answered
    from survey_invites where sent_at >= $1 group by survey_id
"""


async def strangers(tx: Tx, accounts: Sequence[UUID], teams: Sequence[UUID], members: Sequence[UUID]) -> bool:
    """Whether one of these is not of this workspace, or has been removed."""
    (row,) = await tx.fetch(_STRANGERS, list(accounts), list(teams), list(members))
    return bool(row["some"])


_STRANGERS = """
    select exists (select 1 from unnest($1::uuid[]) i where not exists (
               select 1 from channel_accounts a where a.id = i and a.archived_at is null))
        or exists (select 1 from unnest($2::uuid[]) i where not exists (
               select 1 from teams t where t.id = i and t.archived_at is null))
        or exists (select 1 from unnest($3::uuid[]) i where not exists (
               select 1 from memberships m where m.id = i and m.archived_at is null)) as some
"""

# Invitations


async def standing(tx: Tx, conversation_id: UUID) -> ReadRow | None:
    """What an invitation asks of a conversation: where it stands, who served last (`agent_id`; what was
    written elsewhere has nobody), whether anybody has spoken for us (`answered`), whether it tried the
    channel, whether there is an invitation."""
    rows = await tx.fetch(_STANDING, conversation_id)
    return rows[0] if rows else None


# One who serves for one team alone serves for it here too.
_STANDING = """
    select c.id, c.account_id, c.identity_id, c.channel, c.state, c.assignee_id, c.team_id, c.last_seq,
           coalesce(p.language, '') as language, w.language as house_language, s.answered, s.agent_id,
           coalesce(c.team_id, (
               select (array_agg(t.team_id))[1] from team_members t where t.membership_id = s.agent_id
               having count(*) = 1)) as served_team_id,
           a.archived_at is not null as gone,
           c.spam_at is not null or exists (select 1 from blocks b where b.contact_id = c.contact_id
               and (b.until is null or b.until > now()))
               or exists (select 1 from conversations h where h.account_id = c.account_id
                   and h.identity_id = c.identity_id and h.state <> 'closed' and h.spam_at is not null
               ) as shut,
           exists (select 1 from channel_checks k where k.conversation_id = c.id) as trial,
           exists (select 1 from survey_invites i where i.conversation_id = c.id) as invited
    from conversations c
    join contacts p on p.id = c.contact_id
    join channel_accounts a on a.id = c.account_id
    join workspaces w on w.id = c.workspace_id
    cross join lateral (
        select count(*) > 0 as answered, coalesce((array_agg(m.id order by o.seq desc)
                   filter (where m.id is not null))[1], c.assignee_id) as agent_id
        from messages o left join memberships m on m.id = o.author_id
        where o.conversation_id = c.id and o.author_kind = 'agent' and o.kind <> 'note'
          and o.recalled_at is null
    ) s
    where c.id = $1
"""


async def add_invite(tx: Tx, values: dict[str, Any]) -> bool:
    """False where the conversation has one."""
    added = insert(SurveyInvite).values(workspace_id=tx.workspace, **values)
    return bool(await tx.run(added.on_conflict_do_nothing()))


_ASKED = select(SurveyInvite.__table__, SurveyVersion.definition).join(
    SurveyVersion,
    (SurveyVersion.survey_id == SurveyInvite.survey_id) & (SurveyVersion.version == SurveyInvite.version),
)


async def asked(tx: Tx, invite_id: UUID) -> Row[Any] | None:
    """The invitation with the definition it was made by."""
    return await tx.row(_ASKED.where(SurveyInvite.id == invite_id))


async def hold_asked(tx: Tx, invite_id: UUID) -> Row[Any] | None:
    """The same, held until the transaction ends."""
    wanted = _ASKED.where(SurveyInvite.id == invite_id)
    return await tx.row(wanted.with_for_update(of=SurveyInvite.__table__))


async def change_invite(tx: Tx, invite_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(SurveyInvite).where(SurveyInvite.id == invite_id).values(values))


async def open_invite(tx: Tx, account_id: UUID, identity_id: UUID) -> ReadRow | None:
    """(id, state) of the newest invitation of a customer that can be answered by message: it is not over, she
    is in no other conversation, and in its own nobody has said anything since."""
    rows = await tx.fetch(_OPEN, account_id, identity_id)
    return rows[0] if rows else None


_OPEN = """
    select i.id, c.state from survey_invites i join conversations c on c.id = i.conversation_id
    where i.identity_id = $2 and i.account_id = $1 and i.expires_at > now()
      and not exists (select 1 from conversations o where o.account_id = $1 and o.identity_id = $2
                      and o.state <> 'closed' and o.id <> i.conversation_id)
      and not exists (
          select 1 from messages m
          join message_keys k on k.sender_id = i.account_id and k.client_id = 'survey:' || i.id
          where m.conversation_id = i.conversation_id and m.seq > k.seq
            and m.author_kind in ('visitor', 'agent') and m.kind <> 'note')
    order by i.sent_at desc limit 1
"""

# Results

_RESULT = """
    select i.*, v.definition::text as definition_text, i.answer::text as answer_text, s.name as survey_name,
           c.assignee_id, c.team_id as queue_id, c.contact_id,
           coalesce(p.name, '') as contact_name, a.name as account_name, a.adapter,
           coalesce(b.name, '') as by_name, coalesce(m.name, '') as agent_name,
           coalesce(t.name, '') as team_name, f.invite_id as follow_id, f.made_at, f.done_at,
           f.responsible_id, coalesce(r.name, '') as responsible_name, coalesce(d.name, '') as done_by_name
    from survey_invites i
    join conversations c on c.id = i.conversation_id
    join contacts p on p.id = c.contact_id
    join channel_accounts a on a.id = i.account_id
    join surveys s on s.id = i.survey_id
    join survey_versions v on v.survey_id = i.survey_id and v.version = i.version
    left join memberships b on b.id = i.by_id
    left join memberships m on m.id = i.agent_id
    left join teams t on t.id = i.team_id
    left join survey_follow_ups f on f.invite_id = i.id
    left join memberships r on r.id = f.responsible_id
    left join memberships d on d.id = f.done_by
"""


async def result_of(tx: Tx, conversation_id: UUID) -> ReadRow | None:
    rows = await tx.fetch(_RESULT + "where i.conversation_id = $1", conversation_id)
    return rows[0] if rows else None


async def follow_ups(
    reader: Reader, own: UUID | None, done: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[ReadRow]:
    """The newest first. `own`: those alone that this member is responsible for, or that came of what she has
    served."""
    at, key = after or (None, None)
    return await reader.rows(_FOLLOW_UPS, own, done, at, key, limit)


_FOLLOW_UPS = (
    _RESULT
    + """
    where f.invite_id is not null and (f.done_at is not null) = $2
      and ($1::uuid is null or f.responsible_id = $1 or i.agent_id = $1)
      and ($3::timestamptz is null or (f.made_at, f.invite_id) < ($3, $4))
    order by f.made_at desc, f.invite_id desc limit $5
"""
)


async def ratings(reader: Reader, contact_id: UUID, limit: int) -> list[ReadRow]:
    """What this customer has answered, the newest first, and where each conversation stands."""
    return await reader.rows(_RATINGS, contact_id, limit)


_RATINGS = """
    select i.conversation_id, i.csat, i.resolved, i.nps, c.assignee_id, c.team_id, c.guests
    from (select * from conversations where contact_id = $1 and spam_at is null) c
    join survey_invites i on i.conversation_id = c.id and i.answered_at is not null
    order by i.answered_at desc limit $2
"""

# Follow-ups


async def add_follow_up(tx: Tx, invite_id: UUID, responsible_id: UUID | None) -> bool:
    """False where there is one. Who has left the workspace is responsible for nothing."""
    values = {"ws": tx.workspace, "invite_id": invite_id, "responsible_id": responsible_id}
    return bool(await tx.run(_ADD_FOLLOW_UP, values))


_ADD_FOLLOW_UP = text(
    """
    insert into survey_follow_ups (workspace_id, invite_id, responsible_id)
    select :ws, :invite_id, (select m.id from memberships m
                             where m.id = cast(:responsible_id as uuid) and m.archived_at is null)
    on conflict do nothing
    """
)


async def drop_open_follow_up(tx: Tx, invite_id: UUID) -> bool:
    """Whether there was one that nobody has dealt with."""
    return bool(await tx.run(_DROP_OPEN, {"invite_id": invite_id}))


_DROP_OPEN = text("delete from survey_follow_ups where invite_id = :invite_id and done_at is null")


async def follow_up(tx: Tx, invite_id: UUID) -> Row[Any] | None:
    """The follow-up, held until the transaction ends, with where its conversation stands."""
    return await tx.row(_FOLLOW_UP, {"invite_id": invite_id})


_FOLLOW_UP = text(
    """
    select f.*, c.assignee_id, c.team_id, c.guests, i.agent_id from survey_follow_ups f
    join survey_invites i on i.id = f.invite_id join conversations c on c.id = i.conversation_id
    where f.invite_id = :invite_id for update of f
    """
)


async def change_follow_up(tx: Tx, invite_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(FollowUp).where(FollowUp.invite_id == invite_id).values(values))


async def unanswered(tx: Tx) -> Sequence[UUID]:
    """Invitations nobody has answered, the oldest first."""
    wanted = select(SurveyInvite.id).where(SurveyInvite.answered_at.is_(None))
    return await tx.values(wanted.order_by(SurveyInvite.sent_at, SurveyInvite.id))


async def ended(tx: Tx) -> Sequence[UUID]:
    """Conversations that have ended, the oldest first."""
    return [
        row["id"]
        for row in await tx.fetch("select id from conversations where state = 'closed' order by closed_at")
    ]
