"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class ScheduledDue(Event, frozen=True, kw_only=True, tag="scheduled.due"):
    """Its time has come: the process that says so sends it."""

    scheduled_id: UUID


class ScheduledChanged(Event, frozen=True, kw_only=True, tag="scheduled.changed"):
    """Kept, changed, cancelled, sent, or (`held`) not sent and kept for its writer."""

    scheduled_id: UUID
    conversation_id: UUID
    membership_id: UUID
    held: bool = False
