"""A rule is met: the house decides whether it invites."""

import asyncio

import pytest

from kezhan.hours.tests.factories import closed_now
from kezhan.kit.clock import now
from kezhan.proactive.tests.site import Site, go, make_site
from kezhan.testing import Running


async def test_a_rule_is_offered_to_whom_it_fits_and_invites_in_her_language(site: Site) -> None:
    rule = await site.rule()
    visitor = await site.visitor("rock")
    offer = await site.offer(visitor)
    assert offer == {
        "invite": None,
        "rules": [{"id": rule["id"], "pages": ["/rock"], "dwell_s": 15, "min_pages": 1}],
        "pages": 1,
    }
    made = await site.met(visitor, rule)
    assert (made.status_code, made.json()["text"]) == (200, "在看岩茶吗？")
    assert made.json().get("agent_name", "") == ""
    other = await site.visitor("rock")
    assert (await site.met(other, rule, "en-GB")).json()["text"] == "Looking for rock tea?"
    [row, _] = await site.rows("select * from invites order by sent_at")
    assert (str(row.rule_id), row.agent_id, row.page) == (rule["id"], None, "https://tea.example/rock")
    assert {one["invite"]["by_rule"] for one in await site.here()} == {True}


async def test_a_text_in_one_language_alone_serves_both(site: Site) -> None:
    rule = await site.rule(texts={"en": "Hello"})
    assert (await site.met(await site.visitor("rock"), rule)).json()["text"] == "Hello"


async def test_a_rule_has_its_turn_with_a_visitor_once_in_its_days(site: Site) -> None:
    rule = await site.rule(conditions={"every_days": 3})
    visitor = await site.visitor("rock")
    assert (await site.met(visitor, rule)).status_code == 200
    assert (await site.met(visitor, rule)).status_code == 204
    await site.pass_time("71 hours")
    assert (await site.offer(visitor))["rules"] == []
    assert (await site.met(visitor, rule)).status_code == 204
    await site.pass_time("2 hours")
    assert len((await site.offer(visitor))["rules"]) == 1
    assert (await site.met(visitor, rule)).status_code == 200
    assert len(await site.rows("select 1 from invites")) == 2


async def test_asked_at_once_from_two_tabs_a_rule_invites_once(site: Site) -> None:
    rule = await site.rule()
    visitor = await site.visitor("rock")
    answers = await asyncio.gather(*(site.met(visitor, rule) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 204, 204, 204, 204]


async def test_no_other_rule_asks_while_one_is_open_nor_the_day_after_a_no(site: Site) -> None:
    first, second = await site.rule(), await site.rule(name="第二条")
    visitor = await site.visitor("rock")
    made = (await site.met(visitor, first)).json()
    assert (await site.met(visitor, second)).status_code == 204
    await site.answer(visitor, made["id"], "declined")
    assert (await site.offer(visitor))["rules"] == []
    assert (await site.met(visitor, second)).status_code == 204
    await site.pass_time("25 hours")
    assert (await site.met(visitor, second)).status_code == 200


async def test_after_an_ignored_one_another_rule_may_ask(site: Site) -> None:
    first, second = await site.rule(), await site.rule(name="第二条")
    visitor = await site.visitor("rock")
    await site.met(visitor, first)
    await site.pass_time("3 minutes")
    assert (await site.met(visitor, second)).status_code == 200


async def test_who_talks_is_offered_and_asked_nothing(site: Site) -> None:
    rule = await site.rule()
    visitor = await site.visitor("rock")
    await visitor.say("你好")
    assert (await site.offer(visitor))["rules"] == []
    assert (await site.met(visitor, rule)).status_code == 204


async def test_the_house_looks_at_the_page_itself(site: Site) -> None:
    rule = await site.rule(conditions={"min_pages": 3})
    visitor = await site.visitor("", "首页")
    for page, status in (("rock", 204), ("cart", 204), ("rock", 200)):
        await go(visitor, page)
        assert (await site.met(visitor, rule)).status_code == status, page


@pytest.mark.parametrize(
    "conditions",
    [
        {"min_visits": 2},
        {"sources": ["search"]},
        {"campaign": "spring"},
        {"devices": ["phone"]},
        {"languages": ["en"]},
    ],
)
async def test_a_rule_that_does_not_fit_is_neither_offered_nor_carried_out(
    site: Site, conditions: dict[str, object]
) -> None:
    rule = await site.rule(conditions=conditions)
    visitor = await site.visitor("rock", language="zh-CN")
    assert (await site.offer(visitor))["rules"] == []
    assert (await site.met(visitor, rule)).status_code == 204


async def test_a_rule_of_another_channel_is_none_of_hers(site: Site) -> None:
    mine = await site.rule(conditions={"account_ids": [str(site.shop.account_id)]})
    visitor = await site.visitor("rock")
    assert len((await site.offer(visitor))["rules"]) == 1
    assert (await site.met(visitor, mine)).status_code == 200


async def test_a_rule_for_when_somebody_is_there_waits_for_somebody(site: Site) -> None:
    rule = await site.rule(conditions={"staffed": True})
    visitor = await site.visitor("rock")
    assert (await site.met(visitor, rule)).status_code == 204
    await site.shop.agent()
    assert (await site.met(visitor, rule)).status_code == 200


async def test_outside_business_hours_only_a_rule_that_does_not_mind_invites(
    site: Site,
) -> None:
    minds = await site.rule(conditions={"business_hours": True})
    other = await site.rule(name="全天")
    early = await site.visitor("rock")
    assert (await site.met(early, minds)).status_code == 200
    made = (await site.client.post("/api/schedules", json=closed_now(now()))).json()
    use = f"/api/schedule-uses/channel/{site.shop.account_id}"
    assert (await site.client.put(use, json={"schedule_id": made["id"]})).status_code == 200
    visitor = await site.visitor("rock")
    assert (await site.met(visitor, minds)).status_code == 204
    assert (await site.met(visitor, other)).status_code == 200


async def test_a_rule_switched_off_or_archived_invites_no_more(site: Site) -> None:
    rule = await site.rule()
    visitor = await site.visitor("rock")
    form = {key: rule[key] for key in ("name", "texts", "conditions")}
    await site.client.put(f"/api/invite-rules/{rule['id']}", json={**form, "active": False})
    assert ((await site.offer(visitor))["rules"], (await site.met(visitor, rule)).status_code) == ([], 204)
    await site.client.put(f"/api/invite-rules/{rule['id']}", json={**form, "active": True})
    await site.client.delete(f"/api/invite-rules/{rule['id']}")
    assert ((await site.offer(visitor))["rules"], (await site.met(visitor, rule)).status_code) == ([], 204)


async def test_another_workspaces_rule_and_no_rule_at_all_invite_nobody(house: Running, site: Site) -> None:
    other = await make_site(house)
    theirs = await other.rule()
    visitor = await site.visitor("rock")
    assert (await site.offer(visitor))["rules"] == []
    assert (await site.met(visitor, theirs)).status_code == 204
    assert (await site.met(visitor, {"id": "nonsense"})).status_code == 400
    assert (await site.rows("select 1 from invites"), await other.rows("select 1 from invites")) == ([], [])
    await other.shop.close()


async def test_a_widget_that_asks_without_end_is_told_to_wait(site: Site) -> None:
    rule = await site.rule(conditions={"pages": ["/nowhere"]})
    visitor = await site.visitor("rock")
    answers = [(await site.met(visitor, rule)).status_code for _ in range(25)]
    assert (set(answers[:20]), answers[-1]) == ({204}, 429)
