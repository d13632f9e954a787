"""The embedded PostgreSQL: one server, owned by one program, in one data folder.

Life cycle, each step safe to repeat after a crash anywhere:

- `<data>/kezhan.lock` is held (flock) for as long as the program lives; a second program is refused.
- A new cluster is made as `pg.new-…` and renamed to `pg`, so a `pg` that exists was completely made.
- A server left by a program that was killed is *stopped and started anew*, not adopted: it is nobody's child,
  so its death could not be noticed, and it runs with the settings and perhaps the programs of an older
  version. A fast stop takes a fraction of a second and loses nothing.
- A killed postmaster may still be a zombie, and its backends may outlive it for a moment. PostgreSQL refuses
  to start while it sees either, so we wait until no live process works in the folder, then remove the stale
  pid file. (Needs /proc; elsewhere PostgreSQL's own refusal stands.)
- The server is in its own session, so Ctrl-C reaches only us; on Linux the kernel sends it SIGINT (fast
  shutdown) when our process dies in whatever way. That signal is tied to the thread which started the child,
  hence the thread here.
- Under root everything of PostgreSQL's runs as an unprivileged user; see `pgbinaries`.

Only the program's own user gets in: the socket lies in a 0700 folder, and `peer` checks the caller's user id
besides.
"""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import psycopg

from kezhan.kit.log import log
from kezhan.kit.pgaccess import BACKUP, DATABASE, OWNER, ROLES, SUPERUSER, Access
from kezhan.kit.pgbinaries import Binaries, RunAs, binaries_for, clean_environment
from kezhan.kit.pgfaults import DataFolderBusy, PostgresFault
from kezhan.kit.pgfolder import bootstrap, make, pid_file, place, stop_previous, write_rules

__all__ = ["BACKUP", "DATABASE", "OWNER", "ROLES", "SUPERUSER", "Access", "Cluster", "DataFolderBusy"]
__all__ += ["PostgresFault", "attach", "supervise"]

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "kezhan",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "io_method": "sync",  # the default starts three processes more and gains nothing at this size
    "jit": "off",  # compiling costs more than our short statements take
    "timezone": "UTC",
    "max_logical_replication_workers": "0",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",  # a ring of seven days
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_checkpoints": "off",
    "log_lock_waits": "on",
    # Statements and details carry customers' words; logs carry none.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_SINCE_18 = {"io_method"}
_PORT = 5432  # only part of the socket's name
_SOCKET_PATH_MAX = 100  # bytes; the system's limit is 104 to 108

_LAUNCH = """
import ctypes, os, signal, sys
parent, switch, uid, gid = (int(word) for word in sys.argv[1:5])
if switch:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
try:
    ctypes.CDLL(None).prctl(1, int(signal.SIGINT), 0, 0, 0)
except (AttributeError, OSError):
    pass
if os.getppid() != parent:
    sys.exit("the program that started PostgreSQL is gone")
os.execv(sys.argv[5], sys.argv[5:])
"""
"""Drops root, asks for SIGINT at the parent's death (a change of user forgets that, hence this order),
becomes it."""


class _FolderLock:
    """`<data>/kezhan.lock`, held by flock so that the kernel lets go of it whatever happens to us."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[str] | None = None

    def take(self) -> None:
        if self._file is not None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
            file = (self._folder / "kezhan.lock").open("a+", encoding="ascii")
        except OSError as error:
            raise PostgresFault("cannot_write", folder=self._folder, reason=error.strerror) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "?"
            file.close()
            raise DataFolderBusy(self._folder, holder) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


class _Postmaster:
    """One run of the `postgres` program, started and waited for by a thread that lives as long as it does."""

    def __init__(self, command: list[str]) -> None:
        self.gone = threading.Event()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        self._born = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._error: OSError | None = None
        threading.Thread(target=self._live, args=(command,), name="postgres", daemon=True).start()
        self._born.wait()
        if self._process is None:
            raise PostgresFault("start_failed", folder=command[-1], said=self._error)

    def _live(self, command: list[str]) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                cwd="/",
                env=clean_environment(),
                start_new_session=True,
            )
        except OSError as error:
            self._error = error
            return
        finally:
            self._born.set()
        self._process.wait()
        self.gone.set()

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def said(self) -> str:
        """What it wrote before its log began, one line."""
        self._output.seek(0)
        return " ".join(self._output.read().decode(errors="replace").split())[-600:]


class Cluster:
    """One embedded server in one data folder. Every method may be called from any thread.

    `folder` is the program's data folder; it is made if missing. `settings` are PostgreSQL settings that go
    over ours for every start by this object.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self._settings = {**SETTINGS, **(settings or {})}
        self._lock = _FolderLock(self.folder)
        self._turn = threading.RLock()
        self._postmaster: _Postmaster | None = None
        self._socket_folder: Path | None = None
        self._access: Access | None = None

    @property
    def wanted(self) -> bool:
        """Between a `start` that succeeded and `stop`."""
        return self._access is not None

    @property
    def pid(self) -> int:
        """The postmaster's process, 0 where none runs."""
        return self._postmaster.pid if self._postmaster is not None else 0

    def alive(self) -> bool:
        return self._postmaster is not None and not self._postmaster.gone.is_set()

    def start(self, timeout: float = 60) -> Access:
        """Make the cluster if there is none, start the server, return once it answers (`timeout` seconds).

        Started already: the same Access again. Raises DataFolderBusy or PostgresFault; then nothing is left
        running.
        """
        with self._turn:
            if self._access is not None and self.alive():
                return self._access
            deadline = time.monotonic() + timeout
            self._lock.take()
            try:
                cluster, run_as = place(self.folder)
                binaries = binaries_for(cluster, run_as)
                if not (cluster / "PG_VERSION").exists():
                    make(cluster, binaries, run_as)
                stop_previous(cluster, run_as)
                access = self._launch(cluster, binaries, run_as, deadline)
                bootstrap(access)
            except BaseException:
                self.stop()
                raise
            self._access = access
            return access

    def stop(self) -> None:
        """Fast shutdown: open transactions roll back, what is committed is kept. Returns when all is gone."""
        with self._turn:
            self._access = None
            if self._postmaster is not None:
                for number, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
                    self._postmaster.send(number)
                    if self._postmaster.gone.wait(patience):
                        break
                self._postmaster = None
            if self._socket_folder is not None:
                shutil.rmtree(self._socket_folder, ignore_errors=True)
                self._socket_folder = None
            self._lock.release()

    def revive(self) -> bool:
        """Start again if the server died although it is wanted; says whether that was so."""
        with self._turn:
            if not self.wanted or self.alive():
                return False
            cluster, run_as = place(self.folder)
            stop_previous(cluster, run_as)
            self._launch(cluster, binaries_for(cluster, run_as), run_as, time.monotonic() + 60)
            return True

    def _launch(self, cluster: Path, binaries: Binaries, run_as: RunAs, deadline: float) -> Access:
        write_rules(cluster, run_as)
        sockets = self._sockets(cluster, run_as)
        settings = {
            "unix_socket_directories": '"{}"'.format(str(sockets).replace('"', '""')),
            **self._settings,
        }
        command = [sys.executable, "-I", "-S", "-c", _LAUNCH]
        command += [str(word) for word in (os.getpid(), int(run_as.switch), run_as.uid, run_as.gid)]
        command.append(binaries.program("postgres"))
        for name, value in settings.items():
            if binaries.major >= 18 or name not in _SINCE_18:
                command += ["-c", f"{name}={value}"]
        self._postmaster = _Postmaster([*command, "-D", str(cluster)])
        _await_ready(self._postmaster, cluster, deadline)
        return Access(host=str(sockets), port=_PORT, database=DATABASE, login_per_role=True)

    def _sockets(self, cluster: Path, run_as: RunAs) -> Path:
        """The cluster folder itself, which PostgreSQL keeps 0700, or a private one when that name is unfit.

        A comma would part the name into two hosts in connection strings.
        """
        if len(os.fsencode(cluster / f".s.PGSQL.{_PORT}")) <= _SOCKET_PATH_MAX and "," not in str(cluster):
            return cluster
        if self._socket_folder is None:
            self._socket_folder = Path(tempfile.mkdtemp(prefix="kezhan-", dir="/tmp"))
            os.chown(self._socket_folder, run_as.uid, run_as.gid)
        return self._socket_folder


def _await_ready(postmaster: _Postmaster, cluster: Path, deadline: float) -> None:
    """Until the server's own pid file says that it takes connections."""
    began = time.monotonic()
    while not postmaster.gone.is_set():
        lines = pid_file(cluster)
        if len(lines) >= 8 and lines[0].strip() == str(postmaster.pid) and lines[7].strip() == "ready":
            return
        if time.monotonic() > deadline:
            waited = round(time.monotonic() - began)
            raise PostgresFault("start_slow", folder=cluster, seconds=waited, log=cluster / "log")
        time.sleep(0.01)
    raise PostgresFault("start_failed", folder=cluster, said=postmaster.said() or f"see {cluster / 'log'}")


def attach(folder: Path) -> Access:
    """The way into the server that another program of the same user runs on this data folder, if one does."""
    lines = pid_file(folder.absolute() / "pg")
    if len(lines) < 8 or lines[7].strip() != "ready":
        raise PostgresFault("not_running", folder=folder)
    access = Access(host=lines[4].strip(), port=_PORT, database=DATABASE, login_per_role=True)
    try:
        psycopg.connect(access.psycopg(SUPERUSER), connect_timeout=10).close()
    except psycopg.OperationalError:
        raise PostgresFault("not_running", folder=folder) from None
    return access


async def supervise(cluster: Cluster) -> None:
    """Keep a started cluster running until this task is cancelled or the cluster is stopped.

    A server that keeps dying is started again after 0.2, 0.4 … 30 s; a minute of health resets that.
    """
    pause, since = 0.1, time.monotonic()
    while cluster.wanted:
        await asyncio.sleep(0.2)
        if cluster.alive() or not cluster.wanted:
            continue
        pause = 0.2 if time.monotonic() - since > 60 else min(pause * 2, 30.0)
        log.error("postgres.died", pause=pause)
        await asyncio.sleep(pause)
        since = time.monotonic()
        try:
            if await asyncio.to_thread(cluster.revive):
                log.warning("postgres.restarted", seconds=round(time.monotonic() - since, 2))
        except PostgresFault as fault:
            log.error("postgres.restart_failed", code=fault.code, reason=str(fault))
