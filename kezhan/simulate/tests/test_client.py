"""The reference client keeps what it promises where the line is bad."""

import asyncio

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import PATIENCE, until
from kezhan.simulate.client import Refused


async def test_what_was_missed_while_the_line_was_down_is_there_afterwards(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("hello")
    thread = await agent.watch(ack["conversation_id"])
    await until(lambda: thread.id in visitor.threads)
    await visitor.cut()
    await until(lambda: not visitor.connected.is_set())
    for number in range(5):
        await agent.say(thread.id, f"answer {number}")
    mine = visitor.threads[thread.id]
    await until(lambda: mine.rev == thread.rev)
    answers = [message["body"] for message in mine.messages.values() if message["author"]["kind"] == "agent"]
    assert answers == [f"answer {number}" for number in range(5)]


async def test_more_than_a_resume_carries_is_read_afresh(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("hello")
    thread = await agent.watch(ack["conversation_id"])
    await until(lambda: thread.id in visitor.threads)
    await visitor.close()
    for start in range(0, 520, 20):
        path = f"/api/conversations/{thread.id}/messages"
        await asyncio.gather(
            *(
                agent.request("POST", path, {"type": "send", "client_id": f"n{number}", "body": "."})
                for number in range(start, start + 20)
            )
        )
    mine = visitor.threads[thread.id]
    await visitor.arrive()
    await until(lambda: mine.rev == thread.rev)
    assert len(mine.messages) == 50


async def test_the_same_client_id_said_again_is_stored_once(shop: Shop) -> None:
    visitor = await shop.visitor()
    first, again = await visitor.say("once", "same"), await visitor.say("once", "same")
    assert (first["seq"], again["seq"], again["repeated"]) == (again["seq"], first["seq"], True)


async def test_the_agents_lists_are_whole_after_a_break(shop: Shop) -> None:
    agent = await shop.agent()
    await agent.cut()
    await until(lambda: not agent.connected.is_set())
    visitor = await shop.visitor()
    ack = await visitor.say("while she was away")
    await until(lambda: ack["conversation_id"] in agent.rows)


async def test_a_line_cut_before_the_first_lists_loses_no_row(shop: Shop) -> None:
    agent = await shop.agent()
    await agent.cut()
    await until(lambda: not agent.connected.is_set())
    agent.lists.clear()
    ack = await (await shop.visitor()).say("early")
    await until(lambda: ack["conversation_id"] in agent.rows)


async def test_lists_that_went_too_far_are_read_afresh(shop: Shop) -> None:
    agent, visitor = await shop.agent(), await shop.visitor()
    ack = await visitor.say("hello")
    await until(lambda: ack["conversation_id"] in agent.rows)
    agent.rows.clear()
    agent.lists["epoch"] = "of another life"
    await agent.cut()
    await until(lambda: ack["conversation_id"] in agent.rows)


async def test_a_session_that_is_over_ends_the_client_and_what_it_waits_for(shop: Shop) -> None:
    visitor = await shop.visitor()
    await visitor.say("hello")
    visitor.token = "kzv_unknown"
    await visitor.cut()
    await until(lambda: not visitor.connected.is_set())
    with pytest.raises(Refused, match="session_over"):
        await asyncio.wait_for(visitor.say("anybody?"), PATIENCE)


async def test_a_burst_stays_below_the_servers_limit_on_frames(shop: Shop) -> None:
    visitor = await shop.visitor()
    await asyncio.gather(*(visitor.say(str(number)) for number in range(120)))
    assert visitor.breaks == 0


async def test_a_refused_frame_says_why_and_the_line_goes_on(shop: Shop) -> None:
    visitor = await shop.visitor()
    with pytest.raises(Refused, match="empty"):
        await visitor.say("   ")
    assert (await visitor.say("well then"))["seq"] == 2
