"""What crosses the wire of cards and buttons."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.cards.schemas import Card, CardButton

_Place = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class CardPayload(Struct, frozen=True, kw_only=True, tag="card", tag_field="is", omit_defaults=True):
    """A card, buttons, or both, below `text`. The message's body says all of it in plain words, for whatever
    shows no cards."""

    v: int = 1
    text: str = ""
    card: Card | None = None
    buttons: list[CardButton] = []
    copies: list[str] = []


class CopiedPayload(Struct, frozen=True, kw_only=True, tag="copied", tag_field="is", omit_defaults=True):
    """Of a reply whose channel sends copies: the addresses that got one. Other payloads of replies have the
    same field."""

    v: int = 1
    copies: list[str]


class TapPayload(Struct, frozen=True, kw_only=True, tag="tap", tag_field="is", omit_defaults=True):
    """The message is the text of a button the customer has pressed: the one at `button` (from 0) below the
    message `seq`."""

    v: int = 1
    conversation_id: UUID
    seq: int
    button: int


class Tap(Struct, frozen=True, kw_only=True):
    """A button is pressed. The `client_id` of the frame is `tap.<conversation_id>.<seq>`, so that of one
    message one button is pressed once."""

    conversation_id: UUID
    seq: _Place
    button: _Place
