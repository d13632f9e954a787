"""Switches, repeats, the log, the steering interface: with the smallest platform there can be."""

import base64
from collections.abc import AsyncIterator
from typing import NamedTuple

import httpx2
import pytest

from fakes.app import build, every_platform
from fakes.base import Platform, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.serve import running
from fakes.tests.hook import Hook, hooked
from fakes.wire import Asked, Route, Told, plain, told
from fakes.world import Clock, Meter, Switches, Tokens


class Echo(Platform):
    """Says what is said as plain text and shows what it is sent."""

    name = "echo"
    label = Words("回声", "Echo")
    kinds = ("text", "image")

    def boxes(self) -> list[Box]:
        return [Box(name="secret", label=Words("密钥", "Secret"), value=letters(8))]

    def acts(self) -> list[Act]:
        return [Act(name="recall", label=Words("撤回", "Recall"), on="message")]

    def routes(self) -> list[Route]:
        return [Route(method="POST", path="/{token}/send", run=self.send, sends=True)]

    async def send(self, asked: Asked) -> Told:
        if asked.given["token"] != self.form["secret"]:
            return told({"error": "who"}, 401)
        self.phone(asked.one("to")).show(letters(4), "us", "text", asked.body.decode())
        return told({"ok": True})

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        post = Post(url=self.form["webhook"], body=said.text.encode())
        self.bring(lambda: post, Manners(pauses=(0.5, 0.5)), shown)

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        assert shown is not None
        shown.fate = "recalled"


class Stage(NamedTuple):
    echo: Echo
    hook: Hook
    client: httpx2.AsyncClient


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    echo = Echo()
    async with running([echo]) as base, hooked() as hook, httpx2.AsyncClient(base_url=base) as client:
        echo.switch({"pace": 50})
        await echo.connect({"webhook": hook.url})
        yield Stage(echo, hook, client)


async def say(stage: Stage, *texts: str) -> list[str]:
    for text in texts:
        await stage.echo.say("c1", Said(text=text))
    await stage.echo.settled()
    return [call.body.decode() for call in stage.hook.calls]


async def test_a_callback_arrives_and_its_fate_is_shown(stage: Stage) -> None:
    assert await say(stage, "hello") == ["hello"]
    assert [(shown.by, shown.text, shown.fate) for shown in stage.echo.seen("c1")] == [
        ("customer", "hello", "delivered")
    ]


async def test_an_unheard_callback_is_repeated_and_then_lost(stage: Stage) -> None:
    stage.hook.answer = lambda _: plain("no", 500)
    assert await say(stage, "hello") == ["hello"] * 3
    assert stage.echo.seen("c1")[0].fate == "lost"
    assert [(line.attempt, line.status, line.ok) for line in stage.echo.log.lines] == [
        (n, 500, False) for n in (1, 2, 3)
    ]


async def test_a_late_answer_is_none(stage: Stage) -> None:
    stage.hook.hold = 0.7
    assert await say(stage, "hello") == ["hello"] * 3
    assert stage.echo.log.lines[0].status == 0


async def test_drop_duplicate_and_reorder(stage: Stage) -> None:
    stage.echo.switch({"drop": 2})
    assert await say(stage, "a", "b", "c") == ["a", "c"]
    stage.hook.calls.clear()
    stage.echo.switch({"drop": 0, "duplicate": 1})
    assert await say(stage, "d") == ["d", "d"]
    stage.hook.calls.clear()
    stage.echo.switch({"duplicate": 0, "reorder": True})
    assert await say(stage, "e", "f") == ["f", "e"]


async def test_calls_are_answered_refused_and_noted(stage: Stage) -> None:
    path = f"/echo/{stage.echo.form['secret']}/send?to=c1"
    assert (await stage.client.post(path, content="你好")).json() == {"ok": True}
    assert (await stage.client.post("/echo/wrong/send?to=c1")).status_code == 401
    assert (await stage.client.get("/echo/nowhere")).status_code == 404
    assert [shown.text for shown in stage.echo.seen("c1")] == ["你好"]
    assert [line.status for line in stage.echo.log.lines] == [200, 401, 404]
    stage.echo.switch({"error": "E7"})
    assert (await stage.client.post(path)).json() == {"error": "E7"}
    stage.echo.switch({"error": "", "rate_limit": 1})
    assert [(await stage.client.post(path)).status_code for _ in range(2)] == [200, 429]


async def test_faults_strike_before_or_after_the_deed(stage: Stage) -> None:
    stage.echo.switch({"faults": 1})
    path = f"/echo/{stage.echo.form['secret']}/send?to=c1"
    assert {(await stage.client.post(path)).status_code for _ in range(20)} == {502, 503}
    assert 0 < len(stage.echo.seen("c1")) < 20


async def test_steering_over_http(stage: Stage) -> None:
    client = stage.client
    (listed,) = (await client.get("/_/platforms")).json()
    assert listed["name"] == "echo" and listed["form"]["webhook"] == stage.hook.url
    data = base64.b64encode(b"\x89PNG").decode()
    new = (await client.post("/_/echo/customers", json={"name": "Ann"})).json()["id"]
    said = {"customer": new, "kind": "image", "data": data, "media_type": "image/png"}
    id = (await client.post("/_/echo/say", json=said)).json()["id"]
    await client.post("/_/echo/act", json={"customer": new, "act": "recall", "given": {"message": id}})
    (shown,) = (await client.get(f"/_/echo/seen?customer={new}")).json()
    assert (shown["id"], shown["fate"]) == (id, "recalled")
    assert (await client.get(f"/_/echo/file/{shown['file']}")).content == b"\x89PNG"
    assert (await client.post("/_/echo/switches", json={"delay": 0.01})).json()["delay"] == 0.01
    assert len((await client.get("/_/echo/log?since=0")).json()) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_/none/say", {"customer": "c"}),
        ("/_/echo/say", {"customer": "c", "kind": "smell"}),
        ("/_/echo/say", {"customer": "c", "data": "%"}),
        ("/_/echo/act", {"customer": "c", "act": "sing"}),
        ("/_/echo/act", {"customer": "c", "act": "recall", "given": {"message": "?"}}),
        ("/_/echo/switches", {"gravity": 1}),
        ("/_/echo/switches", {"delay": "long"}),
        ("/_/echo/connect", {"webhok": "x"}),
    ],
)
async def test_misuse_is_told(stage: Stage, path: str, body: dict[str, object]) -> None:
    answer = await stage.client.post(path, json=body)
    assert answer.status_code == 400 and answer.json()["problem"]


async def test_the_page_and_nothing_beside_it(stage: Stage) -> None:
    assert (
        (await stage.client.get("/", follow_redirects=True)).headers["content-type"].startswith("text/html")
    )
    assert (await stage.client.get("/_/page/..%2fapp.py")).status_code == 404


def test_tokens_meters_and_a_clock_that_runs_ahead() -> None:
    switches = Switches()
    tokens, meter = Tokens(Clock(switches)), Meter(Clock(switches))
    token = tokens.issue("app", 7200)
    assert tokens.good(token) and tokens.owner(token) == "app" and not tokens.good("other")
    assert [meter.take("c", 2, 60) for _ in range(3)] == [True, True, False]
    switches.clock_ahead = 7201
    assert not tokens.good(token) and meter.take("c", 2, 60)
    once = tokens.issue("app", 60)
    assert [tokens.use_up(once), tokens.use_up(once)] == [True, False]


def test_every_platform_is_found_once() -> None:
    names = [platform.name for platform in every_platform()]
    assert len(set(names)) == len(names)
    build(every_platform())
