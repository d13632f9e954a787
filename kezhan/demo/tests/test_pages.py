"""The shop's pages as a browser reads them: well made, whole in both languages, all escaped, all our own."""

import asyncio
import json
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import text

from kezhan.channels.first_run import ensure_demo_shop
from kezhan.demo import render
from kezhan.demo.render import FOLDER, LANGUAGES, Language, Pages, drawing, shop
from kezhan.kit.testing import TestCluster
from kezhan.testing import Running, running
from kezhan.workspaces.first_run import demo_workspace, ensure_first_run

VOID = {"meta", "link", "br", "img", "input", "hr"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Page(HTMLParser):
    """A page taken apart; complains of what a browser would have to guess."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.faults: list[str] = []
        self.feed(page)
        self.close()
        self.faults += [f"{tag} stays open" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.faults += [f"{tag} has {name} twice" for name, times in Counter(names).items() if times > 1]
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} closes nothing")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in tags]


def all_pages(language: Language, site_key: str = "site") -> dict[str, str]:
    pages = Pages(language, site_key)
    goods = {f"tea/{good.id}": pages.good(good) for good in shop().goods}
    return {"": pages.home(), "cart": pages.cart(), "help": pages.help(), **goods}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_well_made(language: Language) -> None:
    for address, source in all_pages(language).items():
        page = Page(source)
        assert page.faults == [], address
        assert page.of("html") == [{"lang": language}]
        assert len(page.of("h1")) == len(page.of("main")) == len(page.of("title")) == 1, address
        ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
        assert len(ids) == len(set(ids)), address
        used = set(re.findall(r"url\(#([\w-]+)\)", source))
        used |= {
            str(attrs["href"])[1:] for _, attrs in page.tags if str(attrs.get("href", "")).startswith("#")
        }
        assert used <= set(ids), address
        assert all(attrs.get("type") == "button" for attrs in page.of("button"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_asks_only_its_own_house_and_runs_no_script_of_its_own(language: Language) -> None:
    for address, source in all_pages(language).items():
        page = Page(source)
        for tag, attrs in page.tags:
            assert not [name for name in attrs if name.startswith("on")], (address, tag)
            for name in ("src", "href", "action", "srcset", "data", "poster", "xlink:href", "style"):
                value = attrs.get(name) or "/"
                assert value.startswith(("/", "#")) and not value.startswith("//"), (address, tag, value)
        assert [attrs["src"] for attrs in page.of("script")] == ["/demo/shop.js", "/widget.js"]
        assert not page.of(
            "iframe", "object", "embed", "base", "form", "style", "img", "foreignobject", "image"
        )


def test_the_style_and_the_script_fetch_nothing() -> None:
    style, script = (FOLDER / "shop.css").read_text(), (FOLDER / "shop.js").read_text()
    assert not re.search(r"url\(|@import|@font-face|src\s*:|expression|https?:|//", style)
    assert not re.search(
        r"fetch|XMLHttp|import|WebSocket|sendBeacon|eval|innerHTML|https?:|cookie|Storage", script
    )


def test_every_drawing_is_a_picture_and_nothing_else() -> None:
    found = sorted(path.stem for path in (FOLDER / "art").iterdir())
    assert found == sorted([*(good.id for good in shop().goods), "hero", "icon"])
    for name in found:
        root = ElementTree.fromstring(drawing(name))  # noqa: S314 - our own file
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not tags & {"script", "foreignObject", "image", "a", "style", "animate", "set"}, name
        for element in root.iter():
            for attribute, value in element.attrib.items():
                assert not attribute.lower().startswith("on"), name
                assert not attribute.endswith("href") or value.startswith("#"), name
                assert "url(" not in value or value.startswith("url(#"), name
                assert not value.strip().lower().startswith(("http", "javascript", "data")), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_one_language_but_for_the_way_to_the_other(language: Language) -> None:
    own_tail = "" if language == "zh-CN" else "?lang=en"
    for address, source in all_pages(language).items():
        page = Page(source)
        ours = [
            str(a["href"]) for a in page.of("a") if str(a["href"]).startswith("/demo") and "lang" not in a
        ]
        assert ours and all(link.partition("?")[1] == own_tail[:1] for link in ours), address
        [other] = [attrs for attrs in page.of("a") if "lang" in attrs]
        place = f"/demo/{address}".rstrip("/")
        assert other["href"] == (place + "?lang=en" if language == "zh-CN" else place)
        if language == "en":
            chinese = [word for word in page.words if CHINESE.search(word)]
            assert chinese == [shop().words["other"]["en"]], address


def test_every_word_of_the_shop_is_there_in_both_languages() -> None:
    places: list[dict[Any, Any]] = [*shop().words.values(), *shop().promises]
    places += [words for one in shop().help for words in (one.q, one.a)]
    for good in shop().goods:
        places += [good.name, good.kind, good.line, good.text, good.facts]
        assert good.price > 0
        assert re.fullmatch(r"[a-z-]+", good.id)
    for words in places:
        assert set(words) == set(LANGUAGES)
        assert all(words[language] for language in LANGUAGES)
        flat = words["en"] if isinstance(words["en"], str) else " ".join(words["en"])
        assert flat == shop().words["other"]["en"] or not CHINESE.search(flat), flat
    for good in shop().goods:
        assert len(good.text["en"]) == len(good.text["zh-CN"])
        assert len(good.facts["en"]) == len(good.facts["zh-CN"])


def test_the_sum_of_the_cart_is_the_sum_of_its_prices() -> None:
    prices = [int(price) for price in re.findall(r"<b>¥(\d+)</b>", Pages("en", "k").cart())]
    assert prices[-1] == sum(prices[:-1]) > 0


HOSTILE = "</p><img src=x onerror=alert(1)>\"'&<script>"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The shop with all its words replaced by what must be escaped."""
    folder = tmp_path / "shop"
    shutil.copytree(FOLDER, folder)

    def spoil(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: inner if key in {"id", "price"} else spoil(inner) for key, inner in value.items()}
        return [spoil(inner) for inner in value] if isinstance(value, list) else HOSTILE

    spoilt = spoil(json.loads((folder / "goods.json").read_text()))
    (folder / "goods.json").write_text(json.dumps(spoilt))
    monkeypatch.setattr(render, "FOLDER", folder)
    shop.cache_clear()
    yield
    shop.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_and_no_key_becomes_markup(hostile: None, language: Language) -> None:
    for address, source in all_pages(language, site_key=HOSTILE).items():
        page = Page(source)
        assert page.faults == [], address
        assert (len(page.of("script")), page.of("img")) == (2, []), address
        assert page.of("script")[1]["data-site"] == HOSTILE
        assert sum(word.count(HOSTILE) for word in page.words) > 5
        assert page.of("meta")[2]["content"] == HOSTILE


# At the door


@pytest.fixture(scope="module")
async def tea_house(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(cluster.fresh(), tmp_path_factory.mktemp("tea"), demo=True) as served:
        await ensure_first_run(served.db, served.house.settings, True)
        yield served


async def test_the_open_shop_has_one_site_however_many_come_at_once(tea_house: Running) -> None:
    client = await tea_house.client()
    key = await ensure_demo_shop(tea_house.db, tea_house.house.keyring)
    pages = await asyncio.gather(*(client.get("/demo") for _ in range(6)))
    keys = {Page(page.text).of("script")[1]["data-site"] for page in pages}
    assert keys == {key}
    workspace_id = await demo_workspace(tea_house.db)
    assert workspace_id
    async with tea_house.db.tx(workspace_id) as tx:
        assert await tx.value(text("select count(*) from channel_accounts")) == 1


async def test_the_door_sends_just_these_pages_under_a_strict_policy(tea_house: Running) -> None:
    client = await tea_house.client()
    for address, tail in (
        ("/demo", ""),
        ("/demo/cart", "?lang=en"),
        ("/demo/help", ""),
        ("/demo/tea/pu-er", ""),
    ):
        answer = await client.get(address + tail)
        policy = dict(
            part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";")
        )
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
        assert (policy["frame-ancestors"], policy["base-uri"], policy["form-action"]) == ("'none'",) * 3
        assert "unsafe" not in policy["script-src"] and "http" not in str(policy)
        assert "set-cookie" not in answer.headers
    for name, kind in (
        ("shop.css", "text/css"),
        ("shop.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ):
        answer = await client.get(f"/demo/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.content == (FOLDER / ("art/icon.svg" if name == "icon.svg" else name)).read_bytes()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_the_shop_takes_nothing(tea_house: Running, method: str) -> None:
    client = await tea_house.client()
    for address in ("/demo", "/demo/cart", "/demo/shop.js"):
        assert (await client.request(method, address)).status_code == 405
