"""What a policy would have done with the last seven days, before it is saved."""

from typing import Any

import msgspec

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.ids import new_id
from kezhan.routing.policy import Policy, Pool, When
from kezhan.routing.tests.counter import POLICY, open_counter
from kezhan.routing.tests.factories import rule
from kezhan.testing import Running


def counts(preview: Any) -> dict[str, tuple[int, int]]:
    return {one["name"]: (one["now"], one["then"]) for one in preview["rules"]}


async def test_an_untouched_policy_moves_nobody_and_an_empty_week_says_so(shop: Shop) -> None:
    counter = await open_counter(shop)
    empty = await counter.preview(rule("VIP"))
    assert (empty["looked_at"], empty["moved"], empty["examples"]) == (0, 0, [])
    await counter.lobby.customer()
    same = await counter.preview()
    assert (same["looked_at"], same["moved"], counts(same)) == (1, 0, {"": (1, 1)})


async def test_it_counts_by_rule_and_names_who_would_have_gone_elsewhere(shop: Shop) -> None:
    counter = await open_counter(shop)
    talks = [(await counter.lobby.customer())[1] for _ in range(3)]
    await counter.lobby.rows(
        "update contacts set tier = 'VIP', name = '陈女士' where id ="
        " (select contact_id from conversations where id = $1)",
        talks[0],
    )
    team = await counter.lobby.team("高级组")
    vip = rule("VIP 客户", when=When(tiers=["vip"]), pool=Pool(team_ids=[team]))
    found = await counter.preview(vip)
    assert (found["looked_at"], found["moved"]) == (3, 1)
    assert counts(found) == {"VIP 客户": (0, 1), "": (3, 2)}
    (move,) = found["examples"]
    assert len(move["contact_number"]) == 6
    assert (move["conversation_id"], move["contact_name"], move["channel"]) == (
        str(talks[0]), "陈女士", "webchat",
    )  # fmt: skip
    assert (move["from_rule"], move["to_rule"]) == ("", "VIP 客户")


async def test_it_saves_nothing_and_moves_nobody(shop: Shop) -> None:
    counter = await open_counter(shop)
    _, talk = await counter.lobby.customer()
    team = await counter.lobby.team("高级组")
    before = await counter.waits(talk)
    found = await counter.preview(rule("全部", pool=Pool(team_ids=[team])))
    assert found["moved"] == 1
    assert await counter.waits(talk) == before
    assert (await counter.version(), await counter.deeds()) == (0, [])


async def test_the_same_pool_in_another_turn_moves_and_another_name_does_not(shop: Shop) -> None:
    counter = await open_counter(shop)
    await counter.lobby.customer()
    one = rule("一")
    await counter.saved(one)
    renamed = rule("二", order=one.order)
    assert (await counter.preview(renamed))["moved"] == 0
    assert (await counter.preview(rule("一", priority=9)))["moved"] == 1
    assert (await counter.preview(rule("一", when=When(tiers=["VIP"]), priority=9)))["moved"] == 0


async def test_only_seven_days_and_only_ones_own_workspace_are_looked_at(shop: Shop, house: Running) -> None:
    counter = await open_counter(shop)
    _, _, (_, old) = [await counter.lobby.customer() for _ in range(3)]
    await counter.lobby.rows(
        "update conversations set opened_at = now() - interval '8 days' where id = $1", old
    )
    stranger = await make_shop(house)
    other = await open_counter(stranger)
    await other.lobby.customer("别家的话")
    found = await counter.preview(rule("全部", priority=9))
    assert (found["looked_at"], len(found["examples"])) == (2, 2)
    assert str(old) not in str(found) and str(new_id()) not in str(found)
    assert (await other.preview(rule("全部", priority=9)))["looked_at"] == 1
    await stranger.close()


async def test_of_many_who_move_forty_are_shown_and_all_are_counted(shop: Shop) -> None:
    counter = await open_counter(shop)
    visitor = await shop.visitor()
    await visitor.say("你好")
    (row,) = await counter.lobby.rows("select * from conversations")
    names = [name for name in dict(row) if name != "id"]
    await counter.lobby.rows(
        f"insert into conversations (id, {', '.join(names)})"  # noqa: S608 - the table's own columns
        " select gen_random_uuid(), "
        + ", ".join({"state": "'closed'", "closed_at": "now()"}.get(name, name) for name in names)
        + " from conversations, generate_series(1, 45)"
    )
    found = await counter.preview(rule("全部", priority=9))
    assert (found["looked_at"], found["moved"], len(found["examples"])) == (46, 46, 40)


async def test_a_rule_takes_who_is_in_a_segment_as_she_stands_by_then(shop: Shop) -> None:
    counter, segment = await open_counter(shop), new_id()
    team = await counter.lobby.team("高级组")
    await counter.lobby.rows(
        "insert into segments (workspace_id, id, name, name_key, sort_key, filter)"
        """ values ($1, $2, 'VIP', 'vip', 'vip', '{"v": 1, "groups": [{"conditions":"""
        """ [{"is": "any_of", "field": "tier", "values": [""]}]}]}')""",
        shop.workspace_id,
        segment,
    )
    new = rule("新客", when=When(segments=[segment]), pool=Pool(team_ids=[team]))
    _, gold = await counter.lobby.customer()
    await counter.lobby.rows(
        "update contacts set tier = 'VIP' where id = (select contact_id from conversations where id = $1)",
        gold,
    )
    assert counts(await counter.preview(new)) == {"新客": (0, 0), "": (1, 1)}
    await counter.lobby.policy(Policy(rules=[new]))
    _, talk = await counter.lobby.customer()
    (found,) = await counter.lobby.rows("select rule_id from waits where conversation_id = $1", talk)
    assert found["rule_id"] == new.id
    # One that cannot be found out holds up nobody: she comes by another rule, who waits stays where she is.
    broken = """{"v": 1, "groups": [{"conditions":
        [{"is": "attribute", "field": "a", "way": "least", "values": ["1e-20000"]}]}]}"""
    await counter.lobby.rows("update segments set filter = $2::text::jsonb where id = $1", segment, broken)
    _, other = await counter.lobby.customer()
    await counter.saved(msgspec.structs.replace(new, priority=1))
    rows = await counter.lobby.rows("select conversation_id, rule_id = $1 as hers from waits", new.id)
    hers = {row["conversation_id"]: row["hers"] for row in rows}
    assert (hers[talk], hers[other]) == (True, False)
    late = await counter.boss.request(
        "POST", f"{POLICY}/preview", {"version": 0, "policy": msgspec.to_builtins(Policy(rules=[new]))}
    )
    assert (late.status_code, late.json()["code"]) == (503, "kit.too_slow")
    gone = rule("没有", when=When(segments=[new_id()]), pool=Pool(team_ids=[team]))
    answer = await counter.save(gone)
    assert [one["code"] for one in answer.json()["findings"]][:1] == ["no_such_segment"]
