"""What processes tell each other of conversations: where something has changed, never what."""

from uuid import UUID

import msgspec

from kezhan.realtime.hints import Hint


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Something changed above `from_rev`. `identity_id` is the customer's, None where it is not known."""

    conversation_id: UUID
    identity_id: UUID | None
    from_rev: int


class Moved(Hint, frozen=True, kw_only=True, tag="moved"):
    """Conversations of a workspace have changed; with `placed` also, perhaps, who may see them."""

    workspace_id: UUID
    places: list[Place]
    placed: bool = False
