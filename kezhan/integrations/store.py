"""Every statement of the room. It joins what conversations and contacts own; only its own tables are written
here."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.integrations.models import Endpoint, HookAttempt, HookDelivery, HookEvent
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

# Endpoints

_ENDPOINTS = """
    select e.*,
           (select count(*) from (select from webhook_deliveries d where d.endpoint_id = e.id
                and d.state = 'waiting' limit 1000) w) as waiting,
           (select count(*) from (select from webhook_deliveries d
                join webhook_events v on v.id = d.event_id and v.kind <> 'webhook.test'
                where d.endpoint_id = e.id and d.state = 'dead' limit 1000) w) as dead,
           (select max(d.settled_at) from webhook_deliveries d where d.endpoint_id = e.id
                and d.state = 'sent') as last_sent_at
    from webhook_endpoints e where e.archived_at is null and ($1::uuid is null or e.id = $1)
    order by e.created_at, e.id
"""


async def endpoints(tx: Tx, endpoint_id: UUID | None = None) -> list[ReadRow]:
    """All that are kept, or this one, with what waits and what has died."""
    return await tx.fetch(_ENDPOINTS, endpoint_id)


async def endpoint(tx: Tx, endpoint_id: UUID, *, held: bool = False) -> Row[Any] | None:
    wanted = select(Endpoint.__table__).where(Endpoint.id == endpoint_id, Endpoint.archived_at.is_(None))
    return await tx.row(wanted.with_for_update(key_share=True) if held else wanted)


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else makes an endpoint in this workspace."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"webhooks:{tx.workspace}")


async def add_endpoint(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(Endpoint).values(workspace_id=tx.workspace, **values))


async def change_endpoint(tx: Tx, endpoint_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(Endpoint).where(Endpoint.id == endpoint_id).values(**values))


async def listening(tx: Tx) -> list[ReadRow]:
    """(id, events) of those that are on."""
    return await tx.fetch(
        "select id, events from webhook_endpoints where state = 'on' and archived_at is null"
    )


async def works(tx: Tx, endpoint_id: UUID) -> None:
    """Something has arrived."""
    failing = (Endpoint.id == endpoint_id) & Endpoint.failing_since.is_not(None)
    await tx.run(update(Endpoint).where(failing).values(failing_since=None))


async def fails(tx: Tx, endpoint_id: UUID, at: datetime) -> datetime | None:
    """Since when nothing has arrived; None where it is no longer on."""
    on = (Endpoint.id == endpoint_id) & (Endpoint.state == "on") & Endpoint.archived_at.is_(None)
    since = func.coalesce(Endpoint.failing_since, at)
    found: datetime | None = await tx.value(
        update(Endpoint).where(on).values(failing_since=since).returning(Endpoint.failing_since)
    )
    return found


# What has happened


async def conversations(tx: Tx, ids: Sequence[UUID]) -> list[ReadRow]:
    return await tx.fetch(_CONVERSATIONS, list(ids))


_CONVERSATIONS = """
    select id, account_id, channel, contact_id, state, assignee_id, team_id, opened_at, closed_at
    from conversations where id = any ($1)
"""


async def messages(tx: Tx, places: Sequence[tuple[UUID, int]]) -> list[ReadRow]:
    """Those of these messages there are, with who has said them and the file or note in them."""
    ids, seqs = zip(*places, strict=True)
    return await tx.fetch(_MESSAGES, list(ids), list(seqs))


_MESSAGES = """
    select m.conversation_id, m.seq, m.kind, m.author_kind, m.author_id, m.body, m.quote_seq, m.created_at,
           m.edited_at, m.recalled_at, m.payload::text as payload,
           coalesce(case m.author_kind when 'agent' then a.name when 'visitor' then k.name end,
                    m.signed, '') as author_name
    from unnest($1::uuid[], $2::int[]) as p(conversation_id, seq)
    join messages m on m.conversation_id = p.conversation_id and m.seq = p.seq
    join conversations c on c.id = m.conversation_id
    join contacts k on k.id = c.contact_id
    left join memberships a on a.id = m.author_id and m.author_kind = 'agent'
"""


async def contacts(tx: Tx, ids: Sequence[UUID]) -> list[ReadRow]:
    return await tx.fetch(_CONTACTS, list(ids))


_CONTACTS = """
    select id, name, language, tier, created_at, joined_into as merged_into
    from contacts where id = any ($1)
"""


async def add_events(tx: Tx, events: Sequence[dict[str, Any]], ways: Sequence[dict[str, Any]]) -> None:
    """Events, and their deliveries in this order."""
    await tx.run(insert(HookEvent), [{"workspace_id": tx.workspace, **event} for event in events])
    await tx.run(insert(HookDelivery), [{"workspace_id": tx.workspace, **way} for way in ways])


async def forget_said(tx: Tx, places: Sequence[tuple[UUID, int]]) -> None:
    """These messages have been recalled: what they said stands in no event of theirs, nor in an answer."""
    ids, seqs = zip(*places, strict=True)
    await tx.fetch(_FORGET_ANSWERS, list(ids), list(seqs))
    await tx.fetch(_FORGET_SAID, list(ids), list(seqs))


_FORGET_SAID = """
    update webhook_events e
    set body = ((e.body::jsonb) #- '{message,text}' #- '{message,file}')::text
    from unnest($1::uuid[], $2::int[]) as p(lane, seq)
    where e.lane = p.lane and e.seq = p.seq
"""
_FORGET_ANSWERS = """
    update webhook_attempts t set answer = ''
    from unnest($1::uuid[], $2::int[]) as p(lane, seq)
    join webhook_events e on e.lane = p.lane and e.seq = p.seq
    join webhook_deliveries d on d.event_id = e.id
    where t.delivery_id = d.id and t.answer <> ''
"""

# On the way

_LEASE = timedelta(minutes=2)
"""Of a claim: for so long nobody else has the row."""
# The first waiting delivery of a lane alone is ready. Endpoints have their turns one after the other; one
# that fails has one call under way at a time, so that it keeps no place from those that answer.
_CLAIM = text(
    """
    with recursive waiting as (
        (select endpoint_id from webhook_deliveries where state = 'waiting' order by endpoint_id limit 1)
        union all
        select (select d.endpoint_id from webhook_deliveries d
                where d.state = 'waiting' and d.endpoint_id > a.endpoint_id order by d.endpoint_id limit 1)
        from waiting a where a.endpoint_id is not null
    ), ready as (
        select r.workspace_id, r.id, row_number() over (partition by a.endpoint_id order by r.no) as turn
        from waiting a
        join webhook_endpoints e on e.id = a.endpoint_id and e.state = 'on' and e.archived_at is null
        left join unnest(cast(:endpoints as uuid[]), cast(:busy as integer[])) as b (endpoint_id, busy)
            on b.endpoint_id = a.endpoint_id
        cross join lateral (
            select w.workspace_id, w.id, w.no from webhook_deliveries w
            where w.state = 'waiting' and w.endpoint_id = a.endpoint_id and w.due_at <= now()
              and not exists (select 1 from webhook_deliveries f
                              where f.workspace_id = w.workspace_id and f.endpoint_id = w.endpoint_id
                                and f.lane = w.lane and f.state = 'waiting' and f.no < w.no)
            order by w.due_at, w.no
            limit greatest(least(case when e.failing_since is null then cast(:most as integer) else 1 end,
                                 (:left + coalesce(b.busy, 0)) / 2 + 1) - coalesce(b.busy, 0), 0)
            for update skip locked
        ) r
    )
    update webhook_deliveries d set due_at = now() + cast(:lease as interval), attempts = d.attempts + 1
    from (select workspace_id, id from ready order by turn limit :left) c
    where d.workspace_id = c.workspace_id and d.id = c.id
    returning d.*
    """
)


async def claim(tx: Tx, busy: Mapping[UUID, int], *, left: int, most: int) -> Sequence[Row[Any]]:
    """Across workspaces: some of what is due now, at most one of each lane, `left` of all and `most` of one
    endpoint. `busy`: how many of each are under way."""
    counts = {"endpoints": list(busy), "busy": list(busy.values())}
    return await tx.rows(_CLAIM, {**counts, "left": left, "most": most, "lease": _LEASE})


async def to_send(tx: Tx, delivery_id: UUID) -> ReadRow | None:
    """What is sent where; None where its endpoint is no more."""
    rows = await tx.fetch(_TO_SEND, delivery_id)
    return rows[0] if rows else None


_TO_SEND = """
    select v.id as event_id, v.kind, v.body, e.id as endpoint_id, e.address, e.secret, e.old_secret,
           e.old_until
    from webhook_deliveries d
    join webhook_events v on v.id = d.event_id
    join webhook_endpoints e on e.id = d.endpoint_id and e.archived_at is null
    where d.id = $1
"""


async def settle(tx: Tx, claimed: Row[Any], values: dict[str, Any]) -> bool:
    """Write how an attempt ended; False where another has the row by now."""
    mine = (HookDelivery.id == claimed.id) & (HookDelivery.attempts == claimed.attempts)
    waits = mine & (HookDelivery.state == "waiting")
    return bool(await tx.run(update(HookDelivery).where(waits).values(**values)))


async def tested(tx: Tx, delivery_id: UUID, well: bool, status: int | None, fault: str) -> None:
    ended = {"state": "sent" if well else "dead", "status": status, "fault": fault}
    mine = update(HookDelivery).where(HookDelivery.id == delivery_id)
    await tx.run(mine.values(**ended, settled_at=func.now()))


async def hold_back(tx: Tx, claimed: Row[Any], until: datetime) -> None:
    """What follows in its lane need not be looked at before."""
    behind = (
        (HookDelivery.endpoint_id == claimed.endpoint_id)
        & (HookDelivery.lane == claimed.lane)
        & (HookDelivery.state == "waiting")
        & (HookDelivery.no > claimed.no)
    )
    await tx.run(update(HookDelivery).where(behind, HookDelivery.due_at < until).values(due_at=until))


async def add_attempt(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(HookAttempt).values(workspace_id=tx.workspace, **values))


async def give_up(tx: Tx, endpoint_id: UUID, fault: str) -> None:
    """All that waits for this endpoint."""
    waits = (HookDelivery.endpoint_id == endpoint_id) & (HookDelivery.state == "waiting")
    dead = {"state": "dead", "fault": fault, "settled_at": func.now()}
    await tx.run(update(HookDelivery).where(waits).values(**dead))


# The log

_LOG = """
    select d.id, d.no, d.event_id, d.state, d.attempts, d.due_at, d.status, d.fault, v.kind, v.at, v.body
    from webhook_deliveries d join webhook_events v on v.id = d.event_id
"""


async def log(
    tx: Tx, endpoint_id: UUID, *, state: str | None, before: int | None, limit: int
) -> list[ReadRow]:
    """Newest first."""
    return await tx.fetch(
        f"{_LOG} where d.endpoint_id = $1 and ($2::text is null or d.state = $2)"
        " and ($3::bigint is null or d.no < $3) order by d.no desc limit $4",
        endpoint_id, state, before, limit,
    )  # fmt: skip


async def delivery(tx: Tx, endpoint_id: UUID, delivery_id: UUID) -> ReadRow | None:
    rows = await tx.fetch(
        f"{_LOG} where d.endpoint_id = $1 and d.id = $2",
        endpoint_id, delivery_id,
    )  # fmt: skip
    return rows[0] if rows else None


async def attempts(tx: Tx, delivery_id: UUID, limit: int) -> Sequence[Row[Any]]:
    """Newest first."""
    of = select(HookAttempt.__table__).where(HookAttempt.delivery_id == delivery_id)
    return await tx.rows(of.order_by(HookAttempt.at.desc(), HookAttempt.id).limit(limit))


_AGAIN = {"state": "waiting", "attempts": 0, "since": func.now(), "due_at": func.now(), "settled_at": None}


async def replay(tx: Tx, delivery_id: UUID) -> bool:
    """Have it sent once more; False where it waits already."""
    settled = (HookDelivery.id == delivery_id) & (HookDelivery.state != "waiting")
    return bool(await tx.run(update(HookDelivery).where(settled).values(**_AGAIN)))


async def replay_dead(tx: Tx, endpoint_id: UUID, since: datetime, until: datetime, limit: int) -> int:
    """Those of this span that have died, the oldest first; how many."""
    dead = (
        select(HookDelivery.id)
        .join(HookEvent, HookEvent.id == HookDelivery.event_id)
        .where(
            HookDelivery.endpoint_id == endpoint_id,
            HookDelivery.state == "dead",
            HookEvent.kind != "webhook.test",
            HookEvent.at >= since,
            HookEvent.at < until,
        )
        .order_by(HookDelivery.no)
        .limit(limit)
        .with_for_update(of=HookDelivery, skip_locked=True)
    )
    return await tx.run(update(HookDelivery).where(HookDelivery.id.in_(dead)).values(**_AGAIN))


async def drop_old(tx: Tx, days: int, limit: int) -> int:
    """Forget what happened longer ago, with its deliveries; how many."""
    return await tx.run(_DROP, {"days": days, "limit": limit})


_DROP = text(
    "delete from webhook_events where (workspace_id, id) in (select workspace_id, id from webhook_events"
    " where at < now() - make_interval(days => :days) order by at limit :limit)"
)
