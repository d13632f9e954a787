"""The HTTP edge every room shares: guards, refusals as problem+json, the caller's address and language."""

import asyncio
import functools
import ipaddress
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar, cast

import msgspec
from litestar import Litestar, Request, Response
from litestar.connection import ASGIConnection
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from litestar.serialization import default_serializer
from litestar.types import Receive, Scope, Send

from kezhan.kit.errors import Problem, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.log import log
from kezhan.kit.masking import masked
from kezhan.kit.unfit import unfit
from kezhan.kit.words import choose_language, say

T = TypeVar("T")
Connection = ASGIConnection[Any, Any, Any, Any]
LANGUAGE_COOKIE = "kz_lang"
OR_NOTHING = {204: ResponseSpec(None, generate_examples=False, description="There is none.")}
"""For the contract: `responses` of a route that may have nothing to answer with."""
_encode = msgspec.json.Encoder(enc_hook=default_serializer).encode


class Guard:
    """Who may call a route. Every route of the house declares exactly one; a test walks all of them.

    `name` says the rule in words for the permission table, `check` raises Refused.
    """

    def __init__(self, name: str, check: Callable[[Connection], Awaitable[None]]) -> None:
        self.name = name
        self._check = check

    async def __call__(self, connection: Connection, _: BaseRouteHandler) -> None:
        await self._check(connection)


async def _anyone(_: Connection) -> None:
    return None


class Answer(Response[Any]):
    """What a route returns, as JSON, with masked what its reader may not see plain (`cover` in the request's
    state). An answer with nothing special about it goes out by the shortest way."""

    def to_asgi_response(
        self, app: Litestar | None, request: Request[Any, Any, Any], **more: Any
    ) -> ASGIResponse:
        cover = request.scope["state"].get("cover")
        if cover is not None:
            self.content = masked(self.content, cover)
        special = self.status_code != 200 or self.media_type != MediaType.JSON or self.background
        if special or isinstance(self.content, bytes) or any(more.values()):
            return super().to_asgi_response(app, request, **more)
        return cast(ASGIResponse, _Json(_encode(self.content)))


def plain(request: Request[Any, Any, Any]) -> None:
    """What this request is answered goes out as it is: it has been seen that its reader may read it plain."""
    request.scope["state"]["cover"] = None


class _Json:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(self._body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def one_by_one(app: Litestar) -> None:
    """Have what routes depend on made one after the other. Side by side, as Litestar has it, takes a task for
    each, which costs ten times what they do."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]


def public(reason: str) -> Guard:
    """A route open to everybody; the reason is part of the declaration."""
    return Guard(f"public: {reason}", _anyone)


def language_of(headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
    """The reader's language: her own choice (cookie), else what her browser asks for."""
    chosen = cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in {"zh-CN", "en"} else choose_language(headers.get("accept-language", ""))


async def while_there(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives, of a request whose body has been read. It is broken off when whoever has asked is
    gone: nobody reads what it would find."""
    at_work, gone = asyncio.create_task(work), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((at_work, gone), return_when=asyncio.FIRST_COMPLETED)
        if at_work.done():
            return at_work.result()
        raise Refused("kit.too_slow", 503)
    finally:
        at_work.cancel()
        gone.cancel()
        await asyncio.gather(at_work, gone, return_exceptions=True)


async def _gone(request: Request[Any, Any, Any]) -> None:
    message = await request.receive()
    if message["type"] != "http.disconnect":
        await asyncio.Event().wait()  # a body that is told again: nobody says when she goes


def problem(refused: Refused, language: str, trace: str | None = None) -> Problem:
    return Problem(
        type=f"urn:kezhan:problem:{refused.code}",
        title=say(language, refused.code, **refused.params),
        status=refused.status,
        code=refused.code,
        field=refused.field,
        trace=trace,
    )


def _respond(request: Request[Any, Any, Any], refused: Refused, trace: str | None = None) -> Response[bytes]:
    language = language_of(request.headers, request.cookies)
    retry = refused.params.get("retry_after")
    body, cover = problem(refused, language, trace), request.scope["state"].get("cover")
    return Response(
        msgspec.json.encode(body if cover is None else masked(body, cover)),
        status_code=refused.status,
        media_type="application/problem+json",
        headers={"content-language": language, **({"retry-after": str(retry)} if retry else {})},
    )


def on_refused(request: Request[Any, Any, Any], refused: Refused) -> Response[bytes]:
    return _respond(request, refused)


def on_http_exception(request: Request[Any, Any, Any], fault: HTTPException) -> Response[bytes]:
    """Litestar's own refusals (unknown route, wrong body) in our shape."""
    if isinstance(fault, ValidationException) or fault.status_code == 400:
        found = unfit(fault)
        why = say(language_of(request.headers, request.cookies), found.word, **found.params)
        return _respond(request, Refused("kit.bad_input", 400, field=found.field, why=why))
    known = {
        401: "kit.sign_in_needed",
        404: "kit.not_found",
        405: "kit.method_not_allowed",
        413: "kit.too_large",
        415: "kit.bad_media_type",
    }
    code = known.get(fault.status_code, "kit.refused" if fault.status_code < 500 else "kit.fault")
    return _respond(request, Refused(code, fault.status_code))


# PostgreSQL's text and jsonb hold no NUL. It says so itself, wherever in a request the character came from.
_NOT_STORABLE = frozenset({"22021", "22P05"})
# The driver's words for a number that no column of whole numbers holds.
_BEYOND = re.compile(r"value out of int\d+ range")


def on_fault(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    """A fault of ours: the reader gets a trace id, the log gets the rest. Text that is no UTF-8 or holds NUL,
    and numbers beyond all that are stored, are the caller's fault."""
    by_database = getattr(fault, "orig", fault)
    if getattr(by_database, "sqlstate", None) in _NOT_STORABLE or isinstance(fault, UnicodeDecodeError):
        return _respond(request, Refused("kit.bad_text"))
    too_deep = isinstance(fault, RecursionError) and "deserializing" in str(fault)
    if too_deep or _BEYOND.search(str(by_database)):
        why = say(language_of(request.headers, request.cookies), "kit.unfit_unreadable")
        return _respond(request, Refused("kit.bad_input", 400, why=why))
    trace = str(new_id())
    # The route's pattern, not the path: some paths carry a token.
    log.error("http.fault", trace=trace, path=request.scope.get("path_template", ""), exc_info=fault)
    return _respond(request, Refused("kit.fault", 500), trace)


def peer(address: str, headers: Mapping[str, str], trusted: tuple[str, ...]) -> str:
    """The address of the caller: the socket's own, or what a listed proxy says of it (last hop first)."""
    if not within(address, trusted):
        return address
    every = getattr(headers, "getall", None)  # some proxies add a line of their own after the caller's
    forwarded = ",".join(every("x-forwarded-for", [])) if every else headers.get("x-forwarded-for", "")
    for hop in reversed(forwarded.split(",")):
        candidate = hop.strip()
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            break
        if not within(candidate, trusted):
            return candidate
    return address


@functools.lru_cache(4096)
def _network(network: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(network, strict=False)


def within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether `address` is one, and in one of `networks`."""
    if not networks:
        return False
    try:
        ip = ipaddress.ip_address(address)
        ip = getattr(ip, "ipv4_mapped", None) or ip  # how a socket for both families names IPv4
        return any(ip in _network(network) for network in networks)
    except ValueError:
        return False
