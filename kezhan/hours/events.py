"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class HoursChanged(Event, frozen=True, kw_only=True, tag="hours.changed"):
    """Hours changed, or who keeps to them: whatever was known of openings that rest on these schedules is
    old."""

    schedule_ids: list[UUID]
