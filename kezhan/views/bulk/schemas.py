"""What crosses the wire and the room."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.conversations.read import ListName
from kezhan.conversations.schemas import ClientId
from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said

MAX_AT_ONCE = 2000
UNDO_SECONDS = 60


class BulkAct(StrEnum):
    """`read`: the asker has read all of it."""

    ASSIGN = "assign"
    CLOSE = "close"
    PARK = "park"
    WAKE = "wake"
    READ = "read"
    SPAM = "spam"
    UNSPAM = "unspam"
    TAG = "tag"
    UNTAG = "untag"


TAGGING = frozenset({BulkAct.TAG, BulkAct.UNTAG})


class BulkState(StrEnum):
    """`cancelled`: what was not done by then is left; what was can be taken back (`undoing`, `undone`)."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


class BulkForm(Struct, frozen=True, kw_only=True):
    """On these conversations, or on all of a view or a list: one of the three. `client_id` names the request,
    so that a repeat is the same. Assigned to a member, a team, or without either to the asker; parked until a
    moment, or until the customer speaks; `tag_id` goes with `tag` and `untag`."""

    client_id: ClientId
    act: BulkAct
    ids: Annotated[list[UUID], Meta(max_length=MAX_AT_ONCE)] = []
    view_id: UUID | None = None
    list: ListName | None = None
    member_id: UUID | None = None
    team_id: UUID | None = None
    until: datetime | None = None
    tag_id: UUID | None = None


class BulkRefusal(Struct, frozen=True, kw_only=True):
    """Why some were left as they were; `examples`: some of their customers' names."""

    title: str
    count: int
    examples: list[Said]


class BulkView(Struct, frozen=True, kw_only=True):
    """`undo_until` null: it cannot be taken back (any more)."""

    id: UUID
    act: BulkAct
    state: BulkState
    total: int
    done: int
    refused: int
    undone: int
    refusals: list[BulkRefusal]
    undo_until: Instant | None


class Wanted(Struct, frozen=True, kw_only=True):
    """The act as it is kept."""

    v: int = 1
    act: BulkAct
    member_id: UUID | None = None
    team_id: UUID | None = None
    until: datetime | None = None
    tag_id: UUID | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """How a conversation stood."""

    state: str
    assignee_id: UUID | None
    team_id: UUID | None
    parked: bool
    wake_at: str | None
    spam: bool


class Kept(Struct, frozen=True, kw_only=True):
    """How it stood before the act, and after it; `tagged`: what the act has put on (true) or taken off."""

    v: int = 1
    before: Standing
    after: Standing
    tagged: tuple[UUID, bool] | None = None


class Fault(Struct, frozen=True, kw_only=True):
    """A refusal as it is kept: told in the language of whoever reads it."""

    v: int = 1
    code: str
    params: dict[str, str] = {}
