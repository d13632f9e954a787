"""What WeCom pushes for an app: messages and doings of the company's members."""

from datetime import datetime

from kezhan.channels.adapters.wecom.buttons import PRESSED, pressed
from kezhan.channels.adapters.wecom.settings import keys
from kezhan.channels.base import Account, Admitted, Came, Happened, Request, Unreadable
from kezhan.channels.vendors.tencent import push
from kezhan.channels.vendors.tencent.fields import word
from kezhan.channels.vendors.tencent.messages import said

_SYSTEM = "sys"
_OF_NOBODY = frozenset(
    {
        "batch_job_result",
        "change_contact",
        "change_external_chat",
        "change_external_contact",
        "change_external_tag",
        "kf_account_auth_change",
        "kf_msg_or_event",
        "msgaudit_notify",
    }
)
"""Of the address book, of customers of members, of interfaces that share the app: about no talk here."""


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Everything is sealed, the handshake too."""
    if request.method == "GET":
        return push.hello(request, keys(account), at, sealed=True)
    return push.admitted(request, keys(account), at)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """One push, one message or event."""
    fields = push.fields(request, keys(account))
    if isinstance(fields, Unreadable):
        return fields
    who, key, event = word(fields, "FromUserName"), push.key_of(fields), word(fields, "Event")
    if event in _OF_NOBODY or (event and who in {"", _SYSTEM}):
        return []
    if not (who and key):
        return Unreadable("neither a message nor an event")
    if event == PRESSED and (said_by_it := pressed(fields, key)) is not None:
        return said_by_it
    if word(fields, "MsgType").lower() == "event":
        chosen = word(fields, "EventKey") if event == "click" else ""
        came = Happened(external_id=who, dedup_key=key, event=event or "event", by="menu", word=chosen)
        return [came]
    return [said(fields, key)]
