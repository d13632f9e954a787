"""What crosses the wire of the room."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Cut, Said
from kezhan.realtime.schemas import Frame


class PushKind(StrEnum):
    """What somebody is told of while no page of the desk is before her."""

    OFFER = "offer"
    MESSAGE = "message"
    MENTION = "mention"
    TRANSFER = "transfer"
    INVITE = "invite"
    ALERT = "alert"


class Kinds(Struct, frozen=True, kw_only=True):
    offer: bool = True
    message: bool = True
    mention: bool = True
    transfer: bool = True
    invite: bool = True
    alert: bool = True


Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]
Weekday = Annotated[int, Meta(ge=0, le=6)]


class QuietHours(Struct, frozen=True, kw_only=True):
    """On these days (0: Monday), from `start` until `end` of the workspace's clock; an end at or before the
    start is that of the following day."""

    days: Annotated[list[Weekday], Meta(min_length=1, max_length=7)]
    start: Clock
    end: Clock


class Personal(Struct, frozen=True, kw_only=True):
    """What a person has set for all her devices. `push_text` "hint": a push says that there is something, and
    neither from whom nor what. `quiet_until`: not to be disturbed until then."""

    v: Literal[1] = 1
    push: Kinds = Kinds()
    push_text: Literal["whole", "hint"] = "whole"
    sound: Kinds = Kinds()
    volume: Annotated[int, Meta(ge=0, le=100)] = 60
    muted: bool = False
    notify: bool = True
    quiet_until: Instant | None = None
    quiet_hours: QuietHours | None = None


class Span(Struct, frozen=True, kw_only=True):
    start: Instant
    end: Instant


class PersonalView(Struct, frozen=True, kw_only=True):
    """`quiet`: the spans of the coming week in which nothing disturbs; the one that is on among them."""

    settings: Personal
    rev: int
    quiet: list[Span]


class PersonalForm(Struct, frozen=True, kw_only=True):
    settings: Personal


Key = Annotated[str, Meta(min_length=16, max_length=200, pattern=r"^[A-Za-z0-9_=-]+$")]


class DeviceForm(Struct, frozen=True, kw_only=True):
    """A browser's subscription, as it gives it: where to, its public key and its secret, in base64url."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=2000)]
    p256dh: Key
    auth: Key
    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    language: Literal["zh-CN", "en"] = "zh-CN"


class DeviceView(Struct, frozen=True, kw_only=True):
    """`host`: whom a push to it goes through. `here`: of the session that asks."""

    id: UUID
    name: str
    host: str
    here: bool
    created_at: Instant
    used_at: Instant | None


class DeviceList(Struct, frozen=True, kw_only=True):
    """`key`: the installation's, with which a browser subscribes."""

    key: str
    items: list[DeviceView]


class Push(Struct, frozen=True, kw_only=True):
    """What a browser's service worker gets. Those of one `tag` replace each other."""

    v: Literal[1] = 1
    kind: PushKind
    tag: str
    title: Said
    body: Cut
    path: str


class PersonalFrame(Frame, frozen=True, kw_only=True, tag="personal"):
    """She has set something for herself on one of her devices."""

    rev: int
