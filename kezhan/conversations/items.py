"""What goes into the append lane, and what comes out of it."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import msgspec

from kezhan.conversations.schemas import Payload
from kezhan.kit.clock import Instant


def unheard(item: "Append", appended: "Appended") -> None:
    """For an item whose answer is waited for by `settled`, or not at all."""


class Append(msgspec.Struct, kw_only=True, eq=False, gc=False):
    """A message to append. `workspace_id` and the author come from the authenticated session, never from a
    frame. `done` is called once, after the commit: it must not block or raise."""

    workspace_id: UUID
    conversation_id: UUID
    sender_id: UUID
    client_id: str
    author_kind: str
    author_id: UUID
    kind: str
    body: str
    done: "Callable[[Append, Appended], None]" = unheard
    author_name: str = ""
    elsewhere: bool = False
    """Written elsewhere by one of ours: no member stands behind it, and the name is kept with it."""
    payload: Payload | None = None
    quote_seq: int | None = None
    order: int = 0
    """In which it came through the customers' door."""
    anyway: bool = False
    """Its writer has been asked about its words and means them."""
    handed_over: bool = False
    """A platform has taken it from its writer: it can be refused no more."""


class Appended(msgspec.Struct, frozen=True, gc=False):
    """What became of an item: `new` and `known` (stored before) carry the stored place; `closed` and
    `gone` mean nothing was stored, `refused` that the database would not take it, `full` that the queue
    is (send it again), `barred` that `word` is not allowed, `warned` that its writer is to say whether she
    means it, `flooded` that she is to wait (`wait` seconds) before she begins another conversation."""

    outcome: str
    conversation_id: UUID
    seq: int = 0
    rev: int = 0
    at: Instant | None = None
    word: str = ""
    wait: int = 0


class MarkItem(msgspec.Struct, kw_only=True, eq=False):
    """A party has received and read up to these numbers. No answer: marks are heard of by `changed`."""

    workspace_id: UUID
    conversation_id: UUID
    party_kind: str
    party_id: UUID
    delivered_seq: int
    read_seq: int


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """An appended message as the database numbered it."""

    item: Append
    seq: int
    rev: int


class Said(NamedTuple):
    """What one commit has added to one conversation, in order."""

    workspace_id: UUID
    conversation_id: UUID
    identity_id: UUID
    from_rev: int
    at: Instant
    messages: list[Numbered]


class MovedMark(NamedTuple):
    item: MarkItem
    identity_id: UUID
    from_rev: int
    rev: int
    delivered_seq: int
    read_seq: int
    read_inbound: int


class Found(NamedTuple):
    """A message stored by a commit whose answer was lost on the way: nobody has been told of it yet."""

    workspace_id: UUID
    conversation_id: UUID
    seq: int


class Flushed(NamedTuple):
    """What one commit has made visible, for the live listeners."""

    said: list[Said]
    moved: list[MovedMark]
    found: list[Found]
