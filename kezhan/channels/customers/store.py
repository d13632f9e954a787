"""Windows, names and sides: every statement about them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


class Opened(NamedTuple):
    """A customer may be written to from `at` on: until `ends_at` (None: the channel has no window), `allowed`
    times (None: without end). `replaces`: she has written, and whatever was is over; else the window that is
    open only grows. `ticket`: sealed."""

    account_id: UUID
    identity_id: UUID
    at: datetime
    ends_at: datetime | None
    allowed: int | None
    replaces: bool
    message_id: str
    ticket: bytes | None


class Named(NamedTuple):
    """What the platform calls a message."""

    account_id: UUID
    message_id: str
    conversation_id: UUID
    seq: int


async def open_windows(tx: Tx, opened: Sequence[Opened]) -> None:
    """Each as it says; what came earlier than what is known changes nothing. One customer once at a time."""
    latest = {(one.account_id, one.identity_id): one for one in sorted(opened, key=lambda one: one.at)}
    columns = [list(column) for column in zip(*latest.values(), strict=True)]
    await tx.fetch(_OPEN, tx.workspace, *columns)


# What is over, or closed, makes way for whatever comes; an open window keeps what it has more of.
_GROWS = "(not o.replaces and o.seconds > 0 and w.ends_at > o.at)"
_OPEN = f"""
    with o as (
        select account_id, identity_id, at, ends_at, allowed, replaces, message_id, ticket,
               coalesce(extract(epoch from ends_at - at), 1) as seconds
        from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::bool[],
                    $8::text[], $9::bytea[])
            as o (account_id, identity_id, at, ends_at, allowed, replaces, message_id, ticket)
    ), known as (
        update channel_windows w set
            last_message_id = coalesce(nullif(o.message_id, ''), w.last_message_id),
            ticket = coalesce(o.ticket, w.ticket),
            ticket_at = case when o.ticket is null then w.ticket_at else o.at end,
            opened_at = o.at,
            ends_at = case when {_GROWS} then greatest(w.ends_at, o.ends_at) else o.ends_at end,
            allowed = case when not {_GROWS} then o.allowed
                           when w.allowed is null or o.allowed is null then null
                           else greatest(w.allowed, w.used + o.allowed) end,
            used = case when {_GROWS} then w.used else 0 end
        from o where w.account_id = o.account_id and w.identity_id = o.identity_id and w.opened_at < o.at
    )
    insert into channel_windows (workspace_id, account_id, identity_id, opened_at, ends_at, allowed,
                                 last_message_id, ticket, ticket_at)
    select $1, account_id, identity_id, at, ends_at, allowed, message_id, ticket,
           case when ticket is not null then at end
    from o on conflict do nothing
"""  # noqa: S608 - words of this file


async def window(tx: Tx, account_id: UUID, identity_id: UUID) -> ReadRow | None:
    """(opened_at, ends_at, allowed, used, last_message_id, ticket, ticket_at) of the customer."""
    rows = await tx.fetch(_WINDOW, account_id, identity_id)
    return rows[0] if rows else None


_WINDOW = """
    select opened_at, ends_at, allowed, used, last_message_id, ticket, ticket_at from channel_windows
    where account_id = $1 and identity_id = $2
"""


async def use_window(tx: Tx, account_id: UUID, identity_id: UUID) -> None:
    """One more message has gone to her."""
    await tx.fetch(
        "update channel_windows set used = used + 1 where account_id = $1 and identity_id = $2",
        account_id,
        identity_id,
    )


async def close_window(tx: Tx, account_id: UUID, identity_id: UUID) -> None:
    """The platform says that nothing more goes to her until she writes."""
    await tx.fetch(_CLOSE, tx.workspace, account_id, identity_id)


_CLOSE = """
    insert into channel_windows (workspace_id, account_id, identity_id, opened_at, ends_at, allowed)
    values ($1, $2, $3, now(), now(), 0)
    on conflict (workspace_id, account_id, identity_id) do update set ends_at = least(
        channel_windows.ends_at, now())
"""


async def name_messages(tx: Tx, named: Sequence[Named]) -> None:
    """What is named already stays so."""
    columns = [list(column) for column in zip(*named, strict=True)]
    await tx.fetch(_NAME, tx.workspace, *columns)


_NAME = """
    insert into channel_message_names (workspace_id, account_id, message_id, conversation_id, seq)
    select $1, n.* from unnest($2::uuid[], $3::text[], $4::uuid[], $5::int[])
        as n (account_id, message_id, conversation_id, seq)
    on conflict do nothing
"""


async def named(tx: Tx, account_id: UUID, message_id: str) -> ReadRow | None:
    """(conversation_id, seq) of the message that the platform calls so."""
    rows = await tx.fetch(_NAMED, account_id, message_id)
    return rows[0] if rows else None


_NAMED = """
    select conversation_id, seq from channel_message_names where account_id = $1 and message_id = $2
"""


async def is_newest(tx: Tx, account_id: UUID, message_id: str, at: datetime, told_at: datetime) -> bool:
    """Whether a wording of the message, given to it at `at` and told of by a call that came at `told_at`, is
    no older than the one it has; then it has this one."""
    return bool(await tx.fetch(_IS_NEWEST, account_id, message_id, at, told_at))


_IS_NEWEST = """
    update channel_message_names set worded_at = $3, told_at = $4
    where account_id = $1 and message_id = $2
      and (worded_at is null or (worded_at, told_at) <= ($3::timestamptz, $4::timestamptz))
    returning 1
"""


async def all_named(tx: Tx, account_id: UUID, message_ids: Sequence[str]) -> list[ReadRow]:
    """(conversation_id, seq) of the messages that the platform calls so."""
    return await tx.fetch(_ALL_NAMED, account_id, list(message_ids))


_ALL_NAMED = """
    select conversation_id, seq from channel_message_names
    where account_id = $1 and message_id = any($2::text[])
"""


async def calls_around(tx: Tx, account_id: UUID, message_ids: Sequence[str]) -> list[ReadRow]:
    """(id, sealed) of the kept calls that were being taken in while these messages were named or got their
    last wording: those that brought them are among these."""
    return await tx.fetch(_CALLS_AROUND, account_id, list(message_ids))


# A call is tried again for three hours at the most.
_CALLS_AROUND = """
    select distinct on (b.id) b.id, b.sealed from channel_message_names n
    join messages m on m.conversation_id = n.conversation_id and m.seq = n.seq
    cross join lateral (values (n.created_at), (m.edited_at)) as w (at)
    join channel_inbox b on b.account_id = n.account_id and length(b.sealed) > 0
        and b.received_at between w.at - interval '4 hours' and w.at + interval '1 second'
        and b.taken_at >= w.at - interval '1 second'
    where n.account_id = $1 and n.message_id = any($2::text[])
    limit 1000
"""


async def empty_calls(tx: Tx, ids: Sequence[UUID]) -> None:
    """Nothing is left of them but that they came."""
    await tx.fetch("update channel_inbox set sealed = '' where id = any($1::uuid[])", list(ids))


async def untaken_before(tx: Tx, account_id: UUID, at: datetime) -> bool:
    """Whether a call of the account that came before then is not taken in yet."""
    return bool(await tx.fetch(_UNTAKEN, account_id, at))


_UNTAKEN = """
    select 1 from channel_inbox
    where account_id = $1 and taken_at is null and dismissed_at is null
      and received_at < $2::timestamptz - interval '1 ms' limit 1
"""


async def names_of(tx: Tx, conversation_id: UUID, seq: int) -> list[str]:
    """What the platform calls the parts of a message, in the order they were sent."""
    rows = await tx.fetch(_NAMES_OF, conversation_id, seq)
    return [row["message_id"] for row in rows]


_NAMES_OF = """
    select message_id from channel_message_names where conversation_id = $1 and seq = $2
    order by created_at, message_id
"""


async def under_way(tx: Tx, account_id: UUID, identity_id: UUID) -> bool:
    """Whether something is being sent to her just now, whose name there we have not heard yet."""
    return bool(await tx.fetch(_UNDER_WAY, account_id, identity_id))


_UNDER_WAY = """
    select 1 from channel_deliveries d
    join conversations c on c.workspace_id = d.workspace_id and c.id = d.conversation_id
    where d.account_id = $1 and c.identity_id = $2 and d.state = 'waiting' and d.attempts > 0 limit 1
"""


async def open_talk(tx: Tx, account_id: UUID, identity_id: UUID) -> UUID | None:
    """Her open conversation."""
    rows = await tx.fetch(_TALK, account_id, identity_id)
    return rows[0]["id"] if rows else None


_TALK = """
    select id from conversations where account_id = $1 and identity_id = $2 and state <> 'closed'
"""


async def told_until(tx: Tx, account_id: UUID, external_id: str, until: datetime) -> ReadRow | None:
    """(conversation_id, identity_id, seq): the last message of ours that she got by then."""
    rows = await tx.fetch(_TOLD_UNTIL, account_id, external_id, until)
    return rows[0] if rows else None


_TOLD_UNTIL = """
    select c.id as conversation_id, c.identity_id, max(m.seq) as seq
    from (select c.* from conversations c join identities i on i.id = c.identity_id
          where c.account_id = $1 and i.external_id = $2 order by c.opened_at desc limit 1) c
    join messages m on m.conversation_id = c.id
    where m.author_kind <> 'visitor' and m.kind not in ('note', 'event') and m.created_at <= $3
    group by c.id, c.identity_id
"""


async def identity_of(tx: Tx, conversation_id: UUID) -> UUID | None:
    """The customer of the conversation."""
    rows = await tx.fetch("select identity_id from conversations where id = $1", conversation_id)
    return rows[0]["identity_id"] if rows else None


async def failed(tx: Tx, conversation_id: UUID, seq: int, message_id: str, reason: str, fault: str) -> bool:
    """The platform has taken the part called `message_id` (empty: all of them), and could not deliver it
    after all: it has it no more. False where that is old word of a part that has gone out again since."""
    if await tx.fetch(_FAILED, conversation_id, seq, message_id, reason, fault):
        return True
    return not await tx.fetch(_DELIVERED, conversation_id, seq)


_FAILED = """
    update channel_deliveries set state = 'failed', reason = $4, fault = $5,
        parts = case when $3 = '' then '{}' else array_replace(parts, $3, null) end
    where conversation_id = $1 and seq = $2 and what = 'message' and state <> 'dropped'
      and ($3 = '' or $3 = any(parts))
    returning 1
"""
_DELIVERED = """
    select 1 from channel_deliveries where conversation_id = $1 and seq = $2 and what = 'message'
"""


async def heard_of(tx: Tx, account_id: UUID, delivery_id: UUID, number: int, name: str) -> ReadRow | None:
    """(conversation_id, seq) of a message that is being sent, or that nobody knew to have arrived: the
    platform has the part of that number, and calls it so. What had been given up goes on with the rest."""
    rows = await tx.fetch(_HEARD_OF, account_id, delivery_id, number + 1, name)
    return rows[0] if rows else None


_HEARD_OF = """
    update channel_deliveries set parts[$3] = $4, state = 'waiting',
        attempts = case when state = 'failed' then 0 else attempts end,
        due_at = case when state = 'failed' then now() else due_at end
    where account_id = $1 and id = $2 and what = 'message' and parts[$3] is null
      and $3 between 1 and least(begun, cardinality(parts) + 1)
      and (state = 'waiting' or (state = 'failed' and reason = 'unsure'))
    returning conversation_id, seq
"""


async def known(tx: Tx, account_id: UUID, external_id: str, *, unites: bool) -> bool:
    """Whether all is known of her that her platform tells: who she is on other accounts, where it `unites`
    them, else her name."""
    return bool(await tx.fetch(_KNOWN, account_id, external_id, unites))


_KNOWN = """
    select 1 from identities i join contacts p on p.id = i.contact_id
    where i.account_id = $1 and i.external_id = $2 and (i.union_key is not null or (not $3 and p.name <> ''))
"""


async def drop_entrance(tx: Tx, account_id: UUID, name: str, kept: timedelta) -> bytes | None:
    """What was kept under this name, no longer; nor is what was kept of others for longer than that."""
    rows = await tx.fetch(_DROP_ENTRANCE, account_id, name, kept)
    return next((row["sealed"] for row in rows if row["name"] == name), None)


_DROP_ENTRANCE = """
    delete from channel_kept where account_id = $1
      and (name = $2 or (name >= 'came:' and name < 'came;' and changed_at < now() - $3::interval))
    returning name, sealed
"""


# Sides of a switch


async def in_talk(tx: Tx, account_id: UUID, names: Sequence[str]) -> list[str]:
    """Those of the customers who have an open conversation."""
    rows = await tx.fetch(_IN_TALK, account_id, names)
    return [row["external_id"] for row in rows]


_IN_TALK = """
    select i.external_id from identities i
    join conversations c on c.account_id = i.account_id and c.identity_id = i.id
    where i.account_id = $1 and i.external_id = any($2::text[]) and c.state <> 'closed'
"""


async def sides(tx: Tx, account_id: UUID, customers: Sequence[bytes], since: datetime) -> list[ReadRow]:
    """(customer, here) of those for whom it was decided since then."""
    return await tx.fetch(_SIDES, account_id, customers, since)


_SIDES = """
    select customer, here from channel_sides
    where account_id = $1 and customer = any($2::bytea[]) and decided_at >= $3
"""


async def take_sides(
    tx: Tx, account_id: UUID, customers: Sequence[bytes], here: Sequence[bool], at: datetime, since: datetime
) -> None:
    """What was decided since then stays."""
    await tx.fetch(_TAKE_SIDES, tx.workspace, account_id, customers, here, at, since)


_TAKE_SIDES = """
    insert into channel_sides (workspace_id, account_id, customer, here, decided_at)
    select $1, $2, s.customer, s.here, $5 from unnest($3::bytea[], $4::bool[]) as s (customer, here)
    on conflict (workspace_id, account_id, customer) do update
        set here = excluded.here, decided_at = excluded.decided_at where channel_sides.decided_at < $6
"""


# What the desk of before is told


async def let_on(tx: Tx, call_id: UUID) -> None:
    """The desk of before is to be told of this call, unless it has been or is about to be."""
    await tx.fetch(_LET_ON, call_id)


_LET_ON = """
    update channel_inbox set pass_due_at = now(), pass_attempts = 0, pass_fault = null, dismissed_at = null
    where id = $1 and passed_at is null and pass_due_at is null
"""


async def claim_passing(tx: Tx, without: Sequence[UUID], limit: int) -> list[ReadRow]:
    """Across workspaces, as of `claim_inbox`: (workspace_id, id, account_id, sealed, pass_attempts) of the
    calls that the desks of before are to be told of now, in the order they came."""
    return await tx.fetch(_CLAIM_PASSING, list(without), limit)


_CLAIM_PASSING = """
    with claimed as (
        update channel_inbox i set pass_due_at = now() + interval '2 minutes'
        from (select workspace_id, id from channel_inbox
              where pass_due_at <= now() and account_id <> all ($1::uuid[])
              order by pass_due_at, received_at limit $2 for update skip locked) c
        where i.workspace_id = c.workspace_id and i.id = c.id
        returning i.workspace_id, i.id, i.account_id, i.sealed, i.pass_attempts, i.received_at
    )
    select * from claimed order by received_at, id
"""


async def passed(tx: Tx, call_id: UUID) -> None:
    await tx.fetch(
        "update channel_inbox set passed_at = now(), pass_due_at = null, pass_fault = null where id = $1",
        call_id,
    )


async def pass_later(tx: Tx, call_ids: Sequence[UUID], wait: timedelta) -> None:
    await tx.fetch(
        "update channel_inbox set pass_due_at = now() + $2::interval where id = any($1::uuid[])",
        list(call_ids),
        wait,
    )


async def not_passed(tx: Tx, call_id: UUID, fault: str, wait: timedelta | None) -> None:
    """An attempt has failed; the next is due after `wait`, or never by itself."""
    await tx.fetch(_NOT_PASSED, call_id, fault, wait)


_NOT_PASSED = """
    update channel_inbox set pass_attempts = pass_attempts + 1, pass_fault = $2,
        pass_due_at = now() + $3::interval
    where id = $1
"""


async def pass_no_more(tx: Tx, call_id: UUID) -> None:
    """There is nobody to be told, or nothing to tell."""
    await tx.fetch("update channel_inbox set pass_due_at = null, pass_fault = null where id = $1", call_id)
