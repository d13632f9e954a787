"""A card as one message of its own: title, lines below it, the page it opens, perhaps a picture."""

from kezhan.channels.base import CardNeeds, OutboundCard
from kezhan.channels.vendors.tencent.fields import fitting

NEEDS = CardNeeds(alone=True, url=True)
NEEDS_PICTURE = CardNeeds(alone=True, url=True, pictures=frozenset({"image/jpeg", "image/png"}))
_TITLE, _TEXT = 128, 512
"""Bytes; where the platform says nothing, as much as it takes elsewhere."""


def words(card: OutboundCard) -> tuple[str, str]:
    """(title, lines below it), as long as they may be; the lines are not to be empty."""
    return fitting(card.title, _TITLE), fitting(card.text or card.title, _TEXT)


def article(card: OutboundCard) -> dict[str, str]:
    """As official accounts and WeCom take it; the picture by its address, which may be none."""
    title, text = words(card)
    picture = card.picture.url if card.picture is not None else ""
    return {"title": title, "description": text, "url": card.url, "picurl": picture}
