"""A machine that is lost while people talk: the program and its database killed, the disk gone."""

import asyncio
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from kezhan.backup import keys
from kezhan.backup.tests.factories import settings_for
from kezhan.channels.tests.program import Program
from kezhan.kit.postgres import SUPERUSER, Cluster, attach
from kezhan.kit.testing import PATIENCE, free_port, until
from kezhan.simulate.client import Visitor

VISITORS, REST_SECONDS, LARGE = 8, 0.1, 18 * 2**20
pytestmark = [pytest.mark.long, pytest.mark.usefixtures("bare_environment")]


@pytest.fixture
async def place() -> AsyncIterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kezhan-lost-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # noqa: ASYNC240
        yield folder


async def started(*words: object) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kezhan", *map(str, words), stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )


async def kezhan(*words: object) -> str:
    process = await started(*words)
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def texts(folder: Path) -> dict[str, list[int]]:
    """What each visitor has said, in its order, as the database of this folder has it."""
    with psycopg.connect(attach(folder).psycopg(SUPERUSER)) as admin:
        rows = admin.execute(
            "select body from messages where body like 'v% says %' order by conversation_id, seq"
        )
        found: dict[str, list[int]] = {}
        for (body,) in rows.fetchall():
            who, _, number = body.split()
            found.setdefault(who, []).append(int(number))
    return found


async def talk(who: str, visitor: Visitor, acknowledged: dict[str, int]) -> None:
    while True:
        await visitor.say(f"{who} says {acknowledged[who]}")
        acknowledged[who] += 1
        if acknowledged[who] % 10 == 1:
            await visitor.upload("茶.txt", "text/plain", f"{who} {acknowledged[who]}".encode())
        await asyncio.sleep(REST_SECONDS)


async def goes_on(folder: Path, site_key: str, token: str) -> None:
    """Started there, it serves who was known before."""
    again = Program(folder, free_port())
    await again.start()
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        visitor = Visitor(again.url, site_key, http)
        visitor.token = token
        await visitor.arrive()
        await visitor.say("hello")
        await visitor.close()
    await again.end(signal.SIGINT)


async def test_what_was_there_at_the_backups_instant_comes_back_on_another_machine(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, here, vault, key = (place / name for name in ("there", "here", "vault", "key"))
    there.mkdir(mode=0o711)
    program = Program(there, free_port())
    await program.start()
    acknowledged = dict.fromkeys((f"v{n}" for n in range(VISITORS)), 0)
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        with psycopg.connect(attach(there).psycopg(SUPERUSER)) as admin:
            (site_key,) = admin.execute("select public_key from channel_accounts").fetchall()[0]
        visitors = {who: Visitor(program.url, site_key, http) for who in acknowledged}
        for visitor in visitors.values():
            await visitor.arrive()

        # More than is written at once: what is half made is seen on the disk.
        await visitors["v0"].upload("茶.txt", "text/plain", secrets.token_hex(LARGE // 2).encode())

        talking = [asyncio.create_task(talk(who, one, acknowledged)) for who, one in visitors.items()]
        await until(lambda: min(acknowledged.values()) >= 3)
        before, begun = dict(acknowledged), time.monotonic()
        told = await kezhan("backup", "--data", there, "--to", vault)
        made, after = time.monotonic() - begun, dict(acknowledged)
        assert sum(after.values()) > sum(before.values()), "they talked on"
        # The next is half made when the machine goes.
        second = await started("backup", "--data", there, "--to", vault)
        await until(lambda: second.returncode is not None or list(vault.glob("*#*")))
        second.kill()
        await program.end(signal.SIGKILL)
        program.kill_database()
        assert await second.wait() == -signal.SIGKILL
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        for visitor in visitors.values():
            await visitor.close()
    key.write_text(keys.read(settings_for(there, backup_key="")))
    shutil.rmtree((there / "pg").resolve())
    shutil.rmtree(there)

    (archive,) = (await kezhan("backup", "--list", "--data", place / "new", "--to", vault)).splitlines()
    assert archive.split()[0] in told, "what was half made is none"
    begun = time.monotonic()
    said = await kezhan("restore", "latest", "--from", vault, "--data", here, "--key-file", key)
    took = time.monotonic() - begun
    cluster = Cluster(here)
    await asyncio.to_thread(cluster.start)
    found = await asyncio.to_thread(texts, here)
    await asyncio.to_thread(cluster.stop)
    for who in acknowledged:
        assert found[who] == list(range(len(found[who]))), "of each the beginning, without gap or repeat"
        assert before[who] <= len(found[who]) <= after[who] + 1
    await goes_on(here, site_key, visitors["v0"].token)
    with capsys.disabled():
        print(f"\n  backup {made:.1f} s, restore {took:.1f} s\n{told}{said}")  # noqa: T201
