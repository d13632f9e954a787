"""Customer-service messages of an official account, of which the platform knows no id; and templates, of
which it does, for when the window is closed."""

from typing import Any

from kezhan.channels.base import (
    Line,
    Outbound,
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
from kezhan.channels.vendors.tencent.cards import article
from kezhan.channels.vendors.tencent.faults import OFFICIAL
from kezhan.channels.vendors.tencent.fields import word
from kezhan.channels.vendors.tencent.media import MEGABYTE, upload
from kezhan.channels.vendors.tencent.templates import Listed, filled, listed

FILES = {
    # The platform's page says 10 MB in one place and 2 MB in another: the smaller is sure to pass.
    "image/jpeg": 2 * MEGABYTE,
    "image/png": 2 * MEGABYTE,
    "image/gif": 2 * MEGABYTE,
    "video/mp4": 10 * MEGABYTE,
}
VOICE = Voice(media_types=("audio/amr", "audio/mpeg"), seconds=60, most=2 * MEGABYTE)
_TEMPLATES = Listed("/cgi-bin/template/get_all_private_template", "template_list", "template_id")
_KINDS = {"image": "image", "audio": "voice", "video": "video"}


async def issue(line: Line) -> Token:
    """Lasts two hours at most."""
    return await official.issue(line, OFFICIAL)


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Send a text, card, picture, voice message, video or template. Raises Retry, Turned and Expired."""
    if outbound.what != "message":
        raise Turned(f"{outbound.what} cannot be told here", fault="not_allowed")
    if outbound.template is not None:
        return await _template(line, outbound.external_id, outbound.template)
    body: dict[str, Any] = {"touser": outbound.external_id}
    if outbound.buttons:
        body |= {"msgtype": "msgmenu", "msgmenu": _menu(outbound)}
    elif outbound.card is not None:
        body |= {"msgtype": "news", "news": {"articles": [article(outbound.card)]}}
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


async def _file(line: Line, file: OutboundFile) -> dict[str, Any]:
    kind = _KINDS.get(file.media_type.partition("/")[0], "")
    if not kind:
        raise Turned(f"{file.media_type} cannot be sent here", fault="media_error")
    shown = {"media_id": await upload(line, kind, file, OFFICIAL)}
    if kind == "video":
        shown["title"] = file.name
    return {"msgtype": kind, kind: shown}


async def typing(line: Line, shown: Typing) -> None:
    """Shown for fifteen seconds."""
    body = {"touser": shown.external_id, "command": "Typing"}
    await api.post(line, "/cgi-bin/message/custom/typing", body, OFFICIAL)


async def templates(line: Line) -> list[Template]:
    """What the account has chosen in the console."""
    return await listed(line, _TEMPLATES, OFFICIAL)


async def _template(line: Line, who: str, use: TemplateUse) -> Receipt:
    data = await filled(line, use, _TEMPLATES, OFFICIAL)
    body = {"touser": who, "template_id": use.name, "data": data}
    answer = await api.post(line, "/cgi-bin/message/template/send", body, OFFICIAL)
    return Receipt(external_id=word(answer, "msgid"), status=200)
