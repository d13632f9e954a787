"""What a search asks for and answers."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.contacts.schemas import ContactOut
from kezhan.conversations.schemas import Author, FilePayload, Head
from kezhan.conversations.search.schemas import Filters, Hit
from kezhan.files.exports.schemas import ExportState
from kezhan.kit.clock import Instant
from kezhan.kit.masking import SAID, Said

MAX_EXPORTED = 100_000

Words = Annotated[str, Meta(min_length=1, max_length=100)]
Spans = list[tuple[int, int]]


class Media(StrEnum):
    """What a file is, as its type says."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    OTHER = "other"


class Question(Struct, frozen=True, kw_only=True):
    """`q`: words that a thing must contain, parted by spaces. `media`: files of that sort alone."""

    q: Words
    filters: Filters = Filters()
    media: Media | None = None
    v: int = 1


class PersonHit(Struct, frozen=True, kw_only=True, tag="person", tag_field="is"):
    """A customer. `name_matches` are the matches in her name; `snippet` is what else of her contains the
    words, empty where it is her name (or its pinyin) alone. Spans are [start, end) in UTF-16 units."""

    contact: ContactOut
    name_matches: Spans
    snippet: Said
    matches: Spans


class ConversationHit(Struct, frozen=True, kw_only=True, tag="conversation", tag_field="is"):
    """A conversation by how it began, or by its number; `snippet` is what its customer said first."""

    head: Head
    at: Instant
    snippet: Said
    matches: Spans


class FileHit(Struct, frozen=True, kw_only=True, tag="file", tag_field="is"):
    """A file in a message; `matches` are those in its name."""

    head: Head
    seq: int
    author: Author
    at: Instant
    file: Annotated[FilePayload, SAID]
    matches: Spans


Found = Hit | PersonHit | ConversationHit | FileHit


class Group(Struct, frozen=True, kw_only=True):
    """The first hits of a kind; `next` as of a page."""

    kind: str
    items: list[Found]
    next: str | None


class Groups(Struct, frozen=True, kw_only=True):
    """Of each kind that the caller may look for and the filters speak of, in the order of the screen."""

    groups: list[Group]


class ExportForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take out what this question finds of one kind."""

    kind: Annotated[str, Meta(max_length=20)]
    question: Question


class ExportView(Struct, frozen=True, kw_only=True):
    """`found` rows so far; `cut`: there were more than may be taken out; `fault`: a code of words for
    people."""

    id: UUID
    kind: str
    question: Annotated[Question, SAID]
    state: ExportState
    found: int
    cut: bool
    fault: str | None
    created_at: Instant
    expires_at: Instant | None


class Exports(Struct, frozen=True, kw_only=True):
    """The caller's own, the newest first; `most` rows go into one."""

    items: list[ExportView]
    most: int = MAX_EXPORTED


class ExportDetail(Struct, frozen=True, kw_only=True):
    """For the audit log: which kind, never the words."""

    kind: str
    v: int = 1
