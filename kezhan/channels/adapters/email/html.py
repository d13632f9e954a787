"""HTML of a mail as text: what was quoted as lines that begin with `>`, pictures of the mail as marks.

Read by a scanner of our own, in one pass whose time grows with the length only: mails are written by
strangers.
"""

import re
from collections.abc import Iterator
from html import unescape

from msgspec import Struct

LIMIT = 512 * 1024
CUT = "\ue000"
"""A line of the result that parts the reply from what it answers."""
SIGNED, SIGNED_END = "\ue003", "\ue004"
"""Lines of the result between which her client has put her signature."""
_PICTURE, _PICTURE_END = "\ue001", "\ue002"
PICTURE = re.compile(f"{_PICTURE}([^{_PICTURE_END}]*){_PICTURE_END}")
"""Where a picture of the mail stands; its group is the content id."""
OWN_CLASS = "kz-mail"
"""Marks what we have written, so that a reply's quote of it is known."""

_BLOCKS = frozenset(
    {
        "p",
        "div",
        "br",
        "tr",
        "table",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "pre",
        "blockquote",
    }
    | {
        "hr",
        "section",
        "article",
        "header",
        "footer",
        "address",
        "dl",
        "dt",
        "dd",
        "center",
        "form",
        "fieldset",
    }
)
_SILENT = frozenset({"script", "style", "head", "title", "noscript", "template", "object", "svg", "select"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_TAG = re.compile(r"</?[a-zA-Z!?]")
_ATTRIBUTE = re.compile(r"""([a-zA-Z_:][\w:.-]{0,60})(?:\s{0,8}=\s{0,8}("[^"]*"|'[^']*'|[^\s>"']+))?""")
_QUOTES = ("gmail_quote", "protonmail_quote", "yahoo_quoted", "moz-cite-prefix", OWN_CLASS)
_LINE_ABOVE = re.compile(
    r"border-top:\s*solid\s+#[0-9a-f]{6}\s+1\.0pt;\s*padding:\s*3\.0pt\s+0(?:in|cm)\s+0(?:in|cm)\s+0(?:in|cm)"
)
_SIGNATURE_RULE = re.compile(r"width:\s*210px")
"""Foxmail's line above a signature."""
_SIGNATURES = ("gmail_signature", "xm_write_card", "ms-outlook-mobile-signature", "spneditorsign")
"""In the class or the id of what holds one: Gmail's, the card of QQ Mail, Outlook's on a phone, 163's."""
_LONGEST_TAG = 8192


class Piece(Struct, frozen=True):
    """Text (`tag` empty), or a tag: `div`, `/div`; `!original` is the comment some clients part with."""

    tag: str
    text: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        found = _ATTRIBUTE.findall(self.text)
        return {name.lower(): unescape(value.strip("\"'")) for name, value in reversed(found)}


def to_text(html: str) -> str:
    """Lines, without more than one empty one in a row."""
    writer = _Writer()
    for piece in scan(_cleared(html[:LIMIT])):
        writer.take(piece)
    return tidy("\n".join(writer.lines()))


def tidy(text: str) -> str:
    """Without blanks at the ends of lines and without more than one empty line in a row."""
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _cleared(text: str) -> str:
    return re.sub(f"[{CUT}{SIGNED}{SIGNED_END}{_PICTURE}{_PICTURE_END}]", "", text)


def scan(html: str) -> Iterator[Piece]:
    """Its pieces in their order. What opens and never closes is text."""
    at, size = 0, len(html)
    while at < size:
        found = _TAG.search(html, at)
        if found is None:
            yield Piece("", html[at:])
            return
        start = found.start()
        if start > at:
            yield Piece("", html[at:start])
        if html.startswith("<!--", start):
            end = html.find("-->", start + 4)
            if "originalMessage" in html[start : start + 40]:
                yield Piece("!original")
            at = end + 3 if end >= 0 else size
            continue
        end = _tag_end(html, start)
        if end < 0:
            yield Piece("", html[start:])
            return
        name, rest = _named(html[start + 1 : min(end, start + _LONGEST_TAG)])
        yield Piece(name, rest)
        at = end + 1
        if name in {"script", "style"}:
            close = re.compile(f"</{name}", re.IGNORECASE).search(html, at)
            at = close.start() if close is not None else size


def _named(inside: str) -> tuple[str, str]:
    found = re.match(r"/?[a-zA-Z!?][^\s/>]*", inside)
    name = found[0] if found is not None else ""
    return name.lower(), inside[len(name) :]


def _tag_end(html: str, start: int) -> int:
    """Where the tag's `>` stands: not within a quoted value, as long as the quote ends at all."""
    end = html.find(">", start)
    for _ in range(20):
        if end < 0:
            return -1
        inside = re.sub(r"\"[^\"]*\"|'[^']*'", "", html[max(start, end - _LONGEST_TAG) : end])
        open_quotes = [mark for mark in "\"'" if f"={mark}" in inside.replace(" ", "")]
        if not open_quotes:
            return end
        close = html.find(open_quotes[0], end + 1, end + _LONGEST_TAG)
        after = html.find(">", close + 1) if close >= 0 else -1
        if after < 0:
            return end
        end = after
    return end


class _Writer:
    """Collects lines. A quoted element lasts until its own end tag; only tags of its name are counted."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes: list[tuple[str, int]] = []
        self._open: dict[str, int] = {}
        self._silent = ""
        self._signed: tuple[str, int] | None = None
        self._link: tuple[str, int] | None = None
        self._pre = 0
        self._tight: int | None = None
        """How many lines there were when a paragraph of Outlook's began, which has no room around it."""

    def lines(self) -> list[str]:
        self._break()
        self._end_signature()
        return self._lines

    def take(self, piece: Piece) -> None:
        if self._silent:
            self._silent = "" if piece.tag in {f"/{self._silent}", "body"} else self._silent
        elif not piece.tag:
            self._say(piece.text)
        elif piece.tag == "!original":
            self._cut()
        elif piece.tag.startswith("/"):
            self._close(piece.tag[1:])
        else:
            self._begin(piece.tag, piece)

    def _say(self, text: str) -> None:
        said = unescape(text)
        if self._pre:
            for number, line in enumerate(said.split("\n")):
                if number:
                    self._break()
                self._line.append(line)
            return
        self._line.append(re.sub(r"[ \t\r\n\f\u200b\ufeff]+", " ", said.replace("\xa0", " ")))

    def _begin(self, tag: str, piece: Piece) -> None:
        if tag in _SILENT:
            self._silent = tag
            return
        if tag == "br" and not "".join(self._line).strip():
            self._lines.append(self._mark().rstrip())
        given = piece.attributes if piece.text else {}
        tight = tag == "p" and "msonormal" in given.get("class", "").lower()
        if tag in _BLOCKS:
            self._break(empty=tag in _PARAGRAPHS and not tight)
        if tag == "p":
            self._tight = len(self._lines) if tight else None
        self._open[tag] = self._open.get(tag, 0) + 1
        self._set_apart(tag, given)
        if tag == "pre":
            self._pre += 1
        elif tag == "br":
            self._open[tag] -= 1
        elif tag == "li":
            self._line.append("- ")
        elif tag == "a":
            self._link = (given.get("href", ""), len(self._line))
        elif tag == "img":
            self._picture(given)
        elif tag == "hr" and _SIGNATURE_RULE.search(given.get("style", "").lower()):
            self._lines.append("-- ")
        elif tag in {"td", "th"} and self._line:
            self._line.append(" ")

    def _set_apart(self, tag: str, given: dict[str, str]) -> None:
        """What is not said this time: all from here on, the element that begins, or her signature."""
        if _parts(given):
            self._cut()
        if _quotes(tag, given):
            self._end_signature()
            self._quotes.append((tag, self._open[tag]))
        elif _signs(given) and self._signed is None and not self._quotes:
            self._break()
            self._lines.append(SIGNED)
            self._signed = (tag, self._open[tag])

    def _close(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            self._target(*self._link)
            self._link = None
        if tag in _BLOCKS:
            tight = self._tight if tag == "p" else None
            if tight == len(self._lines) and not "".join(self._line).strip():
                self._lines.append(self._mark().rstrip())
            self._break(empty=tag in _PARAGRAPHS and tight is None)
        if tag == "pre":
            self._pre = max(0, self._pre - 1)
        opened = self._open.get(tag, 0)
        if self._quotes and self._quotes[-1] == (tag, opened):
            self._quotes.pop()
        if self._signed == (tag, opened):
            self._break()
            self._end_signature()
        self._open[tag] = max(0, opened - 1)

    def _end_signature(self) -> None:
        if self._signed is not None:
            self._lines.append(SIGNED_END)
            self._signed = None

    def _target(self, target: str, since: int) -> None:
        """The address behind the words, where the words do not say it."""
        shown = "".join(self._line[since:]).strip()
        plain = target.strip()
        if not plain.lower().startswith(("http://", "https://")) or len(plain) > 2000 or not shown:
            return
        if shown.rstrip("/").lower() not in plain.lower():
            self._line.append(f" ({plain})")

    def _picture(self, given: dict[str, str]) -> None:
        source = given.get("src", "").strip()
        if source[:4].lower() == "cid:":
            self._line.append(f"{_PICTURE}{source[4:]}{_PICTURE_END}")

    def _mark(self) -> str:
        return "> " * min(len(self._quotes), 9)

    def _cut(self) -> None:
        self._break()
        self._end_signature()
        if not self._quotes:
            self._lines.append(CUT)

    def _break(self, *, empty: bool = False) -> None:
        text = "".join(self._line)
        text = text if self._pre else text.strip()
        self._line.clear()
        mark = self._mark()
        if text.strip():
            self._lines.append(mark + text)
        if empty and self._lines and self._lines[-1].strip("> "):
            self._lines.append(mark.rstrip())
        self._link = (self._link[0], 0) if self._link is not None else None


def _quotes(tag: str, given: dict[str, str]) -> bool:
    """Whether the element is what the reply quotes."""
    classes = given.get("class", "").lower()
    if any(name in classes for name in _QUOTES):
        return True
    named = given.get("id", "")
    if tag == "blockquote":
        return given.get("type", "").lower() == "cite" or named == "isReplyContent" or "cite" in given
    return "yahoo_quoted" in named or (tag == "div" and given.get("name", "").lower() == "quote")


def _signs(given: dict[str, str]) -> bool:
    """Whether the element is the writer's signature."""
    named, classes = given.get("id", ""), given.get("class", "")
    known = any(name in f"{classes} {named}".lower() for name in _SIGNATURES)
    # The line of two dashes above it has a class that begins alike.
    return (known and "_prefix" not in classes) or named == "Signature" or "xmail-signature" in given


def _parts(given: dict[str, str]) -> bool:
    """Whether all from here on is what the reply answers."""
    named = given.get("id", "")
    if named in {"appendonsend", "divRplyFwdMsg", "mail-editor-reference-message-container"}:
        return True
    return bool(_LINE_ABOVE.search(given.get("style", "").lower()))
