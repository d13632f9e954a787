"""One real example of every frame that the server sends, for the web's tests.

They stand in web/packages/api/fixtures/frames.json: recorded from a house at work, with ids, times and other
values that differ from run to run made the same. A test fails where the recorded shapes are no longer those
of the committed file. After a change of the protocol write the file again with

    KEZHAN_WRITE_FRAMES=1 .venv/bin/python -m pytest tests/test_fixtures.py
"""

import io
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import websockets
from PIL import Image

from kezhan.channels.tests.people import Shop
from kezhan.channels.tests.platform import Line, said
from kezhan.conversations.tests.factories import make_session
from kezhan.kit.clock import now, wire
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.routing.policy import Policy
from kezhan.routing.tests.factories import Lobby, rule
from kezhan.shapes import AGENT_HEARS, VISITOR_HEARS
from kezhan.simulate.client import Agent, Connection, Refused, Visitor

Json = dict[str, Any]
FILE = Path(__file__).parents[1] / "web/packages/api/fixtures/frames.json"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Words the receiver decides by: part of a shape, as their types alone would not be.
WORDS = {"type", "kind", "is", "event", "state", "party", "channel", "code", "active", "gone", "resync"}


class Ear:
    """Keeps what one side hears and finds the examples in it."""

    def __init__(self, side: str, line: Connection, found: dict[str, Json]) -> None:
        self.frames: list[Json] = []
        self._side = side
        self._found = found
        line.heard.append(self.frames.append)

    async def keep(self, name: str, kind: str, fits: Callable[[Json], object] = lambda _: True) -> None:
        """The newest frame of this kind that fits is the example called `name`; waits for it."""

        def heard() -> list[Json]:
            return [frame for frame in self.frames if frame["type"] == kind and fits(frame)]

        await until(heard)
        self._found[f"{self._side}: {kind}, {name}"] = heard()[-1]


def _message(fits: Callable[[Json], object]) -> Callable[[Json], bool]:
    return lambda frame: any(fits(message) for message in frame.get("messages", ()))


def _of(kind: str, author: str) -> Callable[[Json], bool]:
    return _message(lambda message: (message["kind"], message["author"]["kind"]) == (kind, author))


def _is_card(message: Json) -> bool:
    return bool((message.get("payload") or {}).get("is") == "card")


def _waits(change: Json) -> bool:
    return _head(change, "queued") and change["head"]["waiting_since"] is not None


def _head(change: Json, state: str) -> bool:
    return "head" in change and change["head"]["state"] == state


def _picture() -> bytes:
    with io.BytesIO() as held:
        Image.new("RGB", (640, 480), "green").save(held, "PNG")
        return held.getvalue()


async def _first_words(shop: Shop, visitor: Visitor, found: dict[str, Json]) -> None:
    """What a customer's line hears before its client does."""
    async with websockets.connect(f"{shop.url.replace('http', 'ws', 1)}/w/v1/ws") as socket:
        await socket.send(msgspec.json.encode({"type": "auth", "token": visitor.token}).decode())
        found["visitor: ready"] = msgspec.json.decode(await socket.recv())


async def _second_device(shop: Shop, agent: Agent) -> Agent:
    me = await agent.get("/api/me")
    token = await make_session(shop.db, shop.workspace_id, me["id"])
    other = await Agent.with_cookie(shop.url, f"kz_session={token}", shop.http)
    await other.open()
    shop.opened.append(other)
    return other


async def _opening(shop: Shop, visitor: Visitor, found: dict[str, Json]) -> tuple[Agent, Ear, Ear, str]:
    """An agent comes, the customer speaks, the agent reads it."""
    theirs = Ear("visitor", visitor, found)
    agent = await shop.agent()
    ours = Ear("workspace", agent, found)
    await theirs.keep("somebody is at the desk", "agents", lambda frame: frame["online"])
    await agent.tell({"type": "lists", "epoch": "", "rev": 0})
    await ours.keep("at first", "lists")
    await agent.tell({"type": "lists", "epoch": "another", "rev": 7})
    await ours.keep("after too long", "lists", lambda frame: frame["resync"])
    ack = await visitor.say("你好，龙井有货吗？")
    conversation_id: str = ack["conversation_id"]
    await theirs.keep("stored", "ack")
    # The opening alone may be told before the message is.
    await ours.keep("a new one", "listed", lambda frame: _waits(frame["changes"][0]))
    await agent.watch(conversation_id)
    await ours.keep("the customer's", "presence", lambda frame: frame["party"] == "visitor")
    await ours.keep("who is there", "viewers")
    for line, ear in ((agent, ours), (visitor, theirs)):
        await line.tell({"type": "ping"})
        await ear.keep("answer", "pong")
        await line.tell({"type": "watch", "conversation_id": conversation_id, "rev": 1_000_000})
        await ear.keep("too much", "resync")
    return agent, ours, theirs, conversation_id


async def _talk(agent: Agent, visitor: Visitor, ours: Ear, theirs: Ear, conversation_id: str) -> None:
    """Every kind of message, and what can be done to it."""
    where = {"conversation_id": conversation_id}
    await agent.request("PUT", f"/api/conversations/{conversation_id}/assignment", {})
    await ours.keep("an event", "changed", _message(lambda one: one["kind"] == "event"))
    await theirs.keep("an agent has come", "changed", lambda frame: (frame.get("head") or {}).get("agent"))
    await visitor.tell({"type": "typing", "body": "有没有", "active": True, **where})
    await ours.keep("with its words", "typing", lambda frame: frame.get("body"))
    await visitor.tell({"type": "typing", "active": False, **where})
    await ours.keep("stopped", "typing", lambda frame: frame.get("active") is False)
    await agent.tell({"type": "typing", "active": True, **where})
    await theirs.keep("an agent's", "typing")
    asked = await visitor.say("还有明前的吗？")
    await ours.keep("a text", "changed", _of("text", "visitor"))
    answer = await agent.say(conversation_id, "有的", quote_seq=asked["seq"])
    await ours.keep("stored", "ack")
    await ours.keep("an own text with a quote", "changed", _message(lambda one: one.get("quote_seq")))
    await theirs.keep("an agent's text", "changed", _of("text", "agent"))
    await agent.say(conversation_id, "老客户", kind="note")
    await ours.keep("a note", "changed", _of("note", "agent"))
    picture = await visitor.upload("cup.png", "image/png", _picture())
    await visitor.say("", kind="image", file_id=picture["id"])
    await ours.keep("a picture", "changed", _of("image", "visitor"))
    sheet = await agent.upload("价目.txt", "text/plain", b"longjing 200")
    await agent.say(conversation_id, "", kind="file", file_id=sheet["id"])
    await theirs.keep("a file", "changed", _of("file", "agent"))
    await agent.call({"type": "edit", "ref": "edit-1", "seq": answer["seq"], "body": "有的，刚到", **where})
    await ours.keep("an edit", "done")
    await ours.keep("edited", "changed", _message(lambda one: one.get("edited_at")))
    await visitor.call({"type": "recall", "ref": "recall-1", "seq": asked["seq"], **where})
    await theirs.keep("a recall", "done")
    await ours.keep("recalled", "changed", _message(lambda one: one.get("recalled_at")))
    card = {"is": "product", "title": "明前龙井", "price": "¥299", "url": "https://shop.example/p/1"}
    await agent.say(conversation_id, "这一款", card=card, buttons=[{"text": "要这款"}])
    shows_card = _message(lambda one: (one.get("payload") or {}).get("is") == "card")
    await theirs.keep("a card", "changed", shows_card)
    await theirs.keep("a card", "changed", _message(_is_card))
    await visitor.call({"type": "react", "ref": "react-1", "seq": answer["seq"], "emoji": "👍", **where})
    await ours.keep("a reaction", "changed", _message(lambda one: one.get("reactions")))
    await visitor.tell({"type": "mark", "delivered_seq": 3, "read_seq": 3, **where})
    await ours.keep("a mark", "changed", lambda frame: frame.get("marks") and not frame.get("messages"))
    for line, ear in ((agent, ours), (visitor, theirs)):
        try:
            await line.call({"type": "edit", "ref": "edit-2", "seq": 1_000, "body": "?", **where})
        except Refused:
            await ear.keep("no such message", "refused")


async def _invited(shop: Shop, found: dict[str, Json]) -> None:
    """Somebody on the site, seen on the list of visitors, is invited."""
    visitor, agent = await shop.visitor(), await shop.agent()
    theirs, ours = Ear("visitor", visitor, found), Ear("workspace", agent, found)
    await agent.tell({"type": "follow", "topics": ["visitors"]})
    await agent.request("POST", f"/api/visitors/{visitor.id}/invites", {"text": "需要帮忙吗？"})
    await theirs.keep("by an agent", "invite")
    await ours.keep("the list of visitors", "stale")


async def _received(shop: Shop, found: dict[str, Json]) -> None:
    """A customer waits, is offered to an agent who accepts, and all of it is said."""
    asked = rule(accept_seconds=600)
    lobby = await Lobby(shop).open(Policy(rules=[asked]))
    visitor = await shop.visitor()
    theirs = Ear("visitor", visitor, found)
    await visitor.say("请问怎么退货？")
    await theirs.keep("how it waits", "place")
    agent = await lobby.agent("周小满")
    ours = Ear("workspace", agent, found)
    offer = (await agent.get("/api/offers"))["items"][0]
    await agent.request("PUT", "/api/seat/state", {"state": "busy"})
    await ours.keep("her own", "seat", lambda frame: frame["seat"]["state"] == "busy")
    await agent.request("DELETE", f"/api/conversations/{offer['head']['id']}/acceptance")
    await ours.keep("declined", "offer_over")
    await agent.request("PUT", "/api/seat/state", {"state": "online"})
    await lobby.customer()
    await ours.keep("to accept", "offer")


async def _together(shop: Shop, found: dict[str, Json]) -> None:
    """Two agents at work on one conversation: one invites, names and asks the other."""
    visitor, agent, other = (
        await shop.visitor(),
        await shop.agent(name="周小满"),
        await shop.agent(name="王五"),
    )
    ours, theirs = Ear("workspace", agent, found), Ear("workspace", other, found)
    conversation_id = (await visitor.say("怎么开发票？"))["conversation_id"]
    path, member_id = f"/api/conversations/{conversation_id}", (await other.get("/api/me"))["id"]
    await agent.request("PUT", f"{path}/assignment", {})
    await agent.watch(conversation_id)
    await agent.request("PUT", f"{path}/guests/{member_id}")
    await theirs.keep("invited in", "listed", lambda frame: frame["changes"][0].get("head", {}).get("guests"))
    await agent.say(conversation_id, "@王五 看看", kind="note", mentions=[member_id])
    await theirs.keep("in a note", "mentions")
    scheduled = f"{path}/scheduled/{new_id()}"
    await agent.request("PUT", scheduled, {"at": wire(now() + timedelta(hours=1)), "body": "明天见"})
    await ours.keep("kept", "scheduled")
    await agent.request("DELETE", scheduled)
    await agent.request("PUT", f"{path}/transfer", {"member_id": member_id, "note": "麻烦您"})
    await theirs.keep("by a colleague", "offer")
    await other.watch(conversation_id)
    typing = {"type": "typing", "conversation_id": conversation_id, "active": True, "note": True}
    await other.tell(typing)
    await ours.keep("a colleague's note", "typing", lambda frame: frame.get("note"))


async def _colleagues(shop: Shop, found: dict[str, Json]) -> None:
    """Two of us talk to each other."""
    agent, other = await shop.agent(name="周小满"), await shop.agent(name="王五")
    ours = Ear("workspace", agent, found)
    ids = [(await one.get("/api/me"))["id"] for one in (agent, other)]
    form = {"kind": "group", "client_id": "group-1", "name": "售后", "member_ids": [ids[1]]}
    opened = msgspec.json.decode((await agent.request("POST", "/api/staff-rooms", form)).content)
    path = f"/api/staff-rooms/{opened['room']['id']}"
    await ours.keep("a group is opened", "staff_changed", _message(lambda one: one["kind"] == "event"))
    said = {"client_id": "word-1", "body": "@周小满 在吗？", "mentions": [ids[0]]}
    await other.request("POST", f"{path}/messages", said)
    await ours.keep("a colleague's words", "staff_changed", _message(lambda one: one.get("mentions")))
    await other.request("POST", f"{path}/typing")
    await ours.keep("in a room", "staff_typing")
    await other.request("PUT", f"{path}/read", {"seq": 2})
    await agent.request("PUT", f"{path}/read", {"seq": 2})
    await ours.keep("by a member", "staff_read")
    await agent.request("PUT", f"{path}/mute", {"muted": True})
    await ours.keep("her own have changed", "staff_rooms")


async def _replied(shop: Shop, found: dict[str, Json]) -> None:
    """A reply to a customer on another platform is over and done with: here nobody takes it."""
    agent = await shop.agent(role="owner")
    ours = Ear("workspace", agent, found)
    answer = await agent.request("POST", "/api/channels", {"adapter": "open", "name": "App"})
    made = msgspec.json.decode(answer.content)
    channel = made["channel"]
    line = Line(shop.http, channel["id"], channel["public_key"], made["secret"])
    await line.post(said("有货吗？"))

    def hers() -> list[str]:
        return [id_ for id_, row in agent.rows.items() if row["channel"] == "open"]

    await until(hers)
    (conversation_id,) = hers()
    await agent.watch(conversation_id)
    await agent.request("PUT", f"/api/conversations/{conversation_id}/assignment", {})
    await agent.say(conversation_id, "有的")
    await ours.keep("a reply is over", "reach")


async def _record(shop: Shop) -> dict[str, Json]:
    found: dict[str, Json] = {}
    visitor = await shop.visitor()
    await _first_words(shop, visitor, found)
    agent, ours, theirs, conversation_id = await _opening(shop, visitor, found)
    await _talk(agent, visitor, ours, theirs, conversation_id)
    other = await _second_device(shop, agent)
    await other.watch(conversation_id)
    seq = (await agent.get(f"/api/conversations/{conversation_id}"))["messages"][-1]["seq"]
    mark = {"type": "mark", "conversation_id": conversation_id, "delivered_seq": seq, "read_seq": seq}
    await other.tell(mark)
    await ours.keep("on another device", "read")
    await other.request("PUT", f"/api/conversations/{conversation_id}/draft", {"body": "有的", "version": 0})
    await ours.keep("on another device", "draft")
    await other.request("PUT", "/api/me/personal", {"settings": {"muted": True}})
    await ours.keep("set on another device", "personal")
    colleague = await shop.agent(name="周子安")
    member_id = (await colleague.get("/api/me"))["id"]
    await ours.keep("a colleague's", "presence", lambda frame: frame["party"] == "agent")
    await agent.request("PUT", f"/api/conversations/{conversation_id}/assignment", {"member_id": member_id})
    await ours.keep("out of sight", "listed", lambda frame: frame["changes"][0].get("gone"))
    await _invited(shop, found)
    await _together(shop, found)
    await _received(shop, found)
    await _replied(shop, found)
    await _colleagues(shop, found)
    return dict(sorted(found.items()))


def _numbered(text: str, pattern: re.Pattern[str], form: Callable[[int], str]) -> str:
    """Each value that `pattern` finds, replaced by its number in the order of appearance."""
    values = dict.fromkeys(pattern.findall(text))
    known = {value: form(number) for number, value in enumerate(values, 1)}
    return pattern.sub(lambda match: known[match[0]], text)


def _settled(frames: dict[str, Json]) -> bytes:
    """The same bytes whenever the same is said."""
    text = msgspec.json.format(msgspec.json.encode(frames), indent=1).decode()
    text = re.sub(r'("contact_number": )"\d+"', r'\1"483920"', text)
    text = re.sub(r'("epoch": )"[^"]*"', r'\1"epoch-1"', text)
    text = _numbered(text, UUID, lambda number: f"00000000-0000-7000-8000-{number:012}")
    text = _numbered(text, TIME, lambda number: f"2026-01-01T00:{number // 60:02}:{number % 60:02}.000Z")
    return text.encode() + b"\n"


def _shape(value: Any, key: str = "") -> Any:
    """What a receiver can tell of a value: names, types and the words it decides by."""
    if isinstance(value, dict):
        return {name: _shape(inner, name) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return value if key in WORDS else type(value).__name__


async def test_the_examples_of_frames_that_the_web_is_tested_with_are_what_the_server_says(
    shop: Shop,
) -> None:
    recorded = await _record(shop)
    if os.environ.get("KEZHAN_WRITE_FRAMES"):
        FILE.write_bytes(_settled(recorded))
    committed = msgspec.json.decode(FILE.read_bytes())
    assert _shape(recorded) == _shape(committed)


def test_every_frame_of_the_contract_has_an_example_that_it_reads() -> None:
    committed: dict[str, Json] = msgspec.json.decode(FILE.read_bytes())
    for side, union in (("workspace", AGENT_HEARS), ("visitor", VISITOR_HEARS)):
        names = {shape.__struct_config__.tag for shape in union}
        examples = {name: frame for name, frame in committed.items() if name.startswith(side)}
        assert {frame["type"] for frame in examples.values()} == names
        for frame in examples.values():
            shape = next(shape for shape in union if shape.__struct_config__.tag == frame["type"])
            msgspec.convert(frame, shape, strict=False)


def test_no_example_carries_what_differs_from_run_to_run() -> None:
    text = FILE.read_text()
    assert _settled(msgspec.json.decode(text)).decode() == text
