"""The desk of before is told of its customers' calls: apart from ours, again and again with growing pauses.
While it does not answer, nobody here waits for it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import httpx2

from kezhan.channels.accounts import opened_account
from kezhan.channels.base import detail
from kezhan.channels.customers import store
from kezhan.channels.customers.share import pass_on
from kezhan.channels.sealed import unseal
from kezhan.conversations.desk import Desk
from kezhan.kit.beat import work
from kezhan.kit.crypto import BadSeal
from kezhan.kit.log import log
from kezhan.kit.reading import ReadRow

BACKOFF = (5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0)
"""Seconds before each further attempt; after the last one it is given up until somebody looks at it."""
_LET_ALONE = timedelta(seconds=5)
_SECONDS = 20.0
_BEAT_SECONDS = 5.0
_BATCH = 50


class Forwarder:
    """One per process; several share the calls by SKIP LOCKED. Of each account one call after the other."""

    def __init__(self, desk: Desk, http: httpx2.AsyncClient) -> None:
        self._desk = desk
        self._http = http
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now rather than at the next beat."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        await work(self.step, self._wake, _BEAT_SECONDS, "channels.forwarding_failed")

    async def step(self) -> bool:
        """Begin with what is due; whether there was any."""
        async with self._desk.db.system_tx() as tx:
            rows = await store.claim_passing(tx, list(self._tasks), _BATCH)
        for account_id in dict.fromkeys(row["account_id"] for row in rows):
            mine = [row for row in rows if row["account_id"] == account_id]
            task = self._tasks[account_id] = asyncio.create_task(self._pass_all(account_id, mine))
            task.add_done_callback(partial(self._done, account_id))
        return bool(rows)

    def _done(self, account_id: UUID, _: asyncio.Task[None]) -> None:
        del self._tasks[account_id]
        self._wake.set()

    async def stop(self) -> None:
        """Give what is under way a moment; the rest is told after its lease."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=3)

    async def _pass_all(self, account_id: UUID, rows: Sequence[ReadRow]) -> None:
        """In their order. Where one is not taken the others are not tried at once."""
        try:
            for number, row in enumerate(rows, 1):
                wait = await self._pass(row)
                if wait is not None:
                    async with self._desk.db.tx(row["workspace_id"]) as tx:
                        await store.pass_later(tx, [one["id"] for one in rows[number:]], wait)
                    return
        except Exception as fault:
            # The claim's lease ends, and they come up again.
            log.warning("channels.forwarding_fault", account=str(account_id), fault=type(fault).__name__)

    async def _pass(self, row: ReadRow) -> timedelta | None:
        """How long the desk is to be left alone; None where it has taken the call, or need not."""
        db, call_id = self._desk.db, row["id"]
        async with db.tx(row["workspace_id"]) as tx:
            account = await opened_account(tx, self._desk.keyring, row["account_id"])
        try:
            request = unseal(self._desk.keyring, call_id, row["sealed"])
        except BadSeal:
            request = None  # taken back meanwhile
        if request is None or not account.forward_url or account.archived:
            async with db.tx(row["workspace_id"]) as tx:
                await store.pass_no_more(tx, call_id)
            return None
        try:
            async with asyncio.timeout(_SECONDS):
                await pass_on(self._http, account.forward_url, request)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as fault:
            return await self._failed(row, fault)
        async with db.tx(row["workspace_id"]) as tx:
            await store.passed(tx, call_id)
        return None

    async def _failed(self, row: ReadRow, fault: Exception) -> timedelta:
        attempts = row["pass_attempts"]
        wait = timedelta(seconds=BACKOFF[attempts]) if attempts < len(BACKOFF) else None
        why = (
            f"HTTP {fault.response.status_code}"
            if isinstance(fault, httpx2.HTTPStatusError)
            else detail(fault)
        )
        log.warning("channels.not_forwarded", row=str(row["id"]), fault=why[:100])
        async with self._desk.db.tx(row["workspace_id"]) as tx:
            await store.not_passed(tx, row["id"], why.replace("\0", "")[:500], wait)
        return _LET_ALONE
