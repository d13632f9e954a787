"""What can be said to a customer just now, for whoever writes to her."""

from uuid import UUID

from kezhan.channels import store as channels
from kezhan.channels.accounts import Account, as_adapter, opened_account
from kezhan.channels.customers import store
from kezhan.channels.customers.copies import proposed
from kezhan.channels.registry import find
from kezhan.channels.schemas import ReachView
from kezhan.channels.sealed import opened_text
from kezhan.channels.standing import store as standing
from kezhan.conversations.read import seen_head
from kezhan.conversations.schemas import Head
from kezhan.kit.clock import now, wire_or_none
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Tx
from kezhan.kit.masking import seen_text
from kezhan.kit.reading import ReadRow
from kezhan.workspaces.authenticate import Caller


async def has_room(tx: Tx, account_id: UUID, identity_id: UUID) -> bool:
    """Whether a message may go to her that nobody of us has written: the last of those allowed is not taken
    from people."""
    window = await store.window(tx, account_id, identity_id)
    if window is None:
        return True
    over = window["ends_at"] is not None and window["ends_at"] <= now()
    return not over and (window["allowed"] is None or window["allowed"] - window["used"] > 1)


async def reach_of(tx: Tx, keyring: KeyRing, caller: Caller, conversation_id: UUID) -> ReachView:
    """Raises NotFound for a conversation the caller may not see as for none."""
    head = await seen_head(tx, caller, conversation_id)
    account = await opened_account(tx, keyring, head.account_id)
    channel = find(account.adapter)
    able = channel.able(as_adapter(channel, account))
    window = await store.window(tx, account.id, head.identity_id) if channel.send is not None else None
    ends_at = window["ends_at"] if window is not None else None
    allowed = window["allowed"] if window is not None else None
    left = max(allowed - window["used"], 0) if window is not None and allowed is not None else None
    over = (ends_at is not None and ends_at <= now()) or left == 0
    return ReachView(
        adapter=account.adapter,
        sends=sorted(able.sends),
        text_length=able.text_length,
        text_unit=able.text_unit,
        windowed=able.window is not None,
        open=not over and (able.window is None or window is not None),
        ends_at=wire_or_none(ends_at) if able.window is not None else None,
        allowed=allowed,
        left=left,
        templates=able.templates and channel.templates is not None,
        working=await standing.works(tx, account.id),
        cards=able.cards,
        buttons=able.buttons,
        reactions=able.reactions,
        copies=_seen(caller, head, await _copies(tx, keyring, account, head, window)),
        pages=able.pages is not None,
        pages_of=able.pages_of,
    )


async def _copies(
    tx: Tx, keyring: KeyRing, account: Account, head: Head, window: ReadRow | None
) -> list[str] | None:
    if find(account.adapter).copying is None:
        return None
    ticket = opened_text(keyring, account.id, "ticket", window["ticket"]) if window is not None else ""
    place = await channels.place_of(tx, head.id)
    return await proposed(tx, account, ticket, place.external_id)


def _seen(caller: Caller, head: Head, copies: list[str] | None) -> list[str] | None:
    """Whoever serves it writes to them and reads them plain; of others they are not offered masked, for they
    would be written to."""
    if not copies or caller.cover is None or caller.cover.serves == head.served_by():
        return copies
    return [address for address in copies if seen_text(address, caller.cover) == address]
