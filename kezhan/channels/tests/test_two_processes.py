"""Two processes on one database: whoever is on the one is with everybody on the other."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest
from hypothesis import given
from sqlalchemy import text

from kezhan import app
from kezhan.channels.accounts import account_by_id
from kezhan.channels.standing import store
from kezhan.channels.tests.pair import Pair
from kezhan.channels.tests.people import Shop, make_shop
from kezhan.channels.tests.platform import Line, platform, said
from kezhan.channels.tests.test_resume import STEPS, Step, always_the_same, play
from kezhan.channels.working import note_fault, note_working
from kezhan.files.objects import Store
from kezhan.kit.clock import now
from kezhan.kit.crypto import token_digest
from kezhan.kit.db import Database, Tx
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id
from kezhan.kit.testing import PATIENCE, TestCluster, until
from kezhan.kit.timers import set_timer
from kezhan.realtime import across
from kezhan.simulate.client import Agent, Visitor
from kezhan.testing import Running, running

Json = dict[str, Any]


@pytest.fixture
async def pair(houses: tuple[Running, Running]) -> AsyncIterator[Pair]:
    one, two = houses
    pair = Pair(one, two, await make_shop(one))
    yield pair
    await pair.close()
    await pair.shop.close()


def bodies(who: Agent | Visitor, conversation_id: str) -> list[str]:
    messages = who.threads[conversation_id].messages if conversation_id in who.threads else {}
    return [message["body"] for _, message in sorted(messages.items()) if message["kind"] == "text"]


def frames(who: Agent | Visitor, kind: str) -> list[Json]:
    """What it hears of this kind from now on."""
    heard: list[Json] = []
    who.heard.append(lambda frame: heard.append(frame) if frame["type"] == kind else None)
    return heard


async def test_a_message_goes_across_and_its_answer_back(pair: Pair) -> None:
    visitor, agent, conversation_id = await pair.talk()
    await visitor.say("on the one")
    await until(lambda: bodies(agent, conversation_id) == ["hello", "on the one"])
    await agent.say(conversation_id, "on the other")
    await until(lambda: bodies(visitor, conversation_id) == ["hello", "on the one", "on the other"])


async def test_a_note_does_not_go_across_to_the_customer(pair: Pair) -> None:
    visitor, agent, conversation_id = await pair.talk()
    await agent.say(conversation_id, "between us", kind="note")
    await agent.say(conversation_id, "for her")
    await until(lambda: bodies(visitor, conversation_id) == ["hello", "for her"])
    kinds = {message["kind"] for message in visitor.threads[conversation_id].messages.values()}
    assert "note" not in kinds


async def test_the_same_message_sent_to_both_processes_is_stored_once(pair: Pair) -> None:
    visitor, agent, conversation_id = await pair.talk()
    other = await pair.visitor(pair.two, visitor.token)
    acks = await asyncio.gather(*(one.say("twice", "same-id") for one in (visitor, other, visitor)))
    assert len({ack["seq"] for ack in acks}) == 1
    for who in (visitor, other, agent):
        await until(lambda: bodies(who, conversation_id) == ["hello", "twice"])  # noqa: B023


async def test_what_one_process_sees_of_a_connection_is_what_the_other_goes_on_from(pair: Pair) -> None:
    one, two = pair.one.db, pair.two.db
    account = await account_by_id(one, pair.shop.workspace_id, pair.shop.account_id)

    async def works() -> bool:
        async with one.tx(pair.shop.workspace_id) as tx:
            return await store.works(tx, account.id)

    await note_working(one, account)
    await note_fault(two, account, "transient", "away")
    assert not await works()

    async def seen_again() -> bool:
        await note_working(one, account)
        return await works()

    await until(seen_again)
    await note_fault(one, account, "transient", "away")
    await pair.cut_buses()

    async def seen_there() -> bool:
        await note_working(two, account)
        return await works()

    await until(seen_there)


async def test_edits_recalls_and_marks_go_across(pair: Pair) -> None:
    visitor, agent, conversation_id = await pair.talk()
    thread = agent.threads[conversation_id]
    seq = (await visitor.say("with a tpyo"))["seq"]
    change = {"conversation_id": conversation_id, "seq": seq}
    await visitor.call({"type": "edit", "ref": "e", "body": "with a typo", **change})
    await until(lambda: bodies(agent, conversation_id)[-1:] == ["with a typo"])
    await visitor.call({"type": "recall", "ref": "r", **change})
    await until(lambda: thread.messages.get(seq, {}).get("recalled_at"))
    await agent.tell({"type": "mark", "conversation_id": conversation_id, "read_seq": seq})
    marks = visitor.threads[conversation_id].marks
    await until(lambda: seq in [mark["read_seq"] for mark in marks.values()])


async def test_typing_goes_across_with_its_preview_and_only_to_those_who_follow(pair: Pair) -> None:
    visitor, agent, conversation_id = await pair.talk()
    stranger, onlooker = await pair.visitor(pair.two), await pair.agent()
    seen, shown = frames(agent, "typing"), frames(visitor, "typing")
    others = [frames(one, "typing") for one in (stranger, onlooker)]
    await visitor.tell({"type": "typing", "conversation_id": conversation_id, "body": "我想问"})
    await agent.tell({"type": "typing", "conversation_id": conversation_id})
    await until(lambda: seen and shown)
    assert seen[0]["body"] == "我想问"
    assert shown[0]["author"]["kind"] == "agent"
    assert others == [[], []]


async def test_presence_is_of_all_processes(pair: Pair) -> None:
    visitor, agent, conversation_id = await pair.talk()
    seen = frames(agent, "presence")
    second = await pair.visitor(pair.two, visitor.token)
    await visitor.close()
    await asyncio.sleep(0.1)
    assert not [frame for frame in seen if frame["id"] == visitor.id]  # she is still on the other
    answers = frames(agent, "presence")
    await agent.tell({"type": "watch", "conversation_id": conversation_id, "rev": 0})
    await until(lambda: answers)
    assert answers[-1] == {"type": "presence", "party": "visitor", "id": visitor.id, "online": True}
    third = await pair.visitor(pair.one)
    staffed = frames(third, "agents")
    await agent.close()
    await until(lambda: staffed)
    assert staffed == [{"type": "agents", "online": False}]
    assert second.connected.is_set()


async def test_colleagues_on_both_processes_see_each_other_write_and_are_asked(pair: Pair) -> None:
    visitor, agent, conversation_id = await pair.talk()
    other = await pair.agent(house=pair.one)
    me, hers = [(await one.get("/api/me"))["id"] for one in (agent, other)]
    there, written = frames(agent, "viewers"), frames(agent, "typing")
    offers, shown = frames(other, "offer"), frames(visitor, "typing")
    await other.watch(conversation_id)
    await until(lambda: there and set(there[-1]["members"]) == {me, hers})
    await other.tell({"type": "typing", "conversation_id": conversation_id, "note": True})
    await until(lambda: written)
    path = f"/api/conversations/{conversation_id}"
    await agent.request("PUT", f"{path}/assignment", {})
    await agent.request("PUT", f"{path}/transfer", {"member_id": hers, "note": "between us"})
    await until(lambda: offers and offers[0]["offer"]["note"] == "between us")
    assert (await other.request("PUT", f"{path}/acceptance")).status_code == 200
    assert shown == []
    await other.close()
    await until(lambda: there[-1]["members"] == [me])


async def test_taking_and_closing_go_across_to_thread_lists_and_customer(pair: Pair) -> None:
    visitor, agent, conversation_id = await pair.talk()
    colleague = await pair.agent(house=pair.one)
    await agent.request("PUT", f"/api/conversations/{conversation_id}/assignment", {})
    await until(lambda: colleague.rows.get(conversation_id, {}).get("state") == "assigned")
    await until(lambda: visitor.threads[conversation_id].head.get("agent"))
    await agent.request("PUT", f"/api/conversations/{conversation_id}/closure")
    await until(lambda: colleague.rows[conversation_id]["state"] == "closed")
    await until(lambda: visitor.threads[conversation_id].head["state"] == "closed")


async def test_what_an_agent_may_no_longer_see_is_taken_from_her_on_the_other_process(pair: Pair) -> None:
    visitor = await pair.visitor()
    narrow, wide = await pair.agent("agent", pair.two), await pair.agent(house=pair.one)
    conversation_id = (await visitor.say("hello"))["conversation_id"]
    await until(lambda: conversation_id in narrow.rows)
    await narrow.watch(conversation_id)
    await wide.request("PUT", f"/api/conversations/{conversation_id}/assignment", {})
    await until(lambda: conversation_id not in narrow.rows)
    said = frames(narrow, "changed")
    await visitor.say("for the other alone")
    await wide.watch(conversation_id)
    await asyncio.sleep(0.15)
    assert not [frame for frame in said if "for the other alone" in str(frame)]


async def test_lists_hear_of_a_message_on_the_other_process(pair: Pair) -> None:
    visitor, agent = await pair.visitor(), await pair.agent()
    conversation_id = (await visitor.say("first"))["conversation_id"]
    await until(lambda: agent.rows.get(conversation_id, {}).get("preview", {}).get("text") == "first")
    await visitor.say("second")
    await until(lambda: agent.rows[conversation_id]["preview"]["text"] == "second")
    assert agent.rows[conversation_id]["inbound_count"] == 2


async def test_a_shop_hears_nothing_of_another_one_across(pair: Pair) -> None:
    visitor = await pair.visitor()
    other = await make_shop(pair.two)
    stranger = await other.agent("owner")
    heard: list[Json] = []
    stranger.heard.append(heard.append)
    conversation_id = (await visitor.say("hello"))["conversation_id"]
    agent = await pair.agent()
    await until(agent.connected.is_set)
    await visitor.tell({"type": "typing", "conversation_id": conversation_id, "body": "secret"})
    await visitor.say("again")
    await agent.watch(conversation_id)
    await asyncio.sleep(0.1)
    assert heard == [frame for frame in heard if frame["type"] == "lists"]
    await other.close()


async def test_a_revoked_session_ends_on_the_other_process(pair: Pair) -> None:
    agent = await pair.agent()
    elsewhere = await pair.again(pair.cookie, pair.one)
    await elsewhere.request("DELETE", "/api/session")
    for one in (agent, elsewhere):
        assert one._task is not None
        await asyncio.wait_for(asyncio.shield(one._task), PATIENCE)  # the client gives up for good


async def test_an_archived_channel_lets_its_customers_go_on_the_other_process(pair: Pair) -> None:
    visitor, owner = await pair.visitor(), await pair.agent("owner")
    await owner.request("DELETE", f"/api/channels/{pair.shop.account_id}")
    assert visitor._task is not None
    await asyncio.wait_for(asyncio.shield(visitor._task), PATIENCE)
    with pytest.raises(httpx2.HTTPStatusError):
        await pair.visitor()


async def test_what_was_said_while_hints_were_lost_is_seen_after_all(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, agent, conversation_id = await pair.talk()
    quiet = await pair.visitor()
    unheard = (await quiet.say("before"))["conversation_id"]
    await until(lambda: unheard in agent.rows)
    for house in pair.houses:  # whatever is told just now goes nowhere
        monkeypatch.setattr(house.house.bus, "publish", lambda hint: None)
    await visitor.say("lost on the way")
    await agent.say(conversation_id, "lost on the way back")
    await quiet.say("nobody has this one open")
    await agent.request("PUT", f"/api/conversations/{unheard}/assignment", {})
    await asyncio.sleep(0.1)
    assert bodies(visitor, conversation_id) == ["hello", "lost on the way"]
    monkeypatch.undo()
    await pair.cut_buses()
    everything = ["hello", "lost on the way", "lost on the way back"]
    for who in (agent, visitor):
        await until(lambda: bodies(who, conversation_id) == everything)  # noqa: B023
    await until(lambda: agent.rows.get(unheard, {}).get("state") == "assigned")
    await until(lambda: quiet.threads[unheard].head.get("state") == "assigned")


async def test_a_session_revoked_while_hints_were_lost_ends_after_all(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, stays = await pair.agent(), await pair.agent()
    visitor, gone = await pair.visitor(), await pair.visitor()
    async with pair.shop.db.tx(pair.shop.workspace_id) as tx:
        await tx.run(
            text("update visitor_sessions set revoked_at = now() where identity_id = cast(:id as uuid)"),
            {"id": gone.id},
        )
    async with pair.shop.db.system_tx() as tx:
        cookie = agent._headers["Cookie"].partition("=")[2]
        ended = "update sessions set revoked_at = now() where token_digest = :digest"
        await tx.run(text(ended), {"digest": token_digest(cookie)})
    await pair.cut_buses()
    for one in (agent, gone):
        assert one._task is not None
        await asyncio.wait_for(asyncio.shield(one._task), PATIENCE)
    assert stays.breaks == 0  # who is still who she was stays where she is
    assert visitor.breaks == 0


async def test_a_process_that_is_killed_takes_its_people_with_it(
    cluster: TestCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(across, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(across, "SILENCE_SECONDS", 0.5)
    access = cluster.fresh()
    async with running(access, tmp_path) as one, running(access, tmp_path) as two:
        pair = Pair(one, two, await make_shop(one))
        visitor, agent, conversation_id = await pair.talk()
        seen = frames(agent, "presence")
        # Said after its last word to the others, as by a process killed between commit and hint.
        bus = one.house.bus
        monkeypatch.setattr(bus, "publish", lambda hint: None)
        await visitor.say("my last words")
        await until(lambda: seen)
        assert seen[0] == {"type": "presence", "party": "visitor", "id": visitor.id, "online": False}
        await until(lambda: bodies(agent, conversation_id) == ["hello", "my last words"])
        # It was alive after all.
        monkeypatch.undo()
        await until(lambda: seen[-1]["online"])
        await pair.close()
        await pair.shop.close()


async def test_a_process_that_ends_says_goodbye(cluster: TestCluster, tmp_path: Path) -> None:
    access = cluster.fresh()
    async with running(access, tmp_path) as two:
        async with running(access, tmp_path) as one:
            pair = Pair(one, two, await make_shop(two))
            visitor, agent, _ = await pair.talk()
            seen = frames(agent, "presence")
        await until(lambda: seen)
        assert (seen[0]["id"], seen[0]["online"]) == (visitor.id, False)
        assert not two.house.desk.across._heard
        await pair.close()
        await pair.shop.close()


async def test_snapshot_and_events_equal_a_fresh_snapshot_across_processes(pair: Pair) -> None:
    agent = await pair.agent()
    loop = asyncio.get_running_loop()

    @always_the_same(8)
    @given(STEPS)
    def check(steps: list[Step]) -> None:
        asyncio.run_coroutine_threadsafe(play(cast(Shop, pair), agent, steps), loop).result(120)

    await asyncio.to_thread(check)


async def test_timers_and_daily_work_of_two_processes_are_done_once(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def ring(tx: Tx, ref: UUID) -> None:
        done.append("timer")

    async def work(db: Database, store: Store) -> None:
        done.append("daily")
        await asyncio.sleep(0.1)

    for house in pair.houses:
        monkeypatch.setitem(cast(dict[str, Any], house.db.wiring.timers), "files.unattached", ring)
    monkeypatch.setattr(app, "daily", work)
    async with pair.shop.db.tx(pair.shop.workspace_id) as tx:
        await set_timer(tx, "files.unattached", new_id(), now() - timedelta(seconds=1))
    days = [asyncio.create_task(house.house._daily()) for house in pair.houses]
    await until(lambda: "timer" in done)
    await asyncio.sleep(0.2)
    for day in days:
        day.cancel()
    assert sorted(done) == ["daily", "timer"]


async def test_a_reply_is_delivered_once_by_two_processes(pair: Pair) -> None:
    async with platform() as place:
        for house in pair.houses:
            house.house.channels.lines._http = guarded_client(allow_private_hosts=True)
        owner = await pair.agent("owner")
        form = {"adapter": "open", "name": "App", "settings": {"webhook_url": f"{place.url}/hook"}}
        made = (await owner.request("POST", "/api/channels", form)).json()
        key = made["channel"]["public_key"]
        line = Line(await pair.one.client(), pair.shop.account_id, key, made["secret"])
        await line.post(said())
        await until(lambda: owner.rows)
        (conversation_id,) = owner.rows
        for n in range(5):
            await owner.say(conversation_id, f"answer {n}")
        await until(lambda: len(place.heard) >= 5)
        await asyncio.sleep(0.5)
        texts = [heard.event["message"]["text"] for heard in place.heard]
        assert texts == [f"answer {n}" for n in range(5)]


@pytest.mark.parametrize(
    "hint",
    [
        b"7",
        b'{"hint":"of a later version"}',
        b'{"hint":"moved","workspace_id":"x","places":[]}',
        b'{"hint":"moved","workspace_id":"018f0000-0000-7000-8000-000000000000",'
        b'"places":[["018f0000-0000-7000-8000-000000000001",null,-5]]}',
    ],
)
async def test_a_hint_nobody_can_use_disturbs_nothing(pair: Pair, hint: bytes) -> None:
    visitor, agent, conversation_id = await pair.talk()
    pair.one.house.bus.publish(hint)
    await visitor.say("still here")
    await until(lambda: bodies(agent, conversation_id) == ["hello", "still here"])


async def test_a_hint_that_could_not_be_shown_holds_up_none_after_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, agent, conversation_id = await pair.talk()
    relay, fallen = pair.two.house.desk.relay, asyncio.Event()

    async def fall(*due: object) -> None:
        fallen.set()
        raise TypeError("cannot be shown")

    with monkeypatch.context() as patch:
        patch.setattr(relay, "_show", fall)
        await visitor.say("into the hole")
        await asyncio.wait_for(fallen.wait(), PATIENCE)
    await visitor.say("behind it")
    await until(lambda: bodies(agent, conversation_id) == ["hello", "into the hole", "behind it"])


async def test_nothing_is_read_and_nothing_told_where_there_is_nobody_to_hear_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await pair.visitor()
    relay, told = pair.two.house.desk.relay, list[bytes]()
    heard: list[object] = []
    monkeypatch.setattr(relay, "_show", lambda *due: heard.append(due))
    await visitor.say("to an empty room")
    await asyncio.sleep(0.1)
    assert heard == [] and not relay.busy
    monkeypatch.setattr(pair.one.house.bus, "publish", told.append)
    monkeypatch.setattr(pair.one.house.desk.across, "alone", True)
    await visitor.say("to nobody at all")
    await visitor.tell({"type": "typing", "conversation_id": next(iter(visitor.threads)), "body": "…"})
    await visitor.close()
    monkeypatch.setattr(pair.one.house.desk.across, "alone", False)
    assert told == []
