"""The chain: every tampering is found and named, sealing twice is sealing once, old rows go whole."""

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import httpx2
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kezhan.audit.chain import command, keep
from kezhan.audit.chain.seal import Sealer
from kezhan.audit.keys import Of, destroy
from kezhan.audit.service import record
from kezhan.kit.changes import Change
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER
from kezhan.kit.testing import until
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_person, make_workspace, member_client

Json = dict[str, Any]


async def _sealed(house: Running, workspace_id: UUID, lines: int = 0) -> int:
    """The number of the chain's end, once nothing waits any more; `lines` are written first."""
    async with house.db.tx(workspace_id) as tx:
        for at in range(lines):
            told = [Change(field="name", before=f"旧{at}", after=f"新{at}")]
            await record(tx, None, "channel.edit", "channel", new_id(), changes=told)

    async def look() -> int | None:
        await Sealer(house.db).step()
        async with house.db.tx(workspace_id) as tx:
            waits = await tx.value(text("select count(*) from audit_waiting"))
            return None if waits else await tx.value(text("select max(number) from audit_seals"))

    return await until(look)


async def _checked(client: httpx2.AsyncClient, head: Json | None = None) -> list[Json]:
    """The faults of a whole check, step by step; the check itself is a line that is sealed some time."""
    faults: list[Json] = []
    after = None
    while True:
        answer = await client.post("/api/audit-checks", json={"after": after, "head": head})
        assert answer.status_code == 200, answer.text
        faults += answer.json()["faults"]
        after = answer.json()["next"]
        if after is None:
            return faults


def _tamper(house: Running, workspace_id: UUID, *statements: str) -> None:
    """As somebody who owns the database and passes over its triggers; `:ws` is the workspace, `:3` the row at
    that place in the chain."""
    with psycopg.connect(house.db.access.psycopg(SUPERUSER)) as connection:
        connection.execute("set session_replication_role = replica")
        for statement in statements:
            whole = re.sub(r":(\d)", _PLACE, statement).replace(":ws", f"'{workspace_id}'")
            connection.execute(whole)


_PLACE = r"(select entry_id from audit_seals where workspace_id = :ws and number = \1)"
# what is done → the kinds of fault, each with its number
_TAMPERED: dict[str, tuple[list[str], list[tuple[str, int | None]]]] = {
    "a row is changed": (
        ["update audit_log set peer = '10.0.0.1' where id = :3"],
        [("changed", 3)],
    ),
    "a value in a row is changed": (
        ["update audit_log set changes = '[]' where id = :4"],
        [("changed", 4)],
    ),
    "a row is changed and sealed anew without the key": (
        [
            "update audit_log set action = 'x.y' where id = :4",
            "update audit_seals set hash = sha256('x') where workspace_id = :ws and number = 4",
        ],
        [("changed", 4), ("relinked", 5)],
    ),
    "a row is removed": (["delete from audit_log where id = :3"], [("missing", 3)]),
    "a row is removed with its seal": (
        [
            "delete from audit_log where id = :3",
            "delete from audit_seals where workspace_id = :ws and number = 3",
        ],
        [("missing", 3)],
    ),
    "a row is put in": (
        [
            "insert into audit_log (workspace_id, id, actor_kind, action, subject_kind)"
            " values (:ws, gen_random_uuid(), 'system', 'x.y', 'x')"
        ],
        [("inserted", None)],
    ),
    "the tail is cut off": (
        ["delete from audit_seals where workspace_id = :ws and number > 5"],
        [("cut", 6), ("inserted", None), ("inserted", None)],
    ),
    "a signature is forged": (
        ["update audit_seals set signature = 'x' where workspace_id = :ws and number = 2"],
        [("forged", 2)],
    ),
}


@pytest.mark.parametrize("deed", list(_TAMPERED))
async def test_each_tampering_is_found_and_named(house: Running, deed: str) -> None:
    statements, wanted = _TAMPERED[deed]
    owner, client = await member_client(house)
    end = await _sealed(house, owner.workspace_id, 6)
    assert end == 7 and await _checked(client) == []
    head = (await client.get("/api/audit-head")).json()
    assert head["number"] >= 7
    await _sealed(house, owner.workspace_id)
    _tamper(house, owner.workspace_id, *statements)
    found = [(fault["kind"], fault["number"]) for fault in await _checked(client, head)]
    # What a check writes down itself is sealed behind what is cut off, where somebody has cut.
    assert [one for one in wanted if one not in found] == [], found
    assert {kind for kind, _ in found} <= {kind for kind, _ in wanted} | {"missing", "relinked"}


async def test_a_tail_that_is_cut_off_where_a_piece_ends_is_found_by_a_head_that_was_kept(
    own_house: Running, tmp_path: Path
) -> None:
    house = own_house
    owner, client = await member_client(house)
    other = await make_workspace(house.db)
    await _sealed(house, owner.workspace_id, 2)
    await _sealed(house, owner.workspace_id, 3)
    head = (await client.get("/api/audit-head")).json()
    _tamper(
        house,
        owner.workspace_id,
        "delete from audit_log where id in"
        " (select entry_id from audit_seals where workspace_id = :ws and number > 3)",
        "delete from audit_seals where workspace_id = :ws and number > 3",
    )
    said: list[str] = []
    kept = tmp_path / "heads.json"
    kept.write_text((await client.get("/api/audit-head")).text)
    ring, access = house.house.keyring, house.db.access
    assert await command.check(access, ring, None, {}, said.append), "nothing tells of it by itself"
    assert {line.split(" ")[0] for line in said} == {str(owner.workspace_id), str(other)}
    assert command.kept_heads(kept)[owner.workspace_id].number == 3
    (cut,) = await _checked(client, head)
    assert (cut["kind"], cut["number"], cut["last"]) == ("cut", 4, 6)
    for bad in ({**head, "number": 4}, {**head, "workspace_id": str(other)}, {**head, "signature": ""}):
        refused = await client.post("/api/audit-checks", json={"head": bad})
        assert (refused.status_code, refused.json()["code"]) == (400, "audit.bad_head")
    for bad_after in ("nonsense", "WzEsLTEsMCwiMjAyNi0wMS0wMVQwMDowMDowMFoiLCJ4Il0"):
        refused = await client.post("/api/audit-checks", json={"after": bad_after})
        assert refused.json()["code"] == "kit.bad_cursor"
    shown = await command.heads(access, ring, owner.workspace_id)
    assert [one.workspace_id for one in shown] == [owner.workspace_id]
    with pytest.raises(command.Unknown):
        await command.check(access, ring, new_id(), {}, said.append)


async def test_what_is_sealed_is_sealed_once_whoever_seals(house: Running) -> None:
    owner = await make_person(house.db, await make_workspace(house.db), "owner")
    end = await _sealed(house, owner.workspace_id, 4)
    again = await _sealed(house, owner.workspace_id)
    async with house.db.tx(owner.workspace_id) as tx:
        seals = await tx.rows(text("select number, entry_id from audit_seals order by number"))
        rows = await tx.value(text("select count(*) from audit_log"))
    assert (end, again, rows) == (4, 4, 4)
    assert [row.number for row in seals] == [1, 2, 3, 4] and len({row.entry_id for row in seals}) == 4


_AFTER_THE_FACT = (
    "update audit_log set peer = ''",
    "delete from audit_log",
    "truncate audit_log",
    "update audit_seals set signature = ''",
    "delete from audit_seals",
    "delete from audit_anchors",
)


@pytest.mark.parametrize("role", ["kz_app", "kz_owner"])
async def test_nobody_changes_a_line_or_a_seal(house: Running, role: str) -> None:
    owner, _ = await member_client(house)
    await _sealed(house, owner.workspace_id)
    conn = await house.db.connect(role)
    try:
        await conn.execute("select set_config('kz.ws', $1, false)", str(owner.workspace_id))
        for statement in _AFTER_THE_FACT:
            if role == "kz_owner" and "anchors" in statement:
                continue  # she does not even see those
            with pytest.raises(Exception, match=r"permission denied|only added to"):
                await conn.execute(statement)
        with pytest.raises(Exception, match=r"to be kept|permission denied"):
            await conn.execute("select audit_cut(1)")
    finally:
        await conn.close()


async def test_old_lines_go_whole_behind_an_anchor_and_the_chain_holds(own_house: Running) -> None:
    house = own_house
    owner, client = await member_client(house)
    await _sealed(house, owner.workspace_id, 5)
    for body, status in (({"keep_days": 179}, 400), ({"keep_days": 180}, 200), ({"keep_days": 180}, 200)):
        assert (await client.put("/api/audit-settings", json=body)).status_code == status
    kept = [row for row in (await _lines(client)) if row["action"] == "audit.settings"]
    assert [row["changes"] for row in kept] == [[{"field": "keep_days", "before": None, "after": 180}]]
    assert await keep.cut_old(house.db) == 0
    # Time goes by for the first four: as a clock would have it, so the chain is made of them anew.
    _tamper(
        house,
        owner.workspace_id,
        "update audit_log set at = now() - interval '181 days' where workspace_id = :ws and id in"
        " (select entry_id from audit_seals where workspace_id = :ws and number <= 4)",
        "delete from audit_seals where workspace_id = :ws",
        "insert into audit_waiting select workspace_id, id from audit_log where workspace_id = :ws"
        " on conflict do nothing",
    )
    end = await _sealed(house, owner.workspace_id)
    head = (await client.get("/api/audit-head")).json()
    assert end == head["number"] == 7
    assert await keep.cut_old(house.db) == 4 and await keep.cut_old(house.db) == 0
    assert await _checked(client, head) == []
    (cut,) = [row for row in await _lines(client) if row["action"] == "audit.cut"]
    assert cut["detail"] == {"v": 1, "rows": 4, "upto": 4}
    assert (cut["actor_kind"], cut["group"]) == ("system", "removal")
    _tamper(house, owner.workspace_id, "update audit_anchors set hash = sha256('x') where workspace_id = :ws")
    assert {(fault["kind"], fault["number"]) for fault in await _checked(client)} >= {("forged", 4)}
    await client.put("/api/audit-settings", json={"keep_days": None})
    with pytest.raises(DBAPIError, match="to be kept"):
        async with house.db.tx(owner.workspace_id) as tx:
            await tx.value(text("select audit_cut(4)"))


async def _lines(client: httpx2.AsyncClient, **filters: Any) -> list[Json]:
    answer = await client.get("/api/audit", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["items"]
    return found


async def test_a_persons_values_are_read_until_her_key_is_destroyed_and_the_chain_holds_on(
    house: Running,
) -> None:
    owner, client = await member_client(house)
    agent = await make_person(house.db, owner.workspace_id)
    before = agent.name
    for name in ("绝密甲", "绝密乙"):
        assert (await client.patch(f"/api/members/{agent.id}", json={"name": name})).status_code == 200
    rows = await _lines(client, subject_id=str(agent.id))
    assert [row["changes"] for row in rows] == [
        [{"field": "name", "before": "绝密甲", "after": "绝密乙"}],
        [{"field": "name", "before": before, "after": "绝密甲"}],
    ]
    assert [row["subject_name"] for row in rows] == ["绝密乙"] * 2
    await _sealed(house, owner.workspace_id)
    async with house.db.tx(owner.workspace_id) as tx:
        stored = await tx.rows(text("select cast(l as text) as row from audit_log l"))
        keys = await tx.rows(text("select sealed from person_keys"))
    assert len(keys) == 1 and not any("绝密" in row.row for row in stored)
    for _ in range(2):
        async with house.db.tx(owner.workspace_id) as tx:
            await destroy(tx, Of("member", agent.id))
    rows = await _lines(client, subject_id=str(agent.id))
    assert [(row["changes"], row["forgotten"]) for row in rows] == [([], True)] * 2
    assert await _checked(client) == []
    await client.patch(f"/api/members/{agent.id}", json={"name": "绝密丙"})
    assert (await _lines(client, subject_id=str(agent.id)))[0]["forgotten"], "she gets no other key"


async def _asked(client: httpx2.AsyncClient, form: str, **question: Any) -> Json:
    answer = await client.post("/api/audit-exports", json={"form": form, "question": question})
    assert answer.status_code == 201, answer.text
    made = answer.json()

    async def look() -> Json | None:
        (one,) = [
            one for one in (await client.get("/api/audit-exports")).json()["items"] if one["id"] == made["id"]
        ]
        return one if one["state"] not in {"waiting", "running"} else None

    return await until(look)


async def _file(client: httpx2.AsyncClient, export_id: str) -> bytes:
    linked = (await client.get(f"/api/audit-exports/{export_id}/file")).json()
    return (await client.get(linked["url"])).content


async def test_lines_are_taken_out_in_words_and_that_is_a_line_too(house: Running) -> None:
    owner, client = await member_client(house)
    client.headers["accept-language"] = "zh-CN"
    await client.post("/api/teams", json={"name": "=夜班"})
    auditor, hers = await member_client(house, "auditor", owner.workspace_id)
    hers.headers["accept-language"] = "zh-CN"
    done = await _asked(hers, "csv", q="新建小组")
    assert (done["state"], done["found"], done["fault"]) == ("done", 1, None)
    heading, row = list(csv.reader(io.StringIO((await _file(hers, done["id"])).decode("utf-8-sig"))))
    told = dict(zip(heading, row, strict=True))
    assert told["做了什么"] == "新建小组" and told["谁"] == owner.name and told["改动"] == "名称: 无 → =夜班"
    book = await _asked(hers, "xlsx", group="settings")
    with zipfile.ZipFile(io.BytesIO(await _file(hers, book["id"]))) as package:
        sheet = ElementTree.fromstring(package.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - ours
        names = set(package.namelist())
    texts = [cell.text for cell in sheet.iter() if cell.tag.endswith("}t")]
    assert "名称: 无 → =夜班" in texts and "xl/workbook.xml" in names
    acts = [row["action"] for row in await _lines(client, actor_id=str(auditor.id), group="export")]
    assert acts == ["audit.export_read", "audit.export"] * 2
    _, foreign = await member_client(house, "auditor")
    for method, path in (("GET", "/file"), ("PUT", "/cancellation"), ("DELETE", "")):
        for stranger in (client, foreign):
            answer = await stranger.request(method, f"/api/audit-exports/{done['id']}{path}")
            assert answer.status_code == 404, (method, path)
    assert (await hers.put(f"/api/audit-exports/{done['id']}/cancellation")).status_code == 200
    assert (await hers.delete(f"/api/audit-exports/{done['id']}")).status_code == 204
    assert (await hers.delete(f"/api/audit-exports/{done['id']}")).status_code == 404
    assert (await hers.post("/api/audit-exports", json={"form": "pdf", "question": {}})).status_code == 400


_FILTERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "by who": ({"actor_id": "agent_id"}, ["session.open"]),
    "by group": ({"group": "sign_in"}, ["session.open"] * 2),
    "by subject": ({"subject_id": "team_id"}, ["team.edit", "team.create"]),
    "by kind of subject": ({"subject_kind": "team"}, ["team.edit", "team.create"]),
    "by word for the action": ({"q": "新建小组"}, ["team.create"]),
    "by word in the other language": ({"q": "changed a team"}, ["team.edit"]),
    "by value": ({"q": "清晨"}, ["team.edit"]),
    "by time": ({"until": "2020-01-01T00:00:00Z"}, []),
    "since a time": ({"since": "2020-01-01T00:00:00Z", "subject_kind": "team"}, ["team.edit", "team.create"]),
    "by nothing there is": ({"q": "%"}, []),
}


@pytest.fixture(scope="module")
async def searched(house: Running) -> tuple[httpx2.AsyncClient, dict[str, str]]:
    """An owner before a log of four lines; ids by the names filters use."""
    owner, client = await member_client(house)
    team = (await client.post("/api/teams", json={"name": "夜班"})).json()["id"]
    await client.patch(f"/api/teams/{team}", json={"name": "清晨"})
    agent, _ = await member_client(house, "agent", owner.workspace_id)
    return client, {"team_id": team, "agent_id": str(agent.id)}


@pytest.mark.parametrize("wanted", list(_FILTERS))
async def test_lines_are_found(searched: tuple[httpx2.AsyncClient, dict[str, str]], wanted: str) -> None:
    client, ids = searched
    asked, actions = _FILTERS[wanted]
    found = await _lines(client, **{name: ids.get(value, value) for name, value in asked.items()})
    assert [row["action"] for row in found] == actions


async def test_bad_questions_are_refused(searched: tuple[httpx2.AsyncClient, dict[str, str]]) -> None:
    client, _ = searched
    for asked in ({"group": "moon"}, {"actor_id": "x"}, {"since": "x"}, {"q": "x" * 101}):
        assert (await client.get("/api/audit", params=asked)).status_code == 400, asked


_RIGHTS: list[tuple[str, str, Any, set[str]]] = [
    ("GET", "/api/audit", None, {"owner", "admin", "auditor"}),
    ("GET", "/api/audit-head", None, {"owner", "admin", "auditor"}),
    ("POST", "/api/audit-checks", {}, {"owner", "admin", "auditor"}),
    ("GET", "/api/audit-settings", None, {"owner", "admin", "auditor"}),
    ("PUT", "/api/audit-settings", {"keep_days": None}, {"owner", "admin"}),
    ("GET", "/api/audit-exports", None, {"owner", "admin", "auditor"}),
    ("POST", "/api/audit-exports", {"question": {}}, {"owner", "admin", "auditor"}),
]


async def test_who_may_what(house: Running) -> None:
    workspace_id = await make_workspace(house.db)
    for role in ("owner", "admin", "supervisor", "agent", "inspector", "auditor"):
        _, client = await member_client(house, role, workspace_id)
        for method, path, body, roles in _RIGHTS:
            answer = await client.request(method, path, json=body)
            assert (answer.status_code < 300) is (role in roles), (role, path, answer.text)
            assert answer.status_code in {200, 201, 403}
