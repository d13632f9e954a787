"""Two conversations of one customer become one: the seat of the one that ends is free for the other."""

from uuid import UUID

from kezhan.channels.tests.people import Shop
from kezhan.routing.tests.factories import Lobby

AGENT = "周小满"


async def same_customer(lobby: Lobby, gone: UUID, kept: UUID) -> None:
    """Both are conversations of one person."""
    await lobby.rows(
        "update conversations set contact_id = (select contact_id from conversations where id = $1)"
        " where id = $2",
        gone,
        kept,
    )


async def merge(lobby: Lobby, name: str, gone: UUID, into: UUID) -> int:
    return await lobby.ask(name, "PUT", f"/api/conversations/{gone}/merger", {"into": str(into)})


async def test_a_full_seat_takes_what_goes_on_in_place_of_her_own(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1, take_over=False)
    await lobby.agent(AGENT)
    _, hers = await lobby.customer()
    assert await lobby.holder(hers) == AGENT
    _, waits = await lobby.customer()
    assert await lobby.hand(AGENT, waits) == 409, "her seat is full"
    await same_customer(lobby, hers, waits)
    for _ in range(2):
        assert await merge(lobby, AGENT, hers, waits) == 200
    assert await lobby.holder(waits) == AGENT
    assert (await lobby.seats())[AGENT]["live_used"] == 1
    assert await lobby.waiting() == []
    await lobby.check()


async def test_it_is_not_given_to_another_one_who_waits(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1, take_over=False)
    await lobby.agent(AGENT)
    _, hers = await lobby.customer()
    assert await lobby.holder(hers) == AGENT
    (_, first), (_, waits) = await lobby.customer(), await lobby.customer()
    await same_customer(lobby, hers, waits)
    assert await merge(lobby, AGENT, hers, waits) == 200
    assert await lobby.holder(waits) == AGENT
    assert await lobby.waiting() == [first]
    await lobby.check()


async def test_a_parked_one_has_no_room_to_leave(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1, take_over=False)
    await lobby.agent(AGENT)
    _, hers = await lobby.customer()
    assert await lobby.holder(hers) == AGENT
    assert await lobby.ask(AGENT, "PUT", f"/api/conversations/{hers}/parking", {}) == 200
    _, second = await lobby.customer()
    assert await lobby.holder(second) == AGENT
    _, waits = await lobby.customer()
    await same_customer(lobby, hers, waits)
    assert await merge(lobby, AGENT, hers, waits) == 409
    assert await lobby.waiting() == [waits]
    await lobby.check()
