"""What crosses the wire and the room."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.files.exports.schemas import ExportState
from kezhan.kit.clock import Instant

Note = Annotated[str, Meta(max_length=500)]
Days = Annotated[int, Meta(ge=30, le=3650)]


class RequestKind(StrEnum):
    """What somebody asks: a copy of all that is kept of her; that it is erased, or put right; that what she
    has agreed to counts no more."""

    EXPORT = "export"
    ERASE = "erase"
    CORRECT = "correct"
    WITHDRAW = "withdraw"


class RequestState(StrEnum):
    OPEN = "open"
    WORKING = "working"
    DONE = "done"
    REFUSED = "refused"


OPEN = (RequestState.OPEN, RequestState.WORKING)
BY_US = (RequestKind.EXPORT, RequestKind.ERASE)
"""Carried out by the house; the others by people, who say when it is done."""


class RequestForm(Struct, frozen=True, kw_only=True):
    """`received_at`: when it came, not before a year ago; now where nothing is said. `note`: how it came."""

    kind: RequestKind
    received_at: Annotated[datetime, Meta(tz=True)] | None = None
    note: Note = ""


class CarryOut(Struct, frozen=True, kw_only=True):
    """`number`: that of the customer, typed by whoever has her erased."""

    number: Annotated[str, Meta(max_length=20)] = ""


class Answer(Struct, frozen=True, kw_only=True):
    answer: Annotated[str, Meta(min_length=1, max_length=500)]


class PrivacyRequest(Struct, frozen=True, kw_only=True):
    """`due_at`: by when it is to be answered. Of an erasure `counts` is how many rows (and files) of which
    place have gone; of an export `ready` whether its archive can be fetched."""

    id: UUID
    contact_id: UUID
    number: str
    name: str
    kind: RequestKind
    state: RequestState
    received_at: Instant
    due_at: Instant
    overdue: bool
    note: str
    answer: str
    fault: str | None
    ready: bool
    counts: dict[str, int] | None
    by_name: str
    ended_name: str | None
    ended_at: Instant | None


class HoldForm(Struct, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Hold(Struct, frozen=True, kw_only=True):
    reason: str
    by_name: str
    at: Instant


class ContactPrivacy(Struct, frozen=True, kw_only=True):
    """`hold`: why nothing of her may be erased; `erased_at`: when she was."""

    hold: Hold | None
    erased_at: Instant | None
    requests: list[PrivacyRequest]


class Keeping(Struct, frozen=True, kw_only=True):
    """After how many days something goes, None: never. `conversations`: what was said, since its end;
    `visits`: where somebody came from and what she looked at; `people`: those of whom nothing was heard."""

    conversations: Days | None = None
    visits: Days | None = None
    people: Days | None = None


class PrivacySettings(Struct, frozen=True, kw_only=True):
    """`due_days`: within how many days a request is to be answered; `residency`: where the data lie, in the
    workspace's own words."""

    due_days: Annotated[int, Meta(ge=1, le=90)] = 15
    residency: Annotated[str, Meta(max_length=60)] = ""
    keep: Keeping = Keeping()


class DueNow(Struct, frozen=True, kw_only=True):
    """What would go at once; held ones are not counted."""

    conversations: int
    visits: int
    people: int


class Recipient(Struct, frozen=True, kw_only=True):
    """An outside party that gets something of customers. `kind`: channel, webhook, translation, orders, push
    or links; `name`: what the workspace calls it, with a channel's `adapter`; `host`: where it is, empty
    where that is the platform's own; `gets`: of a webhook the events it listens to."""

    kind: str
    name: str
    host: str
    adapter: str = ""
    gets: list[str] = []


class Recipients(Struct, frozen=True, kw_only=True):
    items: list[Recipient]


class RequestFacts(Struct, frozen=True, kw_only=True):
    """For the log."""

    v: int = 1
    kind: RequestKind
    request_id: UUID


class WipeFacts(Struct, frozen=True, kw_only=True):
    """For the log: how many of each."""

    v: int = 1
    conversations: int = 0
    visits: int = 0
    people: int = 0


class WorkspaceExport(Struct, frozen=True, kw_only=True):
    """`found` rows and files so far; `fault`: a code of words for people."""

    id: UUID
    state: ExportState
    found: int
    cut: bool
    fault: str | None
    created_at: Instant
    expires_at: Instant | None


class WorkspaceExports(Struct, frozen=True, kw_only=True):
    """The caller's own, the newest first."""

    items: list[WorkspaceExport]
