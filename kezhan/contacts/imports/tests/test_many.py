"""A hundred thousand people brought in by the program as people start it, killed in the midst of them."""

import asyncio
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from kezhan.channels.tests.program import Program
from kezhan.kit.postgres import SUPERUSER, attach
from kezhan.kit.testing import PATIENCE, free_port, until

PEOPLE, EACH = 100_000, 20
MINUTES = 30
"""Of patience with a slow machine, for each of the two ways through the list."""
LOOK_SECONDS = 0.2
ROOT = "/api/contact-imports"
Json = dict[str, Any]
# What is wrong with each twentieth, in turn: a bad address, a bad number, the one before again, nothing said.
WRONG = (
    lambda n: f"客人{n},{n} at tea,,VIP,,",
    lambda n: f"客人{n},{n}@tea.cn,电话,VIP,,",
    lambda n: f"客人{n},{n - 1}@tea.cn,,VIP,,",
    lambda n: ",,,,,",
)
pytestmark = [pytest.mark.long, pytest.mark.usefixtures("bare_environment")]


def line(n: int) -> str:
    if n % EACH == EACH - 1:
        return WRONG[n // EACH % len(WRONG)](n)
    return f"客人{n},{n}@tea.cn,{13_000_000_000 + n},VIP,公司{n % 301},K-{n}"


@pytest.fixture
async def program() -> AsyncIterator[Program]:
    with tempfile.TemporaryDirectory(prefix="kezhan-many-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # noqa: ASYNC240
        program = Program(folder, free_port())
        await program.start()
        yield program
        await program.end(signal.SIGINT)


class Boss:
    """The demo's owner, who asks again where nobody answers."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self.seen: list[int] = []
        """How far it had come, each time she looked."""

    async def ask(self, method: str, path: str, **more: Any) -> Json:
        answer = await self._http.request(method, path, **more)
        assert answer.status_code < 300, answer.text
        found: Json = answer.json()
        return found

    async def comes(self, import_id: str, state: str, rows: int = 0) -> Json:
        async def there() -> Json | None:
            await asyncio.sleep(LOOK_SECONDS)
            answer = await self._http.get(f"{ROOT}/{import_id}")
            if answer.status_code == 503:
                return None  # a machine that is slow today
            found: Json = answer.json()
            assert found["state"] != "failed", found
            self.seen.append(found["read"])
            return found if found["state"] == state and found["read"] >= rows else None

        return await until(there, MINUTES * 60)


def rows(program: Program, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(attach(program.folder).psycopg(SUPERUSER)) as admin:
        return admin.execute(statement).fetchall()


async def test_a_hundred_thousand_are_brought_in_once_though_it_is_killed_in_the_midst(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty = PEOPLE // EACH
    expected = {"read": PEOPLE, "made": PEOPLE - faulty, "changed": 0, "same": 0, "faulty": faulty}
    async with httpx2.AsyncClient(base_url=program.url, timeout=PATIENCE) as http:
        email, password = (program.folder / "demo-accounts.txt").read_text().splitlines()[0].split("\t")[:2]
        boss = Boss(http)
        me = await boss.ask("POST", "/api/session", json={"email": email, "password": password})
        http.headers["x-kezhan-csrf"] = me["csrf"]
        field = {"id": "no", "kind": "text", "label": "会员号"}
        await boss.ask("PUT", "/api/fields/contact", json={"version": 0, "fields": [field]})
        text = "\n".join(["姓名,邮箱,手机,等级,公司,会员号", *map(line, range(PEOPLE))])
        file = await boss.ask("POST", "/api/files", files={"file": ("客户.csv", text.encode(), "text/csv")})
        found = await boss.ask("POST", ROOT, json={"file_id": file["id"]})
        one, took = f"{ROOT}/{found['id']}", {}
        begun = time.monotonic()
        await boss.ask("PUT", f"{one}/trial", json=found["plan"])
        tried = await boss.comes(found["id"], "checked")
        took["tried"] = time.monotonic() - begun
        assert {name: tried[name] for name in expected} == expected
        assert rows(program, "select count(*) from contacts where email_key like '%@tea.cn'") == [(0,)]

        boss.seen.clear()
        begun = time.monotonic()
        await boss.ask("PUT", f"{one}/run")
        await boss.comes(found["id"], "running", PEOPLE // 3)
        await program.end(signal.SIGKILL)
        killed = time.monotonic()
        await program.start()
        assert (await boss.ask("GET", one))["state"] == "running"
        stood = boss.seen[-1]
        await boss.comes(found["id"], "running", stood + 1)
        took["silent"] = time.monotonic() - killed
        done = await boss.comes(found["id"], "done")
        took["done"] = time.monotonic() - begun - took["silent"]
        assert {name: done[name] for name in expected} == expected
        assert boss.seen == sorted(boss.seen) and len(set(boss.seen)) > 20, "it is told how far it is"

        report = (await boss.ask("GET", f"{one}/report"))["text"].splitlines()[1:]
        assert [int(row.partition(",")[0]) for row in report] == [
            n + 2 for n in range(PEOPLE) if n % EACH == EACH - 1
        ]
        kinds = [
            {row.split(",")[1].translate(str.maketrans("", "", "0123456789")) for row in report[at::4]}
            for at in range(4)
        ]
        assert len(set().union(*kinds)) == 4 and all(len(kind) == 1 for kind in kinds), kinds
    people = "select count(*), count(distinct email_key), count(distinct phone_key) from contacts"
    assert rows(program, f"{people} where email_key like '%@tea.cn'") == [(PEOPLE - faulty,) * 3]
    assert rows(program, "select count(*), count(distinct no) from contact_import_rows") == [(PEOPLE,) * 2]
    assert rows(program, "select count(*) from companies where name like '公司%'") == [(301,)]
    assert rows(program, "select count(*) from field_keys where field_id = 'no'") == [(PEOPLE - faulty,)]
    with capsys.disabled():
        for what, seconds in took.items():
            print(f"\n  {what}: {seconds:.1f} s, {PEOPLE / seconds:,.0f} rows/s", end="")  # noqa: T201
