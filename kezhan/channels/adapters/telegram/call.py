"""One call of the Bot API, and what its answers mean.

`POST <api>/bot<token>/<method>`, JSON or multipart; `{"ok": true, "result": …}`, or
`{"ok": false, "error_code": 429, "description": "Too Many Requests: …", "parameters": {"retry_after": 7}}`.
"""

from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching

_LONGEST_PAUSE = 24 * 3600
_WHY: tuple[tuple[str, Fault], ...] = (
    ("bot was blocked", "recipient_blocked"),
    ("user is deactivated", "recipient_blocked"),
    ("can't initiate conversation", "recipient_blocked"),
    ("can't send messages to bots", "recipient_blocked"),
    ("bot was kicked", "recipient_blocked"),
    ("bot is not a member", "recipient_blocked"),
    ("chat not found", "recipient_blocked"),
    ("user not found", "recipient_blocked"),
    ("peer_id_invalid", "recipient_blocked"),
    ("too long", "too_long"),
    ("can't parse entities", "content_rejected"),
    ("text must be non-empty", "content_rejected"),
    ("message text is empty", "content_rejected"),
    ("file", "media_error"),
    ("photo", "media_error"),
    ("http url", "media_error"),
    ("can't be edited", "not_allowed"),
    ("can't be deleted", "not_allowed"),
    ("rights", "not_allowed"),
)
"""What the description says, in its own words, and what that is for us."""
_BY_STATUS: dict[int, Fault] = {403: "not_allowed", 413: "media_error"}


class Moved(Exception):
    """The group has become another chat."""

    def __init__(self, chat_id: int) -> None:
        super().__init__(str(chat_id))
        self.chat_id = chat_id


class Parameters(Struct, frozen=True):
    retry_after: float = 0
    migrate_to_chat_id: int | None = None


class Said(Struct, frozen=True):
    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    description: str = ""
    parameters: Parameters = Parameters()


class Upload(Struct, frozen=True):
    """A file that goes with a call, in the field of this name."""

    field: str
    name: str
    data: bytes
    media_type: str


def address(line: Line, path: str) -> str:
    """Carries the token: not for logs, not to be kept."""
    account = line.account
    return f"{account.settings.api_url.rstrip('/')}{path.format(token=account.secrets.bot_token)}"


async def call(
    line: Line, method: str, fields: dict[str, Any], *, upload: Upload | None = None, seconds: float = 25
) -> msgspec.Raw:
    """The call's result. Raises Retry, Turned, Expired and Moved."""
    url = address(line, "/bot{token}/" + method)
    parts: dict[str, Any]
    if upload is None:
        parts = {"content": msgspec.json.encode(fields), "headers": {"content-type": "application/json"}}
    else:
        parts = {
            "data": {name: _plain(value) for name, value in fields.items()},
            "files": {upload.field: (upload.name, upload.data, upload.media_type)},
        }
    with reaching():
        response = await line.http.post(url, timeout=seconds, **parts)
    return _outcome(response.status_code, response.content)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _outcome(status: int, body: bytes) -> msgspec.Raw:
    try:
        said = msgspec.json.decode(body, type=Said)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        if status in {401, 404}:
            raise Expired(f"HTTP {status}", status=status) from fault
        if 400 <= status < 500 and status not in {408, 409, 429}:
            raise Turned(f"HTTP {status}", status=status) from fault
        if status < 400:
            raise Turned("no answer that can be read", status=status, fault="unsure") from fault
        raise Retry(f"HTTP {status}", status=status) from fault
    if said.ok:
        return said.result
    raise _fault(status, said)


def _fault(status: int, said: Said) -> Exception:
    why = f"{status} {said.description}"[:300]
    if said.parameters.migrate_to_chat_id is not None:
        return Moved(said.parameters.migrate_to_chat_id)
    if status in {401, 404}:
        # 404 is how a token that was never one is answered.
        return Expired(why, status=status)
    if status == 429:
        after = max(0, min(said.parameters.retry_after, _LONGEST_PAUSE))
        return Retry(why, after=after, status=status, fault="rate_limited")
    if status >= 500 or status in {408, 409}:
        return Retry(why, status=status)
    told = said.description.lower()
    found = next((fault for word, fault in _WHY if word in told), _BY_STATUS.get(status, "permanent"))
    return Turned(why, status=status, fault=found)
