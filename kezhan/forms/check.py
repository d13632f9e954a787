"""Whether a form makes sense, and whether answers fit it. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from kezhan.forms.schemas import Choice, Field, FieldKind, Values
from kezhan.kit.errors import Refused

SHORT, LONG, LINK = 200, 5000, 2000
LARGEST = 10**15
DEPTH = 4
MOST_CHOICES = 500
_CHOOSING = frozenset({FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.TREE})


def check_fields(fields: Sequence[Field]) -> None:
    """Raises Refused 400, naming the place: `fields[2].choices`."""
    seen: set[str] = set()
    for place, field in enumerate(fields):
        where = f"fields[{place}]"
        if field.id in seen:
            raise Refused("forms.twice", 400, field=f"{where}.id", name=field.label)
        seen.add(field.id)
        ids = [choice.id for choice, _ in walk(field.choices)]
        if (field.kind in _CHOOSING) != bool(ids):
            code = "forms.no_choices" if field.kind in _CHOOSING else "forms.needless_choices"
            raise Refused(code, 400, field=f"{where}.choices", name=field.label)
        if len(set(ids)) != len(ids):
            raise Refused("forms.choice_twice", 400, field=f"{where}.choices", name=field.label)
        deepest = max((depth for _, depth in walk(field.choices)), default=0)
        if deepest > (DEPTH if field.kind is FieldKind.TREE else 1) or len(ids) > MOST_CHOICES:
            raise Refused("forms.too_deep", 400, field=f"{where}.choices", name=field.label, most=DEPTH)


def walk(choices: Sequence[Choice], depth: int = 1) -> Iterator[tuple[Choice, int]]:
    """Every choice with how deep it stands, from one."""
    for choice in choices:
        yield choice, depth
        if depth <= DEPTH:
            yield from walk(choice.children, depth + 1)


def checked(fields: Sequence[Field], values: Mapping[str, Any], *, whole: bool) -> Values:
    """The answers as they are kept, without empty ones. `whole`: what is required must be there. Raises
    Refused with the field's id and its name: 400 for an answer of another shape, 409 for a missing one."""
    known = {field.id: field for field in fields}
    for name in values:
        if name not in known:
            raise Refused("forms.no_such_field", 400, field=name[:40])
    kept = {}
    for field in fields:
        value = values.get(field.id)
        if isinstance(value, str):
            value = value.strip()
        if value is None or value in ("", []):
            if whole and field.required:
                raise Refused("forms.missing", 409, field=field.id, name=field.label)
            continue
        if not _FITS[field.kind](field, value):
            raise Refused("forms.bad_value", 400, field=field.id, name=field.label)
        kept[field.id] = value
    return kept


def _text(most: int) -> Callable[[Field, Any], bool]:
    return lambda field, value: isinstance(value, str) and len(value) <= most and "\0" not in value


def _choice(field: Field, value: Any) -> bool:
    return isinstance(value, str) and any(one.id == value for one, _ in walk(field.choices))


def _choices(field: Field, value: Any) -> bool:
    if not isinstance(value, list) or len(value) > MOST_CHOICES:
        return False
    return all(_choice(field, one) for one in value) and len(set(value)) == len(value)


def _leaf(field: Field, value: Any) -> bool:
    return any(one.id == value and not one.children for one, _ in walk(field.choices))


def _number(field: Field, value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value) and abs(value) <= LARGEST


def _date(field: Field, value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _link(field: Field, value: Any) -> bool:
    if not isinstance(value, str) or len(value) > LINK or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _like(shape: re.Pattern[str]) -> Callable[[Field, Any], bool]:
    return lambda field, value: isinstance(value, str) and bool(shape.fullmatch(value))


def _yes_no(field: Field, value: Any) -> bool:
    return isinstance(value, bool)


_FITS: Mapping[FieldKind, Callable[[Field, Any], bool]] = {
    FieldKind.TEXT: _text(SHORT),
    FieldKind.LONG_TEXT: _text(LONG),
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
    FieldKind.TREE: _leaf,
    FieldKind.NUMBER: _number,
    FieldKind.DATE: _date,
    FieldKind.YES_NO: _yes_no,
    FieldKind.LINK: _link,
    FieldKind.PHONE: _like(re.compile(r"\+?[0-9(][0-9 ().-]{1,30}[0-9]", re.ASCII)),
    FieldKind.EMAIL: _like(re.compile(r"[^@\s\x00-\x1f<>\"',;]{1,64}@[^@\s\x00-\x1f<>\"',;]{1,188}")),
}
