"""The words a channel says by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from kezhan.conversations.life.schemas import ReplyTexts
from kezhan.routing.replies.texts import chosen, filled, opens_words, wait_words

BOTH = ReplyTexts(zh="您好", en="Hello")


@pytest.mark.parametrize(
    ("texts", "hers", "house", "found"),
    [
        (BOTH, "zh_TW", "en", ("zh-CN", "您好")),
        (BOTH, "en-GB", "zh-CN", ("en", "Hello")),
        (BOTH, "", "en", ("en", "Hello")),
        (BOTH, "fr", "zh-CN", ("zh-CN", "您好")),
        (BOTH, "", "", ("zh-CN", "您好")),
        (ReplyTexts(zh="您好"), "en", "en", ("zh-CN", "您好")),
        (ReplyTexts(en="Hello"), "zh", "zh-CN", ("en", "Hello")),
        (ReplyTexts(), "zh", "zh-CN", ("zh-CN", "")),
    ],
)
def test_a_customer_reads_her_own_language_where_it_is_known(
    texts: ReplyTexts, hers: str, house: str, found: tuple[str, str]
) -> None:
    assert chosen(texts, hers, house) == found


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        ("a\n{place}, {wait}\nb", {"place": "3", "wait": "5"}, "a\n3, 5\nb"),
        ("a\n{place}, {wait}\nb", {"place": "3"}, "a\nb"),
        ("{opens}", {"opens": ""}, ""),
        ("{not a name} {}", {}, "{not a name} {}"),
    ],
)
def test_a_line_that_names_what_is_not_known_is_left_out(text: str, known: dict[str, str], said: str) -> None:
    assert filled(text, known) == said


@pytest.mark.parametrize(
    ("hours", "chinese", "english"),
    [
        (2, "今天 22:30", "today at 22:30"),
        (10, "明天 06:30", "tomorrow at 06:30"),
        (58, "11月25日（周三）06:30", "on Wednesday, 25 November at 06:30"),
    ],
)
def test_when_it_opens_is_said_by_the_clock_of_its_hours(hours: int, chinese: str, english: str) -> None:
    at = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    opens = at + timedelta(hours=hours)
    assert opens_words("zh-CN", opens, at, "Asia/Shanghai") == chinese
    assert opens_words("en", opens, at, "Asia/Shanghai") == english


@pytest.mark.parametrize(
    ("low", "high", "chinese", "english"),
    [
        (10, 50, "不到 1 分钟", "less than a minute"),
        (30, 130, "3 分钟以内", "up to 3 minutes"),
        (120, 270, "2–5 分钟", "2–5 minutes"),
        (120, 120, "2 分钟以内", "up to 2 minutes"),
    ],
)
def test_a_wait_is_said_in_minutes_and_never_as_shorter(
    low: int, high: int, chinese: str, english: str
) -> None:
    assert (wait_words("zh-CN", low, high), wait_words("en", low, high)) == (chinese, english)
