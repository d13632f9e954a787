"""The customers' own protocol under `/w/v1`: what crosses its wire besides the conversation's frames."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.channels.site import SiteConfig
from kezhan.consent.schemas import ConsentState
from kezhan.contacts.schemas import AttributeMap
from kezhan.conversations.schemas import VisitorHead
from kezhan.realtime.schemas import Frame
from kezhan.shield.schemas import PuzzleAnswer

Short = Annotated[str, Meta(max_length=64)]
Url = Annotated[str, Meta(max_length=8192)]
Title = Annotated[str, Meta(max_length=2000)]


class PageIn(Struct, frozen=True, kw_only=True):
    """The page the customer is looking at."""

    url: Url = ""
    title: Title = ""
    referrer: Url = ""


class SessionIn(Struct, frozen=True, kw_only=True):
    """Open a session: `token` from an earlier one goes on as the same visitor; `identity` is a JWT signed
    by the host site for somebody it knows.
    Refused with `shield.puzzle`, ask for a puzzle at `/w/v1/puzzles` and come again with its answer."""

    site_key: Annotated[str, Meta(max_length=100)]
    token: Annotated[str, Meta(max_length=200)] | None = None
    identity: Annotated[str, Meta(max_length=8192)] | None = None
    language: Short = ""
    time_zone: Short = ""
    screen: Short = ""
    puzzle: PuzzleAnswer | None = None
    page: PageIn = PageIn()


class PuzzleIn(Struct, frozen=True, kw_only=True):
    site_key: Annotated[str, Meta(max_length=100)]


class VisitorOut(Struct, frozen=True, kw_only=True):
    id: UUID
    verified: bool
    name: str


class SessionOut(Struct, frozen=True, kw_only=True):
    """`token` is the credential of everything else; keep it where only your page can read it.
    `conversation` is the latest one, open or closed; null before the first. `consent` is `due` where
    messages are refused until she has consented to what `/w/v1/consents` asks."""

    token: str
    visitor: VisitorOut
    site: SiteConfig
    conversation: VisitorHead | None
    agents_online: bool
    consent: ConsentState = "none"


class AttributesIn(Struct, frozen=True, kw_only=True):
    """What the page knows of its visitor, up to 50 plain values: the page's word, not a signature's."""

    values: AttributeMap


class Auth(Frame, frozen=True, kw_only=True, tag="auth"):
    """The first frame on a socket, within five seconds. With `conversation_id` and `rev` the connection goes
    on where an earlier one broke."""

    token: Annotated[str, Meta(max_length=200)]
    conversation_id: UUID | None = None
    rev: int = 0


class PageFrame(Frame, frozen=True, kw_only=True, tag="page"):
    """The customer has gone to another page of the site; an empty url says she has left it."""

    url: Url = ""
    title: Title = ""


class Ready(Frame, frozen=True, kw_only=True, tag="ready"):
    """Answers `auth`. What was missed follows as `changed`, or `resync` asks to read afresh."""

    visitor_id: UUID
    conversation: VisitorHead | None
    agents_online: bool
