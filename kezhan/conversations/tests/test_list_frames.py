"""The lists as they come over the socket: numbered for each agent, taken up after a break, and never with
what she may not see."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
import websockets

from kezhan.conversations.tests.factories import message
from kezhan.conversations.tests.place import Json, Line, Member, Place, make_place
from kezhan.realtime import hub


async def stand(line: Line, epoch: str = "", rev: int = 0) -> tuple[list[Json], Json]:
    """Ask to go on from there: what was missed, and where the lists stand."""
    await line.tell("lists", epoch=epoch, rev=rev)
    missed: list[Json] = []
    while (frame := await line.hear())["type"] != "lists":
        if frame["type"] == "listed":
            missed.append(frame)
    return missed, frame


def heads(frames: list[Json]) -> list[Json]:
    return [change["head"] for frame in frames for change in frame["changes"] if "head" in change]


async def listed(line: Line, member: Member, rev: int) -> list[Json]:
    """The frames behind `rev` that have gone out by now, at least one."""
    stream = member.place.desk.live.inboxes.streams.of(member.id)
    frames = [await line.next("listed")]
    while frames[-1]["rev"] < stream.rev:
        frames.append(await line.next("listed"))
    assert frames[0]["rev"] == rev + 1
    return frames


async def test_every_change_is_one_numbered_frame_with_the_head_as_it_is_then(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    line = await agent.line()
    _, begun = await stand(line)
    rev = begun["rev"]
    conversation = (await place.says(customer, "hello")).conversation_id
    seen = await listed(line, agent, rev)
    for method, noun, state in (
        ("PUT", "/assignment", "assigned"),
        ("DELETE", "/assignment", "queued"),
        ("PUT", "/closure", "closed"),
        ("DELETE", "/closure", "assigned"),
    ):
        await agent.act(method, conversation, noun, {} if noun == "/assignment" and method == "PUT" else None)
        seen += await listed(line, agent, seen[-1]["rev"])
        assert heads(seen)[-1]["state"] == state
    assert [frame["rev"] for frame in seen] == list(range(rev + 1, rev + 1 + len(seen)))
    last = heads(seen)[-1]
    assert last == (await agent.get(f"/api/conversations/{conversation}/row"))["head"]
    assert {change["conversation_id"] for frame in seen for change in frame["changes"]} == {str(conversation)}


async def test_after_a_break_she_gets_what_she_missed_and_nothing_twice(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    line = await agent.line()
    _, begun = await stand(line)
    await place.says(customer, "one")
    seen = await listed(line, agent, begun["rev"])
    await line.close()
    await place.says(customer, "two")
    await place.says(customer, "three")
    again = await agent.line()
    missed, now = await stand(again, begun["epoch"], seen[-1]["rev"])
    assert [head["preview"]["text"] for head in heads(missed)] == ["two", "three"]
    assert [frame["rev"] for frame in missed] == [seen[-1]["rev"] + 1, seen[-1]["rev"] + 2]
    assert (now["epoch"], now["rev"], now["resync"]) == (begun["epoch"], missed[-1]["rev"], False)
    assert await stand(again, now["epoch"], now["rev"]) == ([], now)
    await place.says(customer, "four")
    assert (await again.next("listed"))["rev"] == now["rev"] + 1


@pytest.mark.parametrize(
    ("epoch", "back"),
    [("", 0), ("another life", 0), (None, -5), (None, 99), (None, -(2**40))],
)
async def test_who_cannot_be_taken_up_again_is_told_to_read_afresh(
    place: Place, epoch: str | None, back: int
) -> None:
    agent = await place.member()
    line = await agent.line()
    _, begun = await stand(line)
    await place.says(await place.customer())
    known = begun["epoch"] if epoch is None else epoch
    missed, now = await stand(line, known, begun["rev"] - back)
    assert all(frame["rev"] > begun["rev"] for frame in missed)
    assert (now["resync"], now["epoch"]) == (True, begun["epoch"])


async def test_the_memory_reaches_back_only_so_far(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "RING", 3)
    streams = place.desk.live.inboxes.streams
    agent, customer = await place.member(), await place.customer()
    small = hub.Stream()
    small._ring = type(small._ring)(maxlen=3)
    streams._of[agent.id] = small
    line = await agent.line()
    _, begun = await stand(line)
    for n in range(5):
        await place.says(customer, str(n))
    await line.said()
    missed, now = await stand(line, begun["epoch"], now_rev := small.rev - 3)
    assert ([frame["rev"] for frame in missed], now["resync"]) == (
        [now_rev + 1, now_rev + 2, now_rev + 3],
        False,
    )
    assert (await stand(line, begun["epoch"], small.rev - 4))[1]["resync"] is True


async def test_messages_gathered_in_one_flush_are_one_frame_for_each_agent(place: Place) -> None:
    agent, one, two = await place.member(), await place.customer(), await place.customer()
    places = [(await place.says(customer)).conversation_id for customer in (one, two)]
    line = await agent.line()
    _, begun = await stand(line)
    lane = place.desk.lane
    items = [
        message(customer, f"c{n}", f"m{n}", conversation)
        for n in range(3)
        for customer, conversation in zip((one, two), places, strict=True)
    ]
    last = items[-1]
    for item in items[:-1]:
        lane.put(item)
    await lane.append(last)
    frame = await line.next("listed")
    assert frame["rev"] == begun["rev"] + 1
    assert {change["conversation_id"] for change in frame["changes"]} == {str(one) for one in places}
    assert [head["preview"]["text"] for head in heads([frame])] == ["m2", "m2"]
    assert [head["inbound_count"] for head in heads([frame])] == [4, 4]


async def test_a_colleagues_conversation_is_gone_for_others_and_a_head_for_those_above(place: Place) -> None:
    one, two, supervisor = await place.member(), await place.member(), await place.member("supervisor")
    customer = await place.customer()
    conversation = (await place.says(customer)).conversation_id
    await one.act("PUT", conversation, "/assignment", {})
    lines = [await member.line() for member in (one, two, supervisor)]
    for line in lines:
        await stand(line)
    await place.says(customer, "for one's eyes")
    for line in (lines[0], lines[2]):
        assert heads([await line.next("listed")])
    assert "one's eyes" not in str(await lines[1].said())
    await supervisor.act("DELETE", conversation, "/assignment")
    assert heads([await lines[1].next("listed")])
    await one.act("PUT", conversation, "/assignment", {})
    assert (await lines[1].next("listed"))["changes"][0]["gone"] is True


async def test_another_workspace_hears_nothing_not_even_that_there_was_something(place: Place) -> None:
    elsewhere = await make_place(place.house, place.http)
    stranger, agent = await (await elsewhere.member("owner")).line(), await (await place.member()).line()
    _, begun = await stand(stranger)
    await place.says(await place.customer())
    await agent.next("listed")
    assert await stand(stranger, begun["epoch"], begun["rev"]) == ([], {**begun, "resync": False})


async def test_what_happened_while_she_had_other_rights_is_not_replayed_to_her(place: Place) -> None:
    owner, member, colleague = (
        await place.member("owner"),
        await place.member("supervisor"),
        await place.member(),
    )
    customer = await place.customer()
    conversation = (await place.says(customer)).conversation_id
    await colleague.act("PUT", conversation, "/assignment", {})
    line = await member.line()
    _, begun = await stand(line)
    await owner.ask("PATCH", f"/api/members/{member.id}", {"role": "agent"})
    await line.ended()
    await place.says(customer, "for the colleague's eyes")
    again = await member.line()
    missed, now = await stand(again, begun["epoch"], begun["rev"])
    assert "colleague's eyes" not in str(missed)
    assert now["resync"] is True, "what she may no longer see must leave her screen"


async def test_a_program_hears_by_its_own_rights_not_by_those_of_the_person_behind_it(place: Place) -> None:
    owner, colleague, customer = await place.member("owner"), await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    await colleague.act("PUT", conversation, "/assignment", {})
    program = await owner.token("conversation.read", "conversation.read_team")
    lines = [await owner.line(), await program.line(), await owner.line()]
    for line in lines:
        await stand(line)
    await place.says(customer, "not for programs")
    for line in (lines[0], lines[2]):
        assert heads([await line.next("listed")])
    assert "not for programs" not in str(await lines[1].said())


async def test_a_programs_line_ends_with_its_token(place: Place) -> None:
    owner = await place.member("owner")
    program = await owner.token("conversation.read", "conversation.read_team")
    line = await program.line()
    (token,) = (await owner.get("/api/tokens"))["items"]
    assert (await owner.ask("DELETE", f"/api/tokens/{token['id']}")).status_code == 204
    assert (await program.ask("GET", "/api/conversations?name=all")).status_code == 401
    with pytest.raises(websockets.ConnectionClosed):
        for _ in range(3):
            await line.said()


async def test_a_break_without_a_change_of_rights_is_no_new_beginning(place: Place) -> None:
    owner, agent = await place.member("owner"), await place.member()
    line = await agent.line()
    _, begun = await stand(line)
    await owner.ask("PATCH", f"/api/members/{agent.id}", {"name": "新名字"})
    await line.ended()
    _, now = await stand(await agent.line(), begun["epoch"], begun["rev"])
    assert (now["epoch"], now["resync"]) == (begun["epoch"], False)


async def test_marks_are_no_change_of_the_lists(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk()
    line = await agent.line()
    await line.watch(conversation)
    _, begun = await stand(line)
    await line.tell("mark", conversation_id=str(conversation), read_seq=2)
    await line.next("read")
    assert await stand(line, begun["epoch"], begun["rev"]) == ([], {**begun, "resync": False})


async def test_a_message_whose_answer_was_lost_at_the_commit_still_reaches_every_screen(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.conversations.append._RECONNECT_SECONDS", 0.01)
    agent, customer = await place.member(), await place.customer()
    conversation: UUID = (await place.says(customer)).conversation_id
    line = await agent.line()
    await line.watch(conversation)
    await stand(line)
    lane = place.desk.lane
    write, lost = lane._write, [True]

    async def breaks_after_the_commit(*given: Any) -> Any:
        written = await write(*given)
        if lost:
            lost.pop()
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        return written

    with monkeypatch.context() as breaking:
        breaking.setattr(lane, "_write", breaks_after_the_commit)
        answer = await place.says(customer, "did you get this?")
    assert answer.seq == 3
    frames = [await line.next("changed"), await line.next("listed")]
    assert (frames[0]["from_rev"], frames[0]["rev"]) == (2, 3)
    assert [one["body"] for one in frames[0]["messages"]] == ["did you get this?"]
    assert heads(frames[1:])[0]["preview"]["text"] == "did you get this?"
