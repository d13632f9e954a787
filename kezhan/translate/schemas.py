"""What crosses the wire and the room."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from kezhan.kit.masking import Said

MAX_TEXT = 5_000
"""Characters of one text that is translated."""
MAX_SEQS = 20
DAILY_LIMIT = 200_000
ServiceKind = Literal["openai", "libre"]
Language = Literal[
    "zh-CN", "zh-TW", "en", "ja", "ko", "fr", "de", "es", "pt", "it", "nl", "pl", "ru", "uk", "tr", "ar",
    "he", "hi", "th", "vi", "id", "ms",
]  # fmt: skip
Seq = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class TranslationForm(Struct, frozen=True, kw_only=True):
    """`key` null: the one there is, as long as the address stays; empty: none. `daily_limit`: characters."""

    enabled: bool
    kind: ServiceKind = "openai"
    address: Annotated[str, Meta(max_length=2000)]
    model: Annotated[str, Meta(max_length=100)] = ""
    key: Annotated[str, Meta(max_length=1000)] | None = None
    daily_limit: Annotated[int, Meta(ge=1000, le=100_000_000)] = DAILY_LIMIT


class TranslationSettings(Struct, frozen=True, kw_only=True):
    """`configured` false: no service has been named yet. `used`: characters of this day, UTC."""

    configured: bool
    enabled: bool = False
    kind: ServiceKind = "openai"
    address: str = ""
    model: str = ""
    has_key: bool = False
    daily_limit: int = DAILY_LIMIT
    used: int = 0


class TranslationTried(Struct, frozen=True):
    """What the service made of our sentence, and in how many milliseconds."""

    asked: str
    text: str
    milliseconds: int


class TranslationChoice(Struct, frozen=True, kw_only=True):
    """Into what the reader wants the customer's words, and into what her replies are to be."""

    language: Language
    customer_language: Language


class TranslationStanding(Struct, frozen=True, kw_only=True):
    """`available`: the workspace has a service and has switched it on. `on`: this reader uses it."""

    available: bool
    on: bool
    language: Language
    customer_language: Language


class TranslationAsk(Struct, frozen=True):
    seqs: Annotated[list[Seq], Meta(min_length=1, max_length=MAX_SEQS)]


class TranslatedMessage(Struct, frozen=True, kw_only=True):
    """`text` empty without a `fault`: the words are in the reader's language already. `fault`: a code."""

    seq: int
    text: Said = ""
    fault: str = ""


class TranslatedMessages(Struct, frozen=True):
    items: list[TranslatedMessage] = field(default_factory=list)


class DraftAsk(Struct, frozen=True):
    text: Annotated[str, Meta(max_length=MAX_TEXT)]


class DraftTranslated(Struct, frozen=True, kw_only=True):
    """`text` is what the customer would get."""

    text: str
    language: Language
