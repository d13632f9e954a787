"""`kezhan rotate-key`: told in plain lines."""

import asyncio
from collections.abc import Callable

from kezhan.backup.command import database
from kezhan.kit.db import Database
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access
from kezhan.rekey.work import rotate
from kezhan.settings import Settings


def rotate_key(settings: Settings, tell: Callable[[str], None]) -> None:
    """Raises Refused, PostgresFault."""
    with database(settings) as access:
        asyncio.run(_rotate(access, settings, tell))


async def _rotate(access: Access, settings: Settings, tell: Callable[[str], None]) -> None:
    db = Database(access, Wiring(), pool=1)
    try:
        await rotate(db, settings, tell)
    finally:
        await db.close()
