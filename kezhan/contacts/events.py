"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class ContactChanged(Event, frozen=True, kw_only=True, tag="contacts.changed"):
    """A profile or its identities changed, or (`made`) she is new. `fields`: what was edited, by
    hand or by a program, own fields by their ids. Live topic: `contact:<contact_id>`."""

    contact_id: UUID
    made: bool = False
    fields: tuple[str, ...] = ()


class ContactsJoined(Event, frozen=True, kw_only=True, tag="contacts.joined"):
    """Two customers have shown to be one: all of `gone_id` is from now on `kept_id`'s."""

    kept_id: UUID
    gone_id: UUID
    merge_id: UUID


class ContactsParted(Event, frozen=True, kw_only=True, tag="contacts.parted"):
    """Two who were made one are two again: what was `gone_id`'s is hers, as are her identities."""

    kept_id: UUID
    gone_id: UUID
    merge_id: UUID


class ContactErased(Event, frozen=True, kw_only=True, tag="contacts.erased"):
    """Nothing is known of her any more but that she was here."""

    contact_id: UUID


class VisitorSessionRevoked(Event, frozen=True, kw_only=True, tag="contacts.session_revoked"):
    """A visitor's session ended before its time; its sockets close. Live topic: `session:<session_id>`."""

    session_id: UUID


class ImportAsked(Event, frozen=True, kw_only=True, tag="contacts.import_asked"):
    """A list of people is to be worked through; `step`: the state it is in by that."""

    import_id: UUID
    step: str
