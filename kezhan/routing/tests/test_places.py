"""What customers who wait are told on their line: the right one, when it changes, and nobody else."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from kezhan.channels.tests.pair import Pair
from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.testing import PATIENCE, TestCluster, until
from kezhan.routing.places import live
from kezhan.routing.policy import Policy, When
from kezhan.routing.tests.factories import Lobby, rule
from kezhan.routing.tests.queueing import Heard, arrive, hang_up, queued, serve, state_of, time_passes
from kezhan.testing import Running, running


@pytest.fixture(scope="module")
async def house(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One for these tests alone: what is told within a second does not wait for everybody else."""
    async with running(cluster.fresh(), tmp_path_factory.mktemp("places")) as served:
        yield served


@pytest.fixture(autouse=True)
def no_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told is told because something has moved, never because a while has passed."""
    monkeypatch.setattr(live, "_SLOW_SECONDS", 2 * PATIENCE)


async def test_those_who_wait_move_up_as_seats_free_and_hear_when_it_is_their_turn(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    agent = await lobby.agent("周小满")
    people = [await queued(lobby) for _ in range(3)]
    assert await lobby.holder(people[0][2]) == "周小满"
    for number, (_, heard, talk) in enumerate(people[1:], 1):
        await heard.until(conversation_id=str(talk), state="waiting", place=number)
    assert people[0][1].frames == []
    await agent.request("PUT", f"/api/conversations/{people[0][2]}/closure")
    await people[1][1].until(state="none", place=None)
    await people[2][1].until(state="waiting", place=1)
    assert await lobby.holder(people[1][2]) == "周小满"


async def test_a_place_is_told_once_as_long_as_it_does_not_change_and_at_most_once_a_second(
    shop: Shop,
) -> None:
    lobby = await Lobby(shop).open()
    _, first, _ = await queued(lobby)
    await first.until(place=1)
    loop = asyncio.get_running_loop()
    _, last, _ = await queued(lobby)
    began = loop.time()
    leaving = [await queued(lobby) for _ in range(12)]
    await leaving[-1][1].until(place=14)
    for visitor, _, _ in leaving:
        await visitor._http.delete(f"{shop.url}/w/v1/place", headers=visitor.headers)
    await leaving[-1][1].until(state="message")
    assert len(first.frames) == 1 and [frame["place"] for frame in last.frames] == [2]
    for _, heard, _ in leaving:
        assert len(heard.frames) <= loop.time() - began + 2
        places = [frame["place"] for frame in heard.frames]
        assert all(one != other for one, other in pairwise(places))


async def test_the_wait_is_told_where_enough_have_been_served_and_somebody_is_there(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1, long_seconds=600)
    await serve(lobby, 30)
    _, heard, talk = await queued(lobby)
    assert (await heard.until(place=1))["wait"] is None  # nobody is at the desk, whatever was an hour ago
    agent = await lobby.agent("周小满")
    assert await lobby.holder(talk) == "周小满"
    _, waiting, _ = await queued(lobby)
    told = await waiting.until(place=1)
    assert told["wait"] is not None and told["wait"][0] < 60 < told["wait"][1] and not told["long"]
    await agent.request("PUT", "/api/seat/state", {"state": "busy"})
    await waiting.until(place=1, wait=None)


async def test_a_wait_beyond_what_most_would_stay_for_is_called_long(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1, long_seconds=60)
    await serve(lobby, 10)
    await lobby.agent("周小满")
    await queued(lobby)
    _, heard, _ = await queued(lobby)
    assert (await heard.until(place=1))["long"]


async def test_priority_and_messages_decide_the_place_not_the_time_alone(shop: Shop) -> None:
    first = rule("english", when=When(languages=["en"]), priority=9)
    lobby = await Lobby(shop).open(Policy(rules=[first]))
    plain, plain_heard, _ = await queued(lobby)
    _, second_heard, _ = await queued(lobby)
    await second_heard.until(place=2)
    english, english_heard = await arrive(lobby, language="en")
    await english.say("hello")
    await english_heard.until(place=1)
    await plain_heard.until(place=2)
    await second_heard.until(place=3)
    await plain._http.delete(f"{shop.url}/w/v1/place", headers=plain.headers)
    await plain_heard.until(state="message", place=None, wait=None)
    await second_heard.until(place=2)


async def test_of_several_queues_the_one_that_comes_to_her_first_counts(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    await lobby.agent("周小满")
    await lobby.agent("林晚晴")
    busy, quick = await lobby.team("忙", "周小满"), await lobby.team("快", "林晚晴")
    both = rule("both", when=When(languages=["en"]))
    only = rule("only")
    pool = type(both.pool)
    both = type(both)(id=both.id, name="both", when=both.when, pool=pool(team_ids=[busy, quick]))
    only = type(only)(id=only.id, name="only", pool=pool(team_ids=[busy]))
    await lobby.policy(Policy(rules=[both, only]))
    await serve(lobby, 6, queue_id=busy)
    await serve(lobby, 60, queue_id=quick)
    for language in ("en", "en"):
        visitor, _ = await arrive(lobby, language=language)
        await visitor.say("hello")
    for _ in range(3):
        await queued(lobby)
    visitor, heard = await arrive(lobby, language="en")
    await visitor.say("hello")
    told = await heard.until(place=1)
    assert told["wait"] is not None and told["wait"][1] <= 120


async def test_nobody_hears_of_anothers_place_nor_of_another_workspace(house: Running, shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    other = Lobby(await make_shop(house))
    await other.open()
    _, idle = await arrive(lobby)
    _, theirs = await arrive(other)
    _, mine, talk = await queued(lobby)
    _, also, second = await queued(lobby)
    await also.until(place=2)
    await mine.until(place=1)
    assert idle.frames == [] and theirs.frames == []
    assert {frame["conversation_id"] for frame in mine.frames} == {str(talk)}
    assert {frame["conversation_id"] for frame in also.frames} == {str(second)}
    _, fresh, _ = await queued(other)
    await fresh.until(place=1)
    await other.shop.close()


async def test_who_comes_back_on_a_new_line_is_told_again(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, heard, _ = await queued(lobby)
    await heard.until(place=1)
    await visitor.cut()
    await until(lambda: len(heard.frames) == 2)
    assert heard.frames[0] == heard.frames[1]


async def test_who_is_being_given_somebody_is_told_so_and_again_when_nobody_accepts(shop: Shop) -> None:
    lobby = await Lobby(shop).open(Policy(rules=[rule(accept_seconds=60)]))
    agent = await lobby.agent("周小满")
    _, heard, talk = await queued(lobby)
    await heard.until(state="offered", place=None)
    await agent.request("DELETE", f"/api/conversations/{talk}/acceptance")
    await heard.until(state="waiting", place=1)


async def test_a_line_lost_for_long_makes_a_message_of_it_that_is_counted_and_coming_back_restores_the_place(
    shop: Shop,
) -> None:
    lobby = await Lobby(shop).open()
    gone, _, talk = await queued(lobby)
    _, behind, second = await queued(lobby)
    await behind.until(place=2)
    await hang_up(gone)
    await time_passes(lobby, talk)
    assert await state_of(lobby, talk) == ("waiting", True)
    assert await lobby.happened(talk) == ["enqueued", "abandoned"]
    (row,) = await lobby.rows("select reason, waited_ms from queue_events where kind = 'abandoned'")
    assert row["reason"] == "left" and row["waited_ms"] is not None
    await behind.until(place=1)
    assert await lobby.waiting() == [second, talk]
    await gone.open()
    await behind.until(place=2)
    assert await lobby.waiting() == [talk, second]
    assert await lobby.happened(talk) == ["enqueued", "abandoned", "enqueued"]


async def test_a_short_loss_of_the_line_costs_nothing(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, _, talk = await queued(lobby)
    await hang_up(visitor)
    wanted = "select 1 from timers where kind = 'routing.left' and ref = $1"
    await until(lambda: lobby.rows(wanted, talk))
    await visitor.open()

    async def cancelled() -> bool:
        return not await lobby.rows(wanted, talk)

    await until(cancelled)
    assert await state_of(lobby, talk) == ("waiting", False)
    assert await lobby.happened(talk) == ["enqueued"]


async def test_who_went_while_no_process_was_there_is_found_after_a_start(house: Running, shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    gone, _, talk = await queued(lobby)
    _, _, here = await queued(lobby)
    await hang_up(gone)
    wanted = "select ref from timers where kind = 'routing.left' and ref = any($1)"
    await until(lambda: lobby.rows(wanted, [talk]))
    await lobby.rows("delete from timers where kind = 'routing.left'")  # as if nobody had seen her go
    for _ in range(2):
        await house.house.reception.find_leavers()
        assert [row["ref"] for row in await lobby.rows(wanted, [talk, here])] == [talk]
    await time_passes(lobby, talk)
    assert await lobby.happened(talk) == ["enqueued", "abandoned"]


@pytest.fixture
async def pair(houses: tuple[Running, Running]) -> AsyncIterator[Pair]:
    one, two = houses
    pair = Pair(one, two, await make_shop(one))
    yield pair
    await pair.close()
    await pair.shop.close()


async def test_customers_of_two_processes_hear_of_each_others_moves(pair: Pair) -> None:
    lobby = await Lobby(pair.shop).open(live_units=1)
    here, there = await pair.visitor(pair.one), await pair.visitor(pair.two)
    heard = [Heard(here), Heard(there)]
    await here.say("你好")
    await heard[0].until(place=1)
    await there.say("你好")
    await heard[1].until(place=2)
    agent = await pair.agent("agent", pair.two)
    await heard[0].until(state="none")
    await heard[1].until(place=1)
    await lobby.check()
    assert all(frame["place"] != 2 for frame in heard[0].frames)
    await agent.close()


async def test_a_customer_with_lines_to_both_processes_has_not_left_while_one_holds(pair: Pair) -> None:
    lobby = await Lobby(pair.shop).open()
    here = await pair.visitor(pair.one)
    talk = (await here.say("你好"))["conversation_id"]
    there = await pair.visitor(pair.two, here.token)
    heard = Heard(there)
    await here.close()
    await asyncio.sleep(0.6)
    assert not await lobby.rows("select 1 from timers where kind = 'routing.left' and ref = $1", talk)
    await queued(lobby)
    await there.cut()
    await heard.until(place=1)
