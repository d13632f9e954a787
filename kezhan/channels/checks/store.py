"""Every statement about tries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

KEPT = 50
"""Sheets shown of a channel."""

_CHECK = """
    select k.id, k.account_id, k.code, k.state, k.steps::text as steps, k.begun_at, k.ended_at,
           k.conversation_id, m.name as by
    from channel_checks k join memberships m on m.id = k.begun_by
"""


async def checks(tx: Tx, account_id: UUID) -> list[ReadRow]:
    """The newest of the account, newest first."""
    wanted = f"{_CHECK} where k.account_id = $1 order by k.begun_at desc, k.id desc limit $2"
    return await tx.fetch(wanted, account_id, KEPT)


async def check(tx: Tx, account_id: UUID, check_id: UUID) -> ReadRow | None:
    """Held until the transaction ends."""
    wanted = f"{_CHECK} where k.account_id = $1 and k.id = $2 for no key update of k"
    rows = await tx.fetch(wanted, account_id, check_id)
    return rows[0] if rows else None


async def running(tx: Tx, account_id: UUID) -> UUID | None:
    rows = await tx.fetch(
        "select id from channel_checks where account_id = $1 and ended_at is null", account_id
    )
    return rows[0]["id"] if rows else None


async def add(tx: Tx, values: dict[str, Any]) -> None:
    await tx.fetch(_ADD, tx.workspace, *values.values())


_ADD = """
    insert into channel_checks (workspace_id, id, account_id, code, begun_by, begun_at, steps, state)
    values ($1, $2, $3, $4, $5, $6, $7::text::jsonb, 'running')
"""


async def note(tx: Tx, check_id: UUID, steps: str, conversation_id: UUID | None) -> None:
    await tx.fetch(
        "update channel_checks set steps = $2::text::jsonb, conversation_id = $3 where id = $1",
        check_id,
        steps,
        conversation_id,
    )


async def end(tx: Tx, check_id: UUID, state: str, at: datetime) -> None:
    await tx.fetch(
        "update channel_checks set state = $2, ended_at = $3 where id = $1 and ended_at is null",
        check_id,
        state,
        at,
    )


async def heard(tx: Tx, account_id: UUID, code: str, since: datetime) -> ReadRow | None:
    """(conversation_id, seq, created_at): the first message since then that holds the code, of a customer
    whose conversation goes on."""
    rows = await tx.fetch(_HEARD, account_id, code, since)
    return rows[0] if rows else None


_HEARD = """
    select m.conversation_id, m.seq, m.created_at from conversations c
    join messages m on m.conversation_id = c.id
    where c.account_id = $1 and c.active_at >= $3 and c.state <> 'closed' and m.created_at >= $3
      and m.author_kind = 'visitor' and strpos(m.body, $2) > 0
    order by m.created_at limit 1
"""


async def file_after(tx: Tx, conversation_id: UUID, seq: int) -> ReadRow | None:
    """(seq, created_at, fetched): the first message after `seq` with which she has sent more than words;
    `fetched` is false where its file could not be had."""
    rows = await tx.fetch(_FILE_AFTER, conversation_id, seq)
    return rows[0] if rows else None


_FILE_AFTER = """
    select seq, created_at, kind <> 'unsupported' as fetched from messages
    where conversation_id = $1 and seq > $2 and author_kind = 'visitor'
      and kind in ('image', 'file', 'unsupported')
    order by seq limit 1
"""


async def delay(tx: Tx, account_id: UUID, at: datetime) -> int | None:
    """How long a message that was stored at `at` had taken, in ms: in the platform, as far as it tells, and
    from its call until then. None where it came by no call."""
    rows = await tx.fetch(_DELAY, account_id, at)
    return rows[0]["ms"] if rows else None


_DELAY = """
    select (extract(epoch from $2::timestamptz - received_at) * 1000)::int + coalesce(delay_ms, 0) as ms
    from channel_inbox
    where account_id = $1 and received_at <= $2 and received_at > $2::timestamptz - interval '2 minutes'
    order by received_at desc limit 1
"""


async def sent(tx: Tx, conversation_id: UUID, seq: int) -> ReadRow | None:
    """(state, reason, fault, sent_at, ms) of the delivery of a message."""
    rows = await tx.fetch(_SENT, conversation_id, seq)
    return rows[0] if rows else None


_SENT = """
    select state, reason, fault, sent_at, (extract(epoch from sent_at - created_at) * 1000)::int as ms
    from channel_deliveries where conversation_id = $1 and seq = $2 and what = 'message'
"""


async def marked(tx: Tx, conversation_id: UUID) -> tuple[int, int]:
    """Up to which message she has got and read ours."""
    rows = await tx.fetch(
        "select delivered_seq, read_seq from marks where conversation_id = $1 and party_kind = 'visitor'",
        conversation_id,
    )
    return (rows[0]["delivered_seq"], rows[0]["read_seq"]) if rows else (0, 0)


async def known(tx: Tx, conversation_id: UUID) -> ReadRow:
    """(named, union): whether her name is known, and who she is across accounts."""
    return (await tx.fetch(_KNOWN, conversation_id))[0]


_KNOWN = """
    select p.name <> '' as named, i.union_key is not null as union
    from conversations c join identities i on i.id = c.identity_id join contacts p on p.id = c.contact_id
    where c.id = $1
"""
