"""The statements about acts on many conversations."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


async def forget_old(tx: Tx, member_id: UUID) -> None:
    """Those that can no longer be taken back, of somebody who begins another."""
    await tx.fetch(
        "delete from bulk_acts where by_id = $1 and created_at < now() - interval '1 day'", member_id
    )


async def add(tx: Tx, bulk_id: UUID, member_id: UUID, client_id: str, wanted: str, caller: str) -> bool:
    """False where she has asked for it under this name already. `wanted` and `caller` as JSON."""
    return bool(await tx.fetch(_ADD, tx.workspace, bulk_id, member_id, client_id, wanted, caller))


_ADD = """
    insert into bulk_acts (workspace_id, id, by_id, client_id, wanted, caller, state)
    values ($1, $2, $3, $4, $5::jsonb, $6::jsonb, 'running')
    on conflict (workspace_id, by_id, client_id) do nothing returning id
"""


async def add_items(tx: Tx, bulk_id: UUID, ids: Sequence[UUID]) -> int:
    """Of these conversations those there are, each once; how many."""
    return len(await tx.fetch(_ADD_ITEMS, tx.workspace, bulk_id, list(ids)))


_ADD_ITEMS = """
    insert into bulk_items (workspace_id, bulk_id, conversation_id, state)
    select $1, $2, c.id, 'waiting' from conversations c where c.id = any($3::uuid[]) returning conversation_id
"""
_BULK = """
    select b.id, b.by_id, b.state, b.wanted::text as wanted, b.caller::text as caller, b.ended_at,
           i.total, i.done, i.refused, i.undone
    from bulk_acts b left join lateral (
        select count(*)::int as total, count(*) filter (where state = 'done')::int as done,
               count(*) filter (where state = 'refused')::int as refused,
               count(*) filter (where state = 'undone')::int as undone
        from bulk_items where bulk_id = b.id
    ) i on true
"""


async def bulk(tx: Tx, bulk_id: UUID) -> ReadRow | None:
    rows = await tx.fetch(f"{_BULK} where b.id = $1", bulk_id)
    return rows[0] if rows else None


async def named(tx: Tx, member_id: UUID, client_id: str) -> ReadRow | None:
    rows = await tx.fetch(f"{_BULK} where b.by_id = $1 and b.client_id = $2", member_id, client_id)
    return rows[0] if rows else None


async def move(tx: Tx, bulk_id: UUID, before: Sequence[str], state: str, *, ended: bool) -> bool:
    """To the next state; False where it stands in none of those `before`."""
    return bool(await tx.fetch(_MOVE, bulk_id, list(before), state, ended))


_MOVE = """
    update bulk_acts set state = $3, ended_at = case when $4 then now() else ended_at end
    where id = $1 and state = any($2::text[]) returning id
"""


async def pending(tx: Tx, bulk_id: UUID, state: str) -> list[UUID]:
    rows = await tx.fetch(
        "select conversation_id from bulk_items where bulk_id = $1 and state = $2 order by conversation_id",
        bulk_id,
        state,
    )
    return [row["conversation_id"] for row in rows]


async def claim(
    tx: Tx, bulk_id: UUID, conversation_id: UUID, state: str, running: str
) -> tuple[bool, str | None]:
    """The item, held until the transaction ends, and what is kept of it (JSON); False where somebody else has
    seen to it, or the whole was called off."""
    rows = await tx.fetch(_CLAIM, bulk_id, conversation_id, state, running)
    return (True, rows[0]["kept"]) if rows else (False, None)


_CLAIM = """
    select i.kept::text as kept from bulk_items i join bulk_acts b on b.id = i.bulk_id
    where i.bulk_id = $1 and i.conversation_id = $2 and i.state = $3 and b.state = $4
    for update of i for share of b
"""


async def settle(
    tx: Tx, bulk_id: UUID, conversation_id: UUID, state: str, kept: str | None, fault: str | None
) -> None:
    await tx.fetch(_SETTLE, bulk_id, conversation_id, state, kept, fault)


_SETTLE = """
    update bulk_items set state = $3, kept = coalesce($4::jsonb, kept), fault = $5::jsonb
    where bulk_id = $1 and conversation_id = $2
"""


async def refusals(tx: Tx, bulk_id: UUID) -> list[ReadRow]:
    """(fault as JSON, count, names: of a few of the customers), the most frequent first."""
    return await tx.fetch(_REFUSALS, bulk_id)


_REFUSALS = """
    select i.fault::text as fault, count(*)::int as count,
           (array_agg(p.name order by i.conversation_id))[1:5] as names
    from bulk_items i
    join conversations c on c.id = i.conversation_id
    join contacts p on p.id = c.contact_id
    where i.bulk_id = $1 and i.fault is not null
    group by i.fault order by 2 desc, 1 limit 20
"""
