"""From a browser's arrival to the card beside the conversation, through the visitors' own door and socket."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.testing import TestCluster
from kezhan.simulate.client import Visitor
from kezhan.testing import Running, running
from kezhan.workspaces.tests.factories import member_client

SITE = "https://tea.example/"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.5 Mobile/15E148 Safari/604.1"
)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def front(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A house behind a proxy, so that every visitor has an address, and a limit, of her own."""
    folder = tmp_path_factory.mktemp("front")
    async with running(cluster.fresh(), folder, trusted_proxies=("127.0.0.1",)) as served:
        yield served


class Door:
    """A website's visitors, and an agent who looks at their cards."""

    def __init__(self, shop: Shop, agent: httpx2.AsyncClient) -> None:
        self.shop, self.agent = shop, agent

    async def ask(self, headers: dict[str, str] | None = None, **asked: Any) -> httpx2.Response:
        said = {"x-forwarded-for": f"198.51.100.{next(_numbers) % 250}", **(headers or {})}
        body = {"site_key": self.shop.site_key, **asked}
        return await self.shop.http.post(self.shop.url + "/w/v1/sessions", json=body, headers=said)

    async def arrive(self, headers: dict[str, str] | None = None, **asked: Any) -> Any:
        answer = await self.ask(headers, **asked)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def card(self, session: Any) -> Any:
        """The card of the customer who holds a session."""
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            wanted = text("select contact_id from identities where id = :id")
            contact_id = await tx.value(wanted, {"id": session["visitor"]["id"]})
        answer = await self.agent.get(f"/api/contacts/{contact_id}/card")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def change(self, statement: str) -> None:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            await tx.run(text(statement))

    async def connected(self, session: Any) -> Visitor:
        """Her socket, opened with the token she has."""
        visitor = Visitor(self.shop.url, self.shop.site_key, self.shop.http, PHONE)
        visitor.token, visitor.id = session["token"], session["visitor"]["id"]
        await visitor.open()
        self.shop.opened.append(visitor)
        return visitor


@pytest.fixture
async def door(front: Running) -> AsyncIterator[Door]:
    shop = await make_shop(front)
    yield Door(shop, (await member_client(front, "agent", shop.workspace_id))[1])
    await shop.close()


async def go(visitor: Visitor, url: str, title: str = "") -> None:
    """Tell the page; come back when the server has dealt with it."""
    await visitor.tell({"type": "page", "url": url, "title": title})
    await visitor.say("here")


async def test_what_a_browser_tells_is_on_the_card(door: Door) -> None:
    session = await door.arrive(
        {"user-agent": PHONE, "x-forwarded-for": "203.0.113.77"},
        language="zh-CN",
        time_zone="Asia/Shanghai",
        screen="390x844",
        page={
            "url": SITE + "?utm_source=wechat&utm_medium=cpc&utm_campaign=%E6%98%A5&token=abc",
            "title": "山间茶铺",
            "referrer": "https://www.baidu.com/s?wd=%E5%B2%A9%E8%8C%B6&sid=secret",
        },
    )
    card = await door.card(session)
    visit, [page] = card["visit"], card["pages"]
    assert (card["visits"], card["first_seen_at"]) == (1, visit["started_at"])
    assert (visit["address"], visit["language"], visit["time_zone"]) == (
        "203.0.113.77",
        "zh-CN",
        "Asia/Shanghai",
    )
    assert (visit["browser"], visit["system"], visit["device"]) == ("Mobile Safari 17", "iOS 17", "phone")
    assert (visit["screen"], visit["source"], visit["search_word"]) == ("390x844", "campaign", "岩茶")
    assert visit["utm"] == {
        "v": 1,
        "source": "wechat",
        "medium": "cpc",
        "campaign": "春",
        "term": "",
        "content": "",
    }
    assert visit["referrer"] == "https://www.baidu.com/s?wd=%E5%B2%A9%E8%8C%B6&sid=***"
    assert page["url"].endswith("campaign=%E6%98%A5&token=***")
    assert (page["title"], page["dwell_ms"], page["visit_id"]) == ("山间茶铺", None, visit["id"])
    assert visit["started_at"].endswith("Z") and page["entered_at"].endswith("Z")


LANGUAGES = [
    ("en", "zh-CN", "en"),
    ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
    ("", "de;q=0.5", "de"),
    ("", "*", ""),
    ("x" * 64, "", "x" * 64),
]


async def test_her_language_is_her_choice_or_her_browsers_first(door: Door) -> None:
    for asked, header, shown in LANGUAGES:
        session = await door.arrive({"accept-language": header}, language=asked)
        assert (await door.card(session))["visit"]["language"] == shown


async def test_a_browser_that_tells_nothing_still_has_a_card(door: Door) -> None:
    session = await door.arrive({"user-agent": "", "accept-language": ""})
    card = await door.card(session)
    visit = card["visit"]
    assert (card["visits"], card["pages"], visit["utm"]) == (1, [], None)
    assert (visit["source"], visit["device"], visit["browser"]) == ("direct", "other", "")
    assert visit["address"].startswith("198.51.100.")


async def test_an_address_that_nobody_vouches_for_is_not_believed(house: Running, door: Door) -> None:
    lies = ("nonsense", "203.0.113.1, nonsense", "", "<script>")
    for lie in lies:
        session = await door.arrive({"x-forwarded-for": lie})
        assert (await door.card(session))["visit"]["address"] == "127.0.0.1", lie
    chain = await door.arrive({"x-forwarded-for": "10.9.9.9, 203.0.113.5, 127.0.0.1"})
    assert (await door.card(chain))["visit"]["address"] == "203.0.113.5"
    v6 = await door.arrive({"x-forwarded-for": "2001:db8::7"})
    assert (await door.card(v6))["visit"]["address"] == "2001:db8::7"
    # Without a listed proxy the header is worth nothing.
    bare = Door(shop := await make_shop(house), (await member_client(house, "agent", shop.workspace_id))[1])
    answer = await bare.shop.visitor(page={"url": SITE})
    assert (await bare.card({"visitor": {"id": answer.id}}))["visit"]["address"] == "127.0.0.1"
    await shop.close()


PAGES: list[tuple[dict[str, str], int, str, str]] = [
    ({"url": SITE, "title": "茶"}, 201, SITE, "茶"),
    ({"url": SITE, "title": "长" * 2000}, 201, SITE, "长" * 256),
    ({"url": SITE, "title": "长" * 2001}, 400, "", ""),
    ({"url": SITE + "x" * 8172, "title": ""}, 201, SITE + "x" * 2028, ""),
    ({"url": SITE + "x" * 8173, "title": ""}, 400, "", ""),
    ({"url": SITE, "referrer": "x" * 8193}, 400, "", ""),
    ({"url": SITE + "a\x00b", "title": "岩\x00茶\r\n"}, 201, SITE + "ab", "岩茶"),
    ({"url": "javascript:alert(1)", "title": "<script>"}, 201, "", "<script>"),
    ({"url": "file:///C:/Users/lin/private.html", "title": "x"}, 201, "", "x"),
    ({"url": "https://[broken", "title": ""}, 201, "https://[broken", ""),
    ({"url": "https://lin:secret@tea.example/mine", "title": ""}, 201, "https://tea.example/mine", ""),
    ({"url": SITE + "reset?code=123456#access_token=x"}, 201, SITE + "reset?code=***#access_token=***", ""),
]


async def test_an_address_and_title_of_any_kind_are_kept_harmless_or_refused(door: Door) -> None:
    for page, status, url, title in PAGES:
        answer = await door.ask(page=page)
        assert answer.status_code == status, (page["url"][:40], answer.text)
        if status == 400:
            assert answer.json()["code"] == "kit.bad_input"
            continue
        [kept] = (await door.card(answer.json()))["pages"]
        assert (kept["url"], kept["title"]) == (url, title), page["url"][:40]


async def test_her_way_over_the_site_is_followed_page_by_page(door: Door) -> None:
    session = await door.arrive(page={"url": SITE, "title": "首页"})
    visitor = await door.connected(session)
    await door.change("update page_views set entered_at = entered_at - interval '42 seconds'")
    await go(visitor, SITE + "rock", "岩茶")
    await go(visitor, SITE + "rock", "武夷岩茶")
    await door.change("update page_views set entered_at = entered_at - interval '2 hours'")
    await go(visitor, SITE + "cart?session=1", "购物车")
    await go(visitor, "")
    await go(visitor, "")
    card = await door.card(session)
    assert [(page["url"][20:], page["title"]) for page in card["pages"]] == [
        ("cart?session=***", "购物车"),
        ("rock", "武夷岩茶"),
        ("", "首页"),
    ]
    cart, rock, home = (page["dwell_ms"] for page in card["pages"])
    assert 42_000 <= home < 60_000
    assert rock == 30 * 60 * 1000
    assert 0 <= cart < 60_000
    assert card["visit"]["ended_at"] >= card["visit"]["started_at"]
    assert card["visits"] == 1


async def test_after_half_an_hour_away_it_is_another_visit_with_its_own_origin(door: Door) -> None:
    first = {"url": SITE, "referrer": "https://weibo.com/u/1"}
    session = await door.arrive(page=first, time_zone="Asia/Shanghai")
    await door.arrive(
        token=session["token"], page={"url": SITE + "a", "referrer": "https://www.so.com/s?q=x"}
    )
    assert (await door.card(session))["visit"]["source"] == "social"
    await door.change(
        "update visits set seen_at = now() - interval '31 minutes', started_at = now() - interval '1 hour'"
    )
    later = {"url": SITE + "b?utm_source=mail"}
    again = await door.arrive({"x-forwarded-for": "203.0.113.99"}, token=session["token"], page=later)
    assert again["token"] == session["token"]
    card = await door.card(session)
    assert (card["visits"], card["visit"]["source"], card["visit"]["address"]) == (
        2,
        "campaign",
        "203.0.113.99",
    )
    assert card["first_seen_at"] < card["visit"]["started_at"]
    assert [page["url"][20:] for page in card["pages"]] == ["b?utm_source=mail", "a", ""]
    assert len({page["visit_id"] for page in card["pages"]}) == 2


async def test_a_socket_that_outlives_the_pause_begins_a_visit_by_itself(door: Door) -> None:
    session = await door.arrive(page={"url": SITE})
    visitor = await door.connected(session)
    await door.change("update visits set seen_at = now() - interval '31 minutes'")
    await go(visitor, SITE + "?utm_source=sms", "回来了")
    card = await door.card(session)
    assert (card["visits"], card["visit"]["utm"]["source"]) == (2, "sms")
    assert [page["title"] for page in card["pages"]] == ["回来了", ""]


async def test_two_visitors_of_a_shop_have_two_cards(door: Door) -> None:
    one, two = [await door.arrive(page={"url": SITE + name}) for name in ("one", "two")]
    assert [page["url"] for page in (await door.card(one))["pages"]] == [SITE + "one"]
    assert [page["url"] for page in (await door.card(two))["pages"]] == [SITE + "two"]


async def test_a_session_that_is_over_adds_nothing_to_the_card(door: Door) -> None:
    session = await door.arrive(page={"url": SITE})
    bearer = {"authorization": f"Bearer {session['token']}"}
    await door.shop.http.request("DELETE", door.shop.url + "/w/v1/sessions", headers=bearer)
    fresh = await door.arrive(token=session["token"], page={"url": SITE + "later"})
    assert fresh["visitor"]["id"] != session["visitor"]["id"]
    assert [page["url"] for page in (await door.card(session))["pages"]] == [SITE]


async def test_a_page_of_another_shape_is_refused(door: Door) -> None:
    shapes: list[Any] = [None, [], "https://x", {"url": 5}, {"url": None}, {"title": {}}]
    for page in shapes:
        answer = await door.ask(page=page)
        assert (answer.status_code, answer.json()["code"]) == (400, "kit.bad_input"), page
