"""Every statement of the room. Those that work across workspaces say so; they run in a system transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from kezhan.channels.models import ChannelAccount, Delivery, InboxRow, KeptText
from kezhan.contacts.models import IdentityRow
from kezhan.conversations.models import Conversation, MessageRow
from kezhan.kit.db import Tx
from kezhan.workspaces.models import Membership, Workspace

# Accounts


async def add_account(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(ChannelAccount).values(workspace_id=tx.workspace, **values))


async def account(tx: Tx, account_id: UUID) -> Row[Any] | None:
    return await tx.row(select(ChannelAccount.__table__).where(ChannelAccount.id == account_id))


async def lock_account(tx: Tx, account_id: UUID) -> Row[Any] | None:
    wanted = select(ChannelAccount.__table__).where(ChannelAccount.id == account_id)
    return await tx.row(wanted.with_for_update())


async def hold_account(tx: Tx, account_id: UUID) -> None:
    """Nobody changes it until the transaction ends; what comes in and goes out by it goes on."""
    await tx.run(select(ChannelAccount.id).where(ChannelAccount.id == account_id).with_for_update(read=True))


async def hold_first_run(tx: Tx) -> None:
    """One at a time makes the demo's site, until its transaction ends."""
    await tx.run(text("select pg_advisory_xact_lock(hashtext('channels.first_run'))"))


async def accounts(tx: Tx) -> Sequence[Row[Any]]:
    wanted = select(ChannelAccount.__table__).where(ChannelAccount.archived_at.is_(None))
    return await tx.rows(wanted.order_by(ChannelAccount.created_at, ChannelAccount.id))


async def accounts_of(tx: Tx, adapters: Sequence[str]) -> Sequence[Row[Any]]:
    """Across workspaces: the accounts in use of these kinds."""
    wanted = select(ChannelAccount.workspace_id, ChannelAccount.id).where(
        ChannelAccount.archived_at.is_(None), ChannelAccount.adapter.in_(adapters)
    )
    return await tx.rows(wanted.order_by(ChannelAccount.id))


async def change_account(tx: Tx, account_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(ChannelAccount).where(ChannelAccount.id == account_id).values(**values))


async def account_by_key(tx: Tx, public_key: str) -> Row[Any] | None:
    """Across workspaces: the credential tells which."""
    looks = (Workspace.accent.label("workspace_accent"), Workspace.logo_id.label("workspace_logo"))
    wanted = select(ChannelAccount.__table__, *looks)
    wanted = wanted.join(Workspace, Workspace.id == ChannelAccount.workspace_id)
    known = ChannelAccount.public_key == public_key
    return await tx.row(wanted.where(known, ChannelAccount.archived_at.is_(None)))


async def members(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Those of them who belong to the workspace still."""
    wanted = select(Membership.id).where(Membership.id.in_(ids), Membership.archived_at.is_(None))
    return set(await tx.values(wanted))


# Which process goes to an account's platform by itself: of kz_system, on a connection of its own
MINE = "select pg_try_advisory_lock(hashtextextended('kezhan.channel.' || $1, 0))"
NO_MORE = "select pg_advisory_unlock(hashtextextended('kezhan.channel.' || $1, 0))"
THERE = "select 1"

# Small texts an adapter keeps


async def kept_text(tx: Tx, account_id: UUID, name: str) -> bytes | None:
    wanted = select(KeptText.sealed).where(KeptText.account_id == account_id, KeptText.name == name)
    found: bytes | None = await tx.value(wanted)
    return found


async def keep_text(tx: Tx, account_id: UUID, name: str, sealed: bytes) -> None:
    values = {"account_id": account_id, "name": name, "sealed": sealed}
    row = insert(KeptText).values(workspace_id=tx.workspace, **values)
    await tx.run(
        row.on_conflict_do_update(
            index_elements=["workspace_id", "account_id", "name"],
            set_={"sealed": sealed, "changed_at": func.now()},
        )
    )


# What comes in


class Kept(NamedTuple):
    """A call as it is kept."""

    id: UUID
    account_id: UUID
    dedup_key: str
    sealed: bytes


class Taken(NamedTuple):
    """A call of which everything is stored; `delay_ms` as the platform tells it. `emptied`: its content is
    not kept."""

    id: UUID
    delay_ms: int | None
    emptied: bool


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
    update channel_inbox i set taken_at = now(), fault = null, delay_ms = t.delay_ms,
        sealed = case when t.emptied then '' else i.sealed end
    from unnest(cast(:id as uuid[]), cast(:delay_ms as integer[]), cast(:emptied as boolean[]))
        as t (id, delay_ms, emptied)
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
    values = {"attempts": InboxRow.attempts + 1, "fault": fault, "due_at": due_at, "dismissed_at": None}
    waiting = and_(InboxRow.id == row_id, InboxRow.taken_at.is_(None))
    await tx.run(update(InboxRow).where(waiting).values(**values))


async def claim_inbox(
    tx: Tx, without: Sequence[UUID], *, all_waiting: bool, limit: int
) -> Sequence[Row[Any]]:
    """Across workspaces: calls nobody is busy with, oldest first, but those of the accounts `without`.
    Claiming pushes them into the future, so that a process that dies half-way loses nothing."""
    horizon = func.now() + timedelta(minutes=1) if all_waiting else func.now()
    waiting = select(InboxRow.workspace_id, InboxRow.id).where(
        InboxRow.taken_at.is_(None), InboxRow.due_at <= horizon, InboxRow.account_id.not_in(without)
    )
    some = waiting.order_by(InboxRow.received_at, InboxRow.id).limit(limit).with_for_update(skip_locked=True)
    claimed = some.cte("claimed")
    mine = and_(InboxRow.workspace_id == claimed.c.workspace_id, InboxRow.id == claimed.c.id)
    pushed = update(InboxRow).where(mine).values(due_at=func.now() + timedelta(minutes=2))
    rows = await tx.rows(pushed.returning(InboxRow.__table__))
    return sorted(rows, key=lambda row: (row.received_at, row.id))


_PARKED = and_(InboxRow.taken_at.is_(None), InboxRow.due_at.is_(None))
_UNPASSED = and_(
    InboxRow.pass_fault.is_not(None), InboxRow.passed_at.is_(None), InboxRow.pass_due_at.is_(None)
)
_FOR_SOMEBODY = and_(InboxRow.dismissed_at.is_(None), or_(_PARKED, _UNPASSED))


async def dismiss_inbox(tx: Tx, row_id: UUID) -> bool:
    """Nobody need look at it any more; False where nobody had to."""
    mine = update(InboxRow).where(InboxRow.id == row_id, _FOR_SOMEBODY)
    return bool(await tx.run(mine.values(dismissed_at=func.now())))


async def drop_inbox(tx: Tx, age: timedelta, limit: int) -> int:
    """Across workspaces: calls received longer than `age` ago, at most `limit` of them, but for those that
    somebody is to look at, as long as their account is in use."""
    in_use = exists().where(
        ChannelAccount.workspace_id == InboxRow.workspace_id,
        ChannelAccount.id == InboxRow.account_id,
        ChannelAccount.archived_at.is_(None),
    )
    old = select(InboxRow.workspace_id, InboxRow.id).where(
        InboxRow.received_at < func.now() - age, ~and_(_FOR_SOMEBODY, in_use)
    )
    some = old.limit(limit).subquery()
    gone = delete(InboxRow).where(InboxRow.workspace_id == some.c.workspace_id, InboxRow.id == some.c.id)
    return await tx.run(gone)


async def inbox_log(
    tx: Tx, account_id: UUID, after: tuple[datetime, UUID] | None, limit: int, *, unsettled: bool = False
) -> Sequence[Row[Any]]:
    """Newest first; `unsettled`: those alone that somebody is to look at."""
    wanted = select(InboxRow.__table__).where(InboxRow.account_id == account_id)
    if unsettled:
        wanted = wanted.where(_FOR_SOMEBODY)
    if after is not None:
        at, after_id = after
        earlier = or_(InboxRow.received_at < at, and_(InboxRow.received_at == at, InboxRow.id < after_id))
        wanted = wanted.where(InboxRow.received_at <= at, earlier)
    return await tx.rows(wanted.order_by(InboxRow.received_at.desc(), InboxRow.id.desc()).limit(limit))


# What goes out


def _visible(places: Sequence[tuple[UUID, int]], channels: Sequence[str]) -> Select[UUID, int, UUID, str]:
    wanted = select(MessageRow.conversation_id, MessageRow.seq, Conversation.account_id, Conversation.channel)
    return wanted.join(Conversation, Conversation.id == MessageRow.conversation_id).where(
        tuple_(MessageRow.conversation_id, MessageRow.seq).in_(places),
        MessageRow.kind.not_in(("note", "event")),
        Conversation.channel.in_(channels),
    )


async def seen_messages(
    tx: Tx, places: Sequence[tuple[UUID, int]], channels: Sequence[str]
) -> Sequence[Row[Any]]:
    """Of these (conversation, seq) the ones, of either side, that a customer on one of `channels` sees."""
    return await tx.rows(_visible(places, channels))


async def agents_messages(
    tx: Tx, places: Sequence[tuple[UUID, int]], channels: Sequence[str]
) -> Sequence[Row[Any]]:
    """Of these (conversation, seq) the ones a customer on one of `channels` is to hear of."""
    ours = or_(
        MessageRow.author_kind == "system",
        # Written elsewhere: the platform has it.
        and_(MessageRow.author_kind == "agent", MessageRow.author_id != Conversation.account_id),
    )
    return await tx.rows(_visible(places, channels).where(ours))


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


_LEASE = timedelta(minutes=2)
"""Of a claim: for so long nobody else has the row."""
# A conversation's first waiting delivery alone is ready: the later ones hear their turn come when it is done.
# Accounts have their turns one after the other, each found by its own place in the index.
_CLAIM = text(
    """
    with recursive waiting as (
        (select account_id from channel_deliveries where state = 'waiting' order by account_id limit 1)
        union all
        select (select d.account_id from channel_deliveries d
                where d.state = 'waiting' and d.account_id > a.account_id order by d.account_id limit 1)
        from waiting a where a.account_id is not null
    ), ready as (
        select r.workspace_id, r.id, row_number() over (partition by a.account_id order by r.due_at) as turn
        from waiting a
        left join unnest(cast(:accounts as uuid[]), cast(:busy as integer[])) as b (account_id, busy)
            on b.account_id = a.account_id
        cross join lateral (
            select w.workspace_id, w.id, w.due_at from channel_deliveries w
            where w.state = 'waiting' and w.account_id = a.account_id and w.due_at <= now()
              and not exists (select 1 from channel_deliveries e
                              where e.workspace_id = w.workspace_id and e.conversation_id = w.conversation_id
                                and e.state = 'waiting' and e.no < w.no)
            order by w.due_at
            limit greatest(greatest((:left + coalesce(b.busy, 0)) / 2, 1) - coalesce(b.busy, 0), 0)
            for update skip locked
        ) r
    )
    update channel_deliveries d set due_at = now() + interval '2 minutes', attempts = d.attempts + 1
    from (select workspace_id, id from ready order by turn limit :limit) c
    where d.workspace_id = c.workspace_id and d.id = c.id
    returning d.*
    """
)


async def claim_deliveries(tx: Tx, busy: Mapping[UUID, int], slots: int) -> Sequence[Row[Any]]:
    """Across workspaces: some of what is due now, at most one of each conversation. `busy`: how many of each
    account are under way in these `slots`. An account has at most half of what the others leave it, and half
    of what is left is taken at a time: whoever comes next finds a place too, however slow the others are."""
    left = slots - sum(busy.values())
    counts = {"accounts": list(busy), "busy": list(busy.values())}
    return await tx.rows(_CLAIM, {**counts, "left": left, "limit": (left + 1) // 2})


async def delivery(tx: Tx, delivery_id: UUID) -> Row[Any] | None:
    return await tx.row(select(Delivery.__table__).where(Delivery.id == delivery_id))


async def delivery_of(tx: Tx, conversation_id: UUID, seq: int) -> Row[Any] | None:
    """The one that brings this message; held, so that two who press at once send it once."""
    if not 0 < seq < 2**31:  # the column's own; a client may name any number
        return None
    message = and_(
        Delivery.conversation_id == conversation_id, Delivery.seq == seq, Delivery.what == "message"
    )
    return await tx.row(select(Delivery.__table__).where(message).with_for_update())


async def settle_delivery(
    tx: Tx, claimed: Row[Any], values: dict[str, Any], wait: timedelta | None = None
) -> bool:
    """Write the outcome of an attempt; the next is due after `wait`. False where it is no longer this
    attempt's to say: the platform has told of a failure meanwhile, or another has the row."""
    if wait is not None:
        values = {**values, "due_at": func.now() + wait}
    if values.get("state") == "sent":
        values = {**values, "sent_at": func.now()}
    return bool(await tx.run(update(Delivery).where(_still(claimed)).values(**values)))


async def is_heard_of(tx: Tx, claimed: Row[Any]) -> bool:
    """Whether the platform has told meanwhile that it has all that was begun; held, so that it stays so."""
    has = func.cardinality(func.array_remove(Delivery.parts, None))
    known = select(Delivery.id).where(_still(claimed), has >= Delivery.begun)
    return await tx.row(known.with_for_update()) is not None


def _still(claimed: Row[Any]) -> ColumnElement[bool]:
    """As long as nobody has claimed or settled it since."""
    return and_(Delivery.id == claimed.id, Delivery.state == "waiting", Delivery.attempts == claimed.attempts)


def _soon() -> ColumnElement[datetime]:
    """What is due later than this is under way nowhere."""
    return func.now() + _LEASE + timedelta(minutes=1)


async def revive_delivery(tx: Tx, delivery_id: UUID) -> bool:
    """Have it sent again; False where there is nothing to send. What is being sent just now, or will be in a
    moment, is left alone: it would go out twice."""
    at_rest = or_(
        Delivery.state.in_(("sent", "failed")), and_(Delivery.state == "waiting", Delivery.due_at > _soon())
    )
    again = update(Delivery).where(Delivery.id == delivery_id, at_rest)
    parts = case((Delivery.state == "sent", cast([], ARRAY(Text))), else_=Delivery.parts)
    values = {"state": "waiting", "attempts": 0, "begun": 0, "due_at": func.now(), "parts": parts}
    if await tx.run(again.values(values)):
        return True
    row = await delivery(tx, delivery_id)
    return row is not None and row.state == "waiting"


async def revive_failed(tx: Tx, account_id: UUID) -> int:
    """Have what failed in the last week sent again, as far as it had not been; how many. What may have
    arrived is not among it: somebody has to look at each."""
    lately = Delivery.created_at > func.now() - timedelta(days=7)
    failed = and_(
        Delivery.account_id == account_id, Delivery.state == "failed", Delivery.reason != "unsure", lately
    )
    return await tx.run(
        update(Delivery).where(failed).values(state="waiting", attempts=0, begun=0, due_at=func.now())
    )


async def revive_refused(tx: Tx, account_id: UUID) -> int:
    """The account has other credentials: what was refused for the ones before, in the last day, goes out
    again now; how many. What is being sent, or will be in a moment, is left alone."""
    at_rest = or_(Delivery.state == "failed", and_(Delivery.state == "waiting", Delivery.due_at > _soon()))
    refused = and_(
        Delivery.account_id == account_id,
        Delivery.reason == "token_expired",
        Delivery.created_at > func.now() - timedelta(days=1),
        at_rest,
    )
    return await tx.run(
        update(Delivery).where(refused).values(state="waiting", attempts=0, due_at=func.now())
    )


async def told_of(tx: Tx, conversation_id: UUID, seq: int) -> Row[Any] | None:
    """What the platform is to know of a message, with the customer's name there and whether it has it, or
    some of it."""
    told = exists().where(
        Delivery.conversation_id == conversation_id,
        Delivery.what == "message",
        Delivery.seq == seq,
        or_(Delivery.state == "sent", func.cardinality(func.array_remove(Delivery.parts, None)) > 0),
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


async def place_of(tx: Tx, conversation_id: UUID) -> Row[Any]:
    """(account_id, channel, identity_id, external_id): whose conversation it is, by the platform's name for
    her."""
    wanted = select(
        Conversation.account_id, Conversation.channel, Conversation.identity_id, IdentityRow.external_id
    )
    place = wanted.join(IdentityRow, IdentityRow.id == Conversation.identity_id)
    (row,) = await tx.rows(place.where(Conversation.id == conversation_id))
    return row


async def part_begun(tx: Tx, claimed: Row[Any], number: int) -> bool:
    """The part of that number is about to be sent; False where that is no longer this attempt's business."""
    begins = update(Delivery).where(_still(claimed), Delivery.begun <= number)
    return bool(await tx.run(begins.values(begun=number + 1)))


_PART_SENT = text(
    """
    update channel_deliveries set parts[:place] = :name, due_at = now() + interval '2 minutes'
    where id = :id
    """
)


async def part_sent(tx: Tx, delivery_id: UUID, number: int, name: str) -> None:
    """The platform has the part of that number; the rest has time until the lease ends anew."""
    await tx.run(_PART_SENT, {"id": delivery_id, "place": number + 1, "name": name})


async def delivery_log(tx: Tx, account_id: UUID, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Newest first; `before` is the `no` of the last one seen."""
    wanted = select(Delivery.__table__).where(Delivery.account_id == account_id)
    if before is not None:
        wanted = wanted.where(Delivery.no < before)
    return await tx.rows(wanted.order_by(Delivery.no.desc()).limit(limit))
