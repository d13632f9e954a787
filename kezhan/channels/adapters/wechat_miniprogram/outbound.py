"""Customer-service messages of a mini-program: texts, links, pages, pictures, and nothing else as a file; and
subscription messages, one for each time a customer has allowed it."""

from typing import Any

from kezhan.channels.base import (
    Line,
    Media,
    Outbound,
    OutboundCard,
    Probed,
    Receipt,
    Template,
    TemplateUse,
    Token,
    Turned,
    Typing,
)
from kezhan.channels.vendors.tencent import api, official
from kezhan.channels.vendors.tencent.cards import mini_page, words
from kezhan.channels.vendors.tencent.faults import MINI
from kezhan.channels.vendors.tencent.media import MEGABYTE, download, upload
from kezhan.channels.vendors.tencent.templates import Listed, filled, listed

FILES = dict.fromkeys(("image/jpeg", "image/png", "image/gif"), 2 * MEGABYTE)
_TEMPLATES = Listed("/wxaapi/newtmpl/gettemplate", "data", "priTmplId")


async def issue(line: Line) -> Token:
    """Lasts two hours at most."""
    return await official.issue(line, MINI)


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Send a text, link, picture or template. Raises Retry, Turned and Expired."""
    if outbound.what != "message":
        raise Turned(f"{outbound.what} cannot be told here", fault="not_allowed")
    if outbound.template is not None:
        return await _template(line, outbound.external_id, outbound.template)
    body: dict[str, Any] = {"touser": outbound.external_id}
    if outbound.card is not None:
        body |= await _card(line, outbound.card)
    elif outbound.file is None:
        body |= {"msgtype": "text", "text": {"content": outbound.text}}
    elif outbound.file.media_type in FILES:
        media_id = await upload(line, "image", outbound.file, MINI)
        body |= {"msgtype": "image", "image": {"media_id": media_id}}
    else:
        raise Turned(f"{outbound.file.media_type} cannot be sent here", fault="media_error")
    await official.tell(line, body, MINI)
    return Receipt(status=200)


async def _card(line: Line, card: OutboundCard) -> dict[str, Any]:
    """A link; or a page, which is its own whatever is said of the app."""
    if card.page is not None and card.picture is not None:
        page = mini_page(card, card.page, await upload(line, "image", card.picture, MINI))
        del page["appid"]
        return {"msgtype": "miniprogrampage", "miniprogrampage": page}
    title, text = words(card)
    thumb = card.picture.url if card.picture is not None else ""
    link = {"title": title, "description": text, "url": card.url, "thumb_url": thumb}
    return {"msgtype": "link", "link": link}


async def typing(line: Line, shown: Typing) -> None:
    """Shown for fifteen seconds."""
    body = {"touser": shown.external_id, "command": "Typing"}
    await api.post(line, "/cgi-bin/message/custom/business/typing", body, MINI)


async def templates(line: Line) -> list[Template]:
    """What the mini-program has chosen in the console."""
    return await listed(line, _TEMPLATES, MINI)


async def _template(line: Line, who: str, use: TemplateUse) -> Receipt:
    data = await filled(line, use, _TEMPLATES, MINI)
    body = {"touser": who, "template_id": use.name, "data": data}
    await api.post(line, "/cgi-bin/message/subscribe/send", body, MINI)
    return Receipt(status=200)


async def media(line: Line, ref: str) -> Media:
    """A picture a customer has sent, within three days."""
    return await download(line, ref, MINI)


async def probe(line: Line) -> Probed:
    """Whether app id, secret and this server's address are taken."""
    await official.issue(line, MINI)
    return Probed()
