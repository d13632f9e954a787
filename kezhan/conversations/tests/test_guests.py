"""Colleagues invited in: they see and write as long as they are guests."""

import asyncio
from uuid import UUID

from kezhan.conversations.guests import MOST_GUESTS
from kezhan.conversations.tests.place import Member, Place, happenings
from kezhan.kit.ids import new_id


async def held(place: Place) -> tuple[UUID, Member, Member]:
    """A conversation in the hands of the first; the second does not see it."""
    host, guest = await place.member(name="周小满"), await place.member(name="林晚晴")
    talk = await place.talk()
    assert await host.act("PUT", talk, "/assignment", {}) == (200, "")
    assert (await guest.act("GET", talk))[0] == 404
    return talk, host, guest


async def test_a_guest_sees_hears_writes_and_finds_it_among_her_own(place: Place) -> None:
    talk, host, guest = await held(place)
    line = await guest.line()
    await line.tell("lists", epoch="", rev=0)
    await line.next("lists")
    assert await host.act("PUT", talk, f"/guests/{guest.id}") == (200, "")
    shown = await line.next("listed")
    assert shown["changes"][0]["head"]["guests"] == [str(guest.id)]
    mine = (await guest.get("/api/conversations?name=mine"))["items"]
    assert [row["head"]["id"] for row in mine] == [str(talk)]
    assert (await guest.get("/api/conversation-counts"))["mine"] == 1
    await line.watch(talk)
    for kind in ("text", "note"):
        answer = await line.answer(
            "send", client_id=str(new_id()), conversation_id=str(talk), kind=kind, body="我来"
        )
        assert answer["type"] == "ack"
    (row,) = await place.rows("select assignee_id, guests from conversations where id = :id", id=talk)
    assert (row.assignee_id, row.guests) == (host.id, [guest.id])


async def test_a_guests_lists_go_on_with_what_is_said(place: Place) -> None:
    host, guest, customer = await place.member(name="周小满"), await place.member(), await place.customer()
    talk = (await place.says(customer)).conversation_id
    assert await host.act("PUT", talk, "/assignment", {}) == (200, "")
    assert await host.act("PUT", talk, f"/guests/{guest.id}") == (200, "")
    line = await guest.line()
    await line.tell("lists", epoch="", rev=0)
    await line.next("lists")
    await place.says(customer, "还在吗？")
    while (await line.next("listed"))["changes"][0]["head"]["preview"]["text"] != "还在吗？":
        pass


async def test_a_guest_who_leaves_or_is_removed_sees_no_more_at_once(place: Place) -> None:
    talk, host, guest = await held(place)
    for by, event in ((guest, "guest_left"), (host, "guest_removed")):
        assert await host.act("PUT", talk, f"/guests/{guest.id}") == (200, "")
        line = await guest.line()
        await line.watch(talk)
        assert [await by.act("DELETE", talk, f"/guests/{guest.id}") for _ in range(2)] == [(204, "")] * 2
        assert (await guest.act("GET", talk))[0] == 404
        await host.ask(
            "POST", f"/api/conversations/{talk}/messages", {"client_id": str(new_id()), "body": "x"}
        )
        assert [frame for frame in await line.said() if frame["type"] == "changed"] == []
        assert happenings((await host.get(f"/api/conversations/{talk}"))["messages"])[-1] == event


async def test_the_same_invitation_twice_is_one(place: Place) -> None:
    talk, host, guest = await held(place)
    both = await asyncio.gather(*(host.act("PUT", talk, f"/guests/{guest.id}") for _ in range(2)))
    assert [*both] == [(200, "")] * 2
    assert happenings((await host.get(f"/api/conversations/{talk}"))["messages"]).count("invited") == 1


async def test_who_may_not_invite_and_who_cannot_be_invited(place: Place) -> None:
    talk, host, guest = await held(place)
    inspector, stranger = await place.member("inspector"), new_id()
    admin = await place.member("admin", "管理员")
    program = await admin.token("conversation.read", "conversation.read_team", "conversation.reply")
    path = f"/guests/{guest.id}"
    assert (await guest.act("PUT", talk, path))[0] == 404, "out of her sight"
    assert (await inspector.act("PUT", talk, path))[0] == 403
    assert await host.act("PUT", talk, f"/guests/{stranger}") == (404, "workspaces.no_such_member")
    assert await host.act("PUT", talk, f"/guests/{inspector.id}") == (409, "workspaces.cannot_serve")
    assert await host.act("PUT", talk, f"/guests/{host.id}") == (409, "conversations.guest_serves")
    for one in (admin, guest):
        assert await host.act("PUT", talk, f"/guests/{one.id}") == (200, "")
    for method in ("PUT", "DELETE"):
        assert (await program.act(method, talk, path))[0] == 403, "a guest without the right to assign"
    assert await program.act("DELETE", talk, f"/guests/{admin.id}") == (204, ""), "she may leave"
    assert await host.act("DELETE", talk, path) == (204, "")
    await place.run(
        "update conversations set guests = cast(:guests as uuid[]) where id = :id",
        guests=[new_id() for _ in range(MOST_GUESTS)],
        id=talk,
    )
    assert await host.act("PUT", talk, path) == (409, "conversations.too_many_guests")


async def test_who_serves_is_no_guest_and_the_end_ends_it_for_all(place: Place) -> None:
    talk, host, guest = await held(place)
    third = await place.member(name="王五")
    for one in (guest, third):
        assert await host.act("PUT", talk, f"/guests/{one.id}") == (200, "")
    assert await guest.act("PUT", talk, "/assignment", {}) == (200, "")
    head = (await guest.get(f"/api/conversations/{talk}"))["head"]
    assert (head["assignee_id"], head["guests"]) == (str(guest.id), [str(third.id)])
    assert (await host.act("GET", talk))[0] == 404, "taken over, it is no longer hers to see"
    assert await guest.act("PUT", talk, "/closure") == (200, "")
    assert (await third.act("GET", talk))[0] == 404
    assert await guest.act("PUT", talk, f"/guests/{third.id}") == (409, "conversations.closed")


async def test_a_take_over_is_told_and_kept(place: Place) -> None:
    talk, _, _ = await held(place)
    boss = await place.member("supervisor", "王主管")
    assert await boss.act("PUT", talk, "/assignment", {}) == (200, "")
    assert await boss.act("PUT", talk, "/assignment", {}) == (200, "")
    found = (await boss.get(f"/api/conversations/{talk}"))["messages"]
    payload = found[-1]["payload"]
    assert (payload["event"], payload["actor"], payload["target"]) == ("taken_over", "周小满", "王主管")
    acts = await place.rows("select action, actor_id from audit_log where action = 'conversation.take_over'")
    assert [row.actor_id for row in acts] == [boss.id]
