#!/usr/bin/env python3
"""The one door to a checkout: makes `.venv` from the lock files when they changed, then hands over.

    python3 run.py up [...]              start Kezhan
    python3 run.py test [--long] [...]   all tests; further words go to pytest
    python3 run.py bench [...]           the product beside the barest program for the same work
    python3 run.py torture [...]         the product under faults, judged by what its clients were told
    python3 run.py lock [...]            renew the lock files from pyproject.toml; further words go to uv
    python3 run.py <anything else>       the same as `python -m kezhan <anything else>`

Standard library only. The machine's own pip settings (index, certificates, proxy) are used at run time and
are never written down.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Linux x86-64 (glibc, musl), Linux ARM64 (two), macOS ARM64 and x86-64.
UV = """uv==0.13.9 \\
    --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \\
    --hash=sha256:2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25 \\
    --hash=sha256:ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375 \\
    --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe \\
    --hash=sha256:66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63 \\
    --hash=sha256:c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5
"""
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".venv-uv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "kezhan.stamp"
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
# Debian's packages, and by what each is known to be there.
DEBIAN = {
    "chromium": "chromium",
    "chromium-headless-shell": "chromium-headless-shell",
    "fonts-wqy-zenhei": "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "nginx-light": "nginx",
    "dovecot-imapd": "dovecot",
}
# The tests of a file stay together and share what it sets up. Each process has a database cluster of its own.
# In the order of the folders: the slow ones have fast ones after them, so that none is waited for alone.
# One more than the processors, for a good part of a test is waiting.
WORKERS = min(4, (os.cpu_count() or 1) + 1)
SPREAD = (f"--numprocesses={WORKERS}", "--dist=loadfile", "--no-loadscope-reorder")
COMPILE = (
    "--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q"
)


class Trouble(Exception):
    """Something a person can mend; the text says what."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def call(why: str, command: list[str], env: dict[str, str] | None = None) -> str:
    """What the command printed; when it fails, `why` and the end of that become the Trouble."""
    pipe, both, none = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
    done = subprocess.run(
        command, check=False, env=env, cwd=ROOT, text=True, stdin=none, stdout=pipe, stderr=both
    )
    if done.returncode:
        raise Trouble("\n    ".join([why, *done.stdout.strip().splitlines()[-8:]]))
    return done.stdout


def pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if found := shutil.which("pip3") or shutil.which("pip"):
        return [found]
    raise Trouble("pip is missing. Install it (on Debian: apt install python3-pip) and start again.")


def uv_environment() -> dict[str, str]:
    """The environment for uv, from pip's settings; what the caller set for uv himself stands.

    Every index is asked for every package, as pip does: the hashes in the lock decide what is accepted, and
    an index with only some versions does not hide the others. Folders that pose as an index are left out.
    """
    told: dict[str, str] = {}
    lines = call("pip does not work here:", [*pip(), "config", "list"]).splitlines()
    for line in sorted(lines, key=lambda text: text.startswith(":env:")):  # the environment wins
        name, _, value = line.partition("=")
        if value[:1] in ("'", '"'):
            told[name.rpartition(".")[2]] = str(ast.literal_eval(value))

    def servers(name: str) -> str:
        return " ".join(address for address in told.get(name, "").split() if not address.startswith("file:"))

    ours = {
        "UV_DEFAULT_INDEX": servers("index-url"),
        "UV_INDEX": servers("extra-index-url"),
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": ",".join(told.get("find-links", "").split()),
        "UV_INSECURE_HOST": told.get("trusted-host", ""),
        "UV_HTTP_TIMEOUT": told.get("timeout", told.get("default-timeout", "")),
        "SSL_CERT_FILE": told.get("cert", ""),
        "HTTPS_PROXY": told.get("proxy", ""),
        "UV_CACHE_DIR": "" if os.access(Path.home(), os.W_OK) else str(TOOLS / "cache"),
    }
    return {
        **{name: value for name, value in ours.items() if value},
        **os.environ,
        "UV_PYTHON_DOWNLOADS": "never",
    }


def uv() -> str:
    """The pinned uv, fetched once by pip (which may be Debian's, hence --target)."""
    TOOLS.mkdir(exist_ok=True)
    (TOOLS / ".gitignore").write_text("*\n", encoding="ascii")
    place, pins = TOOLS / UV.partition(" ")[0], TOOLS / "uv.txt"
    if not (place / "bin" / "uv").exists():
        pins.write_text(UV, encoding="ascii")
        shutil.rmtree(place, ignore_errors=True)
        command = [*pip(), "install", "-q", "--no-deps", "--require-hashes", "--target", str(place)]
        plain = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
        call(
            "Could not fetch uv. Is a package index reachable? pip said:", [*command, "-r", str(pins)], plain
        )
    return str(place / "bin" / "uv")


def ready(purpose: str, digest: str) -> bool:
    """The environment for tests also serves to run."""
    stamp = STAMP.read_text(encoding="ascii").split() if STAMP.exists() else []
    return stamp in ([purpose, digest], ["test", digest]) and os.access(PYTHON, os.X_OK)


def prepare(purpose: str) -> None:
    """`.venv` as the lock says, for this place of the checkout; two who start at once build it once."""
    parts = [os.fsencode(ROOT), *((ROOT / name).read_bytes() for name in LOCKS.values())]
    digest = hashlib.sha256(b"\n".join(parts)).hexdigest()
    if ready(purpose, digest):
        return
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if ready(purpose, digest):
            return
        say("Bringing packages up to date …" if STAMP.exists() else "Setting up (once, about a minute) …")
        program, environment = uv(), uv_environment()
        STAMP.unlink(missing_ok=True)
        if not os.access(PYTHON, os.X_OK):
            base = ["--python", getattr(sys, "_base_executable", sys.executable)]
            call("Could not make .venv:", [program, "venv", "-q", "--clear", *base, str(VENV)], environment)
        sync = [program, "pip", "sync", "-q", "--require-hashes", "--python", str(PYTHON), LOCKS[purpose]]
        call("Could not install the packages. Is a package index reachable? uv said:", sync, environment)
        ask = [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        packages = Path(call("The new Python does not run:", ask).strip())
        (packages / "kezhan_checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")
        STAMP.write_text(f"{purpose} {digest}\n", encoding="ascii")


def tools() -> None:
    """Chromium, a Chinese font, nginx and Dovecot for the tests, where root on Debian can install them."""
    missing = [name for name, at in DEBIAN.items() if not (shutil.which(at) or (ROOT / at).exists())]
    tried = TOOLS / "apt.txt"
    told = tried.read_text(encoding="ascii").split() if tried.exists() else []
    apt = shutil.which("apt-get") if os.geteuid() == 0 else None
    if apt and set(missing) - set(told):
        say(f"Installing {', '.join(missing)} for the tests …")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        servers = [name for name in ("nginx", "dovecot") if not shutil.which(name)]
        try:
            call("apt-get update failed:", [apt, "update", "-qq"], quiet)
            call("apt-get install failed:", [apt, "install", "-qqy", *missing], quiet)
            if servers and (systemctl := shutil.which("systemctl")):
                # Debian starts what it installs; nobody here asked for a web or mail server.
                with contextlib.suppress(Trouble):
                    call("", [systemctl, "disable", "--now", *servers], quiet)
        except Trouble as trouble:
            say(str(trouble))
            # Not asked for again until something else is missing, or `.venv-uv` is thrown away.
            TOOLS.mkdir(exist_ok=True)
            tried.write_text(" ".join(missing), encoding="ascii")
    if not shutil.which("chromium"):
        say("Chromium is missing: browser tests will be skipped.")
    if not shutil.which("nginx"):
        say("nginx is missing: tests of its configuration will be skipped.")
    if not shutil.which("dovecot"):
        say("Dovecot is missing: tests of mailboxes against it will be skipped.")


def main(words: list[str]) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036
        raise Trouble(f"Kezhan needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if words[:1] == ["lock"]:
        program, environment = uv(), uv_environment()
        run = "--extra build --extra nats --extra saml"
        for name, extras in zip(LOCKS.values(), (run, f"{run} --extra test"), strict=True):
            command = [program, "pip", "compile", "pyproject.toml", *COMPILE.split(), *extras.split()]
            command += ["-o", name, *words[1:]]
            call(f"Could not renew {name}:", command, environment)
        return
    testing = words[:1] == ["test"]
    prepare("test" if testing else "run")
    beside = {"bench": "bench", "torture": "tests.faults"}
    module = [beside[words[0]], *words[1:]] if words[:1] and words[0] in beside else ["kezhan", *words]
    if testing or module[0] != "kezhan":
        os.chdir(ROOT)  # these are packages of the checkout, not of the installation
    if testing:
        tools()
        chosen = [] if "--long" in words else ["-m", "not long"]
        spread = SPREAD if words == ["test"] else ()
        module = ["pytest", *chosen, *spread, *(word for word in words[1:] if word != "--long")]
    # What is compiled is kept beside the packages, whatever else is set: a process starts in half the time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(VENV / "compiled")
    os.execv(PYTHON, [str(PYTHON), "-m", *module])  # noqa: S606


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Trouble, OSError) as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit(130)
