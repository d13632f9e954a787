"""Every statement of the room. Those that work across workspaces say so; they run in a system transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, and_, delete, exists, func, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.channels.models import ChannelAccount, Delivery, InboxRow
from kezhan.contacts.models import IdentityRow
from kezhan.conversations.models import Conversation, MessageRow
from kezhan.kit.db import Tx
from kezhan.workspaces.models import Membership

# Accounts


async def add_account(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(ChannelAccount).values(workspace_id=tx.workspace, **values))


async def account(tx: Tx, account_id: UUID) -> Row[Any] | None:
    return await tx.row(select(ChannelAccount.__table__).where(ChannelAccount.id == account_id))


async def lock_account(tx: Tx, account_id: UUID) -> Row[Any] | None:
    wanted = select(ChannelAccount.__table__).where(ChannelAccount.id == account_id)
    return await tx.row(wanted.with_for_update())


async def hold_first_run(tx: Tx) -> None:
    """One at a time makes the demo's site, until its transaction ends."""
    await tx.run(text("select pg_advisory_xact_lock(hashtext('channels.first_run'))"))


async def accounts(tx: Tx) -> Sequence[Row[Any]]:
    wanted = select(ChannelAccount.__table__).where(ChannelAccount.archived_at.is_(None))
    return await tx.rows(wanted.order_by(ChannelAccount.created_at, ChannelAccount.id))


async def change_account(tx: Tx, account_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(ChannelAccount).where(ChannelAccount.id == account_id).values(**values))


async def account_by_key(tx: Tx, public_key: str) -> Row[Any] | None:
    """Across workspaces: the credential tells which."""
    wanted = select(ChannelAccount.__table__).where(ChannelAccount.public_key == public_key)
    return await tx.row(wanted.where(ChannelAccount.archived_at.is_(None)))


# What comes in


class Kept(NamedTuple):
    """A call as it is kept."""

    id: UUID
    account_id: UUID
    dedup_key: str
    sealed: bytes


class Taken(NamedTuple):
    """A call of which everything is stored; `delay_ms` as the platform tells it."""

    id: UUID
    delay_ms: int | None


_KEEP = text(
    """
    insert into channel_inbox (workspace_id, id, account_id, dedup_key, sealed)
    select cast(:workspace_id as uuid), * from unnest(
        cast(:id as uuid[]), cast(:account_id as uuid[]), cast(:dedup_key as text[]),
        cast(:sealed as bytea[]))
    on conflict do nothing returning id
    """
)
_TAKEN = text(
    """
    update channel_inbox i set taken_at = now(), fault = null, delay_ms = t.delay_ms
    from unnest(cast(:id as uuid[]), cast(:delay_ms as integer[])) as t (id, delay_ms)
    where i.workspace_id = :workspace_id and i.id = t.id
    """
)


async def keep(tx: Tx, calls: Sequence[Kept]) -> set[UUID]:
    """Keep these calls; the ids of those whose repeat has not been kept before."""
    columns = {name: [getattr(call, name) for call in calls] for name in Kept._fields}
    return {row.id for row in await tx.rows(_KEEP, {"workspace_id": tx.workspace, **columns})}


async def inbox_row(tx: Tx, row_id: UUID) -> Row[Any] | None:
    return await tx.row(select(InboxRow.__table__).where(InboxRow.id == row_id))


async def taken(tx: Tx, calls: Sequence[Taken]) -> None:
    columns = {name: [getattr(call, name) for call in calls] for name in Taken._fields}
    await tx.run(_TAKEN, {"workspace_id": tx.workspace, **columns})


async def not_taken(tx: Tx, row_id: UUID, fault: str, wait: timedelta | None) -> None:
    """An attempt has failed; the next is due after `wait`, or never by itself. What is taken stays so."""
    due_at = func.now() + wait if wait is not None else None
    values = {"attempts": InboxRow.attempts + 1, "fault": fault, "due_at": due_at}
    waiting = and_(InboxRow.id == row_id, InboxRow.taken_at.is_(None))
    await tx.run(update(InboxRow).where(waiting).values(**values))


async def claim_inbox(tx: Tx, *, all_waiting: bool, limit: int) -> Sequence[Row[Any]]:
    """Across workspaces: calls nobody is busy with, oldest first. Claiming pushes them into the future, so
    that a process that dies half-way loses nothing."""
    horizon = func.now() + timedelta(minutes=1) if all_waiting else func.now()
    waiting = select(InboxRow.workspace_id, InboxRow.id).where(
        InboxRow.taken_at.is_(None), InboxRow.due_at <= horizon
    )
    some = waiting.order_by(InboxRow.received_at, InboxRow.id).limit(limit).with_for_update(skip_locked=True)
    claimed = some.cte("claimed")
    mine = and_(InboxRow.workspace_id == claimed.c.workspace_id, InboxRow.id == claimed.c.id)
    pushed = update(InboxRow).where(mine).values(due_at=func.now() + timedelta(minutes=2))
    rows = await tx.rows(pushed.returning(InboxRow.__table__))
    return sorted(rows, key=lambda row: (row.received_at, row.id))


async def drop_inbox(tx: Tx, age: timedelta, limit: int) -> int:
    """Across workspaces: calls received longer than `age` ago, at most `limit` of them."""
    old = select(InboxRow.workspace_id, InboxRow.id).where(InboxRow.received_at < func.now() - age)
    some = old.limit(limit).subquery()
    gone = delete(InboxRow).where(InboxRow.workspace_id == some.c.workspace_id, InboxRow.id == some.c.id)
    return await tx.run(gone)


async def inbox_log(
    tx: Tx, account_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Newest first."""
    wanted = select(InboxRow.__table__).where(InboxRow.account_id == account_id)
    if after is not None:
        at, after_id = after
        earlier = or_(InboxRow.received_at < at, and_(InboxRow.received_at == at, InboxRow.id < after_id))
        wanted = wanted.where(InboxRow.received_at <= at, earlier)
    return await tx.rows(wanted.order_by(InboxRow.received_at.desc(), InboxRow.id.desc()).limit(limit))


# What goes out


async def agents_messages(
    tx: Tx, places: Sequence[tuple[UUID, int]], channels: Sequence[str]
) -> Sequence[Row[Any]]:
    """Of these (conversation, seq) the ones a customer on one of `channels` is to hear of."""
    wanted = select(MessageRow.conversation_id, MessageRow.seq, Conversation.account_id, Conversation.channel)
    return await tx.rows(
        wanted.join(Conversation, Conversation.id == MessageRow.conversation_id).where(
            tuple_(MessageRow.conversation_id, MessageRow.seq).in_(places),
            MessageRow.author_kind == "agent",
            MessageRow.kind != "note",
            Conversation.channel.in_(channels),
        )
    )


async def ended(tx: Tx, conversation_ids: Sequence[UUID], channels: Sequence[str]) -> Sequence[Row[Any]]:
    wanted = select(Conversation.id, Conversation.account_id, Conversation.last_seq, Conversation.rev)
    return await tx.rows(
        wanted.where(Conversation.id.in_(conversation_ids), Conversation.channel.in_(channels))
    )


async def add_deliveries(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """In this order; what is there already stays."""
    for row in rows:
        values = {"workspace_id": tx.workspace, "state": "waiting", **row}
        await tx.run(insert(Delivery).values(**values).on_conflict_do_nothing())


# A conversation's first waiting delivery alone is ready: the later ones hear their turn come when it is done.
_CLAIM = text(
    """
    update channel_deliveries d set due_at = now() + interval '2 minutes', attempts = d.attempts + 1
    from (select w.workspace_id, w.id from channel_deliveries w
          where w.state = 'waiting' and w.due_at <= now()
            and not exists (select 1 from channel_deliveries e
                            where e.workspace_id = w.workspace_id and e.conversation_id = w.conversation_id
                              and e.state = 'waiting' and e.no < w.no)
          order by w.due_at limit :limit for update skip locked) c
    where d.workspace_id = c.workspace_id and d.id = c.id
    returning d.*
    """
)


async def claim_deliveries(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    """Across workspaces: what is due now, at most one of each conversation."""
    return await tx.rows(_CLAIM, {"limit": limit})


async def delivery(tx: Tx, delivery_id: UUID) -> Row[Any] | None:
    return await tx.row(select(Delivery.__table__).where(Delivery.id == delivery_id))


async def settle_delivery(
    tx: Tx, delivery_id: UUID, values: dict[str, Any], wait: timedelta | None = None
) -> None:
    """Write the outcome of an attempt; the next is due after `wait`."""
    if wait is not None:
        values = {**values, "due_at": func.now() + wait}
    if values.get("state") == "sent":
        values = {**values, "sent_at": func.now()}
    await tx.run(update(Delivery).where(Delivery.id == delivery_id).values(**values))


async def revive_delivery(tx: Tx, delivery_id: UUID) -> bool:
    """Have it sent again; False where there is nothing to send."""
    again = update(Delivery).where(Delivery.id == delivery_id, Delivery.state != "dropped")
    return bool(await tx.run(again.values(state="waiting", attempts=0, due_at=func.now())))


async def told_of(tx: Tx, conversation_id: UUID, seq: int) -> Row[Any] | None:
    """What the platform is to know of a message, with the customer's name there and whether it has it."""
    told = exists().where(
        Delivery.conversation_id == conversation_id,
        Delivery.what == "message",
        Delivery.seq == seq,
        Delivery.state == "sent",
    )
    nobody = literal("")
    wanted = (
        select(
            MessageRow.__table__,
            IdentityRow.external_id,
            func.coalesce(Membership.name, nobody).label("agent_name"),
            told.label("told"),
        )
        .join(Conversation, Conversation.id == MessageRow.conversation_id)
        .join(IdentityRow, IdentityRow.id == Conversation.identity_id)
        .outerjoin(Membership, Membership.id == MessageRow.author_id)
        .where(MessageRow.conversation_id == conversation_id, MessageRow.seq == seq)
    )
    return await tx.row(wanted)


async def customer_of(tx: Tx, conversation_id: UUID) -> str | None:
    """The customer's name at the platform."""
    wanted = select(IdentityRow.external_id).join(Conversation, Conversation.identity_id == IdentityRow.id)
    found: str | None = await tx.value(wanted.where(Conversation.id == conversation_id))
    return found


async def delivery_log(tx: Tx, account_id: UUID, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Newest first; `before` is the `no` of the last one seen."""
    wanted = select(Delivery.__table__).where(Delivery.account_id == account_id)
    if before is not None:
        wanted = wanted.where(Delivery.no < before)
    return await tx.rows(wanted.order_by(Delivery.no.desc()).limit(limit))


# Figures

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
