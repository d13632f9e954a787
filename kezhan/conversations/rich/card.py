"""Cards and buttons on their way into a message, and what customers press."""

from typing import Any
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Row

from kezhan.cards.check import bare, checked
from kezhan.cards.schemas import MAX_WORDS, CardContent, image_of
from kezhan.cards.words import told
from kezhan.conversations import store
from kezhan.conversations.items import Append
from kezhan.conversations.rich.schemas import CardPayload, Tap, TapPayload
from kezhan.conversations.schemas import FilePayload, Send, State
from kezhan.files.schemas import Owner
from kezhan.files.service import attach
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused


def is_rich(send: Send) -> bool:
    return send.card is not None or bool(send.buttons)


def card_payload(send: Send, *, ours: bool) -> CardPayload | None:
    """What a frame has besides its text; None for a plain one. `ours`: of somebody here, who may have it
    pressed. Raises Refused where it is no good card."""
    if not is_rich(send):
        return None
    if send.kind != "text":
        raise Refused("cards.text_only", field="kind")
    text = send.body.strip()
    if len(text) > MAX_WORDS:
        raise Refused("cards.long_words", field="body", most=MAX_WORDS)
    given = CardContent(card=send.card, buttons=send.buttons)
    content = checked(given) if ours else bare(given)
    if content.card is None and not text:
        raise Refused("conversations.empty", field="body")
    return CardPayload(text=text, card=content.card, buttons=content.buttons)


def words_of(payload: CardPayload) -> str:
    """The body of its message."""
    return told(payload.text, CardContent(card=payload.card, buttons=payload.buttons))


async def put_image(tx: Tx, item: Append, owner: Owner) -> None:
    """Use the uploaded picture of the item's card, if it has one. Raises Refused, NotFound."""
    payload = item.payload
    if not isinstance(payload, CardPayload) or payload.card is None:
        return
    image = image_of(payload.card)
    if image is None:
        return
    file = await attach(tx, image, owner, use_of(item.sender_id, item.client_id))
    if not file.thumbnail:
        raise Refused("cards.no_picture", field="card.image")


def use_of(sender_id: UUID, client_id: str | None) -> str:
    """As what a message uses its file."""
    return f"{sender_id}:{client_id}"


def file_in(payload: Struct | None) -> UUID | None:
    """The uploaded file that a message shows."""
    if isinstance(payload, FilePayload):
        return payload.file_id
    return image_of(payload.card) if isinstance(payload, CardPayload) else None


# Pressed


def tap_name(conversation_id: UUID, seq: int) -> str:
    return f"tap.{conversation_id}.{seq}"


async def put_tap(tx: Tx, item: Append, identity_id: UUID, tap: Tap) -> None:
    """Make `item` the text of the button that this customer has pressed. Raises NotFound for what is not
    hers, Refused where it is over or there is no such button."""
    if item.client_id != tap_name(tap.conversation_id, tap.seq):
        raise Refused("cards.bad_tap", field="client_id")
    head = await store.head(tx, tap.conversation_id)
    if head is None or head.identity_id != identity_id:
        raise NotFound("conversations.not_found")
    if head.state == State.CLOSED:
        raise Refused("conversations.closed", 409)
    text = _label(await store.message(tx, tap.conversation_id, tap.seq), tap.button)
    if text is None:
        raise Refused("cards.no_button", 409)
    press(item, tap, text)


async def pressed(tx: Tx, item: Append, identity_id: UUID, tap: Tap) -> bool:
    """The same where a platform tells of it; whether there is such a button."""
    head = await store.head(tx, tap.conversation_id)
    if head is None or head.identity_id != identity_id:
        return False
    text = _label(await store.message(tx, tap.conversation_id, tap.seq), tap.button)
    if text is not None:
        item.client_id = tap_name(tap.conversation_id, tap.seq)
        press(item, tap, text)
    return text is not None


def press(item: Append, tap: Tap, text: str) -> None:
    item.body = text
    item.payload = TapPayload(conversation_id=tap.conversation_id, seq=tap.seq, button=tap.button)


def _label(message: Row[Any] | None, place: int) -> str | None:
    payload = None if message is None else message.payload
    if not isinstance(payload, CardPayload) or place >= len(payload.buttons):
        return None
    button = payload.buttons[place]
    return None if button.url else button.text


def with_image(payload: CardPayload, image: UUID | None) -> CardPayload:
    """The same card with another uploaded picture, or none."""
    if payload.card is None or image_of(payload.card) == image:
        return payload
    return structs.replace(payload, card=structs.replace(payload.card, image=image))
