"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class BulkAsked(Event, frozen=True, kw_only=True, tag="view.bulk_asked"):
    """An act on many conversations is to be carried out, or taken back."""

    bulk_id: UUID
    undo: bool = False
