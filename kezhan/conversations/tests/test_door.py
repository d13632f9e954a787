"""The customers' door: which conversation a message goes into, in what order, and that all are answered."""

import asyncio
from typing import Any

import pytest

from kezhan.conversations.items import Append, Appended
from kezhan.conversations.receive import Customer
from kezhan.conversations.tests.factories import make_account, make_customer, message
from kezhan.conversations.tests.place import Member, Place, make_place
from kezhan.kit.clock import wire_or_none
from kezhan.kit.ids import new_id
from kezhan.kit.testing import PATIENCE


def told(place: Place, customer: Customer, *client_ids: str) -> list["asyncio.Future[Appended]"]:
    """Each message's answer, all put in at once."""
    answers: list[asyncio.Future[Appended]] = []
    for client_id in client_ids:
        answer: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        item = message(customer, client_id, client_id)
        item.done = lambda _, appended, answer=answer: answer.set_result(appended)  # type: ignore[misc]
        place.desk.door.receive(customer, item)
        answers.append(answer)
    return answers


async def all_of(answers: list["asyncio.Future[Appended]"]) -> list[Appended]:
    return await asyncio.wait_for(asyncio.gather(*answers), PATIENCE)


async def close(member: Member, answer: Appended) -> None:
    assert await member.act("PUT", answer.conversation_id, "/closure") == (200, "")


async def test_the_first_message_opens_one_and_says_so_in_that_order(place: Place) -> None:
    customer = await place.customer()
    answer = await place.says(customer)
    assert (answer.outcome, answer.seq, answer.rev) == ("new", 2, 2)
    kinds = [event["event"] for event in await place.events(answer.conversation_id)]
    assert kinds == ["conversation.changed", "conversation.opened", "message.appended"]
    opened = (await place.events(answer.conversation_id))[1]
    assert opened["account_id"] == str(customer.account_id)
    assert opened["contact_id"] == str(customer.contact_id)
    said = (await place.events(answer.conversation_id))[2]
    assert (said["seq"], said["kind"], said["author_kind"]) == (2, "text", "visitor")
    assert "hello" not in str(await place.rows("select body from outbox")), "events carry no content"


async def test_what_follows_goes_into_the_same_one_as_long_as_it_is_open(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    first = await place.says(customer)
    await agent.act("PUT", first.conversation_id, "/assignment", {})
    second = await place.says(customer)
    await close(agent, second)
    third = await place.says(customer)
    assert first.conversation_id == second.conversation_id != third.conversation_id
    assert third.seq == 2
    states = await place.rows("select state from conversations order by opened_at")
    assert [row.state for row in states] == ["closed", "queued"]


async def test_messages_of_several_flushes_that_meet_a_close_keep_their_order_in_the_next_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.conversations.append.FLUSH", 2)
    agent, customer = await place.member(), await place.customer()
    first = await place.says(customer)
    await agent.act("PUT", first.conversation_id, "/assignment", {})
    await close(agent, first)
    answers = await all_of(told(place, customer, *"abcdefg"))
    assert [answer.seq for answer in answers] == list(range(2, 9))
    assert len({answer.conversation_id for answer in answers}) == 1


async def test_messages_under_way_at_the_close_move_on_together_and_every_repeat_is_answered(
    place: Place,
) -> None:
    agent, customer = await place.member(), await place.customer()
    first = await place.says(customer)
    await close(agent, first)
    answers = told(place, customer, "a")
    while place.desk.lane._waiting:
        await asyncio.sleep(0)
    answers += told(place, customer, "b", "b", "c", "b", "a")
    found = await all_of(answers)
    assert [answer.seq for answer in found] == [2, 3, 3, 4, 3, 2]
    assert [answer.outcome for answer in found] == ["new", "new", "known", "new", "known", "known"]
    assert len({answer.conversation_id for answer in found} | {first.conversation_id}) == 2


async def test_the_same_first_message_many_times_at_once_is_one_conversation_with_one_message(
    place: Place,
) -> None:
    customer = await place.customer()
    found = await all_of(told(place, customer, *["same"] * 5))
    assert [answer.outcome for answer in found] == ["new"] + ["known"] * 4
    assert {answer.seq for answer in found} == {2}
    assert len(await place.rows("select 1 from messages where kind = 'text'")) == 1


async def test_a_repeat_of_an_old_message_among_new_ones_keeps_its_old_place(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    (first,) = await all_of(told(place, customer, "old"))
    await close(agent, first)
    again, new = await all_of(told(place, customer, "old", "new"))
    assert (again.outcome, again.conversation_id, again.seq) == ("known", first.conversation_id, 2)
    assert new.conversation_id != first.conversation_id


@pytest.mark.parametrize("client_id", ["nul\0", "c" * 201, ""])
async def test_a_message_that_can_never_be_stored_is_refused_and_blocks_nobody(
    place: Place, client_id: str
) -> None:
    customer = await place.customer()
    bad, good = await all_of(told(place, customer, client_id, "good"))
    assert (bad.outcome, good.outcome, good.seq) == ("refused", "new", 2)


async def test_one_persons_identities_at_two_doors_have_a_conversation_each(place: Place) -> None:
    one, two = await place.customer(), await place.customer()
    other_door = await make_customer(
        place.db, place.workspace_id, await make_account(place.db, place.workspace_id)
    )
    found = [(await place.says(customer)).conversation_id for customer in (one, two, other_door)]
    assert len(set(found)) == 3


async def test_a_row_that_names_another_workspaces_identity_is_refused_by_the_database(place: Place) -> None:
    elsewhere = await make_place(place.house, place.http)
    stranger, mine = await elsewhere.customer(), await place.customer()
    for wrong in ("identity_id", "contact_id", "account_id"):
        values: dict[str, Any] = {
            "ws": place.workspace_id,
            "account_id": mine.account_id,
            "identity_id": mine.identity_id,
            "contact_id": mine.contact_id,
            wrong: getattr(stranger, wrong),
        }
        with pytest.raises(Exception, match="foreign key"):
            await place.run(
                "insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel,"
                " state, opened_at, active_at) values (:ws, gen_random_uuid(), :account_id, :identity_id,"
                " :contact_id, 'webchat', 'queued', now(), now())",
                **values,
            )


async def test_a_database_that_is_away_for_a_moment_delays_the_opening_and_loses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.conversations.receive._RETRY_SECONDS", 0.01)
    customer, failures = await place.customer(), [OSError("away"), OSError("away")]
    open_tx = place.db.tx

    def tx(workspace_id: Any) -> Any:
        if failures:
            raise failures.pop()
        return open_tx(workspace_id)

    monkeypatch.setattr(place.db, "tx", tx)
    found = await all_of(told(place, customer, "a", "b"))
    assert [(answer.outcome, answer.seq) for answer in found] == [("new", 2), ("new", 3)]


async def test_a_full_queue_tells_the_sender_who_may_send_it_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, customer = await place.member(), await place.customer()
    first = await place.says(customer)
    line = await agent.line()
    await line.watch(first.conversation_id)
    send = {"client_id": "r", "body": "yes", "conversation_id": str(first.conversation_id)}
    with monkeypatch.context() as full:
        full.setattr("kezhan.conversations.append.QUEUE", 0)
        assert [answer.outcome for answer in await all_of(told(place, customer, "a"))] == ["full"]
        posted = await agent.act("POST", first.conversation_id, "/messages", {"type": "send", **send})
        assert posted == (503, "kit.busy")
        refused = await line.answer("send", **send)
        assert (refused["type"], refused["code"]) == ("refused", "kit.busy")
    assert (await line.answer("send", **send))["type"] == "ack"
    assert [answer.outcome for answer in await all_of(told(place, customer, "a"))] == ["new"]


SAID = "visitor", "text"
REPLIED = "agent", "text"
NOTED = "agent", "note"


# What is said, who waits since which line, how much came in, the last public line.
TALKS: tuple[tuple[list[tuple[str, str]], int | None, int, str], ...] = (
    ([SAID], 1, 1, "1"),
    ([SAID, SAID], 1, 2, "2"),
    ([SAID, REPLIED], None, 1, "2"),
    ([SAID, NOTED], 1, 1, "1"),
    ([SAID, REPLIED, NOTED], None, 1, "2"),
    ([SAID, REPLIED, SAID], 3, 2, "3"),
    ([SAID, REPLIED, NOTED, SAID, SAID], 4, 3, "5"),
    ([REPLIED], None, 0, "1"),
    ([NOTED], None, 0, ""),
)


@pytest.mark.parametrize("together", [False, True])
async def test_who_waits_since_when_and_what_was_said_last_is_right_however_messages_are_gathered(
    place: Place, together: bool
) -> None:
    lane, customer = place.desk.lane, await place.customer()
    conversation = (await place.says(customer, "0")).conversation_id
    done = 2
    for lines, since, inbound, preview in TALKS:
        await place.run("update conversations set waiting_since = null, inbound_count = 0, preview_text = ''")
        items: list[Append] = []
        for n, (author, kind) in enumerate(lines, 1):
            items.append(message(customer, str(new_id()), str(n), conversation))
            items[-1].author_kind, items[-1].kind = author, kind
        if together:
            answers = await asyncio.gather(*(lane.append(item) for item in items))
            assert len({answer.at for answer in answers}) == 1
        else:
            answers = [await lane.append(item) for item in items]
        (row,) = await place.rows("select * from conversations")
        waits = answers[since - 1].at if since else None
        assert (wire_or_none(row.waiting_since), row.inbound_count, row.preview_text) == (
            waits,
            inbound,
            preview,
        ), lines
        done += len(lines)
        assert (row.last_seq, row.rev) == (done, done)
