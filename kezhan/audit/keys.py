"""A key of its own for each person: what the log keeps of her values is sealed under it, and gone with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from kezhan.audit import store
from kezhan.audit.schemas import PersonKind
from kezhan.kit.changes import Change
from kezhan.kit.crypto import BadSeal, KeyRing, new_key, seal_with, unseal_with
from kezhan.kit.db import Tx

_changes = msgspec.json.Decoder(list[Change])


@dataclass(frozen=True, slots=True)
class Of:
    """Whose values something is."""

    kind: PersonKind
    id: UUID

    @property
    def context(self) -> str:
        return f"audit.person:{self.kind}:{self.id}"


async def seal(tx: Tx, of: Of, entry_id: UUID, changes: Sequence[Change]) -> bytes | None:
    """Under the person's key, which is made where she has none. None where it has been destroyed."""
    kept = await store.person_key(tx, of.kind, of.id)
    if kept is None:
        await store.add_person_key(tx, of.kind, of.id, tx.ring.seal(new_key(), of.context))
        kept = await store.person_key(tx, of.kind, of.id)  # somebody else's may have come first
    if kept is None or kept.sealed is None:
        return None
    key = tx.ring.unseal(kept.sealed, of.context)
    return seal_with(key, msgspec.json.encode(changes), str(entry_id))


def opened(
    ring: KeyRing, of: Of, sealed_key: bytes | None, entry_id: UUID, sealed: bytes
) -> list[Change] | None:
    """None where the key is gone, or does not fit what somebody has changed."""
    if sealed_key is None:
        return None
    try:
        return _changes.decode(unseal_with(ring.unseal(sealed_key, of.context), sealed, str(entry_id)))
    except BadSeal:
        return None


async def destroy(tx: Tx, of: Of) -> None:
    """Nobody reads again what the log has of her values; the chain over it holds. She gets no other key."""
    await store.destroy_person_key(tx, of.kind, of.id)
