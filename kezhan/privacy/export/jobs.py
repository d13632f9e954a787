"""Off the request's path: the archive is written."""

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.files.exports.write import exporter as written
from kezhan.files.exports.write import tell
from kezhan.files.objects import Store
from kezhan.files.schemas import Incoming
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.jobs import Job
from kezhan.kit.words import say
from kezhan.privacy.export.archive import archive
from kezhan.privacy.export.ask import OURS
from kezhan.privacy.packing import MEDIA_TYPE
from kezhan.workspaces.members import member_caller
from kezhan.workspaces.permissions import Permission

EXPORT = OURS.name


def exporter(db: Database, files: Store) -> Job:
    """The job `privacy.export`."""
    return written(OURS, db, files, partial(_make, db, files))


async def _make(db: Database, files: Store, workspace_id: UUID, row: Row[Any]) -> Incoming:
    """Raises Refused where she owns the workspace no more, or reads it masked."""
    async with db.tx(workspace_id) as tx:
        caller = await member_caller(tx, row.membership_id)
    if caller is None or not caller.may(Permission.WORKSPACE_OWN) or caller.cover is not None:
        raise Refused("search.rights_gone", 403)
    name = f"{say(row.language, 'privacy.export_name')} {row.created_at:%Y-%m-%d %H%M}.zip"
    beat = partial(tell, OURS, db, workspace_id, row.id)
    return Incoming(name, MEDIA_TYPE, archive(db, files, workspace_id, beat))
