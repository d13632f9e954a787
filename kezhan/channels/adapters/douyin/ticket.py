"""What an answer to a customer needs to know of what she did last."""

import msgspec
from msgspec import Struct

REPLY, ENTERED = "im_reply_msg", "im_enter_direct_msg"


class Ticket(Struct, frozen=True, kw_only=True):
    """`message_id` is what is answered; `scene` says whether it is a message or an opened chat."""

    conversation_id: str
    message_id: str
    scene: str = REPLY


def written(ticket: Ticket) -> str:
    return msgspec.json.encode(ticket).decode()


def read(text: str) -> Ticket | None:
    """None where there is none."""
    return msgspec.json.decode(text, type=Ticket) if text else None
