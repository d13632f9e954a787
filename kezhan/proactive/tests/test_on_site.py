"""Who is on the site now: those with the site open, of this workspace, as their visits tell."""

from typing import Any

import pytest

from kezhan.kit.testing import until
from kezhan.proactive.tests.site import Site, frames, go, gone, make_site
from kezhan.testing import Running


async def test_a_visitor_is_there_with_what_her_visit_tells(site: Site) -> None:
    visitor = await site.visitor(
        "?utm_source=wechat&utm_campaign=spring", "首页", language="zh-CN", time_zone="Asia/Urumqi"
    )
    await go(visitor, "rock", "武夷岩茶")
    [shown] = await site.here()
    assert (shown["identity_id"], shown["contact_id"]) == (visitor.id, str(await site.contact_of(visitor)))
    assert (shown["name"], len(shown["number"]), shown["tier"]) == ("", 6, "")
    assert (shown["url"], shown["title"]) == ("https://tea.example/rock", "武夷岩茶")
    assert (shown["pages"], shown["visits"]) == (2, 1)
    assert (shown["source"], shown["campaign"], shown["search_word"]) == ("campaign", "spring", "")
    assert (shown["language"], shown["time_zone"], shown["country"]) == ("zh-CN", "Asia/Urumqi", "CN")
    assert shown["started_at"] <= shown["since"]
    assert (shown["conversation"], shown["invite"]) == (None, None)


async def test_who_has_gone_is_not_there_and_two_tabs_are_one_visitor(site: Site) -> None:
    stays, goes = await site.visitor("a"), await site.visitor("b")
    second_tab = await site.visitor("c", token=stays.token)
    assert len(await site.here()) == 2
    await gone(site, goes)
    await second_tab.close()
    assert [one["identity_id"] for one in await site.here()] == [stays.id]


async def test_other_workspaces_visitors_are_not_there(house: Running, site: Site) -> None:
    other = await make_site(house)
    await other.visitor("theirs", time_zone="Asia/Shanghai")
    assert (await site.page(), await other.here(page="theirs") != []) == ({"items": [], "next": None}, True)
    assert (await site.client.get("/api/visitors/geography")).json() == {"visitors": 0, "items": []}
    await other.shop.close()


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("supervisor", 200), ("agent", 200), ("inspector", 200), ("auditor", 403)],
)
async def test_who_sees_customers_sees_visitors(site: Site, role: str, status: int) -> None:
    client = await site.someone(role)
    for address in ("/api/visitors/now", "/api/visitors/geography"):
        assert (await client.get(address)).status_code == status
    assert (await (await site.house.client()).get("/api/visitors/now")).status_code == 401


async def test_filters_leave_those_who_fit_and_work_together(site: Site) -> None:
    home = await site.visitor("", "首页", time_zone="Asia/Shanghai")
    rock = await site.visitor("rock?utm_source=x", "Rock TEA", time_zone="Europe/Berlin")
    lost = await site.visitor("rock", "岩茶", time_zone="UTC")
    await lost.say("有人吗")
    for asked, fit in (
        ({"country": "CN"}, [home]),
        ({"country": "DE"}, [rock]),
        ({"country": "FR"}, []),
        ({"country": "ZZ"}, [lost]),
        ({"source": "campaign"}, [rock]),
        ({"source": "direct"}, [home, lost]),
        ({"page": "ROCK"}, [rock, lost]),
        ({"page": "rock tea"}, [rock]),
        ({"page": "岩"}, [lost]),
        ({"page": " "}, [home, rock, lost]),
        ({"page": "%"}, []),
        ({"talk": "waiting"}, [lost]),
        ({"talk": "free"}, [home, rock]),
        ({"talk": "served"}, []),
        ({"page": "rock", "talk": "free", "country": "DE", "source": "campaign"}, [rock]),
        ({"page": "rock", "talk": "free", "country": "CN"}, []),
    ):
        shown = {one["identity_id"] for one in await site.here(**asked)}
        assert shown == {one.id for one in fit}, asked


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"country": "cn"}, "proactive.bad_country"),
        ({"country": "China"}, "proactive.bad_country"),
        ({"source": "friend"}, "kit.bad_input"),
        ({"talk": "yes"}, "kit.bad_input"),
        ({"after": "nonsense"}, "kit.bad_cursor"),
        ({"limit": "many"}, "kit.bad_input"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_refused_in_words(site: Site, asked: Any, code: str) -> None:
    answer = await site.client.get("/api/visitors/now", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["title"] != code


async def test_pages_meet_without_gap_or_repeat_newest_first(site: Site) -> None:
    came = [(await site.visitor(str(number))).id for number in range(5)]
    seen, after = list[str](), ""
    while after is not None:
        page = await site.page(limit=2, **({"after": after} if after else {}))
        seen += [one["identity_id"] for one in page["items"]]
        after = page["next"]
    assert seen == came[::-1]


async def test_a_conversation_shows_its_state_and_is_named_only_to_those_who_may_see_it(site: Site) -> None:
    visitor = await site.visitor("a")
    conversation_id = (await visitor.say("你好"))["conversation_id"]
    colleague = await site.someone()
    [shown] = await site.here()
    assert shown["conversation"] == {"id": conversation_id, "state": "queued", "agent_name": ""}
    agent = await site.shop.agent(name="周子安")
    await agent.request("PUT", f"/api/conversations/{conversation_id}/assignment", {})
    [seen] = await site.here()
    assert seen["conversation"] == {"id": conversation_id, "state": "assigned", "agent_name": "周子安"}
    [hers] = (await colleague.get("/api/visitors/now")).json()["items"]
    assert hers["conversation"] == {"id": None, "state": "assigned", "agent_name": "周子安"}
    await agent.request("PUT", f"/api/conversations/{conversation_id}/closure")
    [free] = await site.here()
    assert free["conversation"] is None


async def test_visits_are_those_of_the_customer_and_the_newest_one_counts(site: Site) -> None:
    visitor = await site.visitor("first?utm_source=mail", time_zone="Asia/Shanghai")
    await site.change(
        "update visits set seen_at = now() - interval '1 day', started_at = now() - interval '1 day'"
    )
    await site.visitor("second", token=visitor.token, time_zone="Asia/Tokyo")
    [shown] = await site.here()
    assert (shown["visits"], shown["pages"], shown["source"]) == (2, 1, "direct")
    assert (shown["url"], shown["country"]) == ("https://tea.example/second", "JP")


async def test_geography_counts_by_the_country_of_the_clock(site: Site) -> None:
    for zone in ("Asia/Shanghai", "Asia/Urumqi", "Asia/Calcutta", "UTC", ""):
        last = await site.visitor("x", time_zone=zone)
    await last.say("在吗")
    found = (await site.client.get("/api/visitors/geography")).json()
    assert found == {
        "visitors": 5,
        "items": [
            {"country": "CN", "visitors": 2, "waiting": 0},
            {"country": "ZZ", "visitors": 2, "waiting": 1},
            {"country": "IN", "visitors": 1, "waiting": 0},
        ],
    }


async def test_followers_hear_of_coming_and_going_at_most_once_a_second(site: Site) -> None:
    agent = await site.shop.agent()
    stale = frames(agent, "stale")
    await agent.tell({"type": "follow", "topics": ["visitors"]})
    first = await site.visitor("a")
    await until(lambda: stale)
    assert stale == [{"type": "stale", "topic": "visitors"}]
    for number in range(10):
        await go(first, str(number))
    assert len(stale) <= 2
    await until(lambda: len(stale) >= 2)
    before = len(stale)
    await gone(site, first)
    await until(lambda: len(stale) > before)


async def test_who_follows_nothing_hears_nothing_and_nobody_follows_what_she_may_not_see(site: Site) -> None:
    agent, auditor = await site.shop.agent(), await site.shop.agent("auditor")
    stale, refused = frames(agent, "stale"), frames(auditor, "refused")
    await auditor.tell({"type": "follow", "topics": ["visitors"]})
    await until(lambda: refused)
    assert refused[0]["code"] == "workspaces.not_permitted"
    hers = frames(agent, "refused")
    await agent.tell({"type": "follow", "topics": ["everything"]})
    await until(lambda: hers)
    assert hers[0]["code"] == "realtime.not_allowed"
    await agent.tell({"type": "follow", "topics": ["visitors"]})
    await agent.tell({"type": "follow", "topics": []})
    pongs = frames(agent, "pong")
    visitor = await site.visitor("a")
    await go(visitor, "b")
    await agent.tell({"type": "ping"})
    await until(lambda: pongs)
    assert stale == []
