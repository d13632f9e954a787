"""The server's words in the reader's language, from the same files the screens read."""

import functools
from pathlib import Path
from typing import Any

import msgspec

LANGUAGES = ("zh-CN", "en")
DEFAULT_LANGUAGE = "zh-CN"
FOLDER = Path(__file__).parents[1] / "locales"


@functools.cache
def _file(language: str, room: str) -> dict[str, Any]:
    path = FOLDER / language / f"{room}.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Any]) if path.exists() else {}


def say(language: str, code: str, **params: Any) -> str:
    """The sentence for `code` (`room.key`, deeper keys dotted), `{name}` filled from `params`.

    A code without words answers as itself, so that a missing key shows instead of failing; a test keeps
    that from reaching a release.
    """
    room, _, key = code.partition(".")
    found: Any = _file(language, room)
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, str):
        return code
    return found.format_map(_Given(params)) if params else found


class _Given(dict[str, Any]):
    """A parameter that was not given stays visible as its name: a refusal must never fail to be told."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def choose_language(accept: str) -> str:
    """The best of ours for an `Accept-Language` header; Chinese unless the reader asks for another first."""
    for part in accept.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-CN"
        if tag.startswith("en"):
            return "en"
    return DEFAULT_LANGUAGE
