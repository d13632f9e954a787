"""What a message says, whatever it is made of."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from kezhan.channels.adapters.whatsapp.shapes import Card, FileIn, Interactive, Location, MessageIn, Order
from kezhan.channels.base import InboundFile
from kezhan.channels.vendors.meta.faults import words_of

_FILES = {
    "image": "image.jpg",
    "video": "video.mp4",
    "audio": "audio.ogg",
    "document": "document",
    "sticker": "sticker.webp",
}
"""By type; only a document has a name of its own."""
_NAMES = {
    "image/png": "image.png",
    "audio/mpeg": "audio.mp3",
    "audio/mp4": "audio.m4a",
    "video/3gpp": "video.3gp",
}


class Content(Struct, frozen=True, kw_only=True):
    kind: Literal["text", "file", "unsupported"]
    text: str = ""
    file: InboundFile | None = None


def content_of(message: MessageIn) -> Content:
    if message.type in _FILES:
        file: FileIn | None = getattr(message, message.type)
        if file is not None:
            return Content(kind="file", text=file.caption, file=_file(file, _FILES[message.type]))
    text = "\n".join(line for line in _lines(message) if line.strip())
    if text:
        return Content(kind="text", text=text)
    return Content(kind="unsupported", text=words_of(message.errors[0]) if message.errors else "")


def _file(file: FileIn, name: str) -> InboundFile:
    # "audio/ogg; codecs=opus"
    media_type = file.mime_type.partition(";")[0].strip()
    name = file.filename or _NAMES.get(media_type, name)
    return InboundFile(ref=file.id, name=name, media_type=media_type)


def _lines(message: MessageIn) -> Iterator[str]:
    """The part that belongs to the type, as lines of text."""
    match message.type:
        case "text" if message.text is not None:
            yield message.text.body
        case "button" if message.button is not None:
            yield message.button.text or message.button.payload
        case "location" if message.location is not None:
            yield from _place(message.location)
        case "contacts":
            for card in message.contacts:
                yield from _card(card)
        case "interactive" if message.interactive is not None:
            yield from _chosen(message.interactive)
        case "order" if message.order is not None:
            yield from _order(message.order)


def _place(place: Location) -> Iterator[str]:
    point = f"{place.latitude:.6f}, {place.longitude:.6f}"
    yield f"📍 {place.name or point}"
    yield place.address
    if place.name:
        yield point
    yield place.url


def _card(card: Card) -> Iterator[str]:
    yield f"👤 {card.name.formatted_name}".rstrip()
    yield from (one.phone for one in card.phones)
    yield from (one.email for one in card.emails)


def _chosen(chosen: Interactive) -> Iterator[str]:
    for reply in (chosen.button_reply, chosen.list_reply):
        if reply is not None:
            yield reply.title
            yield reply.description
    if chosen.nfm_reply is not None:
        yield chosen.nfm_reply.body
        yield chosen.nfm_reply.response_json


def _order(order: Order) -> Iterator[str]:
    yield f"🛒 {order.text}".rstrip()
    for item in order.product_items:
        yield f"{item.product_retailer_id} × {item.quantity:g}, {item.item_price:g} {item.currency}"
