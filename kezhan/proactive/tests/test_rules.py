"""Rules: who makes them, what is refused, what of them is counted and recorded."""

import asyncio
from typing import Any

import pytest

from kezhan.kit.ids import new_id
from kezhan.proactive.tests.site import RULE, Site, make_site
from kezhan.testing import Running

RULES = "/api/invite-rules"


async def _names(site: Site) -> list[str]:
    return [rule["name"] for rule in (await site.client.get(RULES)).json()["items"]]


async def _actions(site: Site) -> list[tuple[str, Any]]:
    wanted = "select action, detail from audit_log where action like 'invite_rule%' order by at, id"
    return [(row.action, row.detail) for row in await site.rows(wanted)]


async def test_a_rule_is_made_changed_and_archived_and_each_is_on_record(site: Site) -> None:
    made = await site.rule()
    assert (made["active"], made["conditions"]["every_days"], made["conditions"]["dwell_s"]) == (True, 7, 15)
    assert made["counts"] == {"sent": 0, "accepted": 0, "declined": 0, "ignored": 0}
    address = f"{RULES}/{made['id']}"
    form = {**RULE, "name": " 改名 ", "active": False}
    for _ in range(2):
        changed = await site.client.put(address, json=form)
        assert (changed.status_code, changed.json()["name"], changed.json()["active"]) == (200, "改名", False)
    for _ in range(2):
        assert (await site.client.delete(address)).status_code == 204
    assert await _names(site) == []
    assert (await site.client.put(address, json=form)).status_code == 404
    assert await _actions(site) == [
        ("invite_rule.create", {"name": "看了岩茶的", "active": True, "v": 1}),
        ("invite_rule.edit", {"name": "改名", "active": False, "v": 1}),
        ("invite_rule.archive", {"name": "改名", "active": False, "v": 1}),
    ]


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("admin", 200), ("supervisor", 200), ("agent", 403), ("inspector", 403)],
)
async def test_those_who_run_reception_make_rules(site: Site, role: str, status: int) -> None:
    rule, client = await site.rule(), await site.someone(role)
    answers = [
        await client.get(RULES),
        await client.put(f"{RULES}/{rule['id']}", json=RULE),
        await client.put("/api/invite-rule-order", json={"ids": [rule["id"]]}),
    ]
    assert {answer.status_code for answer in answers} == {status}
    made = await client.post(RULES, json={**RULE, "name": "另一条"})
    assert made.status_code == (201 if status == 200 else 403)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "kit.bad_input", "name"),
    ({"name": "   "}, "kit.bad_input", "name"),
    ({"name": "长" * 61}, "kit.bad_input", "name"),
    ({"texts": {}}, "proactive.no_text", "texts"),
    ({"texts": {"zh": "  ", "en": "\n"}}, "proactive.no_text", "texts"),
    ({"texts": {"zh": "长" * 501}}, "kit.bad_input", "texts.zh"),
    ({"texts": {"fr": "Bonjour"}}, "kit.bad_input", ""),
    ({"conditions": {"dwell_s": 2}}, "kit.bad_input", "conditions.dwell_s"),
    ({"conditions": {"dwell_s": 3601}}, "kit.bad_input", "conditions.dwell_s"),
    ({"conditions": {"min_pages": 0}}, "kit.bad_input", "conditions.min_pages"),
    ({"conditions": {"every_days": 0}}, "kit.bad_input", "conditions.every_days"),
    ({"conditions": {"pages": [""]}}, "kit.bad_input", "conditions.pages"),
    ({"conditions": {"pages": ["x"] * 21}}, "kit.bad_input", "conditions.pages"),
    ({"conditions": {"sources": ["friend"]}}, "kit.bad_input", "conditions.sources"),
    ({"conditions": {"languages": ["中文"]}}, "kit.bad_input", "conditions.languages"),
    ({"conditions": {"account_ids": [str(new_id())]}}, "proactive.no_such_site", "conditions.account_ids"),
    ({"conditions": {"weather": "rain"}}, "kit.bad_input", ""),
]


@pytest.mark.parametrize(("wrong", "code", "field"), BAD)
async def test_a_rule_that_makes_no_sense_is_refused_with_its_field_and_changes_nothing(
    site: Site, wrong: dict[str, Any], code: str, field: str
) -> None:
    rule = await site.rule()
    before = (await site.client.get(RULES)).json()
    for answer in (
        await site.client.post(RULES, json={**RULE, "name": "新的", **wrong}),
        await site.client.put(f"{RULES}/{rule['id']}", json={**RULE, **wrong}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
        assert answer.json().get("field", "").startswith(field)
    assert (await site.client.get(RULES)).json() == before


async def test_two_rules_never_have_one_name_until_one_is_archived(site: Site) -> None:
    first, second = await site.rule(), await site.rule(name="第二条")
    for answer in (
        await site.client.post(RULES, json={**RULE, "name": " 看了岩茶的 "}),
        await site.client.put(f"{RULES}/{second['id']}", json=RULE),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "proactive.rule_name_taken")
    await site.client.delete(f"{RULES}/{first['id']}")
    assert (await site.client.put(f"{RULES}/{second['id']}", json=RULE)).status_code == 200


async def test_there_are_fifty_rules_at_the_most_also_when_made_at_once(site: Site) -> None:
    for start in range(0, 48, 8):
        await asyncio.gather(*(site.rule(name=f"规则{start + number}") for number in range(8)))
    answers = await asyncio.gather(
        *(site.client.post(RULES, json={**RULE, "name": f"又一条{number}"}) for number in range(4))
    )
    refused = [answer for answer in answers if answer.status_code != 201]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
        (409, "proactive.too_many_rules")
    ] * 2
    assert "50" in refused[0].json()["title"]
    assert len(await _names(site)) == 50


async def test_rules_are_put_in_order_and_offered_in_it(site: Site) -> None:
    ids = [(await site.rule(name=name))["id"] for name in ("甲", "乙", "丙")]
    assert await _names(site) == ["甲", "乙", "丙"]
    for _ in range(2):
        ordered = await site.client.put("/api/invite-rule-order", json={"ids": ids[::-1]})
        assert [rule["name"] for rule in ordered.json()["items"]] == ["丙", "乙", "甲"]
    offered = (await site.offer(await site.visitor("rock")))["rules"]
    assert [rule["id"] for rule in offered] == ids[::-1]
    assert await site.rule(name="丁") and await _names(site) == ["丙", "乙", "甲", "丁"]
    assert [action for action, _ in await _actions(site)].count("invite_rule.order") == 1
    for wrong in (ids, [*ids, str(new_id())], []):
        answer = await site.client.put("/api/invite-rule-order", json={"ids": wrong})
        assert (answer.status_code, answer.json()["code"]) == (409, "proactive.other_rules")


async def test_what_became_of_the_last_month_is_counted_by_rule_and_by_hand(site: Site) -> None:
    rule = await site.rule()
    for said in ("accepted", "declined", ""):
        visitor = await site.visitor("rock")
        made = (await site.met(visitor, rule)).json()
        if said:
            await site.answer(visitor, made["id"], said)
    await site.pass_time("3 minutes")
    await site.met(await site.visitor("rock"), rule)
    by_hand = await site.visitor("tea")
    await site.answer(by_hand, (await site.invite(by_hand)).json()["id"], "accepted")
    found = (await site.client.get(RULES)).json()
    assert found["items"][0]["counts"] == {"sent": 4, "accepted": 1, "declined": 1, "ignored": 1}
    assert found["by_hand"] == {"sent": 1, "accepted": 1, "declined": 0, "ignored": 0}
    await site.pass_time(f"{found['days']} days")
    found = (await site.client.get(RULES)).json()
    assert (found["items"][0]["counts"]["sent"], found["by_hand"]["sent"]) == (0, 0)


async def test_another_workspace_knows_nothing_of_them(house: Running, site: Site) -> None:
    rule, other = await site.rule(), await make_site(house)
    assert await _names(other) == []
    for answer in (
        await other.client.put(f"{RULES}/{rule['id']}", json=RULE),
        await other.client.delete(f"{RULES}/{rule['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "proactive.no_such_rule")
    wrong = {**RULE, "conditions": {"account_ids": [str(site.shop.account_id)]}}
    assert (await other.client.post(RULES, json=wrong)).json()["code"] == "proactive.no_such_site"
    assert await _names(site) == ["看了岩茶的"]
    await other.shop.close()
