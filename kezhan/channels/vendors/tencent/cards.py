"""A card as one message of its own: title, lines below it, the page it opens, perhaps a picture."""

from kezhan.channels.base import CardNeeds, MiniPage, OutboundCard
from kezhan.channels.vendors.tencent.fields import fitting

_PICTURES = frozenset({"image/jpeg", "image/png"})
NEEDS = CardNeeds(alone=True, url=True)
NEEDS_PICTURE = CardNeeds(alone=True, url=True, pictures=_PICTURES)
PAGE_NEEDS = CardNeeds(alone=True, pictures=_PICTURES)
_TITLE, _TEXT, _PAGE_TITLE = 128, 512, 64
"""Bytes; where the platform says nothing, as much as it takes elsewhere."""


def words(card: OutboundCard) -> tuple[str, str]:
    """(title, lines below it), as long as they may be; the lines are not to be empty."""
    return fitting(card.title, _TITLE), fitting(card.text or card.title, _TEXT)


def mini_page(card: OutboundCard, page: MiniPage, thumb: str) -> dict[str, str]:
    """The page of a mini-program below an uploaded picture."""
    title = fitting(card.title, _PAGE_TITLE)
    return {"title": title, "appid": page.app_id, "pagepath": page.path, "thumb_media_id": thumb}


def article(card: OutboundCard) -> dict[str, str]:
    """As official accounts and WeCom take it; the picture by its address, which may be none. WeCom opens the
    page of a mini-program rather than the address."""
    title, text = words(card)
    picture = card.picture.url if card.picture is not None else ""
    shown = {"title": title, "description": text, "url": card.url, "picurl": picture}
    return shown if card.page is None else {**shown, "appid": card.page.app_id, "pagepath": card.page.path}
