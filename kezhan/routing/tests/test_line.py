"""From a customer's first word to somebody's hands, over the real protocol."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.conversations.assign import free_to_give
from kezhan.kit.db import Tx
from kezhan.routing.queue import settle
from kezhan.routing.tests.factories import Lobby


async def test_the_first_word_reaches_the_only_free_seat_at_once(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    _, talk = await lobby.customer()
    assert await lobby.holder(talk) == "周小满"
    assert await lobby.happened(talk) == ["enqueued", "accepted"]
    assert (await lobby.seats())["周小满"]["live_used"] == 1
    await lobby.check()


async def test_who_comes_while_all_are_full_is_served_when_a_seat_frees_in_the_order_of_coming(
    shop: Shop,
) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    agent = await lobby.agent("周小满")
    talks = [(await lobby.customer())[1] for _ in range(3)]
    assert await lobby.holder(talks[0]) == "周小满"
    assert await lobby.waiting() == talks[1:]
    for done, following in ((0, 1), (1, 2)):
        answer = await agent.request("PUT", f"/api/conversations/{talks[done]}/closure")
        assert answer.status_code == 200
        assert await lobby.holder(talks[following]) == "周小满"
    assert await lobby.waiting() == []
    await lobby.check()


async def test_whoever_comes_online_gets_what_waits(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=2)
    talks = [(await lobby.customer())[1] for _ in range(3)]
    assert await lobby.waiting() == talks
    await lobby.agent("周小满")
    assert await lobby.waiting() == talks[2:]
    await lobby.check()


async def test_without_a_reception_nothing_is_given_and_nothing_kept(shop: Shop) -> None:
    await shop.agent()
    lobby = Lobby(shop)
    _, talk = await lobby.customer()
    assert await lobby.holder(talk) is None
    assert await lobby.rows("select 1 from waits") == []


async def test_who_is_at_work_on_it_for_a_moment_does_not_cost_a_customer_her_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    talks = [(await lobby.customer())[1] for _ in range(2)]
    looked = asyncio.Event()

    async def look(tx: Tx, conversation_id: UUID) -> Any:
        talk = await free_to_give(tx, conversation_id)
        looked.set()
        return talk

    monkeypatch.setattr(settle, "free_to_give", look)
    monkeypatch.setattr(settle, "_PATIENCE_SECONDS", (0.01,) * 1000)
    async with shop.db.tx(shop.workspace_id) as tx:
        await tx.fetch("select 1 from conversations where id = $1 for no key update", talks[0])
        coming = asyncio.create_task(lobby.agent("周小满"))
        await looked.wait()
    await coming
    assert await lobby.holder(talks[0]) == "周小满"
    assert await lobby.waiting() == talks[1:]
    await lobby.check()
