"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class FieldSealing(Event, frozen=True, kw_only=True, tag="fields.sealing"):
    """The values of a field are to be sealed from now on, or not any more: those that stand follow."""

    seal_id: UUID
