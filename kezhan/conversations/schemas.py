"""What crosses the wire of a conversation, the same for routes, sockets and the client packages."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from kezhan.cards.schemas import Card, CardButton
from kezhan.conversations.reactions.schemas import Reaction
from kezhan.conversations.rich.schemas import CardPayload, CopiedPayload, Tap, TapPayload
from kezhan.kit.clock import Instant
from kezhan.kit.masking import SAID, Cut, Said
from kezhan.realtime.schemas import Frame

MAX_TEXT = 10_000
MAX_TYPING = 500
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Number = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""A seq or rev that a client names, as far as the columns go."""
ClientId = Annotated[str, Meta(min_length=1, max_length=100)]
Copies = Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=10)]


class State(StrEnum):
    QUEUED = "queued"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    UNKNOWN = "unknown"


def served_by(state: str, assignee_id: UUID | None) -> UUID | None:
    """Who serves a conversation; she may read plain what is said in it."""
    return assignee_id if state == State.ASSIGNED else None


class Kind(StrEnum):
    """Kinds of message. What we do not know is kept as `unsupported` with its payload, never dropped."""

    TEXT = "text"
    IMAGE = "image"
    FILE = "file"
    NOTE = "note"
    EVENT = "event"
    UNSUPPORTED = "unsupported"


class FilePayload(Struct, frozen=True, kw_only=True, tag="file", tag_field="is", omit_defaults=True):
    v: int = 1
    file_id: UUID
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    thumbnail: bool = False
    template: "TemplatePayload | None" = None
    """Of the header of one of the platform's templates."""
    copies: list[str] = []
    unchecked: bool = False
    """It should have been looked at for viruses, and could not be."""


class EventPayload(Struct, frozen=True, kw_only=True, tag="event", tag_field="is", omit_defaults=True):
    """A system event: `event` is a word of `conversations.event.*`, names are as they were then."""

    v: int = 1
    event: str
    actor: str = ""
    target: str = ""
    until: Instant | None = None
    reason: str = ""
    """As somebody of us has put it; only in events that customers do not see."""


class NotePayload(Struct, frozen=True, kw_only=True, tag="note", tag_field="is", omit_defaults=True):
    """An internal note with more than its text: whom it names (members, teams), or that it is whispered by
    somebody who listens in."""

    v: int = 1
    mentions: list[UUID] = []
    teams: list[UUID] = []
    whisper: bool = False


class UnsupportedPayload(
    Struct, frozen=True, kw_only=True, tag="unsupported", tag_field="is", omit_defaults=True
):
    v: int = 1
    original_kind: str
    summary: str = ""


class TemplatePayload(Struct, frozen=True, kw_only=True, tag="template", tag_field="is", omit_defaults=True):
    """The message is one of the platform's templates, filled with `values`; its body is what it came to."""

    v: int = 1
    name: str
    language: str
    values: list[str] = []
    shape: str = ""
    """The adapter's own word of how it is filled."""


class SurveyPayload(Struct, frozen=True, kw_only=True, tag="survey", tag_field="is", omit_defaults=True):
    """The message asks how it was. Where the customer can be shown something to press, the survey is drawn in
    its place; elsewhere its body asks, and with `link` her own address of the survey follows it."""

    v: int = 1
    invite_id: UUID
    link: bool = False


class TranslatedPayload(
    Struct, frozen=True, kw_only=True, tag="translated", tag_field="is", omit_defaults=True
):
    """Of a reply that was translated before it was sent: what its writer has written. It stays among
    colleagues; the customer gets the body alone."""

    v: int = 1
    original: str
    copies: list[str] = []


Payload = (
    FilePayload
    | EventPayload
    | UnsupportedPayload
    | TemplatePayload
    | NotePayload
    | SurveyPayload
    | CardPayload
    | TapPayload
    | TranslatedPayload
    | CopiedPayload
)


class Author(Struct, frozen=True, kw_only=True, omit_defaults=True):
    kind: Literal["visitor", "agent", "system"]
    id: UUID | None = None
    name: Said = ""


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message. `rev` is the conversation's number at its last change; a recalled one keeps its
    `seq` and nothing else. `fault`: why it did not reach the customer after all, in the words of channels
    ("window_closed")."""

    seq: int
    rev: int
    kind: Kind
    author: Author
    at: Instant
    body: Said = ""
    payload: Annotated[Payload | None, SAID] = None
    quote_seq: int | None = None
    client_id: str | None = None
    edited_at: Instant | None = None
    recalled_at: Instant | None = None
    fault: str | None = None
    reactions: list[Reaction] = []


class Mark(Struct, frozen=True, kw_only=True):
    """How far a party has received and read: every `seq` up to these."""

    party: Literal["visitor", "agent"]
    party_id: UUID
    delivered_seq: int
    read_seq: int
    rev: int


class Preview(Struct, frozen=True, kw_only=True):
    """The last public line, for lists: who spoke and the start of it."""

    seq: int
    kind: str
    author: Said
    text: Cut


class Transfer(Struct, frozen=True, kw_only=True):
    """Handed on and not yet answered: `to_id` is asked, null where a team is; `until` null: no end."""

    by_id: UUID
    to_id: UUID | None
    at: Instant
    until: Instant | None


class Head(Struct, frozen=True, kw_only=True):
    """A conversation without its messages, as the workbench sees it. Parked, it comes back at `wake_at`, or
    when its customer speaks; what has come back in time is marked by `woken_seq`, the seq of that event,
    until something is said after it. `guests`: colleagues invited in. `merged_into`: another of hers goes on
    in its place. `tags`: those put on it, in that order."""

    id: UUID
    account_id: UUID
    channel: str
    identity_id: UUID
    contact_id: UUID
    contact_name: Said
    contact_number: str
    state: State
    assignee_id: UUID | None
    assignee_name: str
    team_id: UUID | None
    rev: int
    last_seq: int
    inbound_count: int
    preview: Preview
    waiting_since: Instant | None
    opened_at: Instant
    active_at: Instant
    closed_at: Instant | None
    parked_at: Instant | None = None
    transfer: Transfer | None = None
    guests: list[UUID] = []
    wake_at: Instant | None = None
    woken_seq: int = 0
    spam: bool = False
    merged_into: UUID | None = None
    tags: list[UUID] = []

    def served_by(self) -> UUID | None:
        return served_by(self.state, self.assignee_id)


class VisitorHead(Struct, frozen=True, kw_only=True):
    """A conversation without its messages, as its customer sees it. `blocked`: nobody hears what is said in
    it, for she is blocked."""

    id: UUID
    state: State
    agent: Author | None
    opened_at: Instant
    closed_at: Instant | None
    blocked: bool = False


class ListRow(Struct, frozen=True, kw_only=True):
    """A row of a conversation list: unread = head.inbound_count − read_inbound, never below nought."""

    head: Head
    read_inbound: int


class Supervision(Struct, frozen=True, kw_only=True):
    """Who listens in just now; `shown`: whoever begins to is shown to the one who serves."""

    members: list[UUID]
    shown: bool


class Snapshot(Struct, frozen=True, kw_only=True):
    """The last page of a conversation at `rev`; frames with a higher `rev` are applied on top."""

    head: Head
    rev: int
    messages: list[Message]
    marks: list[Mark]
    draft: str = ""
    draft_is_note: bool = False
    draft_version: int = 0

    def served_by(self) -> UUID | None:
        return self.head.served_by()


class DraftIn(Struct, frozen=True, kw_only=True):
    """`version`: the one this goes on from, as far as its writer knows (0: none yet)."""

    body: Text
    note: bool = False
    version: Number | None = None


class DraftView(Struct, frozen=True, kw_only=True):
    """The draft as it stands. `kept` false: not what was handed in: another device has written since."""

    body: str
    note: bool
    version: int
    kept: bool = True


class VisitorSnapshot(Struct, frozen=True, kw_only=True):
    head: VisitorHead
    rev: int
    messages: list[Message]
    marks: list[Mark]


# Frames from a client


class Send(Frame, frozen=True, kw_only=True, tag="send"):
    """Send a message. `client_id` (a UUID made by the client) makes a repeat harmless. A visitor leaves
    `conversation_id` out: the message goes to her open conversation, or opens one. Of a note alone: whom it
    names (`mentions`, `teams`), and whether somebody who listens in whispers it. Of a text alone: what stands
    below it (`card`, `buttons`; a visitor's card has no buttons). Of a visitor alone: the button she presses
    (`tap`), whose text the server knows. Of an agent's text alone: `original`, in her own words, where
    `body` is their translation, and `anyway`, after `screening.warned`: she means it. Of an agent's reply
    alone: `copies`, the addresses that get it too, where the channel sends such."""

    client_id: ClientId
    kind: Literal["text", "image", "file", "note"] = "text"
    body: Text = ""
    file_id: UUID | None = None
    quote_seq: Number | None = None
    conversation_id: UUID | None = None
    mentions: Annotated[list[UUID], Meta(max_length=20)] = msgspec.field(default_factory=list)
    teams: Annotated[list[UUID], Meta(max_length=10)] = msgspec.field(default_factory=list)
    whisper: bool = False
    card: Card | None = None
    buttons: list[CardButton] = msgspec.field(default_factory=list)
    tap: Tap | None = None
    original: Text = ""
    anyway: bool = False
    copies: Copies = msgspec.field(default_factory=list)


class Edit(Frame, frozen=True, kw_only=True, tag="edit"):
    ref: ClientId
    conversation_id: UUID
    seq: Number
    body: Text


class Recall(Frame, frozen=True, kw_only=True, tag="recall"):
    ref: ClientId
    conversation_id: UUID
    seq: Number


class MarkFrame(Frame, frozen=True, kw_only=True, tag="mark"):
    """Everything up to these numbers has been received, or read (which implies received)."""

    conversation_id: UUID
    delivered_seq: Number = 0
    read_seq: Number = 0


class Typing(Frame, frozen=True, kw_only=True, tag="typing"):
    """The party is typing; an empty or missing body says it has stopped. Agents see a visitor's body; a
    `note` in the making is seen by colleagues alone."""

    conversation_id: UUID | None = None
    body: Annotated[str, Meta(max_length=MAX_TYPING)] = ""
    active: bool = True
    note: bool = False


class Watch(Frame, frozen=True, kw_only=True, tag="watch"):
    """Follow a conversation from `rev` on; answered by `changed` or `resync`."""

    conversation_id: UUID
    rev: int = 0


class Unwatch(Frame, frozen=True, kw_only=True, tag="unwatch"):
    conversation_id: UUID


class Lists(Frame, frozen=True, kw_only=True, tag="lists"):
    """Go on with the lists after a break: the `epoch` and `rev` last seen."""

    epoch: str = ""
    rev: int = 0


# Frames to a client


class Ack(Frame, frozen=True, kw_only=True, tag="ack", omit_defaults=True):
    """The message is stored. `repeated`: it was already."""

    client_id: str
    conversation_id: UUID
    seq: int
    rev: int = 0
    at: Instant | None = None
    repeated: bool = False


class Done(Frame, frozen=True, kw_only=True, tag="done"):
    """An edit or recall named `ref` is stored."""

    ref: str


class Changed(Frame, frozen=True, kw_only=True, tag="changed", omit_defaults=True):
    """Everything that changed in a conversation in (from_rev, rev]. Apply where from_rev ≤ your rev;
    a higher from_rev is a gap: send `watch` with your rev."""

    conversation_id: UUID
    from_rev: int
    rev: int
    messages: list[Message] = msgspec.field(default_factory=list)
    marks: list[Mark] = msgspec.field(default_factory=list)
    head: Head | None = None


class VisitorChanged(Frame, frozen=True, kw_only=True, tag="changed", omit_defaults=True):
    conversation_id: UUID
    from_rev: int
    rev: int
    messages: list[Message] = msgspec.field(default_factory=list)
    marks: list[Mark] = msgspec.field(default_factory=list)
    head: VisitorHead | None = None


class Resync(Frame, frozen=True, kw_only=True, tag="resync"):
    """Too much has happened: read the conversation afresh."""

    conversation_id: UUID


class TypingSeen(Frame, frozen=True, kw_only=True, tag="typing", omit_defaults=True):
    conversation_id: UUID
    author: Author
    body: Said = ""
    active: bool = True
    note: bool = False


class Viewers(Frame, frozen=True, kw_only=True, tag="viewers"):
    """The colleagues who have the conversation before them now, the reader among them."""

    conversation_id: UUID
    members: list[UUID]


class MentionsMoved(Frame, frozen=True, kw_only=True, tag="mentions"):
    """A note has just named the reader."""


class PresenceSeen(Frame, frozen=True, kw_only=True, tag="presence"):
    party: Literal["visitor", "agent"]
    id: UUID
    online: bool


class AgentsOnline(Frame, frozen=True, kw_only=True, tag="agents"):
    """To customers: whether anybody is at the desk."""

    online: bool


class ReadElsewhere(Frame, frozen=True, kw_only=True, tag="read"):
    """This agent has read on another device."""

    conversation_id: UUID
    read_inbound: int


class DraftMoved(Frame, frozen=True, kw_only=True, tag="draft"):
    """This agent's draft is another by now; who has not written on it reads it."""

    conversation_id: UUID
    version: int


class ListsReady(Frame, frozen=True, kw_only=True, tag="lists"):
    """The lists go on from here; `resync` asks to read them afresh."""

    epoch: str
    rev: int
    resync: bool


class ListChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change of the lists: the head as it is now, or `gone` where the reader may no longer see it."""

    conversation_id: UUID
    rev: int
    head: Head | None = None
    gone: bool = False


class Listed(Frame, frozen=True, kw_only=True, tag="listed"):
    """Changes of the lists, numbered per agent; a hole in the numbers calls for `lists`."""

    rev: int
    changes: list[ListChange]
