"""Who waits too long, in too long a queue, or before the doors open."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.hours.tests.factories import form
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.routing.policy import Policy, Pool, Step
from kezhan.routing.queue import store
from kezhan.routing.tests.factories import Lobby, rule


async def two_teams(shop: Shop, *steps: Step, **settings: Any) -> Lobby:
    """Customers go to 周小满's team, which is full; 林晚晴 is in another, with room for two."""
    lobby = await Lobby(shop).open(live_units=2, **settings)
    await lobby.agent("周小满")
    await lobby.agent("林晚晴")
    lobby.ids["first"] = await lobby.team("售前", "周小满")
    lobby.ids["second"] = await lobby.team("售后", "林晚晴")
    await lobby.rows("update seats set live_units = 0 where membership_id = $1", lobby.ids["周小满"])
    named = [_named(lobby, step) for step in steps]
    await lobby.policy(Policy(rules=[rule(pool=Pool(team_ids=[lobby.ids["first"]]), overflow=named)]))
    return lobby


def _named(lobby: Lobby, step: Step) -> Step:
    """With the second team in the place of a word for it."""
    return step if not step.team_ids else Step(
        after_seconds=step.after_seconds, at_length=step.at_length, team_ids=[lobby.ids["second"]]
    )  # fmt: skip


SECOND = [rule().id]
"""Stands for the second team."""


async def test_after_its_seconds_another_team_serves_as_well(shop: Shop) -> None:
    lobby = await two_teams(shop, Step(after_seconds=30, team_ids=SECOND))
    _, talk = await lobby.customer()
    await lobby.later(25)
    assert await lobby.waiting() == [talk]
    await lobby.later(6)
    assert await lobby.holder(talk) == "林晚晴"
    assert await lobby.happened(talk) == ["enqueued", "overflowed", "accepted"]
    await lobby.check()


async def test_steps_follow_one_another_each_in_its_time(shop: Shop) -> None:
    lobby = await two_teams(
        shop, Step(after_seconds=30, message=True), Step(after_seconds=60, everybody=True)
    )
    _, talk = await lobby.customer()
    await lobby.later(31)
    assert await lobby.rows("select 1 from waits where message") != []
    assert await lobby.waiting() == [talk]
    await lobby.later(30)
    assert await lobby.holder(talk) == "林晚晴"
    assert await lobby.happened(talk) == ["enqueued", "message", "overflowed", "accepted"]
    await lobby.check()


async def test_in_too_long_a_queue_a_step_is_taken_on_arrival_and_only_then(shop: Shop) -> None:
    lobby = await two_teams(shop, Step(at_length=2, team_ids=SECOND))
    talks = [(await lobby.customer())[1] for _ in range(3)]
    assert [await lobby.holder(talk) for talk in talks] == [None, None, "林晚晴"]
    await lobby.check()


@pytest.mark.parametrize("length", [0, 5], ids=["beyond", "in its own"])
async def test_who_arrives_holds_all_queues_it_may_come_to_in_one_step(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    lobby = await two_teams(shop, Step(at_length=length, team_ids=SECOND))
    first, second = lobby.ids["first"], lobby.ids["second"]
    held: list[set[UUID]] = []
    lock_queues = store.lock_queues

    async def watched(tx: Tx, ids: Sequence[UUID]) -> list[ReadRow]:
        held.append(set(ids))
        return await lock_queues(tx, ids)

    monkeypatch.setattr(store, "lock_queues", watched)
    _, talk = await lobby.customer()
    assert held == [{first, second}]
    assert await lobby.holder(talk) == (None if length else "林晚晴")
    await lobby.check()


async def test_at_length_none_the_first_takes_the_step_already(shop: Shop) -> None:
    lobby = await two_teams(shop, Step(at_length=0, everybody=True))
    _, talk = await lobby.customer()
    assert await lobby.holder(talk) == "林晚晴"


async def test_a_full_queue_asks_for_messages_which_are_served_behind_those_who_wait(shop: Shop) -> None:
    lobby = await two_teams(shop)
    await lobby.rows(
        "insert into queues (workspace_id, id, max_waiting) values ($1, $2, 1)"
        " on conflict (workspace_id, id) do update set max_waiting = 1",
        shop.workspace_id,
        lobby.ids["first"],
    )
    (_, first), (_, left_word) = await lobby.customer(), await lobby.customer()
    rows = await lobby.rows("select conversation_id from waits where message")
    assert [row["conversation_id"] for row in rows] == [left_word]
    await lobby.rows("update queues set max_waiting = null where id = $1", lobby.ids["first"])
    _, third = await lobby.customer()
    assert await lobby.waiting() == [first, third, left_word]


async def test_a_step_that_falls_due_while_somebody_is_asked_waits_for_no_answer(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    team = await lobby.team("售前", "周小满")
    step = Step(after_seconds=30, everybody=True)
    asked = rule(accept_seconds=60, pool=Pool(team_ids=[team]), overflow=[step])
    await lobby.policy(Policy(rules=[asked]))
    _, talk = await lobby.customer()
    await lobby.agent("林晚晴")
    await lobby.later(31)
    assert await lobby.offered(talk) == "周小满", "who is being asked is asked to the end"
    assert await lobby.answer("周小满", talk, yes=False) == 204
    assert await lobby.offered(talk) == "林晚晴", "and then the step holds"
    assert await lobby.happened(talk) == ["enqueued", "offered", "overflowed", "declined", "offered"]
    await lobby.check()


async def test_what_waits_in_two_queues_is_given_once_and_leaves_both(shop: Shop) -> None:
    lobby = await two_teams(shop, Step(after_seconds=30, team_ids=SECOND))
    await lobby.rows("update seats set live_units = 0")
    _, talk = await lobby.customer()
    await lobby.later(31)
    assert len(await lobby.rows("select 1 from wait_queues")) == 2
    await lobby.agent("王主管", "supervisor")
    for name in ("周小满", "林晚晴"):
        path = f"/api/seats/{lobby.ids[name]}"
        assert await lobby.ask("王主管", "PATCH", path, {"live_units": 1}) == 200
    assert await lobby.holder(talk) in {"周小满", "林晚晴"}
    assert sum(seat["live_used"] for seat in (await lobby.seats()).values()) == 1
    assert await lobby.rows("select 1 from wait_queues") == []
    await lobby.check()


async def test_while_the_doors_are_closed_nothing_is_given_and_when_they_open_what_came_is(
    shop: Shop,
) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    boss = await lobby.agent("店主", "owner")
    assert await lobby.state("店主", "away") == 200
    made = (await boss.request("POST", "/api/schedules", form(""))).json()
    use = f"/api/schedule-uses/workspace/{shop.workspace_id}"
    assert (await boss.request("PUT", use, {"schedule_id": made["id"]})).status_code == 200
    _, talk = await lobby.customer()
    (row,) = await lobby.rows("select state, message from waits")
    assert (row["state"], row["message"]) == ("closed", True)
    assert await lobby.waiting() == []
    always = {**form("Mon-Sun 00:00-24:00"), "version": made["version"]}
    assert (await boss.request("PUT", f"/api/schedules/{made['id']}", always)).status_code == 200
    await lobby.later(0)
    assert await lobby.holder(talk) == "周小满"
    await lobby.check()


async def test_a_new_policy_places_those_who_wait_at_once_and_they_keep_their_wait(shop: Shop) -> None:
    lobby = await two_teams(shop)
    _, talk = await lobby.customer()
    await lobby.later(100)
    boss = await lobby.agent("店主", "owner")
    assert await lobby.state("店主", "away") == 200
    wider = {"rules": [{"id": str(rule().id), "name": "所有人"}]}
    body = {"version": 1, "policy": wider, "despite": True}
    saved = await boss.request("PUT", "/api/routing-policy", body)
    assert saved.json()["version"] == 2
    assert await lobby.holder(talk) == "林晚晴"
    (row,) = await lobby.rows("select waited_ms from queue_events where kind = 'accepted'")
    assert row["waited_ms"] >= 100_000
    await lobby.check()


async def test_a_policy_is_placed_by_even_for_those_whose_rule_is_gone(shop: Shop) -> None:
    lobby = await two_teams(shop, Step(after_seconds=30, message=True))
    _, talk = await lobby.customer()
    await lobby.policy(Policy())
    await lobby.later(31)
    assert await lobby.waiting() == [talk], "a step of a rule that is gone does nothing"
