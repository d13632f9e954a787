"""One call of the Messaging API, and what its answers mean. Where it says no:
`{"message": …, "details": [{"message", "property"}]}`."""

import httpx2
import msgspec
from msgspec import Struct

from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching

_LONGEST_PAUSE = 24 * 3600
_WHY: tuple[tuple[str, Fault], ...] = (
    ("length must be", "too_long"),
    ("originalcontenturl", "media_error"),
    ("previewimageurl", "media_error"),
    ("'to'", "recipient_blocked"),
    ("may not be empty", "content_rejected"),
)
"""What the words of a 400 say, and what that is for us."""
_BY_STATUS: dict[int, Fault] = {403: "not_allowed", 410: "media_error", 413: "too_long"}


class Detail(Struct, frozen=True):
    message: str = ""
    property: str = ""


class Said(Struct, frozen=True):
    message: str = ""
    details: list[Detail] = []

    @property
    def words(self) -> str:
        parts = [self.message, *(f"{one.property} {one.message}".strip() for one in self.details)]
        return "; ".join(part for part in parts if part)


async def call(
    line: Line, method: str, path: str, *, content: bytes | None = None, retry_key: str = ""
) -> httpx2.Response:
    """The answer, 2xx or, with a key, 409: accepted already. Raises Retry, Turned and Expired."""
    url = f"{line.account.settings.api_url.rstrip('/')}{path}"
    headers = {"authorization": f"Bearer {await line.token()}"}
    if content is not None:
        headers["content-type"] = "application/json"
    if retry_key:
        headers["x-line-retry-key"] = retry_key
    response = await request(line, method, url, headers, content)
    if not (200 <= response.status_code < 300 or (retry_key and response.status_code == 409)):
        raise fault_of(response)
    return response


async def request(
    line: Line, method: str, url: str, headers: dict[str, str], content: bytes | None = None
) -> httpx2.Response:
    with reaching():
        return await line.http.request(method, url, headers=headers, content=content, timeout=25)


def fault_of(response: httpx2.Response) -> Exception:
    """What an answer that is no success raises."""
    status, said = response.status_code, _said(response.content)
    why = f"{status} {said}"[:300].rstrip()
    if status == 401:
        return Expired(why, status=status)
    if status == 429 and "monthly limit" in said.lower():
        return Turned(why, status=status, fault="not_allowed")
    if status == 429:
        pause = response.headers.get("retry-after", "")
        after = min(int(pause), _LONGEST_PAUSE) if pause.isdecimal() and len(pause) < 8 else 0
        return Retry(why, after=after, status=status, fault="rate_limited")
    if status >= 500 or status == 408:
        return Retry(why, status=status)
    told = said.lower() if status == 400 else ""
    found = next((fault for word, fault in _WHY if word in told), _BY_STATUS.get(status, "permanent"))
    return Turned(why, status=status, fault=found)


def _said(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=Said).words
    except (msgspec.MsgspecError, UnicodeError):
        return ""
