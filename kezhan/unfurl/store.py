"""Every statement of the room. It joins the messages that conversations own; only its own tables are written
here."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.unfurl.models import LinkCardRow, LinkSettingsRow


async def enabled(tx: Tx) -> bool:
    return bool(await tx.value(select(LinkSettingsRow.enabled)))


async def put_settings(tx: Tx, values: dict[str, Any]) -> bool:
    """Whether that changes anything."""
    row = insert(LinkSettingsRow).values(workspace_id=tx.workspace, **values)
    changed = row.on_conflict_do_update(
        index_elements=["workspace_id"],
        set_=values,
        where=LinkSettingsRow.enabled != values["enabled"],
    )
    return bool(await tx.run(changed))


async def said(tx: Tx, places: Sequence[tuple[UUID, int]]) -> list[ReadRow]:
    """(body) of those of these messages that may have an address in them."""
    conversations, seqs = zip(*places, strict=True)
    return await tx.fetch(_SAID, list(conversations), list(seqs))


_SAID = """
    select m.body from unnest($1::uuid[], $2::int[]) as p(conversation_id, seq)
    join messages m on m.conversation_id = p.conversation_id and m.seq = p.seq
    where m.kind in ('text', 'note') and m.recalled_at is null and position('://' in m.body) > 0
"""


async def shown(tx: Tx, conversation_id: UUID, seqs: Sequence[int], *, notes: bool) -> list[ReadRow]:
    """(seq, body, fresh) of the same in a conversation; `fresh`: said just now."""
    return await tx.fetch(_SHOWN, conversation_id, list(seqs), notes)


_SHOWN = """
    select seq, body, created_at > now() - interval '30 seconds' as fresh from messages
    where conversation_id = $1 and seq = any ($2) and (kind = 'text' or kind = 'note' and $3)
      and recalled_at is null and position('://' in body) > 0
    order by seq
"""


async def want(tx: Tx, rows: Sequence[tuple[UUID, bytes, str]]) -> Sequence[UUID]:
    """Those of these (id, digest, address) that have to be fetched: new, or out of date."""
    ids, digests, addresses = zip(*rows, strict=True)
    values = {"ws": tx.workspace, "ids": list(ids), "digests": list(digests), "addresses": list(addresses)}
    return [row.id for row in await tx.rows(_WANT, values)]


_WANT = text(
    """
    insert into link_cards as c (workspace_id, id, digest, address, state, expires_at)
    select :ws, w.id, w.digest, w.address, 'waiting', now() + interval '10 minutes'
    from unnest(cast(:ids as uuid[]), cast(:digests as bytea[]), cast(:addresses as text[]))
         as w(id, digest, address)
    on conflict (workspace_id, digest) do update
    set state = 'waiting', title = '', about = '', site = '', picture = null, expires_at = excluded.expires_at
    where c.expires_at <= now()
    returning c.id
    """
)


async def drop_expired(tx: Tx) -> None:
    """What was out of date an hour ago; nobody has asked for it since."""
    await tx.run(text("delete from link_cards where expires_at <= now() - interval '1 hour'"))


async def cards(tx: Tx, digests: Sequence[bytes]) -> Sequence[Row[Any]]:
    """Those that are not out of date."""
    return await tx.rows(_CARDS, {"digests": list(digests)})


_CARDS = text(
    "select digest, address, state, title, about, site, picture from link_cards"
    " where digest = any (cast(:digests as bytea[])) and expires_at > now()"
)


async def waiting(tx: Tx, card_id: UUID) -> str | None:
    """The address that is to be fetched; None where it has been."""
    wanted = select(LinkCardRow.address).where(LinkCardRow.id == card_id, LinkCardRow.state == "waiting")
    found: str | None = await tx.value(wanted)
    return found


async def keep(tx: Tx, card_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(LinkCardRow).where(LinkCardRow.id == card_id).values(values))
