"""Colleagues named in notes: told, counted, read when seen; and never shown what they may not see."""

from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.events import MessageAppended
from kezhan.conversations.mentions.keep import on_notes
from kezhan.conversations.tests.place import Line, Member, Place
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until


async def two(place: Place) -> tuple[UUID, Member, Member]:
    """A conversation nobody has been given, which both see."""
    return await place.talk(), await place.member(name="周小满"), await place.member(name="林晚晴")


async def note(who: Member, talk: UUID, body: str = "看看这里", **more: Any) -> tuple[int, str]:
    form = {"client_id": str(new_id()), "kind": "note", "body": body, **more}
    return await who.act("POST", talk, "/messages", form)


async def mentions(who: Member, count: int) -> list[Any]:
    """Once there are so many."""

    async def look() -> list[Any]:
        items: list[Any] = (await who.get("/api/mentions"))["items"]
        return items if len(items) >= count else []

    return await until(look)


async def unread(who: Member) -> int:
    found: int = (await who.get("/api/mention-count"))["unread"]
    return found


async def watching(who: Member, talk: UUID) -> Line:
    line = await who.line()
    await line.watch(talk)
    return line


async def test_who_is_named_is_told_and_has_read_it_when_she_has_seen_it(place: Place) -> None:
    talk, one, other = await two(place)
    line = await other.line()
    assert await note(one, talk, mentions=[str(other.id), str(other.id)]) == (201, "")
    await line.next("mentions")
    (found,) = await mentions(other, 1)
    assert (found["head"]["id"], found["by"]["name"], found["text"], found["read"]) == (
        str(talk), "周小满", "看看这里", False,
    )  # fmt: skip
    assert (await unread(other), await unread(one)) == (1, 0)
    await line.watch(talk)
    await line.tell("mark", conversation_id=str(talk), read_seq=found["seq"])
    await line.next("read")
    assert await unread(other) == 0
    assert (await mentions(other, 1))[0]["read"]
    messages = (await one.get(f"/api/conversations/{talk}"))["messages"]
    assert messages[-1]["payload"] == {"is": "note", "mentions": [str(other.id)]}


async def test_a_team_is_those_of_it_who_see(place: Place) -> None:
    talk, one, other = await two(place)
    third, team = await place.member(name="王五"), new_id()
    await place.run("insert into teams (workspace_id, id, name, sort_key) values (:ws, :id, '售后', '')",
                    ws=place.workspace_id, id=team)  # fmt: skip
    for member in (one, other):
        await place.run(
            "insert into team_members (workspace_id, team_id, membership_id) values (:ws, :t, :m)",
            ws=place.workspace_id, t=team, m=member.id,
        )  # fmt: skip
    assert await note(one, talk, teams=[str(team)]) == (201, "")
    assert len(await mentions(other, 1)) == 1
    assert (await unread(one), await unread(third)) == (0, 0)


async def test_who_does_not_see_the_conversation_cannot_be_named_until_she_is_invited(place: Place) -> None:
    talk, one, other = await two(place)
    assert await one.act("PUT", talk, "/assignment", {}) == (200, "")
    line = await watching(one, talk)
    named = {"kind": "note", "body": "看看", "mentions": [str(other.id)]}
    for _ in range(2):
        answer = await line.answer("send", client_id=str(new_id()), conversation_id=str(talk), **named)
        assert (answer["type"], answer["code"]) == ("refused", "conversations.cannot_see")
    assert "林晚晴" in answer["title"]
    people = (await one.get(f"/api/conversations/{talk}/colleagues"))["people"]
    assert {each["name"]: each["sees"] for each in people} == {"周小满": True, "林晚晴": False}
    assert (await other.act("GET", talk, "/colleagues"))[0] == 404
    assert await one.act("PUT", talk, f"/guests/{other.id}") == (200, "")
    answer = await line.answer("send", client_id=str(new_id()), conversation_id=str(talk), **named)
    assert answer["type"] == "ack"
    assert len(await mentions(other, 1)) == 1
    assert await other.act("DELETE", talk, f"/guests/{other.id}") == (204, "")
    assert (await other.get("/api/mentions"))["items"] == []
    assert await unread(other) == 0


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"mentions": ["stranger"]}, 404, "conversations.mention_nobody"),
        ({"teams": ["stranger"]}, 404, "conversations.mention_nobody"),
        ({"mentions": ["other"], "kind": "text"}, 409, "conversations.mention_in_note"),
        ({"whisper": True}, 403, "workspaces.not_permitted"),
        ({"mentions": ["stranger"] * 21}, 400, "kit.bad_input"),
    ],
)
async def test_what_cannot_be_named_is_refused_and_nothing_is_stored(
    place: Place, more: Any, status: int, code: str
) -> None:
    talk, one, other = await two(place)
    ids = {"stranger": str(new_id()), "other": str(other.id)}
    form: dict[str, Any] = {
        key: [ids[each] for each in value] if isinstance(value, list) else value
        for key, value in more.items()
    }
    assert await note(one, talk, **form) == (status, code)
    assert await place.rows("select 1 from messages where kind in ('note', 'text') and seq > 2") == []


async def test_a_note_handed_over_twice_names_once_and_recalled_names_nobody(place: Place) -> None:
    talk, one, other = await two(place)
    line = await watching(one, talk)
    ack = await line.answer(
        "send", client_id=str(new_id()), conversation_id=str(talk), kind="note", body="看看",
        mentions=[str(other.id)],
    )  # fmt: skip
    await mentions(other, 1)
    event = MessageAppended(conversation_id=talk, seq=ack["seq"], kind="note", author_kind="agent")
    async with place.db.tx(place.workspace_id) as tx:
        await on_notes(tx, [event, event])
    assert len(await mentions(other, 1)) == 1
    await line.answer("recall", conversation_id=str(talk), seq=ack["seq"])
    assert (await other.get("/api/mentions"))["items"] == []


async def test_pages_of_mentions_go_on_where_the_last_one_ended(place: Place) -> None:
    talk, one, other = await two(place)
    for number in range(5):
        assert await note(one, talk, f"第 {number}", mentions=[str(other.id)]) == (201, "")
    await mentions(other, 5)
    seen: list[str] = []
    after = ""
    while True:
        page = await other.get(f"/api/mentions?limit=2{after}")
        seen += [item["text"] for item in page["items"]]
        if page.get("next") is None:
            break
        after = f"&after={page['next']}"
    assert seen == [f"第 {number}" for number in (4, 3, 2, 1, 0)]
