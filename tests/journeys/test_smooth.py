"""Writing and scrolling while twenty messages a second come in: no task keeps the page busy for long."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, expect

from kezhan.kit.log import log
from kezhan.kit.postgres import Access
from kezhan.shield.schemas import UNBOUND, ShieldEdit
from kezhan.simulate.client import Visitor
from kezhan.workspaces.tests.factories import member_client
from tests.journeys.conftest import opened_inn
from tests.journeys.walk import Walker

PER_SECOND = 20
SECONDS = 15
LONGEST_MS = 50.0
CATEGORIES = ["toplevel", "devtools.timeline", "__metadata"]


def main_tasks(trace: dict[str, Any]) -> list[float]:
    """Milliseconds of processor time of each task of the page's main thread, the longest first: what other
    programs of the machine take from it is none of the page's."""
    events = trace["traceEvents"]
    mains = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for one in events:
        place = (one["pid"], one["tid"])
        if one["name"].endswith("RunTask") and one.get("ph") == "X" and place in mains:
            tasks[place].append(one.get("tdur", one["dur"]) / 1000)
    return sorted(max(tasks.values(), key=sum), reverse=True)


async def _talk(visitor: Visitor, conversation_id: str) -> int:
    """So many a second, evenly; how many."""
    loop, said = asyncio.get_running_loop(), 0
    began = loop.time()
    while (due := began + said / PER_SECOND) < began + SECONDS:
        await asyncio.sleep(max(0.0, due - loop.time()))
        frame = {"type": "send", "client_id": f"s-{said}", "conversation_id": conversation_id, "kind": "text"}
        await visitor.tell({**frame, "body": f"第 {said} 句：请问这款茶还有货吗，什么时候能发出？"})
        said += 1
    return said


@pytest.mark.long
async def test_no_task_is_long_while_messages_pour_in(
    access: Access, tmp_path: Path, assets: Path, chromium: Browser, walker: Callable[..., Awaitable[Walker]]
) -> None:
    async with opened_inn(access, tmp_path, assets) as inn:
        _, owner = await member_client(inn.house, "owner", await inn.workspace_id())
        unbound = msgspec.to_builtins(ShieldEdit(settings=UNBOUND, version=0))
        (await owner.put("/api/shield", json=unbound)).raise_for_status()
        visitor = Visitor(inn.url, inn.site_key, await inn.house.client())
        await visitor.arrive()
        talk = (await visitor.say("你好"))["conversation_id"]
        agent = await walker(inn.url)
        await agent.sign_in(inn.people[2].email, inn.people[2].password)
        await agent.rows.first.click()
        field = agent.page.get_by_role("textbox", name="输入回复")
        await expect(field).to_be_visible()
        await agent.page.wait_for_timeout(1000)
        await chromium.start_tracing(page=agent.page, categories=CATEGORIES)
        pouring = asyncio.create_task(_talk(visitor, talk))
        while not pouring.done():
            await field.press_sequentially("您好，有货。", delay=40)
            await agent.page.mouse.move(600, 300)
            for down in (-400, -400, 900):
                await agent.page.mouse.wheel(0, down)
                await agent.page.wait_for_timeout(60)
        said = await pouring
        await expect(agent.thread.get_by_text(f"第 {said - 1} 句", exact=False)).to_be_attached()
        tasks = main_tasks(json.loads(await chromium.stop_tracing()))
        await visitor.close()
    assert said == PER_SECOND * SECONDS
    longest = ", ".join(f"{one:.1f}" for one in tasks[:8])
    log.info("journeys.smooth", messages=said, tasks=len(tasks), longest_ms=longest)
    assert tasks[0] <= LONGEST_MS, longest
