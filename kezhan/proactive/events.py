"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class InviteChanged(Event, frozen=True, kw_only=True, tag="proactive.invite"):
    """An invitation was made or answered."""

    invite_id: UUID
    identity_id: UUID
