"""Text into words and back."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhan.kit.bigrams import (
    MAX_LENGTH,
    MAX_WORDS,
    SNIPPET,
    query_of,
    snippet_of,
    terms_of,
    words_of,
)

WS = UUID(int=0x1A2B)


def kept(text: str) -> list[str]:
    words = words_of(WS, text)
    assert all(word.startswith("1a2b") for word in words)
    return [word[4:] for word in words]


def asked(text: str) -> str:
    return query_of(WS, terms_of(text)).replace("1a2b", "")


def finds(query: str, text: str) -> bool:
    """The index's answer, as PostgreSQL would give it."""
    words = words_of(WS, text)
    parts = re.findall(r"'([^']+)'(:\*)?", query_of(WS, terms_of(query)))
    return all(any(word.startswith(part) if star else word == part for word in words) for part, star in parts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("有春茶吗？", ["有春", "春茶", "茶吗", "吗"]),
        ("茶", ["茶"]),
        ("Ship to BERLIN, ship!", ["ship", "to", "berlin"]),
        ("第1泡 snake_case", ["第", "1", "泡", "snake", "case"]),
        ("ＡＢＣ１２３", ["abc123"]),
        ("カタカナ ｶﾀ", ["カタ", "タカ", "カナ", "ナ", "タ"]),
        ("안녕하세요", ["안녕", "녕하", "하세", "세요", "요"]),
        ("……😀 !?", []),
        ("", []),
    ],
)
def test_dense_scripts_are_kept_as_pairs_and_others_as_words(text: str, words: list[str]) -> None:
    assert kept(text) == words


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("春茶", "'春茶'"),
        ("春 茶", "'春':* & '茶':*"),
        ("发货单 KD123", "'发货' & '货单' & 'kd123':*"),
        ("don't", "'don' & 't':*"),
        ("第1泡", "'第':* & '1' & '泡':*"),
        ("？？ 😀", ""),
        ("' | \\ & ! : * (a)", "'a'"),
        ("   ", ""),
    ],
)
def test_a_query_asks_for_pairs_and_for_the_beginnings_of_words(text: str, query: str) -> None:
    assert asked(text) == query


def test_long_texts_and_long_words_are_kept_in_bounds() -> None:
    assert len(kept("".join(chr(0x4E00 + n) for n in range(5000)))) == MAX_WORDS
    assert len(kept(" ".join(str(n) for n in range(5000)))) == MAX_WORDS
    long = "x" * 500
    assert kept(long) == ["x" * MAX_LENGTH]
    assert finds(long, f"see {long} there") and finds(long + "-a", long + "-a")


def test_two_workspaces_share_no_words() -> None:
    assert not set(words_of(WS, "春茶")) & set(words_of(UUID(int=7), "春茶"))


LETTERS = st.text("春茶发货aB1Ｃé -，😀́が", max_size=30)


@given(LETTERS, LETTERS, LETTERS)
def test_whatever_contains_the_terms_from_the_beginning_of_a_word_on_is_found(
    before: str, term: str, behind: str
) -> None:
    text = f"{before} {term}{behind}"
    if snippet_of(text, terms_of(term)) and not re.search("́", term + behind):
        assert finds(term, text)


@given(LETTERS, LETTERS)
def test_matches_always_lie_within_the_snippet_and_in_order(text: str, term: str) -> None:
    snippet = snippet_of(text * 20, terms_of(term))
    if snippet is None:
        return
    ends = [
        0,
        *(end for match in snippet.matches for end in match),
        len(snippet.text.encode("utf-16-le")) // 2,
    ]
    assert ends == sorted(ends)
    assert len(snippet.text) <= SNIPPET + 2


def shown(text: str, query: str) -> list[str]:
    """What a browser would mark."""
    snippet = snippet_of(text, terms_of(query))
    assert snippet is not None
    units = snippet.text.encode("utf-16-le")
    return [units[2 * first : 2 * last].decode("utf-16-le") for first, last in snippet.matches]


def test_matches_are_marked_as_they_are_written() -> None:
    assert shown("😀😀 买春茶，春茶！", "春茶") == ["春茶", "春茶"]
    assert shown("Straße ＢＥＲＬＩＮ cafe\u0301", "strasse berlin café") == [
        "Straße",
        "ＢＥＲＬＩＮ",
        "cafe\u0301",
    ]
    assert shown("abcabc", "abc bca") == ["abc", "abc"]
    assert snippet_of("nothing here", ["春"]) is None and snippet_of("春", ["春", "茶"]) is None


def test_a_snippet_of_a_long_text_stands_around_the_first_match() -> None:
    snippet = snippet_of("啊" * 900 + "春茶" + "哦" * 900, ["春茶"])
    assert snippet is not None and snippet.text.startswith("…啊") and snippet.text.endswith("哦…")
    assert shown("啊" * 900 + "春茶" + "哦" * 900, "春茶") == ["春茶"]
    whole, cut = snippet_of("春茶 " * 5, ["春茶"]), snippet_of("a" * 900, ["a"])
    assert whole is not None and whole.text == "春茶 " * 5
    assert cut is not None and cut.text == "a" * SNIPPET + "…"
