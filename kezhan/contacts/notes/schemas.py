"""Notes as they cross the wire."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said

MAX_BODY = 4000
Body = Annotated[str, Meta(min_length=1, max_length=MAX_BODY, pattern=r"\S")]


class NoteIn(Struct, frozen=True, kw_only=True):
    body: Body


class NoteEdit(Struct, frozen=True, kw_only=True):
    """`version`: which one was read before it was changed."""

    body: Body
    version: int


class NoteView(Struct, frozen=True, kw_only=True):
    """`changed_at` null: as it was written first."""

    id: UUID
    author_id: UUID
    author_name: str
    body: Said
    version: int
    created_at: Instant
    changed_at: Instant | None


class NoteVersion(Struct, frozen=True, kw_only=True):
    version: int
    body: Said
    at: Instant


class NoteVersions(Struct, frozen=True):
    """The newest first; the one that stands is the first."""

    items: list[NoteVersion]


class NoteChange(Struct, frozen=True, kw_only=True):
    """For the audit log: of whom, and which version; what it says stands in the version itself."""

    contact_id: UUID
    version: int
    v: int = 1
