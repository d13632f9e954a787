"""The filters of RFC 7644 §3.4.2.2 as far as directories use them: `eq`, `and`, `or`, brackets. Pure."""

import re
from typing import Literal, NamedTuple

import msgspec

from kezhan.kit.errors import Refused

_LONGEST = 2000
_DEEPEST = 20
_TOKEN = re.compile(
    r'\s*(?:(?P<mark>[()])|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[\w:.$-]+(?:\[[^\]]*\])?(?:\.\w+)?))'
)
_VALUED = re.compile(r"^(emails)\[(.*)\](?:\.value)?$", re.IGNORECASE)
PREFIX = re.compile(r"^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):", re.IGNORECASE)


class Is(NamedTuple):
    """`attribute` in lower case."""

    attribute: str
    value: str | bool


class Joined(NamedTuple):
    how: Literal["and", "or"]
    parts: list["Filter"]


Filter = Is | Joined


def parse(text: str, known: frozenset[str]) -> Filter:
    """Raises Refused 400 `workspaces.scim_bad_filter` for what is no filter, or asks for what cannot be."""
    if len(text) > _LONGEST:
        raise bad_filter()
    return _Parser(_tokens(text), known).whole()


def bad_filter() -> Refused:
    return Refused("workspaces.scim_bad_filter", 400)


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text.rstrip()):
        one = _TOKEN.match(text, place)
        if one is None:
            raise bad_filter()
        found.append(one.group().strip())
        place = one.end()
    if found.count("(") > _DEEPEST:
        raise bad_filter()
    return found


class _Parser:
    def __init__(self, tokens: list[str], known: frozenset[str]) -> None:
        self._tokens = tokens
        self._known = known
        self._at = 0

    def whole(self) -> Filter:
        found = self._either()
        if self._at != len(self._tokens):
            raise bad_filter()
        return found

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise bad_filter()
        self._at += 1
        return self._tokens[self._at - 1]

    def _follows(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].lower() == word:
            self._at += 1
            return True
        return False

    def _either(self) -> Filter:
        parts = [self._all()]
        while self._follows("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Joined("or", parts)

    def _all(self) -> Filter:
        parts = [self._one()]
        while self._follows("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Joined("and", parts)

    def _one(self) -> Filter:
        if self._follows("("):
            found = self._either()
            if self._next() != ")":
                raise bad_filter()
            return found
        attribute = _attribute(self._next())
        if attribute not in self._known or self._next().lower() != "eq":
            raise bad_filter()
        return Is(attribute, _value(self._next()))


def _attribute(word: str) -> str:
    """`emails`, `emails.value` and `emails[type eq "work"].value` are the one address that is kept."""
    word = PREFIX.sub("", word)
    valued = _VALUED.match(word)
    return "emails.value" if valued or word.lower() == "emails" else word.lower()


def _value(token: str) -> str | bool:
    if token.lower() in {"true", "false"}:
        return token.lower() == "true"
    try:
        return msgspec.json.decode(token, type=str)
    except (msgspec.DecodeError, ValueError) as fault:  # ValueError: half a character
        raise bad_filter() from fault
