"""In which language something is written, by its letters and what is told of its writer."""

import pytest

from kezhan.translate.guess import is_in, known, language_of, likely


@pytest.mark.parametrize(
    ("text", "told", "language"),
    [
        ("我的 iPhone 15 Pro 到哪里了", "en", "zh-CN"),
        ("我的訂單", "zh-HK", "zh-TW"),
        ("注文した商品は今どこですか", "zh-CN", "ja"),
        ("주문이 어디에 있나요", "", "ko"),
        ("Где мой заказ", "uk-UA", "uk"),
        ("أين طلبي", "", "ar"),
        ("Wo ist mein Paket", "de-AT", "de"),
        ("Where is it", "zh-CN", None),
        ("Where is it", "", None),
        ("12345 😀", "fr", "fr"),
        ("", "", None),
    ],
)
def test_letters_decide_and_what_is_told_fills_in(text: str, told: str, language: str | None) -> None:
    assert language_of(text, told) == language


def test_whom_nothing_says_more_of_is_answered_in_what_she_most_likely_reads() -> None:
    asked = ("Where is it", "zh-CN"), ("", "zh-CN"), ("Wo", "de"), ("您好", "en"), ("", ""), ("123", "fr")
    assert [likely(*one) for one in asked] == ["en", "zh-CN", "de", "zh-CN", "en", "fr"]


def test_what_needs_no_translation_is_known() -> None:
    assert is_in("12345 😀", "en", "")
    assert is_in("你好", "zh-CN", "") and is_in("你好", "zh-TW", "zh-CN")
    assert not is_in("hello", "en", "") and is_in("hello", "en", "en-US")
    assert not is_in("你好", "en", "en")
    assert [known(tag) for tag in ("zh_Hant_HK", "zh", "pt-BR", "xx", "")] == [
        "zh-TW",
        "zh-CN",
        "pt",
        None,
        None,
    ]
