"""Two conversations of one customer become one: nothing is lost, and two who act at once find one outcome."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from kezhan.conversations.receive import Customer
from kezhan.conversations.tests.factories import make_account
from kezhan.conversations.tests.place import Member, Place, happenings, texts
from kezhan.kit.clock import now, wire
from kezhan.kit.ids import new_id

_IDENTITY = """
insert into identities (workspace_id, id, contact_id, account_id, external_id)
values (:ws, :id, :contact, :account, :external)
"""


async def elsewhere(place: Place, customer: Customer, channel: str = "telegram") -> Customer:
    """The same person on another channel."""
    account_id, identity_id = await make_account(place.db, place.workspace_id), new_id()
    await place.run(
        _IDENTITY, ws=place.workspace_id, id=identity_id, contact=customer.contact_id, account=account_id,
        external=identity_id.hex,
    )  # fmt: skip
    return structs.replace(customer, account_id=account_id, identity_id=identity_id, channel=channel)


async def two(place: Place) -> tuple[Customer, UUID, Customer, UUID]:
    """She has written on the site, and as another identity on a platform."""
    site = await place.customer()
    platform = await elsewhere(place, site)
    there = (await place.says(platform, "在吗")).conversation_id
    return site, (await place.says(site, "你好")).conversation_id, platform, there


async def merge(member: Member, gone: UUID, into: UUID) -> tuple[int, str]:
    return await member.act("PUT", gone, "/merger", {"into": str(into)})


async def head(member: Member, conversation_id: UUID) -> Any:
    return (await member.get(f"/api/conversations/{conversation_id}/row"))["head"]


async def test_what_is_to_be_done_moves_and_what_was_said_stays_where_it_was(place: Place) -> None:
    agent, guest = await place.member(), await place.member(name="周子安")
    site, here, platform, there = await two(place)
    await place.says(platform, "还有一件事")
    await agent.act("PUT", there, "/assignment", {})
    await agent.act("PUT", there, f"/guests/{guest.id}")
    await agent.act("PUT", there, "/draft", {"body": "正在写"})
    await agent.act("PUT", here, "/draft", {"body": "这里也在写"})
    before = await head(agent, there)
    for _ in range(2):
        assert await merge(agent, there, here) == (200, "")
    kept, gone = await head(agent, here), await head(agent, there)
    assert (kept["state"], kept["assignee_id"], kept["guests"]) == (
        "assigned",
        str(agent.id),
        [str(guest.id)],
    )
    assert kept["waiting_since"] == before["waiting_since"]
    assert (gone["state"], gone["merged_into"], gone["guests"]) == ("closed", str(here), [])
    # What she had not read there is not read here: her own line, and two from there.
    row = await agent.get(f"/api/conversations/{here}/row")
    assert kept["inbound_count"] - row["read_inbound"] == 3
    found = await agent.get(f"/api/conversations/{here}")
    assert found["draft"].split("\n") == ["这里也在写", "正在写"]
    assert happenings(found["messages"])[-1] == "merged_in"
    past = await agent.get(f"/api/conversations/{there}")
    assert (texts(past["messages"]), happenings(past["messages"])[-1]) == (["在吗", "还有一件事"], "merged")
    links = await agent.get(f"/api/conversations/{here}/links")
    assert [one["id"] for one in links["merged"]] == [str(there)]
    assert (await agent.get(f"/api/conversations/{there}/links"))["into"]["id"] == str(here)
    both = await agent.get(f"/api/contacts/{site.contact_id}/messages")
    assert {text for one in both["items"] for text in texts(one["messages"])} == {
        "你好",
        "在吗",
        "还有一件事",
    }
    logged = await place.rows("select subject_id, detail from audit_log where action = 'conversation.merge'")
    assert [(row.subject_id, row.detail["into"]) for row in logged] == [(there, str(here))]
    # It is over for good: not reopened, and her next word there is a new conversation that knows it.
    assert await agent.act("DELETE", there, "/closure") == (409, "conversations.merged")
    again = (await place.says(platform, "又来了")).conversation_id
    assert again not in (here, there)
    assert (await agent.get(f"/api/conversations/{again}/links"))["previous"]["id"] == str(there)
    assert await merge(agent, again, there) == (409, "conversations.merged")


async def test_one_put_aside_comes_back_by_what_is_merged_into_it(place: Place) -> None:
    agent = await place.member()
    _, here, _, there = await two(place)
    for conversation in (here, there):
        await agent.act("PUT", conversation, "/assignment", {})
    await agent.act("PUT", here, "/parking", {"until": wire(now() + timedelta(hours=3))})
    assert (await head(agent, here))["parked_at"]
    assert await merge(agent, there, here) == (200, "")
    assert (await head(agent, here))["parked_at"] is None
    assert await place.rows("select 1 from timers where kind = 'conversations.wake' and due_at > now()") == []


async def test_what_cannot_become_one_is_refused_and_nothing_changes(place: Place) -> None:
    agent, colleague = await place.member(), await place.member()
    site, here, _, there = await two(place)
    stranger = (await place.says(await place.customer())).conversation_id
    second = (await place.says(await elsewhere(place, site))).conversation_id
    await agent.act("PUT", second, "/closure")
    for gone, into, code in (
        (here, there, "merge_site"), (here, here, "merge_itself"), (stranger, here, "merge_strangers"),
        (second, here, "merge_ended"), (there, second, "merge_ended"), (there, new_id(), "not_found"),
    ):  # fmt: skip
        status, found = await merge(agent, gone, into)
        assert (status, found) == (404 if code == "not_found" else 409, f"conversations.{code}")
    await colleague.act("PUT", there, "/assignment", {})
    assert await merge(agent, there, here) == (404, "conversations.not_found")
    owner = await place.member("owner")
    scopes = ("read", "read_all", "reply", "close")
    program = await owner.token(*(f"conversation.{scope}" for scope in scopes))
    assert (await merge(program, there, here))[0] == 403
    inspector = await place.member("inspector")
    assert (await merge(inspector, there, here))[0] == 403
    seen = await head(colleague, there)
    assert (seen["state"], seen["merged_into"]) == ("assigned", None)
    assert (await agent.ask("PUT", f"/api/conversations/{there}/merger", {"into": "x"})).status_code == 400


@pytest.mark.parametrize("turn", range(3))
async def test_two_who_act_at_once_find_one_outcome(place: Place, turn: int) -> None:
    one, other = await place.member("supervisor"), await place.member("supervisor")
    first = await place.customer()
    customers = [await elsewhere(place, first), await elsewhere(place, first)]
    here, there = [(await place.says(customer)).conversation_id for customer in customers]
    answers = await asyncio.gather(
        merge(one, here, there),
        merge(other, there, here),
        other.act("PUT", here if turn else there, "/closure"),
    )
    heads = [await head(one, conversation) for conversation in (here, there)]
    merged = [found["id"] for found in heads if found["merged_into"]]
    assert sum(status == 200 for status, _ in answers[:2]) == len(merged) <= 1
    assert {status for status, _ in answers} <= {200, 409}
    for found in heads:
        assert (found["id"] in merged) <= (found["state"] == "closed")


async def test_her_messages_all_arrive_once_whichever_conversation_ends_meanwhile(place: Place) -> None:
    agent, first = await place.member(), await place.customer()
    one, other = await elsewhere(place, first), await elsewhere(place, first)
    here, there = [(await place.says(customer)).conversation_id for customer in (one, other)]
    names = [str(new_id()) for _ in range(30)]
    said = [place.says(other, f"第 {n} 句", name) for n, name in enumerate(names)]
    merged, answers = await asyncio.gather(merge(agent, there, here), asyncio.gather(*said))
    assert merged == (200, "")
    repeats = await asyncio.gather(*(place.says(other, "再发一次", name) for name in names))
    assert [(a.conversation_id, a.seq) for a in answers] == [(a.conversation_id, a.seq) for a in repeats]
    stored = await place.rows(
        "select body from messages where author_id = :id and client_id is not null order by created_at, seq",
        id=other.identity_id,
    )
    assert [row.body for row in stored][1:] == [f"第 {n} 句" for n in range(30)]
    assert {answer.conversation_id for answer in answers} - {there} <= {
        row.id for row in await place.rows("select id from conversations where previous_id = :id", id=there)
    }
