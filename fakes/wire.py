"""Calls of ours as a platform reads them, and its answers: plain values, no framework."""

import io
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import multipart  # type: ignore[import-untyped]  # ships none
from msgspec import Struct

JSON = "application/json; charset=utf-8"
_PLACE = re.compile(r"\\{(\w+)(\\\*)?\\}")


class Told(Struct, kw_only=True):
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}


class Refused(Exception):
    """Ends the handling of a call: this is its answer."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.body.decode(errors="replace"))
        self.told = told


class Part(Struct, kw_only=True):
    """One field of a multipart form; `filename` is "" where the sender named no file."""

    name: str
    filename: str
    media_type: str
    data: bytes


class Asked(Struct, kw_only=True):
    """A call; header names in lower case, `path` behind `/<name>`, `given` what its braces hold."""

    method: str
    path: str
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    body: bytes = b""
    given: dict[str, str] = {}

    def one(self, name: str, default: str = "") -> str:
        """The query's first value of this name."""
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> Any:
        """ValueError for what is no JSON (msgspec's DecodeError is one)."""
        return msgspec.json.decode(self.body)

    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    def parts(self) -> dict[str, Part]:
        """A multipart form's fields by name; empty where the body is none."""
        kind, options = multipart.parse_options_header(self.headers.get("content-type", ""))
        if kind != "multipart/form-data" or not options.get("boundary"):
            return {}
        limits = {"memory_limit": len(self.body) + 1, "spool_limit": len(self.body) + 1}
        try:
            found = list(multipart.MultipartParser(io.BytesIO(self.body), options["boundary"], **limits))
        except multipart.MultipartError:
            return {}
        return {
            part.name: Part(
                name=part.name,
                filename=part.filename or "",
                media_type=part.content_type or "",
                data=part.raw,
            )
            for part in found
        }


Answering = Callable[[Asked], Awaitable[Told]]


class Route(Struct, kw_only=True):
    """One path of a platform: `/bot{token}/{method}`; `{rest*}` takes slashes too."""

    method: str
    path: str
    run: Answering
    sends: bool = False
    """Refused while `Switches.error` is set."""

    def match(self, method: str, path: str) -> dict[str, str] | None:
        if method != self.method:
            return None
        pattern = _PLACE.sub(lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found else None


def told(value: object, status: int = 200, **headers: str) -> Told:
    """A JSON answer; keywords are headers, `_` for `-`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Told(status=status, body=msgspec.json.encode(value), headers={"content-type": JSON, **named})


def plain(text: str, status: int = 200, media_type: str = "text/plain; charset=utf-8") -> Told:
    return Told(status=status, body=text.encode(), headers={"content-type": media_type})


def blob(data: bytes, media_type: str, name: str = "") -> Told:
    """A file's bytes; with a name, as a download."""
    headers = {"content-type": media_type}
    if name:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Told(body=data, headers=headers)
