"""The customers' socket spoken by hand, frame by frame."""

import asyncio
import json
from typing import Any

import websockets

from kezhan.channels.tests.people import Shop
from kezhan.kit.ids import new_id
from kezhan.kit.testing import PATIENCE, until
from kezhan.simulate.client import Agent, Visitor

Json = dict[str, Any]


class Wire:
    """A socket spoken by hand."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket

    async def send(self, frame: Json | str) -> None:
        await self._socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def next(self, *kinds: str) -> Json:
        """The next frame, or the next one of these kinds."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame: Json = json.loads(await self._socket.recv())
                if not kinds or frame["type"] in kinds:
                    return frame

    async def until_pong(self) -> list[Json]:
        """Everything said up to the answer to a ping of ours: frames are taken in order."""
        await self.send({"type": "ping"})
        frames = []
        while (frame := await self.next())["type"] != "pong":
            frames.append(frame)
        return frames

    async def end(self) -> int:
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self._socket.recv()
            except websockets.ConnectionClosed as over:
                return over.rcvd.code if over.rcvd is not None else 0


class Wires:
    """Opens sockets of one shop and closes them with the test."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._opened: list[websockets.ClientConnection] = []

    async def open(self, origin: str = "") -> Wire:
        address = self._shop.url.replace("http", "ws") + "/w/v1/ws"
        socket = await websockets.connect(address, additional_headers={"Origin": origin} if origin else {})
        self._opened.append(socket)
        return Wire(socket)

    async def of(self, visitor: Visitor, **resume: Any) -> tuple[Wire, Json]:
        wire = await self.open()
        await wire.send({"type": "auth", "token": visitor.token, **resume})
        return wire, await wire.next("ready")

    async def close(self) -> None:
        await asyncio.gather(*(socket.close() for socket in self._opened))


def send(body: str, client_id: str = "", **more: Any) -> Json:
    return {"type": "send", "client_id": client_id or str(new_id()), "body": body, **more}


async def talk(shop: Shop) -> tuple[Visitor, Agent, str]:
    """A visitor and an agent in one conversation, which both follow."""
    visitor, agent = await shop.visitor(), await shop.agent("owner")
    conversation_id = (await visitor.say("hello"))["conversation_id"]
    await agent.watch(conversation_id)
    await until(lambda: conversation_id in visitor.threads)
    return visitor, agent, conversation_id
