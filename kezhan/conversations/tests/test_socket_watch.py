"""The workbench's socket, frame by frame: following, marks, typing, presence, and losing sight."""

from functools import partial
from typing import Any

import pytest

from kezhan.conversations import read
from kezhan.conversations.tests.place import Json, Line, Place, kill_who_waits, make_place, texts
from kezhan.kit.ids import new_id

RESTART, OVER = 1012, 4401


def kinds(frames: list[Json]) -> set[str]:
    return {frame["type"] for frame in frames}


def of(frames: list[Json], kind: str) -> list[Json]:
    return [frame for frame in frames if frame["type"] == kind]


async def refusal(line: Line, kind: str, /, **frame: Any) -> str:
    await line.tell(kind, **frame)
    return str((await line.next("refused"))["code"])


async def test_who_watches_gets_what_she_lacks_and_then_all_that_comes(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer, "one")).conversation_id
    await place.says(customer, "two")
    line = await agent.line()
    for rev, seqs, head in ((0, [1, 2, 3], True), (1, [2, 3], False), (2, [3], False), (3, [], False)):
        changed = await line.watch(conversation, rev)
        assert (changed["from_rev"], changed["rev"]) == (rev, 3)
        assert [message["seq"] for message in changed.get("messages", [])] == seqs
        assert ("head" in changed) == head, "the head comes along where it has changed since"
    await place.says(customer, "three")
    live = await line.next("changed")
    assert (live["from_rev"], live["rev"], texts(live["messages"])) == (3, 4, ["three"])
    await agent.act("PUT", conversation, "/assignment", {})
    taken = await line.next("changed")
    assert (taken["from_rev"], taken["rev"], taken["head"]["assignee_id"]) == (4, 5, str(agent.id))
    found = await agent.get(f"/api/conversations/{conversation}")
    assert (taken["messages"][0], live["messages"][0]) == (found["messages"][-1], found["messages"][-2])


async def test_a_resume_brings_edits_recalls_and_marks_below_the_page_too(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk("one")
    line = await agent.line()
    await line.watch(conversation)
    where = {"conversation_id": str(conversation)}
    seqs = [(await line.answer("send", client_id=f"c{n}", body=f"m{n}", **where))["seq"] for n in range(3)]
    await line.tell("unwatch", **where)
    await line.answer("edit", ref="e", seq=seqs[0], body="edited", **where)
    await line.answer("recall", ref="r", seq=seqs[1], **where)
    late = await (await place.member()).line()
    await late.watch(conversation)
    await late.tell("mark", read_seq=2, **where)
    await late.next("changed")
    changed = await line.watch(conversation, 5)
    assert [(message["seq"], message["rev"]) for message in changed["messages"]] == [(3, 6), (4, 7)]
    assert [(mark["read_seq"], mark["rev"]) for mark in changed["marks"]] == [(2, 8)]
    assert changed["rev"] == 8


@pytest.mark.parametrize("rev", [-1, -(2**40), 3, 2**40])
async def test_a_rev_that_was_never_given_out_is_answered_with_all_or_resync(place: Place, rev: int) -> None:
    agent, conversation = await place.member(), await place.talk()
    line = await agent.line()
    await line.tell("watch", conversation_id=str(conversation), rev=rev)
    frame = await line.hear()
    while frame["type"] not in {"changed", "resync"}:
        frame = await line.hear()
    assert frame["conversation_id"] == str(conversation)
    if frame["type"] == "changed":
        assert [message["seq"] for message in frame["messages"]] == [1, 2]
    await place.run("update conversations set active_at = now()")
    assert "refused" not in kinds(await line.said())


async def test_too_much_at_once_is_a_resync_and_the_line_follows_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    line = await agent.line()
    monkeypatch.setattr(read, "RESUME_LIMIT", 1)
    await line.tell("watch", conversation_id=str(conversation), rev=0)
    assert (await line.next("resync"))["conversation_id"] == str(conversation)
    await place.says(customer, "more")
    assert texts((await line.next("changed"))["messages"]) == ["more"]


async def test_a_line_that_was_not_told_what_it_lacks_ends_rather_than_going_deaf(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    for follows_already in (False, True):
        line, other = await agent.line(), await agent.line()
        await other.watch(conversation)
        if follows_already:
            await line.watch(conversation)
        ask = partial(line.tell, "watch", conversation_id=str(conversation), rev=1)
        await kill_who_waits(place.db, "marks", ask)
        assert await line.ended() == RESTART
        back = await agent.line()
        assert (await back.watch(conversation, 1))["from_rev"] == 1, "it goes on where it was"
        said = (await place.says(customer, "still there?")).seq
        for one in (back, other):
            assert [message["seq"] for message in (await one.next("changed"))["messages"]] == [said]


async def test_what_could_not_be_read_for_the_listeners_is_read_again(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk()
    line = await agent.line()
    await line.watch(conversation)
    take = partial(place.http.put, f"{place.house.url}/api/conversations/{conversation}/assignment", json={})
    await kill_who_waits(place.db, "marks", partial(take, headers=agent.headers))
    assert (await line.next("changed"))["head"]["assignee_id"] == str(agent.id)


async def test_who_has_stopped_watching_hears_no_more_and_may_not_mark_or_type(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    line, other = await agent.line(), await agent.line()
    where = {"conversation_id": str(conversation)}
    for one in (line, other):
        await one.watch(conversation)
    for _ in range(2):
        await line.tell("unwatch", **where)
    await line.said()
    await place.says(customer, "anybody?")
    await other.next("changed")
    assert "changed" not in kinds(await line.said())
    assert await refusal(line, "mark", read_seq=2, **where) == "conversations.not_watched"
    assert await refusal(line, "typing", **where) == "conversations.not_watched"
    assert await refusal(line, "typing") == "conversations.not_found"
    assert await refusal(line, "watch", conversation_id=str(new_id())) == "conversations.not_found"
    await line.tell("unwatch", conversation_id=str(new_id()))
    assert "refused" not in kinds(await line.said())


async def test_nobody_watches_what_is_out_of_her_sight(place: Place) -> None:
    owner, agent, auditor = await place.member(), await place.member(), await place.member("auditor")
    stranger = await (await make_place(place.house, place.http)).member("owner")
    customer = await place.customer()
    conversation = (await place.says(customer)).conversation_id
    await owner.act("PUT", conversation, "/assignment", {})
    for member in (agent, auditor, stranger):
        line = await member.line()
        assert await refusal(line, "watch", conversation_id=str(conversation)) == "conversations.not_found"
        mine = await owner.line()
        await mine.watch(conversation)
        await place.says(customer, "private")
        await mine.next("changed")
        heard = await line.said()
        assert "changed" not in kinds(heard)
        assert "private" not in str(heard)
        await line.close()


async def test_who_loses_sight_hears_nothing_of_it_from_that_moment(place: Place) -> None:
    one, two, customer = await place.member(), await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    keeps, loses = await one.line(), await two.line()
    for line in (keeps, loses):
        await line.watch(conversation)
    await one.act("PUT", conversation, "/assignment", {})
    await keeps.next("changed")
    listed = await loses.next("listed")
    assert [(change["gone"], "head" in change) for change in listed["changes"]] == [(True, False)]
    await place.says(customer, "private")
    await keeps.next("changed")
    where = {"conversation_id": str(conversation)}
    assert await refusal(loses, "mark", read_seq=3, **where) == "conversations.not_watched"
    assert await refusal(loses, "typing", **where) == "conversations.not_watched"
    assert await refusal(loses, "send", client_id="x", body="x", **where) == "conversations.not_found"
    assert await refusal(loses, "edit", ref="x", seq=2, body="x", **where) == "conversations.not_found"
    await one.act("DELETE", conversation, "/assignment")
    await keeps.next("changed")
    back = await loses.next("listed")
    while "head" not in back["changes"][0]:
        back = await loses.next("listed")
    assert (await loses.watch(conversation))["rev"] == 5, "given back to all, it is followed again"


async def test_every_device_of_a_member_hears_everything(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    lines = [await agent.line() for _ in range(2)]
    for line in lines:
        await line.watch(conversation)
    await lines[0].tell("send", client_id="a", conversation_id=str(conversation), body="from here")
    for line in lines:
        assert texts((await line.next("changed"))["messages"]) == ["from here"]
    await lines[0].tell("mark", conversation_id=str(conversation), read_seq=2)
    for line in lines:
        assert (await line.next("read"))["read_inbound"] == 1


# Marks


async def test_marks_rise_only_are_cut_at_the_end_and_are_told_once(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    await place.says(customer, "two")
    line, other = await agent.line(), await (await place.member()).line()
    for one in (line, other):
        await one.watch(conversation)
    where = {"conversation_id": str(conversation)}
    rev = 3
    for frame, expected in (
        ({"delivered_seq": 1}, (1, 0)),
        ({"delivered_seq": 1}, None),
        ({"read_seq": 2}, (2, 2)),
        ({"delivered_seq": 1, "read_seq": 1}, None),
        ({}, None),
        ({"delivered_seq": -7, "read_seq": -7}, None),
        ({"delivered_seq": 2_000_000_000}, (3, 2)),
        ({"read_seq": 2_000_000_000}, (3, 3)),
        ({"read_seq": 2**40}, None),
    ):
        await line.tell("mark", **where, **frame)
        if expected:
            changed = await other.next("changed")
            (mark,) = changed["marks"]
            rev += 1
            assert (changed["from_rev"], changed["rev"], mark["rev"]) == (rev - 1, rev, rev)
            assert (mark["delivered_seq"], mark["read_seq"]) == expected
            assert (mark["party"], mark["party_id"]) == ("agent", str(agent.id))
    await place.says(customer, "three")
    assert (await other.next("changed"))["rev"] == rev + 1, "what moved nothing took no number"
    found = await agent.get(f"/api/conversations/{conversation}")
    assert [(mark["delivered_seq"], mark["read_seq"]) for mark in found["marks"]] == [(3, 3)]


# Typing and presence


async def test_typing_goes_to_the_other_side_and_never_with_an_agents_words(place: Place) -> None:
    one, two, customer = await place.member(name="甲"), await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    mine, watching, elsewhere = await one.line(), await two.line(), await two.line()
    for line in (mine, watching):
        await line.watch(conversation)
    where = {"conversation_id": str(conversation)}
    await mine.tell("typing", body="a secret draft", **where)
    await mine.tell("typing", active=False, **where)
    first, second = await watching.next("typing"), await watching.next("typing")
    assert first == {
        "type": "typing",
        "author": {"kind": "agent", "id": str(one.id), "name": "甲"},
        **where,
    }
    assert second["active"] is False
    assert "typing" not in kinds(await mine.said()), "her own typing is no news to her"
    assert "typing" not in kinds(await elsewhere.said())
    assert await refusal(mine, "typing", body="x" * 501, **where) == "realtime.bad_frame"


async def test_colleagues_are_told_who_comes_first_and_goes_last_and_other_workspaces_are_not(
    place: Place,
) -> None:
    one, two = await place.member(), await place.member()
    elsewhere = await make_place(place.house, place.http)
    stranger = await (await elsewhere.member()).line()
    watching = await one.line()
    await watching.said()
    first = await two.line()
    seen = await watching.next("presence")
    assert (seen["party"], seen["id"], seen["online"]) == ("agent", str(two.id), True)
    present = {frame["id"] for frame in of(await first.said(), "presence")}
    assert present == {str(one.id), str(two.id)}
    second = await two.line()
    await second.said()
    await first.close()
    await second.said()
    assert of(await watching.said(), "presence") == [], "a second device is no second person"
    await second.close()
    gone = await watching.next("presence")
    assert (gone["id"], gone["online"]) == (str(two.id), False)
    assert {frame["id"] for frame in of(await stranger.said(), "presence")}.isdisjoint(
        {str(one.id), str(two.id)}
    )


async def test_the_customers_presence_comes_with_the_watching(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    line, key = await agent.line(), ("visitor", customer.identity_id)
    await line.watch(conversation)
    away = await line.next("presence")
    assert (away["party"], away["id"], away["online"]) == ("visitor", str(customer.identity_id), False)
    place.desk.presence.arrive(place.workspace_id, key)
    assert (await line.next("presence"))["online"] is True
    place.desk.presence.depart(place.workspace_id, key)
    assert (await line.next("presence"))["online"] is False


# The end of a right


async def test_a_changed_role_ends_the_line_and_the_next_one_has_the_new_rights(place: Place) -> None:
    owner, supervisor, colleague = (
        await place.member("owner"),
        await place.member("supervisor"),
        await place.member(),
    )
    conversation = await place.talk()
    await colleague.act("PUT", conversation, "/assignment", {})
    line, bystander = await supervisor.line(), await colleague.line()
    await line.watch(conversation)
    changed = await owner.ask("PATCH", f"/api/members/{supervisor.id}", {"role": "agent"})
    assert changed.status_code == 200
    assert await line.ended() == RESTART
    again = await supervisor.line()
    assert await refusal(again, "watch", conversation_id=str(conversation)) == "conversations.not_found"
    assert kinds(await bystander.said()) <= {"presence", "listed"}, "nobody else's line is cut"


async def test_a_member_let_go_or_signed_out_is_cut_off_with_4401(place: Place) -> None:
    owner, leaver, stayer = await place.member("owner"), await place.member(), await place.member()
    line, other, kept = await leaver.line(), await stayer.line(), await stayer.line()
    assert (await owner.ask("DELETE", f"/api/members/{leaver.id}")).status_code == 204
    assert await line.ended() in {OVER, RESTART}
    assert (await leaver.ask("GET", "/api/conversations?name=all")).status_code == 401
    assert (await stayer.ask("DELETE", "/api/session")).status_code == 204
    assert [await other.ended(), await kept.ended()] == [OVER, OVER]
