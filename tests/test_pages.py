"""The built pages from the door: what is served how, to be framed by whom, and what is never served."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from kezhan import pages
from kezhan.channels.accounts import create_account
from kezhan.channels.first_run import ADAPTER
from kezhan.channels.schemas import ChannelMake
from kezhan.kit.http import on_fault, on_http_exception
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_person, make_workspace, sign_in
from kezhan.workspaces.tints import tints

FILES = {
    "desk/index.html": "<!doctype html>desk",
    "desk/offline.html": "<!doctype html>no network",
    "desk/app-1a2b.js": "desk()",
    "desk/app-1a2b.css": "body{}",
    "desk/font.woff2": "font",
    "desk/sw.js": "worker()",
    "desk/notes.txt": "hush",
    "desk/.digest": "hush",
    "desk/deep/er/icon.svg": "<svg/>",
    "widget/panel.html": "<!doctype html>panel",
    "widget/loader.js": "loader()",
    "widget/panel-9f.js": "panel()",
    "secret.json": '"hush"',
    "deskmate/secret.js": "hush",
}


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place") / "assets"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder.parent / "outside.js").write_text("hush")
    (folder / "desk" / "link.js").symlink_to(folder.parent / "outside.js")
    return folder


@pytest.fixture(scope="module")
async def client(house: Running, assets: Path) -> AsyncIterator[httpx2.AsyncClient]:
    handlers: Any = {HTTPException: on_http_exception, Exception: on_fault}
    state = State(
        {
            "assets": assets,
            "db": house.db,
            "keyring": house.house.keyring,
            "settings": house.house.settings,
            "known": house.house.desk.known,
        }
    )
    app: Any = Litestar(
        pages.routes(assets),
        exception_handlers=handlers,
        state=state,
        openapi_config=None,
        logging_config=None,
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://kezhan"
    ) as client:
        yield client


SERVED = [
    # path, what stands in it, its type, how long it may be kept
    ("/assets/desk/app-1a2b.js", "desk()", "text/javascript", "immutable"),
    ("/assets/desk/app-1a2b.css", "body{}", "text/css", "immutable"),
    ("/assets/desk/font.woff2", "font", "font/woff2", "immutable"),
    ("/assets/desk/deep/er/icon.svg", "<svg/>", "image/svg+xml", "immutable"),
    ("/widget/panel-9f.js", "panel()", "text/javascript", "immutable"),
    ("/sw.js", "worker()", "text/javascript", "no-cache"),
    ("/widget.js", "loader()", "text/javascript", "max-age=300"),
    ("/widget/panel.html", "panel", "text/html", "no-cache"),
    ("/chat/kzp_any", "panel", "text/html", "no-cache"),
    ("/", "desk", "text/html", "no-cache"),
    ("/conversations/mine", "desk", "text/html", "no-cache"),
    ("/setup?token=x", "desk", "text/html", "no-cache"),
]


@pytest.mark.parametrize(("path", "text", "media_type", "cache"), SERVED)
async def test_a_page_is_served_with_its_type_and_its_age(
    client: httpx2.AsyncClient, path: str, text: str, media_type: str, cache: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert text in answer.text
    assert answer.headers["content-type"].startswith(media_type)
    assert cache in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert ("content-security-policy" in answer.headers) == (media_type == "text/html")


@pytest.mark.parametrize(
    ("accepted", "small"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
    ],
)
async def test_what_was_compressed_at_the_build_goes_out_so_to_who_takes_it(
    client: httpx2.AsyncClient, assets: Path, accepted: str, small: bool
) -> None:
    whole = "desk()" * 500
    (assets / "desk" / "long-3c.js").write_text(whole)
    (assets / "desk" / "long-3c.js.gz").write_bytes(gzip.compress(whole.encode()))
    answer = await client.get("/assets/desk/long-3c.js", headers={"accept-encoding": accepted})
    assert answer.text == whole and answer.headers["vary"] == "accept-encoding"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert (answer.headers.get("content-encoding") == "gzip") is small
    assert (int(answer.headers["content-length"]) < len(whole)) is small


NOWHERE = [
    "/assets/desk/long-3c.js.gz",
    "/assets/desk/nothing.js",
    "/assets/desk/deep",
    "/assets/desk/deep/er/",
    "/assets/desk/notes.txt",
    "/assets/desk/.digest",
    "/assets/desk/link.js",
    "/assets/desk/../secret.json",
    "/assets/desk/%2e%2e/secret.json",
    "/assets/desk/..%2fsecret.json",
    "/assets/desk/%2e%2e/deskmate/secret.js",
    "/assets/desk//etc/passwd",
    "/assets/desk/%2fetc%2fpasswd",
    "/assets/desk/..%5csecret.json",
    "/assets/desk/a%00.js",
    "/assets/desk/" + "a" * 300 + ".js",
    "/assets/desk/" + "a/" * 3000 + "a.js",
    "/widget/%2e%2e/desk/index.html",
    "/widget/nothing.js",
    "/api/nothing",
    "/w/v1/nothing",
    "/hooks/nothing",
    "/f/nothing",
    "/demo/nothing",
    "/assets/nothing.js",
]


@pytest.mark.parametrize("path", NOWHERE, ids=lambda path: path[:40])
async def test_what_is_not_built_or_lies_elsewhere_is_not_found(
    client: httpx2.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"] == "kit.not_found"
    assert "hush" not in answer.text


def policy(answer: httpx2.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("path", ["/", "/any/depth", "/widget/panel.html", "/chat/kzp_any"])
async def test_a_page_runs_only_our_own_code_and_talks_only_to_us(
    client: httpx2.AsyncClient, path: str
) -> None:
    rules = policy(await client.get(path))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert rules["base-uri"] == "'none'"
    assert not any("http" in value or "*" in value or "unsafe-eval" in value for value in rules.values())


async def test_the_page_without_a_network_may_look_as_the_workbench_does(client: httpx2.AsyncClient) -> None:
    page = await client.get("/assets/desk/offline.html")
    assert "style-src 'self' 'unsafe-inline'" in page.headers["content-security-policy"]


async def test_nobody_frames_the_workbench(client: httpx2.AsyncClient) -> None:
    assert policy(await client.get("/"))["frame-ancestors"] == "'none'"


async def test_a_site_that_named_its_origins_is_framed_by_those_and_us_alone(
    house: Running, client: httpx2.AsyncClient
) -> None:
    keys = []
    workspace_id = await make_workspace(house.db)
    for settings in ({"origins": ["https://shop.example", "https://tea.example:8443"]}, {}):
        async with house.db.tx(workspace_id) as tx:
            form = ChannelMake(adapter=ADAPTER, name="Tea shop", settings=settings)
            made = await create_account(tx, house.house.keyring, None, form)
        keys.append(made.channel.public_key)
    for path in (f"/widget/panel.html?site={keys[0]}", f"/chat/{keys[0]}"):
        framed = policy(await client.get(path))["frame-ancestors"]
        assert framed == "'self' https://shop.example https://tea.example:8443"
    for unnamed in (keys[1], "kzp_unknown", "", "x" * 5000):
        answer = await client.get(f"/widget/panel.html?site={unnamed}")
        assert answer.status_code == 200
        assert "frame-ancestors" not in policy(answer)


async def test_only_reading_is_possible(client: httpx2.AsyncClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await client.request(method, "/assets/desk/app-1a2b.js")).status_code == 405


def test_without_built_pages_there_is_no_route_for_them(assets: Path) -> None:
    assert pages.routes(None) == []
    assert len(pages.routes(assets)) == 7


async def test_the_desk_is_installed_in_the_readers_language_and_under_her_workspaces_name(
    client: httpx2.AsyncClient, house: Running
) -> None:
    stranger = await client.get("/manifest.webmanifest", headers={"Accept-Language": "en"})
    assert stranger.headers["content-type"].startswith("application/manifest+json")
    assert (stranger.json()["name"], stranger.json()["lang"]) == ("Kezhan", "en")
    person = await make_person(house.db, await make_workspace(house.db, "山间茶铺"))
    cookies = (await sign_in(house, person)).cookies
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    hers = (await client.get("/manifest.webmanifest", headers={"Cookie": cookie})).json()
    assert (hers["name"], hers["short_name"], hers["scope"]) == ("山间茶铺 · 客栈", "山间茶铺", "/")
    assert hers["theme_color"] == "#1d6b4b"
    async with house.db.tx(person.workspace_id) as tx:
        await tx.fetch("update workspaces set accent = '#f9e79f'")
    coloured = (await client.get("/manifest.webmanifest", headers={"Cookie": cookie})).json()
    assert coloured["theme_color"] == tints("#f9e79f").light.accent
    assert {icon["purpose"] for icon in hers["icons"]} == {"any", "maskable"}
    built = Path(__file__).parents[1] / "web/apps/desk/public"
    for icon in hers["icons"]:
        path = built / icon["src"].removeprefix("/assets/desk/")
        assert path.read_bytes()[16:24] == bytes.fromhex(f"{int(icon['sizes'].split('x')[0]):08x}") * 2
    page = await client.get("/")
    assert "worker-src 'self'" in page.headers["content-security-policy"]
    assert "manifest-src 'self'" in page.headers["content-security-policy"]
