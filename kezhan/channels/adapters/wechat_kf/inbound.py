"""A callback that says there is something to pull, and the messages the pull brings, one each."""

from datetime import datetime

from kezhan.channels.adapters.wechat_kf.events import happened
from kezhan.channels.adapters.wechat_kf.names import customer_of
from kezhan.channels.adapters.wechat_kf.settings import keys
from kezhan.channels.adapters.wechat_kf.texts import text_of
from kezhan.channels.adapters.wechat_kf.tickets import Called, ticket
from kezhan.channels.base import (
    PULLED,
    Account,
    Admitted,
    Came,
    Due,
    Inbound,
    InboundFile,
    Request,
    Unreadable,
)
from kezhan.channels.vendors.tencent import push
from kezhan.channels.vendors.tencent.fields import Fields, moment, part, read_json, word

_MEDIA_TYPES = {"image": "", "voice": "audio/amr", "video": "video/mp4", "file": ""}
_TOKEN_SECONDS = 600
_BY_SERVICER = "5"


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Everything is sealed, the handshake too."""
    if request.method == "GET":
        return push.hello(request, keys(account), at, sealed=True)
    return push.admitted(request, keys(account), at)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """A callback carries nothing but that there is something; what is pulled is one message or event."""
    if request.method == PULLED:
        item = read_json(request.body)
        return Unreadable("no JSON object") if item is None else _item(item)
    fields = push.fields(request, keys(account))
    if isinstance(fields, Unreadable):
        return fields
    if word(fields, "Event") != "kf_msg_or_event":
        # Which accounts an app may manage is asked anew at every pull.
        return []
    sent_at = moment(fields, "CreateTime")
    called = Called(
        open_kfid=word(fields, "OpenKfId"),
        token=word(fields, "Token"),
        until=sent_at.timestamp() + _TOKEN_SECONDS if sent_at else 0,
    )
    return [Due(ticket(called))]


def _item(item: Fields) -> list[Came] | Unreadable:
    kind, message_id = word(item, "msgtype"), word(item, "msgid")
    if not (kind and message_id):
        return Unreadable("neither a message nor an event")
    if kind == "event":
        return happened(part(item, "event"), message_id, moment(item, "send_time"))
    if not customer_of(item):
        return Unreadable("no customer")
    return [_message(item, kind, message_id)]


def _message(item: Fields, kind: str, message_id: str) -> Inbound:
    inner = part(item, kind)
    media_id = word(inner, "media_id")
    file = None
    if kind in _MEDIA_TYPES and media_id:
        file = InboundFile(ref=media_id, media_type=_MEDIA_TYPES[kind])
    text, readable = text_of(kind, inner)
    ours = word(item, "origin") == _BY_SERVICER
    return Inbound(
        external_id=customer_of(item),
        dedup_key=message_id,
        kind="file" if file else "text" if readable else "unsupported",
        text="" if file else text,
        file=file,
        message_id=message_id,
        sent_at=moment(item, "send_time"),
        original_kind=kind,
        ours=ours,
        agent_name=word(item, "servicer_userid") if ours else "",
        tap="" if ours else word(inner, "menu_id")[:64],
    )
