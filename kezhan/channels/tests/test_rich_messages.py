"""Cards with buttons, reactions and messages handed on, between an agent and a customer on the site."""

import base64
from typing import Any

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.channels.tests.platform import PNG
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.simulate.client import Agent, Refused, Visitor

CARD = {"is": "product", "title": "手冲壶", "price": "¥299", "url": "https://shop.example/p/1"}
BUTTONS = [{"text": "要蓝色"}, {"text": "要红色"}, {"text": "看看", "url": "https://shop.example"}]
GIF = base64.b64decode("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==")


async def meet(shop: Shop) -> tuple[Agent, Visitor, str]:
    agent, visitor = await shop.agent(), await shop.visitor()
    talk = (await visitor.say("你好"))["conversation_id"]
    answer = await agent.request("PUT", f"/api/conversations/{talk}/assignment", {})
    assert answer.status_code == 200
    await agent.watch(talk)
    return agent, visitor, talk


async def last(visitor: Visitor, talk: str) -> Any:
    return [one for one in (await visitor.snapshot(talk))["messages"] if one["kind"] != "event"][-1]


def tap(talk: str, seq: int, button: int) -> dict[str, Any]:
    pressed = {"conversation_id": talk, "seq": seq, "button": button}
    return {"client_id": f"tap.{talk}.{seq}", "tap": pressed}


async def refused(what: Any) -> str:
    with pytest.raises(Refused) as fault:
        await what
    return str(fault.value.args[0])


async def test_a_card_is_sent_pressed_once_and_not_by_others(shop: Shop) -> None:
    agent, visitor, talk = await meet(shop)
    picture = await agent.upload("壶.png", "image/png", PNG)
    card = {**CARD, "image": picture["id"]}
    sent = await agent.say(talk, "您看这款？", card=card, buttons=BUTTONS)
    shown = await last(visitor, talk)
    assert shown["payload"]["card"] == card
    assert shown["payload"]["text"] == "您看这款？"
    assert shown["body"].split("\n")[1:3] == ["手冲壶", "¥299"]
    address = await visitor.get(f"/w/v1/conversations/{talk}/messages/{sent['seq']}/file")
    assert address["thumbnail_url"]

    seq = sent["seq"]
    stranger = await shop.visitor()
    assert await refused(stranger.say("", **tap(talk, seq, 0))) == "conversations.not_found"
    assert await refused(visitor.say("", **tap(talk, seq, 2))) == "cards.no_button", "that one opens a page"
    assert await refused(visitor.say("", **tap(talk, seq, 9))) == "cards.no_button"
    assert await refused(visitor.say("", **tap(talk, seq - 1, 0))) == "cards.no_button"
    named = {**tap(talk, seq, 0), "client_id": str(new_id())}
    assert await refused(visitor.say("", **named)) == "cards.bad_tap"
    first = await visitor.say("不是这句", **tap(talk, seq, 1))
    again = await visitor.say("", **tap(talk, seq, 0))
    assert (again["seq"], again["repeated"]) == (first["seq"], True)
    said = await last(visitor, talk)
    assert (said["body"], said["author"]["kind"]) == ("要红色", "visitor")
    assert said["payload"] == {"is": "tap", "conversation_id": talk, "seq": seq, "button": 1}

    other = await agent.say(talk, "再问一次？", buttons=BUTTONS)
    edit = {"type": "edit", "ref": "e", "conversation_id": talk, "seq": other["seq"], "body": "x"}
    assert await refused(agent.call(edit)) == "conversations.not_editable"
    await agent.request("PUT", f"/api/conversations/{talk}/closure")
    assert await refused(visitor.say("", **tap(talk, other["seq"], 0))) == "conversations.closed"


async def test_a_bad_card_is_refused_and_nothing_is_said(shop: Shop) -> None:
    agent, visitor, talk = await meet(shop)
    bad: list[tuple[dict[str, Any], str]] = [
        ({"card": {**CARD, "url": "javascript:alert(1)"}}, "cards.bad_address"),
        ({"buttons": [{"text": str(number)} for number in range(11)], "body": "?"}, "cards.many_buttons"),
        ({"card": {**CARD, "title": "长" * 5000}}, "cards.long"),
        ({"card": CARD, "kind": "note"}, "cards.text_only"),
        ({"card": {**CARD, "image": str(new_id())}}, "files.not_found"),
        ({"buttons": BUTTONS}, "conversations.empty"),
        ({"card": CARD, "body": "长" * 5000}, "cards.long_words"),
        ({"tap": tap(talk, 2, 0)["tap"]}, "realtime.not_allowed"),
    ]
    for more, code in bad:
        assert await refused(agent.say(talk, more.pop("body", ""), **more)) == code
    assert await refused(visitor.say("买", card=CARD, buttons=BUTTONS)) == "cards.not_yours"
    assert (await last(visitor, talk))["body"] == "你好"
    asked = await visitor.say("这款有货吗", card={**CARD, "image_url": "https://shop.example/1.png"})
    shown = await last(visitor, talk)
    assert (shown["seq"], shown["payload"]["card"]["title"]) == (asked["seq"], "手冲壶")


async def test_reactions_of_both_sides_live_resumed_and_once(shop: Shop) -> None:
    agent, visitor, talk = await meet(shop)
    said = await agent.say(talk, "已为您加急")

    async def act(who: Agent | Visitor, emoji: str, seq: int = said["seq"]) -> None:
        frame = {"type": "react", "conversation_id": talk, "seq": seq, "emoji": emoji}
        await who.call({**frame, "ref": str(new_id())})

    async def rev() -> int:
        return int((await visitor.snapshot(talk))["rev"])

    before = await rev()
    await act(visitor, "👍")
    await act(agent, "🎉")
    moved = await rev()
    assert moved == before + 2
    await act(visitor, "👍")
    assert await rev() == moved, "the same again changes nothing"
    await act(visitor, "❤️")
    found = (await last(visitor, talk))["reactions"]
    assert {(one["party"], one["emoji"], one.get("name", "")) for one in found} == {
        ("visitor", "❤️", ""), ("agent", "🎉", "林晚晴"),
    }  # fmt: skip
    await until(lambda: "❤️" in str(agent.threads[talk].messages[said["seq"]]))

    heard: list[Any] = []
    visitor.heard.append(heard.append)
    await visitor.tell({"type": "watch", "conversation_id": talk, "rev": before})
    await until(lambda: "🎉" in str(heard))
    await act(visitor, "")
    assert len((await last(visitor, talk))["reactions"]) == 1

    note = await agent.say(talk, "内部", kind="note")
    for who, emoji, seq, code in (
        (visitor, "👍", note["seq"], "conversations.no_message"),
        (visitor, "👍", 999, "conversations.no_message"),
        (agent, "👍", 1, "conversations.no_reaction"),
        (agent, "<b>", said["seq"], "conversations.no_emoji"),
        (agent, "好", said["seq"], "conversations.no_emoji"),
    ):
        assert await refused(act(who, emoji, seq)) == code
    stranger = await shop.visitor()
    assert await refused(act(stranger, "👍")) == "conversations.not_found"
    await agent.call({"type": "recall", "ref": "r", "conversation_id": talk, "seq": said["seq"]})
    recalled = next(one for one in (await visitor.snapshot(talk))["messages"] if one["seq"] == said["seq"])
    assert "reactions" not in recalled


async def test_messages_are_forwarded_once_and_share_their_files(shop: Shop) -> None:
    agent, visitor, talk = await meet(shop)
    picture = await visitor.upload("收据.gif", "image/gif", GIF)
    await visitor.say("", kind="image", file_id=picture["id"])
    await agent.say(talk, "请看", card=CARD, buttons=BUTTONS)
    note = await agent.say(talk, "只有同事知道", kind="note")
    other = await shop.visitor()
    target = (await other.say("在吗"))["conversation_id"]
    path = f"/api/conversations/{target}/forwards"
    form = {"client_id": "f1", "source_id": talk, "seqs": [5, 4, 2], "origin": "quote"}

    first = await agent.request("POST", path, form)
    assert first.status_code == 201, first.text
    again = (await agent.request("POST", path, form)).json()["items"]
    assert [one["seq"] for one in again] == [one["seq"] for one in first.json()["items"]]
    assert all(one["repeated"] for one in again)
    got = (await other.snapshot(target))["messages"][2:]
    assert [one["kind"] for one in got] == ["text", "image", "text"]
    assert got[0]["body"].endswith("\n你好")
    assert got[0]["body"] != "你好"
    assert "body" not in got[1], "of the same speaker it is said once"
    assert got[1]["payload"]["file_id"] == picture["id"]
    assert got[2]["payload"]["card"]["title"] == "手冲壶"
    log = (await (await shop.agent("owner", "老板")).get("/api/audit"))["items"]
    assert [one["action"] for one in log].count("conversation.forward") == 1

    await visitor.call({"type": "recall", "ref": "r", "conversation_id": talk, "seq": 4})
    there = f"/w/v1/conversations/{target}/messages/{got[1]['seq']}/file"
    assert (await other.get(there))["id"] == picture["id"], "what was handed on stays"
    gone = {"type": "recall", "ref": "g", "conversation_id": target, "seq": got[1]["seq"]}
    await agent.call(gone)
    async with shop.db.tx(shop.workspace_id) as tx:
        assert not await tx.fetch("select id from files"), "the last use takes the file with it"

    async def tried(**changes: Any) -> tuple[int, str]:
        answer = await agent.request("POST", path, {**form, "client_id": str(new_id()), **changes})
        return answer.status_code, answer.json()["code"]

    assert await tried(seqs=[2, note["seq"]]) == (409, "conversations.forward_inner")
    assert await tried(seqs=[1]) == (409, "conversations.forward_inner")
    assert await tried(seqs=[4]) == (409, "conversations.forward_gone")
    assert await tried(seqs=[99]) == (409, "conversations.forward_gone")
    assert await tried(seqs=list(range(2, 30))) == (400, "conversations.forward_many")
    assert await tried(source_id=target) == (400, "conversations.forward_same")
    assert await tried(source_id=str(new_id())) == (404, "conversations.not_found")
    auditor = await shop.agent("inspector", "质检")
    assert (await auditor.request("POST", path, form)).status_code == 403
    colleague = await shop.agent("agent", "同事")
    hidden = await colleague.request("POST", path, {**form, "client_id": "c"})
    assert hidden.json()["code"] == "conversations.not_found", "the source is not hers to see"
    await agent.request("PUT", f"/api/conversations/{target}/closure")
    assert await tried() == (409, "conversations.closed")
