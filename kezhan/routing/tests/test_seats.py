"""A seat's states, the time spent in them, and what a lost line does to it."""

import asyncio
from uuid import UUID

from kezhan.channels.tests.pair import Pair
from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.routing.live import Reception
from kezhan.routing.seats.state import arrive, lose, set_duty
from kezhan.routing.tests.factories import Lobby
from kezhan.simulate.client import Agent
from kezhan.testing import Running


async def spent(lobby: Lobby, name: str) -> list[tuple[str, str, int]]:
    """(state before, state, whole seconds in the one before) of each change, oldest first."""
    rows = await lobby.rows(
        "select state_before, state, lasted_ms from seat_events where membership_id = $1 order by at, no",
        lobby.ids[name],
    )
    return [(row["state_before"], row["state"], round(row["lasted_ms"] / 1000)) for row in rows]


async def test_each_state_is_kept_with_the_time_it_has_lasted(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    for state, seconds in (("busy", 20), ("away", 30), ("online", 40)):
        await lobby.later(seconds)
        assert await lobby.state("周小满", state) == 200
    assert (await spent(lobby, "周小满"))[1:] == [
        ("online", "busy", 20),
        ("busy", "away", 30),
        ("away", "online", 40),
    ]


async def test_the_same_state_twice_is_one_change(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    answers = await asyncio.gather(*(lobby.state("周小满", "busy") for _ in range(4)))
    assert answers == [200] * 4
    assert [one[:2] for one in await spent(lobby, "周小满")] == [("offline", "online"), ("online", "busy")]


async def test_busy_away_and_offline_seats_get_nothing_and_online_ones_what_waits(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    await lobby.agent("周小满")
    talks = []
    for state in ("busy", "away", "offline"):
        assert await lobby.state("周小满", state) == 200
        talks.append((await lobby.customer())[1])
        assert await lobby.waiting() == talks
    assert await lobby.state("周小满", "online") == 200
    assert await lobby.holder(talks[0]) == "周小满"
    assert await lobby.waiting() == talks[1:]
    await lobby.check()


async def test_a_break_has_its_reason_and_the_time_in_it_is_counted_under_it(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    await lobby.agent("王主管", "supervisor")
    made = await lobby.agents["王主管"].request("POST", "/api/break-reasons", {"name": "午餐"})
    reason = made.json()["id"]
    assert await lobby.state("周小满", "away", reason_id=reason) == 200
    seat = await lobby.agents["周小满"].get("/api/seat")
    assert (seat["state"], seat["reason"]) == ("away", "午餐")
    await lobby.later(600)
    assert await lobby.state("周小满", "away") == 200
    rows = await lobby.rows(
        "select reason_before, lasted_ms from seat_events where membership_id = $1 order by at desc limit 1",
        lobby.ids["周小满"],
    )
    assert rows[0]["reason_before"] == UUID(reason)
    assert round(rows[0]["lasted_ms"] / 1000) == 600


async def test_a_reason_of_nobody_or_of_another_workspace_is_refused(shop: Shop, house: Running) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    other = await make_shop(house)
    stranger = await Lobby(other).open()
    await stranger.agent("王主管", "supervisor")
    made = await stranger.agents["王主管"].request("POST", "/api/break-reasons", {"name": "午餐"})
    for reason in (made.json()["id"], str(new_id())):
        assert await lobby.state("周小满", "away", reason_id=reason) == 404
    assert (await lobby.seats())["周小满"]["state"] == "online"
    await other.close()


async def test_a_reason_goes_with_away_only_and_there_is_no_fifth_state(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    answer = await lobby.agents["周小满"].request(
        "PUT", "/api/seat/state", {"state": "busy", "reason_id": str(new_id())}
    )
    assert answer.status_code == 422
    assert "state" in answer.text
    assert await lobby.state("周小满", "asleep") in {400, 422}
    assert (await lobby.seats())["周小满"]["state"] == "online"


async def test_an_agent_sets_her_own_seat_and_nobody_elses_a_supervisor_anybodys(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    for name, role in (("周小满", "agent"), ("林晚晴", "agent"), ("王主管", "supervisor")):
        await lobby.agent(name, role)
    path = f"/api/seats/{lobby.ids['周小满']}/state"
    assert await lobby.ask("林晚晴", "PUT", path, {"state": "offline"}) == 403
    assert (await lobby.seats())["周小满"]["state"] == "online"
    assert await lobby.ask("王主管", "PUT", path, {"state": "away"}) == 200
    assert (await lobby.seats())["周小满"]["state"] == "away"
    assert await lobby.rows("select 1 from audit_log where action = 'seat.set_state'")


async def test_a_seat_of_another_workspace_does_not_exist(shop: Shop, house: Running) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    other = await make_shop(house)
    stranger = await Lobby(other).open()
    await stranger.agent("王主管", "supervisor")
    path = f"/api/seats/{lobby.ids['周小满']}"
    assert await stranger.ask("王主管", "PUT", f"{path}/state", {"state": "away"}) == 404
    assert await stranger.ask("王主管", "PATCH", path, {"live_units": 0}) == 404
    assert (await lobby.seats())["周小满"]["state"] == "online"
    listed = await stranger.agents["王主管"].get("/api/seats")
    assert [one["name"] for one in listed["items"]] == ["王主管"]
    await other.close()


async def test_more_room_is_filled_at_once_and_less_takes_nothing_away(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    await lobby.agent("周小满")
    await lobby.agent("王主管", "supervisor")
    assert await lobby.state("王主管", "away") == 200
    talks = [(await lobby.customer())[1] for _ in range(4)]
    path = f"/api/seats/{lobby.ids['周小满']}"
    assert await lobby.ask("王主管", "PATCH", path, {"live_units": 3}) == 200
    assert await lobby.waiting() == talks[3:]
    assert await lobby.ask("王主管", "PATCH", path, {"live_units": 0}) == 200
    assert [await lobby.holder(talk) for talk in talks[:3]] == ["周小满"] * 3
    assert await lobby.close("周小满", talks[0]) in {200, 204}
    assert await lobby.waiting() == talks[3:]
    await lobby.check()


async def test_several_devices_are_one_seat_and_the_last_to_go_is_the_one_that_counts(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    phone = await lobby.agent("周小满")
    desk = Agent(shop.url, phone._own["Cookie"], phone._own["X-Kezhan-CSRF"], shop.http)
    await desk.open()
    assert len(await lobby.seats()) == 1
    await phone.close()
    await asyncio.sleep(0.1)
    assert (await lobby.seats())["周小满"]["lost_at"] is None
    _, talk = await lobby.customer()
    assert await lobby.holder(talk) == "周小满"
    assert (await lobby.seats())["周小满"]["live_used"] == 1
    await desk.close()
    await lobby.until(lambda seats: seats["周小满"]["lost_at"] is not None)


async def test_a_lost_line_gets_nothing_new_and_is_away_after_the_grace_and_offline_in_the_end(
    shop: Shop,
) -> None:
    lobby = await Lobby(shop).open(grace_seconds=30)
    agent = await lobby.agent("周小满")
    _, before = await lobby.customer()
    await agent.close()
    await lobby.until(lambda seats: seats["周小满"]["lost_at"] is not None)
    assert (await lobby.seats())["周小满"]["state"] == "online"
    _, talk = await lobby.customer()
    assert await lobby.waiting() == [talk], "not while nobody knows whether she comes back"
    await lobby.later(20)
    assert (await lobby.seats())["周小满"]["state"] == "online"
    await lobby.later(11)
    seat = (await lobby.seats())["周小满"]
    assert (seat["state"], seat["auto"]) == ("away", "lost")
    assert await lobby.holder(before) == "周小满", "what she has she keeps"
    await lobby.later(600)
    assert (await lobby.seats())["周小满"]["state"] == "offline"
    await agent.open()
    await lobby.until(lambda seats: seats["周小满"]["state"] == "online")
    assert await lobby.holder(talk) == "周小满"
    assert [one[1] for one in await spent(lobby, "周小满")] == ["online", "away", "offline", "online"]
    await lobby.check()


async def test_back_within_the_grace_she_gets_what_has_come_meanwhile(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    agent = await lobby.agent("周小满")
    await agent.close()
    await lobby.until(lambda seats: seats["周小满"]["lost_at"] is not None)
    _, talk = await lobby.customer()
    assert await lobby.waiting() == [talk]
    await agent.open()
    await until(lambda: lobby.holder(talk))
    seat = (await lobby.seats())["周小满"]
    assert (seat["state"], seat["lost_at"]) == ("online", None)
    await lobby.later(60)
    assert (await lobby.seats())["周小满"]["state"] == "online", "the end of the grace is called off"


async def test_a_state_of_her_own_outlasts_a_lost_line(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    agent = await lobby.agent("周小满")
    assert await lobby.state("周小满", "away") == 200
    await agent.close()
    await lobby.until(lambda seats: seats["周小满"]["lost_at"] is not None)
    await lobby.later(60)
    await agent.open()
    await lobby.until(lambda seats: seats["周小满"]["lost_at"] is None)
    assert (await lobby.seats())["周小满"]["state"] == "away"


async def test_the_news_of_a_lost_line_that_comes_after_her_return_is_not_believed(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    who = lobby.ids["周小满"]
    async with shop.db.tx(shop.workspace_id) as tx:
        await lose(tx, [who], still=lambda member: False)
    assert (await lobby.seats())["周小满"]["lost_at"] is None


async def test_the_net_finds_seats_that_count_as_lost_though_their_people_are_here(
    shop: Shop, house: Running
) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    async with shop.db.tx(shop.workspace_id) as tx:
        await lose(tx, [lobby.ids["周小满"]])
    await Reception(house.house.desk).compare()
    assert (await lobby.seats())["周小满"]["lost_at"] is None


async def test_off_duty_she_keeps_what_she_has_and_is_given_nothing_more(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    _, talk = await lobby.customer()
    async with shop.db.tx(shop.workspace_id) as tx:
        await set_duty(tx, lobby.ids["周小满"], False)
    _, behind = await lobby.customer()
    assert (await lobby.holder(talk), await lobby.holder(behind)) == ("周小满", None)
    async with shop.db.tx(shop.workspace_id) as tx:
        await set_duty(tx, lobby.ids["周小满"], True)
    assert await lobby.holder(behind) == "周小满"
    await lobby.check()


async def test_coming_back_while_the_grace_ends_leaves_her_online_and_nobody_waits_for_the_other(
    shop: Shop,
) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    who = lobby.ids["周小满"]
    for _ in range(5):
        async with shop.db.tx(shop.workspace_id) as tx:
            await lose(tx, [who])
        await lobby.rows("update seats set lost_at = lost_at - interval '31 seconds'")
        async with shop.db.tx(shop.workspace_id) as tx:
            ends = asyncio.create_task(lobby.later(31))
            await arrive(tx, who)
            await asyncio.sleep(0.02)
        await ends
        seat = (await lobby.seats())["周小满"]
        assert (seat["state"], seat["lost_at"]) == ("online", None)


async def test_on_two_processes_a_seat_is_lost_only_when_both_have_lost_its_person(
    houses: tuple[Running, Running],
) -> None:
    one, two = houses
    pair = Pair(one, two, await make_shop(one))
    lobby = await Lobby(pair.shop).open()
    here = await pair.agent(house=one)
    there = await pair.again(pair.cookie, two)
    await lobby.until(lambda seats: seats["林晚晴"]["state"] == "online")
    await here.close()
    await asyncio.sleep(0.3)
    assert (await lobby.seats())["林晚晴"]["lost_at"] is None
    await there.close()
    await lobby.until(lambda seats: seats["林晚晴"]["lost_at"] is not None)
    await pair.close()
    await pair.shop.close()
