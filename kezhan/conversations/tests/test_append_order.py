"""The append lane when something goes wrong: order, answers and listeners stay right."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import psycopg
import pytest

from kezhan.conversations import append as lane_module
from kezhan.conversations.append import Lane
from kezhan.conversations.items import Append, Appended, Flushed, MarkItem
from kezhan.conversations.receive import Customer
from kezhan.conversations.tests.factories import message
from kezhan.conversations.tests.place import Place, make_place
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.testing import PATIENCE


class Heard:
    """A lane of its own, beside the house's, and what it has made visible."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.flushed: list[Flushed] = []
        lane.on_flush = self.flushed.append

    def seqs(self, conversation_id: UUID) -> list[int]:
        return [
            message.seq
            for flushed in self.flushed
            for said in flushed.said
            for message in said.messages
            if said.conversation_id == conversation_id
        ]


@pytest.fixture
async def heard(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Heard]:
    monkeypatch.setattr(lane_module, "_RECONNECT_SECONDS", 0.01)
    lane = Lane(db)
    await lane.start()
    yield Heard(lane)
    await lane.stop()


async def opened(place: Place) -> tuple[Customer, UUID]:
    customer = await place.customer()
    return customer, (await place.says(customer, "first")).conversation_id


async def bodies(place: Place, conversation_id: UUID) -> list[str]:
    rows = await place.rows(
        "select body from messages where conversation_id = :id and kind <> 'event' order by seq",
        id=conversation_id,
    )
    return [row.body for row in rows]


def answers_of(lane: Lane, *items: Append) -> list[asyncio.Future[Appended]]:
    """Put all of them in at once; each one's answer."""
    return [asyncio.ensure_future(lane.append(item)) for item in items]


async def test_a_guilty_neighbour_does_not_let_later_messages_pass_a_waiting_one(
    place: Place, heard: Heard
) -> None:
    customer, locked = await opened(place)
    other, free = await opened(place)
    access = place.db.access
    with psycopg.connect(access.psycopg("kz_lane"), autocommit=False) as elsewhere:
        elsewhere.execute("select 1 from conversations where id = %s for update", (locked,))
        guilty = message(other, "bad", "nul\0", free)
        guilty.done = lambda item, answer: elsewhere.rollback()
        answers = await asyncio.gather(
            *answers_of(
                heard.lane,
                message(customer, "a", "a", locked),
                guilty,
                message(customer, "b", "b", locked),
                message(customer, "c", "c", locked),
            )
        )
    assert [answer.outcome for answer in answers] == ["new", "refused", "new", "new"]
    assert await bodies(place, locked) == ["first", "a", "b", "c"]


@pytest.mark.parametrize("where", range(5))
async def test_wherever_the_guilty_one_stands_it_alone_is_refused(
    place: Place, heard: Heard, where: int
) -> None:
    customer, conversation = await opened(place)
    items = [message(customer, f"c{n}", f"m{n}", conversation) for n in range(5)]
    items[where].body = "nul\0"
    answers = await asyncio.gather(*answers_of(heard.lane, *items))
    good = [n for n in range(5) if n != where]
    assert [n for n, answer in enumerate(answers) if answer.outcome == "new"] == good
    assert await bodies(place, conversation) == ["first", *(f"m{n}" for n in good)]
    assert heard.seqs(conversation) == [3, 4, 5, 6]
    again = await heard.lane.append(message(customer, f"c{where}", "mended", conversation))
    assert again.outcome == "new", "a refused client_id is free to be used again"


async def test_what_the_database_cannot_hold_is_refused_whichever_field_it_is_in(
    place: Place, heard: Heard
) -> None:
    customer, conversation = await opened(place)

    def item(**changes: object) -> Append:
        made = message(customer, str(new_id()), "x", conversation)
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    bad = [
        item(client_id="nul\0"),
        item(client_id=""),
        item(client_id="c" * 201),
        item(body="x" * 10_001),
        item(quote_seq=2**31),
        item(author_kind="ghost"),
        item(kind="nul\0"),
    ]
    good = [item(body="good"), item(quote_seq=2, body="quoting")]
    answers = await asyncio.gather(*answers_of(heard.lane, *bad, *good))
    assert [answer.outcome for answer in answers] == ["refused"] * len(bad) + ["new"] * 2
    assert await bodies(place, conversation) == ["first", "good", "quoting"]


async def test_a_mark_beyond_measure_is_dropped_and_messages_beside_it_are_stored(
    place: Place, heard: Heard
) -> None:
    customer, conversation = await opened(place)
    agent = new_id()

    def mark(read: int, party: UUID) -> MarkItem:
        return MarkItem(
            workspace_id=place.workspace_id,
            conversation_id=conversation,
            party_kind="agent",
            party_id=party,
            delivered_seq=0,
            read_seq=read,
        )

    heard.lane.mark(mark(2**40, new_id()))
    heard.lane.mark(mark(2, agent))
    heard.lane.mark(mark(-3, new_id()))
    answer = await heard.lane.append(message(customer, "a", "a", conversation))
    await heard.lane.stop()
    assert answer.outcome == "new"
    rows = await place.rows("select party_id, read_seq from marks")
    assert [(row.party_id, row.read_seq) for row in rows] == [(agent, 2)]


async def test_an_answer_lost_at_the_commit_is_found_again_and_the_listeners_hear_of_it(
    place: Place, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, conversation = await opened(place)
    write, lost = heard.lane._write, [True]

    async def breaks_after_the_commit(*given: object) -> object:
        written = await write(*given)  # type: ignore[arg-type]
        if lost:
            lost.pop()
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        return written

    monkeypatch.setattr(heard.lane, "_write", breaks_after_the_commit)
    answer = await heard.lane.append(message(customer, "a", "a", conversation))
    assert (answer.outcome, answer.seq) == ("known", 3)
    assert await bodies(place, conversation) == ["first", "a"]
    found = [one for flushed in heard.flushed for one in flushed.found]
    assert found == [(place.workspace_id, conversation, 3)]


async def test_a_connection_that_dies_while_idle_costs_nobody_an_answer(place: Place, heard: Heard) -> None:
    customer, conversation = await opened(place)
    assert heard.lane._conn is not None
    heard.lane._conn.terminate()
    answer = await asyncio.wait_for(heard.lane.append(message(customer, "a", "a", conversation)), PATIENCE)
    assert (answer.outcome, answer.seq) == ("new", 3)


async def test_what_is_taken_in_before_the_stop_is_stored_before_it(place: Place, db: Database) -> None:
    customer, conversation = await opened(place)
    lane = Lane(db)
    await lane.start()
    answers = answers_of(lane, *(message(customer, f"c{n}", f"m{n}", conversation) for n in range(20)))
    await asyncio.sleep(0)
    await lane.stop()
    assert all(answer.done() for answer in answers)
    assert len(await bodies(place, conversation)) == 21


async def test_a_flush_is_cut_at_its_size_and_the_order_runs_over_the_cut(
    place: Place, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "FLUSH", 3)
    customer, conversation = await opened(place)
    answers = await asyncio.gather(
        *answers_of(heard.lane, *(message(customer, f"c{n}", f"m{n}", conversation) for n in range(8)))
    )
    assert [answer.seq for answer in answers] == list(range(3, 11))
    said = [one for flushed in heard.flushed for one in flushed.said]
    assert [len(one.messages) for one in said] == [3, 3, 2]
    spans = [(one.from_rev, one.messages[-1].rev) for one in said]
    assert spans == [(2, 5), (5, 8), (8, 10)]


async def test_while_a_flush_is_told_the_next_is_at_the_database(
    place: Place, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "FLUSH", 3)
    customer, conversation = await opened(place)
    waiting: list[int] = []
    heard.lane.on_flush = lambda _: waiting.append(heard.lane.queued)
    await asyncio.gather(
        *answers_of(heard.lane, *(message(customer, f"c{n}", f"m{n}", conversation) for n in range(8)))
    )
    assert waiting == [2, 0, 0], "of 8 the first three are told when the next three have left the queue"


async def test_one_flush_serves_many_workspaces_and_mixes_none(place: Place, heard: Heard) -> None:
    elsewhere = await make_place(place.house, place.http)
    (one, here), (two, there) = await opened(place), await opened(elsewhere)
    items = [message(one, "same", "mine", here), message(two, "same", "yours", there)]
    answers = await asyncio.gather(*answers_of(heard.lane, *items))
    assert [answer.outcome for answer in answers] == ["new", "new"], "client ids are each sender's own"
    assert len(heard.flushed) == 1
    assert (await bodies(place, here), await bodies(elsewhere, there)) == (
        ["first", "mine"],
        ["first", "yours"],
    )
    stranger = message(one, "stray", "stray", there)
    assert (await heard.lane.append(stranger)).outcome == "gone"
    assert [event["seq"] for event in await place.events(here) if event["event"] == "message.appended"] == [
        2,
        3,
    ]
    assert await place.events(there) == []


async def test_the_lanes_role_can_neither_read_people_nor_take_anything_away(db: Database) -> None:
    conn = await db.connect("kz_lane")
    for statement in (
        "select email from memberships",
        "select * from contacts",
        "select body from drafts",
        "select token_digest from sessions",
        "delete from messages",
        "update messages set body = ''",
        "delete from conversations",
        "update contacts set name = ''",
        "select * from outbox",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement)
    await conn.close()


async def test_what_finds_no_room_on_the_disk_waits_for_room_and_is_not_refused(
    place: Place, heard: Heard
) -> None:
    """A full disk is nobody's guilt: it is told by a trigger here, until there is room again."""
    customer, conversation = await opened(place)
    owner = await asyncpg.connect(**place.db.access.asyncpg("kz_owner"))
    try:
        await owner.execute(
            "create function full_disk() returns trigger language plpgsql as"
            " $$ begin raise exception 'no room' using errcode = 'disk_full'; end $$;"
            " create trigger full_disk before insert on messages execute function full_disk()"
        )
        try:
            answers = answers_of(heard.lane, message(customer, "a", "a", conversation))
            await asyncio.sleep(0.05)
            assert not answers[0].done()
        finally:
            await owner.execute("drop trigger full_disk on messages; drop function full_disk()")
    finally:
        await owner.close()
    assert (await answers[0]).outcome == "new"
    assert await bodies(place, conversation) == ["first", "a"]
