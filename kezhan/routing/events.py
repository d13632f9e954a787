"""What the room tells the house. Ids and small facts only."""

from uuid import UUID

from kezhan.kit.outbox import Event


class SeatChanged(Event, frozen=True, kw_only=True, tag="routing.seat_changed"):
    """A seat's state, load or duty is another."""

    membership_id: UUID


class QueueMoved(Event, frozen=True, kw_only=True, tag="routing.queue_moved"):
    """Somebody came into a queue, or left one: positions are others."""


class QueueUnsettled(Event, frozen=True, kw_only=True, tag="routing.queue_unsettled"):
    """There is more to give than one transaction may, or a conversation was held by somebody just then."""

    queue_ids: list[UUID]


class ConversationOffered(Event, frozen=True, kw_only=True, tag="routing.offered"):
    conversation_id: UUID
    membership_id: UUID


class OfferEnded(Event, frozen=True, kw_only=True, tag="routing.offer_ended"):
    """Accepted, declined, missed or withdrawn."""

    conversation_id: UUID
    membership_id: UUID
    outcome: str


class ReceptionOpened(Event, frozen=True, kw_only=True, tag="routing.reception_opened"):
    """The workspace has a reception from now on: who is connected takes her seat."""


class PolicyChanged(Event, frozen=True, kw_only=True, tag="routing.policy_changed"):
    version: int
