"""What crosses the wire: what endpoints are told (version 1), and how they are kept."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said

SHAPE: Literal[1] = 1
"""Version of what endpoints are told. Fields may be added to it; anything else makes it another."""
MAX_ADDRESS = 2000


class HookKind(StrEnum):
    """What a company's own programs may be told of."""

    CONVERSATION_OPENED = "conversation.opened"
    CONVERSATION_ASSIGNED = "conversation.assigned"
    CONVERSATION_QUEUED = "conversation.queued"
    CONVERSATION_PARKED = "conversation.parked"
    CONVERSATION_WOKEN = "conversation.woken"
    CONVERSATION_CLOSED = "conversation.closed"
    CONVERSATION_REOPENED = "conversation.reopened"
    CONVERSATION_TAGGED = "conversation.tagged"
    CONVERSATION_UNTAGGED = "conversation.untagged"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SENT = "message.sent"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_RECALLED = "message.recalled"
    NOTE_ADDED = "note.added"
    NOTE_EDITED = "note.edited"
    NOTE_RECALLED = "note.recalled"
    CONTACT_CREATED = "contact.created"
    CONTACT_UPDATED = "contact.updated"
    CONTACT_MERGED = "contact.merged"
    CONTACT_ERASED = "contact.erased"
    CONTACT_TAGGED = "contact.tagged"
    CONTACT_UNTAGGED = "contact.untagged"
    SURVEY_ANSWERED = "survey.answered"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    TEST = "webhook.test"


# What is told


class HookConversation(Struct, frozen=True, kw_only=True):
    """As it stood when the event was written down."""

    id: UUID
    account_id: UUID
    channel: str
    contact_id: UUID
    state: str
    assignee_id: UUID | None
    team_id: UUID | None
    opened_at: Instant
    closed_at: Instant | None


class HookAuthor(Struct, frozen=True, kw_only=True):
    """`id` is a member's or an identity's."""

    kind: Literal["visitor", "agent", "system"]
    id: UUID | None
    name: Said


class HookFile(Struct, frozen=True, kw_only=True):
    """Its content is read by `GET /api/files/{id}` with a key."""

    id: UUID
    name: Said
    media_type: str
    size: int


class HookMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message, or with an internal note's own right a note. Recalled, it has no text and no file."""

    conversation_id: UUID
    seq: int
    kind: str
    author: HookAuthor
    at: Instant
    text: Said = ""
    file: HookFile | None = None
    quote_seq: int | None = None
    whisper: bool = False
    edited_at: Instant | None = None
    recalled_at: Instant | None = None


class HookContact(Struct, frozen=True, kw_only=True):
    """Phone, e-mail and the rest of her profile are read with a key, as far as that key may see them."""

    id: UUID
    name: Said
    language: str | None
    tier: str
    created_at: Instant
    merged_into: UUID | None


class HookSurvey(Struct, frozen=True, kw_only=True):
    """What was answered; `first` false: an answer was changed."""

    invite_id: UUID
    conversation_id: UUID
    csat: int | None
    resolved: bool | None
    nps: int | None
    first: bool


class HookConsent(Struct, frozen=True, kw_only=True):
    """To which version of which text; `way` is `widget`, `agent` or `import`."""

    text_id: UUID
    version: int
    way: str


class WebhookEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an endpoint gets by POST. `id` stays the same however often it is sent. Which of the parts there
    are depends on `type`. `by` is the member who has done it, left out where the house itself or a customer
    has."""

    id: UUID
    type: HookKind
    version: Literal[1]
    at: Instant
    workspace_id: UUID
    conversation: HookConversation | None = None
    message: HookMessage | None = None
    contact: HookContact | None = None
    survey: HookSurvey | None = None
    consent: HookConsent | None = None
    tag_id: UUID | None = None
    by: UUID | None = None
    before: UUID | None = None
    """Whose the conversation was before."""
    into: UUID | None = None
    """The conversation, or the customer, that goes on in place of this one."""


# Endpoints

EndpointState = Literal["on", "off", "stopped"]
EndpointName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Address = Annotated[str, Meta(min_length=1, max_length=MAX_ADDRESS)]
Kinds = Annotated[list[HookKind], Meta(min_length=1, max_length=50)]


class EndpointMake(Struct, frozen=True, kw_only=True):
    """`address` begins with https://, unless the installation opens networks of its own."""

    name: EndpointName
    address: Address
    events: Kinds


class EndpointEdit(Struct, frozen=True, kw_only=True):
    """Left-out fields stay. `on` false: nothing is told any more, and what waits is given up."""

    name: EndpointName | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    events: Kinds | UnsetType = UNSET
    on: bool | UnsetType = UNSET


class EndpointView(Struct, frozen=True, kw_only=True):
    """`stopped`: it has switched itself off, having failed for three days. `old_until`: so long the secret
    before this one signs too. `waiting` and `dead` are counted up to 1,000."""

    id: UUID
    name: str
    address: str
    events: list[str]
    state: EndpointState
    failing_since: Instant | None
    old_until: Instant | None
    waiting: int
    dead: int
    last_sent_at: Instant | None
    created_at: Instant
    created_by: UUID


class EndpointList(Struct, frozen=True):
    """`notes`: the reader may have endpoints told of internal notes."""

    items: list[EndpointView]
    notes: bool


class EndpointMade(Struct, frozen=True):
    """`secret` is shown this once."""

    endpoint: EndpointView
    secret: str


# The log

HookDeliveryState = Literal["waiting", "sent", "dead"]


class HookDeliveryView(Struct, frozen=True, kw_only=True):
    """`status` and `fault` of the last attempt; `due_at` of the next, while it waits."""

    id: UUID
    event_id: UUID
    kind: str
    at: Instant
    state: HookDeliveryState
    attempts: int
    due_at: Instant | None
    status: int | None
    fault: str


class HookAttemptView(Struct, frozen=True, kw_only=True):
    """One call; of the answer the beginning, without what looks like a secret."""

    at: Instant
    took_ms: int
    status: int | None
    fault: str
    media_type: str
    answer: Said


class HookDeliveryDetail(Struct, frozen=True, kw_only=True):
    """`body` is null where it is an internal note that the reader has no right to."""

    delivery: HookDeliveryView
    headers: dict[str, str]
    body: Said | None
    tries: list[HookAttemptView]


class ReplaySpan(Struct, frozen=True, kw_only=True):
    """From (in it) until (no longer in it)."""

    since: Annotated[datetime, Meta(tz=True)]
    until: Annotated[datetime, Meta(tz=True)]


class HookReplayed(Struct, frozen=True):
    """How many go out once more."""

    count: int
