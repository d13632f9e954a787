"""THE table of public events: which event of the house is which of theirs, and who may ask for it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from kezhan.consent.events import ConsentGiven, ConsentWithdrawn
from kezhan.contacts.events import ContactChanged, ContactErased, ContactsJoined
from kezhan.conversations.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationOpened,
    ConversationParked,
    ConversationReopened,
    ConversationResumed,
    MessageAppended,
    MessageChanged,
)
from kezhan.integrations.schemas import HookConsent
from kezhan.integrations.schemas import HookKind as K
from kezhan.kit.outbox import Event
from kezhan.surveys.events import SurveyAnswered
from kezhan.tags.events import TagPut
from kezhan.workspaces.permissions import Permission

NEEDS: Mapping[str, str] = {
    "conversation": Permission.CONVERSATION_READ_ALL,
    "message": Permission.CONVERSATION_READ_ALL,
    "note": Permission.WEBHOOK_NOTES,
    "contact": Permission.CONTACT_READ,
    "survey": Permission.SURVEY_READ,
    "consent": Permission.CONTACT_READ,
    "webhook": Permission.WEBHOOK_MANAGE,
}
"""By the first word of a kind: what whoever has an endpoint told of it may do herself."""


def needed(kind: str) -> str:
    return NEEDS[kind.partition(".")[0]]


class Told(NamedTuple):
    """A public event before it is written down: what it is about, and what else is told of it. A message's
    kind is that of a reply until the message is known for a note."""

    kind: K
    conversation_id: UUID | None = None
    seq: int | None = None
    contact_id: UUID | None = None
    more: Mapping[str, Any] = {}

    @property
    def lane(self) -> UUID:
        """Of one lane the order is kept."""
        lane = self.conversation_id or self.contact_id
        if lane is None:
            raise ValueError("an event about nothing")
        return lane


NOTES: Mapping[K, K] = {
    K.MESSAGE_SENT: K.NOTE_ADDED,
    K.MESSAGE_EDITED: K.NOTE_EDITED,
    K.MESSAGE_RECALLED: K.NOTE_RECALLED,
}


def _opened(e: ConversationOpened) -> Told:
    return Told(K.CONVERSATION_OPENED, e.conversation_id)


def _assigned(e: ConversationAssigned) -> Told:
    kind = K.CONVERSATION_ASSIGNED if e.assignee_id else K.CONVERSATION_QUEUED
    return Told(kind, e.conversation_id, more={"by": e.by, "before": e.before})


def _parked(e: ConversationParked) -> Told:
    kind = K.CONVERSATION_PARKED if e.parked else K.CONVERSATION_WOKEN
    return Told(kind, e.conversation_id, more={"by": e.by})


def _closed(e: ConversationClosed) -> Told:
    return Told(K.CONVERSATION_CLOSED, e.conversation_id, more={"by": e.by, "into": e.into})


def _reopened(e: ConversationReopened) -> Told:
    return Told(K.CONVERSATION_REOPENED, e.conversation_id, more={"by": e.by})


def _resumed(e: ConversationResumed) -> Told:
    return Told(K.CONVERSATION_REOPENED, e.conversation_id, more={"before": e.before})


def _appended(e: MessageAppended) -> Told | None:
    if e.kind == "event":
        return None
    kind = K.MESSAGE_RECEIVED if e.author_kind == "visitor" else K.MESSAGE_SENT
    return Told(kind, e.conversation_id, e.seq)


def _changed(e: MessageChanged) -> Told:
    return Told(K.MESSAGE_RECALLED if e.recalled else K.MESSAGE_EDITED, e.conversation_id, e.seq)


def _contact(e: ContactChanged) -> Told:
    return Told(K.CONTACT_CREATED if e.made else K.CONTACT_UPDATED, contact_id=e.contact_id)


def _joined(e: ContactsJoined) -> Told:
    return Told(K.CONTACT_MERGED, contact_id=e.gone_id, more={"into": e.kept_id})


def _erased(e: ContactErased) -> Told:
    return Told(K.CONTACT_ERASED, contact_id=e.contact_id)


def _tagged(e: TagPut) -> Told:
    more = {"tag_id": e.tag_id}
    if e.on == "contact":
        return Told(K.CONTACT_TAGGED if e.put else K.CONTACT_UNTAGGED, contact_id=e.thing_id, more=more)
    return Told(K.CONVERSATION_TAGGED if e.put else K.CONVERSATION_UNTAGGED, e.thing_id, more=more)


def _answered(e: SurveyAnswered) -> Told:
    return Told(K.SURVEY_ANSWERED, e.conversation_id, more={"survey": e})


def _consent(e: ConsentGiven | ConsentWithdrawn) -> Told:
    kind = K.CONSENT_GIVEN if isinstance(e, ConsentGiven) else K.CONSENT_WITHDRAWN
    told = HookConsent(text_id=e.text_id, version=e.version, way=e.way)
    return Told(kind, contact_id=e.contact_id, more={"consent": told, "by": e.by})


PUBLIC: Mapping[type[Event], Callable[[Any], Told | None]] = {
    ConversationOpened: _opened,
    ConversationAssigned: _assigned,
    ConversationParked: _parked,
    ConversationClosed: _closed,
    ConversationReopened: _reopened,
    ConversationResumed: _resumed,
    MessageAppended: _appended,
    MessageChanged: _changed,
    ContactChanged: _contact,
    ContactsJoined: _joined,
    ContactErased: _erased,
    TagPut: _tagged,
    SurveyAnswered: _answered,
    ConsentGiven: _consent,
    ConsentWithdrawn: _consent,
}
