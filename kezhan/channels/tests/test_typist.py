"""That an agent writes, on the customer's own platform."""

import asyncio
from time import monotonic
from uuid import UUID

import pytest

from kezhan.channels import typist
from kezhan.channels.base import Capabilities, Line, Retry, Seen, Typing, Window
from kezhan.channels.tests.box import Box, Connected, connected, installed
from kezhan.channels.tests.front import Front
from kezhan.kit.testing import until
from kezhan.simulate.client import Agent
from kezhan.testing import Running

ABLE = Capabilities(typing=True, window=Window(seconds=3600))


class Dots:
    """What the platform was asked to show."""

    def __init__(self) -> None:
        self.shown: list[Typing] = []
        self.seen: list[Seen] = []
        self.fault: Exception | None = None

    async def typing(self, line: Line, shown: Typing) -> None:
        self.shown.append(shown)
        if self.fault is not None:
            raise self.fault

    async def read(self, line: Line, shown: Seen) -> None:
        self.seen.append(shown)
        if self.fault is not None:
            raise self.fault


async def begun(front: Front, door: Connected) -> UUID:
    await door.say(message_id="m-7", ticket="t-7")
    await front.heard(1)
    return UUID((await front.conversations())[0]["id"])


async def settled(front: Front) -> None:
    await asyncio.gather(*front.channels.typist._tasks)


async def test_the_customer_sees_that_an_agent_writes_and_it_is_told_once_in_a_while(
    front: Front, moving_house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typist, "_PATIENCE_SECONDS", 60)
    box, dots = Box(), Dots()
    with installed(box, box.channel(ABLE, typing=dots.typing)):
        conversation = await begun(front, await connected(front, box))
        cookies = "; ".join(f"{name}={value}" for name, value in front.owner.cookies.items())
        agent = await Agent.with_cookie(moving_house.url, cookies, front.owner)
        await agent.open()
        await agent.watch(str(conversation))
        typing = {"type": "typing", "conversation_id": str(conversation)}
        for active in (True, True, False, True):
            await agent.tell({**typing, "active": active})

        async def shown() -> list[Typing]:
            return dots.shown

        (told,) = await until(shown)
        assert (told.external_id, told.ticket, told.last_message_id) == ("c-1", "t-7", "m-7")
        monkeypatch.setattr(typist, "monotonic", lambda: float("inf"))
        await agent.tell({**typing, "active": True})

        async def twice() -> bool:
            return len(dots.shown) == 2

        await until(twice)
        await agent.close()


async def test_a_platform_that_fails_is_left_alone_for_a_minute_and_the_message_goes(front: Front) -> None:
    box, dots = Box(), Dots()
    dots.fault = Retry("busy")
    with installed(box, box.channel(ABLE, typing=dots.typing)):
        conversation = await begun(front, await connected(front, box))
        for _ in range(3):
            front.channels.typist.on_typing(front.workspace_id, conversation)
            await settled(front)
        assert len(dots.shown) == 1
        assert front.channels.typist._next[conversation] > monotonic() + 50
        await front.reply(str(conversation), "have it")
        await until(lambda: _brought(box))


async def test_where_nothing_can_be_shown_nobody_is_asked_again(front: Front) -> None:
    box = Box()
    with installed(box, box.channel()):
        conversation = await begun(front, await connected(front, box))
        front.channels.typist.on_typing(front.workspace_id, conversation)
        await settled(front)
        assert front.channels.typist._next[conversation] > monotonic() + 50


async def test_that_an_agent_has_read_is_told_once_for_each_newest_message(
    front: Front, moving_house: Running
) -> None:
    box, dots = Box(), Dots()
    dots.fault = Retry("busy")
    with installed(box, box.channel(ABLE, seen=dots.read)):
        door = await connected(front, box)
        conversation = await begun(front, door)
        cookies = "; ".join(f"{name}={value}" for name, value in front.owner.cookies.items())
        agent = await Agent.with_cookie(moving_house.url, cookies, front.owner)
        await agent.open()
        await agent.watch(str(conversation))
        mark = {"type": "mark", "conversation_id": str(conversation)}

        async def seen(count: int) -> list[Seen]:
            return dots.seen if len(dots.seen) >= count else []

        for frame in ({"delivered_seq": 1}, {"read_seq": 1}, {"read_seq": 1}):
            await agent.tell({**mark, **frame})
        (told,) = await until(lambda: seen(1))
        assert (told.external_id, told.ticket, told.last_message_id) == ("c-1", "t-7", "m-7")
        await door.say(message_id="m-8", ticket="t-8")
        await front.heard(2)
        await agent.tell({**mark, "read_seq": 2})
        assert [one.last_message_id for one in await until(lambda: seen(2))] == ["m-7", "m-8"]
        front.channels.typist.on_seen(UUID(int=1), conversation)
        front.channels.typist.on_seen(front.workspace_id, conversation)
        await settled(front)
        assert len(dots.seen) == 2
        await agent.close()


async def test_nothing_is_shown_for_a_conversation_of_another_workspace(front: Front) -> None:
    box, dots = Box(), Dots()
    with installed(box, box.channel(ABLE, typing=dots.typing)):
        conversation = await begun(front, await connected(front, box))
        front.channels.typist.on_typing(UUID(int=1), conversation)
        await settled(front)
        assert dots.shown == []


async def _brought(box: Box) -> bool:
    return [one.text for one in box.brought] == ["have it"]
