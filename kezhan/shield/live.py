"""The workspaces' settings, blocked sources and counts in memory: what comes through a customers' door asks
here, and no statement is made for it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from kezhan.files.events import FileInfected
from kezhan.kit.beat import every
from kezhan.kit.clock import now
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.outbox import Published
from kezhan.kit.reading import ReadRow
from kezhan.realtime.across import Across
from kezhan.realtime.hints import Hint
from kezhan.realtime.pulse import Pulse
from kezhan.shield import puzzle, store
from kezhan.shield.addresses import Sources, household
from kezhan.shield.events import ShieldChanged
from kezhan.shield.meter import Key, Meter
from kezhan.shield.schemas import (
    COUNTS_KEPT_DAYS,
    Bound,
    Bounds,
    Counted,
    Flush,
    Level,
    Puzzle,
    PuzzleAnswer,
    ShieldSettings,
)

FLUSH_SECONDS = 1.0
TOPIC = "infected"
"""The live list of infected files that were turned away."""
_DEFAULTS = ShieldSettings()
_NOBODY = Sources([])


class Flooded(Refused):
    """Too much has come lately; `retry_after` says how long to wait."""

    def __init__(self, rule: Counted, seconds: int) -> None:
        minutes = max(1, round(seconds / 60))
        # messages: shield.many_*
        code = f"shield.many_{rule}"
        super().__init__(code, 429, retry_after=seconds, seconds=seconds, minutes=minutes)


class Source(NamedTuple):
    """Who is at a door: `visitor` is her identity's id, `device` her browser's key."""

    workspace_id: UUID
    visitor: str = ""
    address: str = ""
    device: str = ""


class ShieldMoved(Hint, frozen=True, kw_only=True, tag="shield"):
    """The workspace's settings or blocked sources have changed."""

    workspace_id: UUID


class _Kept(NamedTuple):
    settings: ShieldSettings
    sources: Sources


class Shield:
    """One per process."""

    def __init__(self, db: Database, across: Across, keyring: KeyRing) -> None:
        self._db = db
        self._across = across
        self._keyring = keyring
        self._meter = Meter()
        self._kept: dict[UUID, _Kept] = {}
        self._stale: set[UUID] = set()
        self._reading = asyncio.Lock()
        self._hits: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
        across.on(ShieldMoved, lambda hint: self._again([hint.workspace_id]))
        across.on_missed(self._all_again)

    def settings(self, workspace_id: UUID) -> ShieldSettings:
        kept = self._kept.get(workspace_id)
        return kept.settings if kept is not None else _DEFAULTS

    # Blocked

    def blocks(self, source: Source) -> bool:
        """Whether its address or device is refused; that it was is counted."""
        kept = self._kept.get(source.workspace_id)
        found = kept and kept.sources.find(source.address, source.device, time.time())
        if not found:
            return False
        hits = self._hits[source.workspace_id]
        hits[found] = hits.get(found, 0) + 1
        return True

    def check_source(self, source: Source) -> None:
        """Raises Forbidden."""
        if self.blocks(source):
            raise Forbidden("shield.blocked")

    # Counted

    def take(self, source: Source, rule: Counted) -> None:
        """Count one more from there. Raises Flooded, and counts nothing, where that is too much."""
        bounds: Bounds = getattr(self.settings(source.workspace_id), rule)
        at = time.time()
        counted: list[tuple[Key, Bound]] = []
        for key, bound in _keys(source, rule, bounds):
            wait = self._meter.wait(key, bound.hard, at) if bound.hard else 0
            if wait:
                self._meter.refused(key, at)
                raise Flooded(rule, wait)
            counted.append((key, bound))
        for key, bound in counted:
            self._meter.add(key, bound, at)

    def note(self, source: Source, rule: Counted) -> bool:
        """Count one more that cannot be refused; whether with it a hard bound is reached."""
        bounds: Bounds = getattr(self.settings(source.workspace_id), rule)
        at = time.time()
        levels: list[Level] = [self._meter.add(key, bound, at) for key, bound in _keys(source, rule, bounds)]
        return "hard" in levels

    # Puzzles

    def suspicion(self, workspace_id: UUID, address: str) -> float:
        """How often over their bounds new visitors and messages from there are; from 1 on it is suspicious.
        One more new visitor is counted."""
        name = household(address)
        if not name:
            return 0.0
        settings, at = self.settings(workspace_id), time.time()
        key: Key = (workspace_id, Counted.SESSIONS, "address", name)
        self._meter.add(key, Bound(settings.sessions), at)
        found = (self._meter.amount(key, at) - 1) / settings.sessions
        soft = settings.messages.address.soft
        if soft:
            said: Key = (workspace_id, Counted.MESSAGES, "address", name)
            found = max(found, self._meter.amount(said, at) / soft)
        return found

    def puzzle(self, workspace_id: UUID, account_id: UUID, address: str) -> Puzzle:
        """One that fits how suspicious the address is just now."""
        name, at = household(address), time.time()
        key: Key = (workspace_id, Counted.SESSIONS, "address", name)
        found = self._meter.amount(key, at) / self.settings(workspace_id).sessions if name else 0.0
        return puzzle.make(self._keyring, account_id, address, puzzle.bits_for(found), now())

    async def spend(self, tx: Tx, account_id: UUID, address: str, solved: PuzzleAnswer | None) -> None:
        """Take a good answer, once. Raises Refused 428 `shield.puzzle`."""
        good = solved and puzzle.digest_of(self._keyring, solved, account_id, address, now())
        if not good or not await store.spend(tx, *good):
            raise Refused("shield.puzzle", 428)

    # In the background

    def on_commit(self, pulse: Pulse, workspace_id: UUID, published: list[Published]) -> None:
        if any(isinstance(event, FileInfected) for event, _ in published):
            pulse.touch(TOPIC, workspace_id)
        if any(isinstance(event, ShieldChanged) for event, _ in published):
            self._again([workspace_id])
            self._across.tell(ShieldMoved(workspace_id=workspace_id))

    async def start(self) -> None:
        """Nobody is let in unseen: what is blocked is known before the first visitor."""
        await self._all_again()
        await self._read()

    async def run(self) -> None:
        """Until cancelled."""
        await every(FLUSH_SECONDS, self._catch_up, "shield.behind")

    async def _catch_up(self) -> None:
        await self._read()
        await self.flush()

    async def flush(self) -> None:
        """Tell what was counted here and hear what was counted elsewhere."""
        told = self._meter.take()
        hits, self._hits = self._hits, defaultdict(dict)
        for workspace_id in {*told, *hits}:
            try:
                async with self._db.tx(workspace_id) as tx:
                    if workspace_id in told:
                        self._hear(workspace_id, await store.count(tx, told[workspace_id]))
                    if hits.get(workspace_id):
                        await store.hit(tx, hits[workspace_id])
            except Exception:
                self._back(workspace_id, told.get(workspace_id, []), hits.get(workspace_id, {}))
                raise
        self._meter.forget(time.time())

    async def stop(self) -> None:
        """After the last visitor."""
        await self.flush()

    def _hear(self, workspace_id: UUID, rows: Iterable[ReadRow]) -> None:
        for row in rows:
            key: Key = (workspace_id, Counted(row["rule"]), row["scope"], row["key"])
            self._meter.hear(key, row["starts_at"].timestamp(), row["n"])

    def _back(self, workspace_id: UUID, told: list[Flush], hits: dict[UUID, int]) -> None:
        self._meter.back(workspace_id, told)
        mine = self._hits[workspace_id]
        for source_id, n in hits.items():
            mine[source_id] = mine.get(source_id, 0) + n

    def _again(self, workspaces: Iterable[UUID]) -> None:
        self._stale.update(workspaces)

    async def _all_again(self) -> None:
        async with self._db.system_tx() as tx:
            self._again([*await store.workspaces(tx), *self._kept])

    async def _read(self) -> None:
        async with self._reading:  # what was read first must not come last
            await self._read_stale()

    async def _read_stale(self) -> None:
        while self._stale:
            workspace_id = next(iter(self._stale))
            self._stale.discard(workspace_id)
            try:
                async with self._db.tx(workspace_id) as tx:
                    settings, _ = await store.settings(tx)
                    sources = await store.live_sources(tx, now())
            except BaseException:
                self._stale.add(workspace_id)
                raise
            self._kept[workspace_id] = _Kept(settings, Sources(sources) if sources else _NOBODY)


def _keys(source: Source, rule: Counted, bounds: Bounds) -> Iterable[tuple[Key, Bound]]:
    """What is counted of this one: only where there is a bound."""
    if bounds.visitor.given and source.visitor:
        yield (source.workspace_id, rule, "visitor", source.visitor), bounds.visitor
    if bounds.address.given and source.address and (home := household(source.address)):
        yield (source.workspace_id, rule, "address", home), bounds.address
    if bounds.workspace.given:
        yield (source.workspace_id, rule, "workspace", ""), bounds.workspace


async def forget_old(db: Database) -> None:
    """Once a day."""
    async with db.system_tx() as tx:
        at = now()
        await store.forget(tx, at - timedelta(days=COUNTS_KEPT_DAYS), at)
