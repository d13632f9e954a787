"""Reading the log: who may, page by page, and whose names it shows."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kezhan.audit.read import list_entries
from kezhan.audit.schemas import AuditFilters
from kezhan.audit.service import record
from kezhan.kit.ids import new_id
from kezhan.kit.testing import queries
from kezhan.testing import Running
from kezhan.workspaces.permissions import Role
from kezhan.workspaces.tests.factories import caller, make_person, make_workspace, member_client, sign_in


class _Detail(msgspec.Struct, frozen=True, tag_field="v", tag=3):
    note: str


async def _record(house: Running, workspace_id: UUID, count: int, action: str = "channel.edit") -> None:
    async with house.db.tx(workspace_id) as tx:
        for _ in range(count):
            await record(tx, None, action, "channel", new_id())


async def _walk(client: httpx2.AsyncClient, limit: int) -> list[list[dict[str, Any]]]:
    """Every page from the newest on."""
    pages: list[list[dict[str, Any]]] = []
    after = None
    while len(pages) < 20:
        params = {"limit": limit} | ({"after": after} if after else {})
        page = (await client.get("/api/audit", params=params)).json()
        pages.append(page["items"])
        after = page["next"]
        if after is None:
            return pages
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("role", list(Role))
async def test_owners_admins_and_auditors_read_the_log(house: Running, role: Role) -> None:
    _, client = await member_client(house, role)
    answer = await client.get("/api/audit")
    if role in {Role.OWNER, Role.ADMIN, Role.AUDITOR}:
        assert answer.status_code == 200 and len(answer.json()["items"]) == 1
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "workspaces.not_permitted")


async def test_nobody_reads_it_without_signing_in_or_writes_it_by_a_route(house: Running) -> None:
    guest = await house.client()
    assert (await guest.get("/api/audit")).status_code == 401
    _, client = await member_client(house)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await client.request(method, "/api/audit", json={})).status_code == 405
    assert (await client.delete(f"/api/audit/{new_id()}")).status_code in {404, 405}


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 50])
async def test_the_pages_together_are_the_log_without_gap_or_repeat(house: Running, limit: int) -> None:
    owner, client = await member_client(house)
    # One transaction, so one time for all of them: the id alone tells them apart.
    await _record(house, owner.workspace_id, 6)
    await _record(house, owner.workspace_id, 1, "channel.create")
    pages = await _walk(client, limit)
    rows = [row for page in pages for row in page]
    assert [row["action"] for row in rows] == ["channel.create", *["channel.edit"] * 6, "session.open"]
    assert len({row["id"] for row in rows}) == 8
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1) and pages[-1]
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


async def test_what_happens_while_one_reads_on_does_not_move_the_pages(house: Running) -> None:
    owner, client = await member_client(house)
    await _record(house, owner.workspace_id, 3)
    first = (await client.get("/api/audit", params={"limit": 2})).json()
    await _record(house, owner.workspace_id, 5, "channel.create")
    rest = (await client.get("/api/audit", params={"limit": 50, "after": first["next"]})).json()
    assert [row["action"] for row in rest["items"]] == ["channel.edit", "session.open"]
    assert rest["next"] is None


@pytest.mark.parametrize(("asked", "given"), [(-1, 1), (0, 1), (2, 2), (100, 100), (101, 100), (10**12, 100)])
async def test_a_page_holds_a_hundred_lines_at_most(
    long_log: httpx2.AsyncClient, asked: int, given: int
) -> None:
    page = (await long_log.get("/api/audit", params={"limit": asked})).json()
    assert len(page["items"]) == given and page["next"]


@pytest.fixture(scope="module")
async def long_log(house: Running) -> httpx2.AsyncClient:
    """An auditor before a log of 121 lines."""
    auditor, client = await member_client(house, "auditor")
    async with house.db.tx(auditor.workspace_id) as tx:
        await tx.run(
            text(
                "insert into audit_log (workspace_id, id, actor_kind, action, subject_kind)"
                " select :ws, gen_random_uuid(), 'system', 'channel.edit', 'channel'"
                " from generate_series(1, 120)"
            ),
            {"ws": auditor.workspace_id},
        )
    return client


async def test_a_cursor_of_another_workspace_shows_only_ones_own(house: Running) -> None:
    theirs, stranger = await member_client(house)
    await _record(house, theirs.workspace_id, 3)
    owner, client = await member_client(house)
    foreign = (await stranger.get("/api/audit", params={"limit": 1})).json()["next"]
    rows = (await client.get("/api/audit", params={"after": foreign})).json()["items"]
    assert rows == [] or {row["actor_id"] for row in rows} == {str(owner.id)}


async def test_a_line_shows_the_name_of_today_and_keeps_its_actor_for_ever(house: Running) -> None:
    owner, client = await member_client(house)
    admin, hers = await member_client(house, "admin", owner.workspace_id)
    await hers.post("/api/teams", json={"name": "夜班"})

    async def actor() -> tuple[Any, Any]:
        rows = (await client.get("/api/audit")).json()["items"]
        row = next(row for row in rows if row["action"] == "team.create")
        return row["actor_id"], row["actor_name"]

    assert await actor() == (str(admin.id), admin.name)
    await client.patch(f"/api/members/{admin.id}", json={"name": "新名字"})
    assert await actor() == (str(admin.id), "新名字")
    await client.delete(f"/api/members/{admin.id}")
    assert await actor() == (str(admin.id), "新名字")


async def test_a_line_has_these_fields_and_its_time_in_utc(house: Running) -> None:
    _, client = await member_client(house)
    (row,) = (await client.get("/api/audit")).json()["items"]
    assert row.keys() == {
        *("id", "number", "at", "actor_kind", "actor_id", "actor_name", "group", "action"),
        *("subject_kind", "subject_id", "subject_name", "detail", "changes", "forgotten", "peer"),
    }
    at = datetime.fromisoformat(row["at"])
    assert row["at"].endswith("Z") and at.utcoffset() == timedelta(0)


async def test_what_a_caller_did_is_recorded_as_hers_and_the_systems_as_nobodys(house: Running) -> None:
    owner, client = await member_client(house)
    by = caller("owner", id=owner.id, workspace_id=owner.workspace_id, peer="198.51.100.9")
    subject = new_id()
    async with house.db.tx(owner.workspace_id) as tx:
        await record(tx, by, "channel.edit", "channel", subject, detail=_Detail("一"))
    async with house.db.tx(owner.workspace_id) as tx:
        await record(tx, None, "channel.check", "channel", None)
    system, hers = (await client.get("/api/audit", params={"limit": 2})).json()["items"]
    assert (hers["actor_kind"], hers["actor_id"], hers["peer"]) == ("member", str(owner.id), "198.51.100.9")
    assert (hers["detail"], hers["subject_id"]) == ({"v": 3, "note": "一"}, str(subject))
    assert (system["actor_kind"], system["actor_id"], system["actor_name"]) == ("system", None, None)
    assert (system["subject_id"], system["detail"], system["peer"]) == (None, None, None)


async def test_a_line_falls_with_the_change_it_tells_of(house: Running) -> None:
    owner, client = await member_client(house)
    with pytest.raises(RuntimeError):
        async with house.db.tx(owner.workspace_id) as tx:
            await record(tx, None, "channel.edit", "channel", None)
            raise RuntimeError("the change fails")
    assert [row["action"] for row in (await client.get("/api/audit")).json()["items"]] == ["session.open"]


@pytest.mark.parametrize("kind", ["root", "", "Member"])
async def test_only_known_kinds_of_actor_are_kept(house: Running, kind: str) -> None:
    workspace_id = await make_workspace(house.db)
    statement = text(
        "insert into audit_log (workspace_id, id, actor_kind, action, subject_kind)"
        " values (:ws, :id, :kind, 'x.y', 'x')"
    )
    with pytest.raises(DBAPIError, match="check"):
        async with house.db.tx(workspace_id) as tx:
            await tx.run(statement, {"ws": workspace_id, "id": new_id(), "kind": kind})


async def test_nobody_writes_into_another_workspaces_log(house: Running) -> None:
    mine, theirs = await make_workspace(house.db), await make_workspace(house.db)
    statement = text(
        "insert into audit_log (workspace_id, id, actor_kind, action, subject_kind)"
        " values (:ws, :id, 'system', 'x.y', 'x')"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with house.db.tx(mine) as tx:
            await tx.run(statement, {"ws": theirs, "id": new_id()})


async def test_a_page_is_one_query_however_many_actors_it_names(house: Running) -> None:
    owner = await make_person(house.db, await make_workspace(house.db), "owner")
    for _ in range(4):
        await sign_in(house, await make_person(house.db, owner.workspace_id))
    async with house.db.tx(owner.workspace_id) as tx:
        with queries(tx) as sent:
            page = await list_entries(tx, AuditFilters(), after=None, limit=50)
    assert len(sent) == 1 and len({entry.actor_name for entry in page.items}) == 4
