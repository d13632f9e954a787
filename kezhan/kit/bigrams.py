"""Text into words and back: what is kept of a text, what is asked for, where it was found. Pure."""

import re
import unicodedata
from typing import NamedTuple
from uuid import UUID

MAX_WORDS = 1000
"""Kept of one text; its further words are not found."""
MAX_LENGTH = 40
SNIPPET = 160
_LEAD = 40
"""Characters shown before the first match."""

# Scripts written without spaces: Thai to Khmer, Chinese, Japanese, Korean.
_DENSE = (
    "\u0e01-\u0e4e\u0e81-\u0eff\u1000-\u109f\u1780-\u17dd\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U000323af"
)
_RUN = re.compile(rf"([{_DENSE}]+)|([^\W_{_DENSE}]+)")
_PHRASE = re.compile("[\u4e00-\u9fff]{3,}")
# A letter with the accents that follow it: together they have another form.
_LETTER = re.compile(r".[\u0300-\u036f\u3099\u309a]*", re.DOTALL)
# What keeps most Chinese texts from being in their plain form already. To see that one is takes a tenth of
# the time of bringing it there.
_WIDE = [(wide, chr(ord(wide) - 0xFEE0)) for wide in "，？！：；（）～"]
_JOINS = re.compile(r"[\u0300-\u036f\u1100-\u11ff\u3099\u309a]")


class Snippet(NamedTuple):
    """A piece of a text. `matches` are [start, end) in UTF-16 units, as JavaScript counts."""

    text: str
    matches: list[tuple[int, int]]


def plain(text: str) -> str:
    """One form for all ways to write the same: full and half width, upper and lower case."""
    if not text.isascii():
        for wide, narrow in _WIDE:
            text = text.replace(wide, narrow)
        text = unicodedata.normalize("NFKC", text)
    return text.casefold()


def words_of(workspace_id: UUID, text: str, kind: str = "") -> list[str]:
    """What is kept of a text: words, and pairs of neighbours (with the last one alone) where no spaces are
    written. Each begins with its workspace's mark, and with the `kind` of what it is said of, so that the
    frequent words of one are not another's."""
    mark = _mark(workspace_id) + kind
    found: dict[str, None] = {}
    for dense, word in _RUN.findall(plain(text)):
        if dense:
            found.update((mark + dense[n : n + 2], None) for n in range(len(dense)))
        else:
            found[mark + word[:MAX_LENGTH]] = None
        if len(found) >= MAX_WORDS:
            break
    return list(found)[:MAX_WORDS]


def terms_of(text: str) -> list[str]:
    """What is asked for, parted by spaces; a text must contain each as it stands."""
    return list(dict.fromkeys(plain(text).split()))


def query_of(workspace_id: UUID, terms: list[str], kind: str = "") -> str:
    """The terms for the index (a tsquery); empty where they have no letter, digit or character in them.

    Every text of this `kind` that contains the terms is found, a word from its beginning on; others may be
    found too.
    """
    mark = _mark(workspace_id) + kind
    asked: dict[str, None] = {}
    for term in terms:
        for found in _RUN.finditer(term):
            dense, word = found.groups()
            if dense and len(dense) > 1:
                asked.update((f"'{mark}{dense[n : n + 2]}'", None) for n in range(len(dense) - 1))
            elif dense or found.end() == len(term) or len(word) > MAX_LENGTH:
                # One character begins a pair, and the last word may go on.
                asked[f"'{mark}{(dense or word)[:MAX_LENGTH]}':*"] = None
            else:
                asked[f"'{mark}{word}'"] = None
    return " & ".join(asked)


def phrases_of(terms: list[str]) -> list[str]:
    """Patterns of `like` for the terms of which the index knows no more than that their pairs are there, and
    whose letters the database folds as we do."""
    return [f"%{term}%" for term in terms if _PHRASE.fullmatch(term)]


def snippet_of(
    text: str, terms: list[str], length: int = SNIPPET, form: str = "", shown: str = ""
) -> Snippet | None:
    """`length` characters around the first match, the matches in them marked; None where a term is not
    in the text. `form`: plain(text), where it is known already; of long texts it takes longest. `shown`: what
    stands there for its reader, letter by letter."""
    form = form or plain(text)
    for term in terms:
        if term not in form:
            return None
    spans = _spans(text, form, terms)
    start = max(0, spans[0][0] - _LEAD) if spans and len(text) > length else 0
    end = min(len(text), start + length)
    cut = ("…" if start else "") + (shown or text)[start:end] + ("…" if end < len(text) else "")
    shift = (1 if start else 0) - start
    inside = [(first + shift, last + shift) for first, last in spans if start <= first and last <= end]
    if _units(cut) != len(cut):
        inside = [(_units(cut[:first]), _units(cut[:last])) for first, last in inside]
    return Snippet(cut, inside)


def _mark(workspace_id: UUID) -> str:
    """Four letters: the random end of the id, so that ids made together differ."""
    return f"{workspace_id.int & 0xFFFF:04x}"


def _spans(text: str, form: str, terms: list[str]) -> list[tuple[int, int]]:
    """Where the terms stand in `text` as it is written, without overlaps, in order; `form` is plain(text)."""
    places = None
    if len(form) != len(text) or not (text.isascii() or _JOINS.search(text) is None):
        form, places = _folded(text)
    found = []
    for term in terms:
        at = form.find(term)
        while at >= 0:
            end = at + len(term)
            found.append((at, end) if places is None else (places[at][0], places[end - 1][1]))
            at = form.find(term, end)
    if places is None and len(terms) == 1:
        return found
    kept: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if not kept or first >= kept[-1][1]:
            kept.append((first, last))
    return kept


def _folded(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The plain form letter by letter, and of each character of it where in `text` it comes from."""
    form, places = "", []
    for letter in _LETTER.finditer(text):
        folded = plain(letter[0])
        form += folded
        places += [letter.span()] * len(folded)
    return form, places


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
