"""The main line from door to door: a customer and an agent talk over real sockets."""

import asyncio

from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import until
from kezhan.simulate.client import Refused


async def test_a_customer_and_an_agent_talk_and_both_see_the_same(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("你好，龙井有货吗？")
    thread = await agent.watch(ack["conversation_id"])
    await agent.request("PUT", f"/api/conversations/{thread.id}/assignment", {})
    await agent.say(thread.id, "有的，明前的刚到。")
    await agent.say(thread.id, "老客户，多送一泡", kind="note")
    await until(lambda: thread.id in visitor.threads)
    mine = visitor.threads[thread.id]
    await until(lambda: len([m for m in mine.messages.values() if m["kind"] == "text"]) == 2)
    await until(lambda: thread.rev == mine.rev)
    texts = [m["body"] for _, m in sorted(mine.messages.items()) if m["kind"] == "text"]
    assert texts == ["你好，龙井有货吗？", "有的，明前的刚到。"]
    assert not any(m["kind"] == "note" for m in mine.messages.values())
    assert any(m["kind"] == "note" for m in thread.messages.values())
    assert mine.head["agent"]["name"] == agent.name


async def test_the_agents_lists_hear_of_a_new_conversation_and_of_its_end(shop: Shop) -> None:
    agent, visitor = await shop.agent(), await shop.visitor()
    ack = await visitor.say("hello")
    # It may be seen in the moment between its opening and its first message.
    await until(lambda: agent.rows.get(ack["conversation_id"], {}).get("inbound_count") == 1)
    row = agent.rows[ack["conversation_id"]]
    assert (row["state"], row["preview"]["text"]) == ("queued", "hello")
    assert row["waiting_since"] is not None
    await agent.request("PUT", f"/api/conversations/{row['id']}/assignment", {})
    await agent.request("PUT", f"/api/conversations/{row['id']}/closure")
    await until(lambda: agent.rows[row["id"]]["state"] == "closed")


async def test_each_sees_the_other_typing_and_only_agents_see_the_words(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("hello")
    thread = await agent.watch(ack["conversation_id"])
    seen_by_agent: list[dict[str, object]] = []
    seen_by_visitor: list[dict[str, object]] = []
    agent.heard.append(lambda frame: seen_by_agent.append(frame) if frame["type"] == "typing" else None)
    visitor.heard.append(lambda frame: seen_by_visitor.append(frame) if frame["type"] == "typing" else None)
    await visitor.tell({"type": "typing", "conversation_id": thread.id, "body": "有没有"})
    await until(lambda: bool(seen_by_agent))
    await agent.tell({"type": "typing", "conversation_id": thread.id, "body": "secret draft"})
    await until(lambda: bool(seen_by_visitor))
    assert seen_by_agent[0]["body"] == "有没有"
    assert "body" not in seen_by_visitor[0]


async def test_read_marks_reach_the_other_side(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("hello")
    thread = await agent.watch(ack["conversation_id"])
    await agent.tell({"type": "mark", "conversation_id": thread.id, "read_seq": ack["seq"]})
    await until(lambda: thread.id in visitor.threads)
    mine = visitor.threads[thread.id]
    await until(lambda: any(mark["read_seq"] == ack["seq"] for mark in mine.marks.values()))


async def test_recall_erases_for_both_and_edit_rewrites_for_both(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    first, second = await visitor.say("oops"), await visitor.say("tpyo")
    thread = await agent.watch(first["conversation_id"])
    where = {"conversation_id": thread.id}
    await visitor.call({"type": "recall", "ref": "r1", "seq": first["seq"], **where})
    await visitor.call({"type": "edit", "ref": "e1", "seq": second["seq"], "body": "typo", **where})
    await until(lambda: thread.messages[second["seq"]]["body"] == "typo")
    assert "body" not in thread.messages[first["seq"]]
    assert thread.messages[first["seq"]]["recalled_at"]
    await visitor.call({"type": "recall", "ref": "r2", "seq": first["seq"], **where})


async def test_nobody_edits_or_recalls_anothers_message(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("mine")
    thread = await agent.watch(ack["conversation_id"])
    for kind in ("edit", "recall"):
        frame = {"type": kind, "ref": kind, "conversation_id": thread.id, "seq": ack["seq"], "body": "theirs"}
        try:
            await agent.call(frame)
        except Refused as refused:
            assert refused.code == "conversations.not_yours"
        else:
            raise AssertionError("an agent changed a customer's words")


async def test_messages_sent_while_the_line_is_down_arrive_once_and_in_order(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("0")
    thread = await agent.watch(ack["conversation_id"])
    await visitor.cut()
    await until(lambda: not visitor.connected.is_set())
    await asyncio.gather(*(visitor.say(str(n)) for n in (1, 2, 3)))
    await until(lambda: len(thread.messages) == 5)
    assert [m["body"] for m in thread.messages.values() if m["kind"] == "text"] == ["0", "1", "2", "3"]


async def test_what_the_page_knows_of_its_visitor_shows_on_her_card(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("hello")
    head = (await agent.get(f"/api/conversations/{ack['conversation_id']}"))["head"]
    address = shop.url + "/w/v1/attributes"
    for values, status in (
        ({"cart": 3, "level": "gold"}, 204),
        ({"level": "silver"}, 204),
        ({"level": "silver"}, 204),
        ({f"k{n}": n for n in range(49)}, 400),
        ({f"k{n}": n for n in range(51)}, 400),
        ({"x" * 65: 1}, 400),
        ({"nested": {"a": 1}}, 400),
    ):
        answer = await shop.http.put(address, json={"values": values}, headers=visitor.headers)
        assert answer.status_code == status, answer.text
    assert (await shop.http.put(address, json={"values": {}})).status_code == 401
    contact = await agent.get(f"/api/contacts/{head['contact_id']}")
    assert contact["attributes"] == {"cart": 3, "level": "silver"}


async def test_a_program_sends_over_http_once_however_often_and_not_into_a_closed_one(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    hello = {"type": "send", "client_id": "h1", "body": "hello"}
    acks = [
        (await shop.http.post(shop.url + "/w/v1/messages", json=hello, headers=visitor.headers)).json()
        for _ in range(2)
    ]
    assert [ack["seq"] for ack in acks] == [2, 2]
    place = f"/api/conversations/{acks[0]['conversation_id']}"
    reply = {"type": "send", "client_id": "r1", "body": "yes?"}
    answers = [await agent.request("POST", place + "/messages", reply) for _ in range(2)]
    assert [(answer.status_code, answer.json()["seq"]) for answer in answers] == [(201, 3), (201, 3)]
    await agent.request("PUT", place + "/closure")
    late = await agent.request("POST", place + "/messages", {**reply, "client_id": "r2"})
    assert (late.status_code, late.json()["code"]) == (409, "conversations.closed")
