"""What a customer must never see: notes, the desk's own affairs, drafts, and anything of somebody else."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kezhan.conversations import read
from kezhan.conversations.receive import Customer
from kezhan.conversations.schemas import (
    Author,
    Changed,
    EventPayload,
    Head,
    Kind,
    Message,
    Resync,
    State,
    VisitorChanged,
)
from kezhan.conversations.tests.place import Json, Member, Place, happenings, make_place, texts
from kezhan.conversations.tests.test_reading import notes
from kezhan.conversations.views import for_visitor, head_of, message_of, visible_to_visitor
from kezhan.kit.errors import NotFound
from kezhan.kit.ids import new_id
from kezhan.kit.testing import queries, reads

SECRET = "多年欠款"


class Ear:
    """A customer's socket, as the hub knows it."""

    def __init__(self) -> None:
        self.frames: list[Json] = []
        self.raw = b""

    def deliver(self, frame: bytes) -> None:
        self.raw += frame
        self.frames.append(msgspec.json.decode(frame))


async def shown(place: Place, customer: Customer, conversation: UUID) -> Json:
    """Her own snapshot, as it travels."""
    reader = place.db.reader(place.workspace_id)
    found = await read.visitor_snapshot(reader, customer.identity_id, conversation)
    snapshot: Json = msgspec.json.decode(msgspec.json.encode(found))
    return snapshot


async def busy_desk(place: Place, agent: Member, customer: Customer) -> UUID:
    """A conversation in which much has happened behind the customer's back."""
    conversation = (await place.says(customer, "one")).conversation_id
    await agent.act("PUT", conversation, "/assignment", {})
    await notes(place, agent, conversation, SECRET, SECRET)
    await agent.act("PUT", conversation, "/draft", {"body": SECRET, "note": True})
    await agent.act("DELETE", conversation, "/assignment")
    await agent.act("PUT", conversation, "/assignment", {})
    reply = {"type": "send", "client_id": str(new_id()), "body": "answer"}
    assert (await agent.act("POST", conversation, "/messages", reply))[0] == 201
    await place.says(customer, "two")
    return conversation


async def test_her_snapshot_and_pages_hold_nothing_of_the_desk(place: Place) -> None:
    agent, customer = await place.member(name="周小满"), await place.customer()
    conversation = await busy_desk(place, agent, customer)
    snapshot = await shown(place, customer, conversation)
    assert texts(snapshot["messages"]) == ["one", "answer", "two"]
    assert happenings(snapshot["messages"]) == ["opened", "taken", "taken"]
    assert SECRET not in str(snapshot)
    assert snapshot["rev"] == 9, "the numbers run on over what she does not see"
    assert set(snapshot) == {"head", "rev", "messages", "marks"}
    assert set(snapshot["head"]) == {"id", "state", "agent", "opened_at", "closed_at", "blocked"}
    assert snapshot["head"]["agent"] == {"kind": "agent", "id": str(agent.id), "name": "周小满"}
    reader = place.db.reader(place.workspace_id)
    seen: list[Message] = []
    before: str | None = "10"
    while before is not None:
        page = await read.visitor_older(reader, customer.identity_id, conversation, int(before), 2)
        seen = [*page.items, *seen]
        before = page.next
    assert [message.seq for message in seen] == [message["seq"] for message in snapshot["messages"]]


async def test_live_frames_tell_her_that_something_was_but_not_what(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer, "one")).conversation_id
    ear = Ear()
    place.desk.hub.join(f"visitor:{customer.identity_id}", ear)
    await notes(place, agent, conversation, SECRET)
    await place.says(customer, "two")
    place.desk.hub.drop(ear)
    note, message = ear.frames
    assert (note["from_rev"], note["rev"], "messages" in note) == (2, 3, False)
    assert (message["from_rev"], message["rev"], texts(message["messages"])) == (3, 4, ["two"])
    assert SECRET.encode() not in ear.raw


async def test_an_edited_or_recalled_note_stays_the_desks_own(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer, "one")).conversation_id
    line, ear = await agent.line(), Ear()
    await line.watch(conversation)
    where = {"conversation_id": str(conversation)}
    sent = await line.answer("send", client_id="n", kind="note", body=SECRET, **where)
    await line.next("changed")
    place.desk.hub.join(f"visitor:{customer.identity_id}", ear)
    await line.answer("edit", ref="e", seq=sent["seq"], body=SECRET + "!", **where)
    await line.next("changed")
    await line.answer("recall", ref="r", seq=sent["seq"], **where)
    await line.next("changed")
    place.desk.hub.drop(ear)
    assert [(frame["rev"], "messages" in frame) for frame in ear.frames] == [(4, False), (5, False)]
    async with place.db.tx(place.workspace_id) as tx:
        missed, _ = await read.changes(tx, conversation, 0)
    assert isinstance(missed, Changed)
    assert len(missed.messages) == 3
    seen = read.to_visitor(missed)
    assert isinstance(seen, VisitorChanged)
    assert [message.kind for message in seen.messages] == [Kind.EVENT, Kind.TEXT]


async def test_the_release_to_the_queue_is_no_event_of_hers_but_her_head_loses_its_agent(
    place: Place,
) -> None:
    agent, customer = await place.member(), await place.customer()
    conversation = (await place.says(customer)).conversation_id
    await agent.act("PUT", conversation, "/assignment", {})
    line, ear = await agent.line(), Ear()
    await line.watch(conversation)
    place.desk.hub.join(f"visitor:{customer.identity_id}", ear)
    await agent.act("DELETE", conversation, "/assignment")
    await line.next("changed")
    (frame,) = ear.frames
    place.desk.hub.drop(ear)
    assert "messages" not in frame
    assert (frame["head"]["state"], frame["head"]["agent"]) == ("queued", None)


async def test_anothers_conversation_is_not_there_for_her_by_any_way(place: Place) -> None:
    customer, stranger = await place.customer(), await place.customer()
    elsewhere = await make_place(place.house, place.http)
    foreign = await elsewhere.customer()
    conversation = (await place.says(customer, "private")).conversation_id
    for who, where in ((stranger, place), (foreign, place), (customer, elsewhere)):
        reader = where.db.reader(where.workspace_id)
        async with where.db.tx(where.workspace_id) as tx:
            for ask in (
                read.visitor_snapshot(reader, who.identity_id, conversation),
                read.visitor_seen(tx, who.identity_id, conversation),
                read.visitor_older(reader, who.identity_id, conversation, 9, 9),
            ):
                with pytest.raises(NotFound) as refused:
                    await ask
                assert refused.value.code == "conversations.not_found"
            assert await read.visitor_conversations(tx, who.identity_id, 9) == []


async def test_her_own_conversations_come_newest_first(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    made: list[UUID] = []
    for _ in range(3):
        made.append((await place.says(customer)).conversation_id)
        await agent.act("PUT", made[-1], "/closure")
    await place.run("update conversations set opened_at = date_trunc('hour', opened_at)")
    async with place.db.tx(place.workspace_id) as tx:
        for limit in (1, 2, 3, 100, 5000):
            heads = await read.visitor_conversations(tx, customer.identity_id, limit)
            assert [head.id for head in heads] == made[::-1][:limit]


async def test_her_reads_are_few_queries_however_much_there_is(place: Place) -> None:
    customer = await place.customer()
    for n in range(12):
        conversation = (await place.says(customer, str(n))).conversation_id
    async with place.db.tx(place.workspace_id) as tx:
        for most, ask in (
            (1, read.visitor_conversations(tx, customer.identity_id, 20)),
            (3, read.changes(tx, conversation, 0)),
        ):
            with queries(tx) as seen:
                await ask
            assert len(seen) == most, seen
    reader = place.db.reader(place.workspace_id)
    with reads() as sent:
        await read.visitor_snapshot(reader, customer.identity_id, conversation)
        await read.visitor_older(reader, customer.identity_id, conversation, 9, 5)
    assert len([statement for statement, _ in sent if "from conversations" in statement]) == 2


# Rows become messages


def row(**changes: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 22, 8, 30, 0, 125_000, UTC)
    plain = {"seq": 2, "rev": 3, "kind": "text", "author_kind": "visitor", "author_id": new_id(), "body": "b"}
    empty = dict.fromkeys(
        ("author_name", "payload", "quote_seq", "client_id", "edited_at", "recalled_at", "fault", "reactions")
    )
    return {**plain, **empty, "created_at": at, **changes}


def test_a_row_becomes_the_message_that_travels() -> None:
    at = datetime(2026, 11, 22, 9, 0, 0, 0, UTC)
    message = message_of(row(author_name="甲", edited_at=at))
    assert (message.at, message.edited_at) == ("2026-11-22T08:30:00.125Z", "2026-11-22T09:00:00.000Z")
    assert (message.author.name, message.recalled_at) == ("甲", None)


def test_a_kind_or_state_of_a_later_version_is_shown_as_unknown_rather_than_failing() -> None:
    assert message_of(row(kind="hologram")).kind is Kind.UNSUPPORTED
    at = datetime(2026, 11, 22, tzinfo=UTC)
    ids = {name: new_id() for name in ("id", "account_id", "identity_id", "contact_id")}
    nothing = dict.fromkeys(
        (
            "contact_name",
            "assignee_id",
            "assignee_name",
            "team_id",
            "waiting_since",
            "closed_at",
            "parked_at",
            "wake_at",
            "transfer_by",
            "merged_into",
        )
    )
    preview = {"preview_seq": 0, "preview_kind": "", "preview_author": "", "preview_text": ""}
    rest = {
        "guests": [],
        "tags": [],
        "channel": "webchat",
        "last_seq": 1,
        "inbound_count": 0,
        "opened_at": at,
        "active_at": at,
    }
    rest |= {"woken_seq": 0, "spam_at": None}
    head: Head = head_of({**ids, **nothing, **preview, **rest, "state": "parked"}, 7)
    assert (head.state, head.rev, head.contact_name, head.assignee_name) == (State.UNKNOWN, 7, "", "")


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"is": "event", "v": 1, "event": "taken", "actor": "甲"}, EventPayload),
        (EventPayload(event="taken"), EventPayload),
        (None, type(None)),
    ],
)
def test_a_payload_is_read_by_its_tag_from_either_driver(payload: Any, kind: type) -> None:
    assert type(message_of(row(kind="event", payload=payload)).payload) is kind


@pytest.mark.parametrize(
    ("kind", "event", "seen"),
    [
        *((kind, None, kind is not Kind.NOTE) for kind in Kind if kind is not Kind.EVENT),
        *((Kind.EVENT, event, True) for event in ("opened", "taken", "assigned", "closed", "reopened")),
        (Kind.EVENT, "released", False),
    ],
)
def test_what_reaches_the_customer_is_decided_by_kind_and_event(
    kind: Kind, event: str | None, seen: bool
) -> None:
    payload = EventPayload(event=event) if event else None
    message = Message(seq=1, rev=1, kind=kind, author=Author(kind="system"), at="", payload=payload)
    assert visible_to_visitor(message) is seen
    assert for_visitor([message, message]) == [message] * (2 * seen)


def test_a_resync_is_the_same_for_both_sides() -> None:
    resync = Resync(conversation_id=new_id())
    assert read.to_visitor(resync) is resync
