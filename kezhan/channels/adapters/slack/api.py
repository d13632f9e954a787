"""One call of the Web API, and what its errors mean: mostly HTTP 200 with `{"ok": false, "error": "…"}`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
import msgspec

from kezhan.channels.base import Fault, Line, Retry, Turned, reaching, whole
from kezhan.kit.loose import read, word

OWN = (".slack.com", ".slack-gov.com", ".slack-files.com")
_LATER = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_FAULTS: Mapping[str, Fault] = {
    "invalid_auth": "token_expired",
    "not_authed": "token_expired",
    "token_revoked": "token_expired",
    "token_expired": "token_expired",
    "account_inactive": "token_expired",
    "channel_not_found": "recipient_blocked",
    "is_archived": "recipient_blocked",
    "user_not_found": "recipient_blocked",
    "user_disabled": "recipient_blocked",
    "not_in_channel": "not_allowed",
    "missing_scope": "not_allowed",
    "no_permission": "not_allowed",
    "restricted_action": "not_allowed",
    "access_denied": "not_allowed",
    "not_allowed_token_type": "not_allowed",
    "forbidden_team": "not_allowed",
    "cant_update_message": "not_allowed",
    "cant_delete_message": "not_allowed",
    "cant_delete_file": "not_allowed",
    "edit_window_closed": "not_allowed",
    "msg_too_long": "too_long",
    "no_text": "content_rejected",
    "invalid_blocks": "content_rejected",
    "msg_blocks_too_long": "too_long",
    "file_not_found": "media_error",
    "file_deleted": "media_error",
    "file_upload_size_restricted": "media_error",
}
GONE = frozenset({"message_not_found", "file_not_found", "file_deleted"})
_LONGEST_PAUSE = 24 * 3600
_FORM = "application/x-www-form-urlencoded; charset=utf-8"


@contextmanager
def harmless() -> Iterator[None]:
    """What is done within may be done twice: another attempt needs nobody's word."""
    try:
        yield
    except Retry as fault:
        fault.sure = True
        raise


async def call(line: Line, method: str, body: object) -> dict[str, Any]:
    """Post JSON to a method of the interface; the whole answer. Raises Retry and Turned."""
    content = msgspec.json.encode(body)
    return await _asked(line, "POST", method, content, "application/json; charset=utf-8")


async def ask(line: Line, method: str, **given: str) -> dict[str, Any]:
    """A method that only reads."""
    return await _asked(line, "GET", f"{method}?{urlencode(given)}", None, "")


async def post_form(line: Line, method: str, **given: str) -> dict[str, Any]:
    """A method that wants a form."""
    return await _asked(line, "POST", method, urlencode(given).encode(), _FORM)


async def open_connection(line: Line) -> dict[str, Any]:
    """Where events can be heard; asked for in the name of the app, not of its bot."""
    token = line.account.secrets.app_token
    return await _asked(line, "POST", "apps.connections.open", b"", _FORM, token)


async def _asked(
    line: Line, verb: str, method: str, content: bytes | None, content_type: str, token: str = ""
) -> dict[str, Any]:
    url = f"{line.account.settings.api_url.rstrip('/')}/{method}"
    headers = {"authorization": f"Bearer {token or line.account.secrets.bot_token}"}
    if content is not None:
        headers["content-type"] = content_type
    return _answered(await reached(line, verb, url, content, headers))


async def reached(
    line: Line, verb: str, url: str, content: bytes | None, headers: Mapping[str, str]
) -> httpx2.Response:
    """The response, whatever it says. Raises Retry where nobody is there."""
    with reaching():
        return await line.http.request(verb, url, content=content, headers=headers)


async def fetch(line: Line, url: str, most: int) -> tuple[str, bytes]:
    """A file of at most so many bytes, with its media type. Raises Retry and Turned."""
    headers = {"authorization": f"Bearer {line.account.secrets.bot_token}"}
    with reaching():
        async with line.http.stream("GET", own_url(line, url), headers=headers) as response:
            check_status(response)
            if response.status_code != 200:
                raise Turned(f"HTTP {response.status_code}", status=response.status_code, fault="media_error")
            data = await whole(response, most)
    return response.headers.get("content-type", "").partition(";")[0].strip(), data


def own_url(line: Line, url: str) -> str:
    """An address the platform has named for a file. Raises Turned where it leads elsewhere: the token goes
    there as well."""
    own = urlsplit(str(line.account.settings.api_url))
    try:
        found = urlsplit(urljoin(own.geturl(), url))
    except ValueError as fault:
        raise Turned("no address", fault="media_error") from fault
    ours = found.netloc == own.netloc or (found.hostname or "").endswith(OWN)
    if not url or not ours or found.scheme != own.scheme:
        raise Turned("the file lies elsewhere", fault="media_error")
    return found.geturl()


def check_status(response: httpx2.Response) -> None:
    """Raises Retry for what may mend itself."""
    status, pause = response.status_code, response.headers.get("retry-after", "")
    if status == 429:
        after = min(int(pause), _LONGEST_PAUSE) if pause.isdecimal() and len(pause) < 8 else 0
        raise Retry("ratelimited", after=after, status=status, fault="rate_limited")
    if status >= 500 or status == 408:
        raise Retry(f"HTTP {status}", status=status)


def _answered(response: httpx2.Response) -> dict[str, Any]:
    check_status(response)
    status = response.status_code
    try:
        answer = read(response.content)
    except ValueError as fault:
        if status == 200:
            raise Retry("no JSON", status=status, fault="not_understood") from fault
        raise Turned(f"HTTP {status}", status=status) from fault
    if answer.get("ok") is True:
        return answer
    error = word(answer, "error")
    if error == "ratelimited":
        raise Retry(error, status=status, fault="rate_limited")
    if error in _LATER:
        raise Retry(error, status=status)
    raise Turned(error[:300] or f"HTTP {status}", status=status, fault=_FAULTS.get(error, "permanent"))
