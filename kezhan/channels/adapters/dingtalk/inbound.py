"""What the robot is told, by a call or over the stream:

{"msgId", "msgtype", "createAt", "conversationId", "conversationType": "1|2", "conversationTitle",
 "senderId", "senderNick", "senderStaffId", "robotCode", "sessionWebhook", "sessionWebhookExpiredTime",
 "text": {"content"}, "content": {…}}

picture {"downloadCode"}; richText {"richText": [{"text"} | {"type": "picture", "downloadCode"}]};
audio {"downloadCode", "duration", "recognition"}; video {"downloadCode", "duration", "videoType"};
file {"downloadCode", "fileName"}, each in `content`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from kezhan.channels.adapters.dingtalk.envelope import opened_body
from kezhan.channels.adapters.dingtalk.ticket import is_group, ticket_of
from kezhan.channels.base import (
    PULLED,
    Account,
    Came,
    Inbound,
    InboundFile,
    Person,
    Progress,
    Request,
    Unreadable,
)
from kezhan.kit.loose import moment, reach, rows, word

_NAMES = {
    "picture": ("图片", ""),
    "audio": ("语音.amr", ""),
    "video": ("视频.mp4", "video/mp4"),
    "file": ("", ""),
}
_MOST = 2000
_MOST_PARTS = 20


class _Part(Struct, frozen=True, kw_only=True):
    """Words, or a file with its words; neither: of a kind we do not know."""

    text: str = ""
    file: InboundFile | None = None


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """One message with its parts, or who has read one of ours."""
    try:
        body = opened_body(request.body, account.secrets)
    except ValueError as fault:
        return Unreadable(str(fault)[:300])
    reader, name = word(body, "external_id"), word(body, "read")
    if request.method == PULLED and reader and name:
        return [Progress(external_id=reader, state="read", message_id=name)]
    return _message(body, account)


def _message(body: Mapping[str, Any], account: Account) -> Sequence[Came] | Unreadable:
    group, sender = is_group(body), word(body, "senderStaffId") or word(body, "senderId")
    external_id = (sender if not group else "") or word(body, "conversationId") or sender
    message_id, kind = word(body, "msgId"), word(body, "msgtype")
    if not external_id or not message_id:
        return Unreadable("Expected msgId and conversationId")
    nick = word(body, "senderNick")
    person = Person(name=word(body, "conversationTitle") if group else nick)
    robot = word(body, "robotCode") or account.settings.robot
    return [
        Inbound(
            external_id=external_id,
            dedup_key=f"{message_id}#{number}" if number else message_id,
            kind="file" if part.file is not None else "text" if part.text.strip() else "unsupported",
            text=part.text if part.file is not None or part.text.strip() else _shown(body, kind),
            file=part.file,
            person=person,
            speaker=(nick or sender) if group else "",
            speaker_id=word(body, "senderStaffId") if group and not nick else "",
            message_id=f"{message_id}#{number}" if number else message_id,
            sent_at=moment(word(body, "createAt")),
            original_kind=kind,
            ticket=ticket_of(body),
        )
        for number, part in enumerate(_parts(kind, body, robot))
    ]


def _parts(kind: str, body: Mapping[str, Any], robot: str) -> list[_Part]:
    """At least one."""
    if kind == "text":
        return [_Part(text=word(body, "text", "content").lstrip(" "))]
    if kind == "richText":
        return _rich(rows(body, "content", "richText"), robot) or [_Part()]
    code = word(body, "content", "downloadCode") or word(body, "content", "pictureDownloadCode")
    if kind not in _NAMES or not code:
        return [_Part()]
    name, media_type = _NAMES[kind]
    name = word(body, "content", "fileName") or name
    if kind == "video" and (ending := word(body, "content", "videoType")):
        name, media_type = f"视频.{ending}", ""
    file = InboundFile(ref=f"{robot}/{code}", name=name, media_type=media_type)
    # Of a voice the platform tells the words as well.
    return [_Part(file=file, text=word(body, "content", "recognition"))]


def _rich(runs: Sequence[object], robot: str) -> list[_Part]:
    """Words and pictures in their order."""
    found: list[_Part] = []
    text = ""
    for run in runs:
        code = word(run, "downloadCode") or word(run, "pictureDownloadCode")
        text += word(run, "text")
        if code and text.strip():
            found.append(_Part(text=text))
        if code:
            found.append(_Part(file=InboundFile(ref=f"{robot}/{code}", name=_NAMES["picture"][0])))
            text = ""
    if text.strip():
        found.append(_Part(text=text))
    return found[:_MOST_PARTS]


def _shown(body: Mapping[str, Any], kind: str) -> str:
    """What can be shown of a kind we do not know: the texts of its content."""
    content = reach(body, "content") or reach(body, kind)
    texts = content.values() if isinstance(content, dict) else [content]
    return "\n".join(one for one in texts if isinstance(one, str))[:_MOST]
