"""Whether accounts work, what went through them, what waits: every statement about it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, text

from kezhan.channels.models import KeptText
from kezhan.channels.store import keep_text, kept_text
from kezhan.kit.db import Tx

_NOTE_HEALTH = text(
    """
    with before as (select working, fault from channel_health where account_id = :account_id), noted as (
        insert into channel_health as h (workspace_id, account_id, working, fault, why, name, expires_at)
        values (:workspace_id, :account_id, :working, :fault, :why, coalesce(:name, ''), :expires_at)
        on conflict (workspace_id, account_id) do update set
            working = excluded.working, fault = excluded.fault, why = excluded.why, checked_at = now(),
            name = case when cast(:name as text) is null then h.name else excluded.name end,
            expires_at = case when cast(:name as text) is null then h.expires_at else excluded.expires_at end,
            since = case when h.working = excluded.working then h.since else now() end
    )
    select coalesce((select working from before), true) <> :working as changed
    """
)


async def note_health(tx: Tx, account_id: UUID, values: dict[str, Any]) -> bool:
    """What was seen of the connection; whether it worked before and does not now, or the other way round."""
    known = {"name": None, "expires_at": None, "account_id": account_id, "workspace_id": tx.workspace}
    return bool(await tx.value(_NOTE_HEALTH, known | values))


async def works(tx: Tx, account_id: UUID) -> bool:
    """Unless a fault was seen last."""
    found = await tx.value(
        text("select working from channel_health where account_id = :id"), {"id": account_id}
    )
    return found is not False


async def fault(tx: Tx, account_id: UUID) -> str:
    """The one seen last; empty where it works."""
    found = await tx.value(
        text("select fault from channel_health where account_id = :id"), {"id": account_id}
    )
    return str(found or "")


REFUSED = "refused"
"""What is kept of an account whose credentials were refused for what was sent last."""


async def mark_refused(tx: Tx, account_id: UUID, sealed: bytes) -> None:
    await keep_text(tx, account_id, REFUSED, sealed)


async def is_refused(tx: Tx, account_id: UUID) -> bool:
    return await kept_text(tx, account_id, REFUSED) is not None


async def unmark_refused(tx: Tx, account_id: UUID) -> bool:
    """Whether it was marked."""
    wanted = delete(KeptText).where(KeptText.account_id == account_id, KeptText.name == REFUSED)
    return bool(await tx.run(wanted))


_HEALTH = text(
    """
    select a.id, h.working, h.fault, h.why, h.name, h.expires_at, h.since, h.checked_at,
           i.last_in, coalesce(i.received, 0) as received, p.parked, f.passing, f.unpassed, f.pass_fault,
           coalesce(i.waiting, 0) as waiting_in, i.delay_ms,
           d.last_out, coalesce(d.sent, 0) as sent, coalesce(d.failed, 0) as failed,
           coalesce(d.waiting, 0) as waiting_out, d.oldest
    from channel_accounts a
    left join channel_health h on h.account_id = a.id
    left join lateral (
        select max(received_at) as last_in, count(*) as received,
               count(*) filter (where taken_at is null and due_at is not null) as waiting,
               percentile_cont(0.5) within group (order by delay_ms) as delay_ms
        from channel_inbox where account_id = a.id and received_at > now() - interval '24 hours'
    ) i on true
    cross join lateral (
        select count(*) as parked from channel_inbox
        where account_id = a.id and taken_at is null and due_at is null and dismissed_at is null
    ) p
    cross join lateral (
        select count(*) filter (where pass_due_at is not null) as passing,
               count(*) filter (where pass_due_at is null) as unpassed,
               (array_agg(pass_fault order by received_at desc) filter (where pass_fault is not null))[1]
                   as pass_fault
        from channel_inbox
        where account_id = a.id and dismissed_at is null
          and passed_at is null and (pass_due_at is not null or pass_fault is not null)
    ) f
    left join lateral (
        select max(sent_at) as last_out, count(*) filter (where state = 'sent') as sent,
               count(*) filter (where state = 'failed') as failed,
               count(*) filter (where state = 'waiting') as waiting,
               min(created_at) filter (where state = 'waiting') as oldest
        from channel_deliveries where account_id = a.id and created_at > now() - interval '24 hours'
    ) d on true
    where a.archived_at is null order by a.created_at, a.id
    """
)


async def health(tx: Tx) -> Sequence[Row[Any]]:
    """Of each account in use: what was last seen of its connection, its last 24 hours, and what waits for
    somebody or for the desk of before, however old it is."""
    return await tx.rows(_HEALTH)


_WAITING = text(
    """
    select w.direction, a.adapter, w.waiting, w.seconds from (
        select 'in' as direction, account_id, count(*) as waiting,
               extract(epoch from now() - min(received_at))::float as seconds
        from (select account_id, received_at from channel_inbox
              where taken_at is null and due_at is not null limit :limit) i group by account_id
        union all
        select 'out', account_id, count(*), extract(epoch from now() - min(created_at))::float
        from (select account_id, created_at from channel_deliveries
              where state = 'waiting' limit :limit) d group by account_id
    ) w join channel_accounts a on a.id = w.account_id
    """
)


async def waiting(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    """Across workspaces: how many wait on each account (of at most `limit` looked at), and for how many
    seconds the oldest has, by `direction` (in, out) and `adapter`."""
    return await tx.rows(_WAITING, {"limit": limit})
