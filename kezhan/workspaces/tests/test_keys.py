"""API keys: carried out once under a key of the caller's, so often a minute, from such networks."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.kit import rates
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.once import drop_old_answers
from kezhan.workspaces.tests.factories import Person, actions, member_client


class Keys:
    """An owner, and the programs she makes keys for."""

    def __init__(self, house: Running, owner: Person, boss: httpx2.AsyncClient) -> None:
        self.house, self.owner, self.boss = house, owner, boss

    async def program(self, *scopes: str, **more: Any) -> httpx2.AsyncClient:
        scopes = scopes or ("team.manage", "member.read", "token.manage")
        made = await self.boss.post("/api/tokens", json={"name": "接口", "scopes": scopes, **more})
        assert made.status_code == 201, made.text
        program = await self.house.client()
        program.headers["authorization"] = f"Bearer {made.json()['secret']}"
        program.headers["x-id"] = made.json()["token"]["id"]
        return program

    async def run(self, statement: str) -> None:
        async with self.house.db.tx(self.owner.workspace_id) as tx:
            await tx.run(text(statement))


@pytest.fixture
async def keys(house: Running) -> Keys:
    return Keys(house, *await member_client(house))


def once(key: str = "") -> dict[str, str]:
    return {"idempotency-key": key or str(new_id())}


async def test_a_call_with_a_key_is_carried_out_once_and_answers_the_same(keys: Keys) -> None:
    program, headers = await keys.program(), once()
    first = await program.post("/api/teams", json={"name": "一"}, headers=headers)
    again = await program.post("/api/teams", json={"name": "一"}, headers=headers)
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, again.content)
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "ratelimit-remaining" in again.headers
    assert len((await keys.boss.get("/api/teams")).json()["items"]) == 1
    # Another body, another route: another request.
    for path, body in (("/api/teams", {"name": "二"}), ("/api/tokens", {"name": "一"})):
        other = await program.post(path, json=body, headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "workspaces.key_reused")
    # Another token's key of the same name is its own; so is any key a day later.
    second = await keys.program()
    assert (await second.post("/api/teams", json={"name": "三"}, headers=headers)).status_code == 201
    await keys.run("update api_answers set begun_at = now() - interval '25 hours'")
    assert (await program.post("/api/teams", json={"name": "四"}, headers=headers)).status_code == 201
    await keys.run("update api_answers set begun_at = now() - interval '25 hours'")
    await drop_old_answers(keys.house.db)
    assert (await program.post("/api/teams", json={"name": "五"}, headers=headers)).status_code == 201


async def test_the_same_call_at_the_same_moment_happens_once(keys: Keys) -> None:
    program, headers = await keys.program(), once()
    answers = await asyncio.gather(
        *(program.post("/api/teams", json={"name": "同时"}, headers=headers) for _ in range(6))
    )
    found = {(answer.status_code, answer.json().get("code", "")) for answer in answers}
    assert (201, "") in found and found <= {(201, ""), (409, "workspaces.key_busy")}
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status_code == 409)
    assert len((await keys.boss.get("/api/teams")).json()["items"]) == 1


async def test_what_was_refused_may_be_tried_again_and_what_broke_off_may_not(keys: Keys) -> None:
    program, headers = await keys.program(), once()
    assert (await program.post("/api/teams", json={"name": ""}, headers=headers)).status_code == 400
    made = await program.post("/api/teams", json={"name": "好"}, headers=headers)
    assert made.status_code == 201
    path = f"/api/teams/{made.json()['id']}"
    edited = [await program.patch(path, json={"name": "改"}, headers=once("edit")) for _ in range(2)]
    assert [one.status_code for one in edited] == [200, 200] and edited[0].content == edited[1].content
    await keys.run("update api_answers set status = null, begun_at = now() - interval '2 minutes'")
    broken = await program.post("/api/teams", json={"name": "好"}, headers=headers)
    assert (broken.status_code, broken.json()["code"]) == (409, "workspaces.key_unsettled")
    for bad in ("", "a b", "x" * 256):
        answer = await program.post("/api/teams", json={"name": "坏"}, headers={"idempotency-key": bad})
        assert (answer.status_code, answer.json()["code"]) == (400, "workspaces.bad_key"), bad
    # Whoever is nobody, or may not, is told so; a person's own calls know no keys.
    nobody = {**once(), "authorization": "Bearer kza_nobody"}
    assert (await program.post("/api/teams", json={"name": "谁"}, headers=nobody)).status_code == 401
    reader = await keys.program("member.read")
    assert (await reader.post("/api/teams", json={"name": "不"}, headers=once())).status_code == 403
    twice = once()
    for _ in range(2):
        await keys.boss.post("/api/teams", json={"name": "人"}, headers=twice)
    names = [team["name"] for team in (await keys.boss.get("/api/teams")).json()["items"]]
    assert sorted(names) == sorted(["改", "人"])


async def test_a_secret_in_an_answer_is_kept_sealed(keys: Keys) -> None:
    program, headers = await keys.program(), once()
    form = {"name": "子", "scopes": ["member.read"]}
    first = (await program.post("/api/tokens", json=form, headers=headers)).json()
    assert (await program.post("/api/tokens", json=form, headers=headers)).json() == first
    async with keys.house.db.tx(keys.owner.workspace_id) as tx:
        rows = await tx.rows(text("select cast(a as text) as row, sealed from api_answers a"))
    assert rows and not any(first["secret"] in row.row or b"secret" in row.sealed for row in rows)


async def test_a_key_has_so_many_calls_a_minute_and_is_told_how_many_are_left(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        at = 1000.0

        def monotonic(self) -> float:
            return self.at

    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    program, other = await keys.program(per_minute=3), await keys.program(per_minute=3)
    answers = [await program.get("/api/members") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"3"}
    assert (answers[3].headers["retry-after"], answers[2].headers["ratelimit-reset"]) == ("20", "60")
    assert answers[3].json()["code"] == "kit.too_many"
    assert (await other.get("/api/members")).status_code == 200
    assert "ratelimit-limit" not in (await keys.boss.get("/api/members")).headers
    clock.at += 20
    assert (await program.get("/api/members")).status_code == 200
    await keys.boss.patch(f"/api/tokens/{program.headers['x-id']}", json={"per_minute": 60})
    clock.at += 60
    assert (await program.get("/api/members")).headers["ratelimit-limit"] == "60"


async def test_a_key_works_from_its_networks_alone_and_makes_none_that_reaches_further(keys: Keys) -> None:
    program = await keys.program(networks=["203.0.113.9/24", "203.0.113.0/24", "2001:db8::1"])
    path = f"/api/tokens/{program.headers['x-id']}"
    answer = await program.get("/api/members")
    assert (answer.status_code, answer.json()["code"]) == (403, "workspaces.foreign_network")
    view = (await keys.boss.patch(path, json={"networks": ["127.0.0.0/8"]})).json()
    assert view["networks"] == ["127.0.0.0/8"]
    assert (await program.get("/api/members")).status_code == 200
    form = {"name": "子", "scopes": ["member.read"]}
    inherited = (await program.post("/api/tokens", json=form)).json()["token"]
    assert inherited["networks"] == ["127.0.0.0/8"]
    inner = await program.post("/api/tokens", json={**form, "networks": ["127.0.0.1"], "per_minute": 6000})
    assert (inner.json()["token"]["networks"], inner.json()["token"]["per_minute"]) == (["127.0.0.1/32"], 600)
    for networks in (["0.0.0.0/0"], ["127.0.0.1", "::/0"]):
        for wider in (
            await program.post("/api/tokens", json={**form, "networks": networks}),
            await program.patch(path, json={"networks": networks}),
        ):
            assert (wider.status_code, wider.json()["code"]) == (403, "workspaces.network_above_own")
    assert (await program.patch(path, json={"networks": []})).json()["networks"] == ["127.0.0.0/8"]
    for _ in range(2):
        edited = (await keys.boss.patch(path, json={"name": " 新 ", "networks": []})).json()
        assert (edited["name"], edited["networks"]) == ("新", [])
    assert (await actions(keys.house, keys.owner.workspace_id)).count("token.edit") == 2


async def test_an_edit_that_cannot_be_is_refused(keys: Keys) -> None:
    path = f"/api/tokens/{(await keys.program()).headers['x-id']}"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"networks": ["everywhere"]}, "workspaces.bad_network"),
        ({"networks": ["10.0.0.0/33"]}, "workspaces.bad_network"),
        ({"networks": [""]}, "kit.bad_input"),
        ({"networks": ["10.0.0.1"] * 51}, "kit.bad_input"),
        ({"per_minute": 0}, "kit.bad_input"),
        ({"per_minute": 6001}, "kit.bad_input"),
        ({"name": " "}, "kit.bad_input"),
    ]
    for form, code in cases:
        answer = await keys.boss.patch(path, json=form)
        assert (answer.status_code, answer.json()["code"]) == (400, code), form
    assert (await keys.boss.patch(f"/api/tokens/{new_id()}", json={"name": "谁"})).status_code == 404
    _, stranger = await member_client(keys.house)
    assert (await stranger.patch(path, json={})).status_code == 404
