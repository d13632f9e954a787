"""From the rows to the endpoints: in order per lane, again and again with growing pauses for three days."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.integrations import log as history
from kezhan.integrations import store
from kezhan.integrations.call import Outcome, call
from kezhan.integrations.endpoints import held, opened, stop
from kezhan.integrations.gather import row_of
from kezhan.integrations.schemas import SHAPE, HookDeliveryDetail, HookKind, WebhookEvent
from kezhan.kit.beat import work
from kezhan.kit.clock import now, wire
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id
from kezhan.kit.log import log
from kezhan.kit.reading import ReadRow
from kezhan.settings import Settings
from kezhan.workspaces.authenticate import Caller

TRIED = timedelta(days=3)
"""So long a delivery is tried; an endpoint where nothing arrives for so long is switched off."""
BACKOFF = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 2 * 3600.0, 4 * 3600.0, 8 * 3600.0, 12 * 3600.0)
"""Seconds before each further attempt; the last one over and over."""
_AT_ONCE = 96
"""Under way in this process: fewer than the client has connections."""
_OF_ONE = 12
_BEAT_SECONDS = 1.0
"""How often is looked for what other processes have left."""
_SOON = timedelta(seconds=5)
"""What is due again before that is looked for just then."""
_PURGED = 1000


class Webhooks:
    """One per process. Several processes share the rows by SKIP LOCKED; of one lane only the first waiting
    row is ever under way. `backoff` and `tried` are other than usual in tests only."""

    def __init__(
        self,
        db: Database,
        keyring: KeyRing,
        settings: Settings,
        *,
        backoff: Sequence[float] = BACKOFF,
        tried: timedelta = TRIED,
    ) -> None:
        self._db = db
        self._backoff = tuple(backoff)
        self._tried = tried
        self._tasks: dict[asyncio.Task[None], UUID] = {}
        self._wake = asyncio.Event()
        self.keyring = keyring
        self.http = guarded_client(inside=settings.inside_networks)

    def wake(self) -> None:
        """Look now rather than at the next beat."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        await work(self.step, self._wake, _BEAT_SECONDS, "integrations.deliveries_failed")

    async def step(self) -> bool:
        """Begin to send what is due, as far as there is room; whether anything was begun."""
        if len(self._tasks) >= _AT_ONCE:
            return False
        async with self._db.system_tx() as tx:
            busy = Counter(self._tasks.values())
            claimed = await store.claim(tx, busy, left=_AT_ONCE - len(self._tasks), most=_OF_ONE)
        for row in claimed:
            task = asyncio.create_task(self._deliver(row))
            self._tasks[task] = row.endpoint_id
            task.add_done_callback(self._done)
        return bool(claimed)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._wake.set()

    async def stop(self) -> None:
        """Give what is under way a moment; the rest goes out again after its lease."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3)
        await self.http.aclose()

    async def _deliver(self, row: Row[Any]) -> None:
        try:
            async with self._db.tx(row.workspace_id) as tx:
                what = await store.to_send(tx, row.id)
            if what is None:
                return
            outcome = await self._call(what)
            async with self._db.tx(row.workspace_id) as tx:
                await self._settle(tx, row, outcome)
            if not outcome.well and (pause := self._pause(row.attempts, outcome)) < _SOON:
                asyncio.get_running_loop().call_later(pause.total_seconds(), self.wake)
        except Exception as fault:
            # The claim's lease ends, and the row comes up again.
            log.warning("integrations.delivery_fault", delivery=str(row.id), fault=type(fault).__name__)

    async def _call(self, what: ReadRow) -> Outcome:
        secrets = [opened(self.keyring, what["endpoint_id"], what["secret"])]
        if what["old_secret"] is not None and what["old_until"] > now():
            secrets.append(opened(self.keyring, what["endpoint_id"], what["old_secret"]))
        body = what["body"].encode()
        return await call(self.http, what["address"], what["event_id"], what["kind"], body, secrets)

    async def _settle(self, tx: Tx, row: Row[Any], outcome: Outcome) -> None:
        at = now()
        values: dict[str, Any] = {"status": outcome.status, "fault": outcome.fault}
        pause = self._pause(row.attempts, outcome)
        again = not outcome.well and at + pause < row.since + self._tried
        if again:
            values["due_at"] = at + pause
        else:
            values |= {"state": "sent" if outcome.well else "dead", "settled_at": at}
        # In this order, as whoever changes an endpoint does: the endpoint's row before its deliveries'.
        if outcome.well:
            await store.works(tx, row.endpoint_id)
            failing = None
        else:
            failing = await store.fails(tx, row.endpoint_id, at)
        if not await store.settle(tx, row, values):
            return
        await _note(tx, row.id, outcome)
        if again:
            await store.hold_back(tx, row, at + pause)
        if failing is not None and failing <= at - self._tried:
            await stop(tx, row.endpoint_id)

    def _pause(self, attempts: int, outcome: Outcome) -> timedelta:
        usual = self._backoff[min(attempts, len(self._backoff)) - 1]
        return timedelta(seconds=max(usual, outcome.after))

    async def test(self, caller: Caller, endpoint_id: UUID) -> HookDeliveryDetail:
        """Send an event that says nothing, once and at once, and show what is answered; an endpoint that is
        off is tried too. Raises NotFound."""
        body = WebhookEvent(
            id=new_id(), type=HookKind.TEST, version=SHAPE, at=wire(now()), workspace_id=caller.workspace_id
        )
        delivery_id = new_id()
        async with self._db.tx(caller.workspace_id) as tx:
            await held(tx, endpoint_id)
            way = {"id": delivery_id, "endpoint_id": endpoint_id, "event_id": body.id, "lane": body.id}
            dead = {"state": "dead", "attempts": 1, "fault": "unknown"}
            await store.add_events(tx, [row_of(body, body.id, None)], [way | dead])
            what = await store.to_send(tx, delivery_id)
        if what is None:
            raise NotFound("integrations.no_endpoint")
        outcome = await self._call(what)
        async with self._db.tx(caller.workspace_id) as tx:
            await store.tested(tx, delivery_id, outcome.well, outcome.status, outcome.fault)
            await _note(tx, delivery_id, outcome)
            return await history.detail(tx, caller, endpoint_id, delivery_id)


async def _note(tx: Tx, delivery_id: UUID, outcome: Outcome) -> None:
    values = {
        "id": new_id(),
        "delivery_id": delivery_id,
        "at": now(),
        "took_ms": outcome.took_ms,
        "status": outcome.status,
        "fault": outcome.fault,
        "media_type": outcome.media_type,
        "answer": outcome.answer,
    }
    await store.add_attempt(tx, values)


async def drop_old(db: Database) -> int:
    """Forget what happened more than 30 days ago, in every workspace; how many. Meant to run daily."""
    dropped = 0
    while True:
        async with db.system_tx() as tx:
            count = await store.drop_old(tx, history.KEPT_DAYS, _PURGED)
        dropped += count
        if count < _PURGED:
            return dropped
