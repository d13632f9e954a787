"""Finding words: in whatever dress they come, and not where they are only part of another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhan.kit.ids import new_id
from kezhan.screening.fold import fold
from kezhan.screening.match import Listed, Matcher, masked, sternest
from kezhan.screening.schemas import Tier


def matcher(*words: str, customers: Tier = Tier.RECORD, agents: Tier = Tier.MASK) -> Matcher:
    return Matcher([Listed(new_id(), "词表", customers, agents, list(words))])


@pytest.mark.parametrize(
    ("word", "text", "read"),
    [
        ("返现", "加我好评返现", "加我好评**"),
        ("返现", "返 . 现！", "* . *！"),
        ("返现", "返\u200b现", "*\u200b*"),
        ("转账", "請轉賬給我", "請**給我"),
        ("微信", "加ｗｅｉｘｉｎ微-信", "加ｗｅｉｘｉｎ*-*"),
        ("VX", "加ｖｘ聊", "加**聊"),
        ("VX", "v.x: abc", "*.*: abc"),
        ("ass", "a classic", "a classic"),
        ("ass", "what an ASS!", "what an ***!"),
        ("12315", "拨打１２３１５投诉", "拨打*****投诉"),
        ("12315", "订单 9123150", "订单 9123150"),
        ("好评返现", "好评返现和返现", "****和返现"),
        ("①号", "1号店", "**店"),
        ("👍", "👍", "👍"),
    ],
)
def test_a_word_is_found_in_every_dress_and_not_within_another(word: str, text: str, read: str) -> None:
    assert masked(text, matcher(word).find("agents", text)) == read


def test_of_words_that_overlap_all_are_found_and_the_sternest_counts() -> None:
    mild = Listed(new_id(), "a", Tier.RECORD, Tier.RECORD, ["好评"])
    stern = Listed(new_id(), "b", Tier.BLOCK, Tier.OFF, ["评返"])
    both = Matcher([mild, stern])
    found = both.find("customers", "好评返现")
    assert [(one.word, one.start, one.end) for one in found] == [("好评", 0, 2), ("评返", 1, 3)]
    assert sternest(found) is Tier.BLOCK
    assert sternest(both.find("agents", "好评返现")) is Tier.RECORD
    assert sternest(both.find("agents", "你好")) is Tier.OFF


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_folding_knows_where_each_letter_stood(text: str) -> None:
    letters, places = fold(text)
    assert len(letters) == len(places)
    assert places == sorted(places)
    assert all(fold(text[place])[0] for place in places)


@settings(max_examples=50)
@given(st.text(max_size=40), st.text(max_size=40))
def test_what_is_hidden_is_found_no_more_and_nothing_else_changes(before: str, behind: str) -> None:
    text = f"{before}，返现，{behind}"
    found = matcher("返现").find("agents", text)
    read = masked(text, found)
    assert len(read) == len(text)
    assert not matcher("返现").find("agents", read)
    hidden = {place for one in found for place in range(one.start, one.end)}
    assert all(a == b for place, (a, b) in enumerate(zip(text, read, strict=True)) if place not in hidden)
