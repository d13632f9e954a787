"""The owner takes the whole workspace out; nobody else does, and nothing of another workspace comes along."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.fields.seals import Seals
from kezhan.files.objects import Store
from kezhan.files.tests.factories import picture
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER
from kezhan.kit.testing import until
from kezhan.privacy.export.archive import archive
from kezhan.privacy.export.places import GOES, STAYS
from kezhan.privacy.wipe.store import drop_exports
from kezhan.rekey.places import WITHIN
from kezhan.simulate.client import Agent
from kezhan.testing import Running
from tests.catalogue import GRANTS

ROOT = "/api/workspace/exports"
SEALED, FOREIGN = "护照甲乙丙丁", "别家的岩茶"
PNG = picture()


async def asked(agent: Agent) -> Any:
    answer = await agent.request("POST", ROOT)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ended(agent: Agent, export_id: str) -> Any:
    async def look() -> Any:
        items = (await agent.request("GET", ROOT)).json()["items"]
        (one,) = [one for one in items if one["id"] == export_id]
        return one if one["state"] not in {"waiting", "running"} else None

    return await until(look)


async def fetched(shop: Shop, agent: Agent, export_id: str) -> zipfile.ZipFile:
    link = (await agent.request("GET", f"{ROOT}/{export_id}/file")).json()
    answer = await shop.http.get(shop.url + link["url"], headers=agent._own)
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def test_the_owner_takes_out_all_that_is_hers(house: Running, shop: Shop) -> None:
    owner, admin = await shop.agent("owner", "所有者"), await shop.agent("admin", "王主管")
    theirs = await make_shop(house)
    foreign = (await (await theirs.visitor()).say(FOREIGN))["conversation_id"]
    visitor = await shop.visitor()
    talk = (await visitor.say("青瓷\n茶盏"))["conversation_id"]
    shown = await visitor.upload("a/青瓷.png", "image/png", PNG)
    await visitor.say("", kind="image", file_id=shown["id"])
    await until(lambda: talk in owner.rows)
    contact = owner.rows[talk]["contact_id"]
    async with shop.db.tx(shop.workspace_id) as tx:
        fields = {"v": 1, "values": {"passport": Seals(tx).seal("passport", SEALED)}}
        await tx.fetch(
            "update contacts set fields = $1::jsonb where id = $2::uuid", json.dumps(fields), UUID(contact)
        )

    assert (await admin.request("POST", ROOT)).status_code == 403
    made = await asked(owner)
    again = (await owner.request("POST", ROOT)).json()
    done = await ended(owner, made["id"])
    assert (done["state"], done["fault"], done["cut"]) == ("done", None, False)
    assert again["id"] == made["id"] or (await ended(owner, again["id"]))["state"] == "done"

    package = await fetched(shop, owner, made["id"])
    assert package.testzip() is None
    manifest = json.loads(package.read("manifest.json"))
    assert manifest["workspace"]["id"] == str(shop.workspace_id)
    tables = {one["file"]: one for one in manifest["tables"]}
    assert {*tables} == {f"{what.name}.jsonl" for what in GOES.values()}
    read: dict[str, list[Any]] = {}
    for name, told in tables.items():
        whole = package.read(name)
        read[name.removesuffix(".jsonl")] = rows = [json.loads(line) for line in whole.splitlines()]
        assert (told["rows"], told["sha256"]) == (len(rows), hashlib.sha256(whole).hexdigest()), name
        assert FOREIGN not in whole.decode() and foreign not in whole.decode(), name
        assert f"`{name}`" in package.read("README.md").decode()
    assert "青瓷\n茶盏" in [one["body"] for one in read["messages"]]
    assert [one["fields"]["values"]["passport"] for one in read["customers"] if one["id"] == contact] == [
        SEALED
    ]
    assert [one["id"] for one in read["workspace"]] == [str(shop.workspace_id)]
    (kept,) = read["files"]
    assert kept["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert manifest["files"] == {"count": 1, "gone": 0}
    (path,) = [name for name in package.namelist() if name.startswith("files/")]
    assert package.read(path) == PNG and path.count("/") == 1
    acts = [one["action"] for one in read["audit_log"]]
    assert "workspace.export" in acts

    await theirs.close()
    # Another owner, an admin, and after an erasure nobody has it.
    other = await shop.agent("owner", "另一位")
    for method, path in (("GET", "/file"), ("PUT", "/cancellation"), ("DELETE", "")):
        assert (await other.request(method, f"{ROOT}/{made['id']}{path}")).status_code == 404
        assert (await admin.request(method, f"{ROOT}/{made['id']}{path}")).status_code == 403
    async with shop.db.tx(shop.workspace_id) as tx:
        assert await drop_exports(tx)
    assert (await owner.request("GET", f"{ROOT}/{made['id']}/file")).status_code == 404


async def test_all_of_it_is_of_one_moment(shop: Shop, tmp_path: Path) -> None:
    visitor = await shop.visitor()
    await visitor.say("先说的")
    objects, told = Store.local(tmp_path), 0

    async def beat(found: int) -> None:
        nonlocal told
        told = found

    pieces = archive(shop.db, objects, shop.workspace_id, beat)
    whole = await anext(pieces)
    await visitor.say("后说的")
    whole += b"".join([piece async for piece in pieces])
    package = zipfile.ZipFile(io.BytesIO(whole))
    said = package.read("messages.jsonl").decode()
    assert "先说的" in said and "后说的" not in said
    assert told == sum(one["rows"] for one in json.loads(package.read("manifest.json"))["tables"])


async def test_one_is_under_way_at_most_and_it_can_be_stopped(shop: Shop) -> None:
    owner, other = await shop.agent("owner", "所有者"), await shop.agent("owner", "另一位")
    async with shop.db.tx(shop.workspace_id) as tx:
        await tx.fetch(
            "insert into workspace_exports (workspace_id, id, membership_id, mark, language, state)"
            " select workspace_id, $1, id, 'whole', 'en', 'running' from memberships where name = '所有者'",
            held := new_id(),
        )  # fmt: skip
    assert (await asked(owner))["id"] == str(held)
    refused = await other.request("POST", ROOT)
    assert (refused.status_code, refused.json()["code"]) == (409, "privacy.export_busy")
    assert (await owner.request("GET", f"{ROOT}/{held}/file")).status_code == 409
    assert (await owner.request("PUT", f"{ROOT}/{held}/cancellation")).status_code == 200
    assert (await ended(owner, str(held)))["state"] == "cancelled"
    assert (await ended(other, (await asked(other))["id"]))["state"] == "done"


def test_every_table_and_every_column_of_secrets_is_said(access: Any) -> None:
    tables = {line.split()[0] for line in GRANTS.strip().splitlines()}
    assert {*GOES} | {*STAYS} == tables
    assert not {*GOES} & {*STAYS}
    names = [what.name for what in GOES.values()]
    assert len({*names}) == len(names)
    assert {place.table for place in WITHIN} & {*GOES} == {name for name in GOES if GOES[name].sealed}
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        columns = connection.execute(
            "select table_name, column_name, data_type = 'bytea'"
            " or column_name ~ '(secret|password|token|sealed|private|signing_key)' or column_name ~ '_key$'"
            " from information_schema.columns where table_schema = 'public'"
        ).fetchall()
    delicate = {(table, name) for table, name, told in columns if told and table in GOES}
    said = {(table, name) for table, what in GOES.items() for name in (*what.without, *what.hexed)}
    assert delicate - said == {("channel_accounts", "public_key")}, "a website's key, which its pages show"
    assert said <= {(table, name) for table, name, _ in columns}
