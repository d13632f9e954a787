"""Reading bodies whose fields come and go: whatever is not there, or is something else, is empty."""

from datetime import UTC, datetime
from typing import Any

import msgspec


def reach(value: object, *path: str) -> object:
    """What lies under `path`; None where the way ends before."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def word(value: object, *path: str) -> str:
    """The text or whole number under `path`."""
    found = reach(value, *path)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def rows(value: object, *path: str) -> list[Any]:
    """The list under `path`."""
    found = reach(value, *path)
    return found if isinstance(found, list) else []


def read(raw: bytes | str) -> dict[str, Any]:
    """A JSON object. Raises ValueError where it is none."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise ValueError(str(fault)[:300]) from fault
    if not isinstance(found, dict):
        raise ValueError("Expected an object")
    return found


def moment(milliseconds: str) -> datetime | None:
    """Milliseconds since 1970 as a time; None where they are none."""
    if not milliseconds.isdecimal() or not milliseconds.isascii() or len(milliseconds) > 14:
        return None
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
