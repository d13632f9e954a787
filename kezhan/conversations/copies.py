"""To whom else a reply goes, where the customer's channel sends copies."""

import re
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from kezhan.conversations.rich.schemas import CardPayload, CopiedPayload
from kezhan.conversations.schemas import FilePayload, Head, Payload, Send, TranslatedPayload
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused

CheckCopies = Callable[[Tx, Head, Sequence[str]], Awaitable[None]]
"""Raises Refused where a reply in this conversation may not be copied to one of these."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"[a-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_LABEL}(?:\.{_LABEL})+"
)


def copies_in(send: Send) -> list[str]:
    """The addresses in lower case, each once. Raises Refused where one is none."""
    found = list(dict.fromkeys(one.strip().lower() for one in send.copies))
    for one in found:
        if not _ADDRESS.fullmatch(one):
            raise Refused("conversations.no_address", field="copies", address=one[:80])
    if found and send.kind == "note":
        raise Refused("conversations.note_stays", 409, field="copies")
    return found


def with_copies(payload: Payload | None, copies: Sequence[str]) -> Payload | None:
    """The same message, copied to these."""
    if isinstance(payload, FilePayload | CardPayload | TranslatedPayload):
        return msgspec.structs.replace(payload, copies=list(copies))
    return CopiedPayload(copies=list(copies)) if copies and payload is None else payload


def copies_of(payload: Payload | None) -> list[str]:
    """Who else got the message."""
    return list(getattr(payload, "copies", ()))


async def none_copied(tx: Tx, head: Head, copies: Sequence[str]) -> None:
    """Where nobody has said which channels send copies, none does."""
    raise Refused("conversations.no_copies", 409, field="copies")
