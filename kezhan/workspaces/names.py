"""How names and addresses are compared and sorted."""

import unicodedata

from pypinyin import Style, lazy_pinyin

# Characters that read differently as a family name.
_FAMILY_NAMES = {
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "查": "zha",
    "朴": "piao",
    "区": "ou",
    "曾": "zeng",
    "盖": "ge",
    "翟": "zhai",
    "覃": "qin",
    "缪": "miao",
    "华": "hua",
    "任": "ren",
    "冼": "xian",
    "召": "shao",
    "秘": "bi",
    "乜": "nie",
    "尉": "wei",
    "燕": "yan",
}


def sort_key(name: str) -> str:
    """Latin letters by which Chinese names sort as their readers expect; stored, never shown."""
    return " ".join(lazy_pinyin(unicodedata.normalize("NFKC", name.strip()))).casefold()[:200]


def person_sort_key(name: str) -> str:
    """As `sort_key`, the first character read as a family name."""
    name = name.strip()
    family = _FAMILY_NAMES.get(name[:1])
    return sort_key(name) if family is None else f"{family} {sort_key(name[1:])}".strip()


def email_key(email: str) -> str:
    """One key for every spelling of an address that means the same mailbox here."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def pinyin_of(text: str) -> str:
    """The Latin letters and figures by which a text is found as it sounds."""
    return _sounds(text, Style.NORMAL)


def initials_of(text: str) -> str:
    """The same by the first letter of each character."""
    return _sounds(text, Style.FIRST_LETTER)


def _sounds(text: str, style: Style) -> str:
    sounds = lazy_pinyin(unicodedata.normalize("NFKC", text), style=style)
    return "".join(sign for sign in "".join(sounds).casefold() if sign.isalnum())
