"""Variables: the closed list, fallbacks, the language and the time of day."""

from datetime import UTC, datetime

import pytest

from kezhan.kit.errors import Refused
from kezhan.kit.words import LANGUAGES, say
from kezhan.quick.fill import VARIABLES, Facts, check_variables, fill

NINE = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)  # 09:05 in Shanghai, a Monday


def facts(**changes: str) -> Facts:
    known = Facts("王女士", "081672", "周小满", "山间茶铺", "官网", "售前", "Asia/Shanghai", "zh-CN")
    return known._replace(**changes)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "{{customer.name}}{{greeting}}，我是{{workspace.name}}的{{ agent.name }}",
            "王女士上午好，我是山间茶铺的周小满",
        ),
        ("{{channel.name}} {{team.name}} {{customer.number}}，好", "官网 售前 081672，好"),
        ("今天是{{date}}，{{weekday}} {{time}}", "今天是2026年11月23日，星期一 09:05"),
        ("{{greeting}}, today is {{date}}, {{weekday}}", "Good morning, today is 23 November 2026, Monday"),
        ("{{greeting}}", "上午好"),
        ("一个 { 和 } 都照写", "一个 { 和 } 都照写"),
    ],
)
def test_variables_become_what_is_known(body: str, text: str) -> None:
    check_variables(body)
    assert fill(body, facts(), NINE) == (text, [])


@pytest.mark.parametrize(
    ("hour", "words"),
    [(3, "晚上好"), (6, "早上好"), (10, "上午好"), (12, "中午好"), (15, "下午好"), (20, "晚上好")],
)
def test_the_greeting_follows_the_clock_of_the_workspace(hour: int, words: str) -> None:
    at = datetime(2026, 11, 23, hour, tzinfo=UTC)
    assert fill("{{greeting}}", facts(zone="UTC"), at).text == words


def test_what_is_not_known_is_the_words_instead_or_named_once() -> None:
    unknown = facts(customer="", team="")
    assert fill("{{customer.name|朋友}}您好", unknown, NINE) == ("朋友您好", [])
    assert fill("{{customer.name|}}您好", unknown, NINE) == ("您好", [])
    assert fill("{{customer.name}}{{team.name}}{{team.name}}", unknown, NINE).missing == [
        "customer.name",
        "team.name",
    ]


def test_a_name_that_looks_like_a_variable_stays_a_name() -> None:
    assert fill("{{customer.name}}您好", facts(customer="{{agent.name}}"), NINE).text == "{{agent.name}}您好"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{{customer.phone}}", "quick.unknown_variable"),
        ("{{}}", "quick.unknown_variable"),
        ("{{Customer.Name}}", "quick.unknown_variable"),
        ("{{customer.name", "quick.open_variable"),
        ("{{customer.name|a|b}} {{", "quick.open_variable"),
        ("{{time}}" * 21, "quick.many_variables"),
    ],
)
def test_what_is_no_variable_is_refused_by_name(body: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_variables(body)
    assert (refused.value.code, refused.value.field) == (code, "body")
    for language in LANGUAGES:
        said = say(language, code, **refused.value.params)
        assert said != code and (code != "quick.unknown_variable" or refused.value.params["name"] in said)


def test_every_variable_has_a_value_where_everything_is_known() -> None:
    body = " ".join(f"{{{{{name}}}}}" for name in VARIABLES)
    assert fill(body, facts(), NINE).missing == []
