"""Long work, off the request's path: procrastinate on the same PostgreSQL, on a pool of its own.

Requests never defer; an outbox handler does (see `wiring.py`), with a lock named after event and handler
so that a repeated event defers once. Arguments are ids only.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from uuid import UUID

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued

from kezhan.kit.figures import Observe
from kezhan.kit.log import log
from kezhan.kit.postgres import Access

Job = Callable[[UUID, UUID], Awaitable[None]]
MAX_ATTEMPTS = 20
_AGAIN_SECONDS = 1.0
_LOOK_SECONDS = 1.0
"""The library forgets of a job it is told of just while it asks for others, and then finds it by looking."""
_GRACE_SECONDS = 3.0
"""At the end a job has so long to finish; then it is broken off and comes back, elsewhere or later."""


class Jobs:
    """Named jobs of the form `run(workspace_id, ref)`. One that raises comes back, each time later still."""

    def __init__(self, access: Access) -> None:
        connector = procrastinate.PsycopgConnector(
            conninfo=access.psycopg("kz_system"), min_size=1, max_size=3
        )
        self._app = procrastinate.App(connector=connector)
        self._app_open = False
        self.observe: Observe | None = None

    def add(self, name: str, run: Job, *, retry_seconds: int = 5) -> None:
        async def task(workspace_id: str, ref: str) -> None:
            begun, well = perf_counter(), False
            try:
                await run(UUID(workspace_id), UUID(ref))
                well = True
            finally:
                if self.observe is not None:
                    about = {"kezhan.workspace": workspace_id, "kezhan.ref": ref}
                    self.observe(f"job {name}", perf_counter() - begun, well, about)

        retry = procrastinate.RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=retry_seconds)
        self._app.task(name=name, retry=retry)(task)

    async def open(self) -> None:
        await self._app.open_async()
        self._app_open = True

    async def close(self) -> None:
        if self._app_open:
            await self._app.close_async()

    async def defer(self, name: str, workspace_id: UUID, ref: UUID, *, once: str) -> bool:
        """Queue one run; False where a run named `once` waits already."""
        try:
            await self._app.configure_task(name=name, queueing_lock=once).defer_async(
                workspace_id=str(workspace_id), ref=str(ref)
            )
        except AlreadyEnqueued:
            return False
        return True

    async def run(self) -> None:
        """Work until cancelled. The library's worker ends when it loses the database: it is begun anew."""
        while True:
            try:
                await self._app.run_worker_async(
                    concurrency=4,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    listen_notify=True,
                    fetch_job_polling_interval=_LOOK_SECONDS,
                    shutdown_graceful_timeout=_GRACE_SECONDS,
                )
            except Exception as fault:
                log.warning("jobs.worker_ended", fault=type(fault).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
