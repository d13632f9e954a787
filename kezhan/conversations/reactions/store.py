"""Every statement about reactions but those that read them with their messages."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


async def of_message(tx: Tx, conversation_id: UUID, seq: int) -> Sequence[ReadRow]:
    """(party_kind, party_id, emoji), the oldest first."""
    return await tx.fetch(
        "select party_kind, party_id, emoji from message_reactions where conversation_id = $1 and seq = $2"
        " order by at, party_id",
        conversation_id,
        seq,
    )


async def put(tx: Tx, conversation_id: UUID, seq: int, party: tuple[str, UUID], emoji: str) -> None:
    await tx.fetch(_PUT, tx.workspace, conversation_id, seq, *party, emoji)


_PUT = """
    insert into message_reactions (workspace_id, conversation_id, seq, party_kind, party_id, emoji)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (workspace_id, conversation_id, seq, party_kind, party_id)
    do update set emoji = excluded.emoji, at = now()
"""


async def remove(tx: Tx, conversation_id: UUID, seq: int, party: tuple[str, UUID]) -> None:
    await tx.fetch(
        "delete from message_reactions where conversation_id = $1 and seq = $2 and party_kind = $3"
        " and party_id = $4",
        conversation_id,
        seq,
        *party,
    )


async def forget(tx: Tx, conversation_id: UUID, seq: int) -> None:
    """All below a message that has been taken back."""
    await tx.fetch(
        "delete from message_reactions where conversation_id = $1 and seq = $2", conversation_id, seq
    )
