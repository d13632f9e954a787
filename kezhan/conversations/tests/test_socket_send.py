"""The workbench's socket, frame by frame: what an agent sends, edits and takes back, and what is refused."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.change import recall
from kezhan.conversations.tests.place import Json, Line, Member, Place, make_place, texts
from kezhan.conversations.tests.test_reading import notes, picture, upload
from kezhan.kit.ids import new_id


async def talk(place: Place, role: str = "agent") -> tuple[Member, Line, UUID]:
    """An agent who has a new conversation open."""
    agent, conversation = await place.member(role), await place.talk()
    line = await agent.line()
    await line.watch(conversation)
    return agent, line, conversation


async def say(line: Line, conversation_id: Any, body: str = "yes", **more: Any) -> Json:
    frame = {"client_id": str(new_id()), "conversation_id": str(conversation_id), "body": body, **more}
    return await line.answer("send", **frame)


async def kept(agent: Member, conversation_id: UUID) -> list[Json]:
    found: list[Json] = (await agent.get(f"/api/conversations/{conversation_id}"))["messages"]
    return found


async def test_a_reply_is_acknowledged_with_its_place_and_comes_back_as_everybody_sees_it(
    place: Place,
) -> None:
    agent, line, conversation = await talk(place)
    await line.tell("send", client_id="c1", conversation_id=str(conversation), body="有的", quote_seq=2)
    frames = [await line.hear(), await line.hear()]
    while not {"ack", "changed"} <= {frame["type"] for frame in frames}:
        frames.append(await line.hear())
    (ack,) = [frame for frame in frames if frame["type"] == "ack"]
    (changed,) = [frame for frame in frames if frame["type"] == "changed"]
    assert (ack["client_id"], ack["seq"], ack["rev"], "repeated" in ack) == ("c1", 3, 3, False)
    assert (changed["from_rev"], changed["rev"]) == (2, 3)
    assert changed["messages"] == (await kept(agent, conversation))[2:]
    assert changed["messages"][0]["client_id"] == "c1"
    assert changed["messages"][0]["at"] == ack["at"]


async def test_a_repeat_is_acknowledged_as_one_and_stored_once_with_or_without_watching(place: Place) -> None:
    agent, line, conversation = await talk(place)
    first = await say(line, conversation, client_id="same")
    again = await say(line, conversation, "other words", client_id="same")
    elsewhere = await say(await agent.line(), conversation, client_id="same")
    posted = await agent.ask(
        "POST",
        f"/api/conversations/{conversation}/messages",
        {"type": "send", "client_id": "same", "body": "x"},
    )
    for answer in (again, elsewhere, posted.json()):
        assert (answer["seq"], answer["repeated"]) == (first["seq"], True)
    assert texts(await kept(agent, conversation)) == ["hello", "yes"]


async def test_what_is_sent_at_once_is_stored_in_the_order_it_was_sent_whether_slow_or_not(
    place: Place,
) -> None:
    agent, conversation = await place.member(), await place.talk()
    line = await agent.line()
    file = await upload(agent, "t.png", picture(), "image/png")
    where = {"conversation_id": str(conversation)}
    await line.tell("send", client_id="a", body="before watching", **where)
    await line.tell("watch", rev=0, **where)
    await line.tell("send", client_id="b", kind="image", file_id=file["id"], **where)
    await line.tell("send", client_id="c", body="quick", **where)
    acks = [await line.next("ack") for _ in range(3)]
    assert [(ack["client_id"], ack["seq"]) for ack in acks] == [("a", 3), ("b", 4), ("c", 5)]


@pytest.mark.parametrize("watching", [True, False])
async def test_what_cannot_be_sent_is_refused_by_name_and_leaves_nothing(
    place: Place, watching: bool
) -> None:
    agent, line, conversation = await talk(place)
    if not watching:
        line = await agent.line()
    file, here = str(new_id()), str(conversation)
    refusals: tuple[tuple[str, Json], ...] = (
        ("conversations.empty", {"body": ""}),
        ("conversations.empty", {"body": " \n\t　"}),
        ("conversations.empty", {"kind": "note", "body": ""}),
        ("conversations.kind_mismatch", {"kind": "image", "body": "no file"}),
        ("conversations.kind_mismatch", {"kind": "text", "file_id": file, "body": "x"}),
        ("conversations.kind_mismatch", {"kind": "note", "file_id": file, "body": "x"}),
        ("files.not_found", {"kind": "file", "file_id": file}),
        ("kit.bad_text", {"body": "a\0b"}),
        ("kit.bad_text", {"body": "x", "client_id": "n\0"}),
        ("realtime.bad_frame", {"body": "x", "quote_seq": 2**40}),
        ("realtime.bad_frame", {"body": "x" * 10_001}),
        ("realtime.bad_frame", {"body": "x", "kind": "event"}),
        ("realtime.bad_frame", {"body": "x", "client_id": "c" * 101}),
        ("realtime.bad_frame", {"body": "x", "conversation_id": "here"}),
        ("conversations.not_found", {"body": "x", "conversation_id": None}),
        ("conversations.not_found", {"body": "x", "conversation_id": str(new_id())}),
    )
    for code, frame in refusals:
        sent = {"client_id": str(new_id()), "conversation_id": here, **frame}
        await line.tell("send", **sent)
        refused = await line.next("refused")
        assert (refused["code"], refused["ref"][:36]) == (code, sent["client_id"][:36]), frame
        assert refused["title"] != code
    assert texts(await kept(agent, conversation)) == ["hello"]
    assert (await say(line, conversation, "x" * 10_000))["type"] == "ack"


async def test_a_quote_of_nothing_earlier_is_left_out_on_every_way_to_the_screen(place: Place) -> None:
    agent, line, conversation = await talk(place)
    for quote in (-1, 0, 99):
        await line.tell(
            "send", client_id=f"q{quote}", conversation_id=str(conversation), body="q", quote_seq=quote
        )
        assert "quote_seq" not in (await line.next("changed"))["messages"][0]
    await line.tell("send", client_id="good", conversation_id=str(conversation), body="q", quote_seq=2)
    assert (await line.next("changed"))["messages"][0]["quote_seq"] == 2
    assert [message.get("quote_seq") for message in await kept(agent, conversation)][2:] == [
        None,
        None,
        None,
        2,
    ]


async def test_into_a_closed_conversation_nothing_goes_but_a_repeat_is_still_answered(place: Place) -> None:
    agent, line, conversation = await talk(place)
    await say(line, conversation, client_id="before")
    await agent.act("PUT", conversation, "/closure")
    late = await say(line, conversation)
    assert (late["type"], late["code"]) == ("refused", "conversations.closed")
    note = await say(line, conversation, kind="note")
    assert note["code"] == "conversations.closed"
    assert (await say(line, conversation, client_id="before"))["repeated"] is True


async def test_who_may_only_look_on_cannot_write_by_any_frame(place: Place) -> None:
    inspector, line, conversation = await talk(place, "inspector")
    agent = await place.member()
    other = await agent.line()
    await other.watch(conversation)
    mine = await say(other, conversation, "agent's")
    for kind, frame in (("send", {"body": "x"}), ("edit", {"seq": 3, "body": "x"}), ("recall", {"seq": 3})):
        named = {"client_id": "x"} if kind == "send" else {"ref": "x"}
        answer = await line.answer(kind, conversation_id=str(conversation), **named, **frame)
        assert (answer["type"], answer["code"]) == ("refused", "kit.forbidden"), kind
    await line.tell("mark", conversation_id=str(conversation), read_seq=mine["seq"])
    await line.tell("typing", conversation_id=str(conversation))
    assert "refused" in {frame["type"] for frame in await line.said()}
    await say(other, conversation, "still there")
    assert "typing" not in {frame["type"] for frame in await other.said()}
    assert (await inspector.get(f"/api/conversations/{conversation}"))["marks"] == []


# Edit and recall


async def change(line: Line, kind: str, conversation_id: Any, seq: int, **more: Any) -> str:
    """`done`, or the refusal's code."""
    answer = await line.answer(kind, conversation_id=str(conversation_id), seq=seq, **more)
    return str(answer.get("code", answer["type"]))


async def events_of(place: Place, conversation_id: UUID) -> list[tuple[int, int, bool]]:
    return [
        (event["seq"], event["rev"], event["recalled"])
        for event in await place.events(conversation_id)
        if event["event"] == "message.changed"
    ]


async def test_an_edit_rewrites_for_everybody_once_and_is_told_once(place: Place) -> None:
    agent, line, conversation = await talk(place)
    seq = (await say(line, conversation, "tpyo"))["seq"]
    watcher = await (await place.member()).line()
    await watcher.watch(conversation)
    for _ in range(2):
        assert await change(line, "edit", conversation, seq, body="typo") == "done"
    changed = await watcher.next("changed")
    assert (changed["from_rev"], changed["rev"]) == (3, 4)
    (message,) = changed["messages"]
    assert (message["seq"], message["rev"], message["body"]) == (seq, 4, "typo")
    assert message["edited_at"] >= message["at"]
    assert await events_of(place, conversation) == [(seq, 4, False)]
    head = (await agent.get(f"/api/conversations/{conversation}"))["head"]
    assert (head["preview"]["text"], head["rev"], head["last_seq"]) == ("typo", 4, 3)


async def test_a_recall_empties_the_message_and_its_preview_and_is_told_once(place: Place) -> None:
    agent, line, conversation = await talk(place)
    seq = (await say(line, conversation, "wrong price", quote_seq=2))["seq"]
    for _ in range(2):
        assert await change(line, "recall", conversation, seq) == "done"
    (message,) = [one for one in await kept(agent, conversation) if one["seq"] == seq]
    assert "body" not in message
    assert "quote_seq" not in message
    assert message["recalled_at"]
    assert await events_of(place, conversation) == [(seq, 4, True)]
    preview = (await agent.get(f"/api/conversations/{conversation}/row"))["head"]["preview"]
    assert (preview["text"], preview["kind"]) == ("", "recalled")
    assert "wrong price" not in str(await place.rows("select * from messages, conversations"))
    assert await change(line, "edit", conversation, seq, body="x") == "conversations.not_editable"


async def test_an_older_message_changed_leaves_the_preview_of_the_last_one(place: Place) -> None:
    agent, line, conversation = await talk(place)
    first, _ = await say(line, conversation, "first"), await say(line, conversation, "last")
    await change(line, "edit", conversation, first["seq"], body="edited")
    await change(line, "recall", conversation, first["seq"])
    assert (await agent.get(f"/api/conversations/{conversation}/row"))["head"]["preview"]["text"] == "last"


async def test_after_ten_minutes_ones_words_stand(place: Place) -> None:
    agent, line, conversation = await talk(place)
    early, late = (await say(line, conversation))["seq"], (await say(line, conversation))["seq"]
    for seq, age in ((early, "9 minutes 50 seconds"), (late, "10 minutes 1 second")):
        await place.run(
            "update messages set created_at = now() - cast(cast(:age as text) as interval) where seq = :seq",
            age=age,
            seq=seq,
        )
    assert await change(line, "edit", conversation, late, body="x") == "conversations.too_late"
    assert await change(line, "recall", conversation, late) == "conversations.too_late"
    assert await change(line, "edit", conversation, late, body="yes") == "done", (
        "the same words change nothing"
    )
    assert await change(line, "edit", conversation, early, body="x") == "done"
    assert await change(line, "recall", conversation, early) == "done"
    refused = await line.answer("edit", conversation_id=str(conversation), seq=late, body="x")
    assert "10" in refused["title"]
    assert texts(await kept(agent, conversation)) == ["hello", "", "yes"]


async def test_only_ones_own_words_that_exist_and_are_words_can_be_edited(place: Place) -> None:
    agent, line, conversation = await talk(place)
    file = await upload(agent, "t.png", picture(), "image/png")
    image = await say(line, conversation, "", kind="image", file_id=file["id"])
    colleague = await place.member()
    await notes(place, colleague, conversation, "a colleague's note")
    mine = (await say(line, conversation, "mine"))["seq"]
    for seq, body, code in (
        (1, "x", "conversations.not_yours"),
        (2, "x", "conversations.not_yours"),
        (image["seq"], "x", "conversations.not_editable"),
        (image["seq"] + 1, "x", "conversations.not_yours"),
        (99, "x", "conversations.no_message"),
        (0, "x", "conversations.no_message"),
        (-1, "x", "conversations.no_message"),
        (2**31 - 1, "x", "conversations.no_message"),
        (2**31, "x", "realtime.bad_frame"),
        (mine, "  ", "conversations.empty"),
        (mine, "a\0", "kit.bad_text"),
    ):
        assert await change(line, "edit", conversation, seq, body=body) == code
        if body == "x" and code != "conversations.not_editable":
            assert await change(line, "recall", conversation, seq) == code
    assert await change(line, "edit", new_id(), mine, body="x") == "conversations.not_found"
    stranger = await (await make_place(place.house, place.http)).member("owner")
    foreign = await stranger.line()
    assert await change(foreign, "edit", conversation, mine, body="x") == "conversations.not_found"
    assert await change(foreign, "recall", conversation, mine) == "conversations.not_found"
    assert await events_of(place, conversation) == []


async def test_a_recalled_picture_takes_its_file_along(place: Place) -> None:
    agent, line, conversation = await talk(place)
    file = await upload(agent, "t.png", picture(), "image/png")
    sent = await say(line, conversation, "", kind="image", file_id=file["id"])
    link = (await agent.get(f"/api/conversations/{conversation}/messages/{sent['seq']}/file"))["url"]
    for _ in range(2):
        assert await change(line, "recall", conversation, sent["seq"]) == "done"
    gone = await agent.act("GET", conversation, f"/messages/{sent['seq']}/file")
    assert gone == (404, "files.not_found")
    assert (await place.http.get(place.house.url + link)).status_code == 404
    told = await place.rows("select body from outbox where kind like '%erased%'")
    assert [row.body["file_id"] for row in told] == [file["id"]]


async def test_two_changes_at_once_of_one_conversation_are_numbered_one_after_the_other(place: Place) -> None:
    agent, line, conversation = await talk(place)
    seqs = [(await say(line, conversation, f"m{n}"))["seq"] for n in range(4)]
    lines = [await agent.line() for _ in seqs]
    done = await asyncio.gather(
        *(change(one, "edit", conversation, seq, body="edited") for one, seq in zip(lines, seqs, strict=True))
    )
    assert done == ["done"] * 4
    revs = [message["rev"] for message in (await kept(agent, conversation))[2:]]
    assert sorted(revs) == [7, 8, 9, 10]
    assert sorted(await events_of(place, conversation)) == sorted(zip(seqs, revs, [False] * 4, strict=True))


async def test_a_visitors_repeat_of_a_recalled_message_does_not_bring_it_back(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    first = await place.says(customer, "my number is 123", client_id="v")
    async with place.db.tx(place.workspace_id) as tx:
        await recall(tx, first.conversation_id, first.seq, author_id=customer.identity_id)
    again = await place.says(customer, "my number is 123", client_id="v")
    assert (again.outcome, again.seq) == ("known", first.seq)
    assert texts(await kept(agent, first.conversation_id)) == [""]
