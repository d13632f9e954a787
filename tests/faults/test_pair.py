"""A real primary with its synchronous standby: fail-over, what the doctor says of it, every way to the one
that takes writes."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import namedtuple_row
from sqlalchemy import text

from kezhan.doctor.database import check_server
from kezhan.kit import db as db_module
from kezhan.kit.bus import PostgresBus
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.jobs import Jobs
from kezhan.kit.migrate import upgrade
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access
from kezhan.kit.testing import PATIENCE, until
from tests.faults.pair import Pair
from tests.faults.place import children

pytestmark = pytest.mark.long


@pytest.fixture
def sides() -> Iterator[tuple[Path, Path]]:
    """Where PostgreSQL's own user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="kezhan-pair-"))
    folder.chmod(0o711)
    made = folder / "left", folder / "right"
    for one in made:
        one.mkdir(mode=0o711)
    yield made
    shutil.rmtree(folder)


@pytest.fixture
async def pair(sides: tuple[Path, Path]) -> AsyncIterator[Pair]:
    pair = Pair(sides)
    try:
        await pair.start()
        yield pair
    finally:
        await pair.stop()


def processes(pair: Pair) -> list[int]:
    assert pair.primary.cluster is not None
    return [pair.primary.cluster.pid, *children(pair.primary.cluster.pid)]


def writable(access: Access) -> bool:
    """By the other driver."""
    with psycopg.connect(access.psycopg("kz_app")) as conn:
        return conn.execute("select pg_is_in_recovery()").fetchone() == (False,)


def doctor(pair: Pair) -> dict[str, str]:
    """Code → level."""
    told = Access.from_url(pair.url).psycopg("")
    with psycopg.connect(told, autocommit=True, row_factory=namedtuple_row) as connection:
        return {one.code: one.level for one in check_server(connection, 8)}


async def test_every_kind_of_connection_finds_the_server_that_takes_writes_before_and_after(
    pair: Pair,
) -> None:
    access = Access.from_url(pair.url)
    await asyncio.to_thread(upgrade, access)
    with pair.primary.connect() as admin:
        admin.execute("create table kept (n int)")
        admin.execute("grant insert, select on kept to kz_system")
    db, jobs = Database(access, Wiring(), pool=2), Jobs(access)
    buses, heard = (PostgresBus(db), PostgresBus(db)), asyncio.Event()
    buses[1].subscribe(lambda sender, hints: heard.set(), lambda: None, lambda: None)

    def heard_again() -> bool:
        buses[0].publish(b"1")
        return heard.is_set()

    await jobs.open()
    for bus in buses:
        await bus.start()
    try:
        for number in range(2):
            async with db.system_tx() as tx:
                await tx.run(text("insert into kept values (1)"))
            await pair.fail_over(lambda: processes(pair))
            async with db.system_tx() as tx:
                assert await tx.value(text("select count(*) from kept")) == number + 1
            heard.clear()
            await until(heard_again)
            assert await asyncio.to_thread(writable, access)
    finally:
        for bus in buses:
            await bus.stop()
        await jobs.close()
        await db.close()


async def test_a_line_that_carries_nothing_is_given_up_and_replaced(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "_SILENCE_SECONDS", 0.5)
    db = Database(Access.from_url(pair.url), Wiring(), pool=1)
    await asyncio.to_thread(upgrade, db.access)
    try:
        async with db.system_tx():
            pass
        pair.primary.proxy.mood = "deaf"
        with pytest.raises(Refused, match="no_database"):
            async with asyncio.timeout(5), db.system_tx():
                raise AssertionError("nothing comes through")
        pair.primary.proxy.mood = "fair"
        async with asyncio.timeout(PATIENCE), db.system_tx():
            pass
    finally:
        await db.close()


async def test_the_doctor_tells_a_standby_that_is_waited_for_from_one_that_is_not(pair: Pair) -> None:
    assert (await asyncio.to_thread(doctor, pair))["standby"] == "ok"
    pair.primary.set_standbys("")
    assert (await asyncio.to_thread(doctor, pair))["standby_none"] == "warn"
    pair.primary.set_standbys("another")
    told = await asyncio.to_thread(doctor, pair)
    assert (told["standby_away"], "standby" in told) == ("fault", False)
