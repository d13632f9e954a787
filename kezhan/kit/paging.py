"""Keyset paging: a cursor is the sort key of the last row, opaque to the client."""

import base64
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from kezhan.kit.errors import Refused

T = TypeVar("T")
MAX_PAGE = 100


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list; `next` goes into the next request's `after`, and is null on the last page."""

    items: list[T]
    next: str | None = None


def encode_cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def decode_cursor(text: str, shape: type[T]) -> T:
    """The sort key inside `text`, checked against `shape` (a tuple type). Raises Refused on anything else."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        key = msgspec.json.decode(raw, type=shape)
        for part in key:  # type: ignore[attr-defined]  # shape is a tuple type
            if isinstance(part, datetime) and not 1 < part.year < 9999:
                raise ValueError("beyond the database's time")
        return key
    except (ValueError, msgspec.MsgspecError, RecursionError) as fault:
        raise Refused("kit.bad_cursor", field="after") from fault


def page_size(asked: int) -> int:
    return max(1, min(asked, MAX_PAGE))
