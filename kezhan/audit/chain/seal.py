"""Rows of the log take their places in the chain, in the background and in order, one process at a time."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.audit.chain import store
from kezhan.audit.schemas import ChainHead
from kezhan.kit.beat import every
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database, Tx

ORIGIN = bytes(32)
"""What the first row follows on."""
HEAD, ANCHOR = "audit.head", "audit.anchor"
"""Purposes of signatures."""
_PIECE = 500
_BEAT_SECONDS = 1.0


def digest(entry: Row[Any], workspace_id: UUID, number: int, previous: bytes) -> bytes:
    """SHA-256 over the row as it is stored, its place and the hash of the row before: a JSON list, keys in
    order, bytes in hex, the moment in microseconds. What is sealed in it counts as it is stored, sealed."""
    told = [
        1,
        workspace_id,
        number,
        previous.hex(),
        entry.id,
        int(entry.at.timestamp()) * 1_000_000 + entry.at.microsecond,
        entry.actor_kind,
        entry.actor_id,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        entry.detail,
        entry.changes,
        entry.person_kind,
        entry.person_id,
        None if entry.private is None else entry.private.hex(),
        entry.peer,
    ]
    return hashlib.sha256(_encode(told)).digest()


_encode = msgspec.json.Encoder(order="sorted").encode


def place(workspace_id: UUID, number: int, hash_: bytes) -> str:
    """What is signed of a place in the chain."""
    return f"{workspace_id}:{number}:{hash_.hex()}"


async def head(tx: Tx) -> ChainHead:
    """The end of the chain, signed."""
    last = await store.last(tx)
    number, hash_ = (0, ORIGIN) if last is None else (last.number, last.hash)
    signature = tx.ring.sign(place(tx.workspace, number, hash_), HEAD)
    return ChainHead(workspace_id=tx.workspace, number=number, hash=hash_.hex(), signature=signature)


def is_ours(ring: KeyRing, shown: ChainHead) -> bool:
    return ring.verify(f"{shown.workspace_id}:{shown.number}:{shown.hash}", HEAD, shown.signature)


class Sealer:
    """Looks once a second; of several processes one seals a workspace's rows at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def run(self) -> None:
        """Until cancelled."""
        await every(_BEAT_SECONDS, self.step, "audit.sealing_failed")

    async def step(self) -> int:
        """Seal all that waits; how many rows."""
        async with self._db.system_tx() as tx:
            workspaces = await store.busy(tx)
        sealed = 0
        for workspace_id in workspaces:
            piece = _PIECE
            while piece == _PIECE:
                async with self._db.tx(workspace_id) as tx:
                    piece = await _seal(tx)
                sealed += piece
        return sealed


async def _seal(tx: Tx) -> int:
    if not await store.lock(tx):
        return 0
    entries = await store.take(tx, _PIECE)
    if not entries:
        return 0
    last = await store.last(tx)
    number, previous = (0, ORIGIN) if last is None else (last.number, last.hash)
    rows: list[dict[str, Any]] = []
    for entry in entries:
        number += 1
        hash_ = digest(entry, tx.workspace, number, previous)
        row = {"number": number, "entry_id": entry.id, "previous": previous, "hash": hash_}
        rows.append({**row, "signature": None})
        previous = hash_
    rows[-1]["signature"] = tx.ring.sign(place(tx.workspace, number, previous), HEAD)
    await store.add_seals(tx, rows)
    return len(rows)
