"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class ChannelChanged(Event, frozen=True, kw_only=True, tag="channel.changed"):
    """An account was made, changed, archived or got a new secret."""

    account_id: UUID
    archived: bool = False
