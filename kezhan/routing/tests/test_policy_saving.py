"""A policy saved from the door: warned of, refused, versioned, and in force for those who wait already."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.routing.policy import Need, Pool, Step, When
from kezhan.routing.tests.counter import POLICY, Counter, colleague, open_counter
from kezhan.routing.tests.factories import rule


def codes(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    return [(one["level"], one["code"]) for one in answer.json()["findings"]]


async def test_each_saving_is_a_version_of_its_own_with_who_and_when(shop: Shop) -> None:
    counter = await open_counter(shop)
    assert await counter.boss.get(POLICY) == {
        "version": 0, "saved_at": None, "saved_by": "", "policy": {"v": 1, "rules": []},
    }  # fmt: skip
    first, second = rule("VIP", when=When(tiers=["VIP"]), accept_seconds=20), rule("夜里")
    assert [await counter.saved(first), await counter.saved(first, second)] == [1, 2]
    current = await counter.boss.get(POLICY)
    assert [one["name"] for one in current["policy"]["rules"]] == ["VIP", "夜里"]
    assert (current["saved_by"], current["policy"]["rules"][0]["accept_seconds"]) == ("店长", 20)
    kept = await counter.boss.get(f"{POLICY}/versions")
    assert [(one["version"], len(one["policy"]["rules"])) for one in kept] == [(2, 2), (1, 1)]
    assert await counter.deeds() == ["routing_policy.save"] * 2


async def test_the_same_request_twice_makes_one_version(shop: Shop) -> None:
    counter = await open_counter(shop)
    one = rule("VIP")
    answers = [await counter.save(one, version=0) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"version": 1, "findings": []}] * 2
    assert await counter.deeds() == ["routing_policy.save"]


async def test_an_old_version_restored_is_a_new_one(shop: Shop) -> None:
    counter = await open_counter(shop)
    old, new = rule("从前"), rule("如今")
    for one in (old, new, old):
        await counter.saved(one)
    assert [one["policy"]["rules"][0]["name"] for one in await counter.boss.get(f"{POLICY}/versions")] == [
        "从前",
        "如今",
        "从前",
    ]


async def test_what_was_made_from_an_older_version_overwrites_nothing(shop: Shop) -> None:
    counter = await open_counter(shop)
    await counter.saved(rule("同事的"))
    answer = await counter.save(rule("我的"), version=0)
    assert (answer.status_code, answer.json()["code"]) == (409, "routing.policy_changed")
    assert [one["name"] for one in (await counter.boss.get(POLICY))["policy"]["rules"]] == ["同事的"]


async def test_errors_are_said_at_their_rule_and_nothing_is_saved_despite_anything(shop: Shop) -> None:
    counter = await open_counter(shop)
    team = await counter.lobby.team("售前")
    wrong = [
        rule("没有的小组", pool=Pool(team_ids=[new_id()])),
        rule("没有的技能", pool=Pool(needs=[Need(new_id())])),
        rule("没有的渠道", when=When(account_ids=[new_id()])),
        rule("对不上", when=When(account_ids=[shop.account_id], channels=["open"])),
        rule("绕回", pool=Pool(team_ids=[team]), overflow=[Step(after_seconds=9, team_ids=[team])]),
        rule("不开始", pool=Pool(team_ids=[team]), overflow=[Step(everybody=True)]),
        rule("没作用", pool=Pool(team_ids=[team]), overflow=[Step(after_seconds=9)]),
        rule("没作用"),
    ]
    answer = await counter.save(*wrong, despite=True)
    found = {one["rule_id"]: one for one in answer.json()["findings"] if one["level"] == "error"}
    assert [found[str(one.id)]["code"] for one in wrong] == [
        "no_such_team", "no_such_skill", "no_such_channel", "never_matches", "overflow_circular",
        "step_never", "step_does_nothing", "same_name",
    ]  # fmt: skip
    for one in wrong[:-1]:
        assert one.name in found[str(one.id)]["title"]
    assert (answer.json()["version"], await counter.version(), await counter.deeds()) == (None, 0, [])


async def test_warnings_ask_once_and_are_saved_when_they_have_been_read(shop: Shop) -> None:
    counter = await open_counter(shop)
    empty = await counter.lobby.team("空组")
    skill = await counter.skill()
    doubtful = [
        rule("空的", pool=Pool(team_ids=[empty])),
        rule("没人会", pool=Pool(needs=[Need(skill)])),  # type: ignore[arg-type]
        rule("轮不到", when=When(tiers=["VIP"])),
        rule("没接入", when=When(channels=["telegram"])),
    ]
    asked = await counter.save(*doubtful, despite=False)
    assert {
        ("warning", code) for code in ("team_empty", "nobody_skilled", "never_reached", "no_such_kind")
    } == {*codes(asked)}
    assert (asked.json()["version"], await counter.version()) == (None, 0)
    assert "空组" in asked.text
    saved = await counter.save(*doubtful, despite=True)
    assert (saved.json()["version"], codes(saved)) == (1, codes(asked))


async def test_findings_come_in_the_readers_language(shop: Shop) -> None:
    counter = await open_counter(shop)
    body = {"version": 0, "policy": {"rules": [{"id": str(new_id()), "name": "VIP", "overflow": [{}]}]}}
    counter.boss._own["Accept-Language"] = "en"
    answer = await counter.boss.request("PUT", POLICY, body)
    assert answer.json()["findings"][0]["title"].startswith("Step 1 of “VIP” never begins.")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "rules[0].name"),
    ({"name": "长" * 101}, "rules[0].name"),
    ({"priority": 11}, "rules[0].priority"),
    ({"accept_seconds": 601}, "rules[0].accept_seconds"),
    ({"when": {"countries": ["China"]}}, "rules[0].when.countries"),
    ({"when": {"pages": ["x" * 201]}}, "rules[0].when.pages"),
    ({"pool": {"needs": [{"skill_id": str(new_id()), "level": 9}]}}, "rules[0].pool.needs"),
    ({"overflow": [{"after_seconds": 0}]}, "rules[0].overflow"),
    ({"overflow": [{"after_seconds": 1}] * 11}, "rules[0].overflow"),
    ({"id": "one"}, "rules[0].id"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD)
async def test_what_no_policy_can_be_is_refused_with_its_place(
    shop: Shop, wrong: dict[str, Any], field: str
) -> None:
    counter = await open_counter(shop)
    plain = {"id": str(new_id()), "name": "plain"}
    body = {"version": 0, "policy": {"rules": [{**plain, **wrong}]}}
    for method, path in (("PUT", POLICY), ("POST", f"{POLICY}/preview")):
        answer = await counter.boss.request(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "kit.bad_input")
        assert answer.json()["field"].startswith(f"policy.{field}")
    assert await counter.version() == 0


async def test_a_hundred_rules_are_the_most(shop: Shop) -> None:
    counter = await open_counter(shop)
    rules = [rule(f"第{number}条", when=When(tiers=[str(number)])) for number in range(101)]
    assert (await counter.save(*rules)).status_code == 400
    assert await counter.saved(*rules[:100]) == 1


# Those who wait while it is saved


async def waiting(counter: Counter) -> Any:
    """A customer who waits because nobody is there."""
    return (await counter.lobby.customer())[1]


async def test_who_waits_is_placed_by_the_new_rules_and_keeps_her_turn(shop: Shop) -> None:
    counter = await open_counter(shop)
    team = await counter.lobby.team("售后")
    talk = await waiting(counter)
    before = await counter.waits(talk)
    assert (before["version"], await counter.queues(talk)) == (0, {shop.workspace_id})
    one = rule("售后", pool=Pool(team_ids=[team]), priority=8, head_start=30)
    await counter.saved(one)
    row = await counter.waits(talk)
    assert (row["rule_id"], row["version"], row["priority"]) == (one.id, 1, 8)
    assert (row["queued_at"], row["rank_at"]) == (
        before["queued_at"], before["queued_at"] - timedelta(seconds=30),
    )  # fmt: skip
    assert await counter.queues(talk) == {team}
    assert await counter.lobby.happened(talk) == ["enqueued"]


async def test_a_rule_that_lets_somebody_serve_gives_at_once(shop: Shop) -> None:
    counter = await open_counter(shop)
    lobby = counter.lobby
    await lobby.agent("周小满")
    empty, skill = await lobby.team("空组"), await counter.skill()
    for strict in (Pool(team_ids=[empty]), Pool(needs=[Need(skill)])):  # type: ignore[arg-type]
        await counter.saved(rule("只许", pool=strict))
        talk = await waiting(counter)
        assert await lobby.holder(talk) is None
        await counter.saved(rule("都行"))
        assert await lobby.holder(talk) == "周小满"
    await lobby.check()


async def test_the_new_rules_steps_begin_though_the_old_ones_were_taken(shop: Shop) -> None:
    counter = await open_counter(shop)
    team, other = await counter.lobby.team("售前"), await counter.lobby.team("售后")
    only = Pool(team_ids=[team])
    await counter.saved(rule("挤", pool=only, overflow=[Step(at_length=0, team_ids=[other])]))
    talk = await waiting(counter)
    assert ((await counter.waits(talk))["steps"], await counter.queues(talk)) == ([0], {team, other})
    await counter.saved(rule("等", pool=only, overflow=[Step(after_seconds=600, everybody=True)]))
    assert ((await counter.waits(talk))["steps"], await counter.queues(talk)) == ([], {team})
    (timer,) = await counter.lobby.rows(
        "select due_at from timers where kind = 'routing.step' and ref = $1", talk
    )
    assert timedelta(seconds=550) < timer["due_at"] - now() < timedelta(seconds=600)


async def test_who_has_been_asked_for_a_message_or_has_gone_is_not_called_back_by_a_rule(shop: Shop) -> None:
    counter = await open_counter(shop)
    await counter.saved(rule("忙", overflow=[Step(at_length=0, message=True)]))
    talk = await waiting(counter)
    assert (await counter.waits(talk))["message"]
    await counter.saved(rule("不忙"))
    row = await counter.waits(talk)
    assert (row["message"], row["steps"], row["version"]) == (True, [], 2)


async def test_who_is_being_asked_is_asked_to_the_end(shop: Shop) -> None:
    counter = await open_counter(shop)
    agent = await counter.lobby.agent("周小满")
    await counter.saved(rule("问一声", accept_seconds=60))
    talk = await waiting(counter)
    before = await counter.waits(talk)
    assert before["state"] == "offered"
    await counter.saved(rule("不问"))
    row = await counter.waits(talk)
    same = ("state", "offered_to", "offered_at", "expires_at")
    assert [row[name] for name in same] == [before[name] for name in same]
    assert (await agent.request("PUT", f"/api/conversations/{talk}/acceptance")).status_code == 200
    assert await counter.lobby.holder(talk) == "周小满"
    await counter.lobby.check()


async def test_who_was_sent_to_a_team_by_hand_stays_there(shop: Shop) -> None:
    counter = await open_counter(shop)
    team = await counter.lobby.team("售后")
    talk = await waiting(counter)
    await counter.boss.request("PUT", f"/api/conversations/{talk}/assignment", {"team_id": str(team)})
    await counter.saved(rule("所有人"))
    assert ((await counter.waits(talk))["team_id"], await counter.queues(talk)) == (team, {team})


async def test_doors_of_another_teams_hours_open_for_who_waited_before_closed_ones(shop: Shop) -> None:
    counter = await open_counter(shop)
    team = await counter.lobby.team("夜班")
    closed = {"name": "休", "time_zone": "UTC", "weekly": {"days": [[]] * 7}, "holiday_set_ids": []}
    schedule = await counter.make("schedules", **closed)
    await counter.boss.request("PUT", f"/api/schedule-uses/team/{team}", {"schedule_id": schedule["id"]})
    await counter.saved(rule("夜班", pool=Pool(team_ids=[team])))
    talk = await waiting(counter)
    assert (await counter.waits(talk))["state"] == "closed"
    await counter.saved(rule("所有人"))
    row = await counter.waits(talk)
    assert (row["state"], row["message"]) == ("waiting", True)


async def test_who_comes_while_it_is_being_saved_waits_by_it(shop: Shop) -> None:
    counter = await open_counter(shop)
    for number in range(4):
        await asyncio.gather(counter.saved(rule(f"第{number}条")), waiting(counter), waiting(counter))
    versions = await counter.lobby.rows(
        "select distinct w.version = r.version as same from waits w cross join routing_settings r"
    )
    assert [row["same"] for row in versions] == [True]


async def test_two_who_save_at_once_make_two_versions_or_one_is_told(shop: Shop) -> None:
    counter = await open_counter(shop)
    second = await colleague(shop, "supervisor", "副店长")
    other = Counter(shop, counter.lobby, second)
    answers = await asyncio.gather(counter.save(rule("我的"), version=0), other.save(rule("你的"), version=0))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await counter.version() == 1
