"""What WeChat pushes for a mini-program, as JSON or XML: messages, and that somebody has opened the chat."""

from datetime import datetime

from kezhan.channels.adapters.wechat_miniprogram.session import PREFIX, vouched
from kezhan.channels.adapters.wechat_miniprogram.settings import keys
from kezhan.channels.base import Account, Admitted, Came, Happened, Opening, Request, Unreadable
from kezhan.channels.vendors.tencent import push
from kezhan.channels.vendors.tencent.fields import word
from kezhan.channels.vendors.tencent.messages import said

_ENTERED = "user_enter_tempsession"


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """The handshake is signed but never sealed, in whichever mode."""
    if request.method == "GET":
        return push.hello(request, keys(account), at, sealed=False)
    return push.admitted(request, keys(account), at)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """One push, one message or event. Reviews of media, subscriptions, trade and the like come to the same
    address and are about no talk."""
    fields = push.fields(request, keys(account))
    if isinstance(fields, Unreadable):
        return fields
    event, who, key = word(fields, "Event"), word(fields, "FromUserName"), push.key_of(fields)
    if event and event != _ENTERED:
        return []
    if not (who and key):
        return Unreadable("neither a message nor an event")
    if not event:
        return [said(fields, key)]
    session_from = word(fields, "SessionFrom")
    return [
        Happened(
            external_id=who,
            dedup_key=key,
            event=event,
            person=vouched(session_from, who, account),
            opening=Opening(seconds=60, messages=2),
            by="door",
            word="" if session_from.startswith(PREFIX) else session_from,
        )
    ]
