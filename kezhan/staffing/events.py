"""What the room tells the house. Ids and small facts only."""

from uuid import UUID

from kezhan.kit.outbox import Event


class DutyChanged(Event, frozen=True, kw_only=True, tag="staffing.duty_changed"):
    """A shift has begun or ended for somebody. Live topic: `member:<id>`."""

    membership_id: UUID
    on_duty: bool
