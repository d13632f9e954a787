"""Who may change the protection, and what it takes."""

from typing import Any

import pytest

from kezhan.shield.tests.gate import Gate
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"messages": {"visitor": {"soft": 9, "hard": 3}}}, "shield.soft_above_hard"),
        ({"messages": {"visitor": {"soft": -1}}}, "kit.bad_input"),
        ({"sessions": 0}, "kit.bad_input"),
    ],
)
async def test_bounds_that_make_no_sense_are_refused(gate: Gate, change: Any, code: str) -> None:
    seen = (await gate.owner.get("/api/shield")).json()
    body = {"settings": {**seen["settings"], **change}, "version": 0}
    answer = await gate.owner.put("/api/shield", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_change_of_what_was_changed_meanwhile_is_refused_the_same_again_is_not(
    gate: Gate,
) -> None:
    first = await gate.settle(sessions=7)
    assert (first["version"], first["settings"]["sessions"]) == (1, 7)
    again = {"settings": first["settings"], "version": 0}
    assert (await gate.owner.put("/api/shield", json=again)).json() == first
    late = {"settings": {**first["settings"], "sessions": 8}, "version": 0}
    assert (await gate.owner.put("/api/shield", json=late)).status_code == 409
    assert (await gate.settle(sessions=9))["version"] == 2


async def test_an_agent_neither_sees_nor_changes_it(gate: Gate, house: Running) -> None:
    _, agent = await member_client(house, "agent", gate.shop.workspace_id)
    source = {"kind": "address", "value": "203.0.113.1"}
    asked = [
        agent.get("/api/shield"),
        agent.put("/api/shield", json={"settings": {}, "version": 0}),
        agent.get("/api/floods"),
        agent.get("/api/blocked-sources"),
        agent.post("/api/blocked-sources", json=source),
    ]
    assert {(await one).status_code for one in asked} == {403}
    _, stranger = await member_client(house, "owner")
    mine = (await gate.owner.post("/api/blocked-sources", json=source)).json()
    await stranger.delete(f"/api/blocked-sources/{mine['id']}")
    assert (await stranger.get("/api/blocked-sources")).json()["items"] == []
    assert len((await gate.owner.get("/api/blocked-sources")).json()["items"]) == 1
    bad = await gate.owner.post("/api/blocked-sources", json={"kind": "device", "value": "mine"})
    assert (bad.status_code, bad.json()["code"]) == (400, "shield.no_device")
