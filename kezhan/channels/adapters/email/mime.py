"""A mail taken apart: its header, its words, its files, in their order.

Split by hand and not by the standard library's reader: that one goes down by recursion and line by line, and
strangers choose how deep and how long.
"""

import binascii
import re
from collections.abc import Iterator

from msgspec import Struct

from kezhan.channels.adapters.email.charsets import decoded
from kezhan.channels.adapters.email.headers import FAULTS, Fields, read_fields, unpacked, value, words

DEPTH = 10
PARTS = 200
TEXT_BYTES = 1024 * 1024
_END = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_ENDINGS = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "image/jpeg": ".jpg",
    "application/pdf": ".pdf",
}


class Part(Struct, frozen=True, kw_only=True):
    """One leaf. `number` is its place in the mail ("1.2"), `content` still in its transfer encoding."""

    fields: Fields
    media_type: str
    number: str
    content: bytes

    @property
    def data(self) -> bytes:
        coding = value(self.fields, "content-transfer-encoding").lower()
        if coding == "base64":
            return unpacked(self.content)
        if coding == "quoted-printable":
            return binascii.a2b_qp(self.content)
        return self.content

    @property
    def text(self) -> str:
        """Its first megabyte, decoded, with line ends as \\n."""
        text = decoded(self.data[:TEXT_BYTES], param(self.fields, "charset"))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if self.media_type == "text/plain" and param(self.fields, "format").lower() == "flowed":
            return _unflowed(text, param(self.fields, "delsp").lower() == "yes")
        return text

    @property
    def name(self) -> str:
        """The file's name as the sender gave it, without a path."""
        given = words(_file_name(self.fields))
        if not given and self.media_type == "message/rfc822":
            given = words(value(read_fields(self.data), "subject"))[:100] or "mail"
        given = re.split(r"[/\\]", given)[-1].strip()[:200]
        ending = _ENDINGS.get(self.media_type, "")
        if self.media_type == "message/rfc822" and not given.lower().endswith(ending):
            given += ending
        return given or f"{self.number}{ending or _ending(self.media_type)}"

    @property
    def content_id(self) -> str:
        return value(self.fields, "content-id").strip("<> ")

    @property
    def attached(self) -> bool:
        return value(self.fields, "content-disposition").lower().startswith("attachment")


class Mail(Struct, frozen=True, kw_only=True):
    """`html` and `plain` are the body's; `files` all the rest. `whole` is false where the mail has more parts
    or goes deeper than is read."""

    fields: Fields
    html: str
    plain: str
    files: tuple[Part, ...]
    parts: tuple[Part, ...]
    whole: bool


def read(raw: bytes) -> Mail:
    """Total: whatever the bytes are, it answers."""
    fields, _ = _split(raw)
    parts = list(_leaves(raw, "", "", 0, [PARTS]))
    whole = len(parts) <= PARTS and all(part.media_type != "" for part in parts)
    parts = [part for part in parts[:PARTS] if part.media_type]
    html = [part for part in parts if part.media_type == "text/html" and _is_body(part)]
    plain = [part for part in parts if part.media_type == "text/plain" and _is_body(part)]
    bodies = {id(part) for part in html + plain}
    files = [part for part in parts if id(part) not in bodies and part.media_type not in _SIGNATURES]
    return Mail(
        fields=fields,
        html=_all_of(html, plain),
        plain="\n".join(part.text.strip("\n") for part in plain),
        files=tuple(files),
        parts=tuple(parts),
        whole=whole,
    )


def _all_of(html: list[Part], plain: list[Part]) -> str:
    """The body as HTML. Some write words between pictures as parts of their own: where the plain parts are
    more than the HTML ones they are no alternative but the text itself."""
    if len(plain) > len(html):
        return ""
    return "\n".join(part.text for part in html)


def _is_body(part: Part) -> bool:
    return not part.attached and not _file_name(part.fields)


def _leaves(raw: bytes, number: str, default: str, depth: int, left: list[int]) -> Iterator[Part]:
    """Leaves in their order; one without a media type stands where the walk has given up."""
    if left[0] < 0:
        return
    left[0] -= 1
    fields, content = _split(raw)
    kind = media_type(fields, default)
    boundary = param(fields, "boundary")
    if not kind.startswith("multipart/") or not boundary:
        kind = "text/plain" if kind.startswith("multipart/") else kind
        yield Part(fields=fields, media_type=kind, number=number or "1", content=content)
    elif depth >= DEPTH:
        yield Part(fields=fields, media_type="", number=number, content=b"")
    else:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for index, piece in enumerate(_pieces(content, boundary, left[0] + 1), 1):
            yield from _leaves(piece, f"{number}.{index}".lstrip("."), inner, depth + 1, left)


def _split(raw: bytes) -> tuple[Fields, bytes]:
    found = _END.search(raw)
    head, body = (raw, b"") if found is None else (raw[: found.start()], raw[found.end() :])
    return read_fields(head + b"\r\n\r\n"), body


def _pieces(content: bytes, boundary: str, most: int) -> list[bytes]:
    """What stands between the boundary's lines. Without the last of them the last piece goes to the end."""
    mark = b"\n--" + boundary.encode("utf-8", "replace")
    content = b"\n" + content  # the first line may be the boundary's
    pieces: list[bytes] = []
    start, at = -1, content.find(mark)
    while at >= 0 and len(pieces) <= most:
        end = at + len(mark)
        line_end = content.find(b"\n", end)
        rest = content[end : line_end if line_end >= 0 else len(content)].strip()
        if rest not in {b"", b"--"}:  # the mark of another boundary that begins like this one
            at = content.find(mark, end)
            continue
        if start >= 0:
            pieces.append(content[start : at - (content[at - 1 : at] == b"\r")])
        if rest == b"--" or line_end < 0:
            return pieces
        start = line_end + 1
        at = content.find(mark, line_end)
    return [*pieces, content[start:]] if start >= 0 else pieces


def _unflowed(text: str, close: bool) -> str:
    """Lines that were broken on the way put together again (RFC 3676), where nothing is quoted."""
    found: list[str] = []
    open_line = False
    for line in text.split("\n"):
        plain = line[1:] if line.startswith(" ") else line
        if open_line and not plain.startswith(">"):
            found[-1] = (found[-1][:-1] if close else found[-1]) + plain
        else:
            found.append(plain)
        open_line = plain.endswith(" ") and plain != "-- " and not found[-1].startswith(">")
    return "\n".join(found)


def media_type(fields: Fields, default: str = "") -> str:
    given = value(fields, "content-type").partition(";")[0].strip().lower()
    return given if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,100}", given) else default or "text/plain"


def param(fields: Fields, name: str) -> str:
    """A parameter of the content type."""
    try:
        found = fields.get_param(name, "")
        return (found if isinstance(found, str) else decoded(_bytes(found[2]), found[0] or ""))[:200]
    except FAULTS:
        return ""


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _file_name(fields: Fields) -> str:
    try:
        return (fields.get_filename("") or "")[:1000]
    except FAULTS:
        return ""


def _ending(kind: str) -> str:
    rest = kind.partition("/")[2]
    return f".{rest}" if rest.isalnum() and len(rest) < 6 else ""
