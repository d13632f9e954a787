"""The one door to a checkout: when it builds, what it asks pip and uv, where it hands over, what it says."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import run

# Stands in for uv: notes its words and what of the environment counts, and makes a `.venv` with a Python.
UV = """#!/bin/sh
echo "$@" >> {log}
echo "$UV_PYTHON_DOWNLOADS" > {log}.downloads
case "$1" in
    venv) mkdir -p {venv}/bin; rm -f {venv}/bin/python; ln -s {python} {venv}/bin/python;;
esac
[ -e {log}.broken ] && {{ seq 1 20; echo "no such package"; exit 3; }}
exit 0
"""
# Stands in for pip: its settings come from a file.
PIP = """#!/bin/sh
[ "$1 $2" = "config list" ] && cat {log}.pip
exit 0
"""


class Checkout:
    """A folder like a checkout, with programs that only note what they were asked."""

    def __init__(self, root: Path) -> None:
        self.root, self.log = root, root / "uv.log"
        self.venv, self.tools = root / ".venv", root / ".venv-uv"
        (root / "uv.log.pip").touch()
        for name in run.LOCKS.values():
            (root / name).write_text(f"{name} 1\n")
        words = {"log": self.log, "venv": self.venv, "python": sys.executable}
        self.uv = self.program(self.tools / run.UV.partition(" ")[0] / "bin" / "uv", UV.format(**words))
        self.pip = self.program(root / "bin" / "pip3", PIP.format(**words))

    def program(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def asked(self) -> list[str]:
        """First words of what uv was asked since the last time."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [" ".join(line.split()[:2]) for line in lines]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    checkout = Checkout(tmp_path)
    for name, value in {
        "ROOT": checkout.root,
        "VENV": checkout.venv,
        "TOOLS": checkout.tools,
        "PYTHON": checkout.venv / "bin" / "python",
        "STAMP": checkout.venv / "kezhan.stamp",
    }.items():
        monkeypatch.setattr(run, name, value)
    monkeypatch.setattr(run, "pip", lambda: [str(checkout.pip)])
    # Where packages would go, instead of this Python's own place.
    packages = tmp_path / "packages"
    packages.mkdir()
    really = run.call

    def call(why: str, command: list[str], env: dict[str, str] | None = None) -> str:
        return str(packages) if "sysconfig" in command[-1] else really(why, command, env)

    monkeypatch.setattr(run, "call", call)
    return checkout


def test_the_first_time_makes_the_environment_and_the_next_does_nothing(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    run.prepare("run")
    assert checkout.asked() == ["venv -q", "pip sync"]
    assert "Setting up" in capsys.readouterr().err
    assert (checkout.root / "packages" / "kezhan_checkout.pth").read_text() == f"{checkout.root}\n"
    run.prepare("run")
    assert (checkout.asked(), capsys.readouterr().err) == ([], "")


@pytest.mark.parametrize("lock", run.LOCKS.values())
def test_a_changed_lock_brings_the_packages_up_to_date_in_the_same_environment(
    checkout: Checkout, lock: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run.prepare("run")
    checkout.asked()
    (checkout.root / lock).write_text("changed\n")
    run.prepare("run")
    assert checkout.asked() == ["pip sync"]
    assert "up to date" in capsys.readouterr().err


def test_the_environment_for_tests_also_serves_to_run_but_not_the_other_way_round(checkout: Checkout) -> None:
    run.prepare("run")
    run.prepare("test")
    assert checkout.asked() == ["venv -q", "pip sync", "pip sync"]
    for purpose in ("run", "test", "run"):
        run.prepare(purpose)
    assert checkout.asked() == []


@pytest.mark.parametrize("stamp", ["", "run", "run 0000", "other {digest}", "run {digest} more"])
def test_a_stamp_that_says_anything_else_is_no_stamp(checkout: Checkout, stamp: str) -> None:
    run.prepare("run")
    digest = run.STAMP.read_text().split()[1]
    assert run.ready("run", digest)
    assert not run.ready("test", digest)
    run.STAMP.write_text(stamp.format(digest=digest))
    assert not run.ready("run", digest)


def test_a_python_that_is_gone_is_made_anew(checkout: Checkout) -> None:
    run.prepare("run")
    checkout.asked()
    run.PYTHON.unlink()
    run.prepare("run")
    assert checkout.asked() == ["venv -q", "pip sync"]


def test_a_checkout_that_was_moved_is_set_up_again(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.prepare("run")
    checkout.asked()
    moved = checkout.root / "moved"
    moved.mkdir()
    for name in run.LOCKS.values():
        (moved / name).write_bytes((checkout.root / name).read_bytes())
    monkeypatch.setattr(run, "ROOT", moved)
    run.prepare("run")
    assert checkout.asked() == ["pip sync"]


def test_an_installation_that_broke_off_says_why_and_is_tried_again(checkout: Checkout) -> None:
    run.prepare("run")
    (checkout.root / "requirements.lock").write_text("changed\n")
    broken = checkout.root / "uv.log.broken"
    broken.touch()
    with pytest.raises(run.Trouble) as trouble:
        run.prepare("run")
    lines = str(trouble.value).splitlines()
    assert lines[0].startswith("Could not install the packages.")
    assert lines[-1].strip() == "no such package"
    assert len(lines) == 9, "only the end of what it said"
    assert not run.STAMP.exists()
    broken.unlink()
    run.prepare("run")
    assert run.STAMP.exists()


def test_two_who_start_at_once_build_it_once(checkout: Checkout) -> None:
    together = threading.Barrier(4)

    def start() -> None:
        together.wait()
        run.prepare("run")

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert checkout.asked() == ["venv -q", "pip sync"]


PIP_SAYS = """global.index-url='https://pypi.example/simple'
global.extra-index-url='https://a.example/s file:///srv/wheels https://b.example/s'
global.trusted-host="pypi.example"
global.timeout='60'
install.find-links='/a /b'
global.cert='/etc/tea.pem'
:env:.index-url='https://env.example/simple'
:env:.proxy='http://proxy.example:3128'
nonsense
"""


def test_pips_own_settings_become_uvs_and_the_environment_wins(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_")) or "PROXY" in name.upper()]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    (checkout.root / "uv.log.pip").write_text(PIP_SAYS)
    told = run.uv_environment()
    assert told["UV_DEFAULT_INDEX"] == "https://env.example/simple"
    assert told["UV_INDEX"] == "https://a.example/s https://b.example/s"
    assert told["UV_INSECURE_HOST"] == "pypi.example"
    assert told["UV_HTTP_TIMEOUT"] == "60"
    assert told["UV_FIND_LINKS"] == "/a,/b"
    assert told["SSL_CERT_FILE"] == "/etc/tea.pem"
    assert told["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert told["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.example/simple")
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "automatic")
    told = run.uv_environment()
    assert told["UV_DEFAULT_INDEX"] == "https://mine.example/simple"
    assert told["UV_PYTHON_DOWNLOADS"] == "never", "no Python is ever fetched"


def test_without_settings_of_pips_nothing_is_made_up(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    told = run.uv_environment()
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "UV_INSECURE_HOST"} & told.keys()
    run.prepare("run")
    assert (checkout.root / "uv.log.downloads").read_text() == "never\n"


def test_uv_is_pinned_by_hash_and_fetched_once(checkout: Checkout) -> None:
    assert run.uv() == str(checkout.uv)
    assert (checkout.tools / ".gitignore").read_text() == "*\n"
    checkout.uv.unlink()
    run.uv()
    pins = (checkout.tools / "uv.txt").read_text()
    assert pins.startswith("uv==")
    assert pins.count("--hash=sha256:") >= 6


def test_what_fails_is_told_with_its_end_and_what_works_with_its_words() -> None:
    assert run.call("why", [sys.executable, "-c", "print('tea')"]).strip() == "tea"
    for command in ("raise SystemExit(3)", "import sys; sys.exit('the pot is cold')"):
        with pytest.raises(run.Trouble, match=r"^It failed:"):
            run.call("It failed:", [sys.executable, "-c", command])
    assert (
        run.call("why", [sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))"]).strip() == "''"
    )


HANDED: list[tuple[list[str], str, list[str]]] = [
    # what was typed, what it is prepared for, what takes over
    (["up"], "run", ["kezhan", "up"]),
    (["up", "--port", "9000", "--empty"], "run", ["kezhan", "up", "--port", "9000", "--empty"]),
    ([], "run", ["kezhan"]),
    (["--help"], "run", ["kezhan", "--help"]),
    (["up", "test"], "run", ["kezhan", "up", "test"]),
    (["testing"], "run", ["kezhan", "testing"]),
    (["bench", "32", "--rounds", "1"], "run", ["bench", "32", "--rounds", "1"]),
    (["torture", "--minutes", "1"], "run", ["tests.faults", "--minutes", "1"]),
    (["test"], "test", ["pytest", "-m", "not long", *run.SPREAD]),
    (["test", "--long"], "test", ["pytest"]),
    (["test", "kezhan/kit", "-x"], "test", ["pytest", "-m", "not long", "kezhan/kit", "-x"]),
    (["test", "-k", "tea", "--long"], "test", ["pytest", "-k", "tea"]),
]


@pytest.mark.parametrize(("words", "purpose", "module"), HANDED)
def test_each_word_leads_to_its_program_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, words: list[str], purpose: str, module: list[str]
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(run, "prepare", seen.append)
    monkeypatch.setattr(run, "tools", lambda: seen.append("tools"))
    monkeypatch.setattr(os, "execv", lambda program, command: seen.append((program, command)))
    monkeypatch.chdir(run.ROOT)
    run.main(words)
    handed = (run.PYTHON, [str(run.PYTHON), "-m", *module])
    assert seen == ([purpose, handed] if purpose == "run" else [purpose, "tools", handed])


def test_locking_asks_for_both_files_and_passes_further_words_on(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "prepare", lambda _: pytest.fail("a lock needs no environment"))
    run.main(["lock", "--upgrade"])
    lines = checkout.log.read_text().splitlines()
    assert [line.split()[-2] for line in lines] == list(run.LOCKS.values())
    assert all(line.startswith("pip compile pyproject.toml ") for line in lines)
    assert all("--generate-hashes" in line and "--no-emit-index-url" in line for line in lines)
    assert all(line.endswith(" --upgrade") for line in lines)
    assert "--extra test" not in lines[0]
    assert "--extra test" in lines[1]


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(run.Trouble, match=r"3\.11 or newer"):
        run.main(["up"])


def test_trouble_on_the_command_line_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    """In a folder without locks nothing can be made."""
    alone = tmp_path / "run.py"
    alone.write_bytes((run.ROOT / "run.py").read_bytes())
    done = subprocess.run([sys.executable, alone, "up"], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert "requirements.lock" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".venv").exists()
