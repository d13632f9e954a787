"""A conversation is offered: taken up, declined, let pass; never to two, never by somebody else."""

import asyncio
from typing import Any

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.testing import until
from kezhan.routing.policy import Order, Policy
from kezhan.routing.tests.factories import Lobby, rule

ASKED = Policy(rules=[rule(accept_seconds=30, order=[Order.LEAST_LOADED, Order.ROUND_ROBIN])])


async def lobby_of(shop: Shop, *names: str, **settings: Any) -> Lobby:
    lobby = await Lobby(shop).open(ASKED, **{"missed_limit": 0, **settings})
    for name in names:
        await lobby.agent(name)
    return lobby


async def test_the_chosen_one_is_asked_and_holds_room_until_she_accepts(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满")
    heard: list[Any] = []
    lobby.agents["周小满"].heard.append(heard.append)
    _, talk = await lobby.customer()
    await until(lambda: [one for one in heard if one["type"] == "offer"])
    assert await lobby.offered(talk) == "周小满"
    assert (await lobby.seats())["周小满"]["live_used"] == 1
    listed = (await lobby.agents["周小满"].get("/api/offers"))["items"]
    assert [one["head"]["id"] for one in listed] == [str(talk)]
    assert await lobby.answer("周小满", talk) == 200
    assert await lobby.holder(talk) == "周小满"
    assert (await lobby.agents["周小满"].get("/api/offers"))["items"] == []
    await until(lambda: {one.get("outcome") for one in heard if one["type"] == "offer_over"} == {"accepted"})
    assert await lobby.happened(talk) == ["enqueued", "offered", "accepted"]
    assert (await lobby.seats())["周小满"]["live_used"] == 1
    await lobby.check()


async def test_to_accept_twice_is_to_accept_once(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满")
    _, talk = await lobby.customer()
    both = await asyncio.gather(lobby.answer("周小满", talk), lobby.answer("周小满", talk))
    assert [*both] == [200, 200]
    assert await lobby.answer("周小满", talk) == 200
    assert await lobby.happened(talk) == ["enqueued", "offered", "accepted"]
    await lobby.check()


async def test_who_declines_is_not_asked_again_and_the_next_is(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满", "林晚晴")
    _, talk = await lobby.customer()
    first = await lobby.offered(talk)
    second = "林晚晴" if first == "周小满" else "周小满"
    assert first is not None
    assert await lobby.answer(first, talk, yes=False) == 204
    assert await lobby.offered(talk) == second
    assert await lobby.answer(first, talk, yes=False) == 204, "a second time changes nothing"
    assert await lobby.offered(talk) == second
    assert await lobby.answer(second, talk, yes=False) == 204
    assert await lobby.offered(talk) is None
    assert await lobby.waiting() == [talk]
    assert await lobby.happened(talk) == ["enqueued", "offered", "declined", "offered", "declined"]
    assert {seat["live_used"] for seat in (await lobby.seats()).values()} == {0}
    await lobby.check()


async def test_an_offer_let_pass_goes_to_the_next_and_cannot_be_accepted_late(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满", "林晚晴")
    _, talk = await lobby.customer()
    first = await lobby.offered(talk)
    second = "林晚晴" if first == "周小满" else "周小满"
    assert first is not None
    await lobby.later(20)
    assert await lobby.offered(talk) == first, "there is time left"
    await lobby.later(11)
    assert await lobby.offered(talk) == second
    assert await lobby.answer(first, talk) == 409
    assert await lobby.holder(talk) is None
    assert await lobby.answer(second, talk) == 200
    assert await lobby.holder(talk) == second
    assert await lobby.happened(talk) == ["enqueued", "offered", "missed", "offered", "accepted"]
    await lobby.check()


async def test_who_lets_too_many_pass_is_away_and_is_asked_nothing_more(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满", missed_limit=2)
    talks = [(await lobby.customer())[1] for _ in range(2)]
    assert [await lobby.offered(talk) for talk in talks] == ["周小满", "周小满"]
    await lobby.later(31)
    seat = (await lobby.seats())["周小满"]
    assert (seat["state"], seat["auto"], seat["live_used"]) == ("away", "missed", 0)
    assert await lobby.waiting() == talks
    _, third = await lobby.customer()
    assert await lobby.offered(third) is None
    # She is there again: what she has let pass is hers to accept as well.
    assert await lobby.state("周小满", "online") == 200
    assert [await lobby.offered(talk) for talk in (*talks, third)] == ["周小满"] * 3
    await lobby.check()


async def test_with_a_limit_of_one_the_seat_that_misses_is_not_asked_for_the_next_on_its_way_out(
    shop: Shop,
) -> None:
    lobby = await lobby_of(shop, "周小满", missed_limit=1, live_units=1)
    _, missed = await lobby.customer()
    _, behind = await lobby.customer()
    await lobby.later(31)
    assert (await lobby.seats())["周小满"]["state"] == "away"
    assert await lobby.offered(behind) is None
    assert await lobby.waiting() == [missed, behind]
    await lobby.check()


async def test_accepting_one_sets_the_count_of_missed_offers_back(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满", missed_limit=2)
    for number in range(3):
        _, talk = await lobby.customer()
        assert await lobby.offered(talk) == "周小满", number
        if number == 1:
            assert await lobby.answer("周小满", talk) == 200
        else:
            await lobby.later(31)
    assert (await lobby.seats())["周小满"]["state"] == "online"
    await lobby.check()


async def test_somebody_elses_offer_is_not_to_be_had(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满")
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    assert await lobby.answer("林晚晴", talk) == 409
    assert await lobby.answer("林晚晴", talk, yes=False) == 204
    assert await lobby.offered(talk) == "周小满", "her no is not another's no"
    assert (await lobby.agents["林晚晴"].get("/api/offers"))["items"] == []


async def test_an_offer_of_another_workspace_does_not_exist(shop: Shop, house: Any) -> None:
    lobby = await lobby_of(shop, "周小满")
    _, talk = await lobby.customer()
    other = await make_shop(house)
    stranger = await Lobby(other).open(ASKED)
    await stranger.agent("陌生人")
    assert await stranger.answer("陌生人", talk) == 404
    assert await stranger.answer("陌生人", talk, yes=False) == 404
    assert await lobby.offered(talk) == "周小满"
    await other.close()


async def test_whoever_takes_it_meanwhile_ends_the_offer(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满")
    heard: list[Any] = []
    lobby.agents["周小满"].heard.append(heard.append)
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    assert await lobby.hand("林晚晴", talk) == 200
    assert await lobby.holder(talk) == "林晚晴"
    await until(lambda: [one["outcome"] for one in heard if one["type"] == "offer_over"] == ["withdrawn"])
    assert await lobby.answer("周小满", talk) == 409
    assert await lobby.happened(talk) == ["enqueued", "offered", "withdrawn", "accepted"]
    await lobby.later(31)
    assert await lobby.holder(talk) == "林晚晴", "the offer's end comes too late to matter"
    await lobby.check()


async def test_the_one_who_is_asked_may_take_it_by_hand_as_well(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满")
    heard: list[Any] = []
    lobby.agents["周小满"].heard.append(heard.append)
    _, talk = await lobby.customer()
    assert await lobby.hand("周小满", talk) == 200
    await until(lambda: [one["outcome"] for one in heard if one["type"] == "offer_over"] == ["accepted"])
    assert (await lobby.seats())["周小满"]["live_used"] == 1
    await lobby.check()


async def test_sent_to_a_team_while_somebody_is_asked_it_is_asked_of_that_team(shop: Shop) -> None:
    lobby = await lobby_of(shop, "周小满")
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    await lobby.agent("王主管", "supervisor")
    team = await lobby.team("售后", "林晚晴")
    assert await lobby.hand("王主管", talk, team_id=team) == 200
    assert await lobby.offered(talk) == "林晚晴"
    assert (await lobby.seats())["周小满"]["live_used"] == 0
    assert await lobby.happened(talk) == ["enqueued", "offered", "withdrawn", "enqueued", "offered"]
    await lobby.check()


async def test_a_customer_who_closes_or_leaves_while_somebody_is_asked_takes_the_offer_along(
    shop: Shop,
) -> None:
    lobby = await lobby_of(shop, "周小满", left_seconds=10)
    visitor, talk = await lobby.customer()
    await visitor.close()

    await until(lambda: lobby.rows("select 1 from timers where kind = 'routing.left'"))
    await lobby.later(11)
    assert await lobby.offered(talk) == "周小满", "she who is asked may still answer her"
    (row,) = await lobby.rows("select message, state from waits")
    assert (row["message"], row["state"]) == (True, "offered")
    await lobby.later(20)
    assert await lobby.offered(talk) is None
    await lobby.check()
