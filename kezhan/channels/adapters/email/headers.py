"""Header fields: unfolded, decoded (RFC 2047, and raw bytes of whatever charset), addresses, times. Total."""

import binascii
import re
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

from msgspec import Struct

from kezhan.channels.adapters.email.charsets import decoded

HEADER_BYTES = 256 * 1024
VALUE = 8000
_ENCODED = re.compile(r"=\?([\w.:+-]{1,60})(?:\*[\w-]*)?\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN = re.compile(r"(=\?[\w.:*+-]{1,80}\?[bBqQ]\?[^?\r\n]*\?=)\s+(?==\?)")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]]{1,190}")
_ID = re.compile(r"<[^<>\s]{3,400}>")
Fields = Message
"""The header of a mail or of one of its parts, as it stands there."""
FAULTS = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What the standard library's readers of headers trip over."""


class Address(Struct, frozen=True, kw_only=True):
    """`address` in lower case."""

    address: str
    name: str = ""


def read_fields(raw: bytes) -> Fields:
    """Values are text without lone surrogates, which the parser makes of 8-bit bytes."""
    fields = BytesHeaderParser(policy=compat32).parsebytes(raw[:HEADER_BYTES])
    if raw[:HEADER_BYTES].isascii():
        return fields
    plain: Fields = Message(policy=compat32)
    for name, value in fields.raw_items():
        plain.set_raw(_raw(name), _raw(str(value)))
    return plain


def values(fields: Fields, name: str) -> list[str]:
    """Every value of a field in their order, unfolded, as it stands there."""
    wanted = name.lower()
    found = [str(value) for key, value in fields.raw_items() if key.lower() == wanted]
    return [" ".join(value[:VALUE].split()) for value in found]


def value(fields: Fields, name: str) -> str:
    """The first value of a field, unfolded; empty where there is none."""
    return next(iter(values(fields, name)), "")


def words(text: str) -> str:
    """A value for people: encoded words and raw bytes made text. A character may be cut in two between
    encoded words of one charset, so neighbours are put together first."""
    plain = _BETWEEN.sub(r"\1", text)
    pieces: list[str] = []
    charset, held, end = "", b"", 0
    for found in _ENCODED.finditer(plain):
        if found.start() != end or found[1].lower() != charset:
            pieces.append(decoded(held, charset))
            held = b""
        pieces.append(plain[end : found.start()])
        charset, end = found[1].lower(), found.end()
        held += _word(found[2], found[3])
    pieces += [decoded(held, charset), plain[end:]]
    return " ".join("".join(pieces).split())


def _raw(text: str) -> str:
    return text if text.isascii() else decoded(text.encode("ascii", "surrogateescape"))


def _word(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    return unpacked(raw)


def unpacked(raw: bytes) -> bytes:
    """Base64, as much of it as can be read."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    try:
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    except binascii.Error:
        return b""


def addresses(fields: Fields, name: str) -> list[Address]:
    """Those of a field that can be addresses at all."""
    found: list[Address] = []
    for text in values(fields, name):
        try:
            pairs = getaddresses([text])
        except FAULTS:
            pairs = []
        good = [(said, given) for said, given in pairs if _ADDRESS.fullmatch(given)]
        # A name with an unquoted at-sign leads the reader astray; what stands in <…> is meant.
        unquoted = re.sub(r"\"[^\"]*\"", "", text)
        named = [given for given in re.findall(r"<([^<>\s]+)>", unquoted) if _ADDRESS.fullmatch(given)]
        if named and "," not in unquoted:
            good = [(said, given) for said, given in good if given in named]
        good = good or [("", given) for given in named or addresses_in(text)[:1]]
        found += [Address(address=given.lower(), name=words(said)[:200]) for said, given in good]
    return found


def addresses_in(text: str) -> list[str]:
    """Everything in a text that looks like an address, in lower case."""
    return list(dict.fromkeys(found.lower() for found in _ADDRESS.findall(text)))


def message_ids(text: str) -> list[str]:
    """`<…>` by `<…>`, in their order, each once."""
    return list(dict.fromkeys(_ID.findall(text)))


def moment(text: str) -> datetime | None:
    """A Date field in UTC; None where it is none, or of no year people live in."""
    try:
        at = parsedate_to_datetime(text)
        at = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except FAULTS:
        return None
    return at if 1990 <= at.year <= 2100 else None
