"""The built pages: the workbench under `/`, the widget under `/widget`, the demo shop under `/demo`."""

from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException

from kezhan.channels.accounts import account_by_key
from kezhan.channels.site import site_settings
from kezhan.kit.errors import Refused
from kezhan.kit.http import language_of, public
from kezhan.kit.webbuild import COMPRESSED
from kezhan.kit.words import say
from kezhan.workspaces.authenticate import authenticate, peer_of
from kezhan.workspaces.profile import view_workspace
from kezhan.workspaces.schemas import WorkspaceView

_Request = Request[Any, Any, State]
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_DESK_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:;"
    " media-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PANEL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
    " media-src 'self' blob:; base-uri 'none'; form-action 'none'"
)
_ICONS = "/assets/desk/icons/"
_FOR_EVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=300"
_FRESH = "no-cache"


def _serve(
    request: _Request, folder: Path, name: str, *, cache: str, policy: str | None = None
) -> Response[bytes]:
    try:
        path = (folder / name).resolve()
        served = path.is_relative_to(folder.resolve()) and path.is_file() and path.suffix in _TYPES
    except (OSError, ValueError):  # a name too long, or with NUL in it
        served = False
    if not served:
        raise NotFoundException
    headers = {"cache-control": cache, "x-content-type-options": "nosniff", "referrer-policy": "same-origin"}
    if policy:
        headers["content-security-policy"] = policy
    small = path.with_name(path.name + COMPRESSED)
    if small.is_file():
        headers["vary"] = "accept-encoding"
        if _takes_gzip(request):
            headers["content-encoding"] = "gzip"
            return Response(small.read_bytes(), media_type=_TYPES[path.suffix], headers=headers)
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=headers)


def _takes_gzip(request: _Request) -> bool:
    words = [word.partition(";") for word in request.headers.get("accept-encoding", "").split(",")]
    return any(name.strip() == "gzip" and more.strip() != "q=0" for name, _, more in words)


def _assets(state: State) -> Path:
    folder: Path | None = state.assets
    if folder is None:
        raise NotFoundException
    return folder


@get("/assets/desk/{name:path}", guards=[public("the workbench's code")], include_in_schema=False)
async def desk_asset(request: _Request, state: State, name: str) -> Response[bytes]:
    # One of them is a page: what the worker shows where there is no network.
    policy = _DESK_POLICY if name.endswith(".html") else None
    return _serve(request, _assets(state) / "desk", name.lstrip("/"), cache=_FOR_EVER, policy=policy)


@get("/sw.js", guards=[public("the workbench's service worker")], include_in_schema=False)
async def desk_worker(request: _Request, state: State) -> Response[bytes]:
    return _serve(request, _assets(state) / "desk", "sw.js", cache=_FRESH)


@get("/manifest.webmanifest", guards=[public("how the workbench is installed")], include_in_schema=False)
async def desk_manifest(request: _Request, state: State) -> Response[bytes]:
    """In the reader's language; who is signed in installs it under her workspace's name."""
    language = language_of(request.headers, request.cookies)
    body = manifest(language, await _workspace(request, state))
    return Response(body, media_type=_TYPES[".webmanifest"], headers={"cache-control": "private, no-cache"})


async def _workspace(request: _Request, state: State) -> WorkspaceView | None:
    try:
        caller = await authenticate(
            state.db,
            state.keyring,
            state.settings,
            headers=dict(request.headers),
            cookies=request.cookies,
            method="GET",
            peer=peer_of(request),
            known=state.known,
        )
    except Refused:
        return None
    async with state.db.tx(caller.workspace_id) as tx:
        return await view_workspace(tx)


def manifest(language: str, space: WorkspaceView | None) -> bytes:
    """What a browser needs to install the desk; all of it from here."""
    title = say(language, "desk.name")
    name = space.name if space else ""
    icons = [
        {"src": f"{_ICONS}{file}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for file, size, purpose in (("192", 192, "any"), ("512", 512, "any"), ("maskable", 512, "maskable"))
    ]
    return msgspec.json.encode(
        {
            "id": "/",
            "name": f"{name} · {title}" if name else title,
            "short_name": name or title,
            "lang": language,
            "start_url": "/conversations/mine",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f6f7f4",
            "theme_color": space.tints.light.accent if space and space.tints else "#1d6b4b",
            "icons": icons,
        }
    )


@get("/widget/{name:path}", guards=[public("the widget's code")], include_in_schema=False)
async def widget_asset(request: _Request, state: State, name: str, site: str = "") -> Response[bytes]:
    if name == "/panel.html":
        return await _panel(request, state, site)
    return _serve(request, _assets(state) / "widget", name.lstrip("/"), cache=_FOR_EVER)


async def _panel(request: _Request, state: State, site: str) -> Response[bytes]:
    """The chat's page. Only the sites an account lists may frame it; ours always may."""
    account = await account_by_key(state.db, state.keyring, site) if site else None
    origins = site_settings(account).origins if account and account.adapter == "webchat" else ()
    framed = f"; frame-ancestors 'self' {' '.join(origins)}" if origins else ""
    return _serve(
        request, _assets(state) / "widget", "panel.html", cache=_FRESH, policy=_PANEL_POLICY + framed
    )


@get("/chat/{site_key:str}", guards=[public("a site's chat as a page of its own")], include_in_schema=False)
async def chat_page(request: _Request, state: State, site_key: str) -> Response[bytes]:
    return await _panel(request, state, site_key)


@get("/widget.js", guards=[public("the loader for customers' pages")], include_in_schema=False)
async def widget_loader(request: _Request, state: State) -> Response[bytes]:
    return _serve(request, _assets(state) / "widget", "loader.js", cache=_SHORT)


@get(
    ["/", "/{name:path}"],
    guards=[public("the workbench's page; it shows nothing without sign-in")],
    include_in_schema=False,
)
async def desk_page(request: _Request, state: State, name: str = "") -> Response[bytes]:
    if name.startswith(("/api/", "/w/", "/hooks/", "/f/", "/assets/", "/demo/")):
        raise NotFoundException
    return _serve(request, _assets(state) / "desk", "index.html", cache=_FRESH, policy=_DESK_POLICY)


def routes(assets: Path | None) -> list[Any]:
    """Nothing without built pages: tests of the server alone need none."""
    pages = [desk_asset, desk_worker, desk_manifest, widget_asset, widget_loader, chat_page, desk_page]
    return pages if assets else []
