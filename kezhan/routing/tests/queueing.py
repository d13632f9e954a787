"""Customers who wait, as they hear of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.kit.timers import TimerRunner
from kezhan.routing.queue.leave import LEFT_TIMER
from kezhan.routing.tests.factories import Lobby
from kezhan.simulate.client import Visitor

Json = dict[str, Any]


class Heard:
    """What a customer is told of her place, newest last."""

    def __init__(self, visitor: Visitor) -> None:
        self.frames: list[Json] = []
        visitor.heard.append(self._hear)

    def _hear(self, frame: Json) -> None:
        if frame["type"] == "place":
            self.frames.append(frame)

    @property
    def last(self) -> Json:
        return self.frames[-1] if self.frames else {}

    async def until(self, **wanted: Any) -> Json:
        """Until the last frame says all this."""
        await until(lambda: wanted.items() <= self.last.items())
        return self.last


async def arrive(lobby: Lobby, **more: Any) -> tuple[Visitor, Heard]:
    visitor = await lobby.shop.visitor(**more)
    return visitor, Heard(visitor)


async def queued(lobby: Lobby) -> tuple[Visitor, Heard, UUID]:
    """A customer who has just written."""
    visitor, heard = await arrive(lobby)
    said = await visitor.say("你好")
    return visitor, heard, UUID(said["conversation_id"])


async def serve(lobby: Lobby, count: int, waited_ms: int = 20_000, queue_id: UUID | None = None) -> None:
    """As if so many had been accepted within the last half hour."""
    async with lobby.shop.db.tx(lobby.shop.workspace_id) as tx:
        for number in range(count):
            await tx.fetch(
                "insert into queue_events (workspace_id, id, at, kind, conversation_id, account_id, channel,"
                " queue_id, waited_ms) values ($1, $2, $3, 'accepted', $4, $5, 'webchat', $6, $7)",
                tx.workspace, new_id(), now() - timedelta(minutes=number % 29), new_id(),
                lobby.shop.account_id, queue_id or tx.workspace, waited_ms,
            )  # fmt: skip


async def hang_up(visitor: Visitor) -> None:
    """Her line is gone and does not come back by itself."""
    await visitor.close()


async def time_passes(lobby: Lobby, conversation_id: UUID, kind: str = LEFT_TIMER) -> None:
    """The timer is set, and falls due now."""
    wanted = "update timers set due_at = now() where kind = $1 and ref = $2 returning ref"
    await until(lambda: lobby.rows(wanted, kind, conversation_id))
    await TimerRunner(lobby.shop.db).step()


async def state_of(lobby: Lobby, conversation_id: UUID) -> tuple[str, bool] | None:
    """(state, message) of what waits."""
    rows = await lobby.rows("select state, message from waits where conversation_id = $1", conversation_id)
    return (rows[0]["state"], rows[0]["message"]) if rows else None
