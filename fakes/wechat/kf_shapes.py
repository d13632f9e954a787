"""Messages of WeChat customer service: what may be sent, its limits in bytes, how a phone shows it."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from fakes.base import Platform
from fakes.phone import Choice
from fakes.wechat.envelope import refuse, text_of
from fakes.wechat.media import sendable

TEXT_BYTES = 2048
_ENTRIES = 10


class Shape(Struct, kw_only=True):
    """A message that has been checked."""

    kind: str
    text: str = ""
    file: str = ""
    choices: list[Choice] = []


def checked(platform: Platform, body: dict[str, Any], allowed: tuple[str, ...] = ()) -> Shape:
    """The message in `body`; refuses what the platform refuses. `allowed` narrows the types."""
    kind = body.get("msgtype")
    holder = body.get(kind) if isinstance(kind, str) else None
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None or (allowed and kind not in allowed):
        refuse(40008, str(kind))
    if not isinstance(holder, dict):
        refuse(40058, str(kind))
    return reader(platform, holder)


def _text(_: Platform, holder: dict[str, Any]) -> Shape:
    return Shape(kind="text", text=text_of(holder, "content", TEXT_BYTES, code=44004, least=1))


def _file(kind: str) -> Callable[[Platform, dict[str, Any]], Shape]:
    def read(platform: Platform, holder: dict[str, Any]) -> Shape:
        id = sendable(platform, holder.get("media_id"))
        expected = {"voice": "audio/", "file": ""}.get(kind, f"{kind}/")
        if not platform.files[id].media_type.startswith(expected):
            refuse(40007, f"not of type {kind}")
        return Shape(kind=kind, file=id)

    return read


def _link(platform: Platform, holder: dict[str, Any]) -> Shape:
    sendable(platform, holder.get("thumb_media_id"))
    title, url = text_of(holder, "title", 128, least=1), text_of(holder, "url", 2048, least=1)
    return Shape(kind="link", text="\n".join(filter(None, (title, text_of(holder, "desc", 512), url))))


def _miniprogram(platform: Platform, holder: dict[str, Any]) -> Shape:
    sendable(platform, holder.get("thumb_media_id"))
    for name in ("appid", "pagepath"):
        text_of(holder, name, 1024, least=1)
    return Shape(kind="card", text=text_of(holder, "title", 64))


def _location(_: Platform, holder: dict[str, Any]) -> Shape:
    if not all(isinstance(holder.get(name), int | float) for name in ("latitude", "longitude")):
        refuse(40058, "latitude, longitude")
    return Shape(
        kind="location", text="\n".join(text_of(holder, name, 512) for name in ("name", "address")).strip()
    )


def _menu(_: Platform, holder: dict[str, Any]) -> Shape:
    entries = holder.get("list", [])
    if not isinstance(entries, list) or len(entries) > _ENTRIES:
        refuse(40058, "list")
    texts = [text_of(holder, "head_content", 1024), text_of(holder, "tail_content", 1024)]
    choices = []
    for entry in entries:
        kind = entry.get("type") if isinstance(entry, dict) else None
        inner = entry.get(kind) if isinstance(kind, str) else None
        if kind == "click":
            id, label = text_of(inner, "id", 128), text_of(inner, "content", 128, least=1)
            choices.append(Choice(id=id or label, label=label))
        elif kind == "view":
            texts.insert(
                -1, f"{text_of(inner, 'content', 1024, least=1)} {text_of(inner, 'url', 2048, least=1)}"
            )
        elif kind == "text":
            texts.insert(-1, text_of(inner, "content", 256, least=1))
        elif kind == "miniprogram":
            text_of(inner, "appid", 1024, least=1)
            texts.insert(-1, text_of(inner, "content", 1024, least=1))
        else:
            refuse(40058, "list.type")
    return Shape(kind="menu", text="\n".join(filter(None, texts)), choices=choices)


_READERS: dict[str, Callable[[Platform, dict[str, Any]], Shape]] = {
    "text": _text,
    **{kind: _file(kind) for kind in ("image", "voice", "video", "file")},
    "link": _link,
    "miniprogram": _miniprogram,
    "location": _location,
    "msgmenu": _menu,
}
