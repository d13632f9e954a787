"""What crosses the wire."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from kezhan.kit.sensitive import Sort

Sorts = Annotated[list[Sort], Meta(max_length=len(Sort))]
Reason = Annotated[str, Meta(min_length=2, max_length=200, pattern=r"\S\s*\S")]


class Revealed(Struct, frozen=True, kw_only=True):
    """One value as it is, for this answer alone."""

    value: Any


class RevealDetail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: which value was asked for, and why."""

    what: str
    reason: str


class Masking(Struct, frozen=True, kw_only=True):
    """`masked`: the sorts of values that are told in part to whoever may not read them plain, wherever they
    stand. `plain_when_serving`: whoever serves a conversation reads it plain for as long as she does."""

    masked: Sorts
    plain_when_serving: bool
