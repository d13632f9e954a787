"""Take a file in: streamed, counted, looked at, then known to the database."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

from kezhan.files import store as rows
from kezhan.files.events import FileInfected
from kezhan.files.kinds import check_head, check_name
from kezhan.files.names import clean_name
from kezhan.files.objects import Store, key_of, thumbnail_key
from kezhan.files.picture import Picture, examine
from kezhan.files.scan import Checked, Infected
from kezhan.files.schemas import LIMITS, FileOut, Incoming, Limits, Owner
from kezhan.files.sniff import HEAD_BYTES, UNKNOWN, media_type, picture_kind
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.timers import set_timer

UNATTACHED = "files.unattached"


class _Measured:
    """Counts and hashes what flows through, and stops a flow that is too long."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._hash = hashlib.sha256()
        self.size = 0
        self.head = b""

    @property
    def digest(self) -> bytes:
        return self._hash.digest()

    async def flow(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.head += chunk[: HEAD_BYTES - len(self.head)]
            self.size += len(chunk)
            self._check()
            self._hash.update(chunk)
            yield chunk
        if not self.size:
            raise Refused("files.empty", 400)

    def _check(self) -> None:
        limit = self._limits.image_bytes if picture_kind(self.head) else self._limits.file_bytes
        if self.size > limit:
            raise Refused("files.too_large", 413, megabytes=limit // (1024 * 1024))


async def receive(
    db: Database,
    store: Store,
    workspace_id: UUID,
    *,
    owner: Owner,
    incoming: Incoming,
    limits: Limits = LIMITS,
) -> FileOut:
    """Store a file for `owner`. The object is written first and the row after it, in a transaction of its
    own: call this outside of one. Raises Refused where the file is empty, too large, has too many pixels, is
    of a kind the workspace refuses, is not what its name says or holds a virus; Unchecked where nobody can
    look for one just now.

    A file that nothing attaches within a day is removed.
    """
    file_id = new_id()
    name = clean_name(incoming.name, limits.name)
    ours = owner.kind == "system"  # what we have written ourselves needs no look
    if not ours:
        async with db.tx(workspace_id) as tx:
            refused, _ = await rows.refused_kinds(tx)
        check_name(name, refused)
    key, small_key = key_of(workspace_id, file_id), thumbnail_key(workspace_id, file_id)
    measured = _Measured(limits)
    try:
        await store.write(key, measured.flow(incoming.chunks))
        checked: Checked = ""
        if not ours:
            check_head(name, incoming.declared_type, measured.head, refused)
            checked = await _scan(db, store, workspace_id, owner, name, key, measured.size)
        kind, picture = await _look(store, key, measured.head, incoming.declared_type, limits)
        if picture:
            await store.put(small_key, picture.thumbnail)
        file = FileOut(
            id=file_id,
            name=name,
            media_type=kind,
            size=measured.size,
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            thumbnail=picture is not None,
            unchecked=checked == "unchecked",
        )
        async with db.tx(workspace_id) as tx:
            await _record(tx, owner, file, measured.digest, checked)
            await set_timer(tx, UNATTACHED, file.id, now() + timedelta(seconds=limits.unattached_s))
    except BaseException:
        await store.remove([key, small_key])
        raise
    return file


async def _scan(
    db: Database, store: Store, workspace_id: UUID, owner: Owner, name: str, key: str, size: int
) -> Checked:
    """Before anybody can open it. Raises Refused where it is infected, which the workspace hears of."""
    if store.scanner is None:
        return ""
    try:
        return await store.scanner.look(await store.stream(key, 0, size))
    except Infected as found:
        async with db.tx(workspace_id) as tx:
            event = FileInfected(
                name=name, signature=found.signature[:200], owner_kind=owner.kind, owner_id=owner.id
            )
            await emit(tx, event)
        raise Refused("files.infected", name=name) from found


async def _look(
    store: Store, key: str, head: bytes, declared: str, limits: Limits
) -> tuple[str, Picture | None]:
    kind = picture_kind(head)
    if kind is None:
        return media_type(head, declared), None
    async with store.decoding:
        picture = await asyncio.to_thread(examine, await store.read(key), limits)
    return (kind, picture) if picture else (UNKNOWN, None)


async def _record(tx: Tx, owner: Owner, file: FileOut, digest: bytes, checked: Checked) -> None:
    values = {
        "id": file.id,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "digest": digest,
        "width": file.width,
        "height": file.height,
        "has_thumbnail": file.thumbnail,
        "owner_kind": owner.kind,
        "owner_id": owner.id,
        "checked": checked,
    }
    await rows.add(tx, values)
