"""What crosses the wire and the room."""

from collections.abc import AsyncIterator
from typing import Literal
from uuid import UUID

from msgspec import Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said

OwnerKind = Literal["member", "visitor", "system"]
HolderKind = Literal["session", "token", "visitor"]


class Limits(Struct, frozen=True, kw_only=True):
    """What one file may be. Bytes, decoded pixels, characters, seconds."""

    image_bytes: int = 10 * 1024 * 1024
    file_bytes: int = 20 * 1024 * 1024
    logo_bytes: int = 1024 * 1024
    pixels: int = 40_000_000
    name: int = 255
    thumbnail: int = 480
    """Longest side of a thumbnail in pixels."""
    unattached_s: int = 24 * 3600
    address_s: int = 600


LIMITS = Limits()
EXPORTED = Limits(file_bytes=512 * 1024 * 1024)
"""What the house itself makes, to be taken out."""
WHOLE = Limits(file_bytes=48 * 1024**3)
"""A whole workspace: as much as object stores take in parts of ours."""


class Owner(Struct, frozen=True):
    """Who brought a file: a membership's id, a visitor's identity id, a channel account's id."""

    kind: OwnerKind
    id: UUID


class Holder(Struct, frozen=True):
    """Whom an address is made for: an agent's session, an API token, a visitor's session."""

    kind: HolderKind
    id: UUID


class Incoming(Struct, frozen=True):
    """A file on its way in. `declared_type` is what the sender says; it only chooses between sound and
    picture where a container may hold either."""

    name: str
    declared_type: str
    chunks: AsyncIterator[bytes]


class FileOut(Struct, frozen=True, kw_only=True):
    """A stored file. `size` bytes; `width`, `height` pixels as seen upright, images only. `unchecked`: it
    should have been looked at for viruses, and could not be."""

    id: UUID
    name: Said
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    thumbnail: bool = False
    unchecked: bool = False


class FileLinked(FileOut, frozen=True, kw_only=True):
    """A file with addresses that work until `expires_at`, for the one they were made for."""

    url: str
    thumbnail_url: str | None
    expires_at: Instant
