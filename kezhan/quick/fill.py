"""Variables of a quick reply: which there are, whether a text uses them well, the text filled. Pure.

`{{customer.name}}` is replaced by the value, `{{customer.name|朋友}}` by the words after the bar where there
is no value. A value that looks like a variable stays as it is.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kezhan.kit.errors import Refused
from kezhan.kit.words import say

VARIABLES = (
    "customer.name",
    "customer.number",
    "agent.name",
    "workspace.name",
    "channel.name",
    "team.name",
    "greeting",
    "date",
    "weekday",
    "time",
)
"""All there are."""
MOST = 20
"""Variables in one text: filled, it must still fit into a message."""
_VARIABLE = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}")
_CHINESE = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
# From this hour on; before the first it is still night.
_GREETINGS = (
    (0, "evening"),
    (5, "morning"),
    (9, "forenoon"),
    (11, "noon"),
    (13, "afternoon"),
    (18, "evening"),
)


class Facts(NamedTuple):
    """What is known where a text is filled; empty where nothing is. `zone` and `language` are the
    workspace's."""

    customer: str
    number: str
    agent: str
    workspace: str
    channel: str
    team: str
    zone: str
    language: str


class Filled(NamedTuple):
    """`missing`: names of variables that had neither a value nor words instead."""

    text: str
    missing: list[str]


def check_variables(body: str) -> None:
    """Raises Refused, naming the variable that does not exist."""
    found = _VARIABLE.findall(body)
    for name, _ in found:
        if name not in VARIABLES:
            raise Refused("quick.unknown_variable", field="body", name=name or "{{}}")
    if "{{" in _VARIABLE.sub("", body):
        raise Refused("quick.open_variable", field="body")
    if len(found) > MOST:
        raise Refused("quick.many_variables", field="body", most=MOST)


def fill(body: str, facts: Facts, at: datetime) -> Filled:
    values, missing = values_of(facts, at, language_of(body, facts.language)), list[str]()

    def value(found: re.Match[str]) -> str:
        name, instead = found[1], found[2]
        if known := values.get(name):
            return known
        if instead is None and name not in missing:
            missing.append(name)
        return instead or ""

    return Filled(_VARIABLE.sub(value, body), missing)


def language_of(body: str, house: str) -> str:
    """The language a text is written in, which greeting and date follow; `house` where it has no letters."""
    words = _VARIABLE.sub("", body)
    if _CHINESE.search(words):
        return "zh-CN"
    return "en" if _LATIN.search(words) else house


def values_of(facts: Facts, at: datetime, language: str) -> Mapping[str, str]:
    """By name, in words of that language."""
    there = at.astimezone(ZoneInfo(facts.zone))
    # messages: quick.part.*, quick.calendar.*
    part = next(name for hour, name in reversed(_GREETINGS) if there.hour >= hour)
    month = say(language, f"quick.calendar.month_{there.month}")
    return {
        "customer.name": facts.customer,
        "customer.number": facts.number,
        "agent.name": facts.agent,
        "workspace.name": facts.workspace,
        "channel.name": facts.channel,
        "team.name": facts.team,
        "greeting": say(language, f"quick.part.{part}"),
        "date": say(language, "quick.calendar.date", year=there.year, month=month, day=there.day),
        "weekday": say(language, f"quick.calendar.weekday_{there.isoweekday()}"),
        "time": f"{there:%H:%M}",
    }
