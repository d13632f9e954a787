"""Process accounts: CPU seconds and memory of processes, read from /proc (Linux)."""

import os
from pathlib import Path

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Account(msgspec.Struct, frozen=True):
    """CPU seconds so far of the server and of PostgreSQL with all its children."""

    server: float
    database: float

    def __sub__(self, other: "Account") -> "Account":
        return Account(self.server - other.server, self.database - other.database)


def _fields(pid: int) -> list[str]:
    """What /proc/PID/stat says behind the program's name."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def cpu_seconds(pid: int, *, reaped: bool = False) -> float:
    """User and system time of one process; with `reaped` also that of its children that have ended."""
    fields = _fields(pid)
    return sum(int(ticks) for ticks in fields[11 : 15 if reaped else 13]) / _TICKS


def children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int(_fields(int(folder.name))[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(folder.name))
    return found


def account(servers: list[int], postmaster: int) -> Account:
    backends = 0.0
    for pid in children(postmaster):
        try:
            backends += cpu_seconds(pid)
        except OSError:
            continue
    own = cpu_seconds(postmaster, reaped=True)
    return Account(sum(cpu_seconds(pid) for pid in servers), own + backends)


def busy_seconds() -> float:
    """CPU seconds that all cores have spent on any process's work since the machine was started."""
    fields = [
        int(ticks) for ticks in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]
    ]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / _TICKS


def resident_bytes(pid: int) -> int:
    """Memory the process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def peak_bytes(pid: int) -> int:
    """The most memory the process has held."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
