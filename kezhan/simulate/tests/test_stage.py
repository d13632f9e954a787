"""Many customers at once against a real house; and people who share the desk with the programs."""

import asyncio
import random
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import until
from kezhan.simulate.client import Visitor
from kezhan.simulate.play import Play, Tempo
from kezhan.simulate.script import scripts
from kezhan.simulate.stage import Plan, Stage
from kezhan.simulate.tests.factories import QUICK, make_stage


@pytest.mark.long
async def test_twenty_customers_and_two_agents_end_with_nothing_lost(shop: Shop) -> None:
    stage, _ = await make_stage(shop, agents=2)
    plan = Plan(customers=20, rate=1200, minutes=20 / 1200, tempo=QUICK, seed=4)
    told: list[str] = []
    totals = await stage.run(plan, asyncio.Event(), told.append)
    assert totals.good, totals.lines()
    assert totals.conversations == 20
    assert totals.sent == totals.acknowledged > 150
    assert totals.delivered == totals.addressed
    assert stage.present == 0


async def test_the_same_seed_casts_the_same_plays(shop: Shop) -> None:
    sent = []
    for _ in range(2):
        stage, _ = await make_stage(shop)
        plan = Plan(customers=5, rate=600, minutes=3 / 600, tempo=QUICK, seed=9)
        sent.append((await stage.run(plan, asyncio.Event())).sent)
    assert sent[0] == sent[1]


async def test_no_more_than_the_planned_number_are_there_at_once(shop: Shop) -> None:
    stage, _ = await make_stage(shop)
    most = 0

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, stage.present)
            await asyncio.sleep(0.001)

    looking = asyncio.create_task(look())
    plan = Plan(customers=2, rate=6000, minutes=6 / 6000, tempo=QUICK)
    totals = await stage.run(plan, asyncio.Event())
    looking.cancel()
    assert (totals.conversations, most) == (6, 2)


async def test_an_interrupted_run_ends_soon_and_is_still_checked(shop: Shop) -> None:
    stage, _ = await make_stage(shop)
    stop = asyncio.Event()
    plan = Plan(customers=5, rate=600, minutes=1, tempo=Tempo(speed=10), seed=2)
    run = asyncio.create_task(stage.run(plan, stop))
    await until(lambda: stage.present == 5)
    await asyncio.sleep(0.5)
    stop.set()
    totals = await asyncio.wait_for(run, 10)
    assert totals.good, totals.lines()
    assert totals.conversations >= 5


async def test_a_message_that_the_database_has_lost_is_noticed(shop: Shop) -> None:
    """The proof that `lost 0` says something: a stored and acknowledged message is taken away behind the
    server's back."""
    visitor = await shop.visitor()
    play = Play(scripts()["en-wrong-item"], visitor, shop.url, QUICK, random.Random(1))
    await play.perform(play.script.cut("waiting"), served=False)
    assert (await play.settle()).good
    stolen = list(play.ledger.entries.values())[-1]
    async with shop.db.tx(shop.workspace_id) as tx:
        where = {"c": UUID(stolen.conversation_id), "s": stolen.seq}
        await tx.run(text("delete from messages where conversation_id = :c and seq = :s"), where)
    assert (await play.settle()).lost == [stolen.client_id]


async def test_agents_leave_a_strangers_conversation_alone(shop: Shop) -> None:
    stage, (agent,) = await make_stage(shop)
    stranger = await shop.visitor()
    ack = await stranger.say("I am a real person")
    script = scripts()["en-wrong-item"]
    await stage.play(script, script.steps, QUICK, random.Random(1))
    assert stage.totals.good
    assert agent.rows[ack["conversation_id"]]["state"] == "queued"


async def test_a_person_may_be_quicker_and_the_customer_goes_on_with_her(shop: Shop) -> None:
    person = await shop.agent(name="Person")
    stage = Stage(shop.url, shop.site_key, (), shop.http)
    script = scripts()["en-wrong-item"]
    play = asyncio.create_task(stage.play(script, script.steps, Tempo(speed=0, patience=8), random.Random(1)))
    await until(lambda: any(row["inbound_count"] == 2 for row in person.rows.values()))
    conversation_id = next(iter(person.rows))
    await person.watch(conversation_id)
    await person.say(conversation_id, "I'll see to it")
    await until(lambda: person.rows[conversation_id]["inbound_count"] == 3)
    play.cancel()
    await asyncio.gather(play, return_exceptions=True)
    assert stage.totals.good


async def test_a_customer_nobody_answers_says_what_she_has_to_say_and_leaves(shop: Shop) -> None:
    stage = Stage(shop.url, shop.site_key, (), shop.http)
    script = scripts()["en-wrong-item"]
    await stage.play(script, script.steps, Tempo(speed=0, patience=0.05), random.Random(1))
    said = sum(1 for step in script.steps if step.act in {"customer", "customer_shows"})
    assert (stage.totals.sent, stage.totals.good) == (said, True)


async def test_a_wrong_site_key_is_told_and_is_no_success(shop: Shop) -> None:
    stage = Stage(shop.url, "kzp_nobody", (), shop.http)
    script = scripts()["en-wrong-item"]
    await stage.play(script, script.steps, QUICK, random.Random(1))
    assert not stage.totals.good
    assert "404" in stage.totals.lines()[-1]


async def test_lines_that_break_in_mid_play_lose_and_double_nothing(shop: Shop) -> None:
    stage, (agent,) = await make_stage(shop)
    visitors: list[Visitor] = []
    script = scripts()["zh-tasting-long"]

    async def break_lines() -> None:
        await until(lambda: bool(stage._plays))
        while True:
            for play in tuple(stage._plays.values()):
                visitors.append(play.visitor)
                await play.visitor.cut()
            await agent.cut()
            await asyncio.sleep(0.2)

    breaking = asyncio.create_task(break_lines())
    await stage.play(script, script.cut("open")[:30], QUICK, random.Random(1))
    breaking.cancel()
    assert stage.totals.good, stage.totals.lines()
    assert visitors[0].breaks > 0
