"""The house's own lint and floors catch what they claim to catch."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import house_lint

ROOT = Path(__file__).parents[1]


def rules(path: str, source: str) -> list[str]:
    """`line rule` of every fault, unused and bare exceptions included."""
    return [" ".join(fault.split()[:2]).partition(":")[2] for fault in house_lint.faults(path, source)]


@pytest.mark.parametrize(
    "source",
    [
        'q = "select id from users"\n',
        'q = "SELECT 1"\n',
        'q = "select pg_notify($1, $2)"\n',
        'q = """\n    insert into messages values ($1)"""\n',
        'q = "update conversations set rev = rev + 1"\n',
        'q = f"delete from {name}"\n',
        'q = "with found as (select 1) select * from found"\n',
        'q = "create unique index x on y (z)"\n',
        'q = "set local kz.ws = 1"\n',
        "from sqlalchemy import select\nq = select(User)\n",
        "from sqlalchemy import text as sql\nq = sql(words)\n",
        "import sqlalchemy as sa\nq = sa.update(User)\n",
    ],
)
def test_sql_is_allowed_in_the_store_and_nowhere_else(source: str) -> None:
    assert [fault.split()[1] for fault in rules("kezhan/contacts/service.py", source)] == ["sql"]
    for path in ("kezhan/contacts/store.py", "kezhan/contacts/models.py", "kezhan/kit/db.py"):
        assert rules(path, source) == []
    for path in ("kezhan/migrations/versions/v0001_a.py", "kezhan/contacts/tests/test_a.py"):
        assert rules(path, source) == []


@pytest.mark.parametrize(
    "source",
    [
        '"""Select one from the list."""\n',
        'said = "Update your password"\n',
        'said = "Select a file"\n',
        'said = "Create a channel"\n',
        'said = "With love as always"\n',
        "from html import select\nq = select(1)\n",
    ],
)
def test_prose_is_not_taken_for_sql(source: str) -> None:
    assert rules("kezhan/contacts/service.py", source) == []


def test_only_the_edge_commits() -> None:
    source = "await connection.commit()\n"
    assert rules("kezhan/contacts/store.py", source) == ["1 commit"]
    assert rules("kezhan/kit/db.py", source) == []


def test_files_have_a_longest_length() -> None:
    assert rules("kezhan/a/service.py", "x = 1\n" * 501) == ["1 length"]
    assert rules("kezhan/a/service.py", "x = 1\n" * 500) == []
    assert rules("web/apps/desk/a.ts", "x\n" * 501) == ["1 length"]
    assert rules("web/apps/desk/a.vue", "x\n" * 251) == ["1 length"]
    assert rules("web/apps/desk/a.vue", "x\n" * 250) == []


@pytest.mark.parametrize(
    "line",
    [
        "from kezhan.contacts import store\n",
        "from kezhan.contacts.store import find\n",
        "import kezhan.contacts.http\n",
        "from kezhan.contacts.jobs import sweep\n",
        "from kezhan.workspaces.credentials import store\n",
        "from kezhan.contacts.service import _find\n",
        "from kezhan.contacts import _find\n",
        "from kezhan.kit.db import _pool\n",
    ],
)
def test_another_rooms_private_parts_are_refused(line: str) -> None:
    assert rules("kezhan/visits/service.py", line) == ["1 private"]


def test_what_a_room_offers_is_free_to_import() -> None:
    for line in (
        "from kezhan.contacts.service import resolve\n",
        "from kezhan.kit.http import peer\n",
        "from kezhan.kit import jobs\n",
        "from kezhan.visits import store\n",
        "from kezhan.contacts.tests.fixtures import http\n",
        "from . import store\n",
        "from kezhan import __version__\n",
    ):
        assert rules("kezhan/visits/service.py", line) == []
    assert rules("kezhan/app.py", "from kezhan.contacts import http\n") == []
    assert rules("kezhan/app.py", "from kezhan.contacts import store\n") == ["1 private"]
    assert rules("kezhan/wiring.py", "from kezhan.contacts import jobs\n") == []


def test_the_callers_of_system_tx_are_listed() -> None:
    source = "async with db.system_tx() as tx:\n    pass\n"
    assert rules("kezhan/visits/service.py", f"async def f():\n    {source.replace('    ', '        ')}")
    assert rules("kezhan/kit/outbox.py", source.replace("async ", "")) == []
    assert all((ROOT / path).exists() for path in house_lint.SYSTEM_TX_CALLERS | house_lint.COMMITTERS)


def test_an_exception_needs_a_reason_and_a_use() -> None:
    path, fault = "kezhan/visits/service.py", "connection.commit()"
    assert rules(path, f"{fault}  # house: allow commit — the driver is the edge here\n") == []
    assert rules(path, f"{fault}  # house: allow commit\n") == ["1 commit", "1 allow"]
    assert rules(path, f"{fault}  # house: allow sql — wrong rule\n") == ["1 commit", "1 allow"]
    assert rules(path, "x = 1  # house: allow commit — nothing here\n") == ["1 allow"]
    assert rules(path, 'x = "# house: allow commit — only words"\n') == []
    assert rules("web/a.ts", "// house: allow length — one table\n" + "x\n" * 500) == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / ".importlinter", tmp_path)
    ignore = shutil.ignore_patterns("tests", "assets", "locales")
    shutil.copytree(ROOT / "kezhan", tmp_path / "kezhan", ignore=ignore)
    return tmp_path


def lint_imports(folder: Path) -> str:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout if done.returncode else ""


def test_a_lower_floor_may_not_import_a_higher_one(copy: Path) -> None:
    with (copy / "kezhan/kit/clock.py").open("a") as file:
        file.write("\nimport kezhan.workspaces.models\n")
    assert "kezhan.kit is not allowed to import kezhan.workspaces" in lint_imports(copy)


def test_a_new_room_must_choose_its_floor(copy: Path) -> None:
    (copy / "kezhan/attic").mkdir()
    (copy / "kezhan/attic/__init__.py").touch()
    assert "- kezhan.attic" in lint_imports(copy)


def test_inside_a_room_the_store_may_not_import_http(copy: Path) -> None:
    room = copy / "kezhan/contacts"
    room.mkdir(exist_ok=True)
    (room / "__init__.py").touch()
    (room / "http.py").write_text("")
    (room / "store.py").write_text("from kezhan.contacts import http\n")
    assert "kezhan.contacts.store is not allowed to import kezhan.contacts.http" in lint_imports(copy)
