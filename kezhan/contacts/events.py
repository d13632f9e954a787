"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class ContactChanged(Event, frozen=True, kw_only=True, tag="contacts.changed"):
    """A profile or its identities changed. Live topic: `contact:<contact_id>`."""

    contact_id: UUID


class VisitorSessionRevoked(Event, frozen=True, kw_only=True, tag="contacts.session_revoked"):
    """A visitor's session ended before its time; its sockets close. Live topic: `session:<session_id>`."""

    session_id: UUID
