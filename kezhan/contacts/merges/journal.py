"""The journal of a merge for the rooms above: what of theirs has moved, for when the two are parted again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.contacts.merges import store
from kezhan.kit.db import Tx


async def add_moves(tx: Tx, merge_id: UUID, kind: str, moved: Sequence[tuple[UUID, Any]]) -> None:
    """Of one kind (`tag`, `block`): the id of each, and what is to be known to bring it back, None for
    nothing."""
    await store.add_moves(tx, merge_id, kind, moved)


async def moves(tx: Tx, merge_id: UUID, kind: str) -> Sequence[Row[Any]]:
    """(ref, detail) of each."""
    return await store.moves(tx, merge_id, kind)
