"""Customer-service messages of an official account, of which the platform knows no id; and templates, of
which it does, for when the window is closed."""

import asyncio
from typing import Any

from kezhan.channels.base import (
    Line,
    Outbound,
    OutboundCard,
    OutboundFile,
    Receipt,
    Template,
    TemplateUse,
    Token,
    Turned,
    Typing,
    Voice,
)
from kezhan.channels.vendors.tencent import api, official
from kezhan.channels.vendors.tencent.cards import article, mini_page
from kezhan.channels.vendors.tencent.faults import OFFICIAL
from kezhan.channels.vendors.tencent.fields import word
from kezhan.channels.vendors.tencent.media import MEGABYTE, upload
from kezhan.channels.vendors.tencent.templates import Listed, filled, listed
from kezhan.kit.film import film

FILES = {
    # The platform's page says 10 MB in one place and 2 MB in another: the smaller is sure to pass.
    "image/jpeg": 2 * MEGABYTE,
    "image/png": 2 * MEGABYTE,
    "image/gif": 2 * MEGABYTE,
    "video/mp4": 10 * MEGABYTE,
}
VOICE = Voice(media_types=("audio/amr", "audio/mpeg"), seconds=60, most=2 * MEGABYTE)
_TEMPLATES = Listed("/cgi-bin/template/get_all_private_template", "template_list", "template_id")
_THUMB_BYTES = 64 * 1024
_KINDS = {"image": "image", "audio": "voice", "video": "video"}


async def issue(line: Line) -> Token:
    """Lasts two hours at most."""
    return await official.issue(line, OFFICIAL)


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Send a text, card, picture, voice message, video or template. Raises Retry, Turned and Expired."""
    if outbound.what != "message":
        raise Turned(f"{outbound.what} cannot be told here", fault="not_allowed")
    if outbound.template is not None:
        return await _template(line, outbound, outbound.template)
    body: dict[str, Any] = {"touser": outbound.external_id}
    if outbound.buttons:
        body |= {"msgtype": "msgmenu", "msgmenu": _menu(outbound)}
    elif outbound.card is not None:
        body |= await _card(line, outbound.card)
    elif outbound.file is None:
        body |= {"msgtype": "text", "text": {"content": outbound.text}}
    else:
        body |= await _file(line, outbound.file)
    if line.account.settings.kf_account:
        body["customservice"] = {"kf_account": line.account.settings.kf_account}
    await official.tell(line, body, OFFICIAL)
    return Receipt(status=200)


def _menu(outbound: Outbound) -> dict[str, Any]:
    """Each entry comes back as a text of hers, with the id we have given it."""
    entries = [{"id": one.ref, "content": one.text} for one in outbound.buttons]
    return {"head_content": outbound.text, "list": entries, "tail_content": ""}


async def _card(line: Line, card: OutboundCard) -> dict[str, Any]:
    if card.page is None or card.picture is None:
        return {"msgtype": "news", "news": {"articles": [article(card)]}}
    thumb = await upload(line, "image", card.picture, OFFICIAL)
    return {"msgtype": "miniprogrampage", "miniprogrampage": mini_page(card, card.page, thumb)}


async def _file(line: Line, file: OutboundFile) -> dict[str, Any]:
    kind = _KINDS.get(file.media_type.partition("/")[0], "")
    if not kind:
        raise Turned(f"{file.media_type} cannot be sent here", fault="media_error")
    shown = {"media_id": await upload(line, kind, file, OFFICIAL)}
    if kind == "video":
        shown |= {"title": file.name, **await _cover(line, file)}
    return {"msgtype": kind, kind: shown}


async def _cover(line: Line, file: OutboundFile) -> dict[str, str]:
    """Its first picture; none where that cannot be read, or is more than the platform takes."""
    found = await asyncio.to_thread(film, await line.content(file))
    if found is None or len(found.cover) > _THUMB_BYTES:
        return {}
    cover = OutboundFile(
        url="", name="cover.jpg", media_type="image/jpeg", size=len(found.cover), made=found.cover
    )
    return {"thumb_media_id": await upload(line, "thumb", cover, OFFICIAL)}


async def typing(line: Line, shown: Typing) -> None:
    """Shown for fifteen seconds."""
    body = {"touser": shown.external_id, "command": "Typing"}
    await api.post(line, "/cgi-bin/message/custom/typing", body, OFFICIAL)


async def templates(line: Line) -> list[Template]:
    """What the account has chosen in the console."""
    return await listed(line, _TEMPLATES, OFFICIAL)


async def _template(line: Line, outbound: Outbound, use: TemplateUse) -> Receipt:
    data = await filled(line, use, _TEMPLATES, OFFICIAL)
    # The same at every attempt: of two within ten minutes the platform sends one.
    once = {"client_id": outbound.event_id}
    body = {"touser": outbound.external_id, "template_id": use.name, "data": data, **once}
    answer = await api.post(line, "/cgi-bin/message/template/send", body, OFFICIAL)
    return Receipt(external_id=word(answer, "msgid"), status=200)
