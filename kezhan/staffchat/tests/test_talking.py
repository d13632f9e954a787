"""Words between colleagues: stored once, numbered, shown on every process, and gone on with after a break."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import text

from kezhan.kit.ids import new_id
from kezhan.kit.testing import queries, reads, until
from kezhan.staffchat import read, say
from kezhan.staffchat.schemas import StaffSend
from kezhan.staffchat.tests.office import ROOMS, Office, Screen, shows
from kezhan.workspaces.tests.factories import caller

PNG_TEXT = ("价目.txt", "text/plain", b"longjing 200")


async def test_two_talk_across_processes_and_each_word_is_there_once(office: Office) -> None:
    lin, zhou = (
        await office.colleague("agent", "林晚晴", office.pair.one),
        await office.colleague("agent", "周"),
    )
    room_id = await lin.open(kind="direct", member_id=zhou.id)
    assert await zhou.open(kind="direct", member_id=lin.id) == room_id
    hers, his = await lin.screen(room_id), await zhou.screen(room_id)
    phone = await office.device(lin, office.pair.two)
    on_phone = await phone.screen(room_id)
    acks = await asyncio.gather(*(one.say(room_id, "在吗？", client_id="same") for one in (lin, phone, lin)))
    assert {ack["seq"] for ack in acks} == {1} and [ack["repeated"] for ack in acks].count(False) == 1
    for screen in (hers, his, on_phone):
        await shows(screen, "在吗？")
    await asyncio.gather(*(zhou.say(room_id, str(n)) for n in range(8)))
    for screen in (hers, his, on_phone):
        await until(lambda: len(screen.bodies) == 9)  # noqa: B023
        assert sorted(screen.messages) == list(range(1, 10)) and screen.gaps == 0
        assert screen.messages == hers.messages
    rooms = await lin.rooms()
    unread = rooms[room_id]["last_seq"] - rooms[room_id]["read_seq"]
    assert (unread, rooms[room_id]["other_id"]) == (8, zhou.id)
    for _ in range(2):
        await lin.do("PUT", f"{ROOMS}/{room_id}/read", {"seq": 100})
    await until(lambda: zhou.frames("staff_read", room_id))
    assert [(one["member_id"], one["read_seq"]) for one in zhou.frames("staff_read", room_id)] == [
        (lin.id, 9)
    ]
    assert [one["read_seq"] for one in phone.frames("staff_read", room_id)] == [9]
    await zhou.do("POST", f"{ROOMS}/{room_id}/typing")
    await until(lambda: lin.frames("staff_typing", room_id))
    assert zhou.frames("staff_typing", room_id) == []


async def test_what_was_missed_is_asked_for_by_rev_and_lost_hints_are_found_out(office: Office) -> None:
    lin, zhou = (
        await office.colleague("agent", "林晚晴", office.pair.one),
        await office.colleague("agent", "周"),
    )
    room_id = await lin.open(kind="direct", member_id=zhou.id)
    his = await zhou.screen(room_id)
    await lin.say(room_id, "一")
    await shows(his, "一")
    away = Screen(zhou.agent, room_id)
    away.rev, away.messages = his.rev, dict(his.messages)
    await zhou.agent.cut()
    await lin.say(room_id, "二")
    edited = f"{ROOMS}/{room_id}/messages/1"
    await lin.do("PUT", edited, {"body": "壹"})
    await lin.do("PUT", edited, {"body": "壹"})
    assert (await away.resume()).bodies == ["壹", "二"]
    await zhou.agent.connected.wait()
    before = len(zhou.heard)
    await office.pair.cut_buses()
    await until(lambda: any(one["type"] == "staff_rooms" for one in zhou.heard[before:]))
    many = Screen(zhou.agent, room_id)
    async with office.pair.one.db.tx(office.pair.shop.workspace_id) as tx:
        await tx.run(
            text(
                "insert into staff_messages (workspace_id, room_id, seq, rev, author_id, client_id, kind,"
                " body) select :ws, :room, n, n + 1, :who, n::text, 'text', n::text"
                " from generate_series(3, 400) n"
            ),
            {"ws": office.pair.shop.workspace_id, "room": room_id, "who": lin.id},
        )
        await tx.run(text("update staff_rooms set last_seq = 400, rev = 401 where id = :id"), {"id": room_id})
    snapshot = await zhou.agent.get(f"{ROOMS}/{room_id}?since=3")
    assert snapshot["whole"] and [one["seq"] for one in snapshot["messages"]] == list(range(351, 401))
    assert many.take(snapshot).rev == 401
    page = await zhou.agent.get(f"{ROOMS}/{room_id}/messages?before=351&limit=100")
    assert [one["seq"] for one in page["items"]] == list(range(251, 351)) and page["next"] == "251"
    found = await zhou.agent.get(f"{ROOMS}/{room_id}/search?q=39&limit=2")
    assert ([one["seq"] for one in found["items"]], found["next"]) == ([398, 399], "398")
    assert [
        one["seq"] for one in (await zhou.agent.get(f"{ROOMS}/{room_id}/search?q=39&after=398"))["items"]
    ] == [39, 139, 239, 339, *range(390, 398)]
    assert (await zhou.agent.get(f"{ROOMS}/{room_id}/search?q=%25"))["items"] == []


async def test_files_quotes_mentions_and_conversations(office: Office) -> None:
    lin, zhou = (
        await office.colleague("agent", "林晚晴", office.pair.one),
        await office.colleague("agent", "周"),
    )
    room_id = await lin.open(kind="group", client_id="g", name=" 售后 ", member_ids=[zhou.id, lin.id])
    assert await lin.open(kind="group", client_id="g", name="售后", member_ids=[zhou.id]) == room_id
    his = await zhou.screen(room_id)
    file = await lin.agent.upload(*PNG_TEXT)
    sent = [await lin.say(room_id, "看这个", client_id="f", file_id=file["id"]) for _ in range(2)]
    assert sent[0]["seq"] == sent[1]["seq"] and sent[1]["repeated"]
    await zhou.do("PUT", f"{ROOMS}/{room_id}/mute", {"muted": True})
    named = await lin.say(room_id, "@周 请看", quote_seq=sent[0]["seq"], mentions=[zhou.id, zhou.id])
    assert (await lin.say(room_id, "?", quote_seq=1000))["seq"] == named["seq"] + 1
    await until(lambda: len(his.bodies) == 3)
    message = his.messages[named["seq"]]
    assert (message["quote_seq"], message["mentions"]) == (sent[0]["seq"], [zhou.id])
    assert "quote_seq" not in his.messages[named["seq"] + 1]
    hers = (await zhou.rooms())[room_id]
    assert (hers["mentioned"], hers["muted"], hers["name"]) == (True, True, "售后")
    await zhou.do("PUT", f"{ROOMS}/{room_id}/read", {"seq": named["seq"]})
    assert (await zhou.rooms())[room_id]["mentioned"] is False
    linked = await zhou.agent.get(f"{ROOMS}/{room_id}/messages/{sent[0]['seq']}/file")
    shown = await office.pair.shop.http.get(office.pair.two.url + linked["url"])
    assert shown.status_code == 200 and shown.content == PNG_TEXT[2]
    await lin.do("DELETE", f"{ROOMS}/{room_id}/messages/{sent[0]['seq']}")
    await lin.do("DELETE", f"{ROOMS}/{room_id}/messages/{sent[0]['seq']}")
    await until(lambda: "recalled_at" in his.messages[sent[0]["seq"]])
    assert {"body", "payload"}.isdisjoint(his.messages[sent[0]["seq"]])
    gone = await zhou.do("GET", f"{ROOMS}/{room_id}/messages/{sent[0]['seq']}/file", status=404)
    for method, more in (("GET", "/file"), ("DELETE", "")):
        await zhou.do(method, f"{ROOMS}/{room_id}/messages/{2**40}{more}", status=404)
    assert gone["code"] == "files.not_found"
    visitor = await office.pair.visitor()
    conversation_id = (await visitor.say("退货怎么办？"))["conversation_id"]
    await lin.do("PUT", f"/api/conversations/{conversation_id}/assignment", {})
    await lin.say(room_id, conversation_id=conversation_id)
    await until(lambda: his.messages[max(his.messages)].get("conversation_id") == conversation_id)
    # Who is shown the link sees no more than before, and may not hand on what she does not see.
    assert (await zhou.agent.request("GET", f"/api/conversations/{conversation_id}/row")).status_code == 404
    link: dict[str, Any] = {"client_id": "x", "conversation_id": conversation_id}
    await zhou.do("POST", f"{ROOMS}/{room_id}/messages", link, status=404)
    assert visitor.threads[conversation_id].messages and not any(
        key.startswith("staff") for thread in visitor.threads.values() for key in thread.messages[1]
    )


async def test_a_plain_message_costs_two_statements_and_showing_it_two_reads(office: Office) -> None:
    lin, zhou = await office.colleague("agent", "林"), await office.colleague("agent", "周")
    room_id = UUID(await lin.open(kind="direct", member_id=zhou.id))
    workspace_id, db = office.pair.shop.workspace_id, office.pair.one.db
    me = caller("agent", id=UUID(lin.id), workspace_id=workspace_id)
    async with db.tx(workspace_id) as tx:
        with queries(tx) as plain:
            first = await say.send(tx, me, room_id, StaffSend(client_id="1", body="a"))
        assert len(plain) == 2
        with queries(tx) as again:
            second = await say.send(tx, me, room_id, StaffSend(client_id="1", body="a"))
        assert (len(again), second.seq, second.repeated) == (2, first.seq, True)
        named = StaffSend(client_id="2", body="@周", mentions=[UUID(zhou.id)])
        with queries(tx) as mentioning:
            await say.send(tx, me, room_id, named)
        assert len(mentioning) == 4
    here = await office.device(zhou, office.pair.one)
    screens = [await one.screen(str(room_id)) for one in (zhou, here)]
    await lin.say(str(room_id), "b", client_id=str(new_id()))
    for screen in screens:
        await shows(screen, "a", "@周", "b")  # and the news of what was before has come to both processes
    with reads() as seen:
        await lin.say(str(room_id), "c", client_id=str(new_id()))
        for screen in screens:
            await shows(screen, "a", "@周", "b", "c")
    # On each of the two processes the change and who is in the room.
    assert len([1 for statement, _ in seen if "staff_rooms" in statement]) == 4
    with reads() as seen:
        await read.list_rooms(db.reader(workspace_id), me)
        await read.snapshot(db.reader(workspace_id), me, room_id, None)
        await read.snapshot(db.reader(workspace_id), me, room_id, 1)
    assert len([1 for statement, _ in seen if "staff_rooms" in statement]) == 5
