"""What goes out: in the session of the customer's message while it lives, else by the robot's interface."""

from typing import Any

import msgspec

from kezhan.channels.adapters.dingtalk.api import answered, call, harmless, reached
from kezhan.channels.adapters.dingtalk.media import IMAGES, uploaded
from kezhan.channels.adapters.dingtalk.readers import remember
from kezhan.channels.adapters.dingtalk.say import said
from kezhan.channels.adapters.dingtalk.ticket import Ticket, read_ticket, session_url
from kezhan.channels.base import Line, Outbound, Receipt, Retry, Turned
from kezhan.kit.clock import now
from kezhan.kit.loose import reach, rows, word


async def send(line: Line, outbound: Outbound) -> Receipt:
    """A text, a card, a file or a recall. A session takes no files, and tells no name of the message."""
    ticket = read_ticket(outbound)
    if outbound.what == "recalled":
        with harmless():
            return await _recall(line, outbound, ticket)
    session = session_url(ticket, line.account.settings, now())
    by_robot = ticket.group or ticket.staff
    if session and not (by_robot and outbound.file is not None):
        try:
            answered(await reached(line, "POST", session, _in_session(outbound)))
        except Turned:
            # The session may have ended before its time.
            if not by_robot:
                raise
        else:
            return Receipt(status=200)
    if not by_robot:
        raise Turned("outside the session she cannot be written to", fault="window_closed")
    return await _by_robot(line, outbound, ticket)


def _in_session(outbound: Outbound) -> dict[str, Any]:
    file = outbound.file
    if file is None:
        made = said(outbound)
        return {"msgtype": made.type, made.type: made.fields}
    if file.media_type in IMAGES:
        shown = f"{outbound.text}\n\n![]({file.url})".strip()
        return {"msgtype": "markdown", "markdown": {"title": file.name, "text": shown}}
    link = {"title": file.name, "text": outbound.text or file.name, "messageUrl": file.url, "picUrl": ""}
    return {"msgtype": "link", "link": link}


async def _by_robot(line: Line, outbound: Outbound, ticket: Ticket) -> Receipt:
    if outbound.file is not None:
        with harmless():
            key, params = await uploaded(line, outbound.file)
    else:
        made = said(outbound)
        key, params = made.key, made.params or made.fields
    body = {
        "robotCode": line.account.settings.robot,
        "msgKey": key,
        "msgParam": msgspec.json.encode(params).decode(),
    }
    if ticket.group:
        body |= {"openConversationId": outbound.external_id}
        answer = await call(line, "POST", "/v1.0/robot/groupMessages/send", body)
    else:
        to_one: dict[str, Any] = {**body, "userIds": [outbound.external_id]}
        answer = await call(line, "POST", "/v1.0/robot/oToMessages/batchSend", to_one)
        if rows(answer, "flowControlledStaffIdList"):
            raise Retry("too many to her", status=200, fault="rate_limited")
        if rows(answer, "invalidStaffIdList") or rows(answer, "filteredStaffIdList"):
            raise Turned("she cannot be written to", status=200, fault="recipient_blocked")
    name = word(answer, "processQueryKey")
    if name:
        await remember(line, name, outbound.external_id, group=ticket.group)
    return Receipt(external_id=name, status=200)


async def _recall(line: Line, outbound: Outbound, ticket: Ticket) -> Receipt:
    if not outbound.message_ids:
        raise Turned("what went out in the session cannot be recalled", fault="not_allowed")
    body: dict[str, Any] = {
        "robotCode": line.account.settings.robot,
        "processQueryKeys": list(outbound.message_ids),
    }
    path = "/v1.0/robot/otoMessages/batchRecall"
    if ticket.group:
        path = "/v1.0/robot/groupMessages/recall"
        body["openConversationId"] = outbound.external_id
    answer = await call(line, "POST", path, body)
    if failed := reach(answer, "failedResult"):
        raise Turned(f"not recalled: {failed}"[:300], status=200, fault="not_allowed")
    return Receipt(status=200)
