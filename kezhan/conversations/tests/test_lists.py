"""The lists of the workbench over HTTP: what is in which, in what order, page by page, for whose eyes."""

from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations import read
from kezhan.conversations.tests.factories import make_account, make_customer
from kezhan.conversations.tests.place import Member, Place, make_place
from kezhan.kit.ids import new_id
from kezhan.kit.paging import encode_cursor

NAMES = ("mine", "unassigned", "all", "closed")


async def ids(member: Member, name: str, more: str = "") -> list[str]:
    page = await member.get(f"/api/conversations?name={name}{more}")
    return [row["head"]["id"] for row in page["items"]]


async def test_each_list_holds_what_its_name_says(place: Place) -> None:
    agent, colleague = await place.member(), await place.member("supervisor")
    queued, mine, hers, ended = [await place.talk() for _ in range(4)]
    await agent.act("PUT", mine, "/assignment", {})
    await colleague.act("PUT", hers, "/assignment", {})
    await agent.act("PUT", ended, "/closure")
    seen = {name: set(await ids(colleague, name)) for name in NAMES}
    assert seen == {
        "mine": {str(hers)},
        "unassigned": {str(queued)},
        "all": {str(queued), str(mine), str(hers)},
        "closed": {str(ended)},
    }
    assert {name: set(await ids(agent, name)) for name in NAMES} == {
        "mine": {str(mine)},
        "unassigned": {str(queued)},
        "all": {str(queued), str(mine)},
        "closed": {str(ended)},
    }


async def test_a_conversation_closed_by_its_agent_leaves_mine_and_comes_back_when_reopened(
    place: Place,
) -> None:
    agent, conversation = await place.member(), await place.talk()
    await agent.act("PUT", conversation, "/assignment", {})
    await agent.act("PUT", conversation, "/closure")
    assert (await ids(agent, "mine"), await ids(agent, "closed")) == ([], [str(conversation)])
    await agent.act("DELETE", conversation, "/closure")
    assert (await ids(agent, "mine"), await ids(agent, "closed")) == ([str(conversation)], [])


async def test_the_newest_activity_stands_first_and_only_messages_are_activity(place: Place) -> None:
    agent = await place.member()
    customers = [await place.customer() for _ in range(3)]
    first, second, third = [(await place.says(customer)).conversation_id for customer in customers]
    for n, conversation in enumerate((first, second, third)):
        await place.run(
            "update conversations set active_at = now() - (10 - cast(:n as int)) * interval '1 minute'"
            " where id = :id",
            n=n,
            id=conversation,
        )
    assert await ids(agent, "all") == [str(third), str(second), str(first)]
    await agent.act("PUT", second, "/assignment", {})
    assert await ids(agent, "all") == [str(third), str(second), str(first)]
    await place.says(customers[0], "me again")
    assert await ids(agent, "all") == [str(first), str(third), str(second)]


async def test_pages_of_any_size_make_up_the_list_though_moments_are_equal(place: Place) -> None:
    agent = await place.member()
    made = {str(await place.talk()) for _ in range(4)}
    await place.run("update conversations set active_at = date_trunc('hour', active_at)")
    for size in (1, 2, 3, 5):
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            page = await agent.get(f"/api/conversations?name=all&limit={size}&after={after}")
            assert len(page["items"]) <= size
            seen += [row["head"]["id"] for row in page["items"]]
            after = page["next"]
        assert set(seen) == made
        assert seen == sorted(made, reverse=True), "of one moment the later id stands first"


async def test_a_page_that_ends_exactly_with_the_list_says_so(place: Place) -> None:
    agent = await place.member()
    for _ in range(2):
        await place.talk()
    assert (await agent.get("/api/conversations?name=all&limit=2"))["next"] is None
    assert (await agent.get("/api/conversations?name=all&limit=1"))["next"]


async def test_unread_is_what_came_in_less_what_the_reader_has_read(place: Place) -> None:
    reader, other = await place.member(), await place.member()
    customer = await place.customer()
    conversation = (await place.says(customer, "one")).conversation_id
    last = await place.says(customer, "two")
    line = await reader.line()
    await line.watch(conversation)
    await line.tell("mark", conversation_id=str(conversation), read_seq=last.seq)
    await line.next("read")
    await place.says(customer, "three")
    for member, read_inbound in ((reader, 2), (other, 0)):
        for row in (
            (await member.get("/api/conversations?name=all"))["items"][0],
            await member.get(f"/api/conversations/{conversation}/row"),
        ):
            assert (row["head"]["inbound_count"], row["read_inbound"]) == (3, read_inbound)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=5", None),
        ("name=everything", "name"),
        ("name=all&limit=0", "limit"),
        ("name=all&limit=101", "limit"),
        ("name=all&limit=many", "limit"),
        ("name=all&after=nonsense", "after"),
        ("name=all&after=%00", "after"),
        ("name=all&after=W10", "after"),
        (f"name=all&after={encode_cursor('2026-11-22T08:00:00Z')}", "after"),
        (f"name=all&after={encode_cursor('yesterday', UUID(int=1))}", "after"),
    ],
)
async def test_a_list_asked_for_wrongly_is_refused_by_field(
    place: Place, query: str, field: str | None
) -> None:
    agent = await place.member()
    answer = await agent.ask("GET", f"/api/conversations?{query}")
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.text


async def test_the_role_says_how_much_of_the_lists_one_sees(place: Place) -> None:
    await place.talk()
    await (await place.member()).act("PUT", await place.talk(), "/assignment", {})
    for role, sees in (("owner", 2), ("admin", 2), ("supervisor", 2), ("inspector", 2), ("agent", 1)):
        member = await place.member(role)
        assert (role, len(await ids(member, "all"))) == (role, sees)
        assert await member.get("/api/conversation-counts") == {"mine": 0, "unassigned": 1, "parked": 0}
    auditor = await place.member("auditor")
    for path in ("/api/conversations?name=all", "/api/conversation-counts"):
        assert (await auditor.ask("GET", path)).status_code == 403


async def test_nobody_comes_in_without_a_session_and_nobody_writes_from_another_page(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk()
    stranger = Member(place, agent.id, {})
    for path in (
        "?name=all",
        f"/{conversation}",
        f"/{conversation}/row",
        f"/{conversation}/messages?before=9",
    ):
        assert (await stranger.ask("GET", f"/api/conversations{path}")).status_code == 401
    forged = Member(place, agent.id, {"Cookie": agent.headers["Cookie"]})
    for method, noun in (("PUT", "/assignment"), ("DELETE", "/assignment"), ("PUT", "/closure")):
        assert (await forged.act(method, conversation, noun, {}))[0] == 403
    foreign = Member(place, agent.id, {**agent.headers, "Origin": "https://evil.example"})
    assert await foreign.act("PUT", conversation, "/closure") == (403, "workspaces.foreign_origin")
    assert (await agent.get(f"/api/conversations/{conversation}"))["head"]["state"] == "queued"


async def test_another_workspaces_lists_and_counts_know_nothing_of_this_one(place: Place) -> None:
    await place.talk()
    elsewhere = await make_place(place.house, place.http)
    owner = await elsewhere.member("owner")
    assert [await ids(owner, name) for name in NAMES] == [[]] * 4
    assert await owner.get("/api/conversation-counts") == {"mine": 0, "unassigned": 0, "parked": 0}


async def test_counts_follow_taking_and_closing_and_stop_at_their_cap(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await place.member()
    made = [await place.talk() for _ in range(4)]

    async def counts() -> tuple[int, int]:
        found = await agent.get("/api/conversation-counts")
        return found["mine"], found["unassigned"]

    assert await counts() == (0, 4)
    await agent.act("PUT", made[0], "/assignment", {})
    await agent.act("PUT", made[1], "/assignment", {})
    assert await counts() == (2, 2)
    await agent.act("PUT", made[0], "/closure")
    assert await counts() == (1, 2)
    await agent.act("DELETE", made[1], "/assignment")
    assert await counts() == (0, 3)
    monkeypatch.setattr(read, "COUNT_CAP", 2)
    assert await counts() == (0, 2)


async def test_a_row_carries_who_waits_for_whom_and_what_was_said_last(place: Place) -> None:
    agent = await place.member("agent", "周小满")
    customer = await place.customer()
    await place.run("update contacts set name = '王先生' where id = :id", id=customer.contact_id)
    conversation = (await place.says(customer, "龙" * 200)).conversation_id
    await agent.act("PUT", conversation, "/assignment", {})
    head = (await agent.get(f"/api/conversations/{conversation}/row"))["head"]
    expected: dict[str, Any] = {
        "channel": "webchat",
        "contact_name": "王先生",
        "assignee_id": str(agent.id),
        "assignee_name": "周小满",
        "state": "assigned",
        "preview": {"seq": 2, "kind": "text", "author": "visitor", "text": "龙" * 120},
        "last_seq": 3,
        "inbound_count": 1,
        "closed_at": None,
    }
    assert {name: head[name] for name in expected} == expected
    assert head["contact_number"]
    assert head["waiting_since"]


async def of_contact(member: Member, contact_id: UUID) -> list[str]:
    found = await member.get(f"/api/contacts/{contact_id}/conversations")
    return [row["head"]["id"] for row in found]


async def test_a_contacts_conversations_come_newest_first_and_only_those_in_sight(place: Place) -> None:
    agent, colleague, supervisor = (
        await place.member(),
        await place.member(),
        await place.member("supervisor"),
    )
    customer = await place.customer()
    made: list[str] = []
    for member in (agent, colleague):
        conversation = (await place.says(customer)).conversation_id
        made.append(str(conversation))
        await member.act("PUT", conversation, "/assignment", {})
        await member.act("PUT", conversation, "/closure")
    await place.talk("somebody else")
    assert await of_contact(supervisor, customer.contact_id) == made[::-1]
    assert await of_contact(agent, customer.contact_id) == made[:1]
    assert await of_contact(agent, new_id()) == []
    elsewhere = await make_place(place.house, place.http)
    assert await of_contact(await elsewhere.member("owner"), customer.contact_id) == []
    auditor = await place.member("auditor")
    assert (await auditor.ask("GET", f"/api/contacts/{customer.contact_id}/conversations")).status_code == 403


async def test_two_identities_of_one_contact_share_its_history(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    other_account = await make_account(place.db, place.workspace_id)
    second = await make_customer(place.db, place.workspace_id, other_account)
    await place.run(
        "update identities set contact_id = :contact where id = :id",
        contact=customer.contact_id,
        id=second.identity_id,
    )
    on_the_phone = type(second)(
        workspace_id=second.workspace_id,
        account_id=second.account_id,
        channel="open",
        identity_id=second.identity_id,
        contact_id=customer.contact_id,
    )
    made = [(await place.says(one)).conversation_id for one in (customer, on_the_phone)]
    assert made[0] != made[1]
    assert set(await of_contact(agent, customer.contact_id)) == {str(one) for one in made}
