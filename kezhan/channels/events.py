"""What the room tells the house, and its other processes."""

from uuid import UUID

from kezhan.kit.outbox import Event
from kezhan.realtime.hints import Hint


class ChannelChanged(Event, frozen=True, kw_only=True, tag="channel.changed"):
    """An account was made, changed, archived or got a new secret."""

    account_id: UUID
    archived: bool = False


class AccountChanged(Hint, frozen=True, kw_only=True, tag="account"):
    """The same for the other processes, which keep accounts in memory for a while."""

    account_id: UUID
    archived: bool = False
