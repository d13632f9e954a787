"""What the log shows, and what is asked of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.files.exports.schemas import ExportState
from kezhan.kit.changes import Change
from kezhan.kit.clock import Instant
from kezhan.kit.masking import ADDRESS, SAID, Said

MAX_EXPORTED = 200_000
LEAST_DAYS = 180

PersonKind = Literal["member", "contact"]


class AuditGroup(StrEnum):
    """What an action is about, for those who look for something."""

    SIGN_IN = "sign_in"
    ACCESS = "access"
    LOOKUP = "lookup"
    EXPORT = "export"
    REMOVAL = "removal"
    CUSTOMER = "customer"
    CONVERSATION = "conversation"
    SETTINGS = "settings"


class AuditFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`q` stands in the words for the action, the name of who acted, an address or a changed value that is
    nobody's. Between two moments: from `since` on, before `until`."""

    actor_id: UUID | None = None
    group: AuditGroup | None = None
    subject_kind: Annotated[str, Meta(max_length=40)] | None = None
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: Annotated[str, Meta(max_length=100)] = ""
    v: int = 1


class EntryView(Struct, frozen=True, kw_only=True):
    """One line of the log. `actor_kind`: member, token, rule, system or anonymous; names as they are today.

    `number` is its place in the chain, null until it is sealed a moment after it was written. `changes` are
    what was changed, from what to what; `forgotten`: there were values of a person who has been erased.
    """

    id: UUID
    number: int | None
    at: Instant
    actor_kind: str
    actor_id: UUID | None
    actor_name: str | None
    group: AuditGroup
    action: str
    subject_kind: str
    subject_id: UUID | None
    subject_name: Said | None
    detail: Annotated[dict[str, Any] | None, SAID]
    changes: Annotated[list[Change], ADDRESS]
    forgotten: bool
    peer: str | None


class AuditKeeping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many days lines are kept at least; null: for ever."""

    keep_days: Annotated[int, Meta(ge=LEAST_DAYS, le=36500)] | None


class ChainHead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of the chain at a moment, signed with the installation's key. Kept elsewhere it shows later
    whether rows have been cut off behind it. `hash` in hex."""

    workspace_id: UUID
    number: Annotated[int, Meta(ge=0, le=2**62)]
    hash: Annotated[str, Meta(max_length=64)]
    signature: Annotated[str, Meta(max_length=64)]
    v: int = 1


class FaultKind(StrEnum):
    """CHANGED: a row is not what was sealed. MISSING: rows that were sealed are not there. INSERTED: a row
    that nobody has sealed. RELINKED: a seal does not follow on the one before. FORGED: a signature is not
    this installation's. CUT: the chain ends before the head that was shown, or in the middle of a piece."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    RELINKED = "relinked"
    FORGED = "forged"
    CUT = "cut"


class ChainFault(Struct, frozen=True, kw_only=True):
    """Where the chain does not hold: the place in it, `number` to `last`, and the row if there is one."""

    kind: FaultKind
    number: int | None = None
    last: int | None = None
    entry_id: UUID | None = None
    at: Instant | None = None
    action: str | None = None


class ChainCheckForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of a check: from the beginning, or from the `next` of the step before; `head` is one that was
    kept."""

    after: Annotated[str, Meta(max_length=400)] | None = None
    head: ChainHead | None = None


class ChainCheck(Struct, frozen=True, kw_only=True):
    """What a step has found. `checked` rows so far of about `total`; over where `next` is null."""

    checked: int
    total: int
    faults: list[ChainFault]
    next: str | None


class AuditExportForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    question: AuditFilters
    form: Literal["csv", "xlsx"] = "csv"


class AuditExport(Struct, frozen=True, kw_only=True):
    """`found` lines so far; `cut`: there were more than may be taken out; `fault`: a code of words for
    people."""

    id: UUID
    question: AuditFilters
    form: str
    state: ExportState
    found: int
    cut: bool
    fault: str | None
    created_at: Instant
    expires_at: Instant | None


class AuditExports(Struct, frozen=True, kw_only=True):
    """The caller's own, the newest first; `most` lines go into one."""

    items: list[AuditExport]
    most: int = MAX_EXPORTED


class ExportFacts(Struct, frozen=True, kw_only=True):
    """For the log itself."""

    form: str
    v: int = 1


class CutFacts(Struct, frozen=True, kw_only=True):
    """For the log itself: how many lines have gone, up to which number."""

    rows: int
    upto: int
    v: int = 1
