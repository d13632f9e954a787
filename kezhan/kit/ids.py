"""Ids are UUIDv7, made here, text on the wire."""

import os
import time
from uuid import UUID

_MASK_74 = (1 << 74) - 1
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_LOW_62 = (1 << 62) - 1


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, 74 random ones. No order across processes."""
    random = int.from_bytes(os.urandom(10), "big") & _MASK_74
    high = (time.time_ns() // 1_000_000) << 80 | _VERSION_7 | (random >> 62) << 64
    return UUID(int=high | _VARIANT | random & _LOW_62)


def parse_id(text: str) -> UUID | None:
    """The id a client sent, or None where the text is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
