"""Doors we go to ourselves: connections held open, and what is pulled. Of each account one process of the
installation does it; where that one dies another takes over."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

import asyncpg

from kezhan.channels import store
from kezhan.channels.accounts import Account, opened_account
from kezhan.channels.base import PULLED, Call, Listen, Pull, Request, Retry, Turned, detail, reason
from kezhan.channels.events import PullDue
from kezhan.channels.hook import digest, key_of
from kezhan.channels.lines import Lines
from kezhan.channels.registry import channels, find
from kezhan.channels.sealed import seal
from kezhan.channels.take import Taker
from kezhan.channels.working import note_fault, note_working
from kezhan.conversations.desk import Desk
from kezhan.kit.beat import rest
from kezhan.kit.ids import new_id
from kezhan.kit.log import log

CURSOR = "cursor"
_BEAT_SECONDS = 5.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 300.0
_LASTED_SECONDS = 60.0
"""A connection that has stood so long was a good one: the next pause is short again."""


class Connections:
    """One per process."""

    def __init__(self, desk: Desk, lines: Lines, taker: Taker) -> None:
        self._desk = desk
        self._lines = lines
        self._taker = taker
        self._open: dict[UUID, asyncio.Task[None]] = {}
        self._due: dict[UUID, asyncio.Event] = {}
        self._worked: dict[UUID, float] = {}
        self._wake = asyncio.Event()
        desk.across.on(PullDue, self._on_hint)
        taker.on_due = self._on_due

    def changed(self, account_id: UUID) -> None:
        """The account is another now: what is open for it is opened anew."""
        task = self._open.get(account_id)
        if task is not None:
            task.cancel()
        self._wake.set()

    def _on_due(self, account: Account) -> None:
        if not self.due(account.id):
            self._desk.across.tell(PullDue(account_id=account.id))

    def _on_hint(self, hint: PullDue) -> None:
        self.due(hint.account_id)

    def due(self, account_id: UUID) -> bool:
        """There is something to pull; whether that is this process's business."""
        due = self._due.get(account_id)
        if due is not None:
            due.set()
        return due is not None

    async def run(self) -> None:
        """Until cancelled. The locks live on a connection of their own: where it breaks they are free, and
        everything is closed before anybody else can have opened it twice for long."""
        while True:
            try:
                conn = await self._desk.db.connect("kz_system")
                try:
                    await self._hold(conn)
                finally:
                    await self._close()
                    await conn.close(timeout=2)
            except Exception as fault:
                log.warning("channels.connections_lost", fault=repr(fault))
            await asyncio.sleep(_BEAT_SECONDS)

    async def _hold(self, conn: asyncpg.Connection) -> None:
        while True:
            self._wake.clear()
            wanted = await self._wanted()
            for account_id in [one for one, task in self._open.items() if task.done() or one not in wanted]:
                await self._end(conn, account_id)
            for account_id, workspace_id in wanted.items():
                if account_id not in self._open and await conn.fetchval(store.MINE, str(account_id)):
                    work = self._keep_open(workspace_id, account_id)
                    self._open[account_id] = asyncio.create_task(work, name="channel-connection")
            await rest(self._wake, _BEAT_SECONDS)
            await conn.execute(store.THERE)

    async def _wanted(self) -> dict[UUID, UUID]:
        names = [name for name, channel in channels().items() if channel.listen or channel.pull]
        if not names:
            return {}
        async with self._desk.db.system_tx() as tx:
            return {row.id: row.workspace_id for row in await store.accounts_of(tx, names)}

    async def _end(self, conn: asyncpg.Connection, account_id: UUID) -> None:
        task = self._open.pop(account_id)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await conn.execute(store.NO_MORE, str(account_id))

    async def _close(self) -> None:
        tasks = list(self._open.values())
        self._open.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # One account

    async def _keep_open(self, workspace_id: UUID, account_id: UUID) -> None:
        due = self._due[account_id] = asyncio.Event()
        try:
            async with self._desk.db.tx(workspace_id) as tx:
                account = await opened_account(tx, self._desk.keyring, account_id)
            channel = find(account.adapter)
            async with asyncio.TaskGroup() as group:
                if channel.listen is not None:
                    listening = partial(self._listen, account, channel.listen)
                    group.create_task(self._again_and_again(account, listening))
                if channel.pull is not None:
                    pulling = partial(self._pull, account, channel.pull, due, channel.pull_seconds)
                    group.create_task(self._again_and_again(account, pulling, due))
        finally:
            self._due.pop(account_id, None)

    async def _again_and_again(
        self, account: Account, work: Callable[[], Awaitable[None]], due: asyncio.Event | None = None
    ) -> None:
        """Pauses grow while nothing works at all; word that something is `due` ends one, but never what the
        platform has asked for."""
        pause = _FIRST_PAUSE
        clock = asyncio.get_running_loop().time
        while True:
            begun, least = clock(), 0.0
            try:
                await work()
            except Exception as fault:
                await self._trouble(account, fault)
                least = getattr(fault, "after", 0.0)
            worked = self._worked.get(account.id, 0.0) > begun or clock() - begun > _LASTED_SECONDS
            pause = _FIRST_PAUSE if worked else min(pause * 2, _LONGEST_PAUSE)
            await asyncio.sleep(least)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause * random.uniform(0.7, 1.3)):  # noqa: S311 - no secret
                    await (due or asyncio.Event()).wait()

    async def _listen(self, account: Account, listen: Listen) -> None:
        async def keep(calls: Sequence[Call], cursor: str | None) -> None:
            await self._keep(account, calls, cursor)

        cursor = await self._cursor(account)
        await self._lines.speak(account, lambda _, line: listen(line, cursor, keep))

    async def _pull(self, account: Account, pull: Pull, due: asyncio.Event, every: float) -> None:
        while True:
            due.clear()
            more = True
            while more:
                cursor = await self._cursor(account)
                got = await self._lines.speak(
                    account,
                    lambda _, line, cursor=cursor: pull(line, cursor),  # type: ignore[misc]
                )
                await self._keep(account, got.calls, got.cursor)
                more = got.more
            await self._fine(account)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await due.wait()

    async def _cursor(self, account: Account) -> str:
        async with self._desk.db.tx(account.workspace_id) as tx:
            sealed = await store.kept_text(tx, account.id, CURSOR)
        return self._lines.opened_text(account.id, CURSOR, sealed)

    async def _keep(self, account: Account, calls: Sequence[Call], cursor: str | None) -> None:
        """Keep the calls and the cursor in one transaction, then take them in."""
        requests = [
            (
                new_id(),
                key_of(call.dedup_key or digest(call.body)),
                Request(method=PULLED, headers={}, query={}, body=call.body),
            )
            for call in calls
        ]
        rows = [
            store.Kept(row_id, account.id, key, seal(self._desk.keyring, row_id, request))
            for row_id, key, request in requests
        ]
        async with self._desk.db.tx(account.workspace_id) as tx:
            fresh = await store.keep(tx, rows) if rows else set()
            if cursor is not None:
                sealed = self._lines.sealed_text(account.id, CURSOR, cursor)
                await store.keep_text(tx, account.id, CURSOR, sealed)
        for row_id, _, request in requests:
            if row_id in fresh:
                await self._taker.begin_when_there_is_room(account, row_id, request)
        await self._fine(account)

    async def _fine(self, account: Account) -> None:
        self._worked[account.id] = asyncio.get_running_loop().time()
        await note_working(self._desk.db, account)

    async def _trouble(self, account: Account, fault: Exception) -> None:
        kind, why = reason(fault), detail(fault)
        if isinstance(fault, Retry | Turned):
            kind, why = fault.fault, fault.why
        log.warning("channels.connection_fault", account=str(account.id), fault=f"{kind} {why}"[:200])
        with contextlib.suppress(Exception):  # the database may be what is away
            await note_fault(self._desk.db, account, kind, why)
