"""What is pushed to a browser, to whose, and when not: opened by a push service with its own key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kezhan.devices import send
from kezhan.devices.gather import gather
from kezhan.devices.send import NotYet, Pusher
from kezhan.devices.tests.push_service import Browser, PushService, push_service
from kezhan.kit.clock import now, wire
from kezhan.kit.ids import new_id
from kezhan.kit.testing import queries, until
from kezhan.reports.events import AlertBegan
from kezhan.simulate.client import Visitor
from kezhan.surveys.tests.counter import Counter, make_counter
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

Json = dict[str, Any]


@dataclass
class Desk:
    """A shop, its people at their browsers, and the push service these are subscribed with."""

    counter: Counter
    service: PushService
    pusher: Pusher

    async def subscribe(self, client: httpx2.AsyncClient | None = None, **more: str) -> Browser:
        client = client or self.counter.agent
        key = (await client.get("/api/me/devices")).json()["key"]
        browser = self.service.browser(key)
        answer = await client.put("/api/me/devices", json=browser.form(**more))
        assert answer.status_code == 200, answer.text
        return browser

    async def set(self, client: httpx2.AsyncClient | None = None, **settings: Any) -> Json:
        answer = await (client or self.counter.agent).put("/api/me/personal", json={"settings": settings})
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def settled(self) -> None:
        """All that has happened has been pushed, or has been found to be nobody's business."""

        async def look() -> bool:
            behind = await self.counter.rows(
                "select 1 from outbox o join outbox_cursors c on c.handler = case o.kind"
                " when 'devices.pushes_written' then 'devices.push' else 'devices.gather' end"
                " where (o.xid, o.id) > (c.xid, c.id) and o.kind in ('devices.pushes_written',"
                " 'message.appended', 'conversation.assigned',"
                " 'conversation.transfer_offered', 'conversation.company_changed',"
                " 'conversation.colleagues_named')"
                " union all select 1 from pushes"
            )
            return not behind

        await until(look)
        await asyncio.sleep(0.2)  # what has just been committed may not be seen by the first look
        await until(look)

    async def talk(self, *words: str) -> tuple[Visitor, str]:
        """Served by the agent, and the customer says these."""
        visitor, talk = await self.counter.served(ends=False)
        for word in words:
            await visitor.say(word)
        return visitor, talk


@asynccontextmanager
async def _desk(house: Running) -> AsyncIterator[Desk]:
    counter = await make_counter(house)
    pusher = house.house.pusher
    async with push_service() as service:
        before, pusher.http = pusher.http, service.client()
        try:
            yield Desk(counter, service, pusher)
        finally:
            await pusher.http.aclose()
            pusher.http = before
            await counter.shop.close()


@pytest.fixture
async def desk(house: Running) -> AsyncIterator[Desk]:
    async with _desk(house) as desk:
        yield desk


def _bodies(browser: Browser) -> list[str]:
    return [push["body"] for push, _ in browser.got]


async def test_what_a_customer_says_reaches_the_browser_of_the_one_who_serves(desk: Desk) -> None:
    hers = await desk.subscribe(language="zh-CN")
    stranger, colleague = await make_counter(desk.counter.house), await desk.counter.someone()
    theirs = [await desk.subscribe(who) for who in (stranger.agent, colleague)]
    _, talk = await desk.talk("有龙井吗？")
    await desk.settled()
    push, headers = hers.got[-1]
    assert (push["kind"], push["tag"], push["body"]) == ("message", f"c:{talk}", "有龙井吗？")
    assert (push["path"], headers["urgency"]) == (f"/conversations/mine/{talk}", "high")
    assert [browser.got for browser in theirs] == [[], []]
    [device] = (await desk.counter.agent.get("/api/me/devices")).json()["items"]
    assert (device["host"], device["name"], device["here"]) == ("push.example.com", "手机", True)
    assert device["used_at"] is not None
    await stranger.shop.close()


async def test_who_wants_it_is_told_that_there_is_something_and_no_more(desk: Desk) -> None:
    hers = await desk.subscribe(language="en")
    await desk.set(push_text="hint")
    await desk.talk("my number is 13800000000")
    await desk.settled()
    push, _ = hers.got[-1]
    assert (push["title"], push["body"]) == ("Tea house", "New message")


async def test_what_is_masked_from_her_is_masked_in_what_is_pushed(desk: Desk) -> None:
    browser, ws = await desk.subscribe(), desk.counter.shop.workspace_id
    for serving, said in ((False, "139****4321"), (True, "13987654321")):
        async with desk.counter.shop.db.tx(ws) as tx:
            masked = "update workspaces set masked = '{phone}', plain_when_serving = $2 where id = $1"
            await tx.fetch(masked, ws, serving)
        await desk.talk("我的号码 13987654321")
        await desk.settled()
        assert said in str(_bodies(browser)[-1])
    assert "139****4321" in str(_bodies(browser)) and len(_bodies(browser)) >= 2


async def test_a_page_before_her_her_peace_and_her_switches_keep_it_silent(desk: Desk) -> None:
    hers = await desk.subscribe()
    visitor, _ = await desk.talk()
    await desk.settled()
    hers.got.clear()
    settings = (
        {"push": {"message": False}},
        {"quiet_until": wire(now() + timedelta(hours=1))},
        {"quiet_hours": {"days": [0, 1, 2, 3, 4, 5, 6], "start": "00:00", "end": "00:00"}},
    )
    for one in settings:
        await desk.set(**one)
        await visitor.say("在吗？")
        await desk.settled()
        assert hers.got == [], one
    await desk.set()
    key = ("attending", desk.counter.agent_id)
    presence = desk.counter.house.house.desk.presence
    presence.arrive(desk.counter.shop.workspace_id, key)
    await visitor.say("在吗？")
    await desk.settled()
    assert hers.got == []
    presence.depart(desk.counter.shop.workspace_id, key)
    await visitor.say("还在吗？")
    await desk.settled()
    assert _bodies(hers) == ["还在吗？"]


async def test_a_page_tells_whether_it_is_before_its_reader(desk: Desk) -> None:
    agent = await desk.counter.shop.agent()
    key = ("attending", UUID((await agent.get("/api/me"))["id"]))
    presence = desk.counter.house.house.desk.presence
    for here in (True, True, False):
        await agent.tell({"type": "attend", "here": here})
        await until(_is(lambda wanted=here: presence.online(key) is wanted))
    await agent.tell({"type": "attend", "here": True})
    await until(_is(lambda: presence.online(key)))
    await agent.close()
    await until(_is(lambda: not presence.online(key)))


def _is(true: Any) -> Any:
    async def look() -> bool:
        return bool(true())

    return look


async def test_notes_go_to_those_they_name_and_to_nobody_who_may_not_see_them(desk: Desk) -> None:
    counter = desk.counter
    hers = await desk.subscribe()
    person, colleague = await member_client(counter.house, "agent", counter.shop.workspace_id)
    named, other = await desk.subscribe(colleague), await desk.subscribe(await counter.someone())
    _, talk = await desk.talk("有龙井吗？")
    await desk.settled()
    path = f"/api/conversations/{talk}"
    assert (await counter.agent.put(f"{path}/guests/{person.id}")).status_code < 300
    await desk.settled()
    assert [push["kind"] for push, _ in named.got] == ["invite"]
    note = {"client_id": "n-1", "kind": "note", "body": "内部：请看", "mentions": [str(person.id)]}
    assert (await counter.agent.post(f"{path}/messages", json=note)).status_code == 201
    await until(_is(lambda: len(named.got) == 2))
    push, _ = named.got[-1]
    assert (push["kind"], "内部：请看" in push["body"]) == ("mention", True)
    # The first word may have been told of before anybody served her.
    assert ([body for body in _bodies(hers) if body != "你好"], other.got) == (["有龙井吗？"], [])
    # Named, and out of it again before the push leaves: the words of the note stay inside.
    before = len(named.got)
    named.answers = [(503, {})]
    await counter.agent.post(f"{path}/messages", json={**note, "client_id": "n-2", "body": "再看"})
    await until(_is(lambda: named.asked == before + 1))
    assert (await counter.agent.delete(f"{path}/guests/{person.id}")).status_code < 300
    [row] = await until(_rows(desk, "select id from pushes"))
    await desk.pusher.run(counter.shop.workspace_id, row["id"])
    assert len(named.got) == before
    assert await counter.rows("select 1 from pushes") == []


def _rows(desk: Desk, statement: str) -> Any:
    async def look() -> list[Any]:
        return await desk.counter.rows(statement)

    return look


async def test_a_colleague_who_hands_on_and_the_house_that_gives_are_heard(desk: Desk) -> None:
    counter = desk.counter
    person, colleague = await member_client(counter.house, "agent", counter.shop.workspace_id)
    theirs = await desk.subscribe(colleague)
    _, talk = await desk.talk()
    transfer = {"member_id": str(person.id), "note": "秘密"}
    answer = await counter.agent.put(f"/api/conversations/{talk}/transfer", json=transfer)
    assert answer.status_code < 300, answer.text
    await desk.settled()
    push, headers = theirs.got[-1]
    assert (push["kind"], "秘密" in str(push), int(headers["ttl"]) <= 61) == ("transfer", False, True)
    _, other = await desk.talk()
    await desk.settled()
    await counter.owner.put(f"/api/conversations/{other}/assignment", json={"member_id": str(person.id)})
    await desk.settled()
    assert [push["kind"] for push, _ in theirs.got] == ["transfer", "offer"]


@pytest.mark.parametrize(("status", "left"), [(404, 0), (410, 0), (400, 1), (413, 1)])
async def test_an_address_that_is_gone_is_forgotten_and_what_is_refused_is_not_repeated(
    desk: Desk, status: int, left: int
) -> None:
    visitor, _ = await desk.talk()
    await desk.settled()
    hers = await desk.subscribe()
    hers.answers = [(status, {})]
    await visitor.say("在吗？")
    await desk.settled()
    assert hers.asked == 1
    assert len(await desk.counter.rows("select 1 from push_subscriptions")) == left


async def test_a_busy_service_is_asked_again_when_it_says_so_and_once_for_all_that_came(desk: Desk) -> None:
    hers = await desk.subscribe()
    hers.answers = [(429, {"retry-after": "120"})]
    visitor, _ = await desk.talk()
    await visitor.say("一")
    await until(_rows(desk, "select 1 from pushes where not_before is not null"))
    await visitor.say("二")
    [row] = await until(_rows(desk, "select id from pushes where seq = (select max(seq) from messages)"))
    ws = desk.counter.shop.workspace_id
    with pytest.raises(NotYet):
        await desk.pusher.run(ws, row["id"])
    assert hers.asked == 1
    await desk.counter.rows("update pushes set not_before = now() - interval '1 second'")
    await desk.pusher.run(ws, row["id"])
    await desk.pusher.run(ws, row["id"])
    assert _bodies(hers) == ["二"]


async def test_what_she_has_read_elsewhere_and_what_is_old_is_not_pushed(desk: Desk) -> None:
    hers = await desk.subscribe()
    visitor, talk = await desk.talk()
    counter = desk.counter
    ws = desk.counter.shop.workspace_id
    read = (
        "insert into marks (workspace_id, conversation_id, party_kind, party_id, delivered_seq, read_seq,"
        " read_inbound, rev) select workspace_id, id, 'agent', assignee_id, last_seq, last_seq, 1, 1"
        " from conversations"
    )
    for spoil in (
        read,
        "update pushes set made_at = now() - interval '2 hours'",
        "update conversations set assignee_id = null, state = 'queued'",
        "update sessions set revoked_at = now()",
    ):
        hers.answers, before = [(503, {})], hers.asked
        await visitor.say("在吗？")
        await until(_is(lambda before=before: hers.asked == before + 1))
        [row] = await until(_rows(desk, "select id from pushes"))
        await counter.rows(spoil)
        await desk.pusher.run(ws, row["id"])
        assert await counter.rows("select 1 from pushes") == [], spoil
        serve = "update conversations set assignee_id = $1, state = 'assigned' where id = $2::text::uuid"
        await counter.rows(serve, counter.agent_id, talk)
    assert hers.got == []
    assert await counter.rows("select 1 from push_subscriptions") == [], "signed out there"


async def test_alerts_go_to_those_who_look_after_the_reception(desk: Desk) -> None:
    counter = desk.counter
    boss, hers = await desk.subscribe(counter.owner, language="en"), await desk.subscribe()
    rule, episode = new_id(), new_id()
    await counter.rows(
        "insert into alert_rules (workspace_id, id, kind, threshold, least, level, active, episode_id)"
        " values ($1, $2, 'waiting', 5, 1, 'warning', true, $3)",
        counter.shop.workspace_id, rule, episode,
    )  # fmt: skip
    await counter.rows(
        "insert into alert_events (workspace_id, id, rule_id, episode_id, kind, alert, threshold, level,"
        " value, at) values ($1, $2, $3, $4, 'began', 'waiting', 5, 'warning', 6, now())",
        counter.shop.workspace_id, new_id(), rule, episode,
    )  # fmt: skip
    async with counter.shop.db.tx(counter.shop.workspace_id) as tx:
        found = await gather(tx, [AlertBegan(episode_id=episode, rule_id=rule)])
    for push_id in found:
        await desk.pusher.run(counter.shop.workspace_id, push_id)
    assert [(push["tag"], push["body"], push["path"]) for push, _ in boss.got] == [
        (f"a:{episode}", "Many are waiting", "/monitor")
    ]
    assert hers.got == []


async def test_nothing_is_asked_or_sent_where_nobody_has_subscribed(desk: Desk) -> None:
    ws = desk.counter.shop.workspace_id
    async with desk.counter.shop.db.tx(ws) as tx:
        with queries(tx) as asked:
            assert await gather(tx, [AlertBegan(episode_id=new_id(), rule_id=new_id())]) == []
    assert len(asked) == 1
    assert all(browser.asked == 0 for browser in desk.service.browsers.values())


async def test_an_address_of_our_own_network_is_never_called(desk: Desk, house: Running) -> None:
    browser = desk.service.browser()
    form = {**browser.form(), "endpoint": f"https://localhost:{desk.service.port}/send/0"}
    assert (await desk.counter.agent.put("/api/me/devices", json=form)).status_code == 200
    guarded = send.Pusher(house.house.desk)
    before, house.house.pusher.http = house.house.pusher.http, guarded.http
    await desk.talk("在吗？")
    await desk.settled()
    house.house.pusher.http = before
    await guarded.stop()
    assert browser.asked == 0
    assert await desk.counter.rows("select 1 from push_subscriptions") == []
