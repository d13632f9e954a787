"""What crosses the wire and the room."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said

MAX_TEXTS = 20
"""In use at a time."""
Language = Literal["zh-CN", "en"]
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
MAX_HOW = 200
How = Annotated[str, Meta(min_length=2, max_length=MAX_HOW, pattern=r"\S\s*\S")]


class Way(StrEnum):
    """How somebody has consented, or withdrawn it: herself in the widget, told to an agent who has written it
    down, or brought along from elsewhere."""

    WIDGET = "widget"
    AGENT = "agent"
    IMPORT = "import"


class Words(Struct, frozen=True, kw_only=True):
    """Read in one language: what she is asked, and in full what that means."""

    title: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
    body: Annotated[str, Meta(min_length=1, max_length=8000, pattern=r"\S")]


class Wording(Struct, frozen=True):
    """A version as it is stored."""

    v: int = 1
    words: dict[str, Words] = {}


Worded = Annotated[dict[Language, Words], Meta(min_length=1, max_length=2)]


class ConsentText(Struct, frozen=True, kw_only=True):
    """`name`: what the workspace calls it. `required`: without it a visitor's messages are refused.
    `version`, `words`: the one that is asked now. Archived, it is asked no more; what was given stays
    known."""

    id: UUID
    name: str
    required: bool
    archived: bool
    version: int
    words: dict[str, Words]
    published_at: Instant


class ConsentTexts(Struct, frozen=True, kw_only=True):
    """In the order they were made, the archived ones last."""

    items: list[ConsentText]
    limit: int = MAX_TEXTS


class ConsentVersion(Struct, frozen=True, kw_only=True):
    version: int
    words: dict[str, Words]
    published_at: Instant
    by_name: str


class ConsentVersions(Struct, frozen=True, kw_only=True):
    """The newest first."""

    items: list[ConsentVersion]


class TextIn(Struct, frozen=True, kw_only=True):
    name: Name
    required: bool
    words: Worded


class TextEdit(Struct, frozen=True, kw_only=True):
    """Left-out fields stay."""

    name: Name | UnsetType = UNSET
    required: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class VersionIn(Struct, frozen=True, kw_only=True):
    """`version`: the one that was read before it was worded anew."""

    version: int
    words: Worded


class Given(Struct, frozen=True, kw_only=True):
    """One consent of hers. `language`: the one she read it in, empty where nobody knows. `how`: in the words
    of whoever has written it down."""

    version: int
    language: str
    way: Way
    how: Said
    by_name: str
    at: Instant
    withdrawn_way: Way | None
    withdrawn_how: Said
    withdrawn_by_name: str
    withdrawn_at: Instant | None


Standing = Literal["given", "outdated", "withdrawn", "none"]


class PersonConsent(Struct, frozen=True, kw_only=True):
    """A text, and how somebody stands to it. `outdated`: she has consented to an earlier version."""

    text_id: UUID
    name: str
    required: bool
    archived: bool
    version: int
    state: Standing
    history: list[Given]


class PersonConsents(Struct, frozen=True, kw_only=True):
    """Those in use, and those she has ever consented to."""

    items: list[PersonConsent]


class GiveIn(Struct, frozen=True, kw_only=True):
    """On her behalf. `version`: the one she was told, left out: the one asked now. `at`: when she consented,
    left out: now."""

    text_id: UUID
    how: How
    way: Literal["agent", "import"] = "agent"
    version: int | None = None
    language: Language | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None


class WithdrawIn(Struct, frozen=True, kw_only=True):
    how: How


class AskedConsent(Struct, frozen=True, kw_only=True):
    """As a visitor is asked, in her language. `given_at`: when she has consented to this version."""

    text_id: UUID
    version: int
    required: bool
    title: str
    body: str
    language: str
    given_at: Instant | None


class AskedConsents(Struct, frozen=True, kw_only=True):
    """`due`: something required is missing, and her messages are refused until it is there."""

    items: list[AskedConsent]
    due: bool


class ChosenVersion(Struct, frozen=True, kw_only=True):
    """What she has read."""

    text_id: UUID
    version: int
    language: Language


class Chosen(Struct, frozen=True, kw_only=True):
    """What she consents to; what she has consented to before stays."""

    items: Annotated[list[ChosenVersion], Meta(min_length=1, max_length=MAX_TEXTS)]


ConsentState = Literal["none", "open", "due"]
"""What a site's visitor is to be asked: nothing at all, nothing at once, something before she writes."""
