"""A house with its channels in motion: short pauses between attempts, platforms on this machine allowed."""

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import httpx2
from sqlalchemy import text

from kezhan.app import House
from kezhan.channels.live import Channels
from kezhan.channels.tests.platform import Line
from kezhan.kit.postgres import Access
from kezhan.kit.testing import until
from kezhan.routing.seats.views import has_room
from kezhan.settings import Settings
from kezhan.surveys.answer import overhear
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_workspace, member_client

BACKOFF = (0.2, 0.2, 0.2)
TIMERS_BEAT = 0.1
Json = dict[str, Any]


@dataclass
class Front:
    """One workspace and its owner."""

    running: Running
    channels: Channels
    workspace_id: UUID
    owner: httpx2.AsyncClient

    async def connect(self, webhook_url: str = "") -> Line:
        """A new open channel."""
        form = {"adapter": "open", "name": "App", "settings": {"webhook_url": webhook_url}}
        answer = await self.owner.post("/api/channels", json=form)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        channel = made["channel"]
        client = await self.running.client()
        return Line(client, UUID(channel["id"]), channel["public_key"], made["secret"])

    async def agent(self, role: str = "agent") -> httpx2.AsyncClient:
        _, client = await member_client(self.running, role, self.workspace_id)
        return client

    async def stranger(self) -> httpx2.AsyncClient:
        """The owner of another workspace."""
        _, client = await member_client(self.running)
        return client

    async def conversations(self) -> list[Json]:
        """The heads of every conversation that goes on, newest activity first."""
        answer = await self.owner.get("/api/conversations", params={"name": "all"})
        return [item["head"] for item in answer.json()["items"]]

    async def messages(self, conversation_id: str) -> list[Json]:
        """What was said, without the house's own events."""
        answer = await self.owner.get(f"/api/conversations/{conversation_id}")
        return [message for message in answer.json()["messages"] if message["kind"] != "event"]

    async def heard(self, count: int = 1) -> list[Json]:
        """Wait until the newest conversation has `count` messages of people; these."""

        async def look() -> list[Json]:
            heads = await self.conversations()
            messages = await self.messages(heads[0]["id"]) if heads else []
            return messages if len(messages) >= count else []

        return await until(look)

    async def inbox(self, line: Line) -> list[Json]:
        answer = await self.owner.get(f"/api/channels/{line.account_id}/inbox")
        items: list[Json] = answer.json()["items"]
        return items

    async def deliveries(self, line: Line) -> list[Json]:
        """Oldest first."""
        answer = await self.owner.get(f"/api/channels/{line.account_id}/deliveries")
        items: list[Json] = answer.json()["items"]
        return items[::-1]

    async def reply(self, conversation_id: str, text: str, **more: Any) -> httpx2.Response:
        form = {"client_id": f"a-{time.monotonic_ns()}", "kind": "text", "body": text, **more}
        answer = await self.owner.post(f"/api/conversations/{conversation_id}/messages", json=form)
        assert answer.status_code == 201, answer.text
        return answer

    async def quiet(self) -> None:
        """Wait until all that the workspace has told has had its effect: events are handled, what has come is
        taken in, what is due is done, what goes out has gone."""
        heard = [
            (handler.name, str(kind.__struct_config__.tag))
            for handler in self.running.db.wiring.later
            for kind in handler.events
        ]
        asked = {
            "workspace": self.workspace_id,
            "handlers": [name for name, _ in heard],
            "kinds": [kind for _, kind in heard],
        }

        async def look() -> bool:
            async with self.running.db.system_tx() as tx:
                return not await tx.value(_UNDER_WAY, asked)

        await until(look)

    async def close(self, conversation_id: str) -> None:
        answer = await self.owner.put(f"/api/conversations/{conversation_id}/closure")
        assert answer.status_code < 300, answer.text


_UNDER_WAY = text(
    """
    select exists (
        select from unnest(cast(:handlers as text[]), cast(:kinds as text[])) as h (name, kind)
        join outbox_cursors k on k.handler = h.name
        join outbox o on o.kind = h.kind and (o.xid, o.id) > (k.xid, k.id)
        where o.workspace_id = :workspace
    ) or exists (select from timers where workspace_id = :workspace and due_at <= now())
      or exists (select from channel_inbox where workspace_id = :workspace and taken_at is null
                 and dismissed_at is null)
      or exists (select from channel_deliveries where workspace_id = :workspace and state = 'waiting')
    """
)


async def age_inbox(front: Front, age: timedelta) -> None:
    """Every call of the workspace came that much earlier."""
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.run(
            text("update channel_inbox set received_at = received_at - cast(:age as interval)"), {"age": age}
        )


@contextlib.asynccontextmanager
async def in_motion(
    access: Access, folder: Path, *, private: bool = True, port: int = 0, haste: float = 1.0
) -> AsyncIterator[Running]:
    """Serve a house whose channels reach this machine (unless `private` is false) and retry quickly, and
    whose rates are quicker by `haste`."""
    given: Json = {"data": folder, "port": port, "demo": False}
    house = House(Settings(**given).resolved(), access, assets=None)
    await house.channels.stop()
    house.channels = Channels(
        house.desk,
        house.store,
        has_room=has_room,
        overhear=overhear,
        allow_private_hosts=private,
        backoff=BACKOFF,
        haste=haste,
    )
    house.app.state.channels = house.channels
    server = house.server()
    with patch("kezhan.kit.timers._BEAT_SECONDS", TIMERS_BEAT):
        await server.start()
        served = Running(house, server)
        try:
            yield served
        finally:
            await served.clients.aclose()
            await server.stop()


@contextlib.asynccontextmanager
async def workspace_front(served: Running) -> AsyncIterator[Front]:
    """A workspace of its own in a house in motion, and clients that go with it."""
    running = Running(served.house, served.server)
    try:
        workspace_id = await make_workspace(running.db)
        _, owner = await member_client(running, "owner", workspace_id)
        yield Front(running, running.house.channels, workspace_id, owner)
    finally:
        await running.clients.aclose()


@contextlib.asynccontextmanager
async def open_front(access: Access, folder: Path, *, private: bool = True) -> AsyncIterator[Front]:
    """The front of a house of its own, for what counts or breaks everything in it."""
    async with in_motion(access, folder, private=private) as served, workspace_front(served) as front:
        yield front
