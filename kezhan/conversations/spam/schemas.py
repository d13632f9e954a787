"""Blocks as they cross the wire."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said

MOST_HOURS = 24 * 366


class BlockIn(Struct, frozen=True, kw_only=True):
    """For so many hours, or (null) until it is lifted."""

    hours: Annotated[int, Meta(ge=1, le=MOST_HOURS)] | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""


class BlockView(Struct, frozen=True, kw_only=True):
    """`identity_id`: only this one of her identities, of that `channel`; null: all of them."""

    contact_id: UUID
    contact_name: Said
    contact_number: str
    reason: Said
    since: Instant
    until: Instant | None
    by_name: str
    identity_id: UUID | None = None
    channel: str = ""
