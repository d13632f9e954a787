"""What crosses the wire and the room."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant

MAX_LISTS = 20
MAX_WORDS = 20_000
"""Of a workspace, over all its lists."""
MAX_WORD = 60
MAX_NAME = 40
MAX_TRIED = 5000
HITS_KEPT_DAYS = 180


class Tier(StrEnum):
    """What becomes of a message with a word of the list, from the mildest on. `warn`: an agent is asked
    whether she means it; a customer's message comes with a line that only the staff sees."""

    OFF = "off"
    RECORD = "record"
    WARN = "warn"
    MASK = "mask"
    BLOCK = "block"


class WordListForm(Struct, frozen=True, kw_only=True):
    """`words`: one each; what differs in case, width, script (traditional, simplified) or by what stands
    between the letters is the same word. `customers`, `agents`: what becomes of whose messages."""

    name: Annotated[str, Meta(max_length=200)]
    customers: Tier = Tier.RECORD
    agents: Tier = Tier.WARN
    words: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=MAX_WORDS)]


class WordListEdit(WordListForm, frozen=True, kw_only=True):
    """`version` is the one that was seen."""

    version: int


class WordListView(Struct, frozen=True, kw_only=True):
    """A list without its words. `hits`: messages of the last 30 days that held one."""

    id: UUID
    name: str
    customers: Tier
    agents: Tier
    count: int
    hits: int
    version: int


class WordLists(Struct, frozen=True, kw_only=True):
    """By name."""

    items: list[WordListView]
    limit: int = MAX_LISTS
    words_limit: int = MAX_WORDS


class WordList(Struct, frozen=True, kw_only=True):
    """One list, whole."""

    id: UUID
    name: str
    customers: Tier
    agents: Tier
    words: list[str]
    version: int


Side = Literal["customers", "agents"]


class WordTrial(Struct, frozen=True, kw_only=True):
    """A text to try the lists on, as if one of `side` wrote it."""

    text: Annotated[str, Meta(max_length=MAX_TRIED)]
    side: Side


class WordFound(Struct, frozen=True, kw_only=True):
    word: str
    list_name: str
    tier: Tier


class WordTried(Struct, frozen=True, kw_only=True):
    """`tier`: what would become of it, the sternest of what was found; `text`: as it would be read."""

    tier: Tier
    text: str
    found: list[WordFound]


class WordHit(Struct, frozen=True, kw_only=True):
    """A message that held a word of a list, newest first. `seq` None: it was not sent."""

    id: UUID
    at: Instant
    list_id: UUID
    list_name: str
    word: str
    tier: Tier
    side: Side
    conversation_id: UUID | None
    author_id: UUID
    author_name: str


class Hit(NamedTuple):
    """A message that held a word of a list: once a message and list, however often it is looked at."""

    id: UUID
    list_id: UUID
    word: str
    tier: str
    side: str
    conversation_id: UUID | None
    author_id: UUID
    author_name: str
    client_id: str
