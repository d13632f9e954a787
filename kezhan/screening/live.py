"""The lists in memory: every message of every process is looked at before it is stored."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.log import log
from kezhan.kit.outbox import Published, emit
from kezhan.realtime.across import Across
from kezhan.realtime.hints import Hint
from kezhan.screening import store
from kezhan.screening.events import CustomerSaidWord, WordListsChanged
from kezhan.screening.match import Found, Matcher
from kezhan.screening.schemas import HITS_KEPT_DAYS, Hit, Side, Tier
from kezhan.screening.service import matcher_of

_RETRY_SECONDS = 1.0
_WAITING = 10_000
"""Hits that wait for the database; what comes on top is only counted in the log."""


class ListsMoved(Hint, frozen=True, kw_only=True, tag="word_lists"):
    """The workspace's lists have changed."""

    workspace_id: UUID


class Screens:
    """One per process: a matcher for each workspace that has lists, and hits on their way to the table."""

    def __init__(self, db: Database, across: Across) -> None:
        self._db = db
        self._across = across
        self._matchers: dict[UUID, Matcher] = {}
        self._stale: set[UUID] = set()
        self._hits: defaultdict[UUID, list[Hit]] = defaultdict(list)
        self._wake = asyncio.Event()
        across.on(ListsMoved, lambda hint: self._again([hint.workspace_id]))
        across.on_missed(self._all_again)

    def find(self, workspace_id: UUID, side: Side, text: str) -> list[Found]:
        matcher = self._matchers.get(workspace_id)
        return matcher.find(side, text) if matcher is not None else []

    def saw(self, workspace_id: UUID, hits: Iterable[Hit]) -> None:
        """Keep these as soon as may be; nobody waits for it."""
        if sum(map(len, self._hits.values())) > _WAITING:
            log.warning("screening.hits_dropped", workspace=str(workspace_id))
            return
        self._hits[workspace_id] += hits
        self._wake.set()

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        if any(isinstance(event, WordListsChanged) for event, _ in published):
            self._again([workspace_id])
            self._across.tell(ListsMoved(workspace_id=workspace_id))

    async def start(self) -> None:
        """Nothing is let through unseen: the lists are there before the first message."""
        await self._all_again()
        await self._read()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._read()
                await self._keep()
            except Exception as fault:
                log.warning("screening.behind", fault=repr(fault))
                self._wake.set()
                await asyncio.sleep(_RETRY_SECONDS)

    async def stop(self) -> None:
        """After the last message: what was seen is kept."""
        await self._keep()

    def _again(self, workspaces: Iterable[UUID]) -> None:
        self._stale.update(workspaces)
        self._wake.set()

    async def _all_again(self) -> None:
        async with self._db.system_tx() as tx:
            self._again([*await store.workspaces(tx), *self._matchers])

    async def _read(self) -> None:
        while self._stale:
            workspace_id = next(iter(self._stale))
            self._stale.discard(workspace_id)
            try:
                async with self._db.tx(workspace_id) as tx:
                    matcher = await matcher_of(tx)
            except BaseException:
                self._stale.add(workspace_id)
                raise
            if matcher is not None:
                self._matchers[workspace_id] = matcher
            else:
                self._matchers.pop(workspace_id, None)

    async def _keep(self) -> None:
        for workspace_id in list(self._hits):
            hits = list(self._hits[workspace_id])
            async with self._db.tx(workspace_id) as tx:
                await _kept(tx, hits)
            left = self._hits[workspace_id][len(hits) :]
            if left:
                self._hits[workspace_id] = left
            else:
                del self._hits[workspace_id]


async def _kept(tx: Tx, hits: list[Hit]) -> None:
    fresh = await store.keep(tx, hits)
    for hit in hits:
        warns = hit.side == "customers" and hit.tier == Tier.WARN
        if warns and hit.id in fresh and hit.conversation_id is not None:
            await emit(
                tx, CustomerSaidWord(conversation_id=hit.conversation_id, list_id=hit.list_id, word=hit.word)
            )


async def forget_old(db: Database) -> None:
    """Once a day."""
    async with db.system_tx() as tx:
        await store.forget(tx, now() - timedelta(days=HITS_KEPT_DAYS))
