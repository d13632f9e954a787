"""Visits: begun, followed from page to page, ended, shown on the card."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from kezhan.files.tests.factories import Customer, counted, make_customer, make_workspace, sign_in
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import NotFound
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.visits import store
from kezhan.visits.events import PageViewed
from kezhan.visits.schemas import VisitorCard
from kezhan.visits.service import KEPT_PAGES, Arrival, card, leave, start, view

AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Mobile/15E148 MicroMessenger/8.0.50"
)
ARRIVAL = Arrival(
    address="203.0.113.9",
    user_agent=AGENT,
    language="zh-CN",
    time_zone="Asia/Shanghai",
    screen="390x844",
    referrer="https://www.baidu.com/s?wd=%E5%B2%A9%E8%8C%B6",
    landing_url="https://tea.example/?utm_source=wechat&utm_campaign=%E6%98%A5",
)


@pytest.fixture
async def customer(db: Database) -> Customer:
    return await make_customer(db, await make_workspace(db))


async def _start(db: Database, customer: Customer, arrival: Arrival = ARRIVAL) -> Any:
    async with db.tx(customer.workspace_id) as tx:
        return await start(
            tx,
            identity_id=customer.identity_id,
            contact_id=customer.contact_id,
            account_id=customer.account_id,
            arrival=arrival,
        )


async def _card(db: Database, customer: Customer) -> VisitorCard:
    async with db.tx(customer.workspace_id) as tx:
        return await card(tx, customer.contact_id)


async def test_the_card_shows_who_came_from_where(house: Running) -> None:
    agent = await sign_in(house, await make_workspace(house.db))
    customer = await make_customer(house.db, agent.workspace_id)
    path = f"/api/contacts/{customer.contact_id}/card"
    empty = (await agent.client.get(path)).json()
    assert (empty["visits"], empty["visit"], empty["pages"]) == (0, None, [])
    visit_id = await _start(house.db, customer)
    at = now()
    async with house.db.tx(agent.workspace_id) as tx:
        await view(tx, visit_id, url="https://tea.example/?token=abc", title="山间茶铺", at=at)
        await view(tx, visit_id, url="https://tea.example/rock", title="岩茶", at=at + timedelta(seconds=42))
    shown = (await agent.client.get(path)).json()
    visit = shown["visit"]
    assert (visit["device"], visit["browser"], visit["system"]) == ("phone", "WeChat Browser 8", "iOS 17")
    assert (visit["source"], visit["search_word"], visit["utm"]["campaign"]) == ("campaign", "岩茶", "春")
    assert (visit["address"], visit["screen"], visit["time_zone"]) == (
        "203.0.113.9",
        "390x844",
        "Asia/Shanghai",
    )
    assert [(page["title"], page["dwell_ms"]) for page in shown["pages"]] == [
        ("岩茶", None),
        ("山间茶铺", 42_000),
    ]
    assert shown["pages"][1]["url"] == "https://tea.example/?token=***"


async def test_who_must_not_see_a_card_does_not(house: Running) -> None:
    agent = await sign_in(house, await make_workspace(house.db))
    customer = await make_customer(house.db, agent.workspace_id)
    visit_id = await _start(house.db, customer)
    path = f"/api/contacts/{customer.contact_id}/card"
    elsewhere = await sign_in(house, await make_workspace(house.db), "owner")
    assert (await elsewhere.client.get(path)).status_code == 404
    assert (await elsewhere.client.get(f"/api/contacts/{new_id()}/card")).status_code == 404
    auditor = await sign_in(house, agent.workspace_id, "auditor")
    assert (await auditor.client.get(path)).status_code == 403
    assert (await (await house.client()).get(path)).status_code == 401
    async with house.db.tx(elsewhere.workspace_id) as tx:
        with pytest.raises(NotFound):
            await view(tx, visit_id, url="https://tea.example/", title="", at=now())
        await leave(tx, visit_id, now())
    assert (await _card(house.db, customer)).pages == []


async def test_a_card_costs_at_most_three_queries(db: Database, customer: Customer) -> None:
    visit_id = await _start(db, customer)
    async with db.tx(customer.workspace_id) as tx:
        for number in range(30):
            await view(tx, visit_id, url=f"https://tea.example/{number}", title="", at=now())
        with counted(tx) as statements:
            shown = await card(tx, customer.contact_id)
    assert len(statements) <= 3
    assert [page.url[20:] for page in shown.pages] == [str(number) for number in range(29, 9, -1)]


async def test_a_visit_goes_on_within_half_an_hour_also_from_two_tabs(
    db: Database, customer: Customer
) -> None:
    first = await asyncio.gather(*(_start(db, customer) for _ in range(4)))
    assert len(set(first)) == 1
    async with db.tx(customer.workspace_id) as tx:
        await leave(tx, first[0], now())
    assert await _start(db, customer) == first[0]
    async with db.tx(customer.workspace_id) as tx:
        await tx.run(text("update visits set seen_at = now() - interval '31 minutes'"))
    assert await _start(db, customer) != first[0]
    assert (await _card(db, customer)).visits == 2


async def test_time_on_a_page_ends_with_the_next_page_or_leaving_and_is_capped(
    db: Database, customer: Customer
) -> None:
    visit_id = await _start(db, customer)
    at = now()
    steps = [("a", 0), ("b", 5), ("c", 3 * 3600)]
    async with db.tx(customer.workspace_id) as tx:
        for page, seconds in steps:
            url = f"https://tea.example/{page}"
            await view(tx, visit_id, url=url, title=page, at=at + timedelta(seconds=seconds))
        await leave(tx, visit_id, at + timedelta(seconds=3 * 3600 + 7))
        await leave(tx, visit_id, at + timedelta(seconds=3 * 3600 + 70))
        # A clock that steps back makes no negative time.
        await view(tx, visit_id, url="https://tea.example/d", title="d", at=at)
        await view(tx, visit_id, url="https://tea.example/e", title="e", at=at - timedelta(seconds=9))
        found = await tx.rows(text("select title, dwell_ms from page_views order by no"))
    times = {row.title: row.dwell_ms for row in found}
    assert times == {"a": 5_000, "b": 1_800_000, "c": 7_000, "d": 0, "e": 0}


async def test_the_same_page_again_is_one_page_under_its_last_title(db: Database, customer: Customer) -> None:
    visit_id = await _start(db, customer)
    async with db.tx(customer.workspace_id) as tx:
        for title in ("", "加载中", "岩茶", "岩茶", ""):
            await view(tx, visit_id, url="https://tea.example/rock", title=title, at=now())
        events = [published for published in tx.published if isinstance(published.event, PageViewed)]
    assert [page.title for page in (await _card(db, customer)).pages] == ["岩茶"]
    assert [published.topics for published in events] == [(f"contact:{customer.contact_id}",)]


async def test_a_reload_is_the_same_page_and_a_return_is_another(db: Database, customer: Customer) -> None:
    visit_id = await _start(db, customer)
    at = now()
    async with db.tx(customer.workspace_id) as tx:
        for seconds in (0, 10, 600):
            assert await store.going_on(tx, customer.identity_id) == visit_id
            await view(
                tx, visit_id, url="https://tea.example/", title="茶", at=at + timedelta(seconds=seconds)
            )
            await leave(tx, visit_id, at + timedelta(seconds=seconds + 5))
        found = await tx.rows(text("select dwell_ms from page_views order by no"))
    assert [row.dwell_ms for row in found] == [15_000, 5_000]


async def test_the_newest_two_hundred_pages_are_kept(db: Database, customer: Customer) -> None:
    visit_id = await _start(db, customer)
    async with db.tx(customer.workspace_id) as tx:
        for number in range(KEPT_PAGES + 5):
            await view(tx, visit_id, url=f"https://tea.example/{number}", title="", at=now())
        kept = await tx.row(text("select count(*), min(no), max(no) from page_views"))
    assert kept == (KEPT_PAGES, 6, KEPT_PAGES + 5)


async def test_what_a_browser_says_is_cut_and_cleaned_never_refused(db: Database, customer: Customer) -> None:
    wild = "\x00\ud800" + "长" * 10_000
    arrival = Arrival(
        address=wild,
        user_agent=wild,
        language=wild,
        time_zone=wild,
        screen=wild,
        referrer="https://x.example/" + wild,
        landing_url="https://[broken",
    )
    visit_id = await _start(db, customer, arrival)
    async with db.tx(customer.workspace_id) as tx:
        await view(tx, visit_id, url="https://tea.example/" + wild, title=wild, at=now())
        await view(tx, visit_id, url="javascript:alert(1)", title="x", at=now())
    shown = await _card(db, customer)
    assert shown.visit is not None
    assert len(shown.visit.language) == 64
    assert [(len(page.url), len(page.title)) for page in shown.pages] == [(0, 1), (2048, 256)]


async def test_a_page_without_a_visit_is_refused(db: Database, customer: Customer) -> None:
    async with db.tx(customer.workspace_id) as tx:
        with pytest.raises(NotFound):
            await view(tx, new_id(), url="https://tea.example/", title="", at=now())
        await leave(tx, new_id(), now())
