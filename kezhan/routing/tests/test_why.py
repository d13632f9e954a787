"""Why a conversation is where it is, as the one who asks reads it."""

from typing import Any
from uuid import UUID

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.routing.policy import Policy, Pool, Rule
from kezhan.routing.tests.factories import Lobby, rule
from kezhan.simulate.client import Agent
from kezhan.testing import Running


async def _why(agent: Agent, conversation_id: UUID) -> Any:
    return await agent.get(f"/api/conversations/{conversation_id}/trace")


def _named(made: Rule, name: str) -> Rule:
    return Rule(id=made.id, name=name, pool=made.pool, accept_seconds=made.accept_seconds)


async def test_the_story_tells_the_rule_the_version_and_every_seat_that_was_looked_at(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    busy, agent = await lobby.agent("周小满"), await lobby.agent("林晚晴")
    await busy.request("PUT", "/api/seat/state", {"state": "busy"})
    await lobby.policy(Policy(rules=[rule("VIP")]))
    _, talk = await lobby.customer()
    found = await _why(agent, talk)
    enqueued, accepted = found["steps"]
    assert (enqueued["kind"], enqueued["rule"], enqueued["version"]) == ("enqueued", "VIP", 1)
    assert (accepted["kind"], accepted["member"], accepted["reason"]) == ("accepted", "林晚晴", "automatic")
    looked = {one["name"]: one.get("why") for one in accepted["decision"]["considered"]}
    assert looked == {"林晚晴": None, "周小满": "busy"}
    assert (found["state"], found["now"], found["place"]) == ("none", None, None)


async def test_who_waits_is_told_the_place_and_why_each_seat_does_not_take_it(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    agent = await lobby.agent("周小满")
    _, _, last = [(await lobby.customer())[1] for _ in range(3)]
    found = await _why(agent, last)
    assert (found["state"], found["place"]) == ("waiting", 2)
    (seat,) = found["now"]["considered"]
    assert (seat["name"], seat["why"], seat["used"], seat["there"]) == ("周小满", "full", 1, 1)


async def test_a_break_is_told_by_the_name_that_the_workspace_gives_it(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    owner, agent = await lobby.agent("沈青山", "owner"), await lobby.agent("周小满")
    reason = (await owner.request("POST", "/api/break-reasons", {"name": "午饭"})).json()["id"]
    for one, body in ((agent, {"state": "away", "reason_id": reason}), (owner, {"state": "busy"})):
        assert (await one.request("PUT", "/api/seat/state", body)).is_success
    _, talk = await lobby.customer()
    looked = (await _why(agent, talk))["now"]["considered"]
    assert {one["name"]: (one["why"], one.get("reason")) for one in looked} == {
        "周小满": ("on_break", "午饭"),
        "沈青山": ("busy", None),
    }


async def test_a_rule_is_named_as_it_was_called_when_it_happened(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    made = rule("VIP")
    await lobby.policy(Policy(rules=[made]))
    _, first = await lobby.customer()
    await lobby.policy(Policy(rules=[_named(made, "Gold")]))
    await lobby.policy(Policy())
    _, second = await lobby.customer()
    agent = await lobby.agent()
    told = [(await _why(agent, talk))["steps"][0] for talk in (first, second)]
    assert [(step["rule"], step["version"]) for step in told] == [("VIP", 1), ("", 3)]


async def test_a_step_names_the_team_in_whose_queue_it_happened(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    agent = await lobby.agent("周小满")
    team = await lobby.team("售后")
    _, talk = await lobby.customer()
    path = f"/api/conversations/{talk}/assignment"
    assert (await agent.request("PUT", path, {"team_id": str(team)})).is_success
    supervisor = await lobby.agent("主管", role="supervisor")
    last = (await _why(supervisor, talk))["steps"][-1]
    assert (last["kind"], last["queue"], last["reason"]) == ("enqueued", "售后", "sent_to_team")


async def test_who_may_not_see_a_conversation_is_not_told_why_it_is_where_it_is(
    shop: Shop, house: Running
) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    _, talk = await lobby.customer()
    colleague = await lobby.agent("林晚晴")
    stranger = await (await make_shop(house)).agent("owner")
    for other in (colleague, stranger):
        answer = await other.request("GET", f"/api/conversations/{talk}/trace")
        assert (answer.status_code, answer.json()["code"]) == (404, "conversations.not_found")
    auditor = await shop.agent("auditor", "审计员")
    assert (await auditor.request("GET", f"/api/conversations/{talk}/trace")).status_code == 403


async def test_the_lengths_count_who_waits_for_a_person_in_each_queue_of_the_own_workspace(
    shop: Shop, house: Running
) -> None:
    lobby = await Lobby(shop).open()
    team = await lobby.team("售后")
    for _ in range(2):
        await lobby.customer()
    await lobby.policy(Policy(rules=[rule(pool=Pool(team_ids=[team]))]))
    _, talk = await lobby.customer()
    await lobby.rows("update wait_queues set message = true where conversation_id = $1", talk)
    await lobby.customer()
    viewer = await shop.agent("inspector", "质检员")
    lengths = await viewer.get("/api/queue-lengths")
    told = {UUID(one["queue_id"]): one["waiting"] for one in lengths["items"]}
    assert told == {shop.workspace_id: 2, team: 1}
    stranger = await (await make_shop(house)).agent("owner")
    assert (await stranger.get("/api/queue-lengths"))["items"] == []
    auditor = await shop.agent("auditor", "审计员")
    assert (await auditor.request("GET", "/api/queue-lengths")).status_code == 403
