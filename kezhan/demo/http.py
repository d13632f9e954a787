"""Routes under `/demo`, only where there is a demo workspace."""

from typing import Any

from litestar import Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException

from kezhan.channels.first_run import ensure_demo_shop
from kezhan.demo.render import FOLDER, Pages, drawing, shop
from kezhan.kit.http import public

_OPEN = public("the demo shop, a customer's site")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self';"
    " frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES = {
    "shop.css": "text/css",
    "shop.js": "text/javascript",
}


async def _pages(state: State, lang: str) -> Pages:
    if not state.settings.demo:
        raise NotFoundException
    site_key = await ensure_demo_shop(state.db, state.keyring)
    if site_key is None:
        raise NotFoundException
    return Pages("en" if lang == "en" else "zh-CN", site_key)


def _html(page: str) -> Response[str]:
    headers = {"content-security-policy": _POLICY, "cache-control": "no-cache"}
    return Response(page, media_type="text/html", headers=headers)


@get("/demo", guards=[_OPEN], include_in_schema=False)
async def home(state: State, lang: str = "") -> Response[str]:
    return _html((await _pages(state, lang)).home())


@get("/demo/tea/{good_id:str}", guards=[_OPEN], include_in_schema=False)
async def good(state: State, good_id: str, lang: str = "") -> Response[str]:
    pages = await _pages(state, lang)
    for found in shop().goods:
        if found.id == good_id:
            return _html(pages.good(found))
    raise NotFoundException


@get("/demo/cart", guards=[_OPEN], include_in_schema=False)
async def cart(state: State, lang: str = "") -> Response[str]:
    return _html((await _pages(state, lang)).cart())


@get("/demo/help", guards=[_OPEN], include_in_schema=False)
async def questions(state: State, lang: str = "") -> Response[str]:
    return _html((await _pages(state, lang)).help())


@get("/demo/icon.svg", guards=[_OPEN], include_in_schema=False)
async def icon() -> Response[str]:
    return Response(drawing("icon"), media_type="image/svg+xml", headers={"cache-control": "max-age=300"})


@get("/demo/{name:str}", guards=[_OPEN], include_in_schema=False)
async def file(name: str) -> Response[str]:
    if name not in _FILES:
        raise NotFoundException
    text = (FOLDER / name).read_text()
    return Response(text, media_type=_FILES[name], headers={"cache-control": "no-cache"})


routes: list[Any] = [home, good, cart, questions, icon, file]
