"""Parked until a time: by whom, until when, in which order, and woken once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.events import MessageAppended
from kezhan.conversations.park import WAKE_TIMER, handlers
from kezhan.conversations.tests.place import Member, Place, happenings, make_place
from kezhan.kit.clock import now, wire
from kezhan.kit.timers import TimerRunner


async def park(member: Member, conversation_id: UUID, **until: Any) -> tuple[int, str]:
    return await member.act("PUT", conversation_id, "/parking", until)


def ahead(**span: float) -> str:
    return wire(now() + timedelta(**span))


async def taken(place: Place, member: Member) -> UUID:
    conversation = await place.talk()
    await member.act("PUT", conversation, "/assignment", {})
    return conversation


async def fall_due(place: Place, conversation_id: UUID, runners: int = 1) -> None:
    """Its time has come: the moment it was parked for, and the timer."""
    await place.run("update conversations set wake_at = now() where id = :id", id=conversation_id)
    await place.falls_due(WAKE_TIMER, conversation_id, runners=runners)


async def names(member: Member, name: str) -> list[str]:
    found = await member.get(f"/api/conversations?name={name}")
    return [row["head"]["id"] for row in found["items"]]


async def test_what_was_said_before_it_was_parked_does_not_wake_it_though_told_later(place: Place) -> None:
    agent = await place.member()
    conversation = await taken(place, agent)
    (wakes,) = handlers()
    await park(agent, conversation)
    (row,) = await place.rows("select last_seq from conversations where id = :id", id=conversation)
    for seq, parked in ((2, True), (row.last_seq + 1, False)):
        said = MessageAppended(conversation_id=conversation, seq=seq, kind="text", author_kind="visitor")
        async with place.db.tx(place.workspace_id) as tx:
            await wakes.run(tx, [said])
        found = await agent.get(f"/api/conversations/{conversation}")
        assert (found["head"].get("parked_at") is not None) is parked


async def test_it_comes_back_in_time_marked_and_among_the_newest(place: Place) -> None:
    agent = await place.member(name="周小满")
    conversation, newer = await taken(place, agent), await taken(place, agent)
    until = ahead(hours=1)
    assert await park(agent, conversation, until=until) == (200, "")
    head = (await agent.get(f"/api/conversations/{conversation}"))["head"]
    assert (head["wake_at"], head["woken_seq"]) == (until, 0)
    assert await names(agent, "mine") == [str(newer)]
    assert await names(agent, "parked") == [str(conversation)]
    assert (await agent.get("/api/conversation-counts")) == {"mine": 1, "unassigned": 0, "parked": 1}
    line = await agent.line()
    await fall_due(place, conversation)
    (change,) = (await line.next("listed"))["changes"]
    assert (change["head"].get("parked_at"), change["head"]["woken_seq"]) == (None, head["last_seq"] + 1)
    assert await names(agent, "mine") == [str(conversation), str(newer)]
    found = await agent.get(f"/api/conversations/{conversation}")
    assert happenings(found["messages"]) == ["opened", "taken", "parked", "due"]
    parked = next(one["payload"] for one in found["messages"] if one["seq"] == head["last_seq"])
    assert parked["until"] == until
    assert await park(agent, conversation) == (200, "")
    assert (await agent.get(f"/api/conversations/{conversation}"))["head"]["woken_seq"] == 0


async def test_what_wakes_soonest_stands_first_and_pages_follow_on(place: Place) -> None:
    agent = await place.member()
    talks = [await taken(place, agent) for _ in range(4)]
    for conversation, hours in zip(talks, (3, 1, None, 2), strict=True):
        until = {"until": ahead(hours=hours)} if hours else {}
        assert await park(agent, conversation, **until) == (200, "")
    wanted = [str(talks[n]) for n in (1, 3, 0, 2)]
    assert await names(agent, "parked") == wanted
    seen, after = [], ""
    while True:
        page = await agent.get(f"/api/conversations?name=parked&limit=1{after}")
        seen += [row["head"]["id"] for row in page["items"]]
        if not page["next"]:
            break
        after = f"&after={page['next']}"
    assert seen == wanted
    colleague = await place.member("supervisor")
    assert await names(colleague, "parked") == []


async def test_another_time_moves_it_and_the_same_again_changes_nothing(place: Place) -> None:
    agent = await place.member()
    conversation = await taken(place, agent)
    sooner, later = ahead(hours=1), ahead(days=2)
    await park(agent, conversation, until=sooner)
    assert await park(agent, conversation, until=later) == (200, "")
    before = await agent.get(f"/api/conversations/{conversation}")
    assert before["head"]["wake_at"] == later
    assert await park(agent, conversation, until=later) == (200, "")
    assert await agent.get(f"/api/conversations/{conversation}") == before
    (timer,) = await place.rows("select due_at from timers where ref = :ref", ref=conversation)
    assert wire(timer.due_at) == later
    assert happenings(before["messages"]).count("parked") == 1
    assert await park(agent, conversation) == (200, "")  # at the customer's next word alone
    assert not await place.rows("select 1 from timers where ref = :ref", ref=conversation)


@pytest.mark.parametrize(
    ("until", "refusal"),
    [
        ("2020-01-01T00:00:00Z", (409, "conversations.wake_past")),
        ("2100-01-01T00:00:00Z", (409, "conversations.wake_far")),
        ("2030-01-01T00:00:00", (400, "conversations.no_moment")),
        ("tomorrow", (400, "kit.bad_input")),
    ],
)
async def test_a_time_that_is_none_is_refused(place: Place, until: str, refusal: tuple[int, str]) -> None:
    agent = await place.member()
    conversation = await taken(place, agent)
    assert await park(agent, conversation, until=until) == refusal
    assert (await agent.get(f"/api/conversations/{conversation}"))["head"]["parked_at"] is None


async def test_a_time_put_off_taken_up_or_overtaken_by_an_end_wakes_nothing(place: Place) -> None:
    agent = await place.member()
    acts: tuple[tuple[str, str, Any], ...] = (
        ("PUT", "/parking", {"until": ahead(hours=5)}),
        ("DELETE", "/parking", None),
        ("PUT", "/closure", None),
        ("DELETE", "/assignment", None),
    )
    for method, noun, body in acts:
        conversation = await taken(place, agent)
        await park(agent, conversation, until=ahead(hours=1))
        assert (await agent.act(method, conversation, noun, body))[0] < 300
        before = await place.rows(
            "select rev, state, wake_at from conversations where id = :id", id=conversation
        )
        await place.run("update timers set due_at = now() where ref = :ref", ref=conversation)
        await TimerRunner(place.db).step()
        after = await place.rows(
            "select rev, state, wake_at from conversations where id = :id", id=conversation
        )
        assert before == after


async def test_of_several_processes_one_wakes_it(place: Place) -> None:
    agent = await place.member()
    conversation = await taken(place, agent)
    await park(agent, conversation, until=ahead(hours=1))
    await fall_due(place, conversation, runners=4)
    found = await agent.get(f"/api/conversations/{conversation}")
    assert happenings(found["messages"]).count("due") == 1
    assert not await place.rows("select 1 from timers where ref = :ref", ref=conversation)


async def test_only_who_serves_it_or_may_assign_says_until_when(place: Place) -> None:
    agent, colleague = await place.member(), await place.member()
    supervisor, inspector = await place.member("supervisor"), await place.member("inspector")
    conversation, until = await taken(place, agent), ahead(hours=1)
    assert await park(colleague, conversation, until=until) == (404, "conversations.not_found")
    assert await park(inspector, conversation, until=until) == (403, "workspaces.not_permitted")
    stranger = await (await make_place(place.house, place.http)).member("owner")
    assert await park(stranger, conversation, until=until) == (404, "conversations.not_found")
    assert await park(supervisor, conversation, until=until) == (200, "")
    assert await names(agent, "parked") == [str(conversation)]
