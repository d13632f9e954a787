"""Time: UTC inside, RFC 3339 with milliseconds and Z on the wire."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta
from msgspec.json import Encoder

_encode = Encoder().encode
Instant = Annotated[
    str, Meta(extra_json_schema={"format": "date-time"}, examples=["2026-11-22T08:30:00.125Z"])
]


def now() -> datetime:
    """The time in UTC, cut to milliseconds so that what is stored equals what was sent."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def wire(at: datetime) -> Instant:
    """`at` (aware, UTC) as it travels."""
    # msgspec writes a moment in a tenth of isoformat's time: "2026-11-22T08:30:00.125000Z", quoted, without a
    # fraction where there is none.
    text = _encode(at).decode()
    return f"{text[1:24]}Z" if len(text) == 29 else f"{text[1:20]}.000Z"


def wire_or_none(at: datetime | None) -> Instant | None:
    return None if at is None else wire(at)
