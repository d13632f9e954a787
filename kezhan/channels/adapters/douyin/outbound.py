"""What a customer on Douyin hears: texts and pictures, each in answer to something she did, and recalls."""

from typing import Any

from kezhan.channels.adapters.douyin import ticket as tickets
from kezhan.channels.adapters.douyin.call import called
from kezhan.channels.adapters.douyin.token import UPLOADS, uploads_token
from kezhan.channels.base import Expired, Line, Outbound, OutboundFile, Receipt, Turned

_ENTERED_SECONDS = 30
_ONE_TO_ONE = 1


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Raises Retry, Turned and Expired."""
    open_id, ticket = line.account.settings.open_id, _answered(outbound)
    if not open_id:
        raise Turned("the account's open_id is not set", fault="not_allowed")
    if ticket is None:
        raise Turned("the customer has not written", fault="window_closed")
    if outbound.what == "recalled":
        return await _recall(line, outbound, ticket)
    body = {
        "to_user_id": outbound.external_id,
        "conversation_id": ticket.conversation_id,
        "msg_id": ticket.message_id,
        "scene": ticket.scene,
        "content": await _content(line, outbound),
    }
    answer = await called(
        line,
        "POST",
        "/im/send/msg/",
        params={"open_id": open_id},
        headers={"access-token": await line.token()},
        json=body,
    )
    return Receipt(external_id=answer.msg_id, status=200)


def _answered(outbound: Outbound) -> tickets.Ticket | None:
    """What is answered. A chat opened more than half a minute ago cannot be any more, her message can."""
    ticket = tickets.read(outbound.ticket)
    if ticket is None or ticket.scene != tickets.ENTERED or outbound.ticket_at is None:
        return ticket
    if not outbound.last_message_id or (outbound.at - outbound.ticket_at).total_seconds() <= _ENTERED_SECONDS:
        return ticket
    return tickets.Ticket(conversation_id=ticket.conversation_id, message_id=outbound.last_message_id)


async def _content(line: Line, outbound: Outbound) -> dict[str, Any]:
    if outbound.file is None:
        return {"msg_type": 1, "text": {"text": outbound.text}}
    return {"msg_type": 2, "image": {"media_id": await _uploaded(line, outbound.file)}}


async def _uploaded(line: Line, file: OutboundFile) -> str:
    image = (file.name, await line.content(file), file.media_type)
    headers = {"access-token": await uploads_token(line)}
    try:
        answer = await called(
            line, "POST", "/tool/imagex/client_upload/", headers=headers, files={"image": image}
        )
    except Expired:
        await line.save(UPLOADS, "")
        raise
    if not answer.data.image_id:
        raise Turned("the picture was not taken", status=200, fault="media_error")
    return answer.data.image_id


async def _recall(line: Line, outbound: Outbound, ticket: tickets.Ticket) -> Receipt:
    settings = line.account.settings
    for message_id in outbound.message_ids:
        body = {
            "msg_id": message_id,
            "conversation_id": ticket.conversation_id,
            "conversation_type": _ONE_TO_ONE,
        }
        await called(
            line,
            "POST",
            settings.recall_path,
            params={"open_id": settings.open_id},
            headers={"access-token": await line.token()},
            json=body,
        )
    return Receipt(status=200)
