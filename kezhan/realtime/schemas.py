"""Frames that belong to the connection itself."""

from typing import Annotated

import msgspec
from msgspec import Meta

from kezhan.kit.masking import Said


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Every frame, both ways, is one JSON object with a `type`."""


class Refusal(Frame, frozen=True, kw_only=True, tag="refused", omit_defaults=True):
    """Not carried out. `ref` is the client_id or ref of the frame refused, if it had one; `code` is
    stable, `title` is for the reader, `retry_after` seconds."""

    code: str
    title: Said
    ref: str | None = None
    retry_after: int | None = None


class Ping(Frame, frozen=True, kw_only=True, tag="ping"):
    """The client asks whether the line is alive."""


class Pong(Frame, frozen=True, kw_only=True, tag="pong"):
    pass


class Follow(Frame, frozen=True, kw_only=True, tag="follow"):
    """The agent's screen shows these live lists, and none of those it named before: `stale` tells of each
    when it has changed."""

    topics: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)]


class Attend(Frame, frozen=True, kw_only=True, tag="attend"):
    """Whether this page of the desk is before its reader: while one is, nothing is pushed to her devices."""

    here: bool


class Stale(Frame, frozen=True, kw_only=True, tag="stale"):
    """What a followed list shows has changed: read it afresh. At most once a second."""

    topic: str
