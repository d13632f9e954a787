"""The log, from the door."""

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kezhan.audit.service import record
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_person, make_workspace, member_client, sign_in


class _Detail(msgspec.Struct, frozen=True, tag_field="v", tag=1):
    colour: str


async def test_the_log_tells_who_did_what_newest_first_page_by_page(house: Running) -> None:
    owner, client = await member_client(house)
    for name in ("一", "二", "三"):
        await client.post("/api/teams", json={"name": name})
    agent = await make_person(house.db, owner.workspace_id)
    await client.patch(f"/api/members/{agent.id}", json={"role": "supervisor"})
    seen, after = [], None
    while True:
        params = {"limit": 2} | ({"after": after} if after else {})
        page = (await client.get("/api/audit", params=params)).json()
        seen += page["items"]
        after = page["next"]
        if after is None:
            break
    assert [row["action"] for row in seen] == ["member.edit", *["team.create"] * 3, "session.open"]
    top = seen[0]
    assert (top["actor_name"], top["actor_kind"], top["subject_id"]) == (owner.name, "member", str(agent.id))
    assert top["detail"] == {"v": 1, "role": "supervisor", "role_before": "agent", "fields": ["role"]}
    assert top["peer"] == "127.0.0.1" and top["at"].endswith("Z")


async def test_only_those_with_the_right_read_it_and_only_their_own(house: Running) -> None:
    _, owner = await member_client(house)
    stranger = await make_person(house.db, await make_workspace(house.db), "auditor")
    client = await sign_in(house, stranger)
    shown = (await client.get("/api/audit")).json()["items"]
    assert [row["actor_id"] for row in shown] == [str(stranger.id)]
    _, agent = await member_client(house, "agent", stranger.workspace_id)
    assert (await agent.get("/api/audit")).status_code == 403
    assert (await owner.get("/api/audit", params={"after": "nonsense"})).status_code == 400


async def test_higher_rooms_record_with_a_detail_of_their_own(house: Running) -> None:
    owner, client = await member_client(house)
    subject = new_id()
    async with house.db.tx(owner.workspace_id) as tx:
        await record(tx, None, "channel.edit", "channel", subject, detail=_Detail("green"))
    top = (await client.get("/api/audit")).json()["items"][0]
    assert (top["actor_kind"], top["actor_name"], top["subject_id"]) == ("system", None, str(subject))
    assert top["detail"] == {"v": 1, "colour": "green"}


async def test_a_line_of_the_log_cannot_be_changed_or_removed(house: Running) -> None:
    owner, _ = await member_client(house)
    for statement in ("update audit_log set action = 'x'", "delete from audit_log"):
        try:
            async with house.db.tx(owner.workspace_id) as tx:
                await tx.run(text(statement))
        except DBAPIError as fault:
            assert "permission denied" in str(fault)
        else:
            raise AssertionError(statement)
