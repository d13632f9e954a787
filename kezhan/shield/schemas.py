"""Abuse as it crosses the wire and the room."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant

MAX_SOURCES = 2_000
MOST_HOURS = 24 * 366
COUNTS_KEPT_DAYS = 30
PUZZLE_SECONDS = 300
_MOST = 1_000_000

Number = Annotated[int, Meta(ge=0, le=_MOST)]


class Counted(StrEnum):
    """What is counted, each over a window of its own."""

    MESSAGES = "messages"
    FILES = "files"
    CONVERSATIONS = "conversations"
    SESSIONS = "sessions"


SECONDS = {Counted.MESSAGES: 60, Counted.FILES: 3600, Counted.CONVERSATIONS: 24 * 3600, Counted.SESSIONS: 600}

Scope = Literal["visitor", "address", "workspace"]
Level = Literal["", "soft", "hard"]


class Bound(Struct, frozen=True):
    """0: none. From `soft` on it is noted, from `hard` on refused; what platforms bring is only noted."""

    soft: Number = 0
    hard: Number = 0

    @property
    def given(self) -> bool:
        return self.soft > 0 or self.hard > 0


class Bounds(Struct, frozen=True, kw_only=True):
    """Of one rule."""

    visitor: Bound = Bound()
    address: Bound = Bound()
    workspace: Bound = Bound()


class ShieldSettings(Struct, frozen=True, kw_only=True):
    """`messages` a minute, `files` an hour, `conversations` a day; `sessions`: new visitors from one address
    in ten minutes that make it suspicious. Where an address refuses, everybody behind it is refused: as it
    comes that takes ten times what makes it suspicious."""

    v: Literal[1] = 1
    messages: Bounds = Bounds(visitor=Bound(60, 120), address=Bound(600, 6000))
    files: Bounds = Bounds(visitor=Bound(60, 120), address=Bound(300, 3000))
    conversations: Bounds = Bounds(visitor=Bound(30, 60), address=Bound(300, 5000))
    sessions: Annotated[int, Meta(ge=1, le=_MOST)] = 20


UNBOUND = ShieldSettings(messages=Bounds(), files=Bounds(), conversations=Bounds())
"""For programs that talk faster than people do."""


class ShieldEdit(Struct, frozen=True, kw_only=True):
    """`version` is the one that was seen, 0 before the first change."""

    settings: ShieldSettings
    version: int


class ShieldView(Struct, frozen=True, kw_only=True):
    settings: ShieldSettings
    version: int


class FloodView(Struct, frozen=True, kw_only=True):
    """A bound that was reached, newest first. `key`: the visitor's id, or an address (an IPv6 one for its
    /64); empty of the workspace as a whole."""

    rule: Counted
    scope: Scope
    key: str
    at: Instant
    count: int
    level: Literal["soft", "hard"]


class Floods(Struct, frozen=True, kw_only=True):
    """The newest hundred."""

    items: list[FloodView]


# Blocked addresses and devices


class BlockedSourceIn(Struct, frozen=True, kw_only=True):
    """`value`: an address or a network in CIDR (at least /8, IPv6 /16), or a device as the visitor's card
    names it. For so many hours, or (null) until it is removed."""

    kind: Literal["address", "device"]
    value: Annotated[str, Meta(min_length=1, max_length=64)]
    reason: Annotated[str, Meta(max_length=200)] = ""
    hours: Annotated[int, Meta(ge=1, le=MOST_HOURS)] | None = None


class BlockedSourceView(Struct, frozen=True, kw_only=True):
    """`hits`: how often somebody was refused by it; counted in memory, written each second."""

    id: UUID
    kind: Literal["address", "device"]
    value: str
    reason: str
    until: Instant | None
    by_name: str
    since: Instant
    hits: int
    hit_at: Instant | None


class Blocked(NamedTuple):
    """As it is matched by; `until` in seconds of the epoch."""

    id: UUID
    kind: str
    value: str
    until: float | None


# Files

Ending = Annotated[str, Meta(pattern=r"^[a-z0-9]{1,12}$")]


class UploadRules(Struct, frozen=True, kw_only=True):
    """Endings of the files nobody can send here, whatever they are called: programs and scripts are known by
    their first bytes too."""

    refused: list[str]
    version: int


class UploadRulesEdit(Struct, frozen=True, kw_only=True):
    """`version` is the one that was seen, 0 before the first change."""

    refused: Annotated[list[Ending], Meta(max_length=200)]
    version: int


class InfectedFile(Struct, frozen=True, kw_only=True):
    """One that was turned away: `signature` names what was found in it, `who` is the name of who brought it,
    `contact_id` hers where she is a customer and still there."""

    id: UUID
    name: str
    signature: str
    by: Literal["member", "visitor"]
    who: str
    contact_id: UUID | None
    at: Instant


# The puzzle


class Puzzle(Struct, frozen=True, kw_only=True):
    """To be answered within five minutes, from the same address, once: find a text `answer` of decimal
    digits such that SHA-256 of `<token>:<answer>` begins with `bits` zero bits."""

    token: str
    bits: int
    expires_at: Instant


class PuzzleAnswer(Struct, frozen=True, kw_only=True):
    token: Annotated[str, Meta(max_length=300)]
    answer: Annotated[str, Meta(max_length=20, pattern=r"^[0-9]+$")]


class Flush(NamedTuple):
    """What one process has counted since the last time."""

    rule: str
    scope: str
    key: str
    starts_at: float
    n: int
    level: str
