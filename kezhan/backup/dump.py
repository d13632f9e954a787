"""PostgreSQL's own programs: `pg_dump` of one instant, `pg_restore` of all or nothing."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kezhan.backup.stop import Stop
from kezhan.backup.store import Frozen, reader_of
from kezhan.kit.errors import Refused
from kezhan.kit.pgbinaries import Binaries, clean_environment, client_for
from kezhan.kit.postgres import OWNER, Access

_BEAT_SECONDS = 0.5
_TLS = {"require", "verify-ca", "verify-full"}
_DUMP = ("--format=custom", "--compress=gzip:1", "--schema=public", "--lock-wait-timeout=30s")
# The schema itself is there already, made by whoever owns the database.
_RESTORE = ("--schema=public", "--no-owner", "--exit-on-error", "--single-transaction")


def programs(access: Access, server: int) -> Binaries:
    """Raises PostgresFault where none here can talk to that server."""
    return client_for(server, tls=access.sslmode in _TLS)


@contextlib.contextmanager
def dumping(access: Access, frozen: Frozen, stop: Stop) -> Iterator[IO[bytes]]:
    """What `pg_dump` writes of that instant. Raises Refused where it fails."""
    role = reader_of(access)
    words = [programs(access, frozen.server).program("pg_dump"), *_DUMP, f"--snapshot={frozen.snapshot}"]
    if not access.login_per_role:
        words.append("--enable-row-security")  # the role's own policies show it everything
    with _running(words, access, role, stop, out=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("asked for")
        yield process.stdout


@contextlib.contextmanager
def restoring(access: Access, server: int, stop: Stop) -> Iterator[IO[bytes]]:
    """Takes what `pg_dump` wrote. Committed as one transaction when the block has ended well; raises Refused
    where it is not."""
    words = [programs(access, server).program("pg_restore"), *_RESTORE]
    with _running(words, access, OWNER, stop, feed=subprocess.PIPE) as process:
        if process.stdin is None:
            raise RuntimeError("asked for")
        with contextlib.suppress(BrokenPipeError):  # it has ended: its own words say why
            yield process.stdin
            process.stdin.close()


@contextlib.contextmanager
def _running(
    words: list[str],
    access: Access,
    role: str,
    stop: Stop,
    *,
    feed: int = subprocess.DEVNULL,
    out: int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    # A password among a program's words is seen by everybody on the machine.
    parts = conninfo_to_dict(access.psycopg(role))
    password = parts.pop("password", None)
    environment = {**os.environ} if not access.login_per_role else clean_environment()
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603
            [*words, "--dbname", make_conninfo(**{name: str(value) for name, value in parts.items()})],
            stdin=feed,
            stdout=out,
            stderr=said,
            env=environment,
        )
        try:
            yield process
            code = _ended(process, stop)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
        if code:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[:3]
            program = words[0].rpartition("/")[2]
            raise Refused("backup.program", 409, said=f"{program}: {' '.join(last)[:400]}")


def _ended(process: subprocess.Popen[bytes], stop: Stop) -> int:
    while True:
        try:
            return process.wait(_BEAT_SECONDS)
        except subprocess.TimeoutExpired:
            stop.check()
