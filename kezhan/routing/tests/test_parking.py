"""What is parked takes no room."""

from kezhan.channels.tests.people import Shop
from kezhan.routing.tests.factories import Lobby


async def test_parking_makes_room_and_the_customers_next_word_wakes_it(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    agent = await lobby.agent("周小满")
    customer, first = await lobby.customer()
    _, second = await lobby.customer()
    assert await lobby.waiting() == [second]
    for _ in range(2):  # a second time changes nothing
        assert (await agent.request("PUT", f"/api/conversations/{first}/parking")).status_code == 200
    assert await lobby.holder(first) == "周小满"
    assert await lobby.holder(second) == "周小满"
    assert (await lobby.seats())["周小满"]["live_used"] == 1
    await lobby.check()
    await customer.say("还在吗？")
    await lobby.until(lambda seats: seats["周小满"]["live_used"] == 2)
    snapshot = await agent.get(f"/api/conversations/{first}")
    assert snapshot["head"]["parked_at"] is None
    assert await lobby.happened(first) == ["enqueued", "accepted", "parked", "resumed"]
    await lobby.check()


async def test_taken_up_by_hand_it_counts_again_and_an_end_frees_no_room_twice(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=2)
    agent = await lobby.agent("周小满")
    _, talk = await lobby.customer()
    place = f"/api/conversations/{talk}"
    await agent.request("PUT", f"{place}/parking")
    assert (await lobby.seats())["周小满"]["live_used"] == 0
    assert (await agent.request("DELETE", f"{place}/parking")).status_code == 204
    assert (await lobby.seats())["周小满"]["live_used"] == 1
    await agent.request("PUT", f"{place}/parking")
    assert (await agent.request("PUT", f"{place}/closure")).status_code == 200
    assert (await lobby.seats())["周小满"]["live_used"] == 0
    await lobby.check()


async def test_only_who_serves_it_or_may_assign_parks_and_nobody_what_waits(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    _, talk = await lobby.customer()
    inspector = await shop.agent("inspector", "检查员")
    refused = await inspector.request("PUT", f"/api/conversations/{talk}/parking")
    assert refused.status_code == 403
    agent = await shop.agent("agent", "周小满")
    await lobby.until(lambda seats: seats["周小满"]["live_used"] == 1)
    await agent.request("DELETE", f"/api/conversations/{talk}/assignment")
    answer = await agent.request("PUT", f"/api/conversations/{talk}/parking")
    assert (answer.status_code, answer.json()["code"]) == (409, "conversations.not_served")
