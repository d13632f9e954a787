"""The fields of a pushed message, from XML or JSON: `{"MsgType": "text", "SendLocationInfo": {…}}`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

Fields = Mapping[str, Any]
# People send characters that XML has no place for, and the platform passes them on.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DEPTH = 4


def read(body: bytes) -> Fields | None:
    """The fields of a body, whichever of the two formats it has; None where it has neither."""
    if body.lstrip()[:1] == b"{":
        return read_json(body)
    try:
        root = fromstring(_UNFIT.sub("", body.decode("utf-8", "replace")), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return {child.tag: _value(child, _DEPTH) for child in root}


def read_json(body: bytes) -> Fields | None:
    """The fields of a JSON object; None for anything else."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _value(element: Element, depth: int) -> Any:
    if not len(element) or depth == 0:
        return element.text or ""
    return {child.tag: _value(child, depth - 1) for child in element}


def word(fields: Fields, name: str) -> str:
    """A field as text; empty where it is missing or has parts."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def part(fields: Fields, name: str) -> Fields:
    """A field that has fields; empty where it has none."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def moment(fields: Fields, name: str) -> datetime | None:
    """A field of unix seconds."""
    text = word(fields, name)
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def lines(*found: str) -> str:
    """What is not empty, one a line."""
    return "\n".join(line for line in found if line)


def fitting(text: str, most: int) -> str:
    """The text in at most so many bytes, with an ellipsis where it was cut."""
    data = text.encode("utf-8", "replace")
    return text if len(data) <= most else data[: most - 3].decode("utf-8", "ignore").rstrip() + "…"


def place(latitude: str, longitude: str) -> str:
    return f"{latitude}, {longitude}" if latitude and longitude else ""
