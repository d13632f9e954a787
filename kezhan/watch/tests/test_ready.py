"""`/livez` and `/readyz` under each fault: what each says, and that it takes back what is over."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from kezhan.conversations.items import MarkItem
from kezhan.kit import disk
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster, until
from kezhan.testing import Running, running
from kezhan.watch import ready


async def told(client: httpx2.AsyncClient, path: str) -> tuple[int, str]:
    answer = await client.get(path)
    return answer.status_code, answer.text if answer.status_code == 200 else answer.json()["code"]


async def until_ready(client: httpx2.AsyncClient) -> None:
    async def ready_now() -> bool:
        return (await told(client, "/readyz"))[0] == 200

    await until(ready_now)


async def test_a_house_that_works_is_alive_and_ready_whoever_asks_however_often(house: Running) -> None:
    client = await house.client()
    for _ in range(2):
        assert await told(client, "/livez") == (200, "ok")
        assert await told(client, "/readyz") == (200, "ok")
    assert {await told(client, "/readyz") for _ in range(3)} == {(200, "ok")}
    many = await asyncio.gather(*(told(client, "/readyz") for _ in range(20)))
    assert set(many) == {(200, "ok")}


async def test_a_database_stopped_is_not_ready_and_alive(cluster: TestCluster, own_house: Running) -> None:
    client = await own_house.client()
    database = own_house.db.access.database
    with psycopg.connect(own_house.db.access.psycopg("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"alter database {database} allow_connections false")
        cluster.cut(own_house.db.access)
        for _ in range(2):
            assert await told(client, "/readyz") == (503, "kit.no_database")
            assert await told(client, "/livez") == (200, "ok")
        admin.execute(f"alter database {database} allow_connections true")
    await until_ready(client)
    assert not any(task.done() for task in own_house.house.work), "every part has outlived it"


async def test_a_cut_lane_is_told_and_comes_back_without_a_message(
    own_house: Running, access: Access
) -> None:
    client = await own_house.client()
    lane = own_house.house.desk.lane
    with psycopg.connect(access.psycopg("postgres"), autocommit=True) as admin:
        admin.execute("alter role kz_lane connection limit 0")
        try:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'kz_lane' and datname = %s",
                (access.database,),
            )
            await until(lambda: not lane.connected)
            assert await told(client, "/readyz") == (503, "kit.lane_lost")
            assert await told(client, "/livez") == (200, "ok")
        finally:
            admin.execute("alter role kz_lane connection limit -1")
    await until_ready(client)
    assert lane.figures.reconnects == 1


async def test_a_lane_whose_commit_does_not_end_is_told(
    own_house: Running, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "PATIENCE_SECONDS", 0.2)
    client = await own_house.client()
    lane = own_house.house.desk.lane
    assert lane.stalled == 0
    with psycopg.connect(access.psycopg("postgres")) as admin:
        admin.execute("lock table conversations, marks")
        nobody = new_id()
        lane.mark(
            MarkItem(
                workspace_id=nobody, conversation_id=nobody, party_kind="visitor", party_id=nobody,
                delivered_seq=1, read_seq=1,
            )
        )  # fmt: skip

        async def lost() -> bool:
            return await told(client, "/readyz") == (503, "kit.lane_lost")

        await until(lost)
        assert lane.connected
        assert await told(client, "/livez") == (200, "ok")
    await until_ready(client)


async def test_before_the_start_is_over_and_once_the_end_has_begun_it_is_neither(
    access: Access, tmp_path: Path
) -> None:
    async with running(access, tmp_path) as served:
        client = await served.client()
        served.house.ready = False
        for path in ("/livez", "/readyz"):
            assert await told(client, path) == (503, "kit.starting")
        served.house.ready = True
        served.server.stopping = True  # what the first signal does, and all is still served
        for path in ("/livez", "/readyz"):
            assert await told(client, path) == (503, "kit.restarting")


async def test_a_part_that_has_ended_asks_for_a_restart(own_house: Running) -> None:
    client = await own_house.client()
    own_house.house.work[1].cancel()
    await asyncio.wait({own_house.house.work[1]})
    for path in ("/livez", "/readyz"):
        assert await told(client, path) == (503, "kit.part_ended")


@pytest.mark.parametrize(
    ("version", "answer"),
    [("0001", (503, "kit.behind")), ("9999", (200, "ok")), (None, (503, "kit.behind"))],
)
async def test_an_older_schema_is_not_ready_and_a_newer_one_is(
    own_house: Running,
    access: Access,
    monkeypatch: pytest.MonkeyPatch,
    version: str | None,
    answer: tuple[int, str],
) -> None:
    monkeypatch.setattr(ready, "PATIENCE_SECONDS", 60)  # what it says counts here, not how soon
    with psycopg.connect(access.psycopg("postgres"), autocommit=True) as admin:
        admin.execute("delete from alembic_version")
        if version is not None:
            admin.execute("insert into alembic_version values (%s)", (version,))
    client = await own_house.client()
    assert await told(client, "/readyz") == answer
    assert await told(client, "/livez") == (200, "ok")


async def test_a_database_that_does_not_answer_in_time_is_not_ready(
    own_house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "PATIENCE_SECONDS", 0.05)
    client = await own_house.client()
    async with own_house.db.system_tx(), own_house.db.system_tx():  # all there are
        assert await told(client, "/readyz") == (503, "kit.no_database")
    await until_ready(client)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system with less room than work needs."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "kezhan-test", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("a small file system needs root and the right to mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)  # noqa: S603, S607


async def test_a_full_disk_is_not_ready_and_alive(access: Access, small: Path) -> None:
    async with running(access, small) as served:
        client = await served.client()
        assert await told(client, "/readyz") == (503, "kit.disk_full")
        assert await told(client, "/livez") == (200, "ok")


def test_a_disk_is_full_where_no_room_or_no_further_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not disk.is_full(tmp_path, tmp_path / "missing")
    room = list(os.statvfs(tmp_path))
    room[5], room[6], room[7] = 1000, 1000, 3  # inodes: all, free, free for this user
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(room))
    assert disk.free(tmp_path) == 0
    assert disk.is_full(tmp_path)
