"""What colleagues say among themselves reaches no customer, on any path there is."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from kezhan.app import routes
from kezhan.channels import dispatch
from kezhan.channels.links import survey_token
from kezhan.channels.registry import channels
from kezhan.channels.tests.people import Shop
from kezhan.conversations.events import MessageAppended, MessageChanged, ReactionChanged
from kezhan.kit.clock import now, wire
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event
from kezhan.kit.testing import until
from kezhan.simulate.client import Agent, Visitor

SECRET = "只有同事知道"
INNER = "🤫"
"""Below a note."""
OPEN = "您好，马上为您处理"


@dataclass
class Scene:
    """A conversation in which colleagues have said everything they say among themselves, and one of them one
    thing to the customer."""

    shop: Shop
    visitor: Visitor
    agent: Agent
    boss: Agent
    talk: str
    heard: list[Any]

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            return list(await tx.fetch(statement, *values))

    async def asked(self, path: str) -> str:
        """What the customer gets there."""
        return msgspec.json.encode(await self.visitor.get(path)).decode()


async def make_scene(shop: Shop) -> Scene:
    agent, boss = await shop.agent("agent", "周小满"), await shop.agent("supervisor", "王主管")
    visitor = await shop.visitor()
    heard: list[Any] = []
    visitor.heard.append(heard.append)
    talk = (await visitor.say("你好"))["conversation_id"]
    scene = Scene(shop, visitor, agent, boss, talk, heard)
    other = (await boss.get("/api/me"))["id"]
    path = f"/api/conversations/{talk}"

    async def act(who: Agent, method: str, noun: str, body: Any = None) -> None:
        answer = await who.request(method, f"{path}{noun}", body)
        assert answer.status_code < 300, answer.text

    await act(agent, "PUT", "/assignment", {})
    for one in (agent, boss):
        await one.watch(talk)
    await agent.say(talk, f"{SECRET}：备注", kind="note")
    await agent.say(talk, f"@王主管 {SECRET}", kind="note", mentions=[other])
    await act(boss, "PUT", "/supervision")
    await boss.say(talk, f"{SECRET}：密语", kind="note", whisper=True)
    await boss.tell({"type": "typing", "conversation_id": talk, "active": True, "note": True})
    edited = await agent.say(talk, "改之前", kind="note")
    change = {"conversation_id": talk, "seq": edited["seq"]}
    await agent.call({"type": "edit", "ref": str(new_id()), "body": f"{SECRET}：改过", **change})
    await agent.call({"type": "react", "ref": str(new_id()), "emoji": INNER, **change})
    await act(agent, "PUT", f"/guests/{other}")
    await act(agent, "PUT", "/transfer", {"member_id": other, "note": f"{SECRET}：附言"})
    answer = await boss.request("DELETE", f"{path}/acceptance?reason={SECRET}")
    assert answer.status_code < 300
    await act(agent, "DELETE", f"/guests/{other}")
    await act(boss, "DELETE", "/supervision")
    await agent.say(talk, OPEN, quote_seq=edited["seq"], original=f"{SECRET}：原文")
    later = {"at": wire(now() + timedelta(hours=1)), "body": f"{SECRET}：以后再说", "original": SECRET}
    await act(agent, "PUT", f"/scheduled/{new_id()}", later)
    await until(lambda: OPEN in str(heard))
    return scene


async def _live(scene: Scene) -> str:
    return msgspec.json.encode(scene.heard).decode()


async def _resumed(scene: Scene) -> str:
    """From the beginning on, and from in between."""
    before = len(scene.heard)
    for rev in (0, 4, 9):
        await scene.visitor.tell({"type": "watch", "conversation_id": scene.talk, "rev": rev})
    await until(lambda: sum(one["type"] == "changed" for one in scene.heard[before:]) >= 3)
    return msgspec.json.encode(scene.heard[before:]).decode()


async def _opened(scene: Scene) -> str:
    return await scene.asked(f"/w/v1/conversations/{scene.talk}")


async def _older(scene: Scene) -> str:
    return await scene.asked(f"/w/v1/conversations/{scene.talk}/messages?before=1000&limit=100")


async def _listed(scene: Scene) -> str:
    return await scene.asked("/w/v1/conversations") + OPEN


PATHS: dict[str, Callable[[Scene], Awaitable[str]]] = {
    "the open line": _live,
    "a line that comes back": _resumed,
    "the page that opens": _opened,
    "older pages": _older,
    "her conversations": _listed,
}
HIDDEN = (
    SECRET,
    "改之前",
    "transfer_",
    "supervis",
    "invited",
    "guest",
    "王主管",
    "whisper",
    '"note"',
    "scheduled",
    "translated",
    INNER,
)


async def test_the_customer_hears_the_answer_and_nothing_else(shop: Shop) -> None:
    scene = await make_scene(shop)
    got = {path: await read(scene) for path, read in PATHS.items()}
    assert [path for path, text in got.items() if OPEN not in text] == [], "every path leads somewhere"
    leaks = {path: [word for word in HIDDEN if word in text] for path, text in got.items()}
    assert leaks == {path: [] for path in PATHS}
    assert "typing" not in {one["type"] for one in scene.heard}


HERS = {
    "/s/{token}",
    "/w/v1/consents",
    "/w/v1/conversations",
    "/w/v1/conversations/{conversation_id}",
    "/w/v1/conversations/{conversation_id}/link-cards",
    "/w/v1/conversations/{conversation_id}/messages",
    "/w/v1/conversations/{conversation_id}/messages/{seq}/file",
    "/w/v1/invites",
    "/w/v1/outlook",
    "/w/v1/place",
    "/w/v1/sites/{site_key}",
    "/w/v1/surveys/{invite_id}",
}
"""Every address that a customer reads: who adds one adds it here."""


async def test_no_address_of_hers_tells_it(shop: Shop) -> None:
    scene = await make_scene(shop)
    owner = await shop.agent("owner", "东家")
    survey = {"name": "满意度", "definition": {"questions": [{"key": "q1", "kind": "csat"}]}}
    assert (await owner.request("POST", "/api/surveys", survey)).status_code == 201
    asked = await scene.agent.request("PUT", f"/api/conversations/{scene.talk}/survey")
    assert asked.status_code < 300, asked.text
    ((invite_id,),) = [tuple(row) for row in await scene.rows("select id from survey_invites")]
    ((last,),) = [tuple(row) for row in await scene.rows("select max(seq) from messages")]
    reads = [path for route in routes() if "GET" in route.http_methods for path in route.paths]
    paths = {re.sub(":[a-z]+}", "}", path) for path in reads if path.startswith(("/w/v1/", "/s/"))}
    assert paths == HERS
    seqs = range(1, last + 1)
    query = f"?site_key={shop.site_key}&before=1000&" + "&".join(f"seq={seq}" for seq in seqs)
    token = survey_token(shop.keyring, shop.workspace_id, invite_id)
    names = {"conversation_id": scene.talk, "invite_id": invite_id, "site_key": shop.site_key, "token": token}
    addresses = {path.format(**names, seq=seq) + query for path in paths for seq in seqs}
    told: dict[str, str] = {}
    for address in sorted(addresses):
        headers = {"Authorization": f"Bearer {scene.visitor.token}"}
        answer = await shop.http.get(shop.url + address, headers=headers)
        assert answer.status_code in ({404} if "/file?" in address else {200, 204}), (address, answer.text)
        told[address] = answer.text
    leaks = {address: [word for word in HIDDEN if word in text] for address, text in told.items()}
    assert leaks == {address: [] for address in addresses}


async def test_it_is_forwarded_to_no_customer(shop: Shop) -> None:
    scene = await make_scene(shop)
    other = await shop.visitor()
    target = (await other.say("在吗"))["conversation_id"]
    said = "select seq from messages where kind in ('note', 'event') and conversation_id = $1"
    inner = await scene.rows(said, UUID(scene.talk))
    for row in inner:
        form = {"client_id": f"f{row['seq']}", "source_id": scene.talk, "seqs": [row["seq"]]}
        answer = await scene.agent.request("POST", f"/api/conversations/{target}/forwards", form)
        assert (answer.status_code, answer.json()["code"]) == (409, "conversations.forward_inner")
    assert SECRET not in msgspec.json.encode(await other.snapshot(target)).decode()


async def test_nobody_but_colleagues_finds_or_is_told_of_it(shop: Shop) -> None:
    """Where only those of the house read: the customer's credential opens none of these."""
    scene = await make_scene(shop)
    for path in (
        f"/api/conversations/{scene.talk}",
        f"/api/conversations/{scene.talk}/colleagues",
        f"/api/conversations/{scene.talk}/supervision",
        f"/api/conversations/{scene.talk}/trace",
        f"/api/conversations/{scene.talk}/scheduled",
        f"/api/conversations/{scene.talk}/translation",
        "/api/mentions",
        "/api/offers",
        f"/api/search/message?q={SECRET}",
    ):
        headers = {"Authorization": f"Bearer {scene.visitor.token}"}
        answer = await shop.http.get(shop.url + path, headers=headers)
        assert answer.status_code == 401, path


async def test_no_channel_sends_it(shop: Shop) -> None:
    """Hooks, mails and messages of every platform go out by these rows alone."""
    scene = await make_scene(shop)
    said = await scene.rows("select conversation_id, seq, kind, author_kind, rev, body from messages")
    events: list[Event] = [
        MessageAppended(
            conversation_id=row["conversation_id"],
            seq=row["seq"],
            kind=row["kind"],
            author_kind=row["author_kind"],
        )
        for row in said
    ]
    inner = [row for row in said if row["kind"] in {"note", "event"}]
    events += [
        MessageChanged(conversation_id=row["conversation_id"], seq=row["seq"], rev=row["rev"], recalled=gone)
        for row in inner
        for gone in (False, True)
    ]
    events += [
        ReactionChanged(conversation_id=row["conversation_id"], seq=row["seq"], rev=row["rev"])
        for row in inner
    ]
    (answer,) = [row["seq"] for row in said if row["body"] == OPEN]
    assert len([row for row in inner if row["kind"] == "note"]) == 5
    sending = sorted(name for name, one in channels().items() if one.send is not None)
    sent: dict[str, list[int]] = {}
    for channel in sending:
        async with shop.db.tx(shop.workspace_id) as tx:
            await tx.fetch("update conversations set channel = $1", channel)
            await dispatch.queue(tx, events)
            sent[channel] = [
                row["seq"] for row in await tx.fetch("delete from channel_deliveries returning seq")
            ]
    assert sent == {channel: [answer] for channel in sending}
