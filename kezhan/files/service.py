"""What other rooms do with files."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.files import store as rows
from kezhan.files.events import FileErased
from kezhan.files.schemas import FileOut, Holder, Owner
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller


async def attach(tx: Tx, file_id: UUID, owner: Owner, use: str) -> FileOut:
    """Use `owner`'s file for `use` (≤ 400 characters, for instance `<sender id>:<client_id>`).

    A file has one use; the same use again answers the same file. Raises Refused where it is used for
    something else, NotFound where it is not there or not this owner's.
    """
    row = await rows.attach(tx, file_id, owner, use)
    if row is not None:
        return facts(row)
    found = await rows.find(tx, file_id)
    if found is None or (found.owner_kind, found.owner_id) != (owner.kind, owner.id):
        raise NotFound("files.not_found")
    raise Refused("files.used_already", 409)


async def get(tx: Tx, file_id: UUID) -> FileOut:
    row = await rows.find(tx, file_id)
    if row is None:
        raise NotFound("files.not_found")
    return facts(row)


async def erase(tx: Tx, file_id: UUID) -> None:
    """Forget a file: its addresses answer 404 from the commit on, its objects are removed soon after."""
    if await rows.remove(tx, file_id):
        await emit(tx, FileErased(file_id=file_id))


async def share(tx: Tx, file_id: UUID, use: str) -> None:
    """Let a file that is used already serve `use` as well, once. Raises NotFound."""
    if not await rows.share(tx, file_id, use):
        raise NotFound("files.not_found")


async def release(tx: Tx, file_id: UUID, use: str) -> None:
    """`use` needs the file no more; with its last use it is forgotten."""
    if await rows.release(tx, file_id, use):
        await erase(tx, file_id)


async def drop_unattached(tx: Tx, file_id: UUID) -> None:
    """The timer `files.unattached`: a file that nothing used is forgotten."""
    if await rows.remove_unattached(tx, file_id):
        await emit(tx, FileErased(file_id=file_id))


async def refused_kinds(tx: Tx) -> tuple[tuple[str, ...], int]:
    """Endings the workspace refuses, with their version, 0 where nobody has changed them."""
    return await rows.refused_kinds(tx)


async def put_refused_kinds(tx: Tx, refused: Sequence[str], seen: int) -> bool:
    """False where they were changed since version `seen`."""
    return await rows.put_refused_kinds(tx, refused, seen)


def owner_of(caller: Caller) -> Owner:
    """The person, also behind a token."""
    return Owner("member", caller.membership_id)


def holder_of(caller: Caller) -> Holder:
    """Whom to make addresses for: the caller's session, or the token where there is none."""
    return Holder("session", caller.session_id) if caller.session_id else Holder("token", caller.id)


def facts(row: Row[Any]) -> FileOut:
    return FileOut(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        width=row.width,
        height=row.height,
        thumbnail=row.has_thumbnail,
        unchecked=row.checked == "unchecked",
    )
