"""What crosses the wire and the room."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.cards.schemas import CardContent
from kezhan.files.schemas import FileLinked, FileOut
from kezhan.kit.clock import Instant

MAX_TITLE = 60
MAX_CODE = 32
MAX_BODY = 4000
MAX_LEVELS = 4
MAX_LEVEL = 30
MAX_CATEGORY = MAX_LEVELS * MAX_LEVEL + MAX_LEVELS - 1
MAX_FILES = 5
MAX_REPLIES = 1000
"""Of one place."""
MAX_IMPORT = 1_000_000
"""Characters of a list that is read."""
MAX_QUERY = 100

Title = Annotated[str, Meta(max_length=MAX_TITLE)]
Code = Annotated[str, Meta(max_length=MAX_CODE)]
Body = Annotated[str, Meta(max_length=MAX_BODY)]
Category = Annotated[str, Meta(max_length=MAX_CATEGORY)]
Format = Literal["csv", "json"]


class Scope(StrEnum):
    """Whose a quick reply is: everybody's, one team's, one's own."""

    PUBLIC = "public"
    TEAM = "team"
    PERSONAL = "personal"


class Words(Struct, frozen=True, kw_only=True):
    """What is said. `category`: names from the outermost on, parted by slashes, empty for none; `code`: the
    short code, empty for none; `body` may have variables in it."""

    category: Category = ""
    title: Title
    code: Code = ""
    body: Body = ""


class QuickReplyForm(Words, frozen=True, kw_only=True):
    """`team_id` goes with the scope `team` and no other. `card`: what stands below the text, or alone."""

    scope: Scope
    team_id: UUID | None = None
    file_ids: Annotated[list[UUID], Meta(max_length=MAX_FILES)] = []
    card: CardContent | None = None


class QuickReplyEdit(Words, frozen=True, kw_only=True):
    """`version` is the one that was seen."""

    version: int
    file_ids: Annotated[list[UUID], Meta(max_length=MAX_FILES)] = []
    card: CardContent | None = None


class QuickReplyView(Words, frozen=True, kw_only=True):
    """`used` and `last_used_at`: by all who see it."""

    id: UUID
    scope: Scope
    team_id: UUID | None
    files: list[FileOut]
    version: int
    used: int
    last_used_at: Instant | None
    updated_at: Instant
    card: CardContent | None = None


class QuickReplyList(Struct, frozen=True, kw_only=True):
    """All of one place, by category and title. `edits`: whether the reader may change them; `limit`: how many
    there may be."""

    items: list[QuickReplyView]
    edits: bool
    limit: int = MAX_REPLIES


class QuickUse(Struct, frozen=True, kw_only=True):
    name: str
    used: int
    last_used_at: Instant


class QuickUses(Struct, frozen=True):
    """Who has used it, the most often first."""

    items: list[QuickUse]


class QuickCategoryMove(Struct, frozen=True, kw_only=True):
    """What is in `category` and below goes to `target`."""

    scope: Scope
    team_id: UUID | None = None
    category: Category
    target: Category


class QuickMoved(Struct, frozen=True):
    moved: int


class QuickVariable(Struct, frozen=True, kw_only=True):
    """`name` as it is written between the braces."""

    name: str
    label: str
    example: str


class QuickVariables(Struct, frozen=True):
    items: list[QuickVariable]


class QuickDraft(Struct, frozen=True, kw_only=True):
    body: Body


class QuickPreview(Struct, frozen=True, kw_only=True):
    """The text with examples for what only a conversation knows."""

    text: str


class QuickSettings(Struct, frozen=True, kw_only=True):
    """Of the reader: whether fitting ones are offered above the composer."""

    suggest: bool = True


class QuickFile(Struct, frozen=True, kw_only=True):
    """A list for keeping: what to call it, what it is, what is in it."""

    name: str
    media_type: str
    text: str


class QuickImport(Struct, frozen=True, kw_only=True):
    """`dry_run`: nothing is stored, the answer is the same."""

    scope: Scope
    team_id: UUID | None = None
    format: Format
    text: Annotated[str, Meta(max_length=MAX_IMPORT)]
    dry_run: bool = True


class QuickImportRow(Struct, frozen=True, kw_only=True):
    """`line` counts from 1: of the text for CSV (heading included), of the list for JSON. `why` is fit for
    the reader and empty unless refused."""

    line: int
    title: str
    outcome: Literal["new", "changed", "same", "refused"]
    why: str = ""


class QuickImported(Struct, frozen=True):
    rows: list[QuickImportRow]


class QuickOffer(Struct, frozen=True, kw_only=True):
    """One filled for a conversation. `missing`: variables without a value or words of their own instead."""

    id: UUID
    scope: Scope
    category: str
    title: str
    code: str
    text: str
    missing: list[str]
    files: list[FileOut]
    card: CardContent | None = None


class QuickOffers(Struct, frozen=True):
    items: list[QuickOffer]


class QuickTake(Struct, frozen=True, kw_only=True):
    """A repeat with the same `client_id` is counted once."""

    client_id: Annotated[str, Meta(min_length=1, max_length=100)]


class QuickTaken(Struct, frozen=True, kw_only=True):
    """What goes into the composer; the files, and the card's picture, with addresses to fetch them from."""

    text: str
    missing: list[str]
    files: list[FileLinked]
    card: CardContent | None = None
    image: FileLinked | None = None
