"""Teams, from the door: who may, whose ids, names that clash, and who hears of a change."""

import asyncio
from typing import Any

import httpx2
import pytest

from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import (
    actions,
    heard,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)


async def _team(client: httpx2.AsyncClient, name: str = "售前") -> str:
    made = await client.post("/api/teams", json={"name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def _fill(client: httpx2.AsyncClient, team: str, *members: Any) -> Any:
    body = {"member_ids": [str(getattr(member, "id", member)) for member in members]}
    return await client.put(f"/api/teams/{team}/members", json=body)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("owner", 201),
        ("admin", 201),
        ("supervisor", 201),
        ("agent", 403),
        ("inspector", 403),
        ("auditor", 403),
    ],
)
async def test_supervisors_and_above_run_teams_and_everybody_sees_them(
    house: Running, role: str, status: int
) -> None:
    owner = await make_person(house.db, await make_workspace(house.db), "owner")
    team = await _team(await sign_in(house, owner), "老组")
    person, client = await member_client(house, role, owner.workspace_id)
    answers = [
        await client.post("/api/teams", json={"name": "新组"}),
        await client.patch(f"/api/teams/{team}", json={"name": "改名"}),
        await _fill(client, team, person),
        await client.delete(f"/api/teams/{team}"),
    ]
    if status == 201:
        assert [answer.status_code for answer in answers] == [201, 200, 200, 204]
        names = ["新组"]
    else:
        assert {answer.json()["code"] for answer in answers} == {"workspaces.not_permitted"}
        names = ["老组"]
    assert [row["name"] for row in (await client.get("/api/teams")).json()["items"]] == names


async def test_teams_are_listed_by_the_sound_of_their_names(house: Running) -> None:
    _, client = await member_client(house)
    for name in ("售后", "Beta", "单品", "仓库", "重庆组"):
        await _team(client, name)
    listed = (await client.get("/api/teams")).json()["items"]
    assert [row["name"] for row in listed] == ["Beta", "仓库", "重庆组", "单品", "售后"]
    assert listed[0].keys() == {"id", "name", "member_ids", "created_at"}


@pytest.mark.parametrize("clash", ["售前", "  售前 ", "\u3000售前"])
async def test_two_teams_never_have_one_name(house: Running, clash: str) -> None:
    owner, client = await member_client(house)
    await _team(client)
    other = await _team(client, "售后")
    for answer in (
        await client.post("/api/teams", json={"name": clash}),
        await client.patch(f"/api/teams/{other}", json={"name": clash}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "workspaces.team_name_taken")
        assert answer.json()["field"] == "name"
    assert await actions(house, owner.workspace_id) == ["session.open", "team.create", "team.create"]


async def test_of_two_teams_made_at_the_same_moment_with_one_name_one_is_made(house: Running) -> None:
    owner, client = await member_client(house)
    answers = await asyncio.gather(*(client.post("/api/teams", json={"name": "售前"}) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len((await client.get("/api/teams")).json()["items"]) == 1
    assert (await actions(house, owner.workspace_id)).count("team.create") == 1
    _, stranger = await member_client(house)
    assert await _team(stranger)


async def test_a_name_is_free_again_once_its_team_is_archived(house: Running) -> None:
    _, client = await member_client(house)
    first = await _team(client)
    await client.delete(f"/api/teams/{first}")
    second = await _team(client)
    assert [row["id"] for row in (await client.get("/api/teams")).json()["items"]] == [second]


async def test_renaming_to_the_same_name_is_no_change(house: Running) -> None:
    owner, client = await member_client(house)
    team = await _team(client)
    for name, shown in (
        ("售前", "售前"),
        (" 售前 ", "售前"),
        (" 售前二组", "售前二组"),
        ("售前二组", "售前二组"),
    ):
        renamed = await client.patch(f"/api/teams/{team}", json={"name": name})
        assert (renamed.status_code, renamed.json()["name"]) == (200, shown)
    assert (await actions(house, owner.workspace_id)).count("team.edit") == 1


async def test_an_archived_team_takes_no_change_and_is_archived_once(house: Running) -> None:
    owner, client = await member_client(house)
    team = await _team(client)
    await _fill(client, team, owner)
    with heard(house.db, owner.workspace_id) as told:
        for _ in range(2):
            assert (await client.delete(f"/api/teams/{team}")).status_code == 204
    assert [topics for _, topics in told] == [(f"member:{owner.id}",)]
    assert (await client.patch(f"/api/teams/{team}", json={"name": "又来"})).status_code == 404
    assert (await _fill(client, team)).status_code == 404
    assert (await client.delete(f"/api/teams/{new_id()}")).status_code == 404
    assert (await client.get("/api/me")).json()["team_ids"] == []


async def test_only_those_who_come_or_go_are_told(house: Running) -> None:
    owner, client = await member_client(house)
    stays, comes, goes = [await make_person(house.db, owner.workspace_id) for _ in range(3)]
    team = await _team(client)
    await _fill(client, team, stays, goes)
    with heard(house.db, owner.workspace_id) as told:
        for _ in range(2):
            filled = await _fill(client, team, comes, stays, comes)
            assert filled.status_code == 200
    assert set(filled.json()["member_ids"]) == {str(stays.id), str(comes.id)}
    assert [sorted(topics) for _, topics in told] == [sorted(f"member:{each.id}" for each in (comes, goes))]
    members = (await client.get("/api/members")).json()["items"]
    assert {row["id"] for row in members if row["team_ids"] == [team]} == {str(stays.id), str(comes.id)}


async def test_a_member_may_be_in_several_teams_and_they_go_with_her_session(house: Running) -> None:
    owner, client = await member_client(house)
    agent, theirs = await member_client(house, "agent", owner.workspace_id)
    teams = [await _team(client, name) for name in ("一组", "二组", "三组")]
    for team in teams[:2]:
        await _fill(client, team, agent)
    assert set((await theirs.get("/api/me")).json()["team_ids"]) == set(teams[:2])
    await _fill(client, teams[0])
    assert (await theirs.get("/api/me")).json()["team_ids"] == [teams[1]]


async def test_no_stranger_no_archived_and_no_made_up_member_joins_and_nothing_is_half_done(
    house: Running,
) -> None:
    owner, client = await member_client(house)
    inside, gone = [await make_person(house.db, owner.workspace_id) for _ in range(2)]
    stranger = await make_person(house.db, await make_workspace(house.db))
    team = await _team(client)
    await _fill(client, team, owner)
    await client.delete(f"/api/members/{gone.id}")
    for wrong in (stranger.id, gone.id, new_id(), team, owner.user_id):
        answer = await _fill(client, team, inside, wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "workspaces.no_such_member")
    assert (await client.get("/api/teams")).json()["items"][0]["member_ids"] == [str(owner.id)]


async def test_the_archived_are_in_no_team_and_do_not_stand_in_the_way(house: Running) -> None:
    owner, client = await member_client(house)
    gone = await make_person(house.db, owner.workspace_id)
    team = await _team(client)
    await _fill(client, team, owner, gone)
    await client.delete(f"/api/members/{gone.id}")
    shown = (await client.get("/api/teams")).json()["items"][0]["member_ids"]
    assert shown == [str(owner.id)]
    # What the screen shows can be sent back as it is.
    again = await _fill(client, team, *shown)
    assert (again.status_code, again.json()["member_ids"]) == (200, shown)


async def test_a_thousand_members_fit_and_one_more_does_not(house: Running) -> None:
    owner, client = await member_client(house)
    team = await _team(client)
    full = await _fill(client, team, *[owner] * 1000)
    assert (full.status_code, full.json()["member_ids"]) == (200, [str(owner.id)])
    over = await _fill(client, team, *[owner] * 1001)
    assert (over.status_code, over.json()["field"]) == (400, "member_ids")


async def test_lists_set_at_the_same_moment_leave_one_of_them_whole(house: Running) -> None:
    owner, client = await member_client(house)
    people = [await make_person(house.db, owner.workspace_id) for _ in range(4)]
    team = await _team(client)
    lists = [people[:2], people[2:], people[1:3]]
    answers = await asyncio.gather(*(_fill(client, team, *members) for members in lists))
    assert {answer.status_code for answer in answers} == {200}
    left = set((await client.get("/api/teams")).json()["items"][0]["member_ids"])
    assert left in [{str(person.id) for person in members} for members in lists]
