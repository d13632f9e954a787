"""Why people wait here: each cause made real, and what stands beside it."""

from typing import Any
from uuid import UUID

from kezhan.conversations.tests.factories import make_workspace
from kezhan.kit.ids import new_id
from kezhan.reports.tests.factories import Watchtower
from kezhan.routing.policy import Need, Policy, Pool, Step
from kezhan.routing.tests.factories import rule
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client


async def _why(tower: Watchtower, team: UUID | None = None, client: Any = None) -> Any:
    address = f"/api/monitor/teams/{team or tower.shop.workspace_id}/diagnosis"
    answer = await (client or tower.client).get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _team(tower: Watchtower, **facts: Any) -> UUID:
    """A team to which everything goes."""
    team = await tower.lobby.team("售前")
    await tower.lobby.policy(Policy(rules=[rule("全部", pool=Pool(team_ids=[team]), **facts)]))
    return team


async def test_nobody_waits_and_there_is_nothing_to_explain(tower: Watchtower) -> None:
    team = await _team(tower)
    found = await _why(tower, team)
    assert (found["cause"], found["waiting"], found["waits"], found["open"]) == (None, 0, [], True)
    assert [one["name"] for one in found["rules"]] == ["全部"]


async def test_a_team_without_people(tower: Watchtower) -> None:
    team = await _team(tower)
    await tower.lobby.customer()
    found = await _why(tower, team)
    assert (found["cause"], found["seats"], found["waiting"]) == ("nobody_here", [], 1)


async def test_all_who_are_there_are_full(tower: Watchtower) -> None:
    team = await _team(tower)
    await tower.seat("满的", team, live_used=5)
    await tower.seat("睡的", team, state="offline")
    for _ in range(2):
        await tower.lobby.customer()
    found = await _why(tower, team)
    assert (found["cause"], found["causes"]) == ("full", {"full": 2})
    assert [(seat["name"], seat["why"], seat["live_used"]) for seat in found["seats"]] == [
        ("满的", "full", 5),
        ("睡的", "offline", 0),
    ]
    assert found["waits"][0]["why"] == {"full": 1, "offline": 1}
    assert found["waits"][0]["rule"] == "全部"


async def test_nobody_is_at_work(tower: Watchtower) -> None:
    team, reason = await _team(tower), new_id()
    await tower.lobby.rows(
        "insert into break_reasons (workspace_id, id, name) values ($1, $2, '午饭')",
        tower.shop.workspace_id,
        reason,
    )
    await tower.seat("吃饭的", team, state="away", reason_id=reason)
    await tower.seat("别组的")
    await tower.lobby.customer()
    found = await _why(tower, team)
    assert found["cause"] == "absent"
    assert [(seat["name"], seat["why"], seat["reason"]) for seat in found["seats"]] == [
        ("吃饭的", "on_break", "午饭")
    ]


async def test_nobody_has_the_skill_and_it_is_named(tower: Watchtower) -> None:
    skill = new_id()
    await tower.lobby.rows(
        "insert into skills (workspace_id, id, kind, name) values ($1, $2, 'skill', '英语')",
        tower.shop.workspace_id, skill,
    )  # fmt: skip
    team = await tower.lobby.team("售前")
    pool = Pool(team_ids=[team], needs=[Need(skill, 3)])
    await tower.lobby.policy(Policy(rules=[rule("英语客户", pool=pool)]))
    await tower.seat("不会的", team)
    await tower.lobby.customer()
    found = await _why(tower, team)
    assert (found["cause"], found["waits"][0]["lacks"], found["rules"][0]["needs"]) == (
        "skill",
        ["英语"],
        ["英语"],
    )
    assert found["seats"][0]["why"] is None


async def test_who_could_has_declined_and_the_offer_is_listed(tower: Watchtower) -> None:
    team = await _team(tower, accept_seconds=60)
    agent = await tower.lobby.agent("周小满")
    await tower.lobby.rows(
        "insert into team_members (workspace_id, team_id, membership_id) values ($1, $2, $3)",
        tower.shop.workspace_id, team, tower.lobby.ids["周小满"],
    )  # fmt: skip
    _, talk = await tower.lobby.customer()
    asked = await _why(tower, team)
    assert (asked["cause"], asked["waits"][0]["asked"]) == ("offered", "周小满")
    assert (await agent.request("DELETE", f"/api/conversations/{talk}/acceptance")).status_code == 204
    found = await _why(tower, team)
    assert found["cause"] == "declined"
    assert [(one["kind"], one["member"]) for one in found["passed"]] == [("declined", "周小满")]


async def test_the_team_serves_as_many_as_it_may(tower: Watchtower) -> None:
    team = await _team(tower)
    await tower.lobby.agent("周小满")
    await tower.lobby.rows(
        "insert into team_members (workspace_id, team_id, membership_id) values ($1, $2, $3)",
        tower.shop.workspace_id, team, tower.lobby.ids["周小满"],
    )  # fmt: skip
    answer = await tower.client.put(f"/api/queues/{team}", json={"max_open": 1, "max_waiting": 9})
    assert answer.status_code == 200, answer.text
    for _ in range(2):
        await tower.lobby.customer()
    found = await _why(tower, team)
    assert (found["cause"], found["serving"], found["max_open"], found["max_waiting"]) == ("limit", 1, 1, 9)


async def test_everything_is_taken_by_hand(tower: Watchtower) -> None:
    await tower.lobby.open(automatic=False)
    await tower.seat("空闲")
    await tower.lobby.customer()
    found = await _why(tower)
    assert (found["cause"], found["automatic"], found["everybody"]) == ("by_hand", False, True)


async def test_it_is_closed_and_the_hours_are_named(tower: Watchtower) -> None:
    team, owner = await _team(tower), await tower.someone("owner")
    days = {"name": "从不", "time_zone": "Asia/Shanghai", "weekly": {"days": [[]] * 7}}
    made = (await owner.post("/api/schedules", json=days)).json()
    await owner.put(f"/api/schedule-uses/team/{team}", json={"schedule_id": made["id"]})
    await tower.lobby.customer()
    found = await _why(tower, team)
    assert (found["cause"], found["open"], found["schedule"]) == ("closed", False, "从不")


async def test_the_steps_still_to_come_and_the_rules_that_lead_here_are_shown(tower: Watchtower) -> None:
    first, second = await tower.lobby.team("一线"), await tower.lobby.team("二线")
    steps = [Step(after_seconds=60, team_ids=[second]), Step(after_seconds=300, everybody=True)]
    lead = rule("全部", pool=Pool(team_ids=[first]), overflow=steps)
    await tower.lobby.policy(Policy(rules=[rule("停用", active=False, pool=Pool(team_ids=[first])), lead]))
    await tower.lobby.customer()
    found = await _why(tower, first)
    (wait,) = found["waits"]
    assert (wait["steps"], wait["next_step_at"] > found["at"]) == (0, True)
    assert [(one["name"], one["direct"], one["by_steps"], one["waiting"]) for one in found["rules"]] == [
        ("全部", True, [], 1)
    ]
    overflow = await _why(tower, second)
    assert [(one["direct"], one["by_steps"], one["waiting"]) for one in overflow["rules"]] == [
        (False, [1], 0)
    ]
    everybody = await _why(tower)
    assert [(one["direct"], one["by_steps"]) for one in everybody["rules"]] == [(False, [2]), (True, [])]
    assert found["teams"][str(second)] == "二线"


async def test_the_ten_who_have_waited_longest_are_looked_at(tower: Watchtower) -> None:
    team = await _team(tower)
    talks = [(await tower.lobby.customer())[1] for _ in range(12)]
    await tower.lobby.rows("update waits set message = true where conversation_id = $1", talks[0])
    found = await _why(tower, team)
    assert found["waiting"] == 12
    assert [one["conversation_id"] for one in found["waits"]] == [str(talk) for talk in talks[1:11]]


async def test_an_agent_asks_about_her_teams_alone(house: Running, tower: Watchtower) -> None:
    mine, other = await tower.lobby.team("售前"), await tower.lobby.team("售后")
    agent = await tower.someone("agent", mine)
    assert (await _why(tower, mine, agent))["team"] == "售前"
    workspace_id = await make_workspace(house.db)
    async with house.db.tx(workspace_id) as tx:
        await tx.fetch("insert into routing_settings (workspace_id) values ($1)", workspace_id)
    _, stranger = await member_client(house, "owner", workspace_id)
    hidden = [(agent, other), (agent, tower.shop.workspace_id), (agent, new_id()), (stranger, mine)]
    for client, team in [*hidden, (stranger, tower.shop.workspace_id), (tower.client, workspace_id)]:
        answer = await client.get(f"/api/monitor/teams/{team}/diagnosis")
        assert (answer.status_code, answer.json()["code"]) == (404, "workspaces.no_such_team")
