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
    house itself has decided. `accepted`: by the one whom `by` has asked. `instead_of`: the customer's other
    conversation, which she has as well and which ends with this."""

    conversation_id: UUID
    assignee_id: UUID | None
    by: UUID | None
    before: UUID | None = None
    team_id: UUID | None = None
    accepted: bool = False
    instead_of: UUID | None = None


class ConversationClosed(Event, frozen=True, kw_only=True, tag="conversation.closed"):
    """`into`: the customer's other conversation, which goes on in its place."""

    conversation_id: UUID
    by: UUID | None
    into: UUID | None = None


class ConversationReopened(Event, frozen=True, kw_only=True, tag="conversation.reopened"):
    """It goes on as that of the one who has reopened it."""

    conversation_id: UUID
    by: UUID


class ConversationResumed(Event, frozen=True, kw_only=True, tag="conversation.resumed"):
    """Its customer has come back into one that had ended. `before`: whose it was then."""

    conversation_id: UUID
    before: UUID | None


class ConversationParked(Event, frozen=True, kw_only=True, tag="conversation.parked"):
    """Put aside, or (`parked` false) taken up again; `by` None: the customer has spoken."""

    conversation_id: UUID
    by: UUID | None
    parked: bool


class MessageChanged(Event, frozen=True, kw_only=True, tag="message.changed"):
    """An edit (`recalled` false) or a recall. `told`: the customer's platform has told us, so it knows."""

    conversation_id: UUID
    seq: int
    rev: int
    recalled: bool
    told: bool = False


class ReactionChanged(Event, frozen=True, kw_only=True, tag="message.reaction_changed"):
    """Somebody reacts to a message, or no longer does. `told`: her platform need not hear of it."""

    conversation_id: UUID
    seq: int
    rev: int
    told: bool = False


class TransferOffered(Event, frozen=True, kw_only=True, tag="conversation.transfer_offered"):
    """Somebody is asked to take it over; it stays where it is until she does."""

    conversation_id: UUID
    by: UUID
    to: UUID


class TransferEnded(Event, frozen=True, kw_only=True, tag="conversation.transfer_ended"):
    """Accepted, declined, missed or withdrawn; `by` None: by itself."""

    conversation_id: UUID
    to: UUID
    outcome: str
    by: UUID | None = None


class ColleaguesNamed(Event, frozen=True, kw_only=True, tag="conversation.colleagues_named"):
    """Members who have been named in a note just now."""

    membership_ids: list[UUID]


class CompanyChanged(Event, frozen=True, kw_only=True, tag="conversation.company_changed"):
    """Who is in it besides the one who serves: `what` is invited, guest_left, guest_removed, supervised or
    supervision_ended."""

    conversation_id: UUID
    membership_id: UUID
    what: str
    by: UUID
