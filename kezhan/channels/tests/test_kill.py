"""Killed in mid-stream and started again: nothing acknowledged is lost, nothing is doubled."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kezhan.channels.tests.program import Program
from kezhan.kit.testing import PATIENCE, free_port, until
from kezhan.simulate.client import Agent, Visitor

SENDERS, EACH = 8, 45


@pytest.fixture
async def program() -> AsyncIterator[Program]:
    with tempfile.TemporaryDirectory(prefix="kezhan-kill-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # noqa: ASYNC240
        program = Program(folder, free_port())
        await program.start()
        yield program
        await program.end(signal.SIGINT)


async def people(program: Program, http: httpx2.AsyncClient) -> tuple[Agent, list[Visitor]]:
    line = (program.folder / "demo-accounts.txt").read_text().splitlines()[1].split("\t")
    agent = await Agent.sign_in(program.url, line[0], line[1], http)
    await agent.open()
    (site,) = (await agent.get("/api/channels"))["items"]
    visitors = [Visitor(program.url, site["public_key"], http) for _ in range(SENDERS)]
    for visitor in visitors:
        await visitor.arrive()
    return agent, visitors


async def stream(visitor: Visitor, since: int) -> None:
    for n in range(since, since + EACH):
        await visitor.say(f"{n}")
        await asyncio.sleep(0.002)


def in_the_midst(visitors: list[Visitor], said: int) -> bool:
    """Somebody has some of this stream behind her."""
    threads = [thread for visitor in visitors for thread in visitor.threads.values()]
    return any(len(texts(thread.messages)) >= said + 3 for thread in threads)


def texts(messages: dict[int, Any]) -> list[str]:
    return [message["body"] for _, message in sorted(messages.items()) if message["kind"] == "text"]


async def everything_is_there(agent: Agent, visitors: list[Visitor], count: int) -> None:
    wanted = [str(n) for n in range(count)]
    for visitor in visitors:
        (thread,) = visitor.threads.values()
        await until(lambda: texts(thread.messages) == wanted)  # noqa: B023
        found = await agent.get(f"/api/conversations/{thread.id}/messages?before=100000&limit=100")
        assert [m["body"] for m in found["items"] if m["kind"] == "text"] == wanted


async def test_killed_in_mid_stream_nothing_is_lost_or_doubled(program: Program) -> None:
    """First the program, then, once that is well again, the database under it."""
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        agent, visitors = await people(program, http)
        for said, victim in ((0, "the program"), (EACH, "the database")):
            talking = asyncio.gather(*(stream(visitor, said) for visitor in visitors))
            await until(partial(in_the_midst, visitors, said))
            if victim == "the program":
                await program.end(signal.SIGKILL)
                await program.start()
            else:
                program.kill_database()
            await asyncio.wait_for(talking, PATIENCE)
            await everything_is_there(agent, visitors, said + EACH)
        for one in (agent, *visitors):
            await one.close()
