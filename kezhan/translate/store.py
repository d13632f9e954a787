"""Every statement of the room. It joins what conversations and contacts own; only its own four tables are
written here."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.translate.models import (
    Translation,
    TranslationReader,
    TranslationSettingsRow,
    TranslationUsage,
)

# Settings and use


async def settings(tx: Tx, *, hold: bool = False) -> Row[Any] | None:
    wanted = select(TranslationSettingsRow.__table__)
    return await tx.row(wanted.with_for_update() if hold else wanted)


async def put_settings(tx: Tx, values: dict[str, Any]) -> None:
    row = insert(TranslationSettingsRow).values(workspace_id=tx.workspace, **values)
    await tx.run(row.on_conflict_do_update(index_elements=["workspace_id"], set_=values))


async def used(tx: Tx, day: date) -> int:
    """Characters of that day."""
    wanted = select(TranslationUsage.characters).where(TranslationUsage.day == day)
    return int(await tx.value(wanted) or 0)


async def reserve(tx: Tx, day: date, characters: int, limit: int) -> bool:
    """Count these in; False, and nothing counted, where the day would have more than `limit`."""
    values = {"ws": tx.workspace, "day": day, "characters": characters, "most": limit}
    return bool(await tx.run(_RESERVE, values))


_RESERVE = text(
    """
    insert into translation_usage as u (workspace_id, day, characters, requests)
    select :ws, :day, cast(:characters as integer), 1 where cast(:characters as integer) <= :most
    on conflict (workspace_id, day) do update
    set characters = u.characters + excluded.characters, requests = u.requests + 1
    where u.characters + excluded.characters <= :most
    """
)


async def give_back(tx: Tx, day: date, characters: int) -> None:
    spent = update(TranslationUsage).where(TranslationUsage.day == day)
    await tx.run(spent.values(characters=TranslationUsage.characters - characters))


# Who reads what translated


async def standing(tx: Tx, conversation_id: UUID, membership_id: UUID) -> ReadRow:
    """Of a conversation there is: whether there is a service switched on (`available`), what this reader has
    chosen (nulls where nothing), what is told of the customer's language, what she has written last."""
    (row,) = await tx.fetch(_STANDING, conversation_id, membership_id)
    return row


_STANDING = """
    select coalesce(s.enabled, false) as available, r.language, r.customer_language,
           coalesce(p.language, '') as told, coalesce(m.body, '') as words
    from conversations c
    join contacts p on p.id = c.contact_id
    left join translation_settings s on true
    left join translation_readers r on r.conversation_id = c.id and r.membership_id = $2
    left join lateral (
        select o.body from (select author_kind, kind, body, seq from messages
                            where conversation_id = c.id order by seq desc limit 30) o
        where o.author_kind = 'visitor' and o.kind = 'text' and o.body <> '' order by o.seq desc limit 1
    ) m on true
    where c.id = $1
"""


async def put_reader(tx: Tx, conversation_id: UUID, membership_id: UUID, values: dict[str, Any]) -> None:
    keyed = {"conversation_id": conversation_id, "membership_id": membership_id}
    row = insert(TranslationReader).values(workspace_id=tx.workspace, **keyed, **values)
    keys = ["workspace_id", "conversation_id", "membership_id"]
    await tx.run(row.on_conflict_do_update(index_elements=keys, set_=values))


async def drop_reader(tx: Tx, conversation_id: UUID, membership_id: UUID) -> None:
    mine = delete(TranslationReader).where(TranslationReader.conversation_id == conversation_id)
    await tx.run(mine.where(TranslationReader.membership_id == membership_id))


# What was translated


async def said(tx: Tx, conversation_id: UUID, seqs: Sequence[int], language: str) -> list[ReadRow]:
    """Of these messages those a customer has written: (seq, body, digest, found), the latter two of their
    translation, null where there is none."""
    return await tx.fetch(_SAID, conversation_id, list(seqs), language)


_SAID = """
    select m.seq, m.body, t.digest, t.body as found
    from messages m
    left join translations t on t.conversation_id = m.conversation_id and t.seq = m.seq and t.language = $3
    where m.conversation_id = $1 and m.seq = any ($2) and m.author_kind = 'visitor' and m.kind = 'text'
      and m.recalled_at is null and m.body <> ''
    order by m.seq
"""


async def keep(tx: Tx, conversation_id: UUID, seq: int, language: str, digest: bytes, body: str) -> None:
    """Of a message that says now what was translated; of another nothing is kept."""
    values = {"ws": tx.workspace, "talk": conversation_id, "seq": seq, "language": language}
    await tx.run(_KEEP, {**values, "digest": digest, "body": body})


_KEEP = text(
    """
    insert into translations (workspace_id, conversation_id, seq, language, digest, body)
    select cast(:ws as uuid), m.conversation_id, m.seq, cast(:language as text), cast(:digest as bytea),
           cast(:body as text)
    from messages m
    where m.conversation_id = :talk and m.seq = :seq and sha256(convert_to(m.body, 'UTF8')) = :digest
    for share of m
    on conflict (workspace_id, conversation_id, seq, language)
    do update set digest = excluded.digest, body = excluded.body, made_at = now()
    """
)


async def forget(tx: Tx, conversation_id: UUID, seq: int) -> None:
    gone = delete(Translation).where(Translation.conversation_id == conversation_id, Translation.seq == seq)
    await tx.run(gone)
