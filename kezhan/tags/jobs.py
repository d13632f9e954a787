"""What follows when one tag stands in the place of another."""

from uuid import UUID

from kezhan.kit.db import Database
from kezhan.kit.jobs import Job
from kezhan.tags import store
from kezhan.tags.schemas import Thing

MOVE = "tags.move"
AT_ONCE = 2000


def mover(db: Database) -> Job:
    """The job `tags.move`: what has a merged tag gets the one in its place, some in each transaction."""

    async def work(workspace_id: UUID, tag_id: UUID) -> None:
        for thing in Thing:
            moved = AT_ONCE
            while moved == AT_ONCE:
                async with db.tx(workspace_id) as tx:
                    row = await store.tag(tx, tag_id)
                    if row is None or row["merged_into"] is None:
                        return
                    moved = await store.move(tx, thing, tag_id, row["merged_into"], AT_ONCE)

    return work
