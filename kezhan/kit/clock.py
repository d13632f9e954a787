"""Time: UTC inside, RFC 3339 with milliseconds and Z on the wire."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

Instant = Annotated[
    str, Meta(extra_json_schema={"format": "date-time"}, examples=["2026-11-22T08:30:00.125Z"])
]


def now() -> datetime:
    """The time in UTC, cut to milliseconds so that what is stored equals what was sent."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class _Last:
    """All messages of a flush have one time, which is told several times a message."""

    at: datetime | None = None
    told = ""


def wire(at: datetime) -> Instant:
    """`at` (aware, UTC) as it travels."""
    if at is not _Last.at:
        _Last.told = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        _Last.at = at
    return _Last.told


def wire_or_none(at: datetime | None) -> Instant | None:
    return None if at is None else wire(at)
