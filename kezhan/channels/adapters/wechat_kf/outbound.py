"""Messages by the service account, under a name of ours; recalls; the end of a session.

Sessions stay with the program (states 0 and 1): what a person in WeCom has taken over (2 and 3) is hers until
she ends it, and the platform takes nothing from us there.
"""

import hashlib
from typing import Any

from kezhan.channels.adapters.wechat_kf.names import parts_of
from kezhan.channels.adapters.wechat_kf.tickets import code
from kezhan.channels.base import Button, Expired, Line, Outbound, OutboundCard, Receipt, Retry, Turned
from kezhan.channels.vendors.tencent import api, work
from kezhan.channels.vendors.tencent.cards import mini_page, words
from kezhan.channels.vendors.tencent.faults import WORK, Refused
from kezhan.channels.vendors.tencent.fields import Fields, word
from kezhan.kit.clock import now

_WRONG_STATE = 95018
_BY_PROGRAM = {"0", "1"}
_ENDED = 4
_STATES = {"2": "the session waits for a person in WeCom", "3": "the session is with a person in WeCom"}


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Send a text, card or file, take messages back, or end the session. Raises Retry, Turned and Expired."""
    who, account = parts_of(outbound.external_id)
    if outbound.what == "message":
        return await _message(line, outbound, who, account)
    if outbound.what == "recalled":
        for message_id in outbound.message_ids:
            body = {"open_kfid": account, "msgid": message_id}
            await api.post(line, "/cgi-bin/kf/recall_msg", body, WORK)
        return Receipt(status=200)
    if outbound.what == "closed":
        return await _end(line, who, account)
    raise Turned(f"{outbound.what} cannot be told here", fault="not_allowed")


async def _message(line: Line, outbound: Outbound, who: str, account: str) -> Receipt:
    content = await _content(line, outbound)
    # The same at every attempt: the platform knows a repeat, and calls a late failure by it.
    name = hashlib.sha256(outbound.event_id.encode()).hexdigest()[:32]
    ticket = code(outbound.ticket)
    answers = outbound.file is None and outbound.card is None
    if answers and ticket.code and ticket.until > now().timestamp():
        body = {"code": ticket.code, "msgid": name, **content}
        try:
            return _receipt(name, await api.post(line, "/cgi-bin/kf/send_msg_on_event", body, WORK))
        except Refused:
            # The code is good for one message, and it may be too late for it: the window may still be open.
            pass
    body = {"touser": who, "open_kfid": account, "msgid": name, **content}
    try:
        return _receipt(name, await api.post(line, "/cgi-bin/kf/send_msg", body, WORK))
    except Refused as fault:
        if fault.code != _WRONG_STATE:
            raise
        raise await _explained(line, who, account, fault) from fault


async def _content(line: Line, outbound: Outbound) -> dict[str, Any]:
    if outbound.buttons:
        entries = [_entry(one) for one in outbound.buttons]
        return {"msgtype": "msgmenu", "msgmenu": {"head_content": outbound.text, "list": entries}}
    if outbound.card is not None:
        return await _card(line, outbound.card)
    if outbound.file is None:
        return {"msgtype": "text", "text": {"content": outbound.text}}
    kind, media_id = await work.uploaded(line, outbound.file)
    return {"msgtype": kind, kind: {"media_id": media_id}}


async def _card(line: Line, card: OutboundCard) -> dict[str, Any]:
    """A place, or a page or a mini-program's page below its picture."""
    if card.place is not None:
        point = {"latitude": card.place.latitude, "longitude": card.place.longitude}
        return {
            "msgtype": "location",
            "location": {"name": card.title, "address": card.place.address, **point},
        }
    if card.picture is None:
        raise Turned("a link without a picture cannot be sent here", fault="not_allowed")
    _, thumb = await work.uploaded(line, card.picture)
    if card.page is not None:
        return {"msgtype": "miniprogram", "miniprogram": mini_page(card, card.page, thumb)}
    title, text = words(card)
    link = {"title": title, "desc": text, "url": card.url, "thumb_media_id": thumb}
    return {"msgtype": "link", "link": link}


def _entry(button: Button) -> dict[str, Any]:
    """A page to open, or what comes back as a text of hers with the id we have given it."""
    if button.url:
        return {"type": "view", "view": {"url": button.url, "content": button.text}}
    return {"type": "click", "click": {"id": button.ref, "content": button.text}}


def _receipt(name: str, answer: Fields) -> Receipt:
    return Receipt(external_id=word(answer, "msgid") or name, status=200)


async def _explained(line: Line, who: str, account: str, fault: Refused) -> Turned:
    """Why the session takes nothing, as far as the platform says."""
    try:
        state = await _state(line, who, account)
    except (Retry, Turned, Expired):
        return fault
    if state == str(_ENDED):
        return Turned("the session has ended", fault="window_closed")
    return Turned(_STATES.get(state, fault.why), fault="not_allowed")


async def _state(line: Line, who: str, account: str) -> str:
    body = {"open_kfid": account, "external_userid": who}
    return word(await api.post(line, "/cgi-bin/kf/service_state/get", body, WORK), "service_state")


async def _end(line: Line, who: str, account: str) -> Receipt:
    if await _state(line, who, account) in _BY_PROGRAM:
        body = {"open_kfid": account, "external_userid": who, "service_state": _ENDED}
        await api.post(line, "/cgi-bin/kf/service_state/trans", body, WORK)
    return Receipt(status=200)
