"""Who must not see, hear or do: everybody outside a room, whatever she may elsewhere, and every customer."""

import re
from typing import Any

import pytest
from sqlalchemy import text

from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.simulate.client import Agent
from kezhan.staffchat.http import routes
from kezhan.staffchat.tests.office import ROOMS, Colleague, Office, shows
from kezhan.workspaces.tests.factories import member_client

Json = dict[str, Any]
BODIES: dict[str, Json] = {
    "staffchat_rename": {"name": "x"},
    "staffchat_mute": {"muted": True},
    "staffchat_read": {"seq": 1},
    "staffchat_send": {"client_id": "x", "body": "x"},
    "staffchat_edit": {"body": "x"},
}


def _calls(room_id: str, member_id: str) -> list[tuple[str, str, Json | None]]:
    """Every route of one room."""
    found = []
    for handler in routes:
        for path in handler.paths:
            if "room_id" in path:
                filled = path.replace("{room_id:uuid}", room_id).replace("{member_id:uuid}", member_id)
                filled = re.sub(r"\{seq:int\}", "1", filled)
                ends = {"staffchat_older": "?before=9", "staffchat_search": "?q=x"}
                filled += ends.get(handler.operation_id, "")
                (method,) = handler.http_methods - {"HEAD", "OPTIONS"}
                found.append((method, filled, BODIES.get(handler.operation_id)))
    return found


async def test_nobody_outside_a_room_reads_hears_or_does_anything_in_it(office: Office) -> None:
    pair = office.pair
    lin, zhou = await office.colleague("agent", "林", pair.one), await office.colleague("agent", "周")
    owner, late = (
        await office.colleague("owner", "东家", pair.one),
        await office.colleague("supervisor", "迟"),
    )
    visitor = await pair.visitor()
    overheard: list[Json] = []
    visitor.heard.append(overheard.append)
    direct = await lin.open(kind="direct", member_id=zhou.id)
    group = await lin.open(kind="group", client_id="g", name="茶", member_ids=[zhou.id, late.id])
    for room_id in (direct, group):
        await lin.say(room_id, "机密")
    await zhou.do("DELETE", f"{ROOMS}/{group}/members/{late.id}", status=403)
    for _ in range(2):
        await lin.do("DELETE", f"{ROOMS}/{group}/members/{late.id}")
    await until(lambda: any(one["type"] == "staff_rooms" for one in late.heard))
    late.heard.clear()
    _, stranger = await member_client(pair.one)
    for room_id in (direct, group):
        his = await zhou.screen(room_id)
        calls = _calls(room_id, owner.id)
        assert len(calls) == 13
        for method, path, body in calls:
            for outsider in (owner, *([late] if room_id == group else [])):
                refused = await outsider.do(method, path, body, status=404)
                assert refused["code"] in {"staffchat.no_room", "files.not_found"}, (method, path)
            assert (await stranger.request(method, path, json=body)).status_code == 404
            assert (await pair.shop.http.request(method, pair.one.url + path, json=body)).status_code == 401
            hers = await pair.shop.http.request(
                method, pair.one.url + path, json=body, headers=visitor.headers
            )
            assert hers.status_code == 401
        await lin.say(room_id, "继续")
        await shows(his, "机密", "继续")
    for outsider in (owner, late):
        assert direct not in await outsider.rooms() and "机密" not in str(await outsider.agent.get(ROOMS))
    assert owner.heard and not any(one["type"].startswith("staff_") for one in owner.heard)
    assert not any("room_id" in one for one in (*late.heard, *overheard))


async def test_a_program_without_the_right_hears_nothing_of_its_makers_rooms(office: Office) -> None:
    pair = office.pair
    lin, zhou = await office.colleague("admin", "林", pair.one), await office.colleague("agent", "周")
    room_id = await lin.open(kind="direct", member_id=zhou.id)
    heard: dict[str, list[Json]] = {}
    for scopes in (["conversation.read"], ["conversation.read", "staff.chat"]):
        made = await lin.do("POST", "/api/tokens", {"name": "机器", "scopes": scopes})
        bearer = {"authorization": f"Bearer {made['secret']}"}
        program = Agent(pair.one.url, "", "", pair.shop.http)
        program._headers = bearer
        heard[scopes[-1]] = []
        program.heard.append(heard[scopes[-1]].append)
        await program.open()
        pair.opened.append(program)
        answer = await pair.shop.http.get(pair.one.url + ROOMS, headers=bearer)
        assert answer.status_code == (200 if "staff.chat" in scopes else 403)
    await zhou.say(room_id, "只给你")
    await zhou.do("POST", f"{ROOMS}/{room_id}/typing")
    await until(lambda: len([1 for one in heard["staff.chat"] if one.get("room_id")]) == 2)
    assert not any(one["type"].startswith("staff_") for one in heard["conversation.read"])


async def test_who_comes_later_reads_from_then_on_and_who_leaves_reads_no_more(office: Office) -> None:
    lin, zhou = await office.colleague("agent", "林", office.pair.one), await office.colleague("agent", "周")
    late = await office.colleague("agent", "迟")
    group = await lin.open(kind="group", client_id="g", name="茶", member_ids=[zhou.id])
    first = (await lin.say(group, "以前的"))["seq"]
    for _ in range(2):
        await zhou.do("PUT", f"{ROOMS}/{group}/members/{late.id}")
    await until(lambda: late.frames("staff_changed", group))
    screen = await late.screen(group)
    await lin.do("PUT", f"{ROOMS}/{group}/messages/{first}", {"body": "以前的，改过"})
    await lin.say(group, "以后的", quote_seq=first)
    await shows(screen, "以后的")
    assert screen.gaps == 0 and "以前的" not in str(late.heard)
    assert (await late.agent.get(f"{ROOMS}/{group}/search?q=的"))["items"][0]["body"] == "以后的"
    assert (await late.agent.get(f"{ROOMS}/{group}/messages?before={first + 1}"))["items"] == []
    await late.do("PATCH", f"{ROOMS}/{group}", {"name": "茶叶"})
    await late.do("PATCH", f"{ROOMS}/{group}", {"name": "茶叶"})
    await late.do("DELETE", f"{ROOMS}/{group}/members/{late.id}")
    assert group not in await late.rooms()
    his = (await zhou.screen(group)).messages
    events = [one["payload"]["event"] for _, one in sorted(his.items()) if one["kind"] == "event"]
    assert events == ["opened", "added", "renamed", "left"]
    page = await (await office.colleague("owner", "东家")).agent.get("/api/audit")
    actions = [one["action"] for one in page["items"] if one["action"].startswith("staff_room")]
    assert sorted(actions) == ["staff_room.add", "staff_room.open"]


async def test_a_teams_room_follows_the_team_and_announcements_take_the_right(office: Office) -> None:
    owner = await office.colleague("owner", "东家", office.pair.one)
    lin, zhou = await office.colleague("agent", "林"), await office.colleague("agent", "周")
    auditor = await office.colleague("auditor", "审")
    team_id = (await owner.do("POST", "/api/teams", {"name": "售后"}))["id"]
    await owner.do("PUT", f"/api/teams/{team_id}/members", {"member_ids": [lin.id, zhou.id]})
    room_id = await lin.open(kind="team", team_id=team_id)
    assert await zhou.open(kind="team", team_id=team_id) == room_id
    await lin.say(room_id, "早")
    await owner.do("POST", ROOMS, {"kind": "team", "team_id": team_id}, status=404)
    assert {room["name"] for room in (await zhou.rooms()).values()} == {"售后"}
    await owner.do("PUT", f"/api/teams/{team_id}/members", {"member_ids": [lin.id]})
    assert await zhou.rooms() == {}
    await zhou.do("GET", f"{ROOMS}/{room_id}", status=404)
    zhou = await office.device(zhou)  # the line of before was cut with the right to the team
    board = await lin.open(kind="everyone")
    assert await owner.open(kind="everyone") == board
    refused = await lin.do("POST", f"{ROOMS}/{board}/messages", {"client_id": "1", "body": "x"}, status=403)
    assert refused["code"] == "workspaces.not_permitted"
    screen = await zhou.screen(board)
    said = await owner.say(board, "明天盘点")
    await shows(screen, "明天盘点")
    await zhou.do("PUT", f"{ROOMS}/{board}/read", {"seq": said["seq"]})
    await until(lambda: zhou.frames("staff_read", board))
    assert owner.frames("staff_read", board) == []
    await auditor.do("GET", ROOMS, status=403)
    assert not any(one["type"].startswith("staff_") for one in auditor.heard)
    assert [one["gone"] for one in (await lin.agent.get(ROOMS))["people"] if one["id"] == auditor.id] == [
        True
    ]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_bad_input_is_refused_in_words_and_nothing_is_stored(office: Office, language: str) -> None:
    lin, zhou = await office.colleague("agent", "林"), await office.colleague("agent", "周")
    room_id = await lin.open(kind="direct", member_id=zhou.id)
    group = await lin.open(kind="group", client_id="g", name="茶", member_ids=[zhou.id])
    own, hers = (await lin.say(room_id, "甲"))["seq"], (await zhou.say(room_id, "乙"))["seq"]
    await lin.do("DELETE", f"{ROOMS}/{room_id}/messages/{(await lin.say(room_id, '丙'))['seq']}")
    lin.agent._own["Accept-Language"] = language
    messages = f"{ROOMS}/{room_id}/messages"
    named: Json = {"client_id": "1", "body": "a", "mentions": [str(new_id())]}
    alone: Json = {"kind": "group", "client_id": "h", "name": "a", "member_ids": [lin.id]}
    linked: Json = {"client_id": "1", "conversation_id": str(new_id())}
    cases: list[tuple[str, str, Any, int, str]] = [
        ("POST", messages, {"client_id": "1", "body": "  "}, 400, "staffchat.empty"),
        ("POST", messages, {"client_id": "1", "body": "a\0"}, 400, "kit.bad_text"),
        ("POST", messages, {"client_id": "1", "body": "字" * 10_001}, 400, "kit.bad_input"),
        ("POST", messages, {"client_id": "", "body": "a"}, 400, "kit.bad_input"),
        ("POST", messages, {"client_id": "1", "file_id": str(new_id())}, 404, "files.not_found"),
        ("POST", messages, linked, 404, "conversations.not_found"),
        ("POST", messages, named, 409, "staffchat.not_inside"),
        ("PUT", f"{messages}/{own}", {"body": " "}, 400, "staffchat.empty"),
        ("PUT", f"{messages}/{hers}", {"body": "x"}, 403, "staffchat.not_yours"),
        ("DELETE", f"{messages}/{hers}", None, 403, "staffchat.not_yours"),
        ("PUT", f"{messages}/{own + 2}", {"body": "x"}, 409, "staffchat.not_editable"),
        ("PUT", f"{messages}/99", {"body": "x"}, 404, "staffchat.no_message"),
        ("DELETE", f"{ROOMS}/{group}/messages/1", None, 409, "staffchat.not_editable"),
        ("PATCH", f"{ROOMS}/{room_id}", {"name": "x"}, 409, "staffchat.no_group"),
        ("PATCH", f"{ROOMS}/{group}", {"name": " "}, 400, "staffchat.no_name"),
        ("PUT", f"{ROOMS}/{group}/members/{new_id()}", None, 404, "staffchat.nobody"),
        ("POST", ROOMS, {"kind": "direct", "member_id": lin.id}, 400, "staffchat.alone"),
        ("POST", ROOMS, {"kind": "direct", "member_id": str(new_id())}, 404, "staffchat.nobody"),
        ("POST", ROOMS, {"kind": "choir"}, 400, "kit.bad_input"),
        ("POST", ROOMS, alone, 400, "staffchat.alone"),
        ("GET", f"{ROOMS}/{room_id}/search?q=%20", None, 400, "staffchat.empty_search"),
        ("GET", f"{ROOMS}/{room_id}/search?q=a&after=b", None, 400, "kit.bad_cursor"),
    ]  # fmt: skip
    before = await _stood(lin)
    for method, path, body, status, code in cases:
        refused = await lin.do(method, path, body, status=status)
        assert refused["code"] == code, (method, path, body)
        assert refused["title"] != code and (max(refused["title"]) > "一") is (language == "zh-CN")
    assert await _stood(lin) == before
    async with office.pair.one.db.tx(office.pair.shop.workspace_id) as tx:
        await tx.run(text("update staff_messages set created_at = created_at - interval '11 minutes'"))
    late = await lin.do("PUT", f"{messages}/{own}", {"body": "x"}, status=409)
    assert late["code"] == "staffchat.too_late" and "10" in late["title"]
    async with office.pair.one.db.tx(office.pair.shop.workspace_id) as tx:
        await tx.run(text("update memberships set archived_at = now() where id = :id"), {"id": zhou.id})
    gone = await lin.do("POST", messages, {"client_id": "9", "body": "还在吗"}, status=409)
    assert gone["code"] == "staffchat.colleague_gone"
    assert (await lin.screen(room_id)).bodies == ["甲", "乙", ""]


async def _stood(who: Colleague) -> list[tuple[str, int, str]]:
    return sorted((room["id"], room["rev"], room["name"]) for room in (await who.rooms()).values())
