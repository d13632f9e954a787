"""What happens around a talk: entered, failed, recalled, ended."""

from datetime import datetime

from kezhan.channels.adapters.wechat_kf.names import customer_of
from kezhan.channels.adapters.wechat_kf.tickets import Code, ticket
from kezhan.channels.base import Came, Fault, Happened, Opening, Progress, Recalled
from kezhan.channels.vendors.tencent.fields import Fields, part, word

_CODE_SECONDS = 20
_QUEUE_SECONDS = 48 * 3600
_ONE = Opening(seconds=_CODE_SECONDS, messages=1)
_NONE = Opening(seconds=0)
_ENDED = "3"

_FAULTS: dict[str, Fault] = {
    "1": "not_allowed",
    "2": "not_allowed",
    "4": "window_closed",
    "5": "window_closed",
    "6": "window_closed",
    "7": "not_allowed",
    "8": "not_allowed",
    "9": "not_allowed",
    "10": "recipient_blocked",
    "11": "not_allowed",
    "12": "content_rejected",
    "13": "not_allowed",
}
"""By fail_type: the account or app is gone; 48 hours are over, the session is, five messages are; the company
is not verified; she refuses; nobody of the company is signed in; the words; the account is restricted."""


def happened(event: Fields, key: str, at: datetime | None) -> list[Came]:
    """What an event is; nothing where it is about no customer."""
    who, kind = customer_of(event), word(event, "event_type")
    if not who:
        return []
    if kind == "msg_send_fail":
        return _failed(event, who)
    if kind in {"user_recall_msg", "servicer_recall_msg"}:
        recalled = word(event, "recall_msgid")
        return [Recalled(external_id=who, message_id=recalled)] if recalled else []
    opening, seconds = None, _CODE_SECONDS
    code = word(event, "welcome_code") or word(event, "msg_code")
    if kind == "enter_session":
        opening = _ONE if code else None
    elif kind == "session_status_change":
        ended = word(event, "change_type") == _ENDED
        opening = None if not ended else _ONE if code else _NONE
        seconds = _CODE_SECONDS if ended else _QUEUE_SECONDS
    until = at.timestamp() + seconds if at else 0
    return [
        Happened(
            external_id=who,
            dedup_key=key,
            event=kind or "event",
            opening=opening,
            ticket=ticket(Code(code=code, until=until)) if code else "",
            by="door",
            word=_door(event) if kind == "enter_session" else "",
        )
    ]


def _door(event: Fields) -> str:
    """The scene of the link she came by, what was added to it, and whose channel or shop it stood in."""
    channel = part(event, "wechat_channels")
    told = [word(event, "scene"), word(event, "scene_param")]
    told += [word(channel, name) for name in ("nickname", "shop_nickname")]
    return " · ".join(one for one in told if one)


def _failed(event: Fields, who: str) -> list[Came]:
    message_id, why = word(event, "fail_msgid"), word(event, "fail_type")
    if not message_id:
        return []
    return [
        Progress(
            external_id=who,
            state="failed",
            message_id=message_id,
            fault=_FAULTS.get(why, "permanent"),
            why=f"fail_type {why}",
        )
    ]
