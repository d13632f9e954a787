"""What is no customer: spam leaves every list, and who is blocked disturbs nobody."""

from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.merge.tests.test_merge import elsewhere
from kezhan.conversations.read import visitor_snapshot
from kezhan.conversations.receive import Customer
from kezhan.conversations.spam.block import BLOCK_TIMER, IDENTITY_TIMER
from kezhan.conversations.tests.place import Member, Place, happenings, make_place
from kezhan.kit.ids import new_id

LISTS = ("mine", "unassigned", "parked", "all", "closed", "spam")


async def lists(member: Member) -> dict[str, list[str]]:
    """The lists that hold anything."""
    found = {name: await member.get(f"/api/conversations?name={name}") for name in LISTS}
    return {
        name: [row["head"]["id"] for row in page["items"]] for name, page in found.items() if page["items"]
    }


async def block(member: Member, customer: Customer, **form: Any) -> int:
    return (await member.ask("PUT", f"/api/contacts/{customer.contact_id}/block", form)).status_code


async def unblock(member: Member, customer: Customer) -> int:
    return (await member.ask("DELETE", f"/api/contacts/{customer.contact_id}/block")).status_code


async def told(place: Place, conversation_id: UUID) -> set[str]:
    return {event["event"] for event in await place.events(conversation_id)}


@pytest.mark.parametrize("first", ["taken", "queued", "closed"])
async def test_spam_ends_and_is_in_its_own_list_alone_until_it_is_taken_back(
    place: Place, first: str
) -> None:
    agent, conversation = await place.member(), await place.talk()
    if first == "taken":
        await agent.act("PUT", conversation, "/assignment", {})
    elif first == "closed":
        await agent.act("PUT", conversation, "/closure")
    for _ in range(2):
        assert await agent.act("PUT", conversation, "/spam") == (200, "")
    assert await lists(agent) == {"spam": [str(conversation)]}
    found = await agent.get(f"/api/conversations/{conversation}")
    assert (found["head"]["spam"], found["head"]["state"]) == (True, "closed")
    for method, noun, body in (("PUT", "/assignment", {}), ("DELETE", "/closure", None)):
        assert await agent.act(method, conversation, noun, body) == (409, "conversations.is_spam")
    contact = found["head"]["contact_id"]
    assert await agent.get(f"/api/contacts/{contact}/conversations") == []
    for _ in range(2):
        assert await agent.act("DELETE", conversation, "/spam") == (204, "")
    assert await lists(agent) == {"closed": [str(conversation)]}
    found = await agent.get(f"/api/conversations/{conversation}")
    assert happenings(found["messages"])[-2:] == ["spam", "not_spam"]
    logged = await place.rows("select action from audit_log where action like '%spam' order by at, id")
    assert [row.action for row in logged] == ["conversation.spam", "conversation.unspam"]


async def test_after_spam_the_next_word_is_a_new_conversation_that_knows_nothing_of_it(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    first = (await place.says(customer)).conversation_id
    await agent.act("PUT", first, "/spam")
    second = (await place.says(customer, "正经问题")).conversation_id
    assert second != first
    assert await lists(agent) == {"unassigned": [str(second)], "all": [str(second)], "spam": [str(first)]}
    assert (await agent.get(f"/api/conversations/{second}/links"))["previous"] is None


async def test_what_a_blocked_customer_writes_is_kept_and_disturbs_nobody(place: Place) -> None:
    boss, customer = await place.member("supervisor"), await place.customer()
    first = (await place.says(customer)).conversation_id
    assert await block(boss, customer, reason="辱骂") == 200
    line = await boss.line()
    await line.said()
    words = [await place.says(customer, f"第 {number} 句") for number in range(3)]
    (hidden,) = {word.conversation_id for word in words}
    assert hidden != first
    assert [word.outcome for word in words] == ["new"] * 3
    assert "conversation.opened" not in await told(place, hidden)
    assert await lists(boss) == {"closed": [str(first)], "spam": [str(hidden)]}
    assert (await boss.get("/api/conversation-counts"))["unassigned"] == 0
    heads = [change["head"] for frame in await line.said() for change in frame.get("changes", [])]
    assert all(head["spam"] for head in heads if head["id"] == str(hidden))
    found = await boss.get(f"/api/conversations/{hidden}")
    assert [one["body"] for one in found["messages"] if one["kind"] == "text"] == [
        "第 0 句",
        "第 1 句",
        "第 2 句",
    ]


async def test_unblocked_she_is_a_customer_again(place: Place) -> None:
    boss, customer = await place.member("supervisor"), await place.customer()
    await block(boss, customer)
    hidden = (await place.says(customer)).conversation_id
    for _ in range(2):
        assert await unblock(boss, customer) == 204
    again = (await place.says(customer, "你好")).conversation_id
    assert again != hidden
    assert "conversation.opened" in await told(place, again)
    assert (await lists(boss))["unassigned"] == [str(again)]


async def test_a_block_for_some_hours_is_over_by_itself_once(place: Place) -> None:
    boss, customer = await place.member("supervisor"), await place.customer()
    await block(boss, customer, hours=2)
    hidden = (await place.says(customer)).conversation_id
    (view,) = (await boss.get("/api/blocks"))["items"]
    assert view["until"] > view["since"]
    await place.run("update blocks set until = now()")
    await place.falls_due(BLOCK_TIMER, customer.contact_id, runners=4)
    assert (await boss.get("/api/blocks"))["items"] == []
    found = await boss.get(f"/api/conversations/{hidden}")
    assert happenings(found["messages"]).count("unblocked") == 1
    assert (await place.says(customer, "你好")).conversation_id != hidden


async def test_the_list_says_who_why_and_until_when_and_the_same_again_is_one(place: Place) -> None:
    boss, customer = await place.member("supervisor", name="周主管"), await place.customer()
    for _ in range(2):
        assert await block(boss, customer, reason=" 广告 ") == 200
    (view,) = (await boss.get("/api/blocks"))["items"]
    assert (view["contact_id"], view["reason"], view["until"], view["by_name"]) == (
        str(customer.contact_id),
        "广告",
        None,
        "周主管",
    )
    logged = await place.rows("select 1 from audit_log where action = 'contact.block'")
    assert len(logged) == 1
    other = await place.customer()
    await block(boss, other)
    page = await boss.get("/api/blocks?limit=1")
    rest = await boss.get(f"/api/blocks?limit=1&after={page['next']}")
    assert {one["contact_id"] for one in [*page["items"], *rest["items"]]} == {
        str(customer.contact_id),
        str(other.contact_id),
    }


async def test_who_may_not_and_what_cannot_be(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    inspector, customer = await place.member("inspector"), await place.customer()
    conversation = await place.talk()
    assert await block(agent, customer) == 403
    assert (await agent.ask("GET", "/api/blocks")).status_code == 403
    assert await inspector.act("PUT", conversation, "/spam") == (403, "workspaces.not_permitted")
    stranger = await (await make_place(place.house, place.http)).member("owner")
    assert await stranger.act("PUT", conversation, "/spam") == (404, "conversations.not_found")
    assert await block(stranger, customer) == 404
    assert (await stranger.get("/api/blocks"))["items"] == []
    assert (await boss.ask("PUT", f"/api/contacts/{new_id()}/block", {})).status_code == 404
    for form in ({"hours": 0}, {"hours": 100_000}, {"reason": "x" * 201}, {"reason": "\0"}):
        assert await block(boss, customer, **form) == 400
    assert (await boss.get("/api/blocks"))["items"] == []


# One identity alone


async def alone(member: Member, customer: Customer, **form: Any) -> int:
    return (await member.ask("PUT", f"/api/identities/{customer.identity_id}/block", form)).status_code


async def test_one_identity_is_blocked_and_the_other_comes_through(place: Place) -> None:
    boss, site = await place.member("supervisor", name="周主管"), await place.customer()
    platform = await elsewhere(place, site)
    here = (await place.says(site)).conversation_id
    there = (await place.says(platform)).conversation_id
    for _ in range(2):
        assert await alone(boss, site, reason=" 刷屏 ") == 200
    hidden = (await place.says(site, "又来")).conversation_id
    assert hidden not in (here, there)
    assert "conversation.opened" not in await told(place, hidden)
    assert (await place.says(platform, "正经问题")).conversation_id == there
    found = await lists(boss)
    assert (found["unassigned"], found["closed"], found["spam"]) == ([str(there)], [str(here)], [str(hidden)])
    (view,) = (await boss.get("/api/blocks"))["items"]
    assert (view["identity_id"], view["channel"]) == (str(site.identity_id), "webchat")
    assert (view["contact_id"], view["reason"], view["by_name"]) == (str(site.contact_id), "刷屏", "周主管")
    logged = await place.rows("select subject_id from audit_log where action = 'contact.block_identity'")
    assert [row.subject_id for row in logged] == [site.contact_id]
    for _ in range(2):
        path = f"/api/identities/{site.identity_id}/block"
        assert (await boss.ask("DELETE", path)).status_code == 204
    again = (await place.says(site, "你好")).conversation_id
    assert again != hidden
    assert "conversation.opened" in await told(place, again)
    assert (await boss.get("/api/blocks"))["items"] == []


@pytest.mark.parametrize("how", ["identity", "whole", "spam"])
async def test_the_customer_herself_hears_of_a_block_only_that_nobody_answers_and_of_spam_nothing(
    place: Place, how: str
) -> None:
    boss, site = await place.member("supervisor"), await place.customer()
    first = (await place.says(site)).conversation_id
    if how == "spam":
        await boss.act("PUT", first, "/spam")
    else:
        await (alone if how == "identity" else block)(boss, site)
    reader = place.db.reader(place.workspace_id)
    latest = (await place.says(site)).conversation_id
    for conversation, blocked in ((first, False), (latest, how != "spam")):
        seen = await visitor_snapshot(reader, site.identity_id, conversation)
        assert {message.kind for message in seen.messages} - {"event"} == {"text"}
        assert seen.head.blocked is blocked
    await boss.ask("DELETE", f"/api/identities/{site.identity_id}/block")
    await unblock(boss, site)
    assert not (await visitor_snapshot(reader, site.identity_id, latest)).head.blocked


async def test_for_some_hours_another_time_and_the_whole_customer_beside(place: Place) -> None:
    boss, site = await place.member("supervisor"), await place.customer()
    platform = await elsewhere(place, site)
    await place.says(site)
    await place.says(platform)
    assert await alone(boss, site, hours=2) == 200
    assert await alone(boss, site, hours=5, reason="再来") == 200
    (view,) = (await boss.get("/api/blocks"))["items"]
    assert (view["reason"], view["until"] > view["since"]) == ("再来", True)
    # The whole customer beside it: both stand, and lifting the one leaves the other.
    assert await block(boss, platform) == 200
    assert len((await boss.get("/api/blocks"))["items"]) == 2
    page = await boss.get("/api/blocks?limit=1")
    rest = await boss.get(f"/api/blocks?limit=1&after={page['next']}")
    assert {one["identity_id"] for one in [*page["items"], *rest["items"]]} == {None, str(site.identity_id)}
    assert await unblock(boss, platform) == 204
    hidden = (await place.says(site, "还在吗")).conversation_id
    assert "conversation.opened" not in await told(place, hidden)
    await place.run(
        "update messages set payload = jsonb_set(payload, '{until}', to_jsonb(now()))"
        " where conversation_id = :id and seq = 1",
        id=hidden,
    )
    await place.falls_due(IDENTITY_TIMER, site.identity_id, runners=4)
    assert (await boss.get("/api/blocks"))["items"] == []
    assert (await place.says(site, "你好")).conversation_id != hidden


async def test_who_may_not_block_an_identity_and_what_cannot_be(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    customer = await place.customer()
    assert await alone(boss, customer) == 404, "it has never written"
    await place.says(customer)
    assert await alone(agent, customer) == 403
    stranger = await (await make_place(place.house, place.http)).member("owner")
    assert await alone(stranger, customer) == 404
    for form in ({"hours": 0}, {"reason": "x" * 201}, {"reason": "\0"}):
        assert await alone(boss, customer, **form) == 400
    await block(boss, customer)
    answer = await boss.ask("PUT", f"/api/identities/{customer.identity_id}/block", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "conversations.blocked_whole")
