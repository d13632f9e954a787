"""The words themselves: which language, and what is filled in. Pure."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from kezhan.channels.replies import VARIABLE
from kezhan.conversations.life.schemas import ReplyTexts
from kezhan.kit.words import say

_MINUTE = 60


def chosen(texts: ReplyTexts, hers: str, house: str) -> tuple[str, str]:
    """(language, text) for a customer of this language, where it is one of ours; else in the workspace's. Of
    a text there is in one language only that."""
    wanted = next((ours for given in (hers, house) if (ours := _ours(given))), "zh-CN")
    english = texts.en if wanted == "en" or not texts.zh else ""
    return ("en", english) if english else ("zh-CN", texts.zh)


def _ours(given: str) -> str:
    tag = given.lower()
    return "zh-CN" if tag.startswith("zh") else "en" if tag.startswith("en") else ""


def filled(text: str, known: Mapping[str, str]) -> str:
    """Without the lines that name what is not known."""
    lines = (line for line in text.split("\n") if all(known.get(word) for word in VARIABLE.findall(line)))
    return VARIABLE.sub(lambda found: known[found[1]], "\n".join(lines)).strip()


def opens_words(language: str, opens_at: datetime, at: datetime, zone: str) -> str:
    """When it opens, on the clock of `zone`."""
    there = ZoneInfo(zone)
    local, today = opens_at.astimezone(there), at.astimezone(there).date()
    # messages: routing.replies.*
    day = {0: "today", 1: "tomorrow"}.get((local.date() - today).days, "on_day")
    return say(
        language,
        f"routing.replies.{day}",
        time=f"{local:%H:%M}",
        day=local.day,
        month=say(language, f"routing.replies.month_{local.month}"),
        weekday=say(language, f"routing.replies.weekday_{local.isoweekday()}"),
    )


def wait_words(language: str, low: int, high: int) -> str:
    """From and to so many seconds, in minutes, never less than it may be."""
    least, most = low // _MINUTE, ceil(high / _MINUTE)
    if most <= 1:
        return say(language, "routing.replies.wait_moment")
    if least < 1 or least == most:
        return say(language, "routing.replies.wait_within", most=most)
    return say(language, "routing.replies.wait_range", least=least, most=most)
