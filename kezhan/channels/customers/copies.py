"""Replies with copies: who else got what the customer sent, and to whom else a reply may go."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from kezhan.channels import base, store
from kezhan.channels.accounts import Account, as_adapter
from kezhan.channels.registry import channels, find
from kezhan.conversations.schemas import Head
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused


async def proposed(tx: Tx, account: Account, ticket: str, customer: str) -> list[str] | None:
    """Who else a reply to what `ticket` is of goes to unless its writer says otherwise: never the customer
    herself nor a mailbox of ours. None where the channel sends no copies."""
    channel = find(account.adapter)
    if channel.copying is None:
        return None
    others = channel.copying.others(as_adapter(channel, account), ticket)
    ours = {*await _own(tx), _box(customer)} if others else set()
    return [one for one in others if _box(one) not in ours]


async def check_copies(tx: Tx, head: Head, copies: Sequence[str]) -> None:
    """Raises Refused where the channel sends none, and for a mailbox of ours: it would answer itself."""
    if find(head.channel).copying is None:
        raise Refused("conversations.no_copies", 409, field="copies")
    ours = await _own(tx)
    for one in copies:
        if _box(one) in ours:
            raise Refused("channels.own_address", 409, field="copies", address=one)


async def _own(tx: Tx) -> set[str]:
    known = channels()
    return {
        _box(_address(known[row.adapter], row)) for row in await store.accounts(tx) if row.adapter in known
    }


def _address(channel: base.Channel, row: Row[Any]) -> str:
    if channel.copying is None:
        return ""
    return channel.copying.own(msgspec.convert(row.settings, channel.settings))


def _box(address: str) -> str:
    """`support+c-1@x` is in the mailbox of `support@x`."""
    name, _, domain = address.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"
