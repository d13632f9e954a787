"""What every answer says to browsers about itself, so that no route can forget it."""

from typing import Any

from kezhan.kit.sockets import ASGIApp, Receive, Send

# Data is no page: nothing of it runs, wherever it is opened. Pages bring their own, and a worker would take
# that of its code for what it may fetch itself.
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox")
_EVERYWHERE = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), payment=(), usb=(), microphone=(self)"),
]
_OURS_ALONE = (b"cross-origin-resource-policy", b"same-origin")
_CODE = b"text/javascript"
_ANYBODYS = (b"cross-origin-resource-policy", b"cross-origin")
_OPENER = (b"cross-origin-opener-policy", b"same-origin")
_TLS_ALONE = (b"strict-transport-security", b"max-age=31536000")


class Hardened:
    """An ASGI application whose answers all carry these headers; one that a route has set itself stays.

    `shared` are prefixes of what pages of other origins load: the loader, the frame, the customers' protocol.
    `secure`: browsers reach this installation by TLS, and shall never come without it again.
    """

    def __init__(self, app: ASGIApp, *, shared: tuple[str, ...], secure: bool) -> None:
        self._app = app
        self._shared = shared
        more = [_TLS_ALONE] if secure else []
        self._alone = [*_EVERYWHERE, _POLICY, _OURS_ALONE, _OPENER, *more]
        self._open = [*_EVERYWHERE, _POLICY, _ANYBODYS, *more]

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = self._open if scope["path"].startswith(self._shared) else self._alone

        async def hardened(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower(): value for name, value in given}
                if names.get(b"content-type", b"").startswith(_CODE):
                    names.setdefault(_POLICY[0], b"")
                message = {**message, "headers": given + [one for one in wanted if one[0] not in names]}
            await send(message)

        await self._app(scope, receive, hardened)
