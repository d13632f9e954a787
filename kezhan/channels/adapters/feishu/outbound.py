"""What goes out: to a person by her open id, to a group by its chat id, as an answer where one is quoted."""

from typing import Any
from urllib.parse import quote

import msgspec

from kezhan.channels.adapters.feishu.api import TAKEN_BACK, call
from kezhan.channels.adapters.feishu.card import card_of
from kezhan.channels.adapters.feishu.media import uploaded
from kezhan.channels.adapters.feishu.person import GROUP
from kezhan.channels.adapters.feishu.reactions import react
from kezhan.channels.adapters.feishu.ticket import NO_TOPIC
from kezhan.channels.base import Line, Outbound, Receipt, Turned
from kezhan.kit.loose import word

_MESSAGES = "/open-apis/im/v1/messages"


async def send(line: Line, outbound: Outbound) -> Receipt:
    """One message, edit, recall or reaction. The platform knows a second attempt of an hour by its `uuid`."""
    if outbound.what == "recalled":
        for message_id in outbound.message_ids:
            await _recall(line, message_id)
        return Receipt(status=200)
    if outbound.what == "edited":
        return await _edit(line, outbound)
    if outbound.what == "reacted":
        await react(line, _place(outbound.message_ids[0]), outbound.text)
        return Receipt(external_id=outbound.message_ids[0], status=200)
    kind, content = "text", dict[str, Any](text=outbound.text)
    if outbound.card is not None or outbound.buttons:
        kind, content = "interactive", await card_of(line, outbound)
    elif outbound.file is not None:
        kind, content = await uploaded(line, outbound.file)
    body: dict[str, Any] = {"msg_type": kind, "content": _packed(content), "uuid": outbound.event_id[:50]}
    topic = outbound.ticket.removeprefix(NO_TOPIC)
    answered = outbound.quote_id or topic
    if answered:
        body |= {"reply_in_thread": True} if topic else {}
        answer = await call(line, "POST", f"{_place(answered)}/reply", body)
    else:
        kind_of_id = "chat_id" if outbound.external_id.startswith(GROUP) else "open_id"
        body["receive_id"] = outbound.external_id
        answer = await call(line, "POST", f"{_MESSAGES}?receive_id_type={kind_of_id}", body)
    return Receipt(external_id=word(answer, "data", "message_id"), status=200)


async def _recall(line: Line, message_id: str) -> None:
    """What has been taken back already needs nothing more."""
    try:
        await call(line, "DELETE", _place(message_id))
    except Turned as fault:
        if not fault.why.startswith(TAKEN_BACK):
            raise


async def _edit(line: Line, outbound: Outbound) -> Receipt:
    if not outbound.message_ids:
        raise Turned("the message has no name there", fault="not_allowed")
    # A file's words are the message after it.
    place = _place(outbound.message_ids[-1 if outbound.kind == "file" else 0])
    body = {"msg_type": "text", "content": _packed({"text": outbound.text})}
    answer = await call(line, "PUT", place, body)
    return Receipt(external_id=word(answer, "data", "message_id"), status=200)


def _place(message_id: str) -> str:
    """Where a message is; the pictures of a post have its name and a number."""
    return f"{_MESSAGES}/{quote(message_id.partition('#')[0], safe='')}"


def _packed(content: object) -> str:
    return msgspec.json.encode(content).decode()
