"""What is to be filled into a template, and the components that fill it."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.base import Header, TemplateUse, Turned


class Blank(Struct, frozen=True, kw_only=True, array_like=True):
    """One variable. `where`: header, body, url or copy_code; `name` where the template has names instead of
    positions; `at`: which button."""

    where: str
    name: str = ""
    at: int = 0


class Shape(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The blanks in the order of the template's variables."""

    header: Header = ""
    blanks: list[Blank] = []


def shape_of(used: TemplateUse) -> Shape:
    """Without a word of its own all its values stand in the body, by position."""
    if not used.shape:
        return Shape(blanks=[Blank(where="body") for _ in used.values])
    try:
        return msgspec.json.decode(used.shape, type=Shape)
    except msgspec.MsgspecError as fault:
        raise Turned("the template's shape cannot be read", fault="content_rejected") from fault


def components(
    shape: Shape, values: Sequence[str], header: dict[str, Any] | None
) -> Iterator[dict[str, Any]]:
    """`header`: the parameter of its file, where it has one."""
    filled = list(zip(shape.blanks, values, strict=False))
    for where in ("header", "body"):
        found = [_text(blank, value) for blank, value in filled if blank.where == where]
        if header is not None and where == "header":
            found = [header]
        if found:
            yield {"type": where, "parameters": found}
    for blank, value in filled:
        if blank.where in {"url", "copy_code"}:
            said = (
                {"type": "coupon_code", "coupon_code": value}
                if blank.where == "copy_code"
                else {"type": "text", "text": value}
            )
            button = {"type": "button", "sub_type": blank.where, "index": str(blank.at)}
            yield {**button, "parameters": [said]}


def _text(blank: Blank, value: str) -> dict[str, str]:
    named = {"parameter_name": blank.name} if blank.name else {}
    return {"type": "text", **named, "text": value}
