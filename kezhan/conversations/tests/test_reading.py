"""One conversation over HTTP: its snapshot, its older pages, its files and the draft one has begun."""

import io
from typing import Any

from PIL import Image

from kezhan.conversations.items import Append
from kezhan.conversations.tests.place import Json, Member, Place, happenings, make_place, texts
from kezhan.kit.ids import new_id

NOUNS = ("", "/row", "/messages?before=9", "/messages/2/file")


async def notes(place: Place, member: Member, conversation_id: Any, *bodies: str) -> None:
    """Internal notes, as her socket makes them."""
    for body in bodies:
        item = Append(
            workspace_id=place.workspace_id,
            conversation_id=conversation_id,
            sender_id=member.id,
            client_id=str(new_id()),
            author_kind="agent",
            author_id=member.id,
            kind="note",
            body=body,
        )
        await place.desk.lane.append(item)


async def upload(member: Member, name: str, data: bytes, media_type: str) -> Json:
    address = f"{member.place.house.url}/api/files"
    form = {"file": (name, data, media_type)}
    answer = await member.place.http.post(address, files=form, headers=member.headers)
    assert answer.status_code == 201, answer.text
    file: Json = answer.json()
    return file


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 6), "#1f5c4a").save(out, "PNG")
    return out.getvalue()


async def test_a_snapshot_is_the_last_page_with_everything_on_it(place: Place) -> None:
    agent, customer = await place.member(name="周小满"), await place.customer()
    first = await place.says(customer, "有龙井吗？")
    conversation = first.conversation_id
    await place.says(customer, "在吗？", quote=first.seq)
    await agent.act("PUT", conversation, "/assignment", {})
    reply = {"type": "send", "client_id": "r1", "body": "有的。", "quote_seq": 2}
    await agent.act("POST", conversation, "/messages", reply)
    await notes(place, agent, conversation, "老客户")
    found = await agent.get(f"/api/conversations/{conversation}")
    messages = found["messages"]
    assert [message["seq"] for message in messages] == [1, 2, 3, 4, 5, 6]
    assert texts(messages) == ["有龙井吗？", "在吗？", "有的。", "老客户"]
    assert happenings(messages) == ["opened", "taken"]
    assert [message["kind"] for message in messages] == ["event", "text", "text", "event", "text", "note"]
    assert [message.get("quote_seq") for message in messages] == [None, None, 2, None, 2, None]
    assert messages[4]["author"] == {"kind": "agent", "id": str(agent.id), "name": "周小满"}
    assert messages[1]["author"] == {"kind": "visitor", "id": str(customer.identity_id)}
    assert messages[3]["payload"] == {"is": "event", "event": "taken", "actor": "周小满"}
    assert messages[4]["client_id"] == "r1"
    assert found["rev"] == found["head"]["rev"] == found["head"]["last_seq"] == 6
    assert found["head"]["preview"]["text"] == "有的。", "a note is no public line"
    assert (found["marks"], found["draft"], found["draft_is_note"]) == ([], "", False)


async def test_older_pages_go_back_to_the_first_message_and_no_further(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk(*"abcdef")
    for before, limit, seqs, more in (
        (8, 3, [5, 6, 7], "5"),
        (8, 7, [1, 2, 3, 4, 5, 6, 7], None),
        (8, 6, [2, 3, 4, 5, 6, 7], "2"),
        (2, 50, [1], None),
        (1, 50, [], None),
        (0, 50, [], None),
        (-5, 50, [], None),
        (-99_999_999_999, 50, [], None),
        (2_000_000_000, 2, [6, 7], "6"),
        (99_999_999_999, 2, [6, 7], "6"),
    ):
        page = await agent.get(f"/api/conversations/{conversation}/messages?before={before}&limit={limit}")
        assert ([message["seq"] for message in page["items"]], page["next"]) == (seqs, more)
    for query in ("", "?before=x", "?before=", "?before=5&limit=0", "?before=5&limit=101"):
        assert await agent.act("GET", conversation, f"/messages{query}") == (400, "kit.bad_input")


async def test_what_does_not_exist_is_not_found_by_any_route(place: Place) -> None:
    agent, conversation = await place.member("owner"), await place.talk()
    for noun in NOUNS:
        assert await agent.act("GET", new_id(), noun) == (404, "conversations.not_found")
    for path in ("/api/conversations/nobody", "/api/conversations/0"):
        assert (await agent.ask("GET", path)).status_code == 404
    for seq in (0, 1, 2, 77, 99_999_999_999):
        assert await agent.act("GET", conversation, f"/messages/{seq}/file") == (404, "files.not_found")


async def test_out_of_sight_is_the_same_as_not_there(place: Place) -> None:
    agent, colleague, auditor = (
        await place.member(),
        await place.member(),
        await place.member("auditor"),
    )
    owner = await (await make_place(place.house, place.http)).member("owner")
    conversation = await place.talk("private")
    await colleague.act("PUT", conversation, "/assignment", {})
    for noun in NOUNS:
        assert await agent.act("GET", conversation, noun) == (404, "conversations.not_found")
        assert await owner.act("GET", conversation, noun) == (404, "conversations.not_found")
        assert (await auditor.act("GET", conversation, noun))[0] == 403
    for member in (agent, owner):
        draft = {"body": "x"}
        assert await member.act("PUT", conversation, "/draft", draft) == (404, "conversations.not_found")


async def test_a_teams_conversation_is_in_sight_of_its_team_alone(place: Place) -> None:
    inside, outside, team = await place.member(), await place.member(), new_id()
    conversation = await place.talk()
    await place.run(
        "with made as (insert into teams (workspace_id, id, name, sort_key) values (:ws, :team, '茶', 'cha'))"
        " insert into team_members (workspace_id, team_id, membership_id) values (:ws, :team, :member)",
        ws=place.workspace_id,
        team=team,
        member=inside.id,
    )
    await place.run("update conversations set team_id = :team", team=team)
    assert await outside.act("GET", conversation) == (404, "conversations.not_found")
    assert (await outside.get("/api/conversations?name=unassigned"))["items"] == []
    assert (await inside.act("GET", conversation))[0] == 200
    assert len((await inside.get("/api/conversations?name=unassigned"))["items"]) == 1
    assert await outside.act("PUT", conversation, "/assignment", {}) == (404, "conversations.not_found")
    await inside.act("PUT", conversation, "/assignment", {})
    await place.run("update teams set archived_at = now()")
    assert (await inside.act("GET", conversation))[0] == 200, "hers stays hers without the team"


async def test_a_draft_is_ones_own_and_the_last_one_counts(place: Place) -> None:
    agent, colleague, conversation = await place.member(), await place.member(), await place.talk()
    for body, note in (("first", False), ("第二稿", True), ("第二稿", True)):
        status, _ = await agent.act("PUT", conversation, "/draft", {"body": body, "note": note})
        assert status == 200
    found = await agent.get(f"/api/conversations/{conversation}")
    assert (found["draft"], found["draft_is_note"], found["rev"]) == ("第二稿", True, 2)
    assert (await colleague.get(f"/api/conversations/{conversation}"))["draft"] == ""
    await agent.act("PUT", conversation, "/draft", {"body": ""})
    emptied = await agent.get(f"/api/conversations/{conversation}")
    assert (emptied["draft"], emptied["draft_is_note"]) == ("", False)
    assert len(await place.rows("select 1 from drafts")) == 1


async def test_of_two_devices_neither_writes_over_what_the_other_has_written(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk()
    path = f"/api/conversations/{conversation}/draft"

    async def put(body: str, version: int | None, note: bool = False) -> Json:
        answer = await agent.ask("PUT", path, {"body": body, "note": note, "version": version})
        assert answer.status_code == 200
        found: Json = answer.json()
        return found

    line = await agent.line()
    assert await agent.get(path) == {"body": "", "note": False, "version": 0, "kept": True}
    first = await put("手机上写的", 0)
    assert (first["version"], first["kept"]) == (1, True)
    moved = await line.next("draft")
    assert (moved["conversation_id"], moved["version"]) == (str(conversation), 1)
    late = await put("电脑上写的", 0, note=True)
    assert late == {"body": "手机上写的", "note": False, "version": 1, "kept": False}
    assert (await put("手机上写的", 0))["version"] == 1, "the same again is no other"
    both = await put("手机上写的\n电脑上写的", 1, note=True)
    assert (both["version"], both["kept"]) == (2, True)
    assert (await put("", 2))["version"] == 3
    assert (await put("空的谁都可以写", 1))["kept"] is True
    assert (await agent.get(f"/api/conversations/{conversation}"))["draft_version"] == 4


async def test_a_draft_that_does_not_fit_is_refused(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk()
    for body in (
        {},
        {"body": None},
        {"body": "x", "note": "yes"},
        {"body": "x" * 10_001},
        {"body": "a\0b"},
        None,
    ):
        assert (await agent.act("PUT", conversation, "/draft", body))[0] == 400, body
    assert await place.rows("select 1 from drafts") == []
    assert await agent.act("PUT", conversation, "/draft", {"body": "茶" * 10_000}) == (200, "")


async def test_who_may_not_reply_keeps_no_draft(place: Place) -> None:
    inspector, conversation = await place.member("inspector"), await place.talk()
    assert await inspector.act("PUT", conversation, "/draft", {"body": "x"}) == (
        403,
        "workspaces.not_permitted",
    )


async def test_a_file_in_a_message_is_opened_by_a_fresh_address_each_time_one_asks(place: Place) -> None:
    agent, colleague, conversation = await place.member(), await place.member(), await place.talk()
    file = await upload(agent, "茶.png", picture(), "image/png")
    send = {"type": "send", "client_id": "f", "kind": "file", "file_id": file["id"]}
    sent = await agent.ask("POST", f"/api/conversations/{conversation}/messages", send)
    assert sent.status_code == 201, sent.text
    place_of_it = f"/api/conversations/{conversation}/messages/{sent.json()['seq']}/file"
    for member in (agent, colleague):
        linked = await member.get(place_of_it)
        assert (linked["id"], linked["name"], linked["width"]) == (file["id"], "茶.png", 8)
        assert (await place.http.get(place.house.url + linked["url"])).content == picture()
        assert linked["thumbnail_url"]
    shown = (await agent.get(f"/api/conversations/{conversation}"))["messages"][-1]
    assert (shown["kind"], shown["payload"]["name"]) == ("image", "茶.png"), "what it is, not what was said"
    await agent.act("PUT", conversation, "/assignment", {})
    assert (await colleague.ask("GET", place_of_it)).status_code == 404


async def test_a_file_is_used_once_and_only_by_who_brought_it(place: Place) -> None:
    agent, colleague = await place.member(), await place.member()
    one, two = await place.talk(), await place.talk()
    file = await upload(agent, "price.txt", "明前 680".encode(), "text/plain")
    send = {"type": "send", "client_id": "f", "kind": "file", "file_id": file["id"]}
    assert await colleague.act("POST", one, "/messages", send) == (404, "files.not_found")
    for _ in range(2):
        assert (await agent.act("POST", one, "/messages", send))[0] == 201
    again = {**send, "client_id": "g"}
    assert await agent.act("POST", two, "/messages", again) == (409, "files.used_already")
    unknown = {**again, "file_id": str(new_id())}
    assert await agent.act("POST", two, "/messages", unknown) == (404, "files.not_found")
    assert len(await place.rows("select 1 from messages where kind = 'file'")) == 1
