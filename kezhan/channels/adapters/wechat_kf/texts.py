"""Messages that are shown as text: each kind's readable lines."""

from collections.abc import Callable, Iterator
from typing import Any

from kezhan.channels.vendors.tencent.fields import Fields, lines, part, place, read_json, word


def text_of(kind: str, inner: Fields) -> tuple[str, bool]:
    """(text, whether it says all there is): of a kind we do not know, whatever of it can be read."""
    if kind in _TEXTS:
        text = _TEXTS[kind](inner)
        return text, bool(text)
    return lines(*(word(inner, name) for name in ("title", "nickname", "name", "content", "desc"))), False


def _named(*names: str) -> Callable[[Fields], str]:
    return lambda inner: lines(*(word(inner, name) for name in names))


def _location(inner: Fields) -> str:
    return lines(
        word(inner, "name"),
        word(inner, "address"),
        place(word(inner, "latitude"), word(inner, "longitude")),
    )


def _menu(inner: Fields) -> str:
    """A menu one of our own people has sent."""
    items = [part(item, word(item, "type")) for item in _parts(inner, "list")]
    return lines(
        word(inner, "head_content"),
        *(lines(word(item, "content"), word(item, "url")) for item in items),
        word(inner, "tail_content"),
    )


def _record(inner: Fields) -> str:
    """A chat record, passed on: who has said what."""
    return lines(word(inner, "title"), *(_said(item) for item in _parts(inner, "item")))


def _said(item: Fields) -> str:
    content = item.get("msg_content")
    found = read_json(content.encode("utf-8", "replace")) if isinstance(content, str) else None
    kind = word(item, "msgtype")
    inner = part(found or {}, kind) or found or {}
    text = text_of(kind, inner)[0] if kind != "merged_msg" else word(inner, "title")
    return f"{word(item, 'sender_name')}: {text or kind}"


def _parts(inner: Fields, name: str) -> Iterator[Fields]:
    found: Any = inner.get(name)
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())


_TEXTS: dict[str, Callable[[Fields], str]] = {
    "text": _named("content"),
    "location": _location,
    "link": _named("title", "desc", "url"),
    "business_card": _named("userid"),
    "miniprogram": _named("title", "appid", "pagepath"),
    "msgmenu": _menu,
    "channels_shop_product": _named("title", "sales_price", "shop_nickname", "product_id"),
    "channels_shop_order": _named("product_titles", "price_wording", "state", "shop_nickname", "order_id"),
    "merged_msg": _record,
    "channels": _named("nickname", "title"),
}
