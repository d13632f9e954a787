"""A process from its start to its end: well only while it works, refusing to run unsafe, ending cleanly."""

from pathlib import Path

import httpx2
import psycopg
import pytest

from kezhan.app import House
from kezhan.kit.postgres import Access
from kezhan.kit.server import StartFailed
from kezhan.kit.testing import TestCluster, until
from kezhan.settings import Settings
from kezhan.testing import Running, running


def made(access: Access, folder: Path) -> House:
    return House(Settings(data=folder, port=0, demo=False).resolved(), access, None)


def connections(access: Access) -> int:
    with psycopg.connect(access.psycopg("postgres", "postgres")) as admin:
        row = admin.execute(
            "select count(*) from pg_stat_activity where datname = %s", (access.database,)
        ).fetchone()
    assert row is not None
    return int(row[0])


async def until_well(client: httpx2.AsyncClient) -> None:
    """By itself. On a busy machine even the first look at the database may take longer than it is given."""

    async def well() -> bool:
        return (await client.get("/healthz")).text == "ok"

    await until(well)


async def test_a_house_is_well_while_it_can_work_and_says_when_it_cannot(
    cluster: TestCluster, own_house: Running
) -> None:
    client = await own_house.client()
    await until_well(client)
    for _ in range(2):
        assert (await client.get("/healthz")).text == "ok"
    own_house.house.ready = False
    starting = await client.get("/healthz", headers={"accept-language": "en"})
    assert (starting.status_code, starting.json()["code"]) == (503, "kit.starting")
    own_house.house.ready = True
    database = own_house.db.access.database
    with psycopg.connect(own_house.db.access.psycopg("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"alter database {database} allow_connections false")
        cluster.cut(own_house.db.access)
        away = await client.get("/healthz")
        alive = await client.get("/livez")
        admin.execute(f"alter database {database} allow_connections true")
    assert (away.status_code, away.json()["code"]) == (503, "kit.no_database")
    assert (alive.status_code, alive.text) == (200, "ok"), "a restart would bring no database back"
    await until_well(client)


async def test_an_end_closes_every_connection(access: Access, tmp_path: Path) -> None:
    async with running(access, tmp_path) as served:
        client = await served.client()
        assert (await client.get("/healthz")).text == "ok"
        assert connections(access) > 2
    await until(lambda: not connections(access))


async def test_a_house_whose_role_could_see_everything_does_not_start(access: Access, tmp_path: Path) -> None:
    with psycopg.connect(access.psycopg("postgres")) as admin:
        admin.execute("alter table contacts owner to kz_app")
    with pytest.raises(StartFailed):
        await made(access, tmp_path).server().start()


async def test_the_same_data_folder_opens_what_the_process_before_sealed(
    access: Access, tmp_path: Path
) -> None:
    first, second = made(access, tmp_path), made(access, tmp_path)
    sealed = first.keyring.seal(b"tea", "c")
    assert second.keyring.unseal(sealed, "c") == b"tea"
    for house in (first, second):
        await house.db.close()
