"""What Kuaishou posts: an envelope with a name of its own (`message_id` for mini-programs, `taskId` for the
open platform), an `event`, a `timestamp` and, where the settings say, the customer and what she has said."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from kezhan.channels.adapters.kuaishou.signature import HEADER, check_signature
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Happened,
    Inbound,
    Malformed,
    Request,
    Unreadable,
)

_ID = 200
_MILLISECONDS = 10**11
# Anything else, and the same comes again up to sixteen times.
_HEARD = Answer(body=b'{"result":1}', media_type="application/json")


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Signed by the app's secret."""
    check_signature(request.headers.get(HEADER, ""), account.secrets.app_secret, request.body)
    if request.method != "POST":
        raise Malformed("POST expected")
    told = _read(request.body)
    return Admitted(dedup_key=_key({} if isinstance(told, Unreadable) else told, request.body), answer=_HEARD)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """One message, or something else that concerns a customer, or nothing."""
    told = _read(request.body)
    if isinstance(told, Unreadable):
        return told
    settings, key = account.settings, _key(told, request.body)
    customer = _found(told, settings.customer_field)[:_ID]
    text, kind = _found(told, settings.text_field), _found(told, settings.kind_field)
    if not customer:
        return []
    if not text and not kind:
        return [Happened(external_id=customer, dedup_key=key, event=_found(told, "event") or "event")]
    return [
        Inbound(
            external_id=customer,
            dedup_key=key,
            kind="text" if text else "unsupported",
            text=text,
            message_id=_named(told),
            sent_at=_moment(told.get("timestamp")),
            original_kind=kind or "text",
        )
    ]


def _read(body: bytes) -> dict[str, Any] | Unreadable:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])


def _named(told: dict[str, Any]) -> str:
    name = _found(told, "message_id") or _found(told, "taskId")
    return name if len(name) <= _ID else ""


def _key(told: dict[str, Any], body: bytes) -> str:
    return _named(told) or hashlib.sha256(body).hexdigest()


def _found(told: Any, path: str) -> str:
    """The text or number at the path; empty where there is none."""
    for name in path.split("."):
        told = told.get(name) if isinstance(told, dict) else None
    if isinstance(told, bool) or not isinstance(told, str | int):
        return ""
    return str(told)


def _moment(given: Any) -> datetime | None:
    """Unix seconds or milliseconds."""
    if isinstance(given, bool) or not isinstance(given, int) or given <= 0:
        return None
    try:
        return datetime.fromtimestamp(given / 1000 if given > _MILLISECONDS else given, UTC)
    except (OverflowError, ValueError, OSError):
        return None
