"""A customer comes back after the end: into the same conversation within the hours, else into one that knows
the one before."""

import asyncio
from uuid import UUID

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.conversations.receive import Customer, open_conversation
from kezhan.conversations.tests.place import happenings
from kezhan.kit.testing import queries
from kezhan.routing.tests.factories import Lobby
from kezhan.simulate.client import Visitor


async def ended(shop: Shop, hours: int = 2) -> tuple[Lobby, Visitor, UUID]:
    """A conversation that 周小满 has just ended, on a channel with so many hours."""
    lobby = await Lobby(shop).open()
    agent, owner = await lobby.agent("周小满"), await lobby.agent("东家", "owner")
    assert await lobby.state("东家", "away") == 200
    path = f"/api/channels/{shop.account_id}/life"
    assert (await owner.request("PUT", path, {"reopen_hours": hours})).status_code == 200
    customer, talk = await lobby.customer("有龙井吗？")
    assert await lobby.holder(talk) == "周小满"
    await agent.say(str(talk), "有的。")
    await lobby.close("周小满", talk)
    return lobby, customer, talk


async def back(customer: Visitor, word: str = "再来两斤") -> UUID:
    return UUID((await customer.say(word))["conversation_id"])


async def long_ago(lobby: Lobby, talk: UUID) -> None:
    await lobby.rows(
        "update conversations set closed_at = closed_at - interval '3 hours' where id = $1", talk
    )


async def test_within_the_hours_she_is_with_the_same_person_again(shop: Shop) -> None:
    lobby, customer, talk = await ended(shop)
    await lobby.agent("林晚晴")
    assert await back(customer) == talk
    assert await lobby.holder(talk) == "周小满"
    assert await lobby.happened(talk) == ["enqueued", "accepted", "closed", "reopened"]
    snapshot = await lobby.agents["周小满"].get(f"/api/conversations/{talk}")
    assert [one["seq"] for one in snapshot["messages"]] == [*range(1, len(snapshot["messages"]) + 1)]
    assert happenings(snapshot["messages"])[-2:] == ["reopened", "routed"]
    assert snapshot["messages"][-1]["body"] == "再来两斤"
    assert snapshot["head"]["waiting_since"] is not None
    await lobby.check()


@pytest.mark.parametrize("why", ["away", "full"])
async def test_where_that_person_cannot_take_it_she_waits_for_anybody(shop: Shop, why: str) -> None:
    lobby, customer, talk = await ended(shop)
    if why == "away":
        await lobby.state("周小满", "away")
    else:
        await lobby.rows("update routing_settings set live_units = 1")
        await lobby.customer("我先来的")
    assert await back(customer) == talk
    assert await lobby.waiting() == [talk]
    await lobby.agent("林晚晴")
    assert await lobby.holder(talk) == "林晚晴"
    await lobby.check()


async def test_later_it_is_a_new_one_that_knows_the_one_before(shop: Shop) -> None:
    lobby, customer, talk = await ended(shop)
    await long_ago(lobby, talk)
    new = await back(customer)
    assert new != talk
    agent = lobby.agents["周小满"]
    assert (await agent.get(f"/api/conversations/{new}/links"))["previous"]["id"] == str(talk)
    assert (await agent.get(f"/api/conversations/{talk}/links"))["next"]["id"] == str(new)
    assert (await agent.get(f"/api/conversations/{talk}/links"))["previous"] is None


async def test_where_nothing_is_decided_an_end_is_an_end(shop: Shop) -> None:
    _, customer, talk = await ended(shop, hours=0)
    assert await back(customer) != talk


async def test_many_words_at_once_come_into_one_in_order(shop: Shop) -> None:
    lobby, customer, talk = await ended(shop)
    words = [f"第 {number} 句" for number in range(8)]
    came = await asyncio.gather(*(customer.say(word) for word in words))
    assert {one["conversation_id"] for one in came} == {str(talk)}
    rows = await lobby.rows(
        "select body from messages where conversation_id = $1 and author_kind = 'visitor' order by seq", talk
    )
    assert [row["body"] for row in rows][1:] == words


async def test_links_are_for_those_who_may_see_them(shop: Shop) -> None:
    lobby, customer, talk = await ended(shop)
    await long_ago(lobby, talk)
    new = await back(customer)
    assert await lobby.holder(new) == "周小满"
    colleague = await lobby.agent("林晚晴")
    answer = await colleague.request("GET", f"/api/conversations/{talk}/links")
    assert (answer.status_code, answer.json()["code"]) == (404, "conversations.not_found")


async def test_finding_what_is_open_or_lately_ended_is_one_statement(shop: Shop) -> None:
    lobby, customer, talk = await ended(shop)
    (row,) = await lobby.rows("select identity_id, contact_id from conversations where id = $1", talk)
    who = Customer(
        workspace_id=shop.workspace_id,
        account_id=shop.account_id,
        channel="webchat",
        identity_id=row["identity_id"],
        contact_id=row["contact_id"],
    )
    await back(customer)
    async with shop.db.tx(shop.workspace_id) as tx:
        with queries(tx) as asked:
            assert await open_conversation(tx, who) == talk
    assert len(asked) == 1
