"""One form for what reads the same: width, case, script, and what stands between the letters of a word."""

import unicodedata
from functools import lru_cache

import opencc

_simplified = opencc.OpenCC("t2s").convert


@lru_cache(maxsize=20_000)
def _letter(char: str) -> str:
    """What is left of one character: nothing of a space, a mark or an emoji."""
    plain = unicodedata.normalize("NFKD", char).casefold()
    letters = "".join(one for one in plain if one.isalnum())
    return _simplified(letters) if letters and not letters.isascii() else letters


def fold(text: str) -> tuple[str, list[int]]:
    """`text` folded, and of each of its letters where it stood."""
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        letter = _letter(char)
        letters.append(letter)
        places += [place] * len(letter)
    return "".join(letters), places
