"""What the room needs of the house, which stands above it."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from kezhan.channels.live import Channels
from kezhan.conversations.desk import Desk
from kezhan.kit.bus import Bus
from kezhan.kit.db import Database
from kezhan.kit.outbox import Runner
from kezhan.kit.sockets import Roster
from kezhan.routing.live import Reception
from kezhan.settings import Settings


class Parts(Protocol):
    """One process. `ready` once everything has come up, until it begins to go down; `stopping` from the
    signal on; `work` are the tasks that run as long as the process does; `roster` is there once it serves."""

    ready: bool
    settings: Settings
    db: Database
    bus: Bus
    desk: Desk
    channels: Channels
    reception: Reception
    runner: Runner

    @property
    def stopping(self) -> bool: ...

    @property
    def work(self) -> Sequence[asyncio.Task[None]]: ...

    @property
    def roster(self) -> Roster | None: ...
