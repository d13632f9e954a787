"""What has changed, field by field; an event's aside is heard and not written."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from kezhan.kit.changes import MOST, between
from kezhan.kit.crypto import BadSeal, new_key, seal_with, unseal_with
from kezhan.kit.outbox import Aside, Event, _encode

_ID = UUID(int=7)


class _Thing(msgspec.Struct, frozen=True):
    name: str
    ids: list[UUID] = []
    secret: str = "geheim"


_TABLE: list[tuple[Any, Any, Any, list[tuple[str, Any, Any]]]] = [
    ({"a": 1, "b": 2}, {"a": 1, "b": 3}, None, [("b", 2, 3)]),
    (None, {"a": True}, None, [("a", None, True)]),
    ({"a": 1}, None, None, [("a", 1, None)]),
    ({"a": 1, "b": 2}, {"a": 2, "b": 3}, ("b",), [("b", 2, 3)]),
    (_Thing("甲"), _Thing("乙", secret="x"), ("name",), [("name", "甲", "乙")]),
    ({"ids": []}, _Thing("甲", [_ID]), ("ids",), [("ids", [], [str(_ID)])]),
    (
        {"q": {"a": [{"n": 1}], "z": 1}},
        {"q": {"a": [{"n": 2}, {"n": 3}], "z": 1}},
        None,
        [("q.a.0.n", 1, 2), ("q.a.1.n", None, 3)],
    ),
    ({"t": "x" * 900}, {"t": "y" * 900}, None, [("t", "x" * 500, "y" * 500)]),
    ({"a": 1}, {"a": 1}, None, []),
]


@pytest.mark.parametrize(("before", "after", "names", "told"), _TABLE)
def test_what_differs_is_told_from_what_to_what(before: Any, after: Any, names: Any, told: Any) -> None:
    assert [(one.field, one.before, one.after) for one in between(before, after, names)] == told


def test_of_very_many_changes_the_rest_is_counted() -> None:
    found = between({}, {f"f{at}": at for at in range(1, 101)})
    assert len(found) == MOST and (found[-1].field, found[-1].after) == ("more", 101 - MOST)


class _Told(Event, frozen=True, kw_only=True, tag="kit.told"):
    at: int
    aside: Aside | None = None


def test_an_aside_is_not_written_and_nothing_else_goes_unsaid() -> None:
    written = _encode(_Told(at=1, aside=Aside("绝密")))
    assert "绝密" not in written.decode()
    assert msgspec.json.decode(written, type=_Told) == _Told(at=1)
    with pytest.raises(NotImplementedError):
        _encode({"x": object()})


def test_a_key_of_its_own_opens_what_it_sealed_and_nothing_else() -> None:
    key = new_key()
    sealed = seal_with(key, "绝密".encode(), "one")
    assert unseal_with(key, sealed, "one").decode() == "绝密"
    for wrong_key, wrong, context in (
        (new_key(), sealed, "one"),
        (key, sealed, "two"),
        (key, sealed[:-1] + bytes([sealed[-1] ^ 1]), "one"),
        (key, sealed[:5], "one"),
    ):
        with pytest.raises(BadSeal):
            unseal_with(wrong_key, wrong, context)
