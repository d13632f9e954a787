"""The scripts are written as they should be, and every one of them plays on a real house."""

import asyncio
import random
from pathlib import Path

import msgspec
import pytest

from kezhan.channels.tests.people import Shop
from kezhan.simulate.pictures import PICTURES, draw
from kezhan.simulate.script import read_script, scripts, spoken
from kezhan.simulate.stage import Stage
from kezhan.simulate.tests.factories import QUICK, make_stage

ACTS = {
    "customer_edits",
    "customer_recalls",
    "customer_shows",
    "agent_shows",
    "note",
    "card",
    "close",
    "page",
}


def test_there_are_enough_of_both_languages_and_every_act_occurs() -> None:
    assert len(spoken("zh-CN")) >= 16
    assert len(spoken("en")) >= 8
    assert len(spoken("both")) >= 24
    assert spoken("fr") == []
    assert {step.act for script in scripts().values() for step in script.steps} >= ACTS
    assert max(len(script.steps) for script in scripts().values()) >= 120


def test_every_script_has_a_voice_of_its_own_and_begins_with_the_customer() -> None:
    written = scripts().values()
    assert len({script.voice for script in written}) == len(written)
    for script in written:
        first = next(step for step in script.steps if step.act != "page")
        assert first.by == "customer"
        assert script.cut("waiting")
        assert script.cut("open")[-1].by == "customer"


def test_no_line_is_said_twice() -> None:
    lines = [
        text
        for script in scripts().values()
        for step in script.steps
        for text in (step.customer, step.agent)
        if len(text) > 12
    ]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_pictures_are_small_and_the_same_each_time(name: str) -> None:
    assert draw(name) == draw(name)
    assert len(draw(name)) < 60_000


@pytest.mark.parametrize(
    "steps",
    [
        '{ customer = "hi", agent = "hello" }, { agent = "x" }',
        '{ pause = 3 }, { agent = "x" }',
        '{ customer = "hi" }, { agent_shows = "nothing like it" }',
        '{ customer = "hi" }, { whisper = "x" }',
    ],
)
def test_a_faulty_script_is_refused_with_the_place(tmp_path: Path, steps: str) -> None:
    faulty = tmp_path / "faulty.toml"
    head = 'language = "en"\ntopic = "t"\nvoice = "v"\narrives = [{ path = "/", title = "t" }]\n'
    faulty.write_text(f"{head}steps = [{steps}]\n", encoding="utf-8")
    with pytest.raises(msgspec.ValidationError, match=r"\$\.steps"):
        read_script(faulty)


@pytest.mark.long
async def test_every_script_plays_to_its_end_on_a_real_house(shop: Shop) -> None:
    stage, _ = await make_stage(shop, agents=3)
    await asyncio.gather(*(_play(stage, name) for name in scripts()))
    totals = stage.totals
    assert totals.lines()[-1].startswith("lost 0, doubled 0, unseen 0")
    assert totals.good
    assert totals.conversations == len(scripts())
    assert totals.sent == totals.acknowledged
    assert totals.delivered == totals.addressed


async def _play(stage: Stage, name: str) -> None:
    script = scripts()[name]
    await stage.play(script, script.steps, QUICK, random.Random(name))
