"""A customer who says nothing more is warned, and then her conversation ends."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import until
from kezhan.kit.timers import TimerRunner
from kezhan.routing.replies.idle import END_TIMER, WARN_TIMER
from kezhan.routing.tests.factories import Lobby
from kezhan.simulate.client import Agent, Visitor

RULES = {
    "idle": True,
    "warn_minutes": 10,
    "close_minutes": 5,
    "warning": {"zh": "还在吗？{minutes} 分钟后会结束会话。", "en": "Still there? {minutes} minutes left."},
    "closing": {"zh": "会话先结束了，欢迎再来。"},
}
WARNING, CLOSING = "还在吗？5 分钟后会结束会话。", "会话先结束了，欢迎再来。"
_BACK = "update messages set created_at = created_at - $2::interval where conversation_id = $1"
_TRIED = "select 1 from timers where kind = $1 and ref = $2 and due_at <= now()"
# Whoever carries a timer out has put it off for half a minute first.
_CLAIMED = "select 1 from timers where kind = $1 and ref = $2 and due_at < now() + interval '35 seconds'"
_DUE = "update timers set due_at = now() where kind = $1 and ref = $2 returning ref"


class Quiet:
    """A reception whose channel minds silence, with one conversation in which we have spoken last."""

    def __init__(self, lobby: Lobby, owner: Agent, agent: Agent, customer: Visitor, talk: UUID) -> None:
        self.lobby = lobby
        self.owner = owner
        self.agent = agent
        self.customer = customer
        self.talk = talk

    @property
    def path(self) -> str:
        return f"/api/channels/{self.lobby.shop.account_id}/life"

    async def minutes_pass(self, minutes: int) -> None:
        await self.lobby.rows(_BACK, self.talk, timedelta(minutes=minutes))

    async def due(self, kind: str, *, runners: int = 1, fails: bool = False) -> None:
        """The timer is set, falls due now, and is carried out, be it by the house itself; or (`fails`) is
        tried at least."""
        await until(lambda: self.lobby.rows(_DUE, kind, self.talk))
        await asyncio.gather(*(TimerRunner(self.lobby.shop.db).step() for _ in range(runners)))

        async def over() -> bool:
            return not await self.lobby.rows(_TRIED if fails else _CLAIMED, kind, self.talk)

        await until(over)

    async def timers(self) -> list[str]:
        found = await self.lobby.rows(
            "select kind from timers where ref = $1 and kind like 'routing.idle%'", self.talk
        )
        return sorted(row["kind"] for row in found)

    async def said(self) -> list[str]:
        """What the house has said, and the events of an end, in order."""
        rows = await self.lobby.rows(
            "select coalesce(nullif(body, ''), payload->>'event') as word from messages"
            " where conversation_id = $1 and author_kind = 'system' order by seq",
            self.talk,
        )
        return [row["word"] for row in rows if row["word"] not in {"opened", "routed"}]

    async def state(self) -> str:
        (row,) = await self.lobby.rows("select state from conversations where id = $1", self.talk)
        return str(row["state"])


@pytest.fixture
async def quiet(shop: Shop) -> Quiet:
    lobby = await Lobby(shop).open()
    agent, owner = await lobby.agent("周小满"), await lobby.agent("东家", "owner")
    assert await lobby.state("东家", "away") == 200
    answer = await owner.request("PUT", f"/api/channels/{shop.account_id}/life", RULES)
    assert answer.status_code == 200, answer.text
    customer, talk = await lobby.customer("有龙井吗？")
    assert await lobby.holder(talk) == "周小满"
    await agent.say(str(talk), "有的。")
    return Quiet(lobby, owner, agent, customer, talk)


async def test_warned_and_then_ended_with_a_word_each(quiet: Quiet) -> None:
    await quiet.minutes_pass(11)
    await quiet.due(WARN_TIMER)
    assert (await quiet.said(), await quiet.state()) == ([WARNING], "assigned")
    await quiet.minutes_pass(5)
    await quiet.due(END_TIMER)
    assert (await quiet.said(), await quiet.state()) == ([WARNING, CLOSING, "closed"], "closed")
    assert await quiet.timers() == []
    assert (await quiet.lobby.seats())["周小满"]["live_used"] == 0
    await quiet.lobby.check()
    messages = (await quiet.customer.snapshot(str(quiet.talk)))["messages"]
    assert [one["body"] for one in messages if one["author"]["kind"] == "system" and one.get("body")] == [
        WARNING,
        CLOSING,
    ]


async def test_the_time_counts_from_our_last_word_and_hers_ends_it(quiet: Quiet) -> None:
    await quiet.minutes_pass(8)
    await quiet.due(WARN_TIMER)  # too early: put off
    assert (await quiet.said(), await quiet.timers()) == ([], [WARN_TIMER])
    await quiet.minutes_pass(3)
    await quiet.due(WARN_TIMER)
    await quiet.customer.say("在的")
    await quiet.minutes_pass(20)
    await quiet.due(END_TIMER)
    assert (await quiet.said(), await quiet.state()) == ([WARNING], "assigned")
    assert await quiet.timers() == []  # she waits for us now
    await quiet.agent.say(str(quiet.talk), "好的，给您留着。")
    await quiet.minutes_pass(11)
    await quiet.due(WARN_TIMER)
    assert await quiet.said() == [WARNING, WARNING]


async def test_another_word_of_ours_after_the_warning_begins_her_time_anew(quiet: Quiet) -> None:
    await quiet.minutes_pass(11)
    await quiet.due(WARN_TIMER)
    await quiet.agent.say(str(quiet.talk), "需要我帮您下单吗？")
    await quiet.due(END_TIMER)
    assert (await quiet.said(), await quiet.state()) == ([WARNING], "assigned")
    await quiet.minutes_pass(60)
    await quiet.due(END_TIMER) if END_TIMER in await quiet.timers() else await quiet.due(WARN_TIMER)
    assert (await quiet.said(), await quiet.state()) == ([WARNING, WARNING], "assigned")


@pytest.mark.parametrize("why", ["parked", "queued", "off", "archived"])
async def test_nothing_is_said_or_ended_where_silence_does_not_count(quiet: Quiet, why: str) -> None:
    await until(quiet.timers)
    place = f"/api/conversations/{quiet.talk}"
    if why == "parked":
        await quiet.agent.request("PUT", f"{place}/parking", {})
    elif why == "queued":
        await quiet.lobby.state("周小满", "away")
        await quiet.agent.request("DELETE", f"{place}/assignment")
    elif why == "off":
        await quiet.owner.request("PUT", quiet.path, {**RULES, "idle": False})
    else:
        await quiet.owner.request("DELETE", quiet.path.removesuffix("/life"))
    before = await quiet.said()
    await quiet.minutes_pass(60)
    await quiet.due(WARN_TIMER)
    assert (await quiet.said(), await quiet.timers()) == (before, [])
    assert await quiet.state() != "closed"


async def test_a_note_is_no_word_to_the_customer(quiet: Quiet) -> None:
    await quiet.due(WARN_TIMER)
    await quiet.minutes_pass(9)
    await quiet.agent.say(str(quiet.talk), "老客户", kind="note")
    await quiet.minutes_pass(2)
    await quiet.due(WARN_TIMER)
    assert await quiet.said() == [WARNING]


async def test_of_several_processes_one_warns_and_one_ends(quiet: Quiet) -> None:
    await quiet.minutes_pass(11)
    await quiet.due(WARN_TIMER, runners=4)
    await quiet.minutes_pass(5)
    await quiet.due(END_TIMER, runners=4)
    assert await quiet.said() == [WARNING, CLOSING, "closed"]


async def test_a_process_that_dies_between_has_done_nothing_and_the_next_does_it_once(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    await quiet.minutes_pass(16)
    await quiet.due(WARN_TIMER)
    await quiet.minutes_pass(5)

    async def dies(*_: Any) -> None:
        raise ConnectionError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr("kezhan.routing.replies.idle.end_silent", dies)
        await quiet.due(END_TIMER, fails=True)
        await asyncio.sleep(0.3)
    assert (await quiet.said(), await quiet.state()) == ([WARNING], "assigned")
    await quiet.due(END_TIMER, runners=2)
    assert await quiet.said() == [WARNING, CLOSING, "closed"]


async def test_without_words_it_ends_in_silence(quiet: Quiet) -> None:
    await quiet.owner.request("PUT", quiet.path, {"idle": True, "warn_minutes": 10, "close_minutes": 5})
    await quiet.minutes_pass(11)
    await quiet.due(WARN_TIMER)
    await quiet.minutes_pass(5)
    await quiet.due(END_TIMER)
    assert (await quiet.said(), await quiet.state()) == (["closed"], "closed")


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({"warning": {"zh": "{place}"}}, 400, "warning.zh"),
        ({"closing": {"en": "{minutes}"}}, 400, "closing.en"),
        ({"closing": {"en": "\0"}}, 400, "closing.en"),
        ({"warn_minutes": 0}, 400, "warn_minutes"),
        ({"reopen_hours": 721}, 400, "reopen_hours"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(
    quiet: Quiet, form: dict[str, Any], status: int, field: str
) -> None:
    answer = await quiet.owner.request("PUT", quiet.path, {**RULES, **form})
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    kept = await quiet.owner.get(quiet.path)
    assert {key: kept[key] for key in ("idle", "warn_minutes", "close_minutes")} == {
        "idle": True,
        "warn_minutes": 10,
        "close_minutes": 5,
    }


async def test_who_may_manage_channels_decides_and_the_same_again_is_no_deed(quiet: Quiet) -> None:
    assert (await quiet.agent.request("PUT", quiet.path, RULES)).status_code == 403
    for _ in range(2):
        answer = await quiet.owner.request("PUT", quiet.path, {**RULES, "reopen_hours": 24})
        assert answer.status_code == 200
    deeds = await quiet.lobby.rows("select 1 from audit_log where action = 'channel.life'")
    assert len(deeds) == 2  # the fixture's, and one of these
    stranger = f"/api/channels/{quiet.talk}/life"
    assert (await quiet.owner.request("PUT", stranger, RULES)).status_code == 404
