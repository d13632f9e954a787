"""Off the request's path: objects whose rows are gone."""

from datetime import datetime, timedelta
from uuid import UUID

from kezhan.files import store as rows
from kezhan.files.objects import Store, key_of, thumbnail_key
from kezhan.kit.db import Database
from kezhan.kit.jobs import Job

REMOVE = "files.remove"
_SETTLED = timedelta(hours=24)
"""An object younger than this may belong to an upload whose row is yet to come."""


def remover(store: Store) -> Job:
    """The job `files.remove`: takes away the objects of an erased file."""

    async def remove(workspace_id: UUID, file_id: UUID) -> None:
        await store.remove([key_of(workspace_id, file_id), thumbnail_key(workspace_id, file_id)])

    return remove


async def sweep(db: Database, store: Store, at: datetime) -> int:
    """Remove settled objects that no row knows, in every workspace; how many. Meant to run daily."""
    removed = 0
    for workspace_id in await store.workspaces():
        async for batch in store.listed(workspace_id):
            old = [item for item in batch if item.file_id and item.modified_at < at - _SETTLED]
            if not old:
                continue
            async with db.tx(workspace_id) as tx:
                known = await rows.known(tx, [item.file_id for item in old if item.file_id])
            orphans = [item.key for item in old if item.file_id not in known]
            await store.remove(orphans)
            removed += len(orphans)
    return removed
