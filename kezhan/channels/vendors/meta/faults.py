"""The Graph API's errors and what they are for us: `{"error": {"message", "type", "code", "error_subcode",
"error_data": {"details"}, "fbtrace_id"}}`. The numbers mean the same on every product."""

import msgspec
from msgspec import Struct

from kezhan.channels.base import Expired, Fault, Retry, Turned

_SUBCODES: dict[int, Fault] = {
    2018278: "window_closed",  # Messenger, with 10
    2534022: "window_closed",  # Instagram, with 10
    1545041: "recipient_blocked",  # with 551
    2018001: "recipient_blocked",  # nobody of that id, with 100
    2018108: "not_allowed",  # the app is being developed and she is no tester
    2018344: "not_allowed",  # terms of service
}
_CODES: dict[int, Fault] = {
    **dict.fromkeys((0, 190), "token_expired"),
    **dict.fromkeys((4, 613, 80006, 80007, 130429, 131048, 131049, 131056, 133016), "rate_limited"),
    **dict.fromkeys((1, 2, 1200, 131000, 131016, 135000), "transient"),
    **dict.fromkeys((3, 10, *range(200, 300), 368, 131005, 131031, 131042), "not_allowed"),
    **dict.fromkeys((551, 130472, 130497, 131021, 131026, 131030, 131050), "recipient_blocked"),
    131047: "window_closed",
    **dict.fromkeys((131008, 131009, 131051), "content_rejected"),
    **dict.fromkeys((131052, 131053), "media_error"),
    **dict.fromkeys((132000, 132001, 132007, 132008, 132012, 132015, 132016), "content_rejected"),
    132005: "too_long",
}
_PAUSES: dict[int, float] = {131056: 6, 131048: 3600, 133016: 3600}
"""Seconds: the pair's own pace; what only an hour without sending mends."""
_NEVER = frozenset({131049})
"""She has had enough advertising, from everybody: the same again would be refused again."""
_LONGEST_PAUSE = 24 * 3600


class Details(Struct, frozen=True, kw_only=True):
    details: str = ""


class GraphError(Struct, frozen=True, kw_only=True):
    code: int = -1
    error_subcode: int = 0
    message: str = ""
    title: str = ""
    error_data: Details | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    error: GraphError


def fault_of(error: GraphError) -> Fault:
    """Why, as people are told."""
    return _SUBCODES.get(error.error_subcode) or _CODES.get(error.code, "permanent")


def words_of(error: GraphError) -> str:
    """The platform's own words with its number, for whoever looks into it."""
    details = error.error_data.details if error.error_data is not None else ""
    return f"{error.code} {details or error.message or error.title}"[:300]


def fault_for(status: int, pause: str, body: bytes) -> Exception:
    """What an answer other than 2xx raises: Expired, Retry or Turned. `pause`: its `retry-after`."""
    after = float(min(int(pause), _LONGEST_PAUSE)) if pause.isdecimal() and len(pause) < 8 else 0.0
    try:
        error = msgspec.json.decode(body, type=Refusal).error
    except (msgspec.MsgspecError, UnicodeError):
        return _by_status(status, after)
    fault, why = fault_of(error), words_of(error)
    if fault == "token_expired":
        return Expired(why, status=status)
    if fault in {"rate_limited", "transient"} and error.code not in _NEVER:
        return Retry(why, after=after or _PAUSES.get(error.code, 0), status=status, fault=fault)
    if fault == "permanent" and (status >= 500 or status == 429):
        return _by_status(status, after)
    return Turned(why, status=status, fault=fault)


def _by_status(status: int, after: float) -> Exception:
    if status == 401:
        return Expired(f"HTTP {status}", status=status)
    if status >= 500 or status in {408, 429}:
        fault: Fault = "rate_limited" if status == 429 else "transient"
        return Retry(f"HTTP {status}", after=after, status=status, fault=fault)
    return Turned(f"HTTP {status}", status=status)
