"""In which language something is written, as far as its letters say."""

from collections.abc import Iterator
from typing import get_args

from kezhan.translate.schemas import Language

_LANGUAGES = frozenset(get_args(Language))
_SHARE = 3
"""A script that has a third of the letters decides: names and brands in Latin stand in every language."""
# Blocks of letters, and the language meant where nothing else says so. Kana before Han: Japanese has both.
_SCRIPTS: tuple[tuple[str, Language, tuple[tuple[int, int], ...]], ...] = (
    ("kana", "ja", ((0x3040, 0x30FF), (0x31F0, 0x31FF))),
    ("hangul", "ko", ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF))),
    ("han", "zh-CN", ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2FA1F))),
    ("cyrillic", "ru", ((0x0400, 0x052F),)),
    ("arabic", "ar", ((0x0600, 0x06FF), (0x0750, 0x077F))),
    ("hebrew", "he", ((0x0590, 0x05FF),)),
    ("devanagari", "hi", ((0x0900, 0x097F),)),
    ("thai", "th", ((0x0E00, 0x0E7F),)),
)
_LATIN = "latin"
_OF_SCRIPT = {
    "kana": frozenset({"ja"}),
    "hangul": frozenset({"ko"}),
    "han": frozenset({"zh-CN", "zh-TW"}),
    "cyrillic": frozenset({"ru", "uk"}),
    "arabic": frozenset({"ar"}),
    "hebrew": frozenset({"he"}),
    "devanagari": frozenset({"hi"}),
    "thai": frozenset({"th"}),
}
_SPELT = frozenset().union(*_OF_SCRIPT.values())


def known(tag: str) -> Language | None:
    """The language that a tag of a browser or a platform names (`en-US`, `zh_Hant_HK`); None for another."""
    parts = tag.replace("_", "-").lower().split("-")
    if parts[0] == "zh":
        return "zh-TW" if {"tw", "hk", "mo", "hant"} & set(parts) else "zh-CN"
    return next((one for one in get_args(Language) if one == parts[0]), None)


def script_of(text: str) -> str:
    """Of most letters; empty where there are none. A word of Latin among others does not count."""
    counts: dict[str, int] = {}
    for letter in text:
        if letter.isalpha():
            name = next(_names(ord(letter)), _LATIN)
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return ""
    if counts.get("kana", 0) * _SHARE >= counts.get("han", 0) > 0:
        return "kana"
    least = sum(counts.values()) / _SHARE
    spelt = {name: count for name, count in counts.items() if name != _LATIN and count >= least}
    return max(spelt or counts, key=counts.__getitem__)


def _names(point: int) -> Iterator[str]:
    return (name for name, _, blocks in _SCRIPTS if any(low <= point <= high for low, high in blocks))


def language_of(text: str, told: str) -> Language | None:
    """Of what a customer writes, whose browser or platform has `told` a language; None: it could be any."""
    script, hers = script_of(text), known(told)
    if not script:
        return hers
    if script == _LATIN:
        return hers if hers is not None and hers not in _SPELT else None
    if hers in _OF_SCRIPT[script]:
        return hers
    return next(language for name, language, _ in _SCRIPTS if name == script)


def likely(text: str, told: str) -> Language:
    """Into which language to answer her. Whose letters say none, and are none of the language told, most
    likely writes English."""
    return language_of(text, told) or (None if script_of(text) else known(told)) or "en"


def is_in(text: str, language: Language, told: str) -> bool:
    """Whether nothing is to be translated: no letters, or letters of that very language."""
    if not script_of(text):
        return True
    found = language_of(text, told)
    return found == language or {found, language} == {"zh-CN", "zh-TW"}
