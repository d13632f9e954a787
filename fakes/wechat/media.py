"""Temporary media: upload with its limits, download, ids that die after three days."""

import time

from msgspec import Struct

from fakes.base import Platform
from fakes.wechat.envelope import MEDIA_SECONDS, err, refuse, sniffed
from fakes.wire import Asked, Told, blob, told

MB = 1024 * 1024
TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "amr": "audio/amr",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
}


class Limit(Struct, frozen=True):
    """Bytes and what a file must be; no kinds: anything. `least`: more bytes than this."""

    size: int
    kinds: tuple[str, ...] = ()
    least: int = 0


def uploaded(platform: Platform, asked: Asked, limits: dict[str, Limit], *, corp: bool = False) -> Told:
    """WeCom (`corp`) says errcode 0 as well, and the time as text."""
    kind = asked.one("type")
    limit = limits.get(kind) or refuse(40004, kind)
    part = asked.parts().get("media")
    if part is None or not part.data or not part.filename:
        refuse(41005)
    if limit.kinds and sniffed(part.data) not in limit.kinds:
        refuse(40004, f"{kind} must be {', '.join(limit.kinds)}")
    if len(part.data) > limit.size or len(part.data) <= limit.least:
        refuse(40009 if kind == "image" else 40006)
    media_type = TYPES.get(sniffed(part.data), part.media_type)
    id = platform.keep(part.data, media_type, part.filename, MEDIA_SECONDS)
    named = "thumb_media_id" if kind == "thumb" else "media_id"
    now = int(time.time())
    if corp:
        return err(0, type=kind, created_at=str(now), **{named: id})
    return told({"type": kind, named: id, "created_at": now})


def sendable(platform: Platform, id: object) -> str:
    """The id of a file that may be sent; 40007 for a wrong one or one of more than three days ago."""
    kept = platform.files.get(id) if isinstance(id, str) else None
    if kept is None or kept.until < platform.now():
        refuse(40007)
    return str(id)


def downloaded(platform: Platform, asked: Asked, *, video_url: str = "") -> Told:
    """The bytes; for a video WeChat tells an address below `video_url` instead."""
    kept = platform.files.get(asked.one("media_id"))
    if kept is None or kept.until < platform.now():
        refuse(40007)
    if video_url and kept.media_type.startswith("video/"):
        return told({"video_url": f"{video_url}/{asked.one('media_id')}"})
    return blob(kept.data, kept.media_type, kept.name or asked.one("media_id")[:8])
