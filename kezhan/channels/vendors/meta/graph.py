"""One call of the Graph API: `<api>/<version>/<path>`, JSON both ways. A path that begins with / has no
version."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from kezhan.channels.base import Field, Line, Retry, Turned, reaching
from kezhan.channels.vendors.meta.faults import fault_for

T = TypeVar("T")
API_URL = "https://graph.facebook.com"
API_VERSION = "v24.0"
Address = Annotated[str, Meta(max_length=500, extra_json_schema={"format": "uri"})]
Version = Annotated[str, Meta(pattern=r"^v[0-9]{1,3}\.[0-9]$(?!\n)")]
Bearer = Annotated[str, Meta(pattern=r"^[!-~]{1,2000}$(?!\n)")]
Secret = Annotated[str, Meta(min_length=1, max_length=200)]
Number = Annotated[str, Meta(pattern=r"^[0-9]{0,40}$(?!\n)")]
"""The platform's own number of something; empty: not given yet."""

API_FIELDS = {
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "API address"},
        help={
            "zh-CN": "Graph API 的地址，一般不用改。",
            "en": "Where the Graph API is; not to be changed as a rule.",
        },
        advanced=True,
    ),
    "api_version": Field(
        label={"zh-CN": "接口版本", "en": "API version"},
        help={
            "zh-CN": "Graph API 的版本，如 v24.0；Meta 停用旧版本时再改。",
            "en": "The version of the Graph API, such as v24.0; to be changed when Meta ends it.",
        },
        advanced=True,
    ),
}


async def call(
    line: Line,
    method: str,
    path: str,
    answer: type[T],
    *,
    base: str = "",
    token: str = "",
    query: Mapping[str, str] | None = None,
    **parts: Any,
) -> T:
    """The call's answer; `token` goes with it as a bearer's, `parts` are httpx's (`content`, `files` …).
    Raises Retry, Turned and Expired."""
    settings = line.account.settings
    version = "" if path.startswith("/") else f"/{settings.api_version}/"
    url = f"{(base or settings.api_url).rstrip('/')}{version}{path}"
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if "content" in parts:
        headers["content-type"] = "application/json"
    with reaching():
        response = await line.http.request(method, url, params=query, headers=headers, timeout=25, **parts)
    if not 200 <= response.status_code < 300:
        pause = response.headers.get("retry-after", "")
        raise fault_for(response.status_code, pause, response.content)
    try:
        return msgspec.json.decode(response.content, type=answer)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        if method == "GET":
            raise Retry("no answer that can be read", fault="not_understood") from fault
        raise Turned("no answer that can be read", status=response.status_code, fault="unsure") from fault
