"""Who is there besides: colleagues who look and write, supervisors who listen in and whisper."""

from uuid import UUID

from kezhan.conversations.tests.place import Line, Member, Place, happenings
from kezhan.kit.ids import new_id


async def served(place: Place) -> tuple[UUID, Member, Member]:
    """A conversation, the agent who serves it, and a supervisor."""
    agent, boss = await place.member(name="周小满"), await place.member("supervisor", "王主管")
    talk = await place.talk()
    assert await agent.act("PUT", talk, "/assignment", {}) == (200, "")
    return talk, agent, boss


async def at(who: Member, talk: UUID) -> Line:
    line = await who.line()
    await line.watch(talk)
    return line


async def viewers(line: Line) -> set[str]:
    """As the newest frame that has come says."""
    frames = [frame for frame in await line.said() if frame["type"] == "viewers"]
    return set(frames[-1]["members"])


async def hide(place: Place) -> None:
    owner = await place.member("owner")
    answer = await owner.ask("PATCH", "/api/workspace", {"show_supervisors": False})
    assert answer.json()["show_supervisors"] is False


async def test_everybody_sees_who_else_is_there(place: Place) -> None:
    talk, agent, boss = await served(place)
    mine = await at(agent, talk)
    assert await viewers(mine) == {str(agent.id)}
    theirs = await at(boss, talk)
    assert await viewers(theirs) == {str(agent.id), str(boss.id)}
    assert await viewers(mine) == {str(agent.id), str(boss.id)}
    second = await at(boss, talk)
    await theirs.tell("unwatch", conversation_id=str(talk))
    await theirs.said()
    assert [frame for frame in await mine.said() if frame["type"] == "viewers"] == [], (
        "her other window is open"
    )
    await second.close()
    while (await mine.next("viewers"))["members"] != [str(agent.id)]:
        pass


async def test_who_may_no_longer_see_is_no_longer_there(place: Place) -> None:
    talk, agent, _ = await served(place)
    guest = await place.member(name="林晚晴")
    assert await agent.act("PUT", talk, f"/guests/{guest.id}") == (200, "")
    mine, _ = await at(agent, talk), await at(guest, talk)
    assert await viewers(mine) == {str(agent.id), str(guest.id)}
    assert await agent.act("DELETE", talk, f"/guests/{guest.id}") == (204, "")
    assert await viewers(mine) == {str(agent.id)}


async def test_who_only_looks_on_is_not_shown(place: Place) -> None:
    talk, agent, _ = await served(place)
    mine, inspector = await at(agent, talk), await place.member("inspector")
    theirs = await at(inspector, talk)
    assert await viewers(theirs) == {str(agent.id)}
    assert await viewers(mine) == {str(agent.id)}


async def test_colleagues_see_that_a_note_or_a_reply_is_being_written(place: Place) -> None:
    talk, agent, boss = await served(place)
    mine, theirs = await at(agent, talk), await at(boss, talk)
    for is_note in (True, False):
        await theirs.tell("typing", conversation_id=str(talk), active=True, note=is_note)
        seen = await mine.next("typing")
        assert (seen["author"]["name"], seen.get("note", False)) == ("王主管", is_note)


async def test_to_listen_in_is_told_kept_and_ended_once(place: Place) -> None:
    talk, agent, boss = await served(place)
    assert [await boss.act("PUT", talk, "/supervision") for _ in range(2)] == [(200, "")] * 2
    standing = await boss.get(f"/api/conversations/{talk}/supervision")
    assert standing == {"members": [str(boss.id)], "shown": True}
    assert [await boss.act("DELETE", talk, "/supervision") for _ in range(2)] == [(204, "")] * 2
    told = happenings((await agent.get(f"/api/conversations/{talk}"))["messages"])
    assert told == ["opened", "taken", "supervised", "supervision_ended"]
    acts = await place.rows(
        "select action from audit_log where action like 'conversation.superv%' order by at"
    )
    assert [row.action for row in acts] == ["conversation.supervise", "conversation.supervise_end"]


async def test_unseen_where_the_workspace_has_it_so_and_kept_in_the_log_alone(place: Place) -> None:
    talk, agent, boss = await served(place)
    await hide(place)
    mine = await at(agent, talk)
    theirs = await at(boss, talk)
    assert await boss.act("PUT", talk, "/supervision") == (200, "")
    await theirs.tell("typing", conversation_id=str(talk), active=True, note=True)
    await theirs.said()
    heard = await mine.said()
    assert [frame["members"] for frame in heard if frame["type"] == "viewers"] in ([], [[str(agent.id)]])
    assert [frame for frame in heard if frame["type"] in {"typing", "changed"}] == []
    assert "supervised" not in happenings((await agent.get(f"/api/conversations/{talk}"))["messages"])
    assert await place.rows("select 1 from queue_events where kind = 'supervised'") == []
    acts = await place.rows("select 1 from audit_log where action = 'conversation.supervise'")
    assert len(acts) == 1
    # Where she serves or has been invited she is a colleague like others.
    assert await agent.act("PUT", talk, f"/guests/{boss.id}") == (200, "")
    again = await at(boss, talk)
    assert await viewers(again) == {str(agent.id), str(boss.id)}


async def test_who_may_not_listen_in_and_to_what_nobody_does(place: Place) -> None:
    talk, agent, boss = await served(place)
    for method in ("GET", "PUT", "DELETE"):
        assert (await agent.act(method, talk, "/supervision"))[0] == 403
    assert (await boss.act("PUT", new_id(), "/supervision"))[0] == 404
    assert await boss.act("PUT", talk, "/assignment", {}) == (200, "")
    assert await boss.act("PUT", talk, "/supervision") == (409, "conversations.supervise_own")
    assert await boss.act("PUT", talk, "/closure") == (200, "")
    assert await boss.act("PUT", talk, "/supervision") == (409, "conversations.closed")


async def test_taken_over_or_ended_nobody_listens_in_any_more(place: Place) -> None:
    talk, _, boss = await served(place)
    other = await place.member("supervisor", "李主管")
    for one in (boss, other):
        assert await one.act("PUT", talk, "/supervision") == (200, "")
    assert await boss.act("PUT", talk, "/assignment", {}) == (200, "")
    standing = await boss.get(f"/api/conversations/{talk}/supervision")
    assert standing["members"] == [str(other.id)]
    assert await boss.act("PUT", talk, "/closure") == (200, "")
    assert await place.rows("select 1 from supervisions") == []


async def test_a_whisper_is_a_note_of_its_own_kind(place: Place) -> None:
    talk, agent, boss = await served(place)
    mine, theirs = await at(agent, talk), await at(boss, talk)
    said = {"conversation_id": str(talk), "body": "先道歉"}
    answer = await theirs.answer("send", client_id=str(new_id()), kind="note", whisper=True, **said)
    assert answer["type"] == "ack"
    while not (heard := await mine.next("changed")).get("messages"):
        pass
    assert heard["messages"][0]["payload"] == {"is": "note", "whisper": True}
    wrong = await theirs.answer("send", client_id=str(new_id()), kind="text", whisper=True, **said)
    assert (wrong["type"], wrong["code"]) == ("refused", "conversations.whisper_in_note")
    wrong = await mine.answer("send", client_id=str(new_id()), kind="note", whisper=True, **said)
    assert (wrong["type"], wrong["code"]) == ("refused", "workspaces.not_permitted")
