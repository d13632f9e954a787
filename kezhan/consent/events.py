"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class ConsentTextsChanged(Event, frozen=True, kw_only=True, tag="consent.texts_changed"):
    """What is asked has changed: whoever has it in memory reads it anew."""


class ConsentGiven(Event, frozen=True, kw_only=True, tag="consent.given"):
    """`by`: the member who has written it down for her."""

    contact_id: UUID
    text_id: UUID
    version: int
    way: str
    by: UUID | None = None


class ConsentWithdrawn(Event, frozen=True, kw_only=True, tag="consent.withdrawn"):
    """`version`: the latest one she had consented to."""

    contact_id: UUID
    text_id: UUID
    version: int
    way: str
    by: UUID | None = None
