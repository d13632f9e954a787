"""What Douyin posts. One call brings one event:

{"event": "im_receive_msg", "client_key": "…", "from_user_id": "…", "to_user_id": "…", "log_id": "…",
 "content": {"conversation_short_id": "@…", "server_message_id": "@…", "conversation_type": 1,
             "message_type": "text", "text": "…", "create_time": 1700000000000, "source": "",
             "user_infos": [{"open_id": "…", "nick_name": "…"}]}}

`content` is an object in some events and a text with JSON in it in others.
"""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from kezhan.channels.adapters.douyin.signature import HEADER, check_signature
from kezhan.channels.adapters.douyin.ticket import ENTERED, REPLY, Ticket, written
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Happened,
    Inbound,
    InboundFile,
    Malformed,
    Opening,
    Person,
    Recalled,
    Request,
    Unreadable,
)

_SHOWN = {
    "image": "[图片] 请在抖音 App 内查看",
    "user_local_image": "[图片] 请在抖音 App 内查看",
    "user_local_video": "[视频] 请在抖音 App 内查看",
    "emoji": "[表情]",
}
_TO_US = frozenset({"im_receive_msg", "im_group_receive_msg"})
_BY_US = frozenset({"im_send_msg", "im_group_send_msg"})
_GROUPS = frozenset({"im_group_receive_msg", "im_group_send_msg"})
_ENTERED, _CLOSED = Opening(seconds=30, messages=3), Opening(seconds=0)
_LONGEST_ID = 200

_Id = Annotated[str, Meta(max_length=_LONGEST_ID)]


class UserIn(Struct, frozen=True, kw_only=True):
    open_id: str = ""
    nick_name: str = ""


class AnswerIn(Struct, frozen=True, kw_only=True):
    """One line of a card that asks for contact data."""

    label: str = ""
    value: str = ""


class AdIn(Struct, frozen=True, kw_only=True):
    """The advertisement she has come by."""

    ad_name: str = ""
    adv_name: str = ""
    ad_id: str | int = ""
    adv_id: str | int = ""

    @property
    def word(self) -> str:
        return self.ad_name or self.adv_name or str(self.ad_id) or str(self.adv_id)


class ContentIn(Struct, frozen=True, kw_only=True):
    """`create_time` is in milliseconds. `source`: the app that sent it, empty where a person did."""

    conversation_short_id: Annotated[str, Meta(max_length=1000)] = ""
    server_message_id: _Id = ""
    message_type: str = ""
    create_time: int | None = None
    source: str = ""
    user_infos: list[UserIn] = []
    text: str = ""
    resource_url: Annotated[str, Meta(max_length=2000)] = ""
    item_id: str = ""
    card_data: list[AnswerIn] = []
    challenge: Any = None
    ad_info: AdIn | None = None


class EventIn(Struct, frozen=True, kw_only=True):
    event: Annotated[str, Meta(min_length=1)]
    from_user_id: _Id = ""
    to_user_id: _Id = ""
    msg_id: _Id = ""
    content: Any = None


_decoder = msgspec.json.Decoder(EventIn)
_HEARD = Answer(body=b"{}", media_type="application/json")


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Signed by the webhook's secret, which is the app's where there is no other."""
    secrets = account.secrets
    secret = secrets.webhook_secret or secrets.client_secret
    check_signature(request.headers.get(HEADER, ""), secret, request.body)
    if request.method != "POST":
        raise Malformed("POST expected")
    found = _read(request.body)
    if isinstance(found, tuple) and found[0].event == "verify_webhook":
        echoed = msgspec.json.encode({"challenge": found[1].challenge})
        return Admitted(dedup_key=None, answer=Answer(body=echoed, media_type="application/json"))
    # The header is the same for every attempt; without it the same bytes are the same event.
    key = request.headers.get("msg-id", "") or hashlib.sha256(request.body).hexdigest()
    return Admitted(dedup_key=key, answer=_HEARD)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """One event: a message of either side, a recall, a chat opened, or nothing that anybody must see."""
    found = _read(request.body)
    if isinstance(found, Unreadable):
        return found
    event, content = found
    if event.event == "im_recall_msg":
        return _recalled(event, content, account.settings.open_id)
    if event.event in _TO_US | _BY_US:
        return _said(event, content, account.settings.client_key)
    if event.event == "im_enter_direct_msg" and event.from_user_id and content.server_message_id:
        return [_entered(event, content)]
    return []  # Grants, fans' groups and the like are about no conversation.


def _read(body: bytes) -> tuple[EventIn, ContentIn] | Unreadable:
    try:
        event = _decoder.decode(body)
        given = msgspec.json.decode(event.content) if isinstance(event.content, str) else event.content
        content = msgspec.convert({} if given is None else given, ContentIn, strict=False)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])
    return event, content


def _recalled(event: EventIn, content: ContentIn, own: str) -> list[Came] | Unreadable:
    customer = event.to_user_id if own and event.from_user_id == own else event.from_user_id
    message_id = content.server_message_id or event.msg_id
    if not customer or not message_id:
        return Unreadable("Expected from_user_id and content.server_message_id")
    return [Recalled(external_id=customer, message_id=message_id)]


def _said(event: EventIn, content: ContentIn, client_key: str) -> list[Came] | Unreadable:
    ours = event.event in _BY_US
    if ours and client_key and content.source == client_key:
        return []  # Sent by this very connection, and stored here before it went out.
    customer = event.to_user_id if ours else event.from_user_id
    message = _message(customer, content, ours=ours)
    if event.event in _GROUPS:
        # Nothing can be said to a group, so there is nothing to answer by.
        group = content.conversation_short_id[:_LONGEST_ID]
        message = structs.replace(
            message, external_id=group, speaker=event.from_user_id, person=None, ticket="", opening=_CLOSED
        )
    if not message.external_id or not message.dedup_key:
        return Unreadable("Expected from_user_id, to_user_id and content.server_message_id")
    return [message]


def _message(customer: str, content: ContentIn, *, ours: bool) -> Inbound:
    text = _text(content)
    file = None
    if content.message_type in {"image", "user_local_image", "user_local_video"} and content.resource_url:
        file = InboundFile(url=content.resource_url)
    return Inbound(
        external_id=customer,
        dedup_key=content.server_message_id,
        kind="file" if file else "text" if text else "unsupported",
        text="" if file else text or _SHOWN.get(content.message_type, ""),
        file=file,
        person=_person(customer, content),
        message_id=content.server_message_id,
        sent_at=_moment(content.create_time),
        original_kind=content.message_type,
        ticket="" if ours else _ticket(content),
        ours=ours,
    )


def _text(content: ContentIn) -> str:
    if content.message_type == "text":
        return content.text
    if content.message_type == "video" and content.item_id:
        return f"[视频] {content.item_id}"
    if content.message_type == "retain_consult_card" and content.card_data:
        return "\n".join(["[留资卡]", *(f"{line.label}：{line.value}" for line in content.card_data)])
    return ""


def _entered(event: EventIn, content: ContentIn) -> Happened:
    return Happened(
        external_id=event.from_user_id,
        dedup_key=content.server_message_id,
        event=event.event,
        person=_person(event.from_user_id, content),
        opening=_ENTERED,
        ticket=_ticket(content, ENTERED),
        by="ad" if content.ad_info is not None else "",
        word=content.ad_info.word if content.ad_info is not None else "",
    )


def _ticket(content: ContentIn, scene: str = REPLY) -> str:
    return written(
        Ticket(
            conversation_id=content.conversation_short_id, message_id=content.server_message_id, scene=scene
        )
    )


def _person(customer: str, content: ContentIn) -> Person | None:
    name = next((user.nick_name for user in content.user_infos if user.open_id == customer), "")
    return Person(name=name) if name else None


def _moment(milliseconds: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (OverflowError, ValueError, OSError):
        return None
