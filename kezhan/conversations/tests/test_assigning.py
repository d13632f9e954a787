"""Take, assign, release, close, reopen over HTTP: by whom, in which state, how often, and what is told."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kezhan.conversations.tests.place import Json, Member, Place, happenings, make_place
from kezhan.kit.ids import new_id

ACTS: dict[str, tuple[str, str, Any]] = {
    "take": ("PUT", "/assignment", {}),
    "release": ("DELETE", "/assignment", None),
    "close": ("PUT", "/closure", None),
    "reopen": ("DELETE", "/closure", None),
}


async def do(member: Member, act: str, conversation_id: UUID) -> tuple[int, str]:
    method, noun, body = ACTS[act]
    return await member.act(method, conversation_id, noun, body)


async def give(member: Member, conversation_id: UUID, to: UUID) -> tuple[int, str]:
    return await member.act("PUT", conversation_id, "/assignment", {"member_id": str(to)})


async def state_of(place: Place, conversation_id: UUID) -> tuple[str, UUID | None]:
    (row,) = await place.rows(
        "select state, assignee_id from conversations where id = :id", id=conversation_id
    )
    return row.state, row.assignee_id


async def told(place: Place, conversation_id: UUID) -> list[Json]:
    """The events beyond the opening and the messages, without ids of the conversation."""
    noise = {"message.appended", "conversation.opened", "conversation.changed"}
    events = [event for event in await place.events(conversation_id) if event["event"] not in noise]
    return [{key: event[key] for key in event if key != "conversation_id"} for event in events]


async def test_a_conversations_whole_life_is_told_and_shown(place: Place) -> None:
    agent, colleague = await place.member(name="甲"), await place.member(name="乙")
    conversation = await place.talk()
    assert await do(agent, "take", conversation) == (200, "")
    assert await give(agent, conversation, colleague.id) == (200, "")
    assert await do(colleague, "release", conversation) == (204, "")
    assert await do(agent, "close", conversation) == (200, "")
    assert await do(colleague, "reopen", conversation) == (204, "")
    assert await state_of(place, conversation) == ("assigned", colleague.id)
    one, two = str(agent.id), str(colleague.id)
    given = {"event": "conversation.assigned", "team_id": None, "accepted": False, "instead_of": None}
    assert await told(place, conversation) == [
        {**given, "assignee_id": one, "by": one, "before": None},
        {**given, "assignee_id": two, "by": one, "before": one},
        {**given, "assignee_id": None, "by": two, "before": two},
        {"event": "conversation.closed", "by": one, "into": None},
        {"event": "conversation.reopened", "by": two},
    ]
    found = await colleague.get(f"/api/conversations/{conversation}")
    assert happenings(found["messages"]) == ["opened", "taken", "assigned", "released", "closed", "reopened"]
    payloads = [message["payload"] for message in found["messages"] if message["kind"] == "event"]
    names = [(payload.get("actor"), payload.get("target")) for payload in payloads]
    assert names == [(None, None), ("甲", None), ("甲", "乙"), ("乙", None), ("甲", None), ("乙", None)]
    assert [message["seq"] for message in found["messages"]] == [1, 2, 3, 4, 5, 6, 7]
    assert (found["head"]["last_seq"], found["rev"], found["head"]["closed_at"]) == (7, 7, None)


async def test_every_change_of_state_is_told_to_live_listeners_with_its_span(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk()
    for act in ("take", "release", "close"):
        await do(agent, act, conversation)
    spans = [
        (event["from_rev"], event["rev"])
        for event in await place.events(conversation)
        if event["event"] == "conversation.changed"
    ]
    assert spans == [(2, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize("act", ["take", "release", "close", "reopen", "assign"])
async def test_the_same_act_twice_changes_nothing_the_second_time(place: Place, act: str) -> None:
    agent, colleague = await place.member("supervisor"), await place.member()
    conversation = await place.talk()
    if act == "release":
        await do(agent, "take", conversation)
    if act == "reopen":
        await do(agent, "close", conversation)
    seen: list[Any] = []
    for _ in range(2):
        if act == "assign":
            status, _ = await give(agent, conversation, colleague.id)
        else:
            status, _ = await do(agent, act, conversation)
        assert status < 300
        found = await agent.get(f"/api/conversations/{conversation}")
        seen.append((found, len(await place.events(conversation))))
    assert seen[0] == seen[1]


async def test_two_who_take_at_once_leave_one_of_them_with_it(place: Place) -> None:
    conversation = await place.talk()
    agents = [await place.member() for _ in range(4)]
    answers = await asyncio.gather(*(do(agent, "take", conversation) for agent in agents))
    assert sorted(answers) == [(200, "")] + [(404, "conversations.not_found")] * 3
    winner = agents[answers.index((200, ""))]
    assert await state_of(place, conversation) == ("assigned", winner.id)
    assert len(await told(place, conversation)) == 1


async def test_of_two_who_give_it_away_at_once_the_later_is_told_who_has_it(place: Place) -> None:
    bosses = [await place.member("supervisor", name=name) for name in ("甲", "乙")]
    colleagues = [await place.member(name=name) for name in ("丙", "丁")]
    conversation = await place.talk()

    async def give_seen(boss: Member, to: UUID | None, seen: UUID | str | None) -> tuple[int, str]:
        body = {**({"member_id": to} if to else {}), "seen": seen}
        path = f"/api/conversations/{conversation}/assignment"
        answer = await boss.ask("PUT", path, msgspec.to_builtins(body))
        return answer.status_code, "" if answer.status_code < 300 else answer.json()["title"]

    both = await asyncio.gather(
        *(give_seen(boss, colleague.id, None) for boss, colleague in zip(bosses, colleagues, strict=True))
    )
    winner = [status for status, _ in both].index(200)
    lost = f"{'丙丁'[winner]} has just been given this conversation. Look at it before you decide."
    assert both[1 - winner] == (409, lost)
    assert await state_of(place, conversation) == ("assigned", colleagues[winner].id)
    assert await give_seen(bosses[0], colleagues[winner].id, None) == (200, ""), "hers already"
    assert (await give_seen(bosses[0], None, colleagues[1 - winner].id))[0] == 409
    assert await give_seen(bosses[0], None, colleagues[winner].id) == (200, ""), "taken over from her"
    path = f"/api/conversations/{conversation}/assignment?seen="
    assert (await bosses[1].ask("DELETE", path + str(colleagues[0].id))).status_code == 409
    assert (await bosses[1].ask("DELETE", path + str(bosses[0].id))).status_code == 204
    status, told_so = await give_seen(bosses[1], colleagues[0].id, bosses[0].id)
    assert (status, "queue" in told_so) == (409, True)
    assert (await give_seen(bosses[1], colleagues[0].id, "x"))[0] == 400
    assert len(await told(place, conversation)) == 3


READ, TEAM, ALL = (f"conversation.{scope}" for scope in ("read", "read_team", "read_all"))
REPLY, ASSIGN, CLOSE = "conversation.reply", "conversation.assign", "conversation.close"
NOT_PERMITTED, FORBIDDEN = (403, "workspaces.not_permitted"), (403, "kit.forbidden")
DONE, GONE_ON, UNSEEN = (200, ""), (204, ""), (404, "conversations.not_found")


@pytest.mark.parametrize(
    ("scopes", "release_hers", "give_away", "take_hers", "take", "close", "reopen"),
    [
        ((ALL, READ), *[NOT_PERMITTED] * 6),
        ((ALL, REPLY), FORBIDDEN, FORBIDDEN, (409, "conversations.taken"), DONE, NOT_PERMITTED, GONE_ON),
        ((ALL, REPLY, ASSIGN), GONE_ON, DONE, DONE, DONE, NOT_PERMITTED, GONE_ON),
        ((ALL, CLOSE), *[NOT_PERMITTED] * 4, DONE, NOT_PERMITTED),
        ((READ, TEAM, REPLY, ASSIGN, CLOSE), *[UNSEEN] * 3, DONE, DONE, GONE_ON),
        ((READ, REPLY, ASSIGN, CLOSE), *[UNSEEN] * 6),
    ],
)
async def test_each_right_opens_its_own_act(
    place: Place,
    scopes: tuple[str, ...],
    release_hers: tuple[int, str],
    give_away: tuple[int, str],
    take_hers: tuple[int, str],
    take: tuple[int, str],
    close: tuple[int, str],
    reopen: tuple[int, str],
) -> None:
    owner, colleague = await place.member("owner"), await place.member(name="周小满")
    program = await owner.token(*scopes)
    queued, hers, to_give = await place.talk(), await place.talk(), await place.talk()
    for conversation in (hers, to_give):
        await do(colleague, "take", conversation)
    assert await do(program, "release", hers) == release_hers
    await do(colleague, "take", hers)
    assert await give(program, to_give, (await place.member()).id) == give_away
    assert await do(program, "take", hers) == take_hers
    assert await do(program, "take", queued) == take
    assert await do(program, "close", queued) == close
    await do(owner, "close", queued)
    assert await do(program, "reopen", queued) == reopen


async def test_the_refusal_names_who_has_taken_it(place: Place) -> None:
    owner, colleague, conversation = (
        await place.member("owner"),
        await place.member(name="周小满"),
        await place.talk(),
    )
    await do(colleague, "take", conversation)
    program = await owner.token(ALL, REPLY)
    answer = await program.ask("PUT", f"/api/conversations/{conversation}/assignment", {})
    assert "周小满" in answer.json()["title"]


async def test_it_is_given_only_to_a_member_here_who_can_serve(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk()
    inspector, gone = await place.member("inspector"), await place.member()
    await place.run("update memberships set archived_at = now() where id = :id", id=gone.id)
    elsewhere = await (await make_place(place.house, place.http)).member()
    for to, refusal in (
        (inspector.id, (409, "workspaces.cannot_serve")),
        (gone.id, (404, "workspaces.no_such_member")),
        (elsewhere.id, (404, "workspaces.no_such_member")),
        (new_id(), (404, "workspaces.no_such_member")),
    ):
        assert await give(agent, conversation, to) == refusal
    bad = await agent.act("PUT", conversation, "/assignment", {"member_id": "somebody"})
    assert bad == (400, "kit.bad_input")
    assert await state_of(place, conversation) == ("queued", None)
    assert await give(agent, conversation, agent.id) == (200, "")
    assert (await told(place, conversation))[-1]["assignee_id"] == str(agent.id)


async def test_what_is_closed_cannot_be_taken_given_or_released(place: Place) -> None:
    agent, colleague, conversation = await place.member(), await place.member(), await place.talk()
    await do(agent, "close", conversation)
    before = await agent.get(f"/api/conversations/{conversation}")
    assert await do(agent, "take", conversation) == (409, "conversations.closed")
    assert await give(agent, conversation, colleague.id) == (409, "conversations.closed")
    assert await do(agent, "release", conversation) == (204, "")
    assert await agent.get(f"/api/conversations/{conversation}") == before


@pytest.mark.parametrize("act", list(ACTS))
async def test_no_act_reaches_into_another_workspace_or_to_nothing(place: Place, act: str) -> None:
    conversation = await place.talk()
    stranger = await (await make_place(place.house, place.http)).member("owner")
    assert await do(stranger, act, conversation) == (404, "conversations.not_found")
    assert await do(stranger, act, new_id()) == (404, "conversations.not_found")
    assert await state_of(place, conversation) == ("queued", None)


async def test_a_close_ends_the_waiting_and_is_in_the_log_once(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk()
    for _ in range(2):
        await do(agent, "close", conversation)
    head = (await agent.get(f"/api/conversations/{conversation}"))["head"]
    assert (head["state"], head["waiting_since"], head["closed_at"] >= head["opened_at"]) == (
        "closed",
        None,
        True,
    )
    for _ in range(2):
        await do(agent, "reopen", conversation)
    logged = await place.rows("select action, actor_id, subject_id from audit_log order by at, id")
    assert [tuple(row) for row in logged] == [
        ("conversation.close", agent.id, conversation),
        ("conversation.reopen", agent.id, conversation),
    ]


async def test_an_ended_conversation_stays_ended_once_the_customer_has_begun_another(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    first = (await place.says(customer)).conversation_id
    await do(agent, "close", first)
    second = (await place.says(customer, "one more thing")).conversation_id
    assert second != first
    assert await do(agent, "reopen", first) == (409, "conversations.open_elsewhere")
    assert await state_of(place, first) == ("closed", None)
    await do(agent, "close", second)
    assert await do(agent, "reopen", first) == (204, "")
    assert (await place.says(customer, "back")).conversation_id == first
