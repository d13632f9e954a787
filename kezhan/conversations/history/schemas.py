"""A customer's history as it crosses the wire."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Struct

from kezhan.conversations.schemas import Message, State
from kezhan.forms.schemas import Field
from kezhan.kit.clock import Instant
from kezhan.kit.masking import SAID


class Said(Struct, frozen=True, kw_only=True):
    """A wrap-up that was filled in: the fields as they were asked, and the answers by their ids."""

    fields: list[Field]
    values: Annotated[dict[str, Any], SAID]


class WrittenDown(Struct, frozen=True, kw_only=True):
    """What was written down at the end of a conversation."""

    conversation_id: UUID
    wrap_up: Said


class WrittenDownList(Struct, frozen=True):
    items: list[WrittenDown]


class Past(Struct, frozen=True, kw_only=True):
    """A conversation among the customer's others. `read_seq`, `delivered_seq`: how far she has come;
    `merged_into`: the one that goes on in its place."""

    id: UUID
    account_id: UUID
    channel: str
    state: State
    opened_at: Instant
    closed_at: Instant | None
    assignee_id: UUID | None
    assignee_name: str
    last_seq: int
    delivered_seq: int
    read_seq: int
    merged_into: UUID | None
    wrap_up: Said | None


class Stretch(Struct, frozen=True, kw_only=True):
    """Messages of one conversation in their order, without a hole. `hidden_before`, `hidden_after`: right
    before it began, or after, there is something of this customer's that the reader may not see."""

    conversation: Past
    messages: list[Message]
    hidden_before: bool = False
    hidden_after: bool = False


class History(Struct, frozen=True, kw_only=True):
    """A page, the oldest first; a conversation may go on in the next page. `more`: in the direction that was
    asked for. `hidden`: there is something, and nothing of it may be seen."""

    items: list[Stretch]
    more: bool
    hidden: bool = False


class FileKind(StrEnum):
    """`media`: pictures and videos; `files`: all else."""

    MEDIA = "media"
    FILES = "files"


class SentFile(Struct, frozen=True, kw_only=True):
    """A message with a file, and where it stands."""

    conversation_id: UUID
    message: Message


class SaidLinks(Struct, frozen=True, kw_only=True):
    """A message in which a web address was said, and where it stands."""

    conversation_id: UUID
    message: Message


class Day(Struct, frozen=True, kw_only=True):
    """A day on which something was said, and the first message of it."""

    day: date
    conversation_id: UUID
    seq: int


class Days(Struct, frozen=True):
    items: list[Day]
