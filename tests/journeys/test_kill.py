"""The server is killed with -9 while two people talk in their browsers, and started again."""

import asyncio
import re
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from kezhan.channels.tests.program import Program
from kezhan.kit.testing import free_port
from tests.journeys.walk import Walker


@pytest.fixture
async def program(assets: Path) -> AsyncIterator[Program]:
    with tempfile.TemporaryDirectory(prefix="kezhan-kill-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # noqa: ASYNC240
        program = Program(folder, free_port(), pages=True)
        await program.start()
        yield program
        await program.end(signal.SIGINT)


async def test_nothing_is_lost_or_doubled_on_either_screen(
    program: Program, walker: Callable[..., Awaitable[Walker]]
) -> None:
    customer, agent = await walker(program.url), await walker(program.url)
    await customer.visit_shop()
    await customer.write("开始数数")
    email, password = (program.folder / "demo-accounts.txt").read_text().splitlines()[1].split("\t")[:2]
    await agent.sign_in(email, password)
    await agent.rows.filter(has_text="开始数数").click()
    for n in range(5):
        await customer.write(f"第{n}句")
    await program.end(signal.SIGKILL)
    for n in range(5, 10):
        await customer.write(f"第{n}句")
    await agent.reply("我在听")
    await asyncio.sleep(0.5)
    await program.start()
    await expect(agent.thread.get_by_text("第9句")).to_be_visible()
    await expect(customer.log.get_by_text("我在听")).to_be_visible()
    for n in range(10):
        await expect(agent.thread.get_by_text(f"第{n}句")).to_have_count(1)
        await expect(customer.log.get_by_text(f"第{n}句")).to_have_count(1)
    await expect(agent.thread.get_by_text("我在听")).to_have_count(1)
    said = await agent.thread.inner_text()
    places = [said.find(f"第{n}句") for n in range(10)]
    assert places == sorted(places)
    assert not re.search("发送失败|Failed", said)
