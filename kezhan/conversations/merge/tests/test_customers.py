"""Two customers are one: her conversations stand in one history, and nothing of hers is left behind."""

import asyncio
from datetime import timedelta
from uuid import UUID

from kezhan.contacts.join import join
from kezhan.contacts.schemas import How
from kezhan.conversations.receive import Customer, open_conversation
from kezhan.conversations.tests.place import Member, Place, happenings
from kezhan.kit.clock import now, wire


async def become_one(place: Place, one: Customer, other: Customer) -> None:
    async with place.db.tx(place.workspace_id) as tx:
        await join(tx, one.contact_id, other.contact_id, How.UNION)


async def whose(member: Member, *ids: UUID) -> set[str]:
    rows = [await member.get(f"/api/conversations/{one}/row") for one in ids]
    return {row["head"]["contact_id"] for row in rows}


async def test_what_is_open_goes_on_what_has_ended_moves_and_the_history_is_one(place: Place) -> None:
    agent = await place.member()
    first, other = await place.customer(), await place.customer()
    here, there = [(await place.says(one, "在吗")).conversation_id for one in (first, other)]
    await agent.act("PUT", there, "/assignment", {})
    await agent.act("PUT", there, "/closure")
    later = (await place.says(other, "又来了")).conversation_id
    before = await agent.get(f"/api/conversations/{there}/row")
    for _ in range(2):
        await become_one(place, other, first)
    assert await whose(agent, here, there, later) == {str(first.contact_id)}
    found = await agent.get(f"/api/contacts/{first.contact_id}/conversations")
    assert {row["head"]["id"] for row in found} == {str(one) for one in (here, there, later)}
    # Whoever has one of them before her sees it at its next rev; what has ended is not touched otherwise.
    after = await agent.get(f"/api/conversations/{there}/row")
    assert after["head"]["rev"] == before["head"]["rev"] + 1
    assert after["head"]["last_seq"] == before["head"]["last_seq"]
    for one in (here, later):
        opened = await agent.get(f"/api/conversations/{one}")
        assert happenings(opened["messages"]).count("joined") == 1
    # She goes on where she was, by whichever name she is still called somewhere.
    assert (await place.says(other, "还在")).conversation_id == later


async def test_a_conversation_that_opens_while_two_become_one_is_hers(place: Place) -> None:
    agent = await place.member()
    first, other = await place.customer(), await place.customer()

    async def opens(one: Customer) -> UUID:
        async with place.db.tx(place.workspace_id) as tx:
            return await open_conversation(tx, one)

    *_, here, there = await asyncio.gather(
        become_one(place, first, other), become_one(place, other, first), opens(first), opens(other)
    )
    assert await whose(agent, here, there) == {str(first.contact_id)}


async def test_who_is_blocked_on_one_side_stays_blocked_and_the_longer_block_stands(place: Place) -> None:
    boss = await place.member(role="admin")
    first, other, third = [await place.customer() for _ in range(3)]
    await boss.ask("PUT", f"/api/contacts/{other.contact_id}/block", {"hours": 1})
    await become_one(place, first, other)
    (block,) = (await boss.get("/api/blocks"))["items"]
    assert block["contact_id"] == str(first.contact_id)
    soon = wire(now() + timedelta(hours=2))
    assert block["until"] < soon
    await boss.ask("PUT", f"/api/contacts/{third.contact_id}/block", {"hours": 8})
    await become_one(place, first, third)
    (block,) = (await boss.get("/api/blocks"))["items"]
    assert (block["contact_id"], block["until"] > soon) == (str(first.contact_id), True)
    apart = (await place.says(third, "你好")).conversation_id
    assert (await boss.get(f"/api/conversations/{apart}/row"))["head"]["spam"]
