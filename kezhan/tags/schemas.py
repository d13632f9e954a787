"""What crosses the wire and the room."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.colours import Colour

MAX_NAME = 40
MAX_GROUP = 40
MAX_TAGS = 1000
"""Of a workspace, the archived ones among them."""
MAX_ON = 50
"""On one contact or conversation."""


class Thing(StrEnum):
    """What a tag is put on."""

    CONTACT = "contact"
    CONVERSATION = "conversation"


class TagForm(Struct, frozen=True, kw_only=True):
    """`group`: under which heading it stands, empty for none. It is for one of the two, or for both."""

    name: Annotated[str, Meta(max_length=200)]
    colour: Colour = "ink"
    group: Annotated[str, Meta(max_length=200)] = ""
    for_contacts: bool = True
    for_conversations: bool = True


class TagEdit(TagForm, frozen=True, kw_only=True):
    """`version` is the one that was seen."""

    version: int


class Tag(Struct, frozen=True, kw_only=True):
    """`pinyin` and `initials` are what it is also found by. Archived, it stays where it is and is put on
    nothing more; `merged_into`: the tag that stands in its place everywhere."""

    id: UUID
    name: str
    colour: Colour
    group: str
    for_contacts: bool
    for_conversations: bool
    pinyin: str
    initials: str
    version: int
    archived: bool
    merged_into: UUID | None


class TagList(Struct, frozen=True, kw_only=True):
    """All of the workspace, by group and name. `manages`: whether the reader may change them; `limit`: how
    many there may be."""

    items: list[Tag]
    manages: bool
    limit: int = MAX_TAGS


class TagUse(Struct, frozen=True, kw_only=True):
    """On how many contacts and conversations a tag is."""

    id: UUID
    contacts: int
    conversations: int


class TagUses(Struct, frozen=True):
    """Of those in use."""

    items: list[TagUse]


class TagMerger(Struct, frozen=True, kw_only=True):
    """The tag that remains."""

    into: UUID


class TagsOn(Struct, frozen=True):
    """Tags of one thing, in the order in which they were put on."""

    ids: list[UUID]
