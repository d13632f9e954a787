"""File names: what a sender may call a file, and how a response says it."""

import re
import unicodedata
from urllib.parse import quote

_SLASHES = re.compile(r"[/\\]")
# Marks that turn the reading direction make `gnp.exe` look like `exe.png`; the rest is unseen.
_UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u2028\u2029]")


def clean_name(name: str, limit: int) -> str:
    """`name` as one harmless line of at most `limit` characters, its ending kept. Never empty."""
    text = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode())
    text = _UNSEEN.sub("", _SLASHES.split(text)[-1])
    text = "".join(char for char in text if unicodedata.category(char) not in {"Cc", "Co", "Cn"})
    text = " ".join(text.split()).strip(". ")
    if len(text) > limit:
        stem, dot, ending = text.rpartition(".")
        tail = dot + ending if stem and len(ending) <= 16 else ""
        text = text[: limit - len(tail)].rstrip(". ") + tail
    return text or "file"


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition (RFC 6266): plain ASCII for old clients, RFC 5987 for the rest."""
    plain = re.sub(r'[^ -~]|["\\%;]', "_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
