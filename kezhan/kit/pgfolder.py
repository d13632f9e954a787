"""The folder of an embedded cluster: where it lies, how it is made, who may log in, what an earlier run left
there."""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from kezhan.kit.pgaccess import DATABASE, OWNER, ROLES, SUPERUSER, Access
from kezhan.kit.pgbinaries import SHARED, Binaries, RunAs, shared_folder
from kezhan.kit.pgfaults import PostgresFault


def place(data: Path) -> tuple[Path, RunAs]:
    """Where the cluster of this data folder is or will be, and the user it runs as.

    Under root a data folder that the unprivileged user cannot enter keeps only a link `pg`; the mode of a
    parent folder is never changed.
    """
    link = data / "pg"
    run_as = RunAs.owner_of(link)
    elsewhere = SHARED / hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    if link.exists():
        owner = link.stat().st_uid
        if owner == run_as.uid:
            return link.resolve(), run_as
        if owner == 0:
            raise PostgresFault("owned_by_root", folder=link, uid=run_as.uid)
        raise PostgresFault("wrong_owner", folder=link, uid=owner)
    if link.is_symlink():
        if link.readlink() != elsewhere or not run_as.switch:
            raise PostgresFault("link_broken", folder=link, target=link.readlink())
        return elsewhere, run_as
    if not run_as.switch or run_as.can("-x", data):
        return link, run_as
    shared_folder()
    if elsewhere.exists():
        # A folder of this name was removed together with its link, and with the keys that encrypt its fields.
        kept = elsewhere.with_name(f"{elsewhere.name}.kept-{time.time_ns()}")
        elsewhere.rename(kept)
        sys.stderr.write(f"The database of an earlier data folder of this name is kept in {kept}\n")
    link.symlink_to(elsewhere)
    sys.stderr.write(f"PostgreSQL may not enter {data}: its files are in {elsewhere}, linked from there\n")
    return elsewhere, run_as


def make(cluster: Path, binaries: Binaries, run_as: RunAs) -> None:
    """A new cluster; the rename at the end makes it appear complete or not at all.

    Each attempt has a folder of its own: an initdb whose program was killed may still write to the last one.
    """
    prefix = f"{cluster.name}.new-"
    try:
        for broken_off in cluster.parent.glob(f"{prefix}*"):
            shutil.rmtree(broken_off, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix=prefix, dir=cluster.parent))
        os.chown(draft, run_as.uid, run_as.gid)
        # The server's own messages need a locale of the system; where C.UTF-8 is missing, plain C does.
        done = _initdb(draft, binaries, run_as, "--locale=C.UTF-8")
        if done.returncode and "locale" in done.stdout:
            done = _initdb(draft, binaries, run_as, "--locale=C", "--builtin-locale=C.UTF-8")
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise PostgresFault("init_failed", folder=cluster, said=" ".join(done.stdout.split())[-600:])
        if cluster.exists():
            cluster.rmdir()
        draft.rename(cluster)
        parent = os.open(cluster.parent, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)
    except OSError as error:
        raise PostgresFault("cannot_write", folder=cluster.parent, reason=error.strerror) from error


def _initdb(
    folder: Path, binaries: Binaries, run_as: RunAs, *locale: str
) -> subprocess.CompletedProcess[str]:
    command = [
        binaries.program("initdb"),
        "--pgdata",
        str(folder),
        "--username",
        SUPERUSER,
        "--encoding=UTF8",
    ]
    command += ["--data-checksums", "--auth=peer", "--locale-provider=builtin", *locale]
    return subprocess.run(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **run_as.popen()
    )


def write_rules(cluster: Path, run_as: RunAs) -> None:
    """Only the operating-system user who runs this program may log in, as any of our roles, by the unix
    socket."""
    try:
        me = pwd.getpwuid(os.geteuid()).pw_name.replace('"', '""')
    except KeyError:
        raise PostgresFault("nameless_user", uid=os.geteuid()) from None
    lines = "".join(f'kezhan "{me}" {role}\n' for role in (SUPERUSER, *ROLES))
    for name, text in (("pg_hba.conf", "local all all peer map=kezhan\n"), ("pg_ident.conf", lines)):
        # The folder is another user's when we are root: never write through a name he may have planted.
        draft = cluster / f"{name}.new"
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchown(descriptor, run_as.uid, run_as.gid)
            file.write(text)
        draft.replace(cluster / name)


def pid_file(cluster: Path) -> list[str]:
    """The lines of postmaster.pid: process, folder, start, port, socket folder, address, shared memory,
    state."""
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def stop_previous(cluster: Path, run_as: RunAs) -> None:
    """End what an earlier run left: its server if it still lives, then its pid file. Needs /proc, else does
    nothing.

    Call it only while holding the data folder's lock. Raises PostgresFault when a process does not go.
    """
    pids = pid_file(cluster)
    if not pids or not Path("/proc/self/cwd").exists():
        return
    for number, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
        living = _living_in(cluster, run_as)
        if not living:
            break
        postmaster = [pid for pid in living if str(pid) == pids[0].strip()]
        for pid in postmaster or living:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and _living_in(cluster, run_as):
            time.sleep(0.05)
    if living := _living_in(cluster, run_as):
        raise PostgresFault("old_server_stays", folder=cluster, pids=", ".join(map(str, living)))
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _living_in(cluster: Path, run_as: RunAs) -> list[int]:
    """Processes named postgres whose working folder is this one. Zombies have none, so they do not count.

    Looked up as the server's own user: in a container root may not read another user's links in /proc.
    """
    script = 'for link in /proc/[0-9]*/cwd; do [ "$link" -ef "$1" ] && echo "$link"; done'
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", script, "sh", cluster],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        **run_as.popen(),
    )
    pids = (int(line.split("/")[2]) for line in done.stdout.split())
    return [pid for pid in pids if _name_of(pid) == "postgres"]


def _name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def bootstrap(access: Access) -> None:
    """Our roles and the database, whichever are missing; a start that broke off is completed by the next.

    No role is a member of another, so none inherits the owner's rights.
    """
    database = sql.Identifier(DATABASE)
    others = sql.SQL(", ").join(map(sql.Identifier, (role for role in ROLES if role != OWNER)))
    with psycopg.connect(access.psycopg(SUPERUSER, SUPERUSER), autocommit=True) as connection:
        present = {row[0] for row in connection.execute("select rolname from pg_roles")}
        for role in ROLES:
            if role not in present:
                connection.execute(
                    sql.SQL(
                        "create role {} login nosuperuser nobypassrls nocreatedb nocreaterole noreplication"
                    ).format(sql.Identifier(role))
                )
        closed = connection.execute(
            "select datacl is not null from pg_database where datname = %s", [DATABASE]
        ).fetchone()
        if closed is None:
            connection.execute(sql.SQL("create database {} owner {}").format(database, sql.Identifier(OWNER)))
        if closed is None or not closed[0] or not present.issuperset(ROLES):
            with connection.transaction():
                connection.execute(sql.SQL("revoke all on database {} from public").format(database))
                connection.execute(sql.SQL("grant connect on database {} to {}").format(database, others))
