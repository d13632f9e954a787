"""What goes out to somebody from whom some values are masked: shapes say what their texts are, and here they
are masked, wherever they stand in an answer, a frame, a list. Pure.

A field of a Struct is marked by its type: `Said`, `Phone`, `Email`, `Address`. A Struct of a conversation
tells by `served_by()` who serves it; whoever does may read it plain."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin
from uuid import UUID

from msgspec import Meta, Struct, structs

from kezhan.kit.sensitive import (
    Sort,
    masked_address,
    masked_cut,
    masked_text,
    masked_value,
    maybe,
    maybe_cut,
    places,
)

_MARK = "masked"
Said = Annotated[str, Meta(extra={_MARK: "text"})]
"""A text in which somebody may have written anything."""
Cut = Annotated[str, Meta(extra={_MARK: "cut"})]
"""The same, of which the end may be missing."""
Phone = Annotated[str, Meta(extra={_MARK: Sort.PHONE})]
Email = Annotated[str, Meta(extra={_MARK: Sort.EMAIL})]
Address = Annotated[str, Meta(extra={_MARK: "address"})]
"""What a platform calls somebody: a number, an address, a word of its own."""
SAID = Meta(extra={_MARK: "text"})
ADDRESS = Meta(extra={_MARK: "address"})
"""To mark what is not a plain text: `Annotated[dict[str, Any], SAID]`."""


class Cover(Struct, frozen=True, kw_only=True):
    """What is masked from a reader: these sorts of values, though not in conversations that `serves`
    (herself) serves."""

    sorts: frozenset[str]
    serves: UUID | None = None


EVERYTHING = Cover(sorts=frozenset(Sort))


def masked(thing: Any, cover: Cover) -> Any:
    """The same as `cover` lets it be read; what holds nothing to mask is the thing itself."""
    if isinstance(thing, Struct):
        return _struct(thing, cover)
    if isinstance(thing, list | tuple) and not hasattr(thing, "_fields"):
        if _clean(thing):
            return thing
        return _each(thing, lambda one: one if _clean((one,)) else masked(one, cover))
    if isinstance(thing, dict):
        told = {name: masked(one, cover) for name, one in thing.items()}
        return told if any(told[name] is not one for name, one in thing.items()) else thing
    return thing


def masks(kind: type[Struct]) -> bool:
    """Whether there may be something to mask in such a thing."""
    return bool(_plan(kind))


def seen_text(text: str, cover: Cover | None) -> str:
    """A text as somebody may read it, letter by letter."""
    return text if cover is None else masked_address(text, cover.sorts)


def restored(text: str, kept: str, cover: Cover | None) -> str:
    """What somebody has made of `kept` as she could read it: where the masked value still stands, the
    value."""
    for place in places(kept, cover.sorts) if cover is not None else ():
        value = kept[place.start : place.end]
        text = text.replace(masked_value(value, place.sort), value, 1)
    return text


def returned(value: Any, kept: Any, cover: Cover | None) -> Any:
    """The same of a value of whatever kind, such as one of a form."""
    if isinstance(value, str) and isinstance(kept, str):
        return restored(value, kept, cover)
    return kept if cover is not None and value == _told(kept, "text", cover) else value


def _struct(thing: Struct, cover: Cover) -> Struct:
    plan = _plan(type(thing))
    if not plan:
        return thing
    served_by = getattr(thing, "served_by", None)
    if served_by is not None and cover.serves is not None and served_by() == cover.serves:
        return thing
    changes = {}
    for name, mark in plan:
        value = getattr(thing, name)
        told = masked(value, cover) if mark is None else _told(value, mark, cover)
        if told is not value:
            changes[name] = told
    return structs.replace(thing, **changes) if changes else thing


def _told(value: Any, mark: str, cover: Cover) -> Any:
    told: Any = value
    if isinstance(value, str):
        told = _BY_MARK[mark](value, cover.sorts)
    elif isinstance(value, int) and not isinstance(value, bool):
        words = _BY_MARK[mark](str(value), cover.sorts)
        told = value if words == str(value) else words
    elif isinstance(value, list | tuple):
        told = _each(value, lambda one: _told(one, mark, cover))
    elif isinstance(value, Mapping):
        told = {name: _told(one, mark, cover) for name, one in value.items()}
    elif isinstance(value, Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        changes = {name: _told(one, mark, cover) for name, one in fields.items()}
        changes = {name: one for name, one in changes.items() if one is not fields[name]}
        told = structs.replace(value, **changes) if changes else value
    return value if told == value else told


def _each(things: Any, tell: Callable[[Any], Any]) -> Any:
    told = [tell(one) for one in things]
    return type(things)(told) if any(a is not b for a, b in zip(told, things, strict=True)) else things


def _known(value: str, sorts: frozenset[str], *, sort: Sort) -> str:
    return masked_value(value, sort) if sort in sorts else masked_text(value, sorts)


_BY_MARK: dict[str, Callable[[str, frozenset[str]], str]] = {
    "text": masked_text,
    "cut": masked_cut,
    "address": masked_address,
    **{sort: partial(_known, sort=sort) for sort in Sort},
}
_Plan = tuple[tuple[str, str | None], ...]
_planning: set[type[Struct]] = set()


@cache
def _plan(kind: type[Struct]) -> _Plan:
    """The fields that may have to be masked, each with its mark, None where only something within is
    marked."""
    _planning.add(kind)
    try:
        found = ((field.name, _mark(field.type), field.type) for field in structs.fields(kind))
        return tuple((name, mark) for name, mark, type_ in found if mark or _holds(type_))
    finally:
        _planning.discard(kind)


class _Look(NamedTuple):
    """Where in a Struct and in those that always stand in it is what may have to be masked: `texts` and those
    of them whose end may be missing (`cuts`), and `more` of anything else, each with its mark."""

    texts: Callable[[Any], tuple[str, ...]]
    cuts: Callable[[Any], tuple[str, ...]] | None
    more: tuple[tuple[Callable[[Any], Any], str | None], ...]


def _clean(things: Sequence[object]) -> bool:
    """Whether it is seen at one look at all that is said in these Structs that there is nothing to mask, from
    whomever. Most pages are such, and a look at each text by itself takes many times as long."""
    said: list[str] = []
    ends: list[str] = []
    for thing in things:
        kind: Any = type(thing)
        if (look := _look(kind)) is None:
            return False
        texts, cuts, more = look
        for value_of, mark in more:
            if (value := value_of(thing)) and not (mark == "text" and _gathered(value, said)):
                return False
        said += texts(thing)
        if cuts is not None:
            ends += cuts(thing)
    return not maybe("\0".join(filter(None, said))) and not any(map(maybe_cut, ends))


def _gathered(value: Any, said: list[str]) -> bool:
    """Whether all that is said in a value of this mark, a text or a Struct of such, is now in `said`."""
    if isinstance(value, str):
        said.append(value)
        return True
    if not isinstance(value, Struct):
        return False
    for name in _telling(type(value)):
        if one := getattr(value, name):
            if not isinstance(one, str | int):
                return False
            said.append(str(one))
    return True


@cache
def _telling(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(one.name for one in structs.fields(kind) if one.type not in {bool, UUID})


@cache
def _look(kind: type[object]) -> _Look | None:
    if not issubclass(kind, Struct):
        return None
    texts: list[str] = []
    cuts: list[str] = []
    more: list[tuple[str, str | None]] = []

    def walk(kind: type[Struct], way: str) -> None:
        plan = dict(_plan(kind))
        for field in structs.fields(kind):
            if field.name not in plan:
                continue
            name, mark, type_ = f"{way}{field.name}", plan[field.name], field.type
            if mark in {"text", "cut"} and get_origin(type_) is Annotated and get_args(type_)[0] is str:
                texts.append(name)
                if mark == "cut":
                    cuts.append(name)
            elif mark is None and isinstance(type_, type) and issubclass(type_, Struct):
                walk(type_, f"{name}.")
            else:
                more.append((name, mark))

    walk(kind, "")
    others = tuple((attrgetter(name), mark) for name, mark in more)
    return _Look(_tuple_of(texts), _tuple_of(cuts) if cuts else None, others)


def _tuple_of(names: Sequence[str]) -> Callable[[Any], tuple[str, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    each = [attrgetter(name) for name in names]
    return lambda thing: tuple(get(thing) for get in each)


def _mark(type_: Any) -> str | None:
    if get_origin(type_) is Annotated:
        inner, *notes = get_args(type_)
        told = (note.extra.get(_MARK) for note in notes if isinstance(note, Meta) and note.extra)
        return next((str(mark) for mark in told if mark), None) or _mark(inner)
    marks = (_mark(one) for one in get_args(type_) if one is not type_)
    return next((mark for mark in marks if mark), None)


def _holds(type_: Any) -> bool:
    """Whether a value of this type may have a Struct in it that has something to mask."""
    if type_ is Any or isinstance(type_, TypeVar):
        return True
    origin = get_origin(type_)
    if origin is Annotated or origin in {Union, UnionType, list, tuple, dict, set, frozenset} or origin:
        return any(_holds(one) for one in get_args(type_)) or _is_struct(origin)
    return _is_struct(type_)


def _is_struct(type_: Any) -> bool:
    if not (isinstance(type_, type) and issubclass(type_, Struct)):
        return False
    return type_ in _planning or bool(_plan(type_))
