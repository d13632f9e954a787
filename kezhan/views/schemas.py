"""What crosses the wire and the room."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.kit.colours import Colour
from kezhan.segments.filters.schemas import Filter

MAX_VIEWS = 50
"""Of one place."""
MAX_NAME = 40

Icon = Literal[
    "inbox", "star", "clock", "flag", "flame", "crown", "heart", "bell", "tag", "users", "globe", "mail",
    "phone", "package", "credit-card", "shield", "smile", "frown", "moon", "zap",
]  # fmt: skip


class ViewSort(StrEnum):
    """`waiting`: the longest first; `priority`: the highest, in it the longest waiting; `active` and
    `opened`: the newest; `wake`: what comes back soonest."""

    ACTIVE = "active"
    WAITING = "waiting"
    PRIORITY = "priority"
    OPENED = "opened"
    WAKE = "wake"


class ViewScope(StrEnum):
    """Whose a view is: everybody's, one team's, one's own."""

    PUBLIC = "public"
    TEAM = "team"
    PERSONAL = "personal"


class _Words(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(max_length=MAX_NAME)]
    icon: Icon = "inbox"
    colour: Colour = "ink"
    sort: ViewSort = ViewSort.ACTIVE


class ViewForm(_Words, frozen=True, kw_only=True):
    """`team_id` goes with the scope `team` and no other."""

    filter: Filter
    scope: ViewScope = ViewScope.PERSONAL
    team_id: UUID | None = None


class ViewEdit(_Words, frozen=True, kw_only=True):
    """`version` is the one that was seen."""

    filter: Filter
    version: int


class View(_Words, frozen=True, kw_only=True):
    """`filter` null: of a later version, and not read here. `edits`: whether the reader may change it."""

    id: UUID
    scope: ViewScope
    team_id: UUID | None
    filter: Filter | None
    version: int
    edits: bool
    updated_at: Instant


class ViewList(Struct, frozen=True, kw_only=True):
    """In the reader's own order, new ones last. `shares`: whether she may make views for others."""

    items: list[View]
    shares: bool


class ViewOrder(Struct, frozen=True, kw_only=True):
    ids: Annotated[list[UUID], Meta(max_length=500)]


class FilterCount(Struct, frozen=True, kw_only=True):
    count: int


class Counted(Struct, frozen=True, kw_only=True):
    """`count` null: the view is of a later version, and not read here."""

    id: UUID
    count: int | None


class ViewCounts(Struct, frozen=True, kw_only=True):
    """All of one moment."""

    items: list[Counted]
    at: Instant
