"""The application: every platform behind `/<name>`, what steers them behind `/_/`, the page at `/`."""

import base64
import binascii
import importlib
import pkgutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post, route
from litestar.enums import HttpMethod
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from fakes import platforms as folder
from fakes.base import Connected, Misused, Platform
from fakes.deliver import Noted
from fakes.orders import OrderService
from fakes.phone import Act, Box, Said, Shown, Words
from fakes.wire import Asked
from fakes.world import Switches

PAGE = Path(__file__).with_name("page")
BODY_BYTES = 64 * 1024 * 1024
_METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


class Customer(msgspec.Struct, kw_only=True):
    id: str
    name: str


class Told(msgspec.Struct, kw_only=True):
    """A platform as the page draws it."""

    name: str
    label: Words
    hint: Words
    api_url: str
    kinds: list[str]
    quotes: bool
    hooked: bool
    form: dict[str, str]
    boxes: list[Box]
    acts: list[Act]
    connected: Connected | None
    customers: list[Customer]
    switches: Switches


class Sent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`data` in base64."""

    customer: str
    kind: str = "text"
    text: str = ""
    data: str = ""
    name: str = ""
    media_type: str = ""
    quote: str = ""
    more: dict[str, str] = {}


class Done(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    customer: str
    act: str
    given: dict[str, str] = {}


def every_platform() -> list[Platform]:
    """One of each, in the order of the page."""
    modules = (
        importlib.import_module(f"{folder.__name__}.{m.name}") for m in pkgutil.iter_modules(folder.__path__)
    )
    kinds = (module.PLATFORM for module in modules if hasattr(module, "PLATFORM"))
    return sorted((kind() for kind in kinds), key=lambda platform: platform.rank)


def build(platforms: Sequence[Platform], base: str = "", beside: int = 0) -> Litestar:
    """`base` is the address under which the platforms are reached, without a slash at the end; `beside`: the
    first port for what speaks something else than HTTP, 0 for any."""
    by_name = {platform.name: platform for platform in platforms}
    for platform in platforms:
        platform.base = base

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncIterator[None]:
        for platform in platforms:
            await platform.listen(beside)
        yield
        for platform in platforms:
            await platform.close()

    handlers: list[ControllerRouterHandler] = [*_steering(by_name), *_page(), *OrderService().routes()]
    for platform in platforms:
        handlers += [_door(platform), *platform.sockets()]
    return Litestar(
        handlers,
        lifespan=[life],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=BODY_BYTES,
        exception_handlers={Misused: _misused},
    )


def _misused(_: Request[Any, Any, Any], fault: Misused) -> Response[dict[str, str]]:
    return Response({"problem": str(fault)}, status_code=400)


def _door(platform: Platform) -> ControllerRouterHandler:
    @route([f"/{platform.name}", f"/{platform.name}/{{rest:path}}"], http_method=_METHODS, name=platform.name)
    async def door(request: Request[Any, Any, Any]) -> Response[bytes]:
        asked = Asked(
            method=request.method,
            # The router's own path has lost a slash at its end, which some platforms want.
            path=unquote(request.scope["raw_path"].decode()).removeprefix(f"/{platform.name}") or "/",
            query=list(request.query_params.multi_items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.body(),
        )
        told = await platform.handle(asked)
        headers = {name.lower(): value for name, value in told.headers.items()}
        kind = headers.pop("content-type", "text/plain")
        return Response(told.body, status_code=told.status, headers=headers, media_type=kind)

    return door


def _told(platform: Platform) -> Told:
    return Told(
        name=platform.name,
        label=platform.label,
        hint=platform.hint,
        api_url=platform.url(""),
        kinds=list(platform.kinds),
        quotes=platform.quotes,
        hooked=platform.hooked,
        form=platform.form,
        boxes=platform.boxes(),
        acts=platform.acts(),
        connected=platform.connected if platform.hooked else Connected(ok=True) if platform.ready else None,
        customers=[Customer(id=phone.id, name=phone.name) for phone in platform.phones.values()],
        switches=platform.world.switches,
    )


def _steering(by_name: dict[str, Platform]) -> list[ControllerRouterHandler]:
    def named(name: str) -> Platform:
        if name not in by_name:
            raise Misused(f"there is no platform {name}")
        return by_name[name]

    @get("/_/platforms")
    async def listed() -> list[Told]:
        return [_told(platform) for platform in by_name.values()]

    @post("/_/{name:str}/connect", status_code=200)
    async def connect(name: str, data: dict[str, str]) -> Connected:
        return await named(name).connect(data)

    @post("/_/{name:str}/switches", status_code=200)
    async def switches(name: str, data: dict[str, Any]) -> Switches:
        named(name).switch(data)
        return named(name).world.switches

    @post("/_/{name:str}/customers", status_code=200)
    async def customers(name: str, data: dict[str, str]) -> Customer:
        phone = named(name).welcome(data.get("name", "").strip() or "…")
        return Customer(id=phone.id, name=phone.name)

    @post("/_/{name:str}/say", status_code=200)
    async def say(name: str, data: Sent) -> dict[str, str]:
        try:
            raw = base64.b64decode(data.data, validate=True)
        except binascii.Error:
            raise Misused("data is no base64") from None
        said = Said(
            kind=data.kind,
            text=data.text,
            data=raw,
            name=data.name,
            media_type=data.media_type,
            quote=data.quote,
            more=data.more,
        )
        return {"id": await named(name).say(data.customer, said)}

    @post("/_/{name:str}/act", status_code=200)
    async def act(name: str, data: Done) -> dict[str, bool]:
        await named(name).act(data.customer, data.act, data.given)
        return {"done": True}

    return [listed, connect, switches, customers, say, act, *_looking(by_name)]


def _looking(by_name: dict[str, Platform]) -> list[ControllerRouterHandler]:
    @get("/_/{name:str}/seen")
    async def seen(name: str, customer: str) -> list[Shown]:
        return by_name[name].seen(customer) if name in by_name else []

    @get("/_/{name:str}/log")
    async def log(name: str, since: int = 0) -> list[Noted]:
        return [line for line in by_name[name].log.lines if line.nr > since] if name in by_name else []

    @get("/_/{name:str}/file/{id:str}")
    async def file(name: str, id: str) -> Response[bytes]:
        kept = by_name[name].files.get(id) if name in by_name else None
        if kept is None:
            return Response(b"", status_code=404)
        headers = {"content-security-policy": "sandbox", "x-content-type-options": "nosniff"}
        return Response(kept.data, media_type=kept.media_type, headers=headers)

    return [seen, log, file]


def _page() -> list[ControllerRouterHandler]:
    @get("/", sync_to_thread=False)
    def home() -> Redirect:
        return Redirect("/_/page/index.html")

    @get("/_/page/{name:str}", sync_to_thread=False)
    def page(name: str) -> Response[bytes]:
        path = PAGE / name
        if path.parent != PAGE or path.suffix not in _KINDS or not path.is_file():
            return Response(b"", status_code=404, media_type=MediaType.TEXT)
        return Response(
            path.read_bytes(), media_type=_KINDS[path.suffix], headers={"cache-control": "no-cache"}
        )

    return [home, page]
