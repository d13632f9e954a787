"""What a platform hears: signed, with an id that stays the same over all attempts."""

from uuid import UUID

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.open.signature import HEADER, signature
from kezhan.channels.base import Fault, Line, Outbound, Receipt, Retry, Turned, reaching
from kezhan.kit.clock import Instant, now, wire

EVENT_HEADER = "x-kezhan-event-id"
_TYPES = {
    "message": "message",
    "edited": "message.edited",
    "recalled": "message.recalled",
    "closed": "conversation.closed",
}
_LONGEST_PAUSE = 24 * 3600


class CustomerOut(Struct, frozen=True):
    id: str


class AgentOut(Struct, frozen=True):
    name: str


class FileOut(Struct, frozen=True, kw_only=True):
    """`url` works for an hour."""

    url: str
    name: str
    type: str
    size: int


class MessageOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A recalled one has its numbers only."""

    seq: int
    client_id: str = ""
    kind: str = ""
    text: str = ""
    file: FileOut | None = None
    quote_seq: int | None = None


class EventOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    event_id: str
    type: str
    conversation_id: UUID
    customer: CustomerOut
    sent_at: Instant
    agent: AgentOut | None = None
    message: MessageOut | None = None


def event_of(outbound: Outbound) -> EventOut:
    return EventOut(
        event_id=outbound.event_id,
        type=_TYPES[outbound.what],
        conversation_id=outbound.conversation_id,
        customer=CustomerOut(outbound.external_id),
        sent_at=wire(outbound.at),
        agent=AgentOut(outbound.agent_name) if outbound.agent_name else None,
        message=None if outbound.what == "closed" else _message(outbound),
    )


def _message(outbound: Outbound) -> MessageOut:
    if outbound.what == "recalled":
        return MessageOut(seq=outbound.seq, client_id=outbound.client_id)
    file = outbound.file
    return MessageOut(
        seq=outbound.seq,
        client_id=outbound.client_id,
        kind=outbound.kind,
        text=outbound.text,
        file=FileOut(url=file.url, name=file.name, type=file.media_type, size=file.size) if file else None,
        quote_seq=outbound.quote_seq,
    )


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Post the event. 2xx: the platform has it; 408, 429 and 5xx: later; anything else: refused."""
    account = line.account
    if not account.settings.webhook_url:
        raise Turned("no webhook address is set", fault="not_allowed")
    body = msgspec.json.encode(event_of(outbound))
    headers = {
        "content-type": "application/json",
        HEADER: signature(account.secrets.current, body, now()),
        EVENT_HEADER: outbound.event_id,
    }
    with reaching():
        async with line.http.stream(
            "POST", account.settings.webhook_url, content=body, headers=headers
        ) as response:
            status, pause = response.status_code, response.headers.get("retry-after", "")
    return _outcome(status, pause)


def _outcome(status: int, pause: str) -> Receipt:
    if 200 <= status < 300:
        return Receipt(status=status)
    if status >= 500 or status in {408, 429}:
        after = min(int(pause), _LONGEST_PAUSE) if pause.isdecimal() and len(pause) < 8 else 0
        fault: Fault = "rate_limited" if status == 429 else "transient"
        raise Retry(f"HTTP {status}", after=after, status=status, fault=fault)
    raise Turned(f"HTTP {status}", status=status)
