"""What crosses the wire and the room about lists of people brought in."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Address
from kezhan.kit.workbooks import MAX_COLUMNS

MAX_ROWS = 200_000
FIELD, CONSENT = "field:", "consent:"
Target = Annotated[str, Meta(max_length=50)]
"""A Column of this file, `field:<id>` for one of the workspace's own, `consent:<id>` for whether she consents
to a text (yes or no), or empty: left out."""


class Column(StrEnum):
    """What a column of the list can be."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    COMPANY = "company"
    TIER = "tier"
    LANGUAGE = "language"
    NOTE = "note"


class ImportState(StrEnum):
    """`checking` and `checked`: tried without effect."""

    DRAFT = "draft"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"


AT_WORK = frozenset({ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING})


class ImportPlan(Struct, frozen=True, kw_only=True):
    """What each column is, in their order. `overwrite`: what the list says holds also where something else
    stands; else it only fills what is empty."""

    v: int = 1
    targets: Annotated[list[Target], Meta(max_length=MAX_COLUMNS)]
    overwrite: bool = False


class ImportForm(Struct, frozen=True, kw_only=True):
    """A file that has been uploaded, not yet used."""

    file_id: UUID


class ImportColumn(Struct, frozen=True, kw_only=True):
    """As the first row calls it, with what stands in it below."""

    name: str
    samples: list[Address]


class ImportView(Struct, frozen=True, kw_only=True):
    """`read` of `total` rows so far, of which so many `made` somebody, `changed` somebody, said nothing new
    (`same`), were `faulty`. `undone` of what was made and changed is as it was. `fault` is a code."""

    id: UUID
    name: str
    state: ImportState
    total: int
    read: int
    made: int
    changed: int
    same: int
    faulty: int
    undone: int
    fault: str
    plan: ImportPlan
    columns: list[ImportColumn]
    by_name: str
    created_at: Instant


class Imports(Struct, frozen=True):
    """The newest first, at most twenty."""

    items: list[ImportView]


class FaultyRow(Struct, frozen=True, kw_only=True):
    """`no`: as a spreadsheet counts, the heading being the first. `why` in the reader's language."""

    no: int
    cells: list[Address]
    why: str


class FaultyRows(Struct, frozen=True):
    """The first hundred."""

    items: list[FaultyRow]


class Sheet(Struct, frozen=True, kw_only=True):
    """A file to be kept."""

    name: str
    media_type: str
    text: str


class Fault(Struct, frozen=True, kw_only=True):
    """Why a row is left out, in any language."""

    code: str
    params: dict[str, Any] = {}


class Known(Struct, frozen=True, kw_only=True):
    """For the journal: columns as they were and as the list has made them."""

    before: dict[str, Any]
    after: dict[str, Any]


class Listing(Struct, frozen=True, kw_only=True):
    """A list to those who keep what it says of other things: who brings it in or takes it back, its file's
    name."""

    import_id: UUID
    by_id: UUID
    name: str


class ImportDetail(Struct, frozen=True, kw_only=True):
    """For the audit log. `consents`: the texts of which it tells who consents to them."""

    rows: int
    consents: list[UUID] = []
    v: int = 1
