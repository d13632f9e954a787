"""What somebody else's eyes and hands cannot do: by HTTP, by socket, by file address, by SQL role."""

import io
from typing import Any

import httpx2
import pytest
from PIL import Image
from sqlalchemy import text

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.testing import until
from kezhan.simulate.client import Agent, Refused, Visitor
from kezhan.testing import Running

PLACES = (
    "/w/v1/conversations/{id}",
    "/w/v1/conversations/{id}/messages?before=99",
    "/w/v1/conversations/{id}/messages/2/file",
)
DESK = ("", "/row", "/messages?before=99", "/messages/2/file")
DESK_WRITES: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "/assignment", {}),
    ("DELETE", "/assignment", None),
    ("PUT", "/closure", None),
    ("DELETE", "/closure", None),
    ("PUT", "/draft", {"body": "x"}),
    ("POST", "/messages", {"type": "send", "client_id": "x", "body": "x"}),
)


async def frames_refused(who: Agent | Visitor, conversation_id: str, frames: list[dict[str, Any]]) -> None:
    for n, frame in enumerate(frames):
        with pytest.raises(Refused) as refused:
            await who.call({"ref": f"r{n}", "conversation_id": conversation_id, **frame})
        assert refused.value.code in {"conversations.not_found", "conversations.not_watched"}


async def test_another_visitor_sees_and_changes_nothing(shop: Shop) -> None:
    owner, stranger = await shop.visitor(), await shop.visitor()
    ack = await owner.say("private")
    for place in PLACES:
        address = shop.url + place.format(id=ack["conversation_id"])
        assert (await shop.http.get(address, headers=stranger.headers)).status_code == 404
    changes = [{"type": "edit", "seq": 2, "body": "x"}, {"type": "recall", "seq": 2}]
    await frames_refused(stranger, ack["conversation_id"], changes)
    heard: list[Any] = []
    stranger.heard.append(heard.append)
    await stranger.tell({"type": "watch", "conversation_id": ack["conversation_id"], "rev": 0})
    await owner.say("more")
    await until(lambda: any(frame["type"] == "refused" for frame in heard))
    assert not any(frame["type"] == "changed" for frame in heard)


async def test_an_agent_of_another_workspace_sees_and_changes_nothing(house: Running, shop: Shop) -> None:
    visitor = await shop.visitor()
    ack = await visitor.say("private")
    elsewhere = await make_shop(house)
    stranger = await elsewhere.agent("owner")
    base = f"/api/conversations/{ack['conversation_id']}"
    for place in DESK:
        assert (await stranger.request("GET", base + place)).status_code == 404
    for method, place, body in DESK_WRITES:
        assert (await stranger.request(method, base + place, body)).status_code == 404
    frames: list[dict[str, Any]] = [
        {"type": "send", "client_id": "x", "body": "x"},
        {"type": "edit", "seq": 2, "body": "x"},
        {"type": "recall", "seq": 2},
    ]
    for frame in frames:
        with pytest.raises(Refused):
            await stranger.call({"ref": "r", "conversation_id": ack["conversation_id"], **frame})
    assert ack["conversation_id"] not in stranger.rows
    assert (await stranger.get("/api/conversations?name=all"))["items"] == []
    await elsewhere.close()


async def test_an_agent_sees_her_own_and_what_nobody_has_but_not_a_colleagues(shop: Shop) -> None:
    visitor, one, two = await shop.visitor(), await shop.agent(), await shop.agent(name="周小满")
    ack = await visitor.say("hello")
    conversation_id = ack["conversation_id"]
    await one.watch(conversation_id)
    thread = await two.watch(conversation_id)
    await one.request("PUT", f"/api/conversations/{conversation_id}/assignment", {})
    await until(lambda: conversation_id not in two.rows)
    before = thread.rev
    await visitor.say("for one's eyes")
    assert (await two.request("GET", f"/api/conversations/{conversation_id}")).status_code == 404
    with pytest.raises(Refused):
        await two.say(conversation_id, "me too")
    assert thread.rev == before
    assert conversation_id in one.rows


@pytest.mark.parametrize("role", ["inspector", "auditor"])
async def test_a_role_without_the_right_to_reply_cannot_by_any_door(shop: Shop, role: str) -> None:
    visitor, agent = await shop.visitor(), await shop.agent(role)
    ack = await visitor.say("hello")
    base = f"/api/conversations/{ack['conversation_id']}"
    for method, place, body in DESK_WRITES:
        assert (await agent.request(method, base + place, body)).status_code == 403
    with pytest.raises(Refused):
        await agent.say(ack["conversation_id"], "x")
    assert len((await shop.http.get(shop.url + "/w/v1/conversations", headers=visitor.headers)).json()) == 1


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 480), "#1f5c4a").save(drawn, "PNG")
    return drawn.getvalue()


async def upload(shop: Shop, visitor: Visitor) -> Any:
    form = {"file": ("tea.png", picture(), "image/png")}
    answer = await shop.http.post(shop.url + "/w/v1/files", headers=visitor.headers, files=form)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_picture_goes_to_the_agent_and_to_nobody_else(shop: Shop) -> None:
    visitor, stranger, agent = await shop.visitor(), await shop.visitor(), await shop.agent()
    file = await upload(shop, visitor)
    ack = await visitor.say("", kind="image", file_id=file["id"])
    thread = await agent.watch(ack["conversation_id"])
    shown = thread.messages[ack["seq"]]
    assert (shown["kind"], shown["payload"]["width"]) == ("image", 640)
    linked = await agent.get(f"/api/conversations/{thread.id}/messages/{ack['seq']}/file")
    got = await shop.http.get(shop.url + linked["url"])
    assert got.content == picture()
    assert got.headers["x-content-type-options"] == "nosniff"
    forged = linked["url"].replace(file["id"], "0" * 8 + file["id"][8:])
    assert (await shop.http.get(shop.url + forged)).status_code == 403
    with pytest.raises(Refused):
        await stranger.say("", kind="image", file_id=file["id"])
    again = await visitor.say("", client_id=ack["client_id"], kind="image", file_id=file["id"])
    assert again["seq"] == ack["seq"]


async def test_a_recalled_picture_is_gone_for_everybody(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    file = await upload(shop, visitor)
    ack = await visitor.say("", kind="image", file_id=file["id"])
    linked = await agent.get(f"/api/conversations/{ack['conversation_id']}/messages/{ack['seq']}/file")
    where = {"conversation_id": ack["conversation_id"], "seq": ack["seq"]}
    await visitor.call({"type": "recall", "ref": "r", **where})
    assert (await shop.http.get(shop.url + linked["url"])).status_code in {403, 404}


async def test_a_session_that_is_over_opens_nothing(shop: Shop) -> None:
    visitor = await shop.visitor()
    await visitor.say("hello")
    ended = await shop.http.request("DELETE", shop.url + "/w/v1/sessions", headers=visitor.headers)
    assert ended.status_code == 204
    await until(lambda: visitor.breaks == 1)
    with pytest.raises(Refused):
        await visitor.say("still me")
    answer = await shop.http.get(shop.url + "/w/v1/conversations", headers=visitor.headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "contacts.session_over")


async def test_tokens_of_one_kind_open_no_door_of_another(shop: Shop) -> None:
    visitor = await shop.visitor()
    bearer = {"Authorization": f"Bearer {visitor.token}"}
    assert (await shop.http.get(shop.url + "/api/conversations?name=all", headers=bearer)).status_code == 401
    cookie = {"Cookie": f"kz_session={visitor.token}"}
    assert (await shop.http.get(shop.url + "/api/me", headers=cookie)).status_code == 401
    for token in ("kzv_", "kzv_" + "x" * 43, "kza_" + "x" * 43, "x" * 5000):
        answer = await shop.http.get(
            shop.url + "/w/v1/conversations", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 401


async def test_a_page_of_another_site_cannot_open_the_workbenchs_socket(shop: Shop) -> None:
    agent = await shop.agent()
    headers = {
        **agent._headers,
        "Origin": "https://evil.example",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with httpx2.AsyncClient() as http:
        assert (await http.get(shop.url + "/ws", headers=headers)).status_code == 403


async def test_the_app_role_sees_no_row_of_another_workspace_in_any_table_of_the_line(
    house: Running, shop: Shop
) -> None:
    visitor = await shop.visitor()
    await visitor.say("private")
    elsewhere = await make_shop(house)
    async with house.db.tx(elsewhere.workspace_id) as tx:
        for table in (
            "conversations",
            "messages",
            "message_keys",
            "marks",
            "contacts",
            "identities",
            "visits",
        ):
            rows = await tx.rows(text(f"select workspace_id from {table}"))  # noqa: S608
            assert all(row.workspace_id == elsewhere.workspace_id for row in rows)
    await elsewhere.close()
