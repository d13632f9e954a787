"""What a write has changed, field by field: from what, to what. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row

Value = str | float | bool | list[str] | None
MOST = 40
"""Fields that are told of one write; of more it is only said how many there are."""
_LONGEST = 500
_ITEMS = 50


class Change(Struct, frozen=True, kw_only=True):
    """`field` is a path of names and places, dotted (`steps.0.title`); None: there was, or is, nothing."""

    field: str
    before: Value = None
    after: Value = None


def between(before: Any, after: Any, names: Collection[str] | None = None) -> list[Change]:
    """The fields in which two Structs, mappings or rows differ, in the order of `after`; `names` are the
    only ones compared. None stands for a thing that is not there. Secrets are the caller's to leave out."""
    old, new = _mapping(before, names), _mapping(after, names)
    order = [*new, *(name for name in old if name not in new)]
    pairs = ((name, old.get(name), new.get(name)) for name in order)
    found = [change for name, was, is_ in pairs for change in _differences(name, was, is_)]
    if len(found) > MOST:
        return [*found[: MOST - 1], Change(field="more", after=len(found) - MOST + 1)]
    return found


def _mapping(thing: Any, names: Collection[str] | None) -> Mapping[str, Any]:
    if thing is None:
        return {}
    if isinstance(thing, Struct):
        thing = msgspec.structs.asdict(thing)
    elif isinstance(thing, Row):
        thing = thing._asdict()
    else:
        thing = dict(thing)
    wanted = {name: value for name, value in thing.items() if names is None or name in names}
    plain: dict[str, Any] = msgspec.to_builtins(wanted, enc_hook=str, str_keys=True)
    return plain


def _differences(path: str, was: Any, is_: Any) -> Iterator[Change]:
    if was == is_:
        return
    if _deep(was) or _deep(is_):
        old, new = _parts(was), _parts(is_)
        for name in [*new, *(name for name in old if name not in new)]:
            yield from _differences(f"{path}.{name}", old.get(name), new.get(name))
        return
    yield Change(field=path, before=_said(was), after=_said(is_))


def _deep(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(item, dict | list) for item in value)
    )


def _parts(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(place): item for place, item in enumerate(value)}
    return {} if value is None else {"": value}


def _said(value: Any) -> Value:
    if isinstance(value, list):
        return [str(item)[:_LONGEST] for item in value[:_ITEMS]]
    if isinstance(value, str):
        return value[:_LONGEST]
    plain: Value = value
    return plain
