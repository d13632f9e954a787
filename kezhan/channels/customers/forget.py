"""What was taken back is erased in the platform's own calls too, as they are kept."""

import asyncio
from collections.abc import Sequence

from kezhan.channels.accounts import Account, as_adapter
from kezhan.channels.base import Came, Edited, Inbound, Unreadable
from kezhan.channels.customers import store
from kezhan.channels.customers.names import EXTERNAL_ID, short
from kezhan.channels.registry import find
from kezhan.channels.sealed import unseal
from kezhan.kit.crypto import BadSeal, KeyRing
from kezhan.kit.db import Database


async def forget_calls(db: Database, keyring: KeyRing, account: Account, names: Sequence[str]) -> None:
    """Empty the kept calls that have brought the messages of these names, or their last wording."""
    async with db.tx(account.workspace_id) as tx:
        rows = await store.calls_around(tx, account.id, [short(name, EXTERNAL_ID) for name in names])
    channel = find(account.adapter)
    parse, known = channel.parse, as_adapter(channel, account)
    ids = []
    for row in rows:
        try:
            request = unseal(keyring, row["id"], row["sealed"])
        except BadSeal:
            continue
        found = await asyncio.to_thread(parse, request, known) if parse is not None else []
        if not isinstance(found, Unreadable) and any(_tells(came, names) for came in found):
            ids.append(row["id"])
    if ids:
        async with db.tx(account.workspace_id) as tx:
            await store.empty_calls(tx, ids)


def _tells(came: Came, names: Sequence[str]) -> bool:
    return isinstance(came, Inbound | Edited) and came.message_id in names
