"""Bytes into text, whatever the mail says of them."""

import codecs
import re

from charset_normalizer import from_bytes

_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
}
"""Senders name the small set and write characters of the large one."""
_NAMELESS = frozenset({"", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "default", "utf8", "utf-8"})
# Codecs of Python that are no charsets of a mail; some take time that grows with the square of the text.
_NOT_OURS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
_SAMPLE = 20_000
_PAIRS = re.compile(rb"(?:[\x00-\x7f]++|[\xa1-\xf7][\xa1-\xfe])*+.?", re.DOTALL)
"""GB 2312 as it is nearly always: two high bytes a character; the sample may end within one."""


def decoded(data: bytes, charset: str = "") -> str:
    """`data` as text; by the charset named, where that fits, else by what the bytes look like. Total."""
    named = charset.strip().strip("\"'").lower()
    for name in ("utf-8-sig", _usable(named)):
        if name and (name != "utf-8-sig" or named in _NAMELESS):
            try:
                return data.decode(name)
            except (UnicodeError, LookupError, ValueError):
                continue
    return data.decode(_likely(data), "replace")


def _usable(charset: str) -> str:
    if charset in _NAMELESS:
        return ""
    try:
        name = _WIDER.get(charset) or codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NOT_OURS else name


def _likely(data: bytes) -> str:
    """UTF-8 cut off in the midst is UTF-8 all the same; of the rest, most is Chinese."""
    sample = data[:_SAMPLE]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeError:
        if _PAIRS.fullmatch(sample):
            return "gb18030"
        best = from_bytes(sample).best()
        return best.encoding if best is not None else "gb18030"
    return "utf-8"
