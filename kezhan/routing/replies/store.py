"""What is read to know whether there is something to say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


async def standing(tx: Tx, conversations: Sequence[UUID]) -> list[ReadRow]:
    """Of those of these that go on, on channels in use: where they stand, how they wait (nulls where they do
    not), the last word of ours among the last fifty (`answered_at`), and what the channel says by itself
    (`replies`)."""
    return await tx.fetch(_STANDING, list(conversations))


_STANDING = """
    select c.id, c.account_id, c.identity_id, c.state, c.team_id, c.waiting_since,
           a.auto_replies::text as replies, coalesce(p.language, '') as language,
           w.language as house_language, w.time_zone,
           q.rule_id, q.team_id as wait_team_id, q.queued_at, s.answered_at
    from conversations c
    join channel_accounts a on a.id = c.account_id and a.archived_at is null
    join contacts p on p.id = c.contact_id
    join workspaces w on w.id = c.workspace_id
    left join waits q on q.conversation_id = c.id
    left join lateral (
        select max(m.created_at) as answered_at
        from (select author_kind, kind, created_at from messages
              where conversation_id = c.id order by seq desc limit 50) m
        where m.author_kind = 'agent' and m.kind <> 'note'
    ) s on true
    where c.id = any($1::uuid[]) and c.state <> 'closed' and c.spam_at is null
"""


async def begun_by(tx: Tx, spoken: Mapping[UUID, int]) -> set[UUID]:
    """The conversations in which nobody has said anything before this message (seq)."""
    rows = await tx.fetch(_BEGUN, list(spoken), list(spoken.values()))
    return {row["id"] for row in rows}


_BEGUN = """
    select i.id from unnest($1::uuid[], $2::int[]) as i (id, seq)
    where not exists (select 1 from messages m where m.conversation_id = i.id and m.seq < i.seq
                      and m.kind not in ('event', 'note'))
"""


async def said(tx: Tx, keys: Mapping[str, UUID]) -> set[str]:
    """Those of these keys (each of an account) under which something was said already."""
    rows = await tx.fetch(_SAID, list(keys.values()), list(keys))
    return {row["client_id"] for row in rows}


_SAID = """
    select k.client_id from unnest($1::uuid[], $2::text[]) as i (account_id, client_id)
    join message_keys k on k.sender_id = i.account_id and k.client_id = i.client_id
"""


async def said_to(tx: Tx, identity_id: UUID, body: str, since: datetime) -> tuple[int, int]:
    """How often something was said to the customer by itself since then, and how often just this."""
    (row,) = await tx.fetch(_SAID_TO, identity_id, body, since)
    return int(row["anything"]), int(row["same"])


_SAID_TO = """
    select count(*) as anything, count(*) filter (where m.body = $2) as same
    from conversations c join messages m on m.conversation_id = c.id
    where c.identity_id = $1 and c.active_at >= $3 and m.author_kind = 'system' and m.kind = 'text'
      and m.created_at >= $3
"""


async def silent(tx: Tx, conversations: Sequence[UUID]) -> list[ReadRow]:
    """Of those of these that somebody serves, not parked, in which we have had the last word: that word
    (`answered_at`, `answered_seq`), and what is decided of their channel's life (`rules`)."""
    return await tx.fetch(_SILENT, list(conversations))


_SILENT = """
    select c.id, c.account_id, c.identity_id, l.rules::text as rules, coalesce(p.language, '') as language,
           w.language as house_language, s.answered_at, s.answered_seq
    from conversations c
    join channel_accounts a on a.id = c.account_id and a.archived_at is null
    join life_rules l on l.account_id = c.account_id
    join contacts p on p.id = c.contact_id
    join workspaces w on w.id = c.workspace_id
    join lateral (
        select m.created_at as answered_at, m.seq as answered_seq
        from (select seq, author_kind, kind, created_at from messages
              where conversation_id = c.id order by seq desc limit 50) m
        where m.author_kind = 'agent' and m.kind <> 'note' order by m.seq desc limit 1
    ) s on true
    where c.id = any($1::uuid[]) and c.state = 'assigned' and c.parked_at is null and c.waiting_since is null
      and c.spam_at is null
"""
