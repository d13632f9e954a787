"""What crosses the wire and the room."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from kezhan.conversations.schemas import Copies, Number, Text
from kezhan.files.schemas import FileOut
from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said
from kezhan.realtime.schemas import Frame

MAX_FILES = 10
MAX_WAITING = 50
"""Of one member in one conversation."""


class ScheduledState(StrEnum):
    """`held`: its time has come and it was not sent; it waits for its writer."""

    WAITING = "waiting"
    SENDING = "sending"
    HELD = "held"
    SENT = "sent"


class ScheduledForm(Struct, frozen=True, kw_only=True):
    """A message to be sent `at`. `hold`: not if the customer has spoken meanwhile. `original`: in the
    writer's own words, where `body` is their translation. `copies`: the addresses that get it too, where the
    channel sends such."""

    at: datetime
    body: Text = ""
    original: Text = ""
    file_ids: Annotated[list[UUID], Meta(max_length=MAX_FILES)] = field(default_factory=list)
    quote_seq: Number | None = None
    copies: Copies = field(default_factory=list)
    hold: bool = True


class ScheduledView(Struct, frozen=True, kw_only=True):
    """`fault`: a word of `scheduled.why.*`, of what is held."""

    id: UUID
    conversation_id: UUID
    member_id: UUID
    member_name: str
    contact_name: Said
    body: Said
    original: Said
    files: list[FileOut]
    quote_seq: int | None
    copies: list[str]
    at: Instant
    hold: bool
    state: ScheduledState
    fault: str


class ScheduledList(Struct, frozen=True):
    items: list[ScheduledView]


class ScheduledMoved(Frame, frozen=True, kw_only=True, tag="scheduled"):
    """What is to be sent later in a conversation has changed; `held`: one of this member's was not sent."""

    conversation_id: UUID
    member_id: UUID
    held: bool
