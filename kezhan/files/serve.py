"""Hand a file out to the holder of a signed address."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from uuid import UUID

from msgspec import Struct

from kezhan.files import store as rows
from kezhan.files.address import Address
from kezhan.files.names import disposition
from kezhan.files.objects import Store, key_of, thumbnail_key
from kezhan.files.schemas import Holder
from kezhan.files.sniff import INLINE, UNKNOWN
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, NotFound

VisitorLives = Callable[[Tx, UUID], Awaitable[bool]]
"""Whether a visitor's session is still good. The room that knows stands above; the app hands it in."""

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cache-control": "private, max-age=600",
    "referrer-policy": "no-referrer",
    "accept-ranges": "bytes",
}


class Served(Struct, frozen=True):
    """A response: status, headers (lower case), body or None."""

    status: int
    headers: dict[str, str]
    body: AsyncIterator[bytes] | None


class _Found(Struct, frozen=True):
    key: str
    size: int
    media_type: str
    name: str
    etag: str


async def serve(
    db: Database,
    store: Store,
    visitor_lives: VisitorLives,
    address: Address,
    *,
    thumbnail: bool,
    headers: Mapping[str, str],
) -> Served:
    """Raises Forbidden where the holder's session is over, NotFound where the file is gone."""
    found = await _find(db, store, visitor_lives, address, thumbnail)
    shown = "inline" if found.media_type in INLINE else "attachment"
    known = {
        **_HEADERS,
        "content-type": found.media_type if shown == "inline" else UNKNOWN,
        "content-disposition": disposition(shown, found.name),
        "etag": found.etag,
    }
    if found.etag in headers.get("if-none-match", ""):
        return Served(304, known, None)
    wanted = _wanted(headers, found)
    if wanted is None:
        return Served(416, {**known, "content-range": f"bytes */{found.size}"}, None)
    start, end = wanted
    part = (start, end) != (0, found.size)
    if part:
        known["content-range"] = f"bytes {start}-{end - 1}/{found.size}"
    known["content-length"] = str(end - start)
    return Served(206 if part else 200, known, await store.stream(found.key, start, end))


async def content(db: Database, store: Store, workspace_id: UUID, file_id: UUID) -> bytes:
    """The whole file, for those of the house that pass it on. Raises NotFound where it is gone."""
    async with db.tx(workspace_id) as tx:
        row = await rows.find(tx, file_id)
    if row is None:
        raise NotFound("files.not_found")
    try:
        return await store.read(key_of(workspace_id, row.id))
    except FileNotFoundError as fault:
        raise NotFound("files.not_found") from fault


async def _find(
    db: Database, store: Store, visitor_lives: VisitorLives, address: Address, thumbnail: bool
) -> _Found:
    async with db.tx(address.workspace_id) as tx:
        if not await _lives(tx, visitor_lives, address.holder):
            raise Forbidden("files.holder_gone")
        row = await rows.find(tx, address.file_id)
    if row is None or (thumbnail and not row.has_thumbnail):
        raise NotFound("files.not_found")
    tag = row.digest.hex()[:32]
    try:
        if thumbnail:
            key = thumbnail_key(address.workspace_id, row.id)
            return _Found(key, await store.size(key), "image/webp", row.name + ".webp", f'"{tag}-t"')
        key = key_of(address.workspace_id, row.id)
        return _Found(key, await store.size(key), row.media_type, row.name, f'"{tag}"')
    except FileNotFoundError as fault:
        raise NotFound("files.not_found") from fault


async def _lives(tx: Tx, visitor_lives: VisitorLives, holder: Holder) -> bool:
    if holder.kind == "session":
        return await rows.session_lives(tx, holder.id)
    if holder.kind == "token":
        return await rows.token_lives(tx, holder.id)
    return await visitor_lives(tx, holder.id)


def _wanted(headers: Mapping[str, str], found: _Found) -> tuple[int, int] | None:
    """The bytes asked for, end exclusive; None where there are none. Several ranges at once get the whole."""
    whole = (0, found.size)
    match = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if match is None or headers.get("if-range", found.etag) != found.etag:
        return whole
    first, last = match.groups()
    if not first and not last:
        return whole
    if not first:
        length = min(int(last[:19]), found.size)
        return (found.size - length, found.size) if length else None
    start = int(first[:19])
    end = min(int(last[:19]) + 1, found.size) if last else found.size
    if last and int(last[:19]) < start:
        return whole
    return (start, end) if start < found.size else None
