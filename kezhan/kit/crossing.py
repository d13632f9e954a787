"""Calls from pages of other origins, where a bearer token is the only credential and no cookie counts."""

from collections.abc import Sequence
from typing import Any

from kezhan.kit.sockets import ASGIApp, Receive, Send

_OPEN = [(b"access-control-allow-origin", b"*"), (b"vary", b"origin")]
_PREFLIGHT = [
    *_OPEN,
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
    (b"access-control-allow-headers", b"authorization, content-type, accept-language, x-link"),
    (b"access-control-max-age", b"86400"),
]


class OpenToPages:
    """An ASGI application under which `paths` (prefixes) may be called and read by any page."""

    def __init__(self, app: ASGIApp, paths: Sequence[str]) -> None:
        self._app = app
        self._paths = tuple(paths)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._paths):
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, _opened(send))


def _opened(send: Send) -> Send:
    async def opened(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_OPEN]}
        await send(message)

    return opened
