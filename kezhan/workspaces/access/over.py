"""Sessions and tokens whose time is up while their sockets stand open: nobody asks for them, so they are
looked for."""

from collections.abc import Callable, Sequence
from uuid import UUID

from kezhan.kit.beat import every
from kezhan.kit.db import Database
from kezhan.workspaces.access import store

EVERY_SECONDS = 20.0


async def over(db: Database, ids: Sequence[UUID]) -> set[UUID]:
    """Those of these sessions and tokens that are good no more."""
    async with db.system_tx() as tx:
        return set(ids) - await store.open_ids(tx, ids)


async def watch(db: Database, connected: Callable[[], Sequence[UUID]], end: Callable[[UUID], None]) -> None:
    """Until cancelled: `end` is called with each of those `connected` whose time is up."""

    async def look() -> None:
        if ids := connected():
            for one in await over(db, ids):
                end(one)

    await every(EVERY_SECONDS, look, "workspaces.over_failed")
