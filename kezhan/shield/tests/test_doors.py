"""What the customers' doors do with suspicious, blocked and hasty visitors."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from kezhan.channels.tests.people import make_shop
from kezhan.contacts.service import revoke_all
from kezhan.kit.clock import now
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.shield import live, puzzle
from kezhan.shield.live import Flooded, Source
from kezhan.shield.puzzle import bits_for
from kezhan.shield.schemas import Counted, PuzzleAnswer
from kezhan.shield.tests.gate import Gate, solve
from kezhan.testing import Running

HERE, THERE = "203.0.113.9", "198.51.100.7"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(puzzle, "_LEAST_BITS", 4)


async def test_always_asked_she_solves_one_puzzle_once_from_where_she_got_it(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gate.asks("always")
    with pytest.raises(Refused, match=r"shield\.puzzle") as refused:
        await gate.arrive(HERE)
    assert refused.value.status == 428
    good = solve(gate.puzzle(HERE))
    wrong = {
        "of another address": (HERE, solve(gate.puzzle(THERE))),
        "of another site": (HERE, solve(gate.shield.puzzle(gate.shop.workspace_id, new_id(), HERE))),
        "unsigned": (HERE, structs.replace(good, token=good.token.rpartition(".")[0] + "." + "A" * 32)),
        "easier than asked": (HERE, structs.replace(good, token=good.token.replace(".4.", ".0."))),
        "rubbish": (HERE, PuzzleAnswer(token="..", answer="1")),
        "unsolved": (HERE, next(_bad(good))),
    }  # fmt: skip
    for what, (address, answer) in wrong.items():
        with pytest.raises(Refused, match=r"shield\.puzzle"):
            await gate.arrive(address, puzzle=answer)
            pytest.fail(what)
    session = await gate.arrive(HERE, puzzle=good)
    with pytest.raises(Refused, match=r"shield\.puzzle"):
        await gate.arrive(HERE, puzzle=good)
    # Whom we know is asked nothing.
    assert (await gate.arrive(THERE, token=session.token)).visitor.id == session.visitor.id
    late = solve(gate.puzzle(HERE))
    at = now()
    monkeypatch.setattr(live, "now", lambda: at + timedelta(seconds=301))
    with pytest.raises(Refused, match=r"shield\.puzzle"):
        await gate.arrive(HERE, puzzle=late)


def _bad(good: PuzzleAnswer) -> Any:
    return (
        answer
        for number in range(1000)
        if puzzle.zeros(answer := structs.replace(good, answer=str(number))) < 4
    )


async def test_only_a_crowd_from_one_house_is_asked_and_each_more_the_harder(gate: Gate) -> None:
    await gate.settle(sessions=3)
    near = [f"2001:db8:7:7::{n}" for n in range(4)]
    for address in near[:3]:
        await gate.arrive(address)
    with pytest.raises(Refused, match=r"shield\.puzzle"):
        await gate.arrive(near[3])
    await gate.arrive("2001:db8:7:8::1")
    await gate.arrive(near[3], puzzle=solve(gate.puzzle(near[3])))
    assert [bits_for(n) for n in (0.5, 1, 2, 4, 1000)] == [4, 6, 8, 10, 20]
    for _ in range(4):  # a proxy that nobody has listed is no visitor
        await gate.arrive("127.0.0.1")
    await gate.asks("never")
    await gate.arrive(near[0])


async def test_the_door_of_puzzles_is_open_to_who_knows_the_site(gate: Gate) -> None:
    asked = {"site_key": gate.shop.site_key}
    answer = await gate.shop.http.post(f"{gate.shop.url}/w/v1/puzzles", json=asked)
    assert (answer.status_code, answer.json()["bits"]) == (200, 4)
    answer = await gate.shop.http.post(f"{gate.shop.url}/w/v1/puzzles", json={"site_key": "nothing"})
    assert answer.status_code == 404


async def test_who_sends_too_much_is_told_how_long_to_wait_in_her_language(gate: Gate) -> None:
    await gate.settle(
        messages={"visitor": {"soft": 1, "hard": 2}}, conversations={"visitor": {"soft": 0, "hard": 1}}
    )
    visitor = await gate.shop.visitor()
    for number in range(2):
        await visitor.say(f"在吗 {number}")
    said = {"client_id": str(new_id()), "body": "在吗 3"}
    head = {"Authorization": f"Bearer {visitor.token}", "Accept-Language": "zh-CN"}
    answer = await gate.shop.http.post(f"{gate.shop.url}/w/v1/messages", json=said, headers=head)
    assert answer.status_code == 429, answer.text
    assert answer.json()["code"] == "shield.many_messages"
    wait = answer.headers["retry-after"]
    assert f"请等 {wait} 秒" in answer.json()["title"]

    async def told() -> Any:
        floods = (await gate.owner.get("/api/floods")).json()["items"]
        return [flood for flood in floods if (flood["level"], flood["rule"]) == ("hard", "messages")]

    (flood,) = await until(told)
    assert (flood["scope"], flood["count"]) == ("visitor", 2)


async def test_a_day_has_so_many_conversations_and_a_platform_s_customer_is_only_noted(gate: Gate) -> None:
    await gate.settle(conversations={"visitor": {"soft": 0, "hard": 1}})
    visitor = await gate.arrive(THERE)
    source = Source(gate.shop.workspace_id, str(visitor.visitor.id))
    gate.shield.take(source, Counted.CONVERSATIONS)
    with pytest.raises(Flooded):
        gate.shield.take(source, Counted.CONVERSATIONS)
    head = {"Authorization": f"Bearer {visitor.token}"}
    said = {"client_id": str(new_id()), "body": "在吗"}
    answer = await gate.shop.http.post(f"{gate.shop.url}/w/v1/messages", json=said, headers=head)
    assert (answer.status_code, answer.json()["code"]) == (429, "shield.many_conversations")
    from_platform = Source(gate.shop.workspace_id, "she")
    assert [gate.shield.note(from_platform, Counted.CONVERSATIONS) for _ in range(3)] == [True, False, False]


async def test_blocked_by_address_or_device_she_stays_outside_and_staff_does_not(gate: Gate) -> None:
    visitor, other = await gate.arrive(THERE), await gate.arrive(THERE)
    key = await key_of(gate, visitor.visitor.id)
    for body in (
        {"kind": "address", "value": "203.0.113.0/24", "reason": "刷单", "hours": 24},
        {"kind": "device", "value": key},
        {"kind": "address", "value": "127.0.0.0/8"},
    ):
        answer = await gate.owner.post("/api/blocked-sources", json=body)
        assert answer.status_code == 200, answer.text
        assert (await gate.owner.post("/api/blocked-sources", json=body)).json()["id"] == answer.json()["id"]
    await gate.known()
    async with gate.desk.db.tx(gate.shop.workspace_id) as tx:
        await revoke_all(tx, visitor.visitor.id)  # another visitor by now, in the same browser
    for address, token in ((HERE, other.token), (HERE, None), (THERE, visitor.token)):
        with pytest.raises(Refused, match=r"shield\.blocked"):
            await gate.arrive(address, token=token)
    assert (await gate.arrive(THERE, token=other.token)).visitor.id == other.visitor.id
    head = {"Authorization": f"Bearer {other.token}"}
    assert (await gate.shop.http.get(f"{gate.shop.url}/w/v1/conversations", headers=head)).status_code == 403
    # The owner's own address is among them.
    listed = (await gate.owner.get("/api/blocked-sources")).json()["items"]
    assert [one["value"] for one in listed] == ["127.0.0.0/8", key, "203.0.113.0/24"]

    async def counted() -> bool:
        rows = (await gate.owner.get("/api/blocked-sources")).json()["items"]
        return [row["hits"] > 0 for row in rows] == [True, True, True]

    await until(counted)
    for one in listed * 2:
        gone = await gate.owner.delete(f"/api/blocked-sources/{one['id']}")
        assert gone.status_code == 204
    await gate.known()
    await gate.arrive(HERE)
    audit = (await gate.owner.get("/api/audit")).json()["items"]
    acts = [row["action"] for row in audit if row["action"].startswith("blocked_source.")]
    assert sorted(set(acts)) == ["blocked_source.create", "blocked_source.remove"]


async def key_of(gate: Gate, identity_id: UUID) -> str:
    async with gate.desk.db.tx(gate.shop.workspace_id) as tx:
        (row,) = await tx.fetch("select device_key from visits where identity_id = $1", identity_id)
    key: str = row["device_key"]
    return key


async def test_what_one_process_counts_and_blocks_holds_in_the_other(
    houses: tuple[Running, Running],
) -> None:
    one, two = (house.house.desk for house in houses)
    shop = await make_shop(houses[0])
    source = Source(shop.workspace_id, "she", HERE)
    bound = one.shield.settings(shop.workspace_id).messages.visitor.hard
    for _ in range(bound):
        one.shield.take(source, Counted.MESSAGES)
    await one.shield.flush()
    allowed = 0

    async def refused() -> bool:
        nonlocal allowed
        try:
            two.shield.take(source, Counted.MESSAGES)
        except Flooded:
            return True
        allowed += 1
        await two.shield.flush()
        return False

    await until(refused)
    assert allowed <= bound // 4
    await shop.close()
