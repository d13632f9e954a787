"""From hand to hand: to a colleague, to a team, and back where nobody answers."""

from typing import Any

from kezhan.channels.tests.people import Shop
from kezhan.kit.ids import new_id
from kezhan.routing.policy import Policy, Pool
from kezhan.routing.tests.factories import Lobby, rule


async def held_by(shop: Shop, name: str, **settings: Any) -> Lobby:
    """A reception in which `name` serves alone so far."""
    lobby = await Lobby(shop).open(**settings)
    await lobby.agent(name)
    return lobby


async def test_a_colleague_has_it_from_then_on_and_the_seat_that_frees_gets_the_next(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满", live_units=1)
    _, talk = await lobby.customer()
    _, behind = await lobby.customer()
    await lobby.agent("林晚晴")
    assert await lobby.holder(behind) == "林晚晴"
    assert await lobby.close("林晚晴", behind) in {200, 204}
    _, following = await lobby.customer()
    assert await lobby.holder(following) == "林晚晴"
    _, last = await lobby.customer()
    assert await lobby.hand("周小满", talk, member_id=lobby.ids["林晚晴"]) == 200
    assert await lobby.holder(talk) == "林晚晴"
    assert await lobby.holder(last) == "周小满"
    assert {name: seat["live_used"] for name, seat in (await lobby.seats()).items()} == {
        "周小满": 1,
        "林晚晴": 2,
    }
    assert await lobby.happened(talk) == ["enqueued", "accepted", "transferred"]
    await lobby.check()


async def test_the_same_transfer_twice_is_one(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满")
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    to = lobby.ids["林晚晴"]
    await lobby.agent("王主管", "supervisor")
    assert [await lobby.hand("王主管", talk, member_id=to) for _ in range(2)] == [200, 200]
    assert await lobby.happened(talk) == ["enqueued", "accepted", "transferred"]
    assert (await lobby.seats())["林晚晴"]["live_used"] == 1
    await lobby.check()


async def test_a_full_seat_is_refused_where_the_workspace_keeps_to_room_and_nothing_is_lost(
    shop: Shop,
) -> None:
    lobby = await held_by(shop, "周小满", live_units=1, take_over=False)
    _, mine = await lobby.customer()
    await lobby.agent("林晚晴")
    _, hers = await lobby.customer()
    assert await lobby.holder(hers) == "林晚晴"
    answer = await lobby.agents["周小满"].request(
        "PUT", f"/api/conversations/{mine}/assignment", {"member_id": str(lobby.ids["林晚晴"])}
    )
    assert answer.status_code == 409
    assert "林晚晴" in answer.text
    assert await lobby.holder(mine) == "周小满"
    assert {seat["live_used"] for seat in (await lobby.seats()).values()} == {1}
    assert await lobby.happened(mine) == ["enqueued", "accepted"]
    await lobby.check()


async def test_taking_by_hand_beyond_ones_room_is_refused_there_too(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满", live_units=1, take_over=False)
    await lobby.customer()
    _, waits = await lobby.customer()
    assert await lobby.hand("周小满", waits) == 409
    assert await lobby.waiting() == [waits]
    async with shop.db.tx(shop.workspace_id) as tx:
        await tx.fetch("update routing_settings set take_over = true")
    assert await lobby.hand("周小满", waits) == 200
    assert (await lobby.seats())["周小满"]["live_used"] == 2
    await lobby.check()


async def test_sent_to_a_team_it_goes_to_that_team_alone_and_not_back_to_the_sender(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满")
    _, talk = await lobby.customer()
    team = await lobby.team("售后", "周小满")
    assert await lobby.hand("周小满", talk, team_id=team) == 200
    assert await lobby.holder(talk) is None
    await lobby.agent("路人")
    assert await lobby.waiting() == [talk], "somebody outside the team does not get it"
    await lobby.agent("林晚晴")
    members = [str(lobby.ids[name]) for name in ("周小满", "林晚晴")]
    await lobby.agent("管理员", "admin")
    assert await lobby.ask("管理员", "PUT", f"/api/teams/{team}/members", {"member_ids": members}) == 200
    assert await lobby.holder(talk) == "林晚晴", "who joins the team gets what waits for it"
    await lobby.check()


async def test_a_team_there_is_not_is_refused_and_the_conversation_stays(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满")
    _, talk = await lobby.customer()
    assert await lobby.hand("周小满", talk, team_id=new_id()) == 404
    assert await lobby.holder(talk) == "周小满"
    assert (await lobby.seats())["周小满"]["live_used"] == 1


async def test_a_transfer_nobody_answers_goes_back_and_stays_there(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满", answer_seconds=60)
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    assert await lobby.hand("周小满", talk, member_id=lobby.ids["林晚晴"]) == 200
    await lobby.later(50)
    assert await lobby.holder(talk) == "林晚晴"
    await lobby.later(11)
    assert await lobby.holder(talk) == "周小满"
    assert await lobby.happened(talk) == ["enqueued", "accepted", "transferred", "returned"]
    await lobby.later(120)
    assert await lobby.holder(talk) == "周小满", "it does not go to and fro"
    await lobby.check()


async def test_a_transfer_that_was_answered_stays(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满", answer_seconds=60)
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    assert await lobby.hand("周小满", talk, member_id=lobby.ids["林晚晴"]) == 200
    await lobby.agents["林晚晴"].say(str(talk), "我来看看", kind="note")
    await lobby.agents["林晚晴"].say(str(talk), "您好")
    await lobby.later(61)
    assert await lobby.holder(talk) == "林晚晴"


async def test_a_note_is_no_answer(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满", answer_seconds=60)
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    assert await lobby.hand("周小满", talk, member_id=lobby.ids["林晚晴"]) == 200
    await lobby.agents["林晚晴"].say(str(talk), "稍后处理", kind="note")
    await lobby.later(61)
    assert await lobby.holder(talk) == "周小满"


async def test_unanswered_while_the_giver_is_gone_it_waits_for_anybody_but_the_silent_one(
    shop: Shop,
) -> None:
    lobby = await held_by(shop, "周小满", answer_seconds=60)
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    assert await lobby.hand("周小满", talk, member_id=lobby.ids["林晚晴"]) == 200
    assert await lobby.state("周小满", "away") == 200
    await lobby.later(61)
    assert await lobby.holder(talk) is None
    assert await lobby.waiting() == [talk]
    assert await lobby.state("周小满", "online") == 200
    assert await lobby.holder(talk) == "周小满"
    await lobby.check()


async def test_a_transfer_made_by_a_supervisor_does_not_go_back(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满", answer_seconds=60)
    _, talk = await lobby.customer()
    await lobby.agent("王主管", "supervisor")
    await lobby.agent("林晚晴")
    assert await lobby.hand("王主管", talk, member_id=lobby.ids["林晚晴"]) == 200
    await lobby.later(61)
    assert await lobby.holder(talk) == "林晚晴"


async def test_released_it_is_given_to_another_and_its_seat_gets_what_waits(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满", live_units=1)
    _, talk = await lobby.customer()
    _, behind = await lobby.customer()
    assert await lobby.release("周小满", talk) in {200, 204}
    assert await lobby.holder(behind) == "周小满"
    assert await lobby.waiting() == [talk]
    await lobby.agent("林晚晴")
    assert await lobby.holder(talk) == "林晚晴"
    await lobby.check()


async def test_reopened_it_counts_in_the_seat_of_the_one_who_did(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满")
    _, talk = await lobby.customer()
    assert await lobby.close("周小满", talk) in {200, 204}
    assert (await lobby.seats())["周小满"]["live_used"] == 0
    assert await lobby.ask("周小满", "DELETE", f"/api/conversations/{talk}/closure") in {200, 204}
    assert await lobby.holder(talk) == "周小满"
    assert (await lobby.seats())["周小满"]["live_used"] == 1
    assert await lobby.happened(talk) == ["enqueued", "accepted", "closed", "reopened"]
    await lobby.check()


async def test_what_a_limited_team_serves_at_a_time_frees_for_another_seat_of_it(shop: Shop) -> None:
    lobby = await held_by(shop, "周小满", live_units=5)
    await lobby.agent("林晚晴")
    team = await lobby.team("售后", "周小满", "林晚晴")
    await lobby.policy(Policy(rules=[rule(pool=Pool(team_ids=[team]))]))
    async with shop.db.tx(shop.workspace_id) as tx:
        await tx.fetch(
            "insert into queues (workspace_id, id, max_open) values ($1, $2, 1)", shop.workspace_id, team
        )
    talks = [(await lobby.customer())[1] for _ in range(3)]
    first = await lobby.holder(talks[0])
    assert first is not None
    assert await lobby.waiting() == talks[1:], "one at a time, though both have room"
    assert await lobby.state(first, "busy") == 200
    assert await lobby.close(first, talks[0]) in {200, 204}
    second = "林晚晴" if first == "周小满" else "周小满"
    assert await lobby.holder(talks[1]) == second
    assert await lobby.waiting() == talks[2:]
    await lobby.check()
