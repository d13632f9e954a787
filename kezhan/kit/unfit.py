"""What a form did wrong, from the decoder's own sentence to one in the reader's words."""

import re
from typing import Any, NamedTuple

from litestar.exceptions import HTTPException

# messages: kit.unfit_*
_KINDS = (
    ("missing", re.compile(r"missing required field `(?P<field>[^`]+)`")),
    ("unknown", re.compile(r"unknown field `(?P<field>[^`]+)`")),
    ("long", re.compile(r"of length <= (?P<limit>\d+)")),
    ("short", re.compile(r"of length >= (?P<limit>\d+)")),
    ("high", re.compile(r"^Expected `\w+` <=? (?P<limit>\S+)")),
    ("low", re.compile(r"^Expected `\w+` >=? (?P<limit>\S+)")),
    ("form", re.compile(r"matching regex|^Invalid (?!enum)")),
    ("choice", re.compile(r"^Invalid enum value")),
    ("kind", re.compile(r"^Expected `.+`, got")),
)


class Unfit(NamedTuple):
    """`word` is a key of the room's words, `params` what it names, `field` the input it is about."""

    word: str
    params: dict[str, Any]
    field: str | None


def unfit(fault: HTTPException) -> Unfit:
    """The first thing the decoder found. Its sentences are msgspec's; one we do not know is `unreadable`."""
    field, said = None, str(fault.detail)
    if isinstance(fault.extra, list) and fault.extra and isinstance(fault.extra[0], dict):
        field, said = fault.extra[0].get("key"), str(fault.extra[0].get("message", ""))
    for kind, pattern in _KINDS:
        found = pattern.search(said)
        if found:
            parts = found.groupdict()
            field = parts.get("field") or (None if field == "data" else field)
            return Unfit(f"kit.unfit_{kind}", {"field": field or "", "limit": parts.get("limit", "")}, field)
    return Unfit("kit.unfit_unreadable", {}, None if field == "data" else field)
