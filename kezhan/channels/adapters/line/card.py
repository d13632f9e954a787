"""A place on the map, or a card as a bubble."""

from collections.abc import Sequence
from typing import Any

from kezhan.channels.base import OutboundCard

_WORDS = 100
"""Characters of a place's name, and of its address."""
_ALT = 400
_PICTURES = frozenset({"image/jpeg", "image/png"})


def card_of(card: OutboundCard, actions: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The message. A place has to have an address, be it but where it lies."""
    at = card.place
    if at is not None:
        address = (at.address or card.text)[:_WORDS]
        point = {"latitude": at.latitude, "longitude": at.longitude}
        return {"type": "location", "title": card.title[:_WORDS], "address": address, **point}
    alt = "\n".join(line for line in (card.title, card.text, card.url) if line)
    return {"type": "flex", "altText": alt[:_ALT], "contents": _bubble(card, actions)}


def _bubble(card: OutboundCard, actions: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Pressed, it opens its page."""
    words: list[dict[str, Any]] = [{"type": "text", "text": card.title, "weight": "bold", "wrap": True}]
    if card.text:
        words.append({"type": "text", "text": card.text, "size": "sm", "wrap": True})
    bubble: dict[str, Any] = {"type": "bubble", "body": _box(words)}
    if card.picture is not None and card.picture.media_type in _PICTURES:
        bubble["hero"] = {"type": "image", "url": card.picture.url, "size": "full", "aspectMode": "cover"}
    if card.url:
        bubble["action"] = {"type": "uri", "uri": card.url}
    if actions:
        bubble["footer"] = _box([{"type": "button", "height": "sm", "action": one} for one in actions])
    return bubble


def _box(contents: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "box", "layout": "vertical", "contents": contents}
