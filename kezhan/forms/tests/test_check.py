"""Which fields make a form, and which answers fit it."""

from typing import Any

import pytest

from kezhan.forms.check import check_fields, checked
from kezhan.forms.schemas import Choice, Field, FieldKind, Values
from kezhan.kit.errors import Refused


def some(kind: FieldKind, **more: Any) -> Field:
    return Field(id="f", kind=kind, label="原因", **more)


PLAIN = [Choice(id="a", label="物流"), Choice(id="b", label="质量")]
TREE = [Choice(id="a", label="投诉", children=[Choice(id="a1", label="物流"), Choice(id="a2", label="包装")])]


@pytest.mark.parametrize(
    ("kind", "choices", "value", "kept"),
    [
        (FieldKind.TEXT, [], " 已退款 ", "已退款"),
        (FieldKind.LONG_TEXT, [], "一\n二", "一\n二"),
        (FieldKind.CHOICE, PLAIN, "b", "b"),
        (FieldKind.CHOICES, PLAIN, ["b", "a"], ["b", "a"]),
        (FieldKind.TREE, TREE, "a2", "a2"),
        (FieldKind.NUMBER, [], 12.5, 12.5),
        (FieldKind.NUMBER, [], 0, 0),
        (FieldKind.DATE, [], "2026-02-28", "2026-02-28"),
        (FieldKind.YES_NO, [], False, False),
    ],
)
def test_an_answer_of_its_kind_is_kept(kind: FieldKind, choices: list[Choice], value: Any, kept: Any) -> None:
    field = some(kind, choices=choices, required=True)
    check_fields([field])
    assert checked([field], {"f": value}, whole=True) == {"f": kept}


@pytest.mark.parametrize(
    ("kind", "choices", "value"),
    [
        (FieldKind.TEXT, [], "x" * 201),
        (FieldKind.TEXT, [], "\0"),
        (FieldKind.TEXT, [], 7),
        (FieldKind.CHOICE, PLAIN, "c"),
        (FieldKind.CHOICE, PLAIN, ["a"]),
        (FieldKind.CHOICES, PLAIN, "a"),
        (FieldKind.CHOICES, PLAIN, ["a", "a"]),
        (FieldKind.CHOICES, PLAIN, ["a", 1]),
        (FieldKind.TREE, TREE, "a"),
        (FieldKind.TREE, TREE, {"id": "a1"}),
        (FieldKind.NUMBER, [], "12"),
        (FieldKind.NUMBER, [], True),
        (FieldKind.NUMBER, [], float("inf")),
        (FieldKind.DATE, [], "2026-02-30"),
        (FieldKind.DATE, [], "20260228"),
        (FieldKind.YES_NO, [], "yes"),
    ],
)
def test_an_answer_of_another_shape_is_refused_by_its_field(
    kind: FieldKind, choices: list[Choice], value: Any
) -> None:
    with pytest.raises(Refused) as refused:
        checked([some(kind, choices=choices)], {"f": value}, whole=False)
    assert (refused.value.code, refused.value.field) == ("forms.bad_value", "f")


@pytest.mark.parametrize("values", [{}, {"f": ""}, {"f": "  "}, {"f": None}])
def test_what_is_required_is_missed_at_the_end_only(values: Values) -> None:
    field = some(FieldKind.TEXT, required=True)
    assert checked([field], values, whole=False) == {}
    with pytest.raises(Refused) as refused:
        checked([field], values, whole=True)
    assert (refused.value.code, refused.value.status, refused.value.field) == ("forms.missing", 409, "f")


def test_a_field_that_is_not_asked_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        checked([some(FieldKind.TEXT)], {"g": "x"}, whole=False)
    assert refused.value.code == "forms.no_such_field"


def deep(levels: int) -> list[Choice]:
    return [Choice(id=f"c{levels}", label="x", children=deep(levels - 1) if levels > 1 else [])]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ([some(FieldKind.TEXT), some(FieldKind.DATE)], "forms.twice"),
        ([some(FieldKind.CHOICE)], "forms.no_choices"),
        ([some(FieldKind.TEXT, choices=PLAIN)], "forms.needless_choices"),
        ([some(FieldKind.CHOICE, choices=[*PLAIN, PLAIN[0]])], "forms.choice_twice"),
        ([some(FieldKind.CHOICE, choices=TREE)], "forms.too_deep"),
        ([some(FieldKind.TREE, choices=deep(5))], "forms.too_deep"),
        ([some(FieldKind.TREE, choices=deep(40))], "forms.too_deep"),
    ],
)
def test_fields_that_make_no_sense_are_refused(fields: list[Field], code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_fields(fields)
    assert refused.value.code == code


def test_four_levels_are_not_too_deep() -> None:
    check_fields([some(FieldKind.TREE, choices=deep(4))])
