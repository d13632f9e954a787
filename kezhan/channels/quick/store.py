"""What is read of a conversation to fill quick replies."""

from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


async def known(tx: Tx, conversation_id: UUID) -> ReadRow:
    """(customer, channel, team, workspace, time_zone, language) of one there is."""
    (row,) = await tx.fetch(_KNOWN, conversation_id)
    return row


_KNOWN = """
    select p.name as customer, a.name as channel, coalesce(t.name, '') as team, w.name as workspace,
           w.time_zone, w.language
    from conversations c
    join contacts p on p.id = c.contact_id
    join channel_accounts a on a.id = c.account_id
    join workspaces w on w.id = c.workspace_id
    left join teams t on t.id = c.team_id
    where c.id = $1
"""


async def last_words(tx: Tx, conversation_id: UUID) -> str:
    """What the customer has said last, where we have not answered it yet; else empty."""
    rows = await tx.fetch(_LAST, conversation_id)
    return str(rows[0]["body"]) if rows and rows[0]["author_kind"] == "visitor" else ""


_LAST = """
    select author_kind, body from (
        select seq, author_kind, kind, body, recalled_at from messages where conversation_id = $1
        order by seq desc limit 30
    ) m where kind not in ('event', 'note') and author_kind <> 'system' and recalled_at is null
    order by seq desc limit 1
"""
