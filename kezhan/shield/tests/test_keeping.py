"""Who may change the protection, and what it takes."""

from datetime import timedelta
from typing import Any

import pytest

from kezhan.kit.clock import now
from kezhan.shield import store
from kezhan.shield.live import forget_old
from kezhan.shield.schemas import Flush
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


async def test_the_kinds_of_files_that_are_refused_are_a_list_of_the_workspaces(
    gate: Gate, house: Running
) -> None:
    _, agent = await member_client(house, "agent", gate.shop.workspace_id)
    rules = (await gate.owner.get("/api/upload-rules")).json()
    assert rules["version"] == 0 and {"exe", "js", "vbs"} <= set(rules["refused"])
    kept = {"refused": ["tar", "exe", "tar"], "version": 0}
    for _ in range(2):  # the same twice is one change
        answer = await gate.owner.put("/api/upload-rules", json=kept)
        assert answer.json() == {"refused": ["exe", "tar"], "version": 1}
    late = {"refused": ["zip"], "version": 0}
    assert (await gate.owner.put("/api/upload-rules", json=late)).status_code == 409
    for bad in ({"refused": ["*.exe"], "version": 1}, {"refused": ["a"] * 201, "version": 1}):
        assert (await gate.owner.put("/api/upload-rules", json=bad)).status_code == 400
    sent = {"file": ("a.TAR", b"x")}
    assert (await agent.post("/api/files", files=sent)).json()["code"] == "files.kind_refused"
    assert (await agent.post("/api/files", files={"file": ("a.js", b"x")})).status_code == 201
    (change,) = [
        line for line in (await gate.owner.get("/api/audit")).json()["items"]
        if line["action"] == "shield.edit_uploads"
    ]  # fmt: skip
    assert change["subject_kind"] == "workspace"
    assert (await agent.get("/api/upload-rules")).status_code == 403
    assert (await agent.put("/api/upload-rules", json=kept)).status_code == 403
    _, stranger = await member_client(house, "owner")
    assert (await stranger.get("/api/upload-rules")).json()["version"] == 0


async def test_what_is_long_over_is_forgotten_and_the_rest_is_kept(gate: Gate) -> None:
    old, at = now() - timedelta(days=31), now()
    async with gate.shop.db.tx(gate.shop.workspace_id) as tx:
        flushes = [
            Flush("messages", "visitor", "long ago", old.timestamp(), 200, "hard"),
            Flush("messages", "visitor", "harmless", (at - timedelta(days=3)).timestamp(), 20, ""),
            Flush("messages", "visitor", "of late", at.timestamp(), 200, "hard"),
        ]
        await store.count(tx, flushes)
        for expires_at in (old, at + timedelta(minutes=1)):
            assert await store.spend(tx, expires_at.isoformat().encode(), expires_at)
    await forget_old(gate.shop.db)
    async with gate.shop.db.tx(gate.shop.workspace_id) as tx:
        left = await tx.fetch("select key from flood_counts")
        puzzles = await tx.fetch("select count(*)::int as n from puzzles_solved")
    assert ([row["key"] for row in left], puzzles[0]["n"]) == (["of late"], 1)
