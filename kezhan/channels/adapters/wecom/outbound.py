"""Messages of the app to one member, and taking them back within 24 hours."""

from typing import Any

from kezhan.channels.adapters.wecom.buttons import card_of
from kezhan.channels.base import Line, Outbound, OutboundCard, OutboundFile, Receipt, Turned
from kezhan.channels.vendors.tencent import api, work
from kezhan.channels.vendors.tencent.cards import article, words
from kezhan.channels.vendors.tencent.faults import WORK
from kezhan.channels.vendors.tencent.fields import Fields, word


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Send a text, card or file, or take messages back. Raises Retry, Turned and Expired."""
    if outbound.what == "recalled":
        for message_id in outbound.message_ids:
            await api.post(line, "/cgi-bin/message/recall", {"msgid": message_id}, WORK)
        return Receipt(status=200)
    if outbound.what != "message":
        raise Turned(f"{outbound.what} cannot be told here", fault="not_allowed")
    body: dict[str, Any] = {"touser": outbound.external_id, "agentid": line.account.settings.agent_id}
    if outbound.buttons:
        body |= {"msgtype": "template_card", "template_card": card_of(outbound)}
    elif outbound.card is not None:
        body |= _card(outbound.card)
    elif outbound.file is None:
        body |= {"msgtype": "text", "text": {"content": outbound.text}}
    else:
        body |= await _file(line, outbound.file)
    answer = await api.post(line, "/cgi-bin/message/send", body, WORK)
    _check_reached(answer)
    return Receipt(external_id=word(answer, "msgid"), status=200)


def _card(card: OutboundCard) -> dict[str, Any]:
    """An article where it has a picture, else a card of text."""
    if card.picture is not None:
        return {"msgtype": "news", "news": {"articles": [article(card)]}}
    title, text = words(card)
    return {"msgtype": "textcard", "textcard": {"title": title, "description": text, "url": card.url}}


async def _file(line: Line, file: OutboundFile) -> dict[str, Any]:
    kind, media_id = await work.uploaded(line, file)
    shown = {"media_id": media_id}
    if kind == "video":
        shown["title"] = file.name
    return {"msgtype": kind, kind: shown}


def _check_reached(answer: Fields) -> None:
    """The call is good even where it has reached nobody: the answer names who was left out."""
    if unknown := word(answer, "invaliduser"):
        raise Turned(f"invaliduser {unknown}"[:300], fault="recipient_blocked")
    if unlicensed := word(answer, "unlicenseduser"):
        raise Turned(f"unlicenseduser {unlicensed}"[:300], fault="not_allowed")
