"""Lists that change too often to be told change by change: whoever follows one hears that it is stale."""

import asyncio
from collections.abc import Callable, Collection
from uuid import UUID

import msgspec

from kezhan.realtime.across import Across
from kezhan.realtime.hints import Touched
from kezhan.realtime.hub import Hub, Listener
from kezhan.realtime.schemas import Stale

PAUSE_SECONDS = 1.0

_encode = msgspec.json.Encoder().encode


class Pulse:
    """One per process. The first change is told at once, those of the next second together at its end."""

    def __init__(self, across: Across, hub: Hub) -> None:
        self._across = across
        self._hub = hub
        self._resting: dict[tuple[str, str, UUID], bool] = {}
        self._followed: set[tuple[str, UUID]] = set()
        across.on(Touched, lambda hint: self.show(hint.topic, hint.workspace_id))

    def follow(
        self, listener: Listener, workspace_id: UUID, wanted: Collection[str], every: Collection[str]
    ) -> None:
        """From now on `listener` hears of the lists `wanted`, of all there are (`every`)."""
        for topic in every:
            if topic in wanted:
                self._hub.join(_name(topic, workspace_id), listener)
                self._followed.add((topic, workspace_id))
            else:
                self._hub.leave(_name(topic, workspace_id), listener)

    def touch(self, topic: str, workspace_id: UUID) -> None:
        """A list has changed: tell its followers, on whatever process."""
        self.show(topic, workspace_id)
        if not self._across.alone:
            hint = Touched(topic=topic, workspace_id=workspace_id)
            self._once(("tell", topic, workspace_id), lambda: self._across.tell(hint))

    def show(self, topic: str, workspace_id: UUID) -> None:
        """The same for the followers on this process alone: the others know of the change themselves."""
        name = _name(topic, workspace_id)
        if self._hub.heard(name):
            frame = _encode(Stale(topic=topic))
            self._once(("show", topic, workspace_id), lambda: self._hub.send(name, frame))

    async def resync(self) -> None:
        """Changes elsewhere may have been missed."""
        self._followed = {(topic, id_) for topic, id_ in self._followed if self._hub.heard(_name(topic, id_))}
        for topic, workspace_id in self._followed:
            self.show(topic, workspace_id)

    def _once(self, key: tuple[str, str, UUID], act: Callable[[], None]) -> None:
        if key in self._resting:
            self._resting[key] = True
            return
        self._resting[key] = False
        act()
        asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._rested, key, act)

    def _rested(self, key: tuple[str, str, UUID], act: Callable[[], None]) -> None:
        if self._resting.pop(key):
            self._once(key, act)


def _name(topic: str, workspace_id: UUID) -> str:
    return f"stale:{topic}:{workspace_id}"
