"""One conversation acted out on a real house: every act of both parties, and what may come between them."""

import asyncio
import random
from typing import Any

import httpx2
import pytest

from kezhan.channels.tests.people import Shop
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.testing import PATIENCE, until
from kezhan.simulate import play as plays
from kezhan.simulate.client import Agent, Visitor, ask
from kezhan.simulate.play import Play, Tempo, read_history
from kezhan.simulate.script import Card, PageSeen, Script, Step, scripts, spoken
from kezhan.simulate.stage import Plan, Stage, _cast
from kezhan.simulate.tests.factories import QUICK, make_stage
from kezhan.simulate.thread import Json

SHOP_PAGE = PageSeen(path="/demo/shop", title="Shop", seconds=0)
HURRIED = Tempo(speed=0, patience=0.05)


def script(*steps: Step, **more: Any) -> Script:
    given: dict[str, Any] = {"arrives": [SHOP_PAGE], "steps": list(steps), **more}
    return Script(language="en", topic="t", voice="v", **given)


async def act(stage: Stage, written: Script, tempo: Tempo = QUICK, agent: Agent | None = None) -> None:
    await stage.play(written, written.steps, tempo, random.Random(1), agent)


def heads(agent: Agent) -> list[Json]:
    return sorted(agent.rows.values(), key=lambda row: str(row["id"]))


# Acts


async def test_every_act_does_at_the_house_what_it_says(shop: Shop) -> None:
    stage, (agent,) = await make_stage(shop)
    written = script(
        Step(customer="tpyo"),
        Step(customer_edits="typo"),
        Step(customer_shows="leaves"),
        Step(customer="a secret"),
        Step(customer_recalls=True),
        Step(page=PageSeen(path="/demo/cart", title="Cart", seconds=0)),
        Step(agent="helo"),
        Step(agent_edits="hello"),
        Step(note="an old customer"),
        Step(agent_shows="teapot"),
        Step(agent="wrong window"),
        Step(agent_recalls=True),
        Step(card=Card(name="Anna", email="anna@example.com")),
        Step(close=True),
        referrer="https://search.example/?q=tea",
        campaign="utm_source=letter",
    )
    await act(stage, written)
    assert stage.totals.good, stage.totals.lines()
    assert (stage.totals.sent, stage.totals.refused) == (7, 0)
    (head,) = heads(agent)
    await until(lambda: heads(agent)[0]["state"] == "closed")
    said = [m for m in await read_history(agent, head["id"]) if m["kind"] != "event"]
    assert [(m["kind"], m.get("body", "")) for m in said] == [
        ("text", "typo"), ("image", ""), ("text", ""), ("text", "hello"), ("note", "an old customer"),
        ("image", ""), ("text", ""),
    ]  # fmt: skip
    assert [bool(m.get("recalled_at")) for m in said] == [False, False, True, False, False, False, True]
    contact = await agent.get(f"/api/contacts/{head['contact_id']}")
    assert (contact["name"], contact["email"]) == ("Anna", "anna@example.com")
    card = await agent.get(f"/api/contacts/{head['contact_id']}/card")
    assert [page["title"] for page in card["pages"]] == ["Cart", "Shop"]
    assert (card["visit"]["referrer"], card["visit"]["utm"]["source"]) == (
        "https://search.example/?q=tea", "letter",
    )  # fmt: skip


async def test_an_answer_after_the_end_is_refused_and_counted_as_that(shop: Shop) -> None:
    stage, _ = await make_stage(shop)
    await act(stage, script(Step(customer="hi"), Step(agent="hello"), Step(close=True), Step(agent="late")))
    assert (stage.totals.sent, stage.totals.acknowledged, stage.totals.refused) == (3, 2, 1)
    assert stage.totals.good, stage.totals.lines()


async def test_a_customer_who_comes_back_after_the_end_is_checked_in_both_conversations(shop: Shop) -> None:
    stage, (agent,) = await make_stage(shop)
    steps = (Step(customer="hi"), Step(agent="hello"), Step(close=True), Step(customer="one thing more"))
    await act(stage, script(*steps))
    assert stage.totals.good, stage.totals.lines()
    assert (stage.totals.conversations, stage.totals.sent) == (1, 3)
    await until(lambda: len(agent.rows) == 2)
    assert [row["state"] for row in heads(agent)] == ["closed", "queued"]


async def test_without_anybody_to_serve_her_the_agents_lines_are_left_out(shop: Shop) -> None:
    stage = Stage(shop.url, shop.site_key, (), shop.http)
    await act(
        stage, script(Step(customer="hi"), Step(agent="hello"), Step(note="x"), Step(close=True)), HURRIED
    )
    assert (stage.totals.sent, stage.totals.good, stage.present) == (1, True, 0)


async def test_the_one_who_was_named_serves_and_nobody_else(shop: Shop) -> None:
    stage, (one, two) = await make_stage(shop, agents=2)
    await act(stage, script(Step(customer="hi"), Step(agent="hello")), agent=two)
    (head,) = heads(two)
    assert head["assignee_name"] == "Agent 1"
    assert one.threads == {}


async def test_agents_take_turns(shop: Shop) -> None:
    stage, agents = await make_stage(shop, agents=2)
    written = script(Step(customer="hi"), Step(agent="hello"))
    for _ in range(4):
        await act(stage, written)
    names = [row["assignee_name"] for row in heads(agents[0]) + heads(agents[1])]
    assert {names.count("Agent 0"), names.count("Agent 1")} == {2}


# Pacing


@pytest.mark.parametrize(
    ("typing", "words", "grown"),
    [(2, "abcdefghij", ["a", "abcde", "abcdefghi"]), (10, "abc", ["a"]), (1, "abcd", ["a", "abc"])],
)
async def test_the_agent_sees_the_customer_type_at_her_own_speed(
    shop: Shop, typing: float, words: str, grown: list[str]
) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    seen: list[str] = []
    agent.heard.append(lambda frame: seen.append(frame["body"]) if frame["type"] == "typing" else None)
    written = script(Step(customer="first"), Step(customer=words), typing=typing)
    play = Play(written, visitor, shop.url, Tempo(speed=1000), random.Random(1))
    await play.perform(written.steps[:1], served=False)
    await agent.watch(play.conversation_id)
    await play.perform(written.steps[1:], served=False)
    await until(lambda: len(seen) == len(grown))
    assert seen == grown


async def test_pauses_are_spent_once_each_and_divided_by_the_speed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[float] = []

    async def wait(_: Tempo, seconds: float) -> None:
        spent.append(seconds)

    monkeypatch.setattr(Tempo, "wait", wait)
    stage = Stage(shop.url, shop.site_key, (), shop.http)
    arrives = [PageSeen(path="/a", title="a", seconds=7), PageSeen(path="/b", title="b", seconds=11)]
    written = script(Step(customer="x" * 50, pause=100), Step(customer="y"), arrives=arrives)
    await act(stage, written, Tempo(speed=1))
    assert spent[:2] == [7, 11]
    assert 70 <= spent[2] <= 130
    assert [part for part in spent[3:] if part] == pytest.approx([2, 2, 2, 2, 2, 0.2])


@pytest.mark.parametrize(
    ("rate", "minutes", "arrivals"), [(20, 3, 60), (0.1, 0.01, 1), (600, 0.005, 3), (1, 1.4, 1), (1, 2.6, 3)]
)
def test_the_plan_says_how_many_come(rate: float, minutes: float, arrivals: int) -> None:
    assert Plan(customers=1, rate=rate, minutes=minutes).arrivals == arrivals


@pytest.mark.parametrize("language", ["zh-CN", "en", "both"])
def test_every_script_is_cast_once_before_one_comes_again(language: str) -> None:
    known = len(spoken(language))
    plan = Plan(customers=1, rate=1, minutes=known * 2 + 3, language=language)
    cast = _cast(plan, random.Random(5))
    assert len(cast) == known * 2 + 3
    for start in (0, known):
        assert len({one.voice for one in cast[start : start + known]}) == known
    assert {one.language for one in cast} == ({"zh-CN", "en"} if language == "both" else {language})
    assert _cast(plan, random.Random(5)) == cast
    assert _cast(plan, random.Random(6)) != cast


async def test_a_run_stopped_before_it_began_brings_nobody(shop: Shop) -> None:
    stage, stop = Stage(shop.url, shop.site_key, (), shop.http), asyncio.Event()
    stop.set()
    totals = await stage.run(Plan(customers=5, rate=6000, minutes=1, tempo=HURRIED), stop)
    assert (totals.conversations, totals.good, stage.present) == (0, True, 0)


async def test_after_the_grace_the_last_ones_are_ended_and_still_checked(shop: Shop) -> None:
    stage = Stage(shop.url, shop.site_key, (), shop.http)
    plan = Plan(customers=2, rate=6000, minutes=2 / 6000, grace=0.5, tempo=Tempo(speed=0, patience=600))
    totals = await asyncio.wait_for(stage.run(plan, asyncio.Event()), PATIENCE)
    assert (totals.conversations, stage.present) == (2, 0)
    assert totals.good, totals.lines()


async def test_progress_is_told_while_it_goes_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kezhan.simulate.stage._TELL_SECONDS", 0.01)
    stage, told = Stage(shop.url, shop.site_key, (), shop.http), list[str]()
    plan = Plan(customers=1, rate=6000, minutes=1 / 6000, tempo=HURRIED)
    await stage.run(plan, asyncio.Event(), told.append)
    assert told
    assert all(" of 1, messages " in line and "lost 0" in line for line in told)


async def test_a_first_message_cut_off_before_its_acknowledgement_is_looked_for_and_found(shop: Shop) -> None:
    visitor = await shop.visitor()
    play = Play(script(Step(customer="hi")), visitor, shop.url, QUICK, random.Random(1))
    entry = play.ledger.sending("cut-off", "customer", "text", "hi")
    await visitor.say("hi", "cut-off")
    assert (entry.acknowledged, entry.conversation_id) == (0, "")
    assert (await play.settle()).good


# What the check reads


async def test_a_long_history_is_read_whole_and_in_order(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plays, "_PAGE", 3)
    visitor, agent = await shop.visitor(), await shop.agent()
    acks = await asyncio.gather(*(visitor.say(str(n)) for n in range(58)))
    place = acks[0]["conversation_id"]
    for reader in (visitor, agent):
        assert [message["seq"] for message in await read_history(reader, place)] == list(range(1, 60))


async def test_a_doubled_message_at_the_house_is_found(shop: Shop) -> None:
    """What the customer's client sent once, somebody stores a second time under the same name."""
    visitor = await shop.visitor()
    play = Play(scripts()["en-refund"], visitor, shop.url, QUICK, random.Random(1))
    await play.perform(play.script.cut("waiting"), served=False)
    assert (await play.settle()).good
    (entry,) = play.ledger.entries.values()
    history = await read_history(visitor, entry.conversation_id)
    history.append({**history[-1], "seq": history[-1]["seq"] + 1})
    verdict = play.ledger.check(entry.conversation_id, history, range(9), whole=False)
    assert (verdict.doubled, verdict.lost) == ([entry.client_id], [])


async def test_messages_that_changed_places_at_the_house_are_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await shop.visitor()
    written = script(Step(customer="one"), Step(customer="two"))
    play = Play(written, visitor, shop.url, QUICK, random.Random(1))
    await play.perform(written.steps, served=False)
    first, second = play.ledger.entries.values()
    first.seq, second.seq = second.seq, first.seq
    monkeypatch.setattr(plays, "_SETTLE_SECONDS", 0)
    assert (await play.settle()).moved == [first.client_id, second.client_id]


# The client's requests


@pytest.fixture
async def busy() -> Any:
    async with platform() as place, httpx2.AsyncClient() as http:
        yield place, http


async def test_a_request_too_many_is_made_again_when_it_was_told_to(busy: tuple[Platform, Any]) -> None:
    place, http = busy
    place.answers.extend(
        [Answer(429, headers={"retry-after": "0"}), Answer(429, headers={"retry-after": "0"})]
    )
    assert (await ask(http, "GET", place.url)).status_code == 200
    assert len(place.heard) == 3


@pytest.mark.parametrize(("status", "calls"), [(401, 1), (404, 1), (500, 1), (429, 20)])
async def test_a_refusal_is_raised_and_not_asked_for_again_but_for_too_many(
    busy: tuple[Platform, Any], status: int, calls: int
) -> None:
    place, http = busy
    place.always = lambda _: Answer(status, headers={"retry-after": "0"})
    with pytest.raises(httpx2.HTTPStatusError):
        await ask(http, "GET", place.url)
    assert len(place.heard) == calls


async def test_frames_for_a_line_that_is_down_are_dropped_and_sends_are_kept(shop: Shop) -> None:
    visitor = Visitor(shop.url, shop.site_key, shop.http, browser="Mozilla/5.0 (iPhone)")
    await visitor.tell({"type": "ping"})
    waiting = asyncio.create_task(visitor.say("before the line was up", "early"))
    await asyncio.sleep(0)
    assert not waiting.done()
    await visitor.arrive()
    shop.opened.append(visitor)
    assert (await asyncio.wait_for(waiting, PATIENCE))["client_id"] == "early"
