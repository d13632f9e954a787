"""One call of the platform's interfaces, and what its codes mean.

The new interface refuses with an HTTP status and `{"code": "…", "message": "…"}`, the old one and sessions
with `{"errcode": 1, "errmsg": "…"}`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
import msgspec

from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching
from kezhan.kit.loose import read, word

_JSON = "application/json; charset=utf-8"
_STOPPED = "130101"
_STOPPED_SECONDS = 600
"""Who is too fast in a group is not heard for so long."""
_RATE = ("throttl", "qpslimit", "flowcontrol", "frequen")
_TOKEN = frozenset({"40014", "42001"})
_FAULTS: Mapping[str, Fault] = {
    "staffid": "recipient_blocked",
    "msgparam": "content_rejected",
    "robot": "not_allowed",
}
_LONGEST_PAUSE = 24 * 3600


@contextmanager
def harmless() -> Iterator[None]:
    """What is done within may be done twice: another attempt needs nobody's word."""
    try:
        yield
    except Retry as fault:
        fault.sure = True
        raise


async def call(line: Line, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Call the new interface with the account's token; the whole answer. Raises Retry, Turned and Expired."""
    headers = {"x-acs-dingtalk-access-token": await line.token()}
    return answered(
        await reached(line, method, line.account.settings.api_url.rstrip("/") + path, body, headers)
    )


async def old_call(line: Line, path: str, content: bytes, content_type: str = _JSON) -> dict[str, Any]:
    """Post to the old interface, which takes the token in its address."""
    url = f"{line.account.settings.old_api_url.rstrip('/')}{path}"
    url += f"{'&' if '?' in path else '?'}access_token={await line.token()}"
    return answered(await reached(line, "POST", url, content, {"content-type": content_type}))


async def reached(
    line: Line, method: str, url: str, body: object, headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    """The response, whatever it says; `body` is bytes, or becomes JSON. Retry where nobody is there."""
    content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
    sent = dict(headers or {})
    if content is not None:
        sent.setdefault("content-type", _JSON)
    with reaching():
        return await line.http.request(method, url, content=content, headers=sent)


def answered(response: httpx2.Response) -> dict[str, Any]:
    """The answer of a call that was done; else raises."""
    status = response.status_code
    try:
        answer = read(response.content)
    except ValueError as fault:
        if status == 200:
            raise Retry("no JSON", status=status, fault="not_understood") from fault
        answer = {}
    code = word(answer, "errcode") or word(answer, "code")
    if status == 200 and code in {"", "0"}:
        return answer
    said = word(answer, "errmsg") or word(answer, "message")
    raise _refusal(status, code, said, response.headers.get("retry-after", ""))


def _refusal(status: int, code: str, said: str, pause: str) -> Expired | Retry | Turned:
    why = f"{code or f'HTTP {status}'} {said}".strip()[:300]
    if status == 401 or code in _TOKEN:
        return Expired(why, status=status)
    named = code.lower()
    if code == _STOPPED:
        return Retry(why, after=_STOPPED_SECONDS, status=status, fault="rate_limited")
    if status == 429 or any(one in named for one in _RATE):
        after = min(int(pause), _LONGEST_PAUSE) if pause.isdecimal() and len(pause) < 8 else 0
        return Retry(why, after=after, status=status, fault="rate_limited")
    if status >= 500 or status == 408:
        return Retry(why, status=status)
    fault = next((fault for part, fault in _FAULTS.items() if part in named), None)
    return Turned(why, status=status, fault=fault or ("not_allowed" if status == 403 else "permanent"))
