"""A customer who waits and knows how long; who gets her, and when; with real screens on both sides."""

import re
from typing import Any
from uuid import UUID

import msgspec
from playwright.async_api import Locator, expect

from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.routing.policy import Policy, Rule, Step
from kezhan.simulate.client import Agent
from kezhan.workspaces.first_run import DemoAccount
from tests.journeys.conftest import Inn
from tests.journeys.walk import Make, Walker


async def arrange(inn: Inn, policy: Policy | None = None, **settings: Any) -> None:
    """What a manager sets before the doors open."""
    owner = await program(inn, inn.people[0])
    if settings:
        form = {**await owner.get("/api/reception"), **settings}
        assert (await owner.request("PUT", "/api/reception", form)).status_code == 200
    if policy is not None:
        saving = {"version": 0, "policy": msgspec.to_builtins(policy), "despite": True}
        saved = await owner.request("PUT", "/api/routing-policy", saving)
        assert saved.json()["version"] == 1, saved.text


async def team(inn: Inn, name: str, *members: int) -> UUID:
    """A team of these people of the inn, made by its owner."""
    owner = await program(inn, inn.people[0])
    made = (await owner.request("POST", "/api/teams", {"name": name})).json()
    people = {one["email"]: one["id"] for one in (await owner.get("/api/members"))["items"]}
    ids = [people[inn.people[number].email] for number in members]
    answer = await owner.request("PUT", f"/api/teams/{made['id']}/members", {"member_ids": ids})
    assert answer.status_code == 200
    return UUID(made["id"])


async def program(inn: Inn, person: DemoAccount) -> Agent:
    """Somebody's own program: her rights, no screen."""
    return await Agent.sign_in(inn.url, person.email, person.password, await inn.house.client())


async def at_desk(inn: Inn, walker: Make, number: int) -> Walker:
    agent = await walker(inn.url)
    await agent.sign_in(inn.people[number].email, inn.people[number].password)
    await expect(agent.page.get_by_role("button", name=re.compile("我的状态：在线")).first).to_be_visible()
    return agent


async def customer(inn: Inn, walker: Make, words: str) -> Walker:
    made = await walker(inn.url)
    await made.visit_shop()
    await made.write(words)
    return made


def card(customer: Walker) -> Locator:
    """What she is told while she waits."""
    return customer.chat.get_by_role("region", name="排队情况")


def offer(agent: Walker) -> Locator:
    return agent.page.get_by_role("button", name=re.compile("^接入")).first


async def test_who_waits_knows_her_place_and_is_served_when_a_seat_frees(inn: Inn, walker: Make) -> None:
    await arrange(inn, live_units=1)
    agent = await at_desk(inn, walker, 2)
    first = await customer(inn, walker, "第一位")
    await expect(first.log.get_by_text("为您服务")).to_be_visible()
    second = await customer(inn, walker, "第二位")
    third = await customer(inn, walker, "第三位")
    await expect(card(second).get_by_text("您排在第 1 位")).to_be_visible()
    await expect(card(third).get_by_text("您排在第 2 位")).to_be_visible()
    await second.axe(second.page.frames[1])
    await agent.open_list("我的")
    await agent.rows.filter(has_text="第一位").click()
    await agent.page.get_by_role("button", name="结束").first.click()
    await expect(second.log.get_by_text("为您服务")).to_be_visible()
    await expect(agent.rows.filter(has_text="第二位")).to_be_visible()
    await expect(card(third).get_by_text("您排在第 1 位")).to_be_visible()
    await expect(card(second).get_by_text("您排在")).to_have_count(0)


async def test_what_one_declines_and_another_misses_comes_to_the_next(inn: Inn, walker: Make) -> None:
    rule = Rule(id=new_id(), name="轮流", accept_seconds=8)
    await arrange(inn, Policy(rules=[rule]))
    agents = [await at_desk(inn, walker, number) for number in (0, 1, 2)]
    asking = await customer(inn, walker, "有人吗？")
    waiting = list(agents)
    for act in ("decline", "miss"):
        asked = await first_asked(waiting)
        waiting.remove(asked)
        if act == "decline":
            await asked.page.get_by_role("button", name=re.compile("^谢绝")).first.click()
        else:
            await expect(asked.page.get_by_text("错过 · 已重新分配")).to_be_visible()
    (last,) = waiting
    await offer(last).click()
    await expect(last.thread.get_by_text("有人吗？")).to_be_visible()
    await expect(asking.log.get_by_text("为您服务")).to_be_visible()


async def first_asked(agents: list[Walker]) -> Walker:
    """The one of them whose screen shows the offer."""

    async def look() -> Walker | None:
        for agent in agents:
            if await offer(agent).is_visible():
                return agent
        return None

    return await until(look)


async def test_a_team_without_a_free_seat_lets_others_serve_after_a_while(inn: Inn, walker: Make) -> None:
    tea = await team(inn, "茶艺", 1)
    rule = Rule(id=new_id(), name="茶艺", overflow=[Step(after_seconds=3, everybody=True)])
    rule = msgspec.structs.replace(rule, pool=msgspec.structs.replace(rule.pool, team_ids=[tea]))
    await arrange(inn, Policy(rules=[rule]))
    helper = await at_desk(inn, walker, 2)
    asking = await customer(inn, walker, "茶艺课几点？")
    await expect(card(asking).get_by_text("您排在第 1 位")).to_be_visible()
    await helper.open_list("我的")
    await expect(helper.rows.filter(has_text="茶艺课几点？")).to_be_visible()
    await expect(asking.log.get_by_text("为您服务")).to_be_visible()


async def test_while_the_doors_are_closed_she_is_told_when_they_open_and_nobody_is_disturbed(
    inn: Inn, walker: Make
) -> None:
    owner = await program(inn, inn.people[0])
    minutes = now().hour * 60
    opens = {"start": (minutes + 600) % 1440, "end": (minutes + 600) % 1440 + 60}
    weekly = {"v": 1, "days": [[opens]] * 7}
    form = {"name": "夜里", "time_zone": "UTC", "weekly": weekly, "holiday_set_ids": []}
    made = (await owner.request("POST", "/api/schedules", form)).json()
    place = f"/api/schedule-uses/workspace/{(await owner.get('/api/me'))['workspace']['id']}"
    assert (await owner.request("PUT", place, {"schedule_id": made["id"]})).status_code == 200
    agent = await at_desk(inn, walker, 2)
    asking = await customer(inn, walker, "明天发货吗？")
    await expect(
        card(asking).get_by_text(re.compile("现在是非工作时间，.*恢复；您可以先留言"))
    ).to_be_visible()
    await agent.open_list("我的")
    await expect(agent.rows).to_have_count(0)
    await agent.open_list("未分配")
    await expect(agent.rows.filter(has_text="明天发货吗？")).to_be_visible()
