"""Counts of messages: each message once, in its quarter hour, under its author; nobody else's workspace."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from kezhan.conversations.counts import count
from kezhan.conversations.events import MessageAppended
from kezhan.conversations.tests.place import Place, make_place
from kezhan.kit.clock import now

NOBODY = UUID(int=0)


def told(conversation_id: UUID, *seqs: int) -> list[MessageAppended]:
    return [
        MessageAppended(conversation_id=conversation_id, seq=seq, kind="text", author_kind="visitor")
        for seq in seqs
    ]


async def counted(place: Place) -> list[tuple[Any, ...]]:
    rows = await place.rows(
        "select author_kind, author_id, kind, cast(sum(messages) as integer) as messages from message_counts"
        " group by 1, 2, 3 order by 1, 2, 3"
    )
    return [(row.author_kind, row.author_id, row.kind, row.messages) for row in rows]


async def test_messages_count_under_their_author_and_kind_in_their_quarter_hour(place: Place) -> None:
    agent = await place.member()
    conversation_id = await place.talk("one", "two")
    await place.run(
        "update messages set author_kind = 'agent', author_id = :agent, kind = 'note' where seq = 3"
        " and conversation_id = :id",
        agent=agent.id,
        id=conversation_id,
    )
    async with place.db.tx(place.workspace_id) as tx:
        await count(tx, told(conversation_id, 2, 3))
    assert await counted(place) == [
        ("agent", agent.id, "note", 1),
        ("visitor", NOBODY, "text", 1),
    ]
    (row,) = await place.rows("select distinct quarter from message_counts")
    assert row.quarter.minute % 15 == 0
    assert timedelta() <= now() - row.quarter < timedelta(minutes=16)


async def test_more_of_the_same_is_added_to_what_was_counted(place: Place) -> None:
    conversation_id = await place.talk("one", "two", "three")
    for seqs in ((2,), (3, 4)):
        async with place.db.tx(place.workspace_id) as tx:
            await count(tx, told(conversation_id, *seqs))
    assert await counted(place) == [("visitor", NOBODY, "text", 3)]


async def test_what_is_said_through_the_lane_is_counted_by_itself_and_once(place: Place) -> None:
    customer = await place.customer()
    for client_id in ("a", "b", "b"):
        await place.says(customer, client_id=client_id)
    handler = next(one for one in place.db.wiring.later if one.name == "conversations.counts")
    while await place.house.house.runner.step(handler):
        pass
    assert await counted(place) == [("visitor", NOBODY, "text", 2)]


async def test_a_message_of_another_workspace_is_not_counted(place: Place) -> None:
    elsewhere = await make_place(place.house, place.http)
    theirs = await elsewhere.talk("theirs")
    async with place.db.tx(place.workspace_id) as tx:
        await count(tx, told(theirs, 1))
    assert await counted(place) == []
    assert await counted(elsewhere) == []
