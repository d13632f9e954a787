"""Jobs: ids only, one run for each name that waits, and a bad one is nobody else's trouble."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import psycopg
import pytest

from kezhan.kit import jobs as kit_jobs
from kezhan.kit.ids import new_id
from kezhan.kit.jobs import Job, Jobs
from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster, until


@pytest.fixture(scope="module")
def place(cluster: TestCluster) -> Iterator[Access]:
    access = cluster.fresh()
    yield access
    cluster.drop(access)


@contextlib.asynccontextmanager
async def opened(place: Access, run: Job) -> AsyncIterator[Jobs]:
    jobs = Jobs(place)
    jobs.add("test.job", run, retry_seconds=60)
    await jobs.open()
    yield jobs
    await jobs.close()


@contextlib.asynccontextmanager
async def working(*processes: Jobs) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(jobs.run()) for jobs in processes]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def stored(place: Access, lock: str) -> list[tuple[str, dict[str, str]]]:
    with psycopg.connect(place.psycopg("kz_system")) as connection:
        return connection.execute(
            "select status::text, args from procrastinate_jobs where queueing_lock = %s order by id", (lock,)
        ).fetchall()


async def test_a_queued_job_carries_two_ids_and_its_name_waits_once(place: Access) -> None:
    async def run(workspace_id: UUID, ref: UUID) -> None:
        raise AssertionError("nobody works here")

    async with opened(place, run) as jobs, opened(place, run) as other:
        workspace_id, ref = new_id(), new_id()
        queued = await asyncio.gather(
            *(process.defer("test.job", workspace_id, ref, once="test.once") for process in (jobs, other) * 3)
        )
        assert sorted(queued) == [False] * 5 + [True]
        assert await jobs.defer("test.job", workspace_id, ref, once="test.other")
    assert stored(place, "test.once") == [("todo", {"workspace_id": str(workspace_id), "ref": str(ref)})]


async def test_a_finished_job_leaves_nothing_and_its_name_is_free_again(place: Access) -> None:
    ran: list[tuple[UUID, UUID]] = []

    async def run(workspace_id: UUID, ref: UUID) -> None:
        ran.append((workspace_id, ref))

    workspace_id, ref = new_id(), new_id()
    async with opened(place, run) as one, opened(place, run) as two, working(one, two):
        for times in (1, 2):
            assert await one.defer("test.job", workspace_id, ref, once="test.again")
            await until(lambda times=times: ran.count((workspace_id, ref)) == times)  # type: ignore[misc]
            await until(lambda: stored(place, "test.again") == [])
    assert ran.count((workspace_id, ref)) == 2, "two processes, and each run once"


async def test_a_bad_job_is_kept_for_later_and_holds_up_nobody(place: Access) -> None:
    ran: list[UUID] = []
    bad = new_id()

    async def run(workspace_id: UUID, ref: UUID) -> None:
        if ref == bad:
            raise ValueError("not today")
        ran.append(ref)

    good = [new_id() for _ in range(5)]
    async with opened(place, run) as jobs:
        for ref in (bad, *good):
            assert await jobs.defer("test.job", new_id(), ref, once=f"test:{ref}")
        async with working(jobs):
            await until(lambda: set(good) <= set(ran))
    (kept,) = stored(place, f"test:{bad}")
    assert kept[0] in {"todo", "doing"}
    assert bad not in ran


async def test_a_long_job_does_not_hold_up_the_end_and_waits_to_be_done_again(
    place: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit_jobs, "_GRACE_SECONDS", 0.01)
    begun = asyncio.Event()

    async def run(workspace_id: UUID, ref: UUID) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with opened(place, run) as jobs:
        await jobs.defer("test.job", new_id(), new_id(), once="test.long")
        async with working(jobs):
            await until(begun.is_set)
    ((state, _),) = stored(place, "test.long")
    assert state == "todo"


async def test_what_was_never_opened_closes_without_a_fuss(place: Access) -> None:
    jobs = Jobs(place)
    await jobs.close()


@pytest.mark.long
async def test_a_worker_that_lost_its_database_works_again_by_itself(
    cluster: TestCluster, place: Access
) -> None:
    ran: list[UUID] = []

    async def run(_: UUID, ref: UUID) -> None:
        ran.append(ref)

    first, second = new_id(), new_id()
    async with opened(place, run) as jobs, working(jobs):
        await jobs.defer("test.job", new_id(), first, once="test.before")
        await until(lambda: first in ran)
        for _ in range(2):
            cluster.cut(place)
        with psycopg.connect(place.psycopg("kz_system")) as system:
            system.execute(
                "insert into procrastinate_jobs (queue_name, task_name, args) values"
                " ('default', 'test.job', jsonb_build_object('workspace_id', %s::text, 'ref', %s::text))",
                (first, second),
            )
        await until(lambda: second in ran)
