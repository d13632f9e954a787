"""Sent later: once, in time, by the writer's rights of then; held with the reason where that cannot be."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.tests.place import Member, Place, happenings, texts
from kezhan.kit.clock import now, wire
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.kit.timers import TimerRunner
from kezhan.scheduled.keep import TIMER
from kezhan.scheduled.schemas import MAX_WAITING
from kezhan.scheduled.send import send

BODY = "明天上午给您发新的报价"


def later(**more: Any) -> dict[str, Any]:
    return {"at": wire(now() + timedelta(hours=1)), "body": BODY, **more}


async def taken(place: Place, member: Member) -> UUID:
    conversation = await place.talk()
    assert (await member.act("PUT", conversation, "/assignment", {}))[0] == 200
    return conversation


async def put(
    member: Member, conversation: UUID, scheduled: UUID | None = None, **form: Any
) -> tuple[UUID, tuple[int, str]]:
    scheduled = scheduled or new_id()
    return scheduled, await member.act("PUT", conversation, f"/scheduled/{scheduled}", later(**form))


async def falls_due(place: Place, scheduled: UUID) -> Any:
    """Its row once the house, with two at its timers, has done with it."""
    await place.run("update scheduled_messages set due_at = now() where id = :id", id=scheduled)
    await place.run("update timers set due_at = now() where ref = :id", id=scheduled)
    await asyncio.gather(*(TimerRunner(place.db).step() for _ in range(2)))

    async def look() -> Any:
        (row,) = await place.rows("select * from scheduled_messages where id = :id", id=scheduled)
        return row if row.state in {"sent", "held"} else None

    row = await until(look)
    await place.shown()
    return row


async def listed(member: Member, conversation: UUID) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await member.get(f"/api/conversations/{conversation}/scheduled"))["items"]
    return items


async def test_it_is_shown_changed_and_sent_once_under_its_own_name(place: Place) -> None:
    agent, colleague = await place.member(name="周小满"), await place.member("supervisor")
    conversation = await taken(place, agent)
    scheduled, answer = await put(agent, conversation, original="I send the new offer tomorrow")
    assert answer == (200, "")
    line = await agent.line()
    changed = later(body=BODY + "。", quote_seq=2)
    for _ in range(2):
        assert (await agent.act("PUT", conversation, f"/scheduled/{scheduled}", changed)) == (200, "")
    assert (await line.next("scheduled"))["conversation_id"] == str(conversation)
    (shown,) = await listed(colleague, conversation)
    assert (shown["member_name"], shown["body"], shown["state"]) == ("周小满", BODY + "。", "waiting")
    assert (await agent.get("/api/scheduled-messages"))["items"] == [shown]
    row = await falls_due(place, scheduled)
    assert (row.state, row.body, row.original, row.fault) == ("sent", "", "", "")
    # A process that died after the commit left it to another, which sends the same again.
    await place.run(
        "update scheduled_messages set state = 'sending', body = 'x' where id = :id", id=scheduled
    )
    await asyncio.gather(*(send(place.desk, place.workspace_id, scheduled) for _ in range(3)))
    found = await agent.get(f"/api/conversations/{conversation}")
    assert texts(found["messages"]) == ["hello", BODY + "。"]
    last = found["messages"][-1]
    assert (last["author"]["name"], last["quote_seq"]) == ("周小满", 2)
    assert await listed(agent, conversation) == []
    for method, noun in (("PUT", ""), ("DELETE", "")):
        refusal = await agent.act(method, conversation, f"/scheduled/{scheduled}{noun}", later())
        assert refusal == (409, "scheduled.gone_out")
    assert await agent.act("PUT", conversation, f"/scheduled/{scheduled}/sending") == (200, "")


async def _closed(place: Place, agent: Member, conversation: UUID) -> None:
    await agent.act("PUT", conversation, "/closure")


async def _gone(place: Place, agent: Member, conversation: UUID) -> None:
    await place.run("update memberships set archived_at = now() where id = :id", id=agent.id)


async def _blind(place: Place, agent: Member, conversation: UUID) -> None:
    other = await place.member()
    await place.run(
        "update conversations set assignee_id = :other where id = :id", other=other.id, id=conversation
    )


async def _demoted(place: Place, agent: Member, conversation: UUID) -> None:
    await place.run("update memberships set role = 'inspector' where id = :id", id=agent.id)


async def _spoken(place: Place, agent: Member, conversation: UUID) -> None:
    await place.run(
        "update conversations set inbound_count = inbound_count + 1 where id = :id", id=conversation
    )


async def _spam(place: Place, agent: Member, conversation: UUID) -> None:
    await place.run("update conversations set spam_at = now() where id = :id", id=conversation)


async def _archived(place: Place, agent: Member, conversation: UUID) -> None:
    await place.run("update channel_accounts set archived_at = now() where id = :id", id=place.account_id)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (_closed, "closed"),
        (_gone, "writer_gone"),
        (_blind, "out_of_sight"),
        (_demoted, "not_permitted"),
        (_spoken, "customer_wrote"),
        (_spam, "blocked"),
        (_archived, "channel_gone"),
    ],
)
async def test_what_cannot_be_sent_is_kept_and_its_writer_told_why(
    place: Place, meanwhile: Any, why: str
) -> None:
    agent, boss = await place.member(name="周小满"), await place.member("supervisor")
    conversation = await taken(place, agent)
    scheduled, _ = await put(agent, conversation)
    line = await agent.line()
    await meanwhile(place, agent, conversation)
    row = await falls_due(place, scheduled)
    assert (row.state, row.fault, row.body) == ("held", why, BODY)
    told = await line.next("scheduled")
    assert (told["held"], told["member_id"]) == (True, str(agent.id))
    found = await boss.get(f"/api/conversations/{conversation}")
    assert texts(found["messages"]) == ["hello"]
    assert "scheduled_held" in happenings(found["messages"])


async def test_what_is_held_goes_out_when_its_writer_says_so(place: Place) -> None:
    agent = await place.member()
    conversation = await taken(place, agent)
    held, _ = await put(agent, conversation)
    free, _ = await put(agent, conversation, body="不等", hold=False)
    await _spoken(place, agent, conversation)
    assert (await falls_due(place, held)).fault == "customer_wrote"
    assert (await falls_due(place, free)).state == "sent"
    assert await agent.act("PUT", conversation, f"/scheduled/{held}/sending") == (200, "")

    async def sent() -> bool:
        return not await listed(agent, conversation)

    await until(sent)
    assert texts((await agent.get(f"/api/conversations/{conversation}"))["messages"])[1:] == ["不等", BODY]


async def test_files_go_out_with_it_and_are_forgotten_when_it_is_cancelled(place: Place) -> None:
    agent = await place.member()
    conversation = await taken(place, agent)

    async def file() -> str:
        url, sent = place.house.url + "/api/files", {"file": ("a.txt", b"some words", "text/plain")}
        answer = await place.http.post(url, headers=agent.headers, files=sent)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    kept, dropped, cancelled = await file(), await file(), await file()
    first, answer = await put(agent, conversation, file_ids=[kept, dropped])
    assert answer == (200, "")
    _, again = await put(agent, conversation, file_ids=[kept])
    assert again == (409, "files.used_already")
    await put(agent, conversation, first, file_ids=[kept])
    second, _ = await put(agent, conversation, body="", file_ids=[cancelled])
    for _ in range(2):
        assert await agent.act("DELETE", conversation, f"/scheduled/{second}") == (204, "")
    left = await place.rows("select id from files where id in (:a, :b, :c)", a=kept, b=dropped, c=cancelled)
    assert [str(row.id) for row in left] == [kept]
    assert [one["id"] for one in (await listed(agent, conversation))[0]["files"]] == [kept]
    await falls_due(place, first)
    messages = (await agent.get(f"/api/conversations/{conversation}"))["messages"]
    assert [one["kind"] for one in messages[-2:]] == ["text", "file"]
    assert (
        await place.rows("select 1 from timers where kind = :kind and ref = :id", kind=TIMER, id=second) == []
    )


async def test_who_else_gets_a_mail_gets_it_later_too(place: Place) -> None:
    agent = await place.member()
    conversation, plain = await taken(place, agent), await taken(place, agent)
    refused = (409, "conversations.no_copies")
    assert (await put(agent, plain, copies=["a@x.example"]))[1] == refused
    await place.run("update conversations set channel = 'email' where id = :id", id=conversation)
    assert (await put(agent, conversation, copies=["no address"]))[1] == (400, "conversations.no_address")
    scheduled, answer = await put(agent, conversation, copies=["A@x.example", "b@x.example", "a@x.example"])
    assert answer == (200, "")
    held, _ = await put(agent, conversation, body="mine", copies=["a@x.example"])
    assert [one["copies"] for one in await listed(agent, conversation)] == [
        ["a@x.example", "b@x.example"], ["a@x.example"]
    ]  # fmt: skip
    row = await falls_due(place, scheduled)
    assert (row.state, row.copies) == ("sent", [])
    messages = (await agent.get(f"/api/conversations/{conversation}"))["messages"]
    assert messages[-1]["payload"]["copies"] == ["a@x.example", "b@x.example"]
    await place.run("update conversations set channel = 'webchat' where id = :id", id=conversation)
    row = await falls_due(place, held)
    assert (row.state, row.fault, row.copies) == ("held", "copies", ["a@x.example"])


async def test_whose_it_is_not_and_what_is_no_message_is_refused(place: Place) -> None:
    agent, colleague, reader = (
        await place.member(),
        await place.member("supervisor"),
        await place.member("inspector"),
    )
    conversation = await taken(place, agent)
    scheduled, _ = await put(agent, conversation)
    path = f"/scheduled/{scheduled}"
    for method, noun in (("PUT", ""), ("DELETE", ""), ("PUT", "/sending")):
        refused = await colleague.act(method, conversation, path + noun, later())
        assert refused == (403, "scheduled.not_yours"), (method, noun)
        assert (await reader.act(method, conversation, path + noun, later()))[0] == 403
    stranger = await place.member()
    assert (await stranger.act("GET", conversation, "/scheduled")) == (404, "conversations.not_found")
    assert (await put(stranger, conversation))[1] == (404, "conversations.not_found")
    hour, year = timedelta(hours=1), timedelta(days=400)
    for form, code in (
        ({"body": " "}, "conversations.empty"),
        ({"body": "a\0"}, "kit.bad_text"),
        ({"at": "2031-01-01T09:00:00"}, "conversations.no_moment"),
        ({"at": wire(now() - hour)}, "scheduled.past"),
        ({"at": wire(now() + year)}, "scheduled.far"),
        ({"file_ids": [str(new_id())]}, "files.not_found"),
    ):
        assert (await put(agent, conversation, **form))[1][1] == code
    assert len(await listed(agent, conversation)) == 1
    await place.run(
        "insert into scheduled_messages select workspace_id, gen_random_uuid(), conversation_id,"
        " membership_id, body, original, file_ids, quote_seq, due_at, hold, inbound, state, fault, made_at"
        " from scheduled_messages, generate_series(2, :most)",
        most=MAX_WAITING,
    )
    assert (await put(agent, conversation))[1] == (409, "scheduled.too_many")
    await agent.act("PUT", conversation, "/closure")
    assert (await put(agent, conversation))[1] == (409, "conversations.closed")
