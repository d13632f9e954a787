"""Answers, each by the address that the newest message has brought: good for one, and for an hour."""

from urllib.parse import urlsplit

import msgspec

from kezhan.channels.adapters.wecom_robot.settings import Settings
from kezhan.channels.base import Line, Outbound, Receipt, Turned, reaching
from kezhan.channels.vendors.tencent.api import good
from kezhan.channels.vendors.tencent.faults import ROBOT, Refused, check_status
from kezhan.kit.clock import now

ANSWER_SECONDS = 3600
_OWN = ".weixin.qq.com"


async def send(line: Line, outbound: Outbound) -> Receipt:
    """One text. Raises Retry and Turned."""
    if outbound.what != "message":
        raise Turned(f"{outbound.what} cannot be told here", fault="not_allowed")
    settings = line.account.settings
    url, kind = _address(outbound, settings), settings.answer_as
    body = msgspec.json.encode({"msgtype": kind, kind: {"content": outbound.text}})
    with reaching():
        response = await line.http.post(url, content=body, headers={"content-type": "application/json"})
    check_status(response.status_code)
    try:
        good(response.content, ROBOT)
    except Refused as fault:
        # No number is published for an address that is used or over, and hardly anything else is left.
        raise Turned(
            fault.why, fault="window_closed" if fault.fault == "permanent" else fault.fault
        ) from fault
    return Receipt(status=200)


def _address(outbound: Outbound, settings: Settings) -> str:
    """Where to answer: on the host of the settings, and only if it was the platform's. Raises Turned."""
    came = outbound.ticket_at
    over = came is not None and (now() - came).total_seconds() >= ANSWER_SECONDS
    # A second part would go by the address that the first has used up.
    if not outbound.ticket or over or not outbound.first:
        raise Turned("a message takes one answer, within an hour", fault="window_closed")
    try:
        said, own = urlsplit(outbound.ticket), urlsplit(settings.api_url)
        known = said.netloc == own.netloc or (said.hostname or "").endswith(_OWN)
    except ValueError:
        known = False
    if not known:
        raise Turned("not the platform's address", fault="bad_address")
    return said._replace(scheme=own.scheme, netloc=own.netloc).geturl()
