"""The tea shop from the door: its pages, what they lead to, and where there is none."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from kezhan.channels.first_run import ensure_demo_shop
from kezhan.demo.render import drawing, shop
from kezhan.demo.replies import ensure_demo_replies
from kezhan.kit.testing import TestCluster
from kezhan.testing import Running, running
from kezhan.workspaces.first_run import demo_workspace, ensure_first_run
from kezhan.workspaces.tests.factories import member_client


@pytest.fixture(scope="module")
async def tea_house(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(cluster.fresh(), tmp_path_factory.mktemp("tea"), demo=True) as served:
        await ensure_first_run(served.db, served.house.settings, True)
        yield served


async def _crawl(client: httpx2.AsyncClient, start: str) -> dict[str, str]:
    """Every page of the shop that links lead to, by its address."""
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop()
        answer = await client.get(address)
        assert answer.status_code == 200, address
        found[address] = answer.text
        links = re.findall(r'href="(/demo[^"#]*)"', answer.text)
        waiting += [link for link in set(links) if link not in found and link not in waiting]
    return found


async def test_every_link_leads_to_a_page_in_both_languages(tea_house: Running) -> None:
    pages = await _crawl(await tea_house.client(), "/demo")
    for good in shop().goods:
        assert good.name["zh-CN"] in pages[f"/demo/tea/{good.id}"]
        assert good.name["en"].replace("'", "&#x27;") in pages[f"/demo/tea/{good.id}?lang=en"]


async def test_every_page_carries_the_bubble_of_the_demo_workspace(tea_house: Running) -> None:
    key = await ensure_demo_shop(tea_house.db, tea_house.house.keyring)
    pages = await _crawl(await tea_house.client(), "/demo")
    shown = [page for page in pages.values() if page.startswith("<!doctype")]
    assert len(shown) == 2 * (len(shop().goods) + 3)
    assert all(f'<script src="/widget.js" data-site="{key}" async>' in page for page in shown)


async def test_the_pages_ask_nothing_of_any_other_host(tea_house: Running) -> None:
    for address, page in (await _crawl(await tea_house.client(), "/demo")).items():
        named = set(re.findall(r"https?://[^\s\"')]+", page))
        assert named <= {"http://www.w3.org/2000/svg"}, address


async def test_a_second_visit_makes_no_second_site(tea_house: Running) -> None:
    client = await tea_house.client()
    assert (await client.get("/demo")).text == (await client.get("/demo")).text


async def test_an_installation_without_a_demo_has_no_shop(house: Running) -> None:
    client = await house.client()
    for address in ("/demo", "/demo/cart", "/demo/help", "/demo/tea/long-jing"):
        assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize(
    "address", ["/demo/tea/coffee", "/demo/tea/..%2fgoods", "/demo/goods.json", "/demo/page.html", "/demo/x"]
)
async def test_what_is_not_there_is_not_found(tea_house: Running, address: str) -> None:
    assert (await (await tea_house.client()).get(address)).status_code == 404


async def test_an_unknown_language_reads_chinese(tea_house: Running) -> None:
    answer = await (await tea_house.client()).get("/demo?lang=%3Cscript%3E")
    assert '<html lang="zh-CN">' in answer.text


def test_every_thing_on_sale_is_drawn_and_described_in_both_languages() -> None:
    for good in shop().goods:
        assert drawing(good.id).startswith("<svg")
        for words in (good.name, good.kind, good.line, good.text, good.facts):
            assert set(words) == {"zh-CN", "en"}


async def test_its_agents_have_quick_replies_once_and_removed_ones_stay_removed(tea_house: Running) -> None:
    workspace_id = await demo_workspace(tea_house.db)
    assert workspace_id is not None
    _, boss = await member_client(tea_house, "supervisor", workspace_id)
    await ensure_demo_replies(tea_house.db)
    items = (await boss.get("/api/quick-replies", params={"scope": "public"})).json()["items"]
    assert len(items) >= 12 and {item["category"].split("/")[0] for item in items} == {"问候", "售前", "售后"}
    for item in items:
        await boss.delete(f"/api/quick-replies/{item['id']}")
    await ensure_demo_replies(tea_house.db)
    assert (await boss.get("/api/quick-replies", params={"scope": "public"})).json()["items"] == []
