"""What a robot is told, sealed in `{"encrypt": …}`:

{"msgid", "aibotid", "chatid", "chattype": "group|single", "from": {"userid"}, "create_time", "response_url",
 "msgtype", "text": {"content"}, "quote": {"msgtype", …}}

image, file, video {"url"}; voice {"content"}, the words that were heard; mixed {"msg_item": [{"msgtype":
"text|image", …}]}; event {"eventtype"}; stream {"id"}: how far an answer has come that was begun at once. Not
all of it is published: what is missing, or called otherwise, is shown as far as it can be.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.wecom_robot.settings import Settings, keys
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Forged,
    Happened,
    Inbound,
    InboundFile,
    Opening,
    Person,
    Request,
    Unreadable,
)
from kezhan.channels.vendors.tencent import push
from kezhan.channels.vendors.tencent.crypto import seal, signature
from kezhan.channels.vendors.tencent.fields import lines, moment, part, read_json
from kezhan.kit.loose import reach, rows, word

_NAMES = {"image": "图片", "voice": "语音.amr", "video": "视频.mp4", "file": ""}
_LONGEST_URL = 2000
_UNANSWERABLE = Opening(seconds=0)
_MOST = 2000
_MOST_PARTS = 20


class _Part(Struct, frozen=True, kw_only=True):
    """Words, or a file with its words; neither: of a kind we do not know."""

    text: str = ""
    file: InboundFile | None = None


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Everything is sealed, the handshake too. People answer later, by the address a message has brought: at
    once nothing is said, and an answer that the platform takes for begun is over."""
    if request.method == "GET":
        return push.hello(request, keys(account), at, sealed=True)
    content = push.genuine(request, keys(account), at)
    found = read_json(content) or {}
    own, robot = account.settings.robot_id, word(found, "aibotid")
    if own and robot and own != robot:
        raise Forged("of another robot")
    if word(found, "msgtype") == "stream":
        return Admitted(dedup_key=None, answer=_over(request, account, word(found, "stream", "id")))
    return Admitted(dedup_key=word(found, "msgid")[:200] or hashlib.sha256(content).hexdigest())


def _over(request: Request, account: Account, stream: str) -> Answer:
    over = msgspec.json.encode({"msgtype": "stream", "stream": {"id": stream, "finish": True, "content": ""}})
    # The random part has nothing to hide here: it follows from what was asked, and a repeat has the same.
    sealed = seal(account.secrets.aes_key, "", over, hashlib.sha256(request.body).digest()[:16])
    stamp, nonce = request.query.get("timestamp", ""), request.query.get("nonce", "")
    said = {
        "encrypt": sealed,
        "msgsignature": signature(account.secrets.token, stamp, nonce, sealed),
        "timestamp": int(stamp),
        "nonce": nonce,
    }
    return Answer(body=msgspec.json.encode(said), media_type="application/json")


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """One message with its parts, or something that has happened."""
    found = push.fields(request, keys(account))
    if isinstance(found, Unreadable):
        return found
    kind, sender = word(found, "msgtype"), word(found, "from", "userid")
    group = word(found, "chattype") == "group"
    chat = (sender if not group else "") or word(found, "chatid") or sender
    key, url = word(found, "msgid"), word(found, "response_url")
    url = url if len(url) <= _LONGEST_URL else ""
    if not (chat and key and kind):
        return Unreadable("Expected msgid, msgtype and who has written")
    if kind == "event":
        event = word(found, "event", "eventtype") or "event"
        return [Happened(external_id=chat, dedup_key=key, event=event)]
    name = word(found, "from", "name") or sender
    return [
        Inbound(
            external_id=chat,
            dedup_key=f"{key}#{number}" if number else key,
            kind="file" if one.file is not None else "text" if one.text.strip() else "unsupported",
            text=one.text if one.file is not None or one.text.strip() else _shown(found, kind),
            file=one.file,
            # Of a group no name is told.
            person=None if group else Person(name=name),
            speaker=name if group else "",
            message_id=f"{key}#{number}" if number else key,
            sent_at=moment(found, "create_time"),
            original_kind=kind,
            ticket=url,
            opening=None if url else _UNANSWERABLE,
        )
        for number, one in enumerate(_parts(found, kind, account.settings))
    ]


def _parts(found: Mapping[str, Any], kind: str, settings: Settings) -> list[_Part]:
    """At least one; what is quoted stands above the first, for the platform does not say which message it
    was."""
    (first, *others) = [_part(one, settings) for one in _items(found, kind)[:_MOST_PARTS]] or [_Part()]
    quoted = _quoted(part(found, "quote"))
    if quoted and (first.file is not None or first.text.strip()):
        first = _Part(text=lines(f"「{quoted}」", first.text), file=first.file)
    return [first, *others]


def _items(found: Mapping[str, Any], kind: str) -> list[Any]:
    if kind != "mixed":
        return [found]
    mixed = found.get("mixed")
    # Some are told of it as of a text.
    mixed = read_json(mixed.encode("utf-8", "replace")) if isinstance(mixed, str) else mixed
    return rows(mixed, "msg_item")


def _part(item: object, settings: Settings) -> _Part:
    kind = word(item, "msgtype")
    if kind == "text":
        return _Part(text=_unmentioned(word(item, "text", "content"), settings.robot_name))
    url = word(item, kind, "url") or word(item, kind, "img_url")
    said = word(item, kind, "content")
    if kind not in _NAMES or not 0 < len(url) <= _LONGEST_URL:
        return _Part(text=said if kind == "voice" else "")
    name = word(item, kind, "name") or word(item, kind, "filename") or _NAMES[kind]
    return _Part(text=said, file=InboundFile(ref=url, name=name))


def _unmentioned(text: str, robot: str) -> str:
    return text.removeprefix(f"@{robot}").lstrip() if robot else text


def _quoted(quote: Mapping[str, Any]) -> str:
    """The words of a quoted message; of a file what it is."""
    kind = word(quote, "msgtype")
    items = _items(quote, kind)
    texts = [
        word(one, word(one, "msgtype"), "content") or _NAMES.get(word(one, "msgtype"), "") for one in items
    ]
    return lines(*texts)[:_MOST]


def _shown(found: Mapping[str, Any], kind: str) -> str:
    """What can be shown of a kind we do not know: its texts."""
    content = reach(found, kind)
    texts = content.values() if isinstance(content, dict) else [content]
    return "\n".join(one for one in texts if isinstance(one, str))[:_MOST]
