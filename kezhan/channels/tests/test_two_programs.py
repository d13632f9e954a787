"""`kezhan up` twice on one PostgreSQL and one data folder: one installation."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from kezhan.channels.tests.program import Program
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER
from kezhan.kit.testing import PATIENCE, TestCluster, free_port, until
from kezhan.simulate.client import Agent, Visitor


@pytest.fixture
async def programs(cluster: TestCluster, tmp_path: Path) -> AsyncIterator[list[Program]]:
    """Started at the same moment on a database with nothing in it."""
    name = f"t_{new_id().hex}"
    with psycopg.connect(cluster.access.psycopg(SUPERUSER, "postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    place = f"?host={cluster.access.host}&port={cluster.access.port}"
    url = f"postgresql://{SUPERUSER}@/{name}{place}"
    programs = [Program(tmp_path, free_port(), database_url=url) for _ in range(2)]
    try:
        await asyncio.gather(*(program.start() for program in programs))
        yield programs
    finally:
        await asyncio.gather(*(program.end(signal.SIGINT) for program in programs))
        with psycopg.connect(cluster.access.psycopg(SUPERUSER, "postgres"), autocommit=True) as admin:
            admin.execute(f"drop database if exists {name} with (force)")


@pytest.mark.long
async def test_two_started_at_once_on_an_empty_database_are_one_installation(
    programs: list[Program],
) -> None:
    one, two = programs
    email, password = (one.folder / "demo-accounts.txt").read_text().splitlines()[1].split("\t")[:2]
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx2.AsyncClient(timeout=PATIENCE))
        agents = [await Agent.sign_in(program.url, email, password, http) for program in programs]
        # A session is good on either: the keys are the same.
        agents.append(await Agent.with_cookie(two.url, agents[0]._own["Cookie"], http))
        for agent in agents:
            await agent.open()
            stack.push_async_callback(agent.close)
        sites = [(await agent.get("/api/channels"))["items"] for agent in agents]
        assert len(sites[0]) == 1 and sites[0] == sites[1]
        visitor = Visitor(one.url, sites[0][0]["public_key"], http)
        await visitor.arrive()
        stack.push_async_callback(visitor.close)
        conversation_id = (await visitor.say("hello"))["conversation_id"]
        for agent in agents:
            await until(lambda: conversation_id in agent.rows)  # noqa: B023
        await agents[1].watch(conversation_id)
        await agents[1].say(conversation_id, "welcome")
        thread = visitor.threads[conversation_id]
        await until(lambda: [m.get("body") for m in thread.messages.values()][-1:] == ["welcome"])
