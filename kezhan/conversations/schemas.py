"""What crosses the wire of a conversation, the same for routes, sockets and the client packages."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.realtime.schemas import Frame

MAX_TEXT = 10_000
MAX_TYPING = 500
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Number = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""A seq or rev that a client names, as far as the columns go."""
ClientId = Annotated[str, Meta(min_length=1, max_length=100)]


class State(StrEnum):
    QUEUED = "queued"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    UNKNOWN = "unknown"


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


class EventPayload(Struct, frozen=True, kw_only=True, tag="event", tag_field="is", omit_defaults=True):
    """A system event: `event` is a word of `conversations.event.*`, names are as they were then."""

    v: int = 1
    event: str
    actor: str = ""
    target: str = ""


class UnsupportedPayload(
    Struct, frozen=True, kw_only=True, tag="unsupported", tag_field="is", omit_defaults=True
):
    v: int = 1
    original_kind: str
    summary: str = ""


Payload = FilePayload | EventPayload | UnsupportedPayload


class Author(Struct, frozen=True, kw_only=True, omit_defaults=True):
    kind: Literal["visitor", "agent", "system"]
    id: UUID | None = None
    name: str = ""


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message. `rev` is the conversation's number at its last change; a recalled one keeps its
    `seq` and nothing else."""

    seq: int
    rev: int
    kind: Kind
    author: Author
    at: Instant
    body: str = ""
    payload: Payload | None = None
    quote_seq: int | None = None
    client_id: str | None = None
    edited_at: Instant | None = None
    recalled_at: Instant | None = None


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
    author: str
    text: str


class Head(Struct, frozen=True, kw_only=True):
    """A conversation without its messages, as the workbench sees it."""

    id: UUID
    account_id: UUID
    channel: str
    identity_id: UUID
    contact_id: UUID
    contact_name: str
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


class VisitorHead(Struct, frozen=True, kw_only=True):
    """A conversation without its messages, as its customer sees it."""

    id: UUID
    state: State
    agent: Author | None
    opened_at: Instant
    closed_at: Instant | None


class ListRow(Struct, frozen=True, kw_only=True):
    """A row of a conversation list: unread = head.inbound_count − read_inbound, never below nought."""

    head: Head
    read_inbound: int


class Snapshot(Struct, frozen=True, kw_only=True):
    """The last page of a conversation at `rev`; frames with a higher `rev` are applied on top."""

    head: Head
    rev: int
    messages: list[Message]
    marks: list[Mark]
    draft: str = ""
    draft_is_note: bool = False


class VisitorSnapshot(Struct, frozen=True, kw_only=True):
    head: VisitorHead
    rev: int
    messages: list[Message]
    marks: list[Mark]


# Frames from a client


class Send(Frame, frozen=True, kw_only=True, tag="send"):
    """Send a message. `client_id` (a UUID made by the client) makes a repeat harmless. A visitor leaves
    `conversation_id` out: the message goes to her open conversation, or opens one."""

    client_id: ClientId
    kind: Literal["text", "image", "file", "note"] = "text"
    body: Text = ""
    file_id: UUID | None = None
    quote_seq: Number | None = None
    conversation_id: UUID | None = None


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
    """The party is typing; an empty or missing body says it has stopped. Agents see a visitor's body."""

    conversation_id: UUID | None = None
    body: Annotated[str, Meta(max_length=MAX_TYPING)] = ""
    active: bool = True


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
    body: str = ""
    active: bool = True


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
