"""The workspace's logo: one of its pictures, which anybody may read as its small copy."""

from uuid import UUID

from kezhan.files import store as rows
from kezhan.files.objects import Store, thumbnail_key
from kezhan.files.schemas import LIMITS, FileOut
from kezhan.files.service import attach, erase, owner_of
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.profile import change_logo, logo_id

_KINDS = frozenset({"image/png", "image/jpeg", "image/webp"})


async def set_logo(tx: Tx, caller: Caller, file_id: UUID | None) -> None:
    """The logo before is forgotten; the same again changes nothing. Raises NotFound for a file that is not
    the caller's, Refused for one that is no picture of these kinds or larger than a logo may be."""
    if file_id is not None and file_id != await logo_id(tx):
        _check(await attach(tx, file_id, owner_of(caller), "workspace.logo"))
    before = await change_logo(tx, caller, file_id)
    if before is not None:
        await erase(tx, before)


def _check(file: FileOut) -> None:
    if not file.thumbnail or file.media_type not in _KINDS:
        raise Refused("files.no_logo", 400, field="file_id")
    if file.size > LIMITS.logo_bytes:
        raise Refused("files.too_large", 413, field="file_id", megabytes=LIMITS.logo_bytes // (1024 * 1024))


async def read_logo(db: Database, store: Store, workspace_id: UUID, file_id: UUID) -> bytes:
    """WebP. Raises NotFound where it is not, or no longer, the logo."""
    async with db.tx(workspace_id) as tx:
        shown = await rows.is_logo(tx, file_id)
    try:
        if shown:
            return await store.read(thumbnail_key(workspace_id, file_id))
    except FileNotFoundError as fault:
        raise NotFound("files.not_found") from fault
    raise NotFound("files.not_found")
