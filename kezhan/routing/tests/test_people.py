"""People come, go and change teams, and what waits follows them."""

from typing import Any
from uuid import UUID

from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import until
from kezhan.routing.policy import Need, Policy, Pool, Step
from kezhan.routing.queue.back import RETURN_TIMER, on_return
from kezhan.routing.tests.factories import Lobby, rule
from kezhan.testing import Running
from kezhan.workspaces.first_run import demo_workspace, ensure_demo_people


async def shop_of(shop: Shop, *names: str, **settings: Any) -> Lobby:
    """These serve, and an owner who is away."""
    lobby = await Lobby(shop).open(**settings)
    await lobby.agent("店主", "owner")
    assert await lobby.state("店主", "away") == 200
    for name in names:
        await lobby.agent(name)
    return lobby


async def archive(lobby: Lobby, name: str) -> None:
    assert await lobby.ask("店主", "DELETE", f"/api/members/{lobby.ids[name]}") in {200, 204}


async def test_what_an_archived_member_had_goes_to_others_and_her_seat_is_empty(shop: Shop) -> None:
    lobby = await shop_of(shop, "周小满")
    talks = [(await lobby.customer())[1] for _ in range(3)]
    await lobby.agent("林晚晴")
    await archive(lobby, "周小满")
    await lobby.later(0)

    async def handed_on() -> bool:
        return [await lobby.holder(talk) for talk in talks] == ["林晚晴"] * 3

    await until(handed_on)
    seats = await lobby.seats()
    assert (seats["周小满"]["state"], seats["周小满"]["live_used"]) == ("offline", 0)
    assert seats["林晚晴"]["live_used"] == 3
    await lobby.check()


async def test_what_has_been_given_on_before_its_turn_stays_where_it_is(shop: Shop) -> None:
    lobby = await shop_of(shop, "周小满", "林晚晴")
    _, talk = await lobby.customer()
    first = await lobby.holder(talk)
    assert first is not None
    second = "林晚晴" if first == "周小满" else "周小满"
    assert await lobby.hand("店主", talk, member_id=lobby.ids[second]) == 200
    async with shop.db.tx(shop.workspace_id) as tx:
        await on_return(tx, talk)
    assert await lobby.holder(talk) == second
    assert await lobby.rows("select 1 from timers where kind = $1", RETURN_TIMER) == []
    await lobby.check()


async def test_who_is_made_an_inspector_serves_no_more(shop: Shop) -> None:
    lobby = await shop_of(shop, "周小满")
    _, talk = await lobby.customer()
    path = f"/api/members/{lobby.ids['周小满']}"
    assert await lobby.ask("店主", "PATCH", path, {"role": "inspector"}) == 200
    await lobby.later(0)

    async def back_in_line() -> bool:
        return await lobby.waiting() == [talk]

    await until(back_in_line)
    assert (await lobby.seats())["周小满"]["state"] == "offline"
    await lobby.check()


async def test_who_joins_a_team_gets_what_waits_for_it_and_who_leaves_it_nothing_more(shop: Shop) -> None:
    lobby = await shop_of(shop, "周小满")
    team = await lobby.team("售后")
    await lobby.policy(Policy(rules=[rule(pool=Pool(team_ids=[team]))]))
    _, talk = await lobby.customer()
    assert await lobby.waiting() == [talk]
    path, members = f"/api/teams/{team}/members", [str(lobby.ids["周小满"])]
    assert await lobby.ask("店主", "PUT", path, {"member_ids": members}) == 200
    assert await lobby.holder(talk) == "周小满"
    assert await lobby.ask("店主", "PUT", path, {"member_ids": []}) == 200
    _, after = await lobby.customer()
    assert await lobby.waiting() == [after]
    await lobby.check()


async def test_a_team_that_a_rule_sends_customers_to_cannot_be_archived(shop: Shop) -> None:
    lobby = await shop_of(shop, "周小满")
    for pool, overflow in ((True, False), (False, True)):
        team = await lobby.team(f"售后{pool}")
        step = Step(after_seconds=60, team_ids=[team])
        named = rule("退款", pool=Pool(team_ids=[team] if pool else []), overflow=[step] if overflow else [])
        await lobby.policy(Policy(rules=[named]))
        answer = await lobby.agents["店主"].request("DELETE", f"/api/teams/{team}")
        assert answer.status_code == 409
        assert "退款" in answer.text
    await lobby.policy(Policy())
    assert await lobby.ask("店主", "DELETE", f"/api/teams/{team}") in {200, 204}


async def test_who_was_sent_to_a_team_by_hand_waits_for_anybody_when_it_is_archived(shop: Shop) -> None:
    lobby = await shop_of(shop, "周小满", live_units=1)
    _, talk = await lobby.customer()
    team = await lobby.team("售后")
    assert await lobby.hand("周小满", talk, team_id=team) == 200
    assert await lobby.waiting() == [talk]
    assert await lobby.ask("店主", "DELETE", f"/api/teams/{team}") in {200, 204}
    await lobby.agent("林晚晴")
    assert await lobby.holder(talk) == "林晚晴"
    await lobby.check()


async def test_a_skill_that_a_rule_asks_for_cannot_be_archived_and_who_learns_it_gets_what_waits(
    shop: Shop,
) -> None:
    lobby = await shop_of(shop, "周小满")
    made = await lobby.agents["店主"].request("POST", "/api/skills", {"name": "退款"})
    skill = made.json()["id"]
    await lobby.policy(Policy(rules=[rule(pool=Pool(needs=[Need(UUID(skill), 2)]))]))
    _, talk = await lobby.customer()
    assert await lobby.waiting() == [talk]
    assert await lobby.ask("店主", "DELETE", f"/api/skills/{skill}") == 409
    seat = f"/api/seats/{lobby.ids['周小满']}"
    assert await lobby.ask("店主", "PATCH", seat, {"skills": {skill: 1}}) == 200
    assert await lobby.waiting() == [talk], "not well enough"
    assert await lobby.ask("店主", "PATCH", seat, {"skills": {skill: 2}}) == 200
    assert await lobby.holder(talk) == "周小满"
    await lobby.check()


async def test_a_language_that_is_archived_holds_up_nobody_who_speaks_it(shop: Shop) -> None:
    lobby = await shop_of(shop, "周小满")
    await lobby.policy(Policy(rules=[rule(pool=Pool(by_language=True))]))
    made = await lobby.agents["店主"].request(
        "POST", "/api/skills", {"kind": "language", "name": "日语", "code": "ja"}
    )
    skills = {"skills": {made.json()["id"]: 3}}
    assert await lobby.ask("店主", "PATCH", f"/api/seats/{lobby.ids['店主']}", skills) == 200
    visitor, first = await lobby.customer()
    await lobby.rows("update contacts set language = 'ja-JP'")
    assert await lobby.close("周小满", first) in {200, 204}
    talk = UUID((await visitor.say("こんにちは"))["conversation_id"])
    assert await lobby.waiting() == [talk]
    assert await lobby.ask("店主", "DELETE", f"/api/skills/{made.json()['id']}") in {200, 204}
    assert await lobby.holder(talk) == "周小满"
    await lobby.check()


async def test_a_new_workspace_has_a_reception(own_house: Running) -> None:
    await ensure_demo_people(own_house.db, own_house.house.settings)
    workspace_id = await demo_workspace(own_house.db)
    assert workspace_id is not None
    async with own_house.db.tx(workspace_id) as tx:
        rows = await tx.fetch("select automatic from routing_settings")
    assert [row["automatic"] for row in rows] == [True]


async def test_a_reception_opened_later_knows_who_is_there_and_what_is_open(shop: Shop) -> None:
    lobby = Lobby(shop)
    owner = await shop.agent("owner", "沈青山")
    _, served = await lobby.customer()
    await owner.request("PUT", f"/api/conversations/{served}/assignment", {})
    _, waiting = await lobby.customer()
    form = {"automatic": True, "live_units": 2}
    for _ in range(2):  # a second time changes nothing
        assert (await owner.request("PUT", "/api/reception", form)).status_code == 200
    await lobby.until(lambda seats: seats["沈青山"]["live_used"] == 2)
    assert await lobby.holder(served) == "沈青山"
    assert await lobby.holder(waiting) == "沈青山"
    await lobby.check()
