"""The built pages: the workbench under `/`, the widget under `/widget`, the demo shop under `/demo`."""

from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException

from kezhan.channels.accounts import account_by_key
from kezhan.channels.site import site_settings
from kezhan.kit.http import public

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_DESK_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
_PANEL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
    " media-src 'self' blob:; base-uri 'none'; form-action 'none'"
)
_FOR_EVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=300"
_FRESH = "no-cache"


def _serve(folder: Path, name: str, *, cache: str, policy: str | None = None) -> Response[bytes]:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file() or path.suffix not in _TYPES:
        raise NotFoundException
    headers = {"cache-control": cache, "x-content-type-options": "nosniff", "referrer-policy": "same-origin"}
    if policy:
        headers["content-security-policy"] = policy
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=headers)


def _assets(state: State) -> Path:
    folder: Path | None = state.assets
    if folder is None:
        raise NotFoundException
    return folder


@get("/assets/desk/{name:path}", guards=[public("the workbench's code")], include_in_schema=False)
async def desk_asset(state: State, name: str) -> Response[bytes]:
    return _serve(_assets(state) / "desk", name.lstrip("/"), cache=_FOR_EVER)


@get("/widget/{name:path}", guards=[public("the widget's code")], include_in_schema=False)
async def widget_asset(state: State, name: str, site: str = "") -> Response[bytes]:
    if name == "/panel.html":
        return await _panel(state, site)
    return _serve(_assets(state) / "widget", name.lstrip("/"), cache=_FOR_EVER)


async def _panel(state: State, site: str) -> Response[bytes]:
    """The chat's page. Only the sites an account lists may frame it; ours always may."""
    account = await account_by_key(state.db, state.keyring, site) if site else None
    origins = site_settings(account).origins if account and account.adapter == "webchat" else ()
    framed = f"; frame-ancestors 'self' {' '.join(origins)}" if origins else ""
    return _serve(_assets(state) / "widget", "panel.html", cache=_FRESH, policy=_PANEL_POLICY + framed)


@get("/chat/{site_key:str}", guards=[public("a site's chat as a page of its own")], include_in_schema=False)
async def chat_page(state: State, site_key: str) -> Response[bytes]:
    return await _panel(state, site_key)


@get("/widget.js", guards=[public("the loader for customers' pages")], include_in_schema=False)
async def widget_loader(state: State) -> Response[bytes]:
    return _serve(_assets(state) / "widget", "loader.js", cache=_SHORT)


@get(
    ["/", "/{name:path}"],
    guards=[public("the workbench's page; it shows nothing without sign-in")],
    include_in_schema=False,
)
async def desk_page(state: State, name: str = "") -> Response[bytes]:
    if name.startswith(("/api/", "/w/", "/hooks/", "/f/", "/assets/", "/demo/")):
        raise NotFoundException
    return _serve(_assets(state) / "desk", "index.html", cache=_FRESH, policy=_DESK_POLICY)


def routes(assets: Path | None) -> list[Any]:
    """Nothing without built pages: tests of the server alone need none."""
    return [desk_asset, widget_asset, widget_loader, chat_page, desk_page] if assets else []
