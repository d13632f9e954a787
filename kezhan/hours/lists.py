"""A list of days as people keep them: one line each, `date,off|work,name`."""

import csv
import re
from datetime import date
from typing import Literal

from kezhan.hours.schemas import MAX_DAYS, CsvFault, CsvRead, SpecialDay
from kezhan.kit.words import say

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_KINDS: dict[str, Literal["off", "work"]] = {
    "off": "off",
    "work": "work",
    "休": "off",
    "班": "work",
    "放假": "off",
    "上班": "work",
}
_MAX_NAME = 100
_SHOWN = 80


def read_csv(text: str, language: str) -> CsvRead:
    """What can be read, and for every line that cannot a reason in `language`. Empty lines and a first line
    of headings are passed over."""
    days: dict[date, SpecialDay] = {}
    faults: list[CsvFault] = []
    for number, line in enumerate(re.split(r"\r\n|[\r\n]", text.lstrip("\ufeff")), 1):
        if not line.strip() or (number == 1 and not any(sign.isdigit() for sign in line)):
            continue
        found = _read_line(line, days)
        if isinstance(found, SpecialDay):
            days[found.date] = found
        else:
            # messages: hours.csv.*
            says = say(language, f"hours.csv.{found}", limit=MAX_DAYS, longest=_MAX_NAME)
            faults.append(CsvFault(line=number, text=line.strip()[:_SHOWN], says=says))
    return CsvRead(days=[days[day] for day in sorted(days)], faults=faults)


def _read_line(line: str, before: dict[date, SpecialDay]) -> SpecialDay | str:
    """The day, or the word for what is wrong."""
    separator = next((one for one in ",;\t，" if one in line), ",")
    parts = [part.strip() for part in next(csv.reader([line], delimiter=separator))]
    day = _date(parts[0])
    kind = _KINDS.get(parts[1].lower()) if len(parts) > 1 else None
    if day is None or kind is None:
        return "bad_date" if day is None else "bad_kind"
    name = parts[2] if len(parts) > 2 else ""
    wrong = {
        "too_many_parts": len(parts) > 3,
        "long_name": len(name) > _MAX_NAME,
        "twice": day in before,
        "too_many": len(before) >= MAX_DAYS,
    }
    found = next((word for word, true in wrong.items() if true), None)
    return found or SpecialDay(date=day, kind=kind, name=name)


def _date(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
