"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class PushesWritten(Event, frozen=True, kw_only=True, tag="devices.pushes_written"):
    """These are to be sent."""

    push_ids: list[UUID]


class PersonalChanged(Event, frozen=True, kw_only=True, tag="devices.personal_changed"):
    """Somebody has set something for herself; her other devices follow."""

    membership_id: UUID
    rev: int
