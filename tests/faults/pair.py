"""Two database servers, one of which takes writes: a primary and its synchronous standby, made anew after
each fail-over."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kezhan.kit.log import log
from kezhan.kit.pgbinaries import binaries_for
from kezhan.kit.pgfolder import place
from kezhan.kit.postgres import SUPERUSER, Cluster, PostgresFault
from tests.faults.nets import Net
from tests.faults.proxy import Proxy

_RULES = "local all all trust\nlocal replication all trust\n"
_SETTINGS = {
    "wal_keep_size": "128MB",
    "max_wal_size": "128MB",
    "wal_retrieve_retry_interval": "200ms",
    "max_connections": "200",
}
_COMPLETE_SECONDS = 60
_FAULTS = (PostgresFault, psycopg.Error, OSError, subprocess.SubprocessError)


async def _keep(cluster: Cluster) -> None:
    """Start it again whenever it dies, without the product's patience: here it dies all the time."""
    while True:
        await asyncio.sleep(0.2)
        try:
            if not cluster.alive():
                await asyncio.to_thread(cluster.revive)
        except PostgresFault as fault:
            log.info("pair.revive_failed", code=fault.code)


class Node:
    """One server on a disk of its own, kept running. The product reaches it by `proxy` only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proxy = Proxy(0)
        self.cluster: Cluster | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self, settings: Mapping[str, str]) -> None:
        rules = self.folder / "rules.conf"
        rules.write_text(_RULES, encoding="ascii")
        self.cluster = Cluster(self.folder, settings={**_SETTINGS, "hba_file": str(rules), **settings})
        access = await asyncio.to_thread(self.cluster.start)
        self.proxy.target = f"{access.host}/.s.PGSQL.{access.port}"
        self._keeper = asyncio.create_task(_keep(self.cluster))

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self.cluster is not None:
            await asyncio.to_thread(self.cluster.stop)
        self._keeper = self.cluster = None

    async def destroy(self, pids: list[int]) -> None:
        """kill -9 of everything at once, and its disk is gone too."""
        if self._keeper is not None:
            self._keeper.cancel()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self.folder / "pg")

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Past the proxy. Raises PostgresFault `not_running` or psycopg.Error."""
        if self.cluster is None:
            raise PostgresFault("not_running", folder=self.folder)
        return psycopg.connect(self.dsn(), autocommit=True, connect_timeout=5)

    def dsn(self) -> str:
        folder, _, port = str(self.proxy.target).rpartition("/.s.PGSQL.")
        return make_conninfo(host=folder, port=port, user=SUPERUSER, dbname="kezhan")

    def set_standbys(self, names: str) -> None:
        """Whom commits here wait for; nobody where `names` is empty."""
        with self.connect() as conn:
            setting = sql.SQL("alter system set synchronous_standby_names = {}").format(sql.Literal(names))
            conn.execute(setting)
            conn.execute("select pg_reload_conf()")


class Pair:
    """`primary` takes writes. Once `complete`, commits wait until `standby` has them on its disk."""

    def __init__(self, folders: tuple[Path, Path]) -> None:
        self.primary, self.standby = Node(folders[0]), Node(folders[1])
        self.nodes = self.primary, self.standby
        self.complete = asyncio.Event()
        self._mending: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Both, in an order that stays."""
        places = ",".join(f"127.0.0.1:{node.proxy.port}" for node in self.nodes)
        return f"postgresql://{SUPERUSER}@{places}/kezhan"

    async def start(self, nets: Sequence[Net] = ()) -> None:
        """`nets` are those of the servers, who reach both from in there."""
        for node in self.nodes:
            await node.proxy.start(*nets)
        await self.primary.start({})
        self._mend()
        await asyncio.wait_for(self.complete.wait(), _COMPLETE_SECONDS)

    async def stop(self) -> None:
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.gather(self._mending, return_exceptions=True)
        for node in self.nodes:
            await node.proxy.stop()
            await node.stop()

    async def fail_over(self, processes: Callable[[], list[int]]) -> None:
        """The primary, whose pids `processes` tells, is gone for good and the standby takes its place; a new
        standby is made behind that. Where one is still being made, it is waited for."""
        await asyncio.wait_for(self.complete.wait(), _COMPLETE_SECONDS)
        self.complete.clear()
        await self.primary.destroy([pid for pid in processes() if pid])
        self.primary, self.standby = self.standby, self.primary
        await asyncio.to_thread(self._promote)
        self._mend()

    def _promote(self) -> None:
        with self.primary.connect() as conn:
            conn.execute("select pg_promote(true, 60)")

    def _mend(self) -> None:
        self._mending = asyncio.create_task(self._make_standby())

    async def _make_standby(self) -> None:
        """Until one streams: other faults strike meanwhile."""
        while True:
            try:
                await asyncio.to_thread(self._copy)
                source = str(self.primary.proxy.target).rpartition("/.s.PGSQL.")
                told = make_conninfo(host=source[0], port=source[2], user=SUPERUSER)
                await self.standby.start({"primary_conninfo": told})
                await asyncio.to_thread(self.standby.set_standbys, "")
                while not await asyncio.to_thread(self._streams):
                    await asyncio.sleep(0.1)
                await asyncio.to_thread(self.primary.set_standbys, "*")
                while not await asyncio.to_thread(self._streams, "sync"):
                    await asyncio.sleep(0.05)
            except _FAULTS as fault:
                log.warning("pair.no_standby", fault=repr(fault))
                await self.standby.stop()
                await asyncio.sleep(0.3)
            else:
                self.complete.set()
                return

    def _streams(self, state: str = "%") -> bool:
        asked = "select count(*) from pg_stat_replication where state = 'streaming' and sync_state like %s"
        with self.primary.connect() as conn:
            return conn.execute(asked, (state,)).fetchone() != (0,)

    def _copy(self) -> None:
        """The primary's files as they are now, on the standby's disk."""
        target, run_as = place(self.standby.folder)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o700)
        os.chown(target, run_as.uid, run_as.gid)
        source = str(self.primary.proxy.target).rpartition("/.s.PGSQL.")
        programs = binaries_for(Path(self.primary.folder / "pg"), run_as)
        words = [programs.program("pg_basebackup"), "-h", source[0], "-p", source[2], "-U", SUPERUSER]
        words += ["-D", str(target), "-X", "stream", "-c", "fast", "--no-sync", "--no-password"]
        subprocess.run(words, check=True, capture_output=True, timeout=60, **run_as.popen())  # noqa: S603
        for lock in target.glob(".s.PGSQL.*"):
            lock.unlink()  # the primary's own, which it keeps among its files
        signal_file = target / "standby.signal"
        signal_file.touch(mode=0o600)
        os.chown(signal_file, run_as.uid, run_as.gid)
