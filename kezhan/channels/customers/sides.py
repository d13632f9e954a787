"""On which side of a switch a customer is: decided once, and remembered."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from kezhan.channels.customers import store
from kezhan.channels.customers.names import external
from kezhan.kit.clock import now
from kezhan.kit.db import Tx


async def in_talk(tx: Tx, account_id: UUID, names: Iterable[str]) -> set[str]:
    """Those of them with whom a conversation goes on here."""
    held = {external(name): name for name in names}
    return {held[name] for name in await store.in_talk(tx, account_id, list(held))}


async def decided(tx: Tx, account_id: UUID, names: Iterable[str], since: datetime) -> dict[str, bool]:
    """Whether they are served here, of those for whom it was decided since then."""
    keys = {_key(name): name for name in names}
    rows = await store.sides(tx, account_id, list(keys), since)
    return {keys[row["customer"]]: row["here"] for row in rows}


async def decide(tx: Tx, account_id: UUID, chosen: Mapping[str, bool], since: datetime) -> dict[str, bool]:
    """As chosen, unless another process was quicker: then as that has it."""
    keys = [_key(name) for name in chosen]
    await store.take_sides(tx, account_id, keys, list(chosen.values()), max(now(), since), since)
    return await decided(tx, account_id, chosen, since)


def _key(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:16]
