"""Python, packages, open files, pages: what the program itself stands on."""

import importlib.metadata
import re
import resource
import sys
from pathlib import Path

from packaging.markers import Marker

from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.kit.webbuild import standing

OWN_FILES = 256
"""What a process has open besides its clients' connections, generously."""
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)\s*(?:;\s*(.*?))?\s*\\?$", re.MULTILINE)
_SHOWN = 5


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    said = ".".join(map(str, version))
    return ok("python", version=said) if version >= (3, 11) else fault("python_old", version=said)


def check_packages(lock: Path) -> Finding:
    """The installed packages against the lock's pins that are meant for this machine."""
    try:
        pins = _PIN.findall(lock.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ok("packages_unlocked")
    wanted = {name: version for name, version, marker in pins if not marker or Marker(marker).evaluate()}
    found = {name: _installed(name) for name in wanted}
    wrong = [
        f"{name} {found[name] or '-'} ({wanted[name]})" for name in wanted if found[name] != wanted[name]
    ]
    if wrong:
        more = [f"+{len(wrong) - _SHOWN}"] if len(wrong) > _SHOWN else []
        return fault("packages_differ", lock=lock.name, names=", ".join([*wrong[:_SHOWN], *more]))
    return ok("packages", count=len(wanted))


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_descriptors(sockets: int, pid: int | None) -> Finding:
    """The limit of the running server where there is one we may look at, else this shell's."""
    limit = (_limit_of(pid) if pid else None) or resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    need = sockets + OWN_FILES
    if limit == resource.RLIM_INFINITY or limit >= need:
        shown = "∞" if limit == resource.RLIM_INFINITY else limit
        return ok("descriptors", limit=shown, sockets=sockets)
    return warn("descriptors_few", limit=limit, sockets=sockets, need=need)


def _limit_of(pid: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^Max open files\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else None


def check_pages(root: Path, *, wanted: bool) -> Finding:
    if not wanted:
        return ok("pages_off")
    return {"current": ok("pages"), "stale": warn("pages_stale"), "missing": warn("pages_missing")}[
        standing(root)
    ]
