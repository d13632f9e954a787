"""What crosses the wire."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.contacts.schemas import ContactOut
from kezhan.kit.clock import Instant
from kezhan.segments.filters.schemas import Filter

MAX_SEGMENTS = 100
"""Of a workspace, those in use."""
MAX_NAME = 40
MAX_NOTE = 200
MAX_COUNTED = 20


class SegmentForm(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(max_length=MAX_NAME)]
    description: Annotated[str, Meta(max_length=MAX_NOTE)] = ""
    filter: Filter


class SegmentEdit(SegmentForm, frozen=True, kw_only=True):
    """`version` is the one that was seen."""

    version: int


class Segment(Struct, frozen=True, kw_only=True):
    """`filter` null: of a later version, or (`hidden`) it tests what is masked from the reader, for whom such
    a condition holds for nobody. Archived, it stays where it is named and is offered no more."""

    id: UUID
    name: str
    description: str
    filter: Filter | None
    hidden: bool
    version: int
    archived: bool
    updated_at: Instant


class SegmentList(Struct, frozen=True, kw_only=True):
    """By name. `manages`: whether the reader may change them."""

    items: list[Segment]
    manages: bool
    limit: int = MAX_SEGMENTS


class SegmentCount(Struct, frozen=True, kw_only=True):
    id: UUID
    count: int


class SegmentCounts(Struct, frozen=True, kw_only=True):
    """Each of its moment up to `at`, for the eyes of the reader."""

    items: list[SegmentCount]
    at: Instant


class SegmentPreview(Struct, frozen=True, kw_only=True):
    """`count`: exactly how many there are; null on further pages."""

    count: int | None
    items: list[ContactOut]
    next: str | None
