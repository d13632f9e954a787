"""The customers' socket frame by frame: what she follows, reads, types and looks at, and what is not hers."""

import json
from functools import partial
from typing import Any

import pytest

from kezhan.channels.accounts import archive_account
from kezhan.channels.tests.people import Shop
from kezhan.channels.tests.wires import Json, Wires, talk
from kezhan.conversations.tests.place import held_up, kill_who_waits
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.workspaces.tests.factories import caller

RESTART = 1012

# watch, mark, typing


@pytest.mark.parametrize(("rev", "answer"), [(0, "changed"), (2, "changed"), (50, "resync"), (-2, "changed")])
async def test_watch_is_answered_whatever_rev_it_names(
    shop: Shop, wires: Wires, rev: int, answer: str
) -> None:
    visitor, _, conversation_id = await talk(shop)
    wire, _ = await wires.of(visitor)
    for _ in range(2):
        await wire.send({"type": "watch", "conversation_id": conversation_id, "rev": rev})
        assert (await wire.next())["type"] == answer


async def test_a_watch_the_database_did_not_answer_ends_the_line_so_that_she_asks_again(
    shop: Shop, wires: Wires
) -> None:
    visitor, _, conversation_id = await talk(shop)
    wire, _ = await wires.of(visitor)
    watch = {"type": "watch", "conversation_id": conversation_id, "rev": 1}
    await kill_who_waits(shop.db, "marks", partial(wire.send, watch))
    assert await wire.end() == RESTART
    again, _ = await wires.of(visitor)
    await again.send(watch)
    assert (await again.next("changed"))["from_rev"] == 1


async def test_what_is_said_while_she_comes_back_is_told_behind_what_she_has_missed(
    shop: Shop, wires: Wires
) -> None:
    visitor, agent, conversation_id = await talk(shop)
    await agent.say(conversation_id, "missed")
    wire = await wires.open()
    hello = {"type": "auth", "token": visitor.token, "conversation_id": conversation_id, "rev": 2}
    async with held_up(shop.db, "marks", partial(wire.send, hello)):
        await agent.say(conversation_id, "meanwhile")
    assert (await wire.next())["type"] == "ready"
    await agent.say(conversation_id, "from now on")
    # Whether what she has missed is read before or after the word meanwhile, nothing is left out or told in
    # another order; what a frame repeats is known by its rev.
    said, rev = [], 2
    while "from now on" not in said:
        frame = await wire.next("changed")
        assert frame["from_rev"] <= rev, "no gap for which she would have to ask"
        said += [message["body"] for message in frame["messages"] if message["rev"] > rev]
        rev = max(rev, frame["rev"])
    assert said[-3:] == ["missed", "meanwhile", "from now on"]
    assert len(set(said)) == len(said)


async def test_anothers_conversation_can_neither_be_watched_marked_nor_typed_into(
    shop: Shop, wires: Wires
) -> None:
    _, agent, conversation_id = await talk(shop)
    seen: list[Json] = []
    agent.heard.append(seen.append)
    wire, _ = await wires.of(await shop.visitor())
    where = {"conversation_id": conversation_id}
    for frame in ({"type": "watch", **where}, {"type": "mark", "read_seq": 2, **where}):
        await wire.send(frame)
        assert (await wire.next())["code"] == "conversations.not_found"
    await wire.send({"type": "typing", "body": "listen to me", **where})
    assert await wire.until_pong() == []
    await agent.say(conversation_id, "afterwards")
    await until(lambda: any(frame["type"] == "changed" for frame in seen))
    assert not any(frame["type"] == "typing" or frame.get("marks") for frame in seen)


@pytest.mark.parametrize(
    ("frames", "mark"),
    [
        ([(1, 0)], (1, 0)),
        ([(0, 2)], (2, 2)),
        ([(2, 2), (1, 1)], (2, 2)),
        ([(1, 1), (2, 0)], (2, 1)),
        ([(10**6, 10**6)], (2, 2)),
        ([(2, 1), (-4, -4)], (2, 1)),
    ],
)
async def test_marks_only_go_forward_and_never_beyond_what_was_said(
    shop: Shop, wires: Wires, frames: list[tuple[int, int]], mark: tuple[int, int]
) -> None:
    visitor, agent, conversation_id = await talk(shop)
    wire, _ = await wires.of(visitor)
    where = {"type": "mark", "conversation_id": conversation_id}
    for delivered, read in frames:
        await wire.send({**where, "delivered_seq": delivered, "read_seq": read})
    await wire.until_pong()
    # The lane keeps the order: when the agent's mark is there, the visitor's have been dealt with.
    await agent.tell({**where, "read_seq": 1})

    async def both() -> list[Json]:
        marks: list[Json] = (await visitor.snapshot(conversation_id))["marks"]
        return marks if len(marks) >= 2 else []

    marks = await until(both)
    (found,) = [one for one in marks if one["party_id"] == visitor.id]
    assert (found["delivered_seq"], found["read_seq"]) == mark


async def test_agents_see_the_words_as_they_grow_and_when_they_stop(shop: Shop, wires: Wires) -> None:
    visitor, agent, conversation_id = await talk(shop)
    seen: list[Json] = []
    agent.heard.append(lambda frame: seen.append(frame) if frame["type"] == "typing" else None)
    wire, _ = await wires.of(visitor)
    await wire.send({"type": "typing", "body": "without a place"})
    for more in ({"body": "有"}, {"body": "有没有"}, {"body": "left over", "active": False}):
        await wire.send({"type": "typing", "conversation_id": conversation_id, **more})
    await until(lambda: len(seen) == 3)
    assert [(one.get("body", ""), one.get("active", True)) for one in seen] == [
        ("有", True), ("有没有", True), ("", False),
    ]  # fmt: skip
    assert {one["author"]["id"] for one in seen} == {visitor.id}
    await wire.send({"type": "typing", "conversation_id": conversation_id, "body": "x" * 501})
    assert (await wire.next("refused"))["code"] == "realtime.bad_frame"


# page, ping, and what is not for customers


async def test_pages_show_on_her_card_and_leaving_closes_the_last(shop: Shop, wires: Wires) -> None:
    visitor, agent, conversation_id = await talk(shop)
    wire, _ = await wires.of(visitor)
    for name in ("a", "b", "b"):
        await wire.send({"type": "page", "url": f"https://shop.example/{name}?key=1", "title": name})
    await wire.send({"type": "page", "url": ""})
    assert await wire.until_pong() == []
    contact_id = agent.threads[conversation_id].head["contact_id"]
    card = await agent.get(f"/api/contacts/{contact_id}/card")
    assert [page["title"] for page in card["pages"]] == ["b", "a"]
    assert all(page["dwell_ms"] is not None for page in card["pages"])


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "lists"},
        {"type": "unwatch", "conversation_id": str(new_id())},
        {"type": "ready", "visitor_id": str(new_id()), "conversation": None, "agents_online": True},
        {"type": "ack", "client_id": "a", "conversation_id": str(new_id()), "seq": 1},
        {"type": "page", "url": "x" * 8193},
        {"type": "page", "url": "https://a.example/", "title": "x" * 2001},
        {"type": "page", "url": "\u0000"},
        {"no": "type"},
        ["ping"],
    ],
)
async def test_frames_that_are_not_for_customers_are_refused_and_the_line_stays(
    shop: Shop, wires: Wires, frame: Any
) -> None:
    wire, _ = await wires.of(await shop.visitor())
    await wire.send(json.dumps(frame))
    assert (await wire.next())["type"] == "refused"
    assert await wire.until_pong() == []


async def test_customers_hear_when_the_desk_is_staffed_and_when_it_is_not(shop: Shop, wires: Wires) -> None:
    wire, ready = await wires.of(await shop.visitor())
    assert ready["agents_online"] is False
    agent = await shop.agent()
    assert await wire.next("agents") == {"type": "agents", "online": True}
    await agent.close()
    assert await wire.next("agents") == {"type": "agents", "online": False}


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "mark", "read_seq": 2**31},
        {"type": "mark", "delivered_seq": 10**30},
        {"type": "edit", "ref": "far", "seq": 2**31, "body": "x"},
        {"type": "recall", "ref": "far", "seq": -(2**40)},
        {"type": "send", "client_id": "far", "body": "x", "quote_seq": 2**31},
    ],
)
async def test_a_number_no_column_holds_is_a_bad_frame_and_harms_nobody(
    shop: Shop, wires: Wires, frame: Json
) -> None:
    visitor, _, conversation_id = await talk(shop)
    wire, _ = await wires.of(visitor)
    await wire.send({"conversation_id": conversation_id, **frame})
    assert (await wire.next("refused"))["code"] == "realtime.bad_frame"
    await wire.send({"type": "send", "client_id": str(new_id()), "body": "still here"})
    assert (await wire.next("ack"))["conversation_id"] == conversation_id


async def test_an_archived_site_lets_its_customers_go(shop: Shop, wires: Wires) -> None:
    visitor, _, _ = await talk(shop)
    wire, _ = await wires.of(visitor)
    async with shop.db.tx(shop.workspace_id) as tx:
        await archive_account(tx, caller("owner", workspace_id=shop.workspace_id), shop.account_id)
    assert await wire.end() == 4401
