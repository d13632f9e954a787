"""The append lane on a real database: numbered, deduplicated, isolated, acknowledged after the commit."""

import asyncio
import re
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kezhan.conversations.append import Lane
from kezhan.conversations.items import Append, Appended, MarkItem
from kezhan.conversations.receive import Customer, Door, open_conversation
from kezhan.conversations.tests.factories import make_account, make_customer, make_workspace, message
from kezhan.kit.db import Database
from kezhan.kit.testing import PATIENCE, TestCluster


@pytest.fixture
async def lane(db: Database) -> AsyncIterator[Lane]:
    lane = Lane(db)
    await lane.start()
    yield lane
    await lane.stop()


@pytest.fixture
async def customer(db: Database) -> Customer:
    workspace_id = await make_workspace(db)
    return await make_customer(db, workspace_id, await make_account(db, workspace_id))


async def open_for(db: Database, customer: Customer) -> UUID:
    async with db.tx(customer.workspace_id) as tx:
        return await open_conversation(tx, customer)


async def stored(db: Database, customer: Customer) -> list[tuple[int, int, str]]:
    async with db.tx(customer.workspace_id) as tx:
        rows = await tx.rows(
            text("select seq, rev, body from messages where kind = 'text' order by conversation_id, seq")
        )
    return [(row.seq, row.rev, row.body) for row in rows]


async def send(door: Door, customer: Customer, client_id: str, body: str = "hello") -> Appended:
    answer: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
    item = message(customer, client_id, body)
    item.done = lambda _, appended: answer.set_result(appended)
    door.receive(customer, item)
    return await asyncio.wait_for(answer, PATIENCE)


async def test_messages_get_gapless_numbers_in_the_order_they_entered(
    db: Database, lane: Lane, customer: Customer
) -> None:
    conversation_id = await open_for(db, customer)
    answers = await asyncio.gather(
        *(lane.append(message(customer, f"c{n}", f"m{n}", conversation_id)) for n in range(300))
    )
    assert [answer.seq for answer in answers] == list(range(2, 302))
    assert [body for _, _, body in await stored(db, customer)] == [f"m{n}" for n in range(300)]


async def test_the_same_client_id_is_stored_once_and_answers_the_same_place(
    db: Database, lane: Lane, customer: Customer
) -> None:
    conversation_id = await open_for(db, customer)
    first, at_once = await asyncio.gather(
        lane.append(message(customer, "same", "one", conversation_id)),
        lane.append(message(customer, "same", "one", conversation_id)),
    )
    later = await lane.append(message(customer, "same", "one", conversation_id))
    assert (first.outcome, at_once.outcome, later.outcome) == ("new", "known", "known")
    assert first.seq == at_once.seq == later.seq
    assert len(await stored(db, customer)) == 1


async def test_one_item_the_database_refuses_does_not_take_the_others_with_it(
    db: Database, lane: Lane, customer: Customer
) -> None:
    conversation_id = await open_for(db, customer)
    bodies = ["good"] * 7 + ["nul\0"] + ["good"] * 7 + ["\ud800"] + ["good"] * 4
    answers = await asyncio.gather(
        *(lane.append(message(customer, f"c{n}", body, conversation_id)) for n, body in enumerate(bodies))
    )
    assert [answer.outcome == "refused" for answer in answers] == [body != "good" for body in bodies]
    assert [seq for seq, _, _ in await stored(db, customer)] == list(range(2, 20))


async def test_a_row_for_another_workspace_is_refused_by_the_database(
    db: Database, lane: Lane, customer: Customer
) -> None:
    conversation_id = await open_for(db, customer)
    stranger = await make_workspace(db)
    item = message(customer, "x", "foreign", conversation_id)
    item.workspace_id = stranger
    assert (await lane.append(item)).outcome == "gone"
    conn = await db.connect("kz_lane")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute(
            "insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, body,"
            " created_at)"
            " values ($1, $2, 9, 9, 'text', 'visitor', 'foreign', now())",
            stranger,
            conversation_id,
        )
    await conn.close()


async def test_a_conversation_locked_elsewhere_waits_in_order_and_holds_nobody_else_up(
    db: Database, lane: Lane, customer: Customer
) -> None:
    other = await make_customer(db, customer.workspace_id, customer.account_id)
    locked, free = await open_for(db, customer), await open_for(db, other)
    async with db.tx(customer.workspace_id) as tx:
        await tx.rows(text("select 1 from conversations where id = :id for update"), {"id": locked})
        waiting = [
            asyncio.ensure_future(lane.append(message(customer, f"c{n}", f"m{n}", locked))) for n in range(3)
        ]
        passed = await asyncio.wait_for(lane.append(message(other, "free", "free", free)), 2)
        assert passed.outcome == "new"
        assert not any(task.done() for task in waiting)
    answers = await asyncio.gather(*waiting)
    assert [answer.seq for answer in answers] == [2, 3, 4]


async def test_messages_of_a_new_customer_open_one_conversation_and_stay_in_order(
    db: Database, lane: Lane, customer: Customer
) -> None:
    door = Door(db, lane)
    answers = await asyncio.gather(*(send(door, customer, f"c{n}", f"m{n}") for n in range(20)))
    assert [answer.seq for answer in answers] == list(range(2, 22))
    assert len({answer.conversation_id for answer in answers}) == 1


async def test_two_processes_open_one_conversation_between_them(
    db: Database, lane: Lane, customer: Customer
) -> None:
    second = Lane(db)
    await second.start()
    doors = Door(db, lane), Door(db, second)
    answers = await asyncio.gather(*(send(doors[n % 2], customer, f"c{n}") for n in range(40)))
    await second.stop()
    assert len({answer.conversation_id for answer in answers}) == 1
    assert sorted(answer.seq for answer in answers) == list(range(2, 42))


async def test_the_same_message_through_two_processes_at_once_is_stored_once(
    db: Database, lane: Lane, customer: Customer
) -> None:
    second = Lane(db)
    await second.start()
    conversation_id = await open_for(db, customer)
    for n in range(30):
        one, two = await asyncio.gather(
            lane.append(message(customer, f"same{n}", "x", conversation_id)),
            second.append(message(customer, f"same{n}", "x", conversation_id)),
        )
        assert {one.outcome, two.outcome} == {"new", "known"}
        assert one.seq == two.seq == n + 2
    await second.stop()


async def close(db: Database, customer: Customer, conversation_id: UUID) -> None:
    async with db.tx(customer.workspace_id) as tx:
        await tx.run(
            text("update conversations set state = 'closed', closed_at = now() where id = :id"),
            {"id": conversation_id},
        )


async def test_after_the_close_messages_go_into_a_new_conversation_in_order(
    db: Database, lane: Lane, customer: Customer
) -> None:
    door = Door(db, lane)
    first = await send(door, customer, "a")
    await close(db, customer, first.conversation_id)
    answers = await asyncio.gather(*(send(door, customer, f"c{n}", f"m{n}") for n in range(5)))
    assert (
        {answer.conversation_id for answer in answers}
        == {answers[0].conversation_id}
        != {first.conversation_id}
    )
    assert [answer.seq for answer in answers] == [2, 3, 4, 5, 6]


async def test_a_repeat_of_a_stored_message_opens_no_new_conversation(
    db: Database, lane: Lane, customer: Customer
) -> None:
    first = await send(Door(db, lane), customer, "a")
    await close(db, customer, first.conversation_id)
    again = await send(Door(db, lane), customer, "a")
    assert (again.outcome, again.conversation_id, again.seq) == ("known", first.conversation_id, first.seq)
    async with db.tx(customer.workspace_id) as tx:
        assert await tx.value(text("select count(*) from conversations")) == 1


async def test_marks_only_rise_and_count_what_the_agent_has_not_read(
    db: Database, lane: Lane, customer: Customer
) -> None:
    conversation_id = await open_for(db, customer)
    for n in range(4):
        await lane.append(message(customer, f"c{n}", "m", conversation_id))
    agent = UUID(int=7)

    def mark(read: int) -> MarkItem:
        return MarkItem(
            workspace_id=customer.workspace_id,
            conversation_id=conversation_id,
            party_kind="agent",
            party_id=agent,
            delivered_seq=0,
            read_seq=read,
        )

    for read in (3, 2, 900, 1):
        lane.mark(mark(read))
        await asyncio.sleep(0.05)
    async with db.tx(customer.workspace_id) as tx:
        row = await tx.row(text("select * from marks"))
        head = await tx.row(text("select rev, last_seq, inbound_count from conversations"))
    assert row is not None and head is not None
    assert (row.read_seq, row.delivered_seq, row.read_inbound) == (5, 5, 4)
    assert (head.last_seq, head.rev, head.inbound_count) == (5, 7, 4)


async def test_a_flush_is_one_query(db: Database, lane: Lane, customer: Customer) -> None:
    conversation_id = await open_for(db, customer)
    await lane.append(message(customer, "warm", "m", conversation_id))
    seen: list[str] = []
    assert lane._conn is not None
    with lane._conn.query_logger(lambda record: seen.append(record.query)):
        await asyncio.gather(
            *(lane.append(message(customer, f"c{n}", "m", conversation_id)) for n in range(100))
        )
    assert 1 <= len(seen) <= 2


async def test_a_database_that_restarts_under_load_loses_and_doubles_nothing(
    cluster: TestCluster, db: Database, lane: Lane, customer: Customer
) -> None:
    conversation_id = await open_for(db, customer)

    async def cut() -> None:
        for _ in range(5):
            await asyncio.sleep(0.05)
            cluster.cut(db.access)

    async def one(n: int) -> Appended:
        await asyncio.sleep(n * 0.001)
        return await lane.append(message(customer, f"c{n}", f"m{n}", conversation_id))

    _, *answers = await asyncio.gather(cut(), *(one(n) for n in range(400)))
    assert all(isinstance(answer, Appended) and answer.outcome in {"new", "known"} for answer in answers)
    assert [body for _, _, body in await stored(db, customer)] == [f"m{n}" for n in range(400)]


async def test_one_who_cannot_be_told_stops_neither_the_others_nor_the_lane(
    db: Database, lane: Lane, customer: Customer
) -> None:
    def fall(item: Append, answer: Appended) -> None:
        raise TypeError("cannot be told")

    conversation_id = await open_for(db, customer)
    unlucky = message(customer, "a", "hello", conversation_id)
    unlucky.done = fall
    lane.put(unlucky)
    others = [message(customer, name, "hello", conversation_id) for name in ("a", "b")]
    answers = await asyncio.wait_for(asyncio.gather(*map(lane.append, others)), PATIENCE)
    assert [one.outcome for one in answers] == ["known", "new"]
    assert lane.running and not lane.queued


async def test_a_full_queue_says_so_and_keeps_nothing(
    db: Database, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.conversations.append.QUEUE", 2)
    idle = Lane(db)
    answers: list[str] = []

    def done(_: Append, answer: Appended) -> None:
        answers.append(answer.outcome)

    for n in range(3):
        item = message(customer, f"c{n}")
        item.done = done
        idle.put(item)
    assert answers == ["full"]


async def test_what_a_message_changes_of_its_conversation_is_in_no_index(
    db: Database, customer: Customer
) -> None:
    async with db.tx(customer.workspace_id) as tx:
        made = await tx.rows(
            text(
                "select pg_get_indexdef(indexrelid) as words from pg_index"
                " where indrelid = 'conversations'::regclass"
            )
        )
    changed = r"\b(last_seq|rev|inbound_count|waiting_since|preview_\w+)\b"
    assert made
    assert not [one for one in made if re.search(changed, one.words)], (
        "each message would write to every index"
    )


async def test_a_conversation_stands_only_as_it_can(db: Database, customer: Customer) -> None:
    await open_for(db, customer)
    for wrong in (
        "state = 'asleep'",
        "state = 'assigned', assignee_id = null",
        "state = 'closed', closed_at = null",
        "closed_at = now()",
        "source = repeat('s', 101)",
        "transfer_note = repeat('n', 1001)",
        "guests = array_fill(id, array[21])",
    ):
        with pytest.raises(IntegrityError, match="conversations_stands"):
            async with db.tx(customer.workspace_id) as tx:
                await tx.run(text(f"update conversations set {wrong}"))  # noqa: S608 - of this table
