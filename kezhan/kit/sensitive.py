"""Phone numbers, e-mail addresses, ID and bank card numbers: found in text and told in part. Pure.

Digits of any script and width count, also with blanks, dashes and dots between them. An ID card's number is
one whose date and check digit are right, a bank card's one that begins as cards do and whose check digit is
right, so that order numbers and amounts stay."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Sort(StrEnum):
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    EMAIL = "email"


class Place(NamedTuple):
    start: int
    end: int
    sort: Sort


STAR = "*"
CUT = 100
"""Shorter texts are whole."""
# What people put between digits: blanks, dashes, dots, brackets, and what cannot be seen.
_GAP = r"[\s\u00ad\u200b-\u200f\u2060\ufeff.\-\u2010-\u2015\u2212\u00b7\uff0e\uff0d()\uff08\uff09_/]{0,3}"
_TEN = re.compile(rf"\d(?:{_GAP}\d){{9}}")
_RUN = re.compile(rf"\d(?:{_GAP}\d){{9,}}(?:{_GAP}[Xx\uff38\uff58](?![A-Za-z]))?")
_END = re.compile(rf"\d(?:{_GAP}\d){{4,}}\W{{0,3}}\Z")
_GROUP = re.compile(r"\d+")
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+)[A-Za-z0-9-]{2,63}",
    re.ASCII,
)
_WIDE = {0xFF01 + at: 0x21 + at for at in range(94)} | {0x3002: ".", 0xFF61: "."}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE = re.compile(r"(?:(?:00)?86)?(1[3-9]\d{9})")
_CARD = re.compile(r"[34569]\d{14,18}|2[2-7]\d{13,14}|8[1]\d{14,17}")
_BARE = re.compile(r"[^@\s]+@[^@\s，；、,;]+")
_ADDRESS = re.compile(r"\+?\d{7,15}", re.ASCII)
_CARDS = (19, 18, 17, 16, 15)
_MOBILES = (15, 13, 11)


def maybe(text: str) -> bool:
    """Whether such a value may be in `text`: a quick look, which most texts stand."""
    return "@" in text or "\uff20" in text or _TEN.search(text) is not None


def maybe_cut(text: str) -> bool:
    """The same of what `text` ends in, where it has perhaps been cut off."""
    return len(text) >= CUT and not text[-4:].isalpha() and _END.search(text) is not None


def masked_text(text: str, sorts: Collection[str]) -> str:
    """`text` with every such value in it told in part."""
    if not sorts or not maybe(text):
        return text
    told, at = [], 0
    for place in places(text, sorts):
        told += [text[at : place.start], masked_value(text[place.start : place.end], place.sort)]
        at = place.end
    return "".join((*told, text[at:])) if told else text


def masked_value(value: str, sort: str) -> str:
    """A value known to be one, told in part and as long as it is: its ends, by which whoever knows it will
    know it again."""
    if sort == Sort.EMAIL:
        at = value.translate(_WIDE).rfind("@")
        head = 1 if at > 2 else 0
        return value[:head] + STAR * (at - head) + value[at:] if at > 0 else STAR * len(value)
    digits = [at for at, letter in enumerate(value) if letter.isdecimal() or letter in "Xx\uff38\uff58"]
    head, tail = _ENDS.get(sort) or _ends(len(digits))
    told = list(value)
    for at in digits[head : max(head, len(digits) - tail)]:
        told[at] = STAR
    return "".join(told)


_ENDS: dict[str, tuple[int, int]] = {Sort.ID_CARD: (3, 4), Sort.BANK_CARD: (0, 4)}


def _ends(length: int) -> tuple[int, int]:
    """Of a phone number of so many digits, with its country or without."""
    return (length - 8, 4) if length >= 11 else (2, 2) if length >= 7 else (0, min(2, length - 1))


def masked_cut(text: str, sorts: frozenset[str]) -> str:
    """The same of a text that has perhaps been cut off: what it ends in may be the beginning of such a
    value."""
    told = masked_text(text, sorts)
    end = _END.search(told) if sorts - {Sort.EMAIL} and len(told) >= CUT else None
    return told[: end.start()] + re.sub(r"\d", STAR, end[0]) if end is not None else told


def masked_address(value: str, sorts: Collection[str]) -> str:
    """What a platform calls somebody: a number or address is told in part, a name of its own stays."""
    if "@" in value and Sort.EMAIL in sorts and _BARE.fullmatch(value):
        return masked_value(value, Sort.EMAIL)
    if Sort.PHONE in sorts and _ADDRESS.fullmatch(value):
        return masked_value(value, Sort.PHONE)
    return masked_text(value, sorts)


def places(text: str, sorts: Collection[str]) -> list[Place]:
    """Where such values stand, in order, none in another."""
    found = [place for run in _RUN.finditer(text) for place in _in_run(run, sorts)]
    if Sort.EMAIL in sorts:
        folded = text.translate(_WIDE)
        found += [Place(one.start(), one.end(), Sort.EMAIL) for one in _EMAIL.finditer(folded)]
    told: list[Place] = []
    for place in sorted(found):
        if not told or place.start >= told[-1].end:
            told.append(place)
        elif place.end > told[-1].end:
            told[-1] = Place(told[-1].start, place.end, told[-1].sort)
    return told


def _in_run(run: re.Match[str], sorts: Collection[str]) -> Iterator[Place]:
    """Among digits that stand together, each value that begins and ends where a group of them does."""
    text = run[0]
    digits = [(at, unicodedata.decimal(letter)) for at, letter in enumerate(text) if letter.isdecimal()]
    word = "".join(str(digit) for _, digit in digits)
    groups = [(one.start(), one.end()) for one in _GROUP.finditer(text)]
    nth = {at: n for n, (at, _) in enumerate(digits)}
    starts = [nth[start] for start, _ in groups]
    ends = {nth[end - 1] + 1 for _, end in groups}
    by_x = text[-1] in "Xx\uff38\uff58"
    done = 0
    for start in starts:
        if start < done:
            continue
        for sort, end in _from(word, start, ends, by_x):
            if sort in sorts:
                whole = sort == Sort.ID_CARD and end - start == 17
                last = len(text) if whole else digits[end - 1][0] + 1
                yield Place(run.start() + digits[start][0], run.start() + last, sort)
                done = end
                break


def _from(word: str, start: int, ends: set[int], by_x: bool) -> Iterator[tuple[Sort, int]]:
    """What the digits from `start` may be, up to one of `ends`."""
    if start + 18 in ends and is_id_card(word[start : start + 18]):
        yield Sort.ID_CARD, start + 18
    if by_x and start + 17 == len(word) and is_id_card(word[start:] + "X"):
        yield Sort.ID_CARD, start + 17
    for length in _CARDS:
        if start + length in ends and is_bank_card(word[start : start + length]):
            yield Sort.BANK_CARD, start + length
    for length in _MOBILES:
        if start + length in ends and _MOBILE.fullmatch(word, start, start + length):
            yield Sort.PHONE, start + length


def is_id_card(number: str) -> bool:
    """Whether 18 characters are the number of a resident's card: its date is one and its check digit
    right."""
    if number[0] == "0" or number[6:8] not in {"18", "19", "20"}:
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17]


def is_bank_card(number: str) -> bool:
    """Whether digits begin as a card's do, and end in the right check digit (Luhn)."""
    if not _CARD.fullmatch(number) or len(set(number)) < 2:
        return False
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
