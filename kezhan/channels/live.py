"""The room's living side in one object: built once in `app`, handed to the routes."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from kezhan.channels import store
from kezhan.channels.accounts import forget_account
from kezhan.channels.deliver import BACKOFF, Courier
from kezhan.channels.events import ChannelChanged
from kezhan.channels.figures import ChannelFigures
from kezhan.channels.take import KEPT, Taker
from kezhan.conversations.desk import Desk, close_sockets
from kezhan.files.objects import Store
from kezhan.kit.db import Database
from kezhan.kit.fetch import guarded_client
from kezhan.kit.outbox import Published
from kezhan.realtime.session import UNAUTHORIZED

_PURGED = 1000


class Channels:
    """One per process. `backoff` (seconds before each further attempt) and `allow_private_hosts` are other
    than usual in tests only."""

    def __init__(
        self,
        desk: Desk,
        files: Store,
        *,
        allow_private_hosts: bool = False,
        backoff: Sequence[float] = BACKOFF,
    ) -> None:
        self.desk = desk
        self.files = files
        self.http = guarded_client(allow_private_hosts=allow_private_hosts)
        self.figures = ChannelFigures()
        self.taker = Taker(desk, files, self.http, self.figures)
        self.courier = Courier(desk, self.http, self.figures, backoff=backoff)

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        """Accounts that have changed are read afresh; the customers of one that is no more are let go."""
        for event, _ in published:
            if isinstance(event, ChannelChanged):
                forget_account(self.desk.db, event.account_id)
                if event.archived:
                    close_sockets(self.desk, f"account:{event.account_id}", UNAUTHORIZED)

    async def run(self) -> None:
        """Take in what was left, send what is due, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.taker.run(), name="channels-taker")
            tasks.create_task(self.courier.run(), name="channels-courier")

    async def stop(self) -> None:
        """Before the lane stops: end what is under way."""
        await self.taker.stop()
        await self.courier.stop()
        await self.http.aclose()


async def drop_old_inbox(db: Database) -> int:
    """Forget calls kept longer than a week, in every workspace; how many. Meant to run daily."""
    dropped = 0
    while True:
        async with db.system_tx() as tx:
            count = await store.drop_inbox(tx, KEPT, _PURGED)
        dropped += count
        if count < _PURGED:
            return dropped
