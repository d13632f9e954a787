"""What a message brings for its answer: of what kind its chat is, and where and until when it is answered."""

from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.dingtalk.settings import Settings
from kezhan.channels.base import Outbound
from kezhan.kit.loose import reach, word

OWN = ".dingtalk.com"
_MARGIN_SECONDS = 60
_LONGEST = 2000
_LAST = 10**14


class Ticket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`until` in milliseconds since 1970. `staff`: she is of the company, and so can be written to later."""

    group: bool = False
    staff: bool = False
    webhook: str = ""
    until: int = 0


def ticket_of(message: object) -> str:
    """As it is kept beside the message."""
    webhook, until = word(message, "sessionWebhook"), reach(message, "sessionWebhookExpiredTime")
    found = Ticket(
        group=is_group(message),
        staff=bool(word(message, "senderStaffId")),
        webhook=webhook if len(webhook) <= _LONGEST else "",
        until=until if type(until) is int and 0 < until < _LAST else 0,
    )
    return msgspec.json.encode(found).decode()


def is_group(message: object) -> bool:
    return word(message, "conversationType") == "2"


def read_ticket(outbound: Outbound) -> Ticket:
    """The newest one; without any, what the customer's name tells: a group's begins with cid, an outsider's
    with $."""
    try:
        return msgspec.json.decode(outbound.ticket, type=Ticket)
    except (msgspec.MsgspecError, UnicodeError):
        name = outbound.external_id
        return Ticket(group=name.startswith("cid"), staff=not name.startswith(("cid", "$")))


def session_url(ticket: Ticket, settings: Settings, at: datetime) -> str:
    """Where to answer; empty where that is over. Calls are not signed as a whole, so a session's address is
    taken to the host of the settings, and only if it was the platform's."""
    if not settings.in_session or ticket.until / 1000 - _MARGIN_SECONDS < at.timestamp():
        return ""
    try:
        said, own = urlsplit(ticket.webhook), urlsplit(settings.old_api_url)
        if said.netloc != own.netloc and not (said.hostname or "").endswith(OWN):
            return ""
    except ValueError:
        return ""
    return said._replace(scheme=own.scheme, netloc=own.netloc).geturl()
