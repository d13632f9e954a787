"""One call of the platform's interface, and what its codes mean.

Every answer is `{"code": 0, "msg": "…", "data": {…}}`; a refusal has another code and mostly HTTP 400.
"""

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching, whole
from kezhan.kit.loose import read, word

PAUSE_HEADER = "x-ogw-ratelimit-reset"
_TOKEN = frozenset({"99991663", "99991664", "99991665", "99991666", "99991668"})
# 230020 is too many to one person in one source and a message taken back in another: the first mends itself.
_RATE = frozenset({"99991402", "11020", "11021", "230020"})
_FAULTS: Mapping[str, Fault] = {
    "99991400": "not_allowed",
    "99991401": "not_allowed",
    "99991672": "not_allowed",
    "99991679": "not_allowed",
    "230003": "not_allowed",
    "230010": "not_allowed",
    "230026": "not_allowed",
    "230027": "not_allowed",
    "230002": "recipient_blocked",
    "230005": "recipient_blocked",
    "230013": "recipient_blocked",
    "230017": "recipient_blocked",
    "230021": "too_long",
    "230022": "too_long",
    "230001": "content_rejected",
    "230099": "content_rejected",
    "230055": "media_error",
    "234006": "media_error",
    "234010": "media_error",
}
TAKEN_BACK = "230011"
_LONGEST_PAUSE = 24 * 3600


async def call(line: Line, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Call `path` with the account's token; the whole answer. Raises Retry, Turned and Expired."""
    content = None if body is None else msgspec.json.encode(body)
    return answered(await request(line, method, path, content, "application/json; charset=utf-8"))


async def request(
    line: Line, method: str, path: str, content: bytes | None, content_type: str
) -> httpx2.Response:
    headers = {"authorization": f"Bearer {await line.token()}"}
    if content is not None:
        headers["content-type"] = content_type
    return await reached(line, method, path, content, headers)


async def reached(
    line: Line, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
) -> httpx2.Response:
    """The platform's response, whatever it says. Raises Retry where it cannot be reached."""
    url = line.account.settings.base + path
    with reaching():
        return await line.http.request(method, url, content=content, headers=headers)


async def fetch(line: Line, path: str, most: int) -> tuple[httpx2.Headers, bytes]:
    """A file of at most so many bytes, and what is said of it. Raises Retry, Turned and Expired."""
    headers = {"authorization": f"Bearer {await line.token()}"}
    with reaching():
        async with line.http.stream("GET", line.account.settings.base + path, headers=headers) as response:
            data = await whole(response, most)
    if response.status_code != 200 or response.headers.get("content-type", "").startswith("application/json"):
        _judged(response.status_code, response.headers, data)
    return response.headers, data


def answered(response: httpx2.Response) -> dict[str, Any]:
    """The answer of a call that was done; else raises."""
    return _judged(response.status_code, response.headers, response.content)


def _judged(status: int, headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
    try:
        answer = read(content)
    except ValueError:
        answer = {}
    code = word(answer, "code")
    if status == 200 and code == "0":
        return answer
    raise _refusal(status, code, word(answer, "msg"), headers.get(PAUSE_HEADER, ""))


def _refusal(status: int, code: str, said: str, pause: str) -> Expired | Retry | Turned:
    why = f"{code or f'HTTP {status}'} {said}".strip()[:300]
    if code in _TOKEN or (status == 401 and code not in _FAULTS):
        return Expired(why, status=status)
    if code in _RATE or status == 429:
        after = min(int(pause), _LONGEST_PAUSE) if pause.isdecimal() and len(pause) < 8 else 0
        return Retry(why, after=after, status=status, fault="rate_limited")
    if status >= 500 or status == 408 or (status == 200 and not code):
        return Retry(why, status=status)
    return Turned(why, status=status, fault=_FAULTS.get(code, "permanent"))
