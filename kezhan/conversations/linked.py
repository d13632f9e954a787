"""How conversations of one customer hang together, as it crosses the wire."""

from uuid import UUID

from msgspec import Struct

from kezhan.conversations.schemas import State
from kezhan.kit.clock import Instant


class Linked(Struct, frozen=True, kw_only=True):
    """Another conversation of the same customer, to be gone to."""

    id: UUID
    channel: str
    state: State
    opened_at: Instant
    closed_at: Instant | None


class Links(Struct, frozen=True, kw_only=True):
    """The conversation that had ended when this one began, the one that began after this, and the one that
    goes on in its place; null where there is none, or none that the reader may see. `merged`: those in whose
    place this one goes on."""

    previous: Linked | None
    next: Linked | None
    into: Linked | None = None
    merged: list[Linked] = []
