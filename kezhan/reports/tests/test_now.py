"""What goes on now, over the real protocol, and who may see it."""

from datetime import timedelta
from typing import Any

from kezhan.channels.tests.people import Shop
from kezhan.conversations.tests.factories import make_workspace
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.testing import queries
from kezhan.reports.monitor import monitor
from kezhan.reports.tests.factories import Watchtower, talk
from kezhan.routing.policy import Policy, Pool, Step, When
from kezhan.routing.tests.factories import Lobby, rule
from kezhan.testing import Running
from kezhan.workspaces.schemas import TeamName
from kezhan.workspaces.teams import create_team
from kezhan.workspaces.tests.factories import caller, member_client


def _names(seen: Any) -> list[str]:
    return [team["name"] for team in seen["teams"]]


async def test_who_waits_and_who_serves_is_counted_by_team_and_by_channel(tower: Watchtower) -> None:
    team = await tower.lobby.team("售前")
    await tower.lobby.policy(Policy(rules=[rule(pool=Pool(team_ids=[team]))]))
    for _ in range(3):
        await tower.lobby.customer()
    await tower.pass_time(100)
    seen = await tower.look()
    (line,) = [one for one in seen["teams"] if one["id"] == str(team)]
    assert (line["now"]["waiting"], line["now"]["serving"]) == (3, 0)
    assert line["now"]["oldest"] < seen["at"]
    assert (seen["now"]["waiting"], seen["channels"][0]["now"]["waiting"]) == (3, 3)
    assert (seen["channels"][0]["name"], seen["today"]["entered"]) == ("Tea shop", 3)
    me = await tower.lobby.agent("周小满")
    await tower.lobby.rows(
        "insert into team_members (workspace_id, team_id, membership_id) values ($1, $2, $3)",
        tower.shop.workspace_id, team, tower.lobby.ids["周小满"],
    )  # fmt: skip
    for state in ("away", "online"):
        assert (await me.request("PUT", "/api/seat/state", {"state": state})).status_code == 200
    seen = await tower.look()
    (line,) = [one for one in seen["teams"] if one["id"] == str(team)]
    assert (line["now"]["waiting"], line["now"]["serving"], line["now"]["oldest"]) == (0, 3, None)
    assert (line["seats"]["free"], line["seats"]["live_used"], line["seats"]["live_units"]) == (1, 3, 5)
    assert line["today"]["accepted"] == 3
    assert seen["channels"][0]["now"]["serving"] == 3


async def test_one_that_waits_for_two_teams_is_in_both_and_once_in_all(tower: Watchtower) -> None:
    teams = [await tower.lobby.team("售前"), await tower.lobby.team("售后")]
    await tower.lobby.policy(Policy(rules=[rule(pool=Pool(team_ids=teams))]))
    await tower.lobby.customer()
    seen = await tower.look()
    assert {one["name"]: one["now"]["waiting"] for one in seen["teams"]} == {"售前": 1, "售后": 1, "": 0}
    assert seen["now"]["waiting"] == 1


async def test_who_is_being_asked_still_waits_and_a_message_does_not(tower: Watchtower) -> None:
    message = rule("留言", when=When(languages=["en"]), overflow=[Step(at_length=0, message=True)])
    await tower.lobby.policy(Policy(rules=[message, rule(accept_seconds=60)]))
    await tower.lobby.agent("周小满")
    await tower.lobby.customer()
    seen = await tower.look()
    assert (seen["now"]["waiting"], seen["now"]["offered"], seen["now"]["serving"]) == (1, 1, 0)
    await tower.lobby.rows("update waits set message = true")
    assert (await tower.look())["now"] == {
        "waiting": 0, "offered": 0, "messages": 1, "closed": 0, "oldest": None, "serving": 0,
    }  # fmt: skip


async def test_seats_stand_as_they_are(tower: Watchtower) -> None:
    long_ago = now() - timedelta(minutes=5)
    reason = new_id()
    await tower.lobby.rows(
        "insert into break_reasons (workspace_id, id, name) values ($1, $2, '午饭')",
        tower.shop.workspace_id,
        reason,
    )
    await tower.seat("空闲")
    await tower.seat("已满", live_used=5)
    await tower.seat("忙碌", state="busy")
    await tower.seat("午饭", state="away", reason_id=reason, since=long_ago)
    await tower.seat("离开", state="away", auto="missed")
    await tower.seat("掉线", lost_at=long_ago)
    await tower.seat("下班", on_duty=False)
    await tower.seat("离线", state="offline", lost_at=long_ago)
    seen = await tower.look()
    by_name = {seat["name"]: seat for seat in seen["seats"]}
    standing = {name: seat["standing"] for name, seat in by_name.items() if not name.startswith("成员")}
    assert standing == {
        "空闲": "free", "已满": "full", "忙碌": "busy", "午饭": "break", "离开": "away", "掉线": "lost",
        "下班": "off_duty", "离线": "offline",
    }  # fmt: skip
    assert (by_name["午饭"]["reason"], by_name["离开"]["auto"]) == ("午饭", "missed")
    counts = seen["counts"]
    assert (counts["free"], counts["full"], counts["away"], counts["lost"]) == (1, 1, 2, 1)
    assert (counts["live_used"], counts["live_units"]) == (5, 10)


async def test_an_agent_sees_her_teams_alone_and_a_supervisor_all(tower: Watchtower) -> None:
    mine, other = await tower.lobby.team("售前"), await tower.lobby.team("售后")
    await tower.seat("同组", mine)
    await tower.seat("别组", other)
    await tower.happened(talk(), ["enqueued", ("accepted", {"waited": 1})], queue=other)
    agent = await tower.someone("agent", mine)
    seen = await tower.look(agent)
    assert (_names(seen), seen["today"]["entered"]) == (["售前"], 0)
    assert "别组" not in {seat["name"] for seat in seen["seats"]}
    assert seen["channels"][0]["today"]["entered"] == 0
    for hidden in (other, tower.shop.workspace_id, new_id()):
        answer = await agent.get("/api/monitor", params={"team_id": str(hidden)})
        assert (answer.status_code, answer.json()["code"]) == (404, "workspaces.no_such_team")
    assert _names(await tower.look(agent, team_id=str(mine))) == ["售前"]
    assert _names(await tower.look()) == ["售后", "售前", ""]
    assert _names(await tower.look(await tower.someone("inspector"))) == ["售后", "售前", ""]


async def test_who_reads_no_conversations_reads_no_monitor(tower: Watchtower) -> None:
    auditor = await tower.someone("auditor")
    assert (await auditor.get("/api/monitor")).status_code == 403
    assert (await auditor.get(f"/api/monitor/teams/{tower.shop.workspace_id}/diagnosis")).status_code == 403


async def test_an_agent_of_no_team_sees_an_empty_monitor(tower: Watchtower) -> None:
    await tower.lobby.customer()
    seen = await tower.look(await tower.someone("agent"))
    assert (seen["teams"], seen["seats"], seen["now"]["waiting"]) == ([], [], 0)


async def test_another_workspace_sees_nothing_of_it(house: Running, tower: Watchtower, shop: Shop) -> None:
    team = await tower.lobby.team("售前")
    await tower.lobby.customer()
    workspace_id = await make_workspace(house.db)
    _, client = await member_client(house, "owner", workspace_id)
    answer = await client.get("/api/monitor")
    assert (answer.status_code, answer.json()["code"]) == (404, "routing.no_reception")
    async with house.db.tx(workspace_id) as tx:
        await tx.fetch("insert into routing_settings (workspace_id) values ($1)", workspace_id)
    seen = (await client.get("/api/monitor")).json()
    assert (_names(seen), seen["channels"], seen["now"]["waiting"]) == ([""], [], 0)
    assert (await client.get("/api/monitor", params={"team_id": str(team)})).status_code == 404


async def test_the_monitor_is_few_statements_however_many_teams_there_are(own_db: Database) -> None:
    workspace_id = await make_workspace(own_db)
    who = caller("supervisor", workspace_id=workspace_id)
    async with own_db.tx(workspace_id) as tx:
        await tx.fetch("insert into routing_settings (workspace_id) values ($1)", workspace_id)

    async def statements() -> int:
        async with own_db.tx(workspace_id) as tx:
            with queries(tx) as sent:
                await monitor(tx, who, None)
        return len(sent)

    few = await statements()
    async with own_db.tx(workspace_id) as tx:
        for number in range(20):
            await create_team(tx, who, TeamName(f"小组{number}"))
    # The frame, the places, what waits, what is served, the day, seats, alerts, hours.
    assert (few, await statements()) == (8, 8)


async def test_closed_hours_show_on_the_team(tower: Watchtower) -> None:
    lobby: Lobby = tower.lobby
    await lobby.team("售前")
    owner = await tower.someone("owner")
    days = {"name": "从不", "time_zone": "Asia/Shanghai", "weekly": {"days": [[]] * 7}}
    made = await owner.post("/api/schedules", json=days)
    assert made.status_code == 201, made.text
    answer = await owner.put(
        f"/api/schedule-uses/workspace/{tower.shop.workspace_id}", json={"schedule_id": made.json()["id"]}
    )
    assert answer.status_code < 300, answer.text
    assert {team["open"] for team in (await tower.look())["teams"]} == {False}
