"""What a file really is, by its first bytes. Names and declared types are not believed."""

import puremagic

UNKNOWN = "application/octet-stream"
HEAD_BYTES = 4096

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_SOUND_AND_FILM = {
    "audio/mpeg": "audio/mpeg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/mp4": "audio/mp4",
    "audio/flac": "audio/flac",
    "application/ogg": "audio/ogg",
    "video/mp4": "video/mp4",
    "video/webm": "video/webm",
    "video/quicktime": "video/quicktime",
}
# Kinds that puremagic knows by their ending only.
_BY_ENDING = {".amr": "audio/amr", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".oga": "audio/ogg"}
_KNOWN = {**_SOUND_AND_FILM, "application/pdf": "application/pdf"}

INLINE = PICTURES | frozenset(_SOUND_AND_FILM.values()) | frozenset(_BY_ENDING.values()) | {"audio/webm"}
"""Shown inside a page; everything else is handed out as an attachment."""

# A browser records voice into the containers it also uses for film.
_EITHER = {("video/webm", "audio/webm"), ("video/mp4", "audio/mp4")}


def picture_kind(head: bytes) -> str | None:
    """The image type `head` begins like, if it is one we show."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def media_type(head: bytes, declared: str) -> str:
    """The type of what is no picture; `application/octet-stream` where it is not surely harmless."""
    if head[4:12] == b"ftypM4A ":  # to puremagic it is film as much as sound
        return "audio/mp4"
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    if not matches:
        return UNKNOWN
    best = matches[0]
    found = _KNOWN.get(best.mime_type) or _BY_ENDING.get(best.extension)
    if found is None:
        return UNKNOWN
    said = declared.partition(";")[0].strip().lower()
    return said if (found, said) in _EITHER else found
