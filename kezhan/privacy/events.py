"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class PrivacyWorkAsked(Event, frozen=True, kw_only=True, tag="privacy.work_asked"):
    """Somebody's copy is to be made, or she is to be erased."""

    request_id: UUID


class ContactErased(Event, frozen=True, kw_only=True, tag="privacy.erased"):
    """Nothing is known of her any more but that she was here."""

    contact_id: UUID
