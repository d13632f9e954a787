"""Whether a card is good. Pure: addresses are looked at, never called."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from kezhan.cards.schemas import (
    MAX_BUTTONS,
    MAX_COUNT,
    MAX_ITEMS,
    MAX_LABEL,
    MAX_PATH,
    MAX_PHONE,
    MAX_SHORT,
    MAX_TEXT,
    MAX_TITLE,
    Card,
    CardButton,
    CardContent,
    LinkCard,
    MiniPage,
    OrderCard,
    OrderItem,
    PersonCard,
    PlaceCard,
)
from kezhan.kit.errors import Refused
from kezhan.kit.fetch import web_address

_MOST = {"title": MAX_TITLE, "address": MAX_TITLE, "phone": MAX_PHONE, "text": MAX_TEXT}
"""Of the texts of a card; of any other MAX_SHORT."""
_NEEDED = frozenset({"title", "number", "phone"})
_ADDRESSES = frozenset({"url", "image_url"})
_ALONE = (PlaceCard, PersonCard)
"""Cards that no platform draws with buttons."""
_APP = re.compile(r"wx[0-9A-Za-z]{16}", re.ASCII)
_PHONE = re.compile(r"(?=(?:\D*\d){3})\+?[\d ().\-]*(?:[,;#x*]\d+)?", re.ASCII)
"""Three digits at least, an extension at the end."""


def checked(content: CardContent) -> CardContent:
    """Without stray spaces. Raises Refused, whose field is "card.title", "buttons.0.url" …"""
    if len(content.buttons) > MAX_BUTTONS:
        raise Refused("cards.many_buttons", field="buttons", most=MAX_BUTTONS)
    buttons = [_button(button, f"buttons.{place}") for place, button in enumerate(content.buttons)]
    if buttons and isinstance(content.card, _ALONE):
        raise Refused("cards.no_buttons_there", field="buttons")
    labels = [button.text for button in buttons]
    if len(set(labels)) < len(labels):
        raise Refused("cards.same_buttons", field="buttons")
    return CardContent(card=None if content.card is None else _card(content.card), buttons=buttons)


def bare(content: CardContent) -> CardContent:
    """As customers may send one: nothing to press, no uploaded picture. Raises Refused."""
    if content.buttons or getattr(content.card, "image", None) is not None:
        raise Refused("cards.not_yours", field="card")
    return checked(content)


def _card(card: Card) -> Card:
    values: dict[str, Any] = {}
    for name in card.__struct_fields__:
        value = getattr(card, name)
        if isinstance(value, str):
            values[name] = _text(value, f"card.{name}", name)
    if getattr(card, "url", None) == "" and getattr(card, "text", None) is not None:
        raise Refused("cards.no_address", field="card.url")
    if isinstance(card, LinkCard) and card.page is not None:
        values["page"] = _page(card.page)
    if isinstance(card, PlaceCard) and not (-90 <= card.latitude <= 90 and -180 <= card.longitude <= 180):
        raise Refused("cards.bad_place", field="card.latitude")
    if isinstance(card, PersonCard) and not _PHONE.fullmatch(values["phone"]):
        raise Refused("cards.bad_phone", field="card.phone")
    if isinstance(card, OrderCard):
        return structs.replace(card, items=_items(card.items), **values)
    return structs.replace(card, **values)


def _page(page: MiniPage) -> MiniPage:
    app_id, path = page.app_id.strip(), page.path.strip().removeprefix("/")
    if not _APP.fullmatch(app_id):
        raise Refused("cards.bad_app", field="card.page.app_id")
    if not path or " " in path or not path.isprintable():
        raise Refused("cards.bad_path", field="card.page.path")
    if len(path) > MAX_PATH:
        raise Refused("cards.long", field="card.page.path", most=MAX_PATH)
    return MiniPage(app_id=app_id, path=path)


def _items(items: Sequence[OrderItem]) -> list[OrderItem]:
    if len(items) > MAX_ITEMS:
        raise Refused("cards.many_items", field="card.items", most=MAX_ITEMS)
    if any(not 1 <= item.count <= MAX_COUNT for item in items):
        raise Refused("cards.bad_count", field="card.items", most=MAX_COUNT)
    return [
        structs.replace(item, title=_text(item.title, f"card.items.{place}.title", "title"))
        for place, item in enumerate(items)
    ]


def _button(button: CardButton, field: str) -> CardButton:
    text = " ".join(button.text.split())
    if not text or len(text) > MAX_LABEL or "\0" in text:
        raise Refused("cards.bad_label", field=f"{field}.text", most=MAX_LABEL)
    url = _address(button.url, f"{field}.url")
    return CardButton(text=text, url=url, asks="" if url else button.asks)


def _text(value: str, field: str, name: str) -> str:
    if name in _ADDRESSES:
        return _address(value, field)
    text = " ".join(value.split())
    if "\0" in text:
        raise Refused("kit.bad_text", field=field)
    if not text and name in _NEEDED:
        raise Refused("cards.empty", field=field)
    most = _MOST.get(name, MAX_SHORT)
    if len(text) > most:
        raise Refused("cards.long", field=field, most=most)
    return text


def _address(value: str, field: str) -> str:
    """http and https alone: anything else in a browser may run, or open, whatever it likes."""
    address = value.strip()
    good = address.isprintable() and " " not in address and web_address(address)
    if address and not good:
        raise Refused("cards.bad_address", field=field)
    return address
