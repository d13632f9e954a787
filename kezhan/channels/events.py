"""What the room tells the house, and its other processes."""

from uuid import UUID

from kezhan.kit.outbox import Event
from kezhan.realtime.hints import Hint


class ChannelChanged(Event, frozen=True, kw_only=True, tag="channel.changed"):
    """An account was made, changed, archived or got a new secret."""

    account_id: UUID
    archived: bool = False


class ChannelWorking(Event, frozen=True, kw_only=True, tag="channel.working"):
    """The connection of an account works again, or no longer."""

    account_id: UUID
    working: bool


class CustomerSpoke(Event, frozen=True, kw_only=True, tag="channel.customer_spoke"):
    """A customer has just written herself, on a channel that says something by itself. A call that is taken
    in again tells it again."""

    conversation_id: UUID
    seq: int


class PullDue(Hint, frozen=True, kw_only=True, tag="pull"):
    """The platform of an account has something to pull; for the process that does."""

    account_id: UUID


class AccountChanged(Hint, frozen=True, kw_only=True, tag="account"):
    """The same for the other processes, which keep accounts in memory for a while."""

    account_id: UUID
    archived: bool = False


class AccountSeen(Hint, frozen=True, kw_only=True, tag="account_seen"):
    """The connection of an account was seen to work again, or no longer, by another process."""

    account_id: UUID
