"""Calls of the interface: JSON both ways, an errcode for what went wrong, the token in a query."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec

from kezhan.channels.base import Expired, Line, Retry, Token, Turned, reaching, whole
from kezhan.channels.vendors.tencent.faults import Meanings, check, check_status
from kezhan.channels.vendors.tencent.fields import Fields, read_json

_ANSWER_BYTES = 20 * 1024 * 1024


async def post(line: Line, path: str, body: Mapping[str, Any], meanings: Meanings) -> Fields:
    """The answer to a call with the line's token. Raises Retry, Turned and Expired."""
    return await ask(line, "POST", path, {"access_token": await line.token()}, body, meanings)


async def get(line: Line, path: str, query: Mapping[str, str], meanings: Meanings) -> Fields:
    """As `post`, for what is only looked up."""
    return await ask(line, "GET", path, {"access_token": await line.token(), **query}, None, meanings)


async def issue(
    line: Line,
    method: str,
    path: str,
    query: Mapping[str, str],
    body: Mapping[str, Any] | None,
    meanings: Meanings,
) -> Token:
    """A new token. Credentials that are not taken are a Turned: nothing renews them but somebody's hand."""
    try:
        answer = await ask(line, method, path, query, body, meanings)
    except Expired as fault:
        raise Turned(fault.why, fault="token_expired") from fault
    value, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(seconds, int):
        raise Retry("no token in the answer")
    return Token(value=value, seconds=seconds)


async def ask(
    line: Line,
    method: str,
    path: str,
    query: Mapping[str, str],
    body: Mapping[str, Any] | None,
    meanings: Meanings,
) -> Fields:
    """The answer to a call. Raises Retry, Turned and Expired."""
    # The platform shows escaped Chinese to people as it stands; msgspec escapes none.
    content = None if body is None else msgspec.json.encode(body)
    headers = {} if body is None else {"content-type": "application/json"}
    async with opened(line, method, path, query, content=content, headers=headers) as response:
        data = await whole(response, _ANSWER_BYTES)
    return good(data, meanings)


def good(data: bytes, meanings: Meanings) -> Fields:
    """The answer, where it says that all went well."""
    answer = read_json(data)
    if answer is None:
        raise Retry("the answer is no JSON object", fault="not_understood")
    check(answer, meanings)
    return answer


@asynccontextmanager
async def opened(
    line: Line, method: str, path: str, query: Mapping[str, str], **more: Any
) -> AsyncIterator[httpx2.Response]:
    """A response of HTTP 200 whose body has yet to be read."""
    url = line.account.settings.api_url.rstrip("/") + path
    with reaching():
        async with line.http.stream(method, url, params=dict(query), **more) as response:
            check_status(response.status_code)
            yield response
