"""The customers' socket frame by frame: who she is, what she sends, what she changes of it."""

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from kezhan.channels import visitor_socket
from kezhan.channels.tests.people import Shop, make_shop
from kezhan.channels.tests.wires import Json, Wires, send, talk
from kezhan.kit.ids import new_id
from kezhan.kit.sockets import Close
from kezhan.kit.testing import TestCluster, until
from kezhan.simulate.client import Refused
from kezhan.testing import Running

# auth


async def test_before_her_first_word_ready_names_her_and_no_conversation(shop: Shop, wires: Wires) -> None:
    visitor = await shop.visitor()
    _, ready = await wires.of(visitor)
    wanted = {"type": "ready", "visitor_id": visitor.id, "conversation": None, "agents_online": False}
    assert ready == wanted


async def test_ready_tells_of_the_latest_conversation_and_of_the_desk(shop: Shop, wires: Wires) -> None:
    visitor, agent, conversation_id = await talk(shop)
    _, ready = await wires.of(visitor)
    assert (ready["conversation"]["id"], ready["conversation"]["state"]) == (conversation_id, "queued")
    assert ready["agents_online"] is True
    await agent.request("PUT", f"/api/conversations/{conversation_id}/closure")
    _, ready = await wires.of(visitor)
    assert (ready["conversation"]["state"], ready["conversation"]["closed_at"] is None) == ("closed", False)


@pytest.mark.parametrize("rev", [0, 1, 2])
async def test_resuming_brings_just_what_is_above_the_rev(shop: Shop, wires: Wires, rev: int) -> None:
    visitor, agent, conversation_id = await talk(shop)
    await agent.say(conversation_id, "answer")
    wire, _ = await wires.of(visitor, conversation_id=conversation_id, rev=rev)
    changed = await wire.next()
    assert (changed["type"], changed["from_rev"], changed["rev"]) == ("changed", rev, 3)
    assert [message["rev"] for message in changed["messages"]] == list(range(rev + 1, 4))


@pytest.mark.parametrize("rev", [99, 2**40, 2**70])
async def test_a_rev_beyond_ours_is_told_to_read_afresh(shop: Shop, wires: Wires, rev: int) -> None:
    visitor, _, conversation_id = await talk(shop)
    wire, _ = await wires.of(visitor, conversation_id=conversation_id, rev=rev)
    assert await wire.next() == {"type": "resync", "conversation_id": conversation_id}


async def test_resuming_anothers_conversation_is_refused_and_brings_nothing(shop: Shop, wires: Wires) -> None:
    _, agent, conversation_id = await talk(shop)
    stranger = await shop.visitor()
    for name in (conversation_id, str(new_id())):
        wire = await wires.open()
        await wire.send({"type": "auth", "token": stranger.token, "conversation_id": name})
        refused = await wire.next()
        assert (refused["type"], refused["code"]) == ("refused", "conversations.not_found")
        await agent.say(conversation_id, "for the other one")
        assert await wire.until_pong() == []


async def test_a_line_has_one_visitor_for_good(shop: Shop, wires: Wires) -> None:
    first, second = await shop.visitor(), await shop.visitor()
    wire, _ = await wires.of(first)
    await wire.send({"type": "auth", "token": second.token})
    assert (await wire.next())["code"] == "realtime.not_allowed"
    await wire.send(send("whose?"))
    ack = await wire.next("ack")
    assert (await first.snapshot(ack["conversation_id"]))["messages"]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "auth", "token": "kzv_nobody"},
        {"type": "auth", "token": ""},
        {"type": "send", "client_id": "a", "body": "x"},
        {"type": "watch", "conversation_id": str(new_id())},
        {"type": "page", "url": "https://a.example/"},
        {"type": "typing", "body": "x"},
        {"type": "mark", "conversation_id": str(new_id()), "read_seq": 1},
        {"type": "edit", "ref": "e", "conversation_id": str(new_id()), "seq": 1, "body": "x"},
        {"type": "recall", "ref": "e", "conversation_id": str(new_id()), "seq": 1},
    ],
)
async def test_whoever_does_not_say_who_she_is_first_is_hung_up_on(wires: Wires, frame: Json) -> None:
    wire = await wires.open()
    await wire.send(frame)
    assert await wire.end() == 4401


async def test_a_silent_line_is_closed_and_a_named_one_is_not(
    shop: Shop, wires: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await shop.visitor()
    monkeypatch.setattr(visitor_socket, "AUTH_SECONDS", 0.3)
    named, _ = await wires.of(visitor)
    silent = await wires.open()
    assert await silent.end() == 4401
    assert await named.until_pong() == []


@pytest.mark.parametrize(("origin", "good"), [("https://a.example", True), ("https://b.example", False)])
async def test_a_page_that_is_not_listed_gets_no_line(
    shop: Shop, wires: Wires, origin: str, good: bool
) -> None:
    visitor, owner = await shop.visitor(), await shop.agent("owner")
    settings = {"settings": {"origins": ["https://a.example"]}}
    await owner.request("PATCH", f"/api/channels/{shop.account_id}", settings)
    wire = await wires.open(origin)
    await wire.send({"type": "auth", "token": visitor.token})
    if good:
        assert (await wire.next())["type"] == "ready"
    else:
        assert await wire.end() == 4401


async def test_a_database_that_is_away_ends_nobodys_session(cluster: TestCluster, own_house: Running) -> None:
    shop = await make_shop(own_house)
    visitor, wires = await shop.visitor(), Wires(shop)
    database = own_house.db.access.database
    with psycopg.connect(own_house.db.access.psycopg("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"alter database {database} allow_connections false")
        cluster.cut(own_house.db.access)
        for _ in range(2):
            wire = await wires.open()
            await wire.send({"type": "auth", "token": visitor.token})
            assert await wire.end() == Close.RESTART
        admin.execute(f"alter database {database} allow_connections true")
    await wires.of(visitor)
    await wires.close()
    await shop.close()


# send


async def test_a_text_is_acknowledged_with_its_place_and_told_to_everybody_once(
    shop: Shop, wires: Wires
) -> None:
    visitor, agent, conversation_id = await talk(shop)
    wire, _ = await wires.of(visitor, conversation_id=conversation_id, rev=2)
    await wire.send(send("second", "c-2", quote_seq=2))
    ack = await wire.next("ack")
    named = (ack["client_id"], ack["conversation_id"], ack["seq"], ack["rev"])
    assert named == ("c-2", conversation_id, 3, 3)
    await wire.send(send("altered", "c-2"))
    again = await wire.next("ack")
    assert (again["seq"], again["repeated"]) == (3, True)
    thread = agent.threads[conversation_id]
    await until(lambda: 3 in thread.messages)
    stored = thread.messages[3]
    assert (stored["body"], stored["quote_seq"], stored["client_id"]) == ("second", 2, "c-2")
    assert max(thread.messages) == 3


@pytest.mark.parametrize("quote", [0, -1, 3, 99])
async def test_a_quote_of_what_was_never_said_is_left_out(shop: Shop, quote: int) -> None:
    visitor, agent, conversation_id = await talk(shop)
    await visitor.say("quoting", quote_seq=quote)
    thread = agent.threads[conversation_id]
    await until(lambda: 3 in thread.messages)
    assert "quote_seq" not in thread.messages[3]
    (fresh,) = [m for m in (await visitor.snapshot(conversation_id))["messages"] if m["seq"] == 3]
    assert "quote_seq" not in fresh


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (send(""), "conversations.empty"),
        (send(" \u3000\n"), "conversations.empty"),
        (send("x\u0000"), "kit.bad_text"),
        (send("x", "c\u0000"), "kit.bad_text"),
        (send("x", kind="note"), "realtime.not_allowed"),
        (send("x", kind="event"), "realtime.bad_frame"),
        (send("x", kind="file"), "conversations.kind_mismatch"),
        (send("x", file_id=str(new_id())), "conversations.kind_mismatch"),
        (send("x", kind="image", file_id=str(new_id())), "files.not_found"),
        (send("x" * 10_001), "realtime.bad_frame"),
        (send("x", "c" * 101), "realtime.bad_frame"),
        (send("x", quote_seq="1"), "realtime.bad_frame"),
        (send("x", conversation_id="here"), "realtime.bad_frame"),
    ],
)
async def test_what_cannot_be_sent_is_refused_by_its_name_in_the_readers_words(
    shop: Shop, wires: Wires, frame: Json, code: str
) -> None:
    visitor = await shop.visitor()
    wire, _ = await wires.of(visitor)
    await wire.send(frame)
    refused = await wire.next()
    assert (refused["type"], refused["code"]) == ("refused", code)
    assert refused["title"]
    if "\0" not in frame["client_id"]:
        assert refused["ref"] == frame["client_id"][:100]
    assert await visitor.get("/w/v1/conversations") == []


async def test_the_longest_text_goes_through_whole(shop: Shop) -> None:
    visitor = await shop.visitor()
    ack = await visitor.say("茶" * 10_000)
    (_, message) = (await visitor.snapshot(ack["conversation_id"]))["messages"]
    assert message["body"] == "茶" * 10_000


async def test_frames_of_one_line_are_carried_out_in_their_order(shop: Shop, wires: Wires) -> None:
    wire, _ = await wires.of(await shop.visitor())
    for n in range(12):
        await wire.send(send(str(n), f"c-{n}"))
    acks = [await wire.next("ack") for _ in range(12)]
    assert [ack["client_id"] for ack in acks] == [f"c-{n}" for n in range(12)]
    assert [ack["seq"] for ack in acks] == list(range(2, 14))


async def test_a_word_after_the_end_opens_the_next_conversation_for_every_line_of_hers(
    shop: Shop, wires: Wires
) -> None:
    visitor, agent, first = await talk(shop)
    phone, _ = await wires.of(visitor)
    await agent.request("PUT", f"/api/conversations/{first}/closure")
    ack = await visitor.say("one thing more")
    assert ack["conversation_id"] != first
    while (frame := await phone.next("changed"))["conversation_id"] == first:
        pass
    assert frame["conversation_id"] == ack["conversation_id"]


# edit and recall


async def _edit_window_over(shop: Shop) -> None:
    async with shop.db.tx(shop.workspace_id) as tx:
        await tx.run(text("update messages set created_at = created_at - interval '11 minutes'"))


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "edit", "seq": 2, "body": " "}, "conversations.empty"),
        ({"type": "edit", "seq": 2, "body": "x" * 10_001}, "realtime.bad_frame"),
        ({"type": "edit", "seq": 1, "body": "x"}, "conversations.not_yours"),
        ({"type": "edit", "seq": 3, "body": "x"}, "conversations.not_yours"),
        ({"type": "edit", "seq": 0, "body": "x"}, "conversations.no_message"),
        ({"type": "edit", "seq": 99, "body": "x"}, "conversations.no_message"),
        ({"type": "recall", "seq": 3}, "conversations.not_yours"),
        ({"type": "recall", "seq": -1}, "conversations.no_message"),
        ({"type": "recall", "seq": 2, "conversation_id": str(UUID(int=1))}, "conversations.not_found"),
    ],
)
async def test_a_change_that_is_not_hers_to_make_is_refused(shop: Shop, frame: Json, code: str) -> None:
    visitor, agent, conversation_id = await talk(shop)
    await agent.say(conversation_id, "answer")
    before = await visitor.snapshot(conversation_id)
    with pytest.raises(Refused) as refused:
        await visitor.call({"ref": "r", "conversation_id": conversation_id, **frame})
    assert refused.value.code == code
    assert await visitor.snapshot(conversation_id) == before


async def test_after_ten_minutes_words_stand_as_they_were_said(shop: Shop) -> None:
    visitor, _, conversation_id = await talk(shop)
    await _edit_window_over(shop)
    for frame in ({"type": "edit", "body": "x"}, {"type": "recall"}):
        with pytest.raises(Refused, match="too_late"):
            await visitor.call({"ref": "r", "conversation_id": conversation_id, "seq": 2, **frame})


async def test_a_recalled_message_cannot_be_edited_back_and_recalls_again_quietly(shop: Shop) -> None:
    visitor, agent, conversation_id = await talk(shop)
    where = {"conversation_id": conversation_id, "seq": 2}
    for ref in ("1", "2"):
        await visitor.call({"type": "recall", "ref": ref, **where})
    with pytest.raises(Refused, match="not_editable"):
        await visitor.call({"type": "edit", "ref": "3", "body": "back", **where})
    thread = agent.threads[conversation_id]
    await until(lambda: thread.messages[2].get("recalled_at"))
    assert (thread.rev, "body" in thread.messages[2]) == (3, False)
