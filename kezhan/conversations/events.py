"""What the room tells the house. Ids and small facts only."""

from uuid import UUID

from kezhan.kit.outbox import Event


class ConversationOpened(Event, frozen=True, kw_only=True, tag="conversation.opened"):
    conversation_id: UUID
    account_id: UUID
    contact_id: UUID


class MessageAppended(Event, frozen=True, kw_only=True, tag="message.appended"):
    """Written by the append lane itself, one per message."""

    conversation_id: UUID
    seq: int
    kind: str
    author_kind: str


class ConversationChanged(Event, frozen=True, kw_only=True, tag="conversation.changed"):
    """Something visible changed in (from_rev, rev] other than through the lane: live listeners get it."""

    conversation_id: UUID
    identity_id: UUID
    from_rev: int
    rev: int


class ConversationAssigned(Event, frozen=True, kw_only=True, tag="conversation.assigned"):
    """`assignee_id` None: back to the queue, or to that of `team_id`. `before`: whose it was. `by` None: the
    house itself has decided."""

    conversation_id: UUID
    assignee_id: UUID | None
    by: UUID | None
    before: UUID | None = None
    team_id: UUID | None = None


class ConversationClosed(Event, frozen=True, kw_only=True, tag="conversation.closed"):
    conversation_id: UUID
    by: UUID | None


class ConversationReopened(Event, frozen=True, kw_only=True, tag="conversation.reopened"):
    """It goes on as that of the one who has reopened it."""

    conversation_id: UUID
    by: UUID


class ConversationParked(Event, frozen=True, kw_only=True, tag="conversation.parked"):
    """Put aside, or (`parked` false) taken up again; `by` None: the customer has spoken."""

    conversation_id: UUID
    by: UUID | None
    parked: bool


class MessageChanged(Event, frozen=True, kw_only=True, tag="message.changed"):
    """An edit (`recalled` false) or a recall."""

    conversation_id: UUID
    seq: int
    rev: int
    recalled: bool
