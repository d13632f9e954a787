"""What a page says of itself: the head of its HTML, in whatever letters it is written."""

import codecs
import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from kezhan.kit.fetch import web_address
from kezhan.unfurl.schemas import Page

HEAD_BYTES = 256 * 1024
"""Where a page has not said it by then, it says nothing."""
_CHUNK = 16 * 1024
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED_WITHIN = 4096
# Those that text on the web is written in; Python knows others, some of them slow on purpose.
_CHARSETS = {
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp"),
    *("iso2022_jp", "euc_kr", "cp949", "koi8-r", "koi8-u", "ascii", "tis-620", "cp874"),
    *(f"iso8859-{n}" for n in range(1, 17)),
    *(f"cp125{n}" for n in range(9)),
}
_CHINESE = {"gb2312", "gbk", "gb18030", "hz", "cp936"}
_TITLES = ("og:title", "twitter:title", "title")
_ABOUTS = ("og:description", "twitter:description", "description")
_PICTURES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image")
_SPACE = re.compile(r"\s+")


def read(body: bytes, charset: str, address: str) -> Page | None:
    """None for a page without a name. `charset`: as the server tells it; `address`: where it was found."""
    found = _Head()
    text = decoded(body[:HEAD_BYTES], charset)
    for start in range(0, len(text), _CHUNK):
        found.feed(text[start : start + _CHUNK])
        if found.over:
            break
    said = {name: _plain(value) for name, value in found.said.items()}
    title = _first(said, _TITLES)[:200]
    if not title:
        return None
    picture = _first(said, _PICTURES)
    try:
        picture = urljoin(address, picture) if picture else ""
        host = urlsplit(address).hostname or ""
    except ValueError:
        picture, host = "", ""
    return Page(
        title=title,
        about=_first(said, _ABOUTS)[:400],
        site=(said.get("og:site_name") or host)[:100],
        picture=picture if web_address(picture) else "",
    )


def decoded(body: bytes, charset: str) -> str:
    """By what the server says, else the page itself; Chinese pages that say nothing are known by failing as
    UTF-8."""
    if (found := _DECLARED.search(body[:_DECLARED_WITHIN])) and not _codec(charset):
        charset = found[1].decode("ascii")
    codec = _codec(charset)
    if codec:
        return body.decode(codec, "replace")
    # The last letter may have been cut in two.
    text, _ = codecs.utf_8_decode(body, "replace", False)
    return body.decode("gb18030", "replace") if text.count("�") > len(text) // 100 else text


def _codec(charset: str) -> str:
    """The name Python has for it; empty where it is none of the web's."""
    try:
        name = codecs.lookup(charset.strip().lower()).name if charset else ""
    except (LookupError, ValueError):
        return ""
    if name in _CHINESE:
        return "gb18030"
    return name if name in _CHARSETS else ""


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text.replace("\0", "")).strip()


def _first(said: dict[str, str], names: tuple[str, ...]) -> str:
    return next((said[name] for name in names if said.get(name)), "")


class _Head(HTMLParser):
    """The `title` and the `meta` of a page, up to its body."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.over = False
        self._titled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self.over = True
        self._titled = tag == "title" and not self.over
        if tag == "meta" and not self.over:
            given = {name: value or "" for name, value in attrs}
            name = (given.get("property") or given.get("name") or "").strip().lower()
            if name and "content" in given:
                self.said.setdefault(name, given["content"][:2000])

    def handle_endtag(self, tag: str) -> None:
        self._titled = False
        self.over = self.over or tag == "head"

    def handle_data(self, data: str) -> None:
        if self._titled:
            self.said["title"] = (self.said.get("title", "") + data)[:2000]
