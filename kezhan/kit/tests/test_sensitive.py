"""What is found in text and told in part, and what is left alone."""

import timeit
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from kezhan.kit.log import _without_values
from kezhan.kit.masking import ADDRESS, SAID, Cover, Cut, Email, Phone, Said, masked, restored
from kezhan.kit.sensitive import Sort, masked_address, masked_cut, masked_text, masked_value

EVERY = frozenset(Sort)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("电话13800138000。", "电话138****8000。"),
        ("tel +86 138-0013-8000,", "tel +86 138-****-8000,"),
        ("008613800138000", "0086138****8000"),
        ("1 3 8 0 0 1 3 8 0 0 0", "1 3 8 * * * * 8 0 0 0"),
        ("１３８００１３８０００", "１３８****８０００"),
        ("20231111 13800138000", "20231111 138****8000"),
        ("zhang.san@example.com", "z********@example.com"),
        ("写给 zhang＠example．com", "写给 z****＠example．com"),
        ("11010519491231002X", "110***********002X"),
        ("110105 19491231 002x", "110*** ******** 002x"),
        ("110105194912310021", "110105194912310021"),  # a wrong check digit
        ("4111 1111 1111 1111", "**** **** **** 1111"),
        ("6222-0212-3456-7890-128 13800138000", "****-****-****-***0-128 138****8000"),
        ("4111111111111112", "4111111111111112"),  # a wrong check digit
        ("0000000000000000", "0000000000000000"),
        ("2026-11-23 16:14:00, 3 盒 ¥1,280.00", "2026-11-23 16:14:00, 3 盒 ¥1,280.00"),
        ("01900000-1380-7138-8001-380013800011", "01900000-1380-7138-8001-380013800011"),
        ("单号 202311111380013", "单号 202311111380013"),
        ("", ""),
    ],
)
def test_a_value_is_told_in_part_wherever_and_however_it_is_written(said: str, told: str) -> None:
    assert masked_text(said, EVERY) == told
    assert masked_text(said, frozenset()) == said
    assert masked_text(told, EVERY) == told, "told in part it stays as it is"


@given(st.text(alphabet="0123456789xX@.- ab茶＠１３", max_size=80))
def test_any_text_keeps_its_length_and_its_other_letters(text: str) -> None:
    told = masked_text(text, EVERY)
    assert len(told) == len(text)
    assert all(b in {a, "*"} for a, b in zip(text, told, strict=True))


def test_each_sort_by_itself() -> None:
    text = "13800138000 a@b.cn 11010519491231002X 4111111111111111"
    told = {sort: masked_text(text, {sort}) for sort in Sort}
    assert {sort: one.count("*") for sort, one in told.items()} == {
        Sort.PHONE: 4, Sort.EMAIL: 1, Sort.ID_CARD: 11, Sort.BANK_CARD: 12,
    }  # fmt: skip
    assert masked_value("+44 7911 123456", Sort.PHONE) == "+44 79** **3456"
    assert [masked_value(one, Sort.PHONE) for one in ("12345", "1234567", "")] == ["***45", "12***67", ""]


def test_what_a_platform_calls_somebody_may_be_a_text_too() -> None:
    assert masked_address("a.b@c.cn", EVERY) == "a**@c.cn"
    text = "a.b@c.cn，证11010519491231002X"
    assert masked_address(text, EVERY) == "a**@c.cn，证110***********002X"


def test_what_a_text_is_cut_off_in_is_not_shown() -> None:
    assert masked_cut("好" * 100 + "1101051949123", EVERY) == "好" * 100 + "*" * 13
    assert masked_cut("好" * 100 + "1234", EVERY).endswith("1234")
    assert masked_cut("1101051949123", EVERY) == "1101051949123", "it is whole"


class Inner(Struct, frozen=True):
    said: Said
    free: str = "13800138000"


class Talk(Struct, frozen=True):
    phone: Phone | None
    email: Email
    inner: list[Inner]
    more: Annotated[dict[str, Any], ADDRESS]
    who: str = "me"

    def served_by(self) -> Any:
        return self.who


def test_a_shape_says_what_is_masked_in_it() -> None:
    thing = Talk(
        "+447911123456",
        "a@b.cn",
        [Inner("打13800138000")],
        {"n": 13800138000, "on": True, "x": ["447911123456"]},
    )
    cover = Cover(sorts=EVERY)
    told = masked([thing], cover)[0]
    assert told == Talk(
        "+4479****3456", "*@b.cn", [Inner("打138****8000")],
        {"n": "138****8000", "on": True, "x": ["4479****3456"]},
    )  # fmt: skip
    assert masked(thing, Cover(sorts=EVERY, serves="me")) is thing  # type: ignore[arg-type]
    empty = Talk(None, "", [Inner("茶")], {})
    assert masked(empty, cover) is empty, "nothing is made anew where nothing is masked"


class File(Struct, frozen=True, kw_only=True):
    name: str
    size: int
    checked: bool = True
    copies: list[str] = []


class Said2(Struct, frozen=True, kw_only=True):
    preview: Cut
    note: Said | None
    file: Annotated[File | None, SAID]
    phone: Phone | None
    inner: Inner
    deep: list[Inner]


_TEXTS = st.text(alphabet="0123456789xX@.- ab茶＠１３", max_size=30)
_INNER = st.builds(Inner, said=_TEXTS)
_FILES = st.builds(
    File, name=_TEXTS, size=st.integers(0, 10**12) | st.just(13800138000), copies=st.lists(_TEXTS, max_size=1)
)
_SAID = st.builds(
    Said2, preview=_TEXTS | _TEXTS.map(lambda text: "好" * 100 + text), note=st.none() | _TEXTS,
    file=st.none() | _FILES, phone=st.sampled_from([None, None, "+447911123456"]), inner=_INNER,
    deep=st.lists(_INNER, max_size=2),
)  # fmt: skip


@given(st.lists(_SAID, max_size=3))
def test_many_looked_at_at_once_are_told_as_each_by_itself(things: list[Said2]) -> None:
    cover = Cover(sorts=EVERY)
    each = [masked(one, cover) for one in things]
    told = masked(things, cover)
    assert told == each
    assert (told is things) == all(a is b for a, b in zip(each, things, strict=True))


def test_what_stands_masked_in_an_edit_is_kept() -> None:
    cover = Cover(sorts=EVERY)
    kept = "打 13800138000 或 a.b@c.cn"
    assert restored(masked_text(kept, EVERY) + "，下午", kept, cover) == kept + "，下午"
    assert restored("打 13900139000", kept, cover) == "打 13900139000"
    assert restored("x", kept, None) == "x"


def test_the_log_writes_none_of_it() -> None:
    line = _without_values(None, "", {"event": "x", "fault": "no 13800138000 a.b@c.cn", "n": 1})
    assert line == {"event": "x", "fault": "no 138****8000 a**@c.cn", "n": 1}


def test_an_ordinary_message_costs_next_to_nothing() -> None:
    text = "您好，我的订单 20231111 什么时候发货呢？谢谢您的帮助" * 3
    fastest = min(timeit.repeat(lambda: masked_text(text, EVERY), number=500, repeat=5)) / 500
    assert fastest < 200e-6
