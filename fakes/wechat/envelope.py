"""XML as WeChat writes it, answers with errcode, and which files are what they claim to be."""

import re
from typing import Any, NoReturn
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from fakes.wire import Asked, Refused, Told, told

MEDIA_SECONDS = 3 * 24 * 3600
_ESCAPED_CJK = re.compile(rb"(?<!\\)(?:\\\\)*\\u(?:[2-9][0-9a-fA-F]|[fF][0-9a-eA-E])[0-9a-fA-F]{2}")
ERRORS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40006: "invalid meida size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40056: "invalid agentid",
    40058: "invalid parameter",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip, not in whitelist",
    41001: "access_token missing",
    41005: "media data missing",
    41050: "externaluser has started chatting",
    42001: "access_token expired",
    42014: "taskid has existed or empty or exceed max len",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44004: "empty content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "exchange of messages within 30 seconds is needed",
    45081: "typing already",
    47001: "data format error",
    47003: "argument invalid",
    48002: "user refused to receive",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    61451: "invalid kf_account",
    81013: "user & party & tag all invalid",
    84061: "not external contact",
    93000: "invalid webhook url",
    95000: "invalid open_kfid",
    95001: "send count exceeded",
    95013: "conversation ended",
    95016: "not allowed to transfer",
    95018: "send msg session status invalid",
}


def err(code: int, why: str = "", **more: Any) -> Told:
    """HTTP 200 and the code, as for every fault."""
    text = "ok" if code == 0 else ERRORS.get(code, "error")
    return told({"errcode": code, "errmsg": f"{text}: {why}" if why else text, **more})


def refuse(code: int, why: str = "") -> NoReturn:
    raise Refused(err(code, why))


def read_body(asked: Asked, *, escapes: bool = False) -> dict[str, Any]:
    """A call's JSON object. Escaped Chinese is refused without `escapes`: users would see the escapes."""
    try:
        body = msgspec.json.decode(asked.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        refuse(47001)
    if not escapes and _ESCAPED_CJK.search(asked.body):
        refuse(47001, "text must be UTF-8, not \\u escapes")
    return body if isinstance(body, dict) else refuse(47001)


def text_of(holder: Any, name: str, most: int, *, code: int = 40058, least: int = 0) -> str:
    """A text of at most `most` bytes; 45002 for more, `code` for none where there must be one."""
    value = holder.get(name, "") if isinstance(holder, dict) else None
    if not isinstance(value, str) or len(value.encode()) < least:
        refuse(code, name)
    if len(value.encode()) > most:
        refuse(45002, name)
    return value


def write_xml(fields: dict[str, Any]) -> str:
    """Numbers bare, text in CDATA, dictionaries nested, lists repeat their name."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{_value(one)}</{name}>"
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    )


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _inner(value)
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"


def read_xml(data: bytes) -> dict[str, Any] | None:
    """The fields of `<xml>…</xml>`; None for anything else."""
    try:
        root = fromstring(data.decode())
    except (ParseError, DefusedXmlException, UnicodeDecodeError):
        return None
    return _fields(root) if root.tag == "xml" else None


def _fields(element: Any) -> dict[str, Any]:
    return {child.tag: _fields(child) if len(child) else (child.text or "") for child in element}


def sniffed(data: bytes) -> str:
    """jpg, png, gif, amr, mp3, silk, mp4 by the first bytes, else ""."""
    starts = {
        b"\xff\xd8\xff": "jpg",
        b"\x89PNG": "png",
        b"GIF8": "gif",
        b"#!AMR": "amr",
        b"ID3": "mp3",
        b"\xff\xfb": "mp3",
        b"\xff\xf3": "mp3",
        b"\x02#!SILK": "silk",
    }
    if data[4:8] == b"ftyp":
        return "mp4"
    return next((kind for start, kind in starts.items() if data.startswith(start)), "")
