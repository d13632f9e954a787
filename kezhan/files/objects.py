"""Where the bytes lie: a folder, or any S3-compatible store behind the same calls."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import obstore
from obstore.store import LocalStore, ObjectStore

from kezhan.files.scan import Scanner
from kezhan.kit.ids import parse_id

_PIECE = 256 * 1024
_PART = 5 * 1024 * 1024
_LIST = 500


class Stored(NamedTuple):
    """One object as a listing shows it; `file_id` None where the name is not ours."""

    key: str
    file_id: UUID | None
    modified_at: datetime


def key_of(workspace_id: UUID, file_id: UUID) -> str:
    # UUIDv7 begins with the time: its end spreads files over the folders.
    return f"{workspace_id}/{file_id.hex[-2:]}/{file_id}"


def thumbnail_key(workspace_id: UUID, file_id: UUID) -> str:
    return key_of(workspace_id, file_id) + ".t"


class Store:
    """Objects by key. An object appears whole or not at all."""

    def __init__(self, objects: ObjectStore, scanner: Scanner | None = None) -> None:
        self._objects = objects
        self.scanner = scanner
        # One picture is decoded at a time: 40 megapixels are 160 MB.
        self.decoding = asyncio.Semaphore(1)

    @classmethod
    def local(cls, folder: Path, scanner: Scanner | None = None) -> "Store":
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(folder), scanner)

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Write what `chunks` brings; nothing is left where it raises."""
        async with obstore.open_writer_async(self._objects, key, buffer_size=_PART) as out:
            async for chunk in chunks:
                await out.write(chunk)

    async def put(self, key: str, data: bytes) -> None:
        await obstore.put_async(self._objects, key, data)

    async def read(self, key: str) -> bytes:
        """Raises FileNotFoundError."""
        found = await obstore.get_async(self._objects, key)
        return bytes(await found.bytes_async())

    async def stream(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes start … end (exclusive). Raises FileNotFoundError before the first piece."""
        found = await obstore.get_async(self._objects, key, options={"range": (start, end)})
        return _pieces(found)

    async def size(self, key: str) -> int:
        """Raises FileNotFoundError."""
        return (await obstore.head_async(self._objects, key))["size"]

    async def remove(self, keys: Sequence[str]) -> None:
        """A missing one is no fault."""
        for key in keys:
            try:
                await obstore.delete_async(self._objects, key)
            except FileNotFoundError:
                continue

    def reader(self, key: str) -> "obstore.ReadableFile":
        """The object as a file to read, for work off the loop. Raises FileNotFoundError."""
        return obstore.open_reader(self._objects, key, buffer_size=_PART)

    def writer(self, key: str) -> "obstore.WritableFile":
        """A file to write; the object is there once it is closed."""
        return obstore.open_writer(self._objects, key, buffer_size=_PART)

    async def workspaces(self) -> list[UUID]:
        found = await obstore.list_with_delimiter_async(self._objects, "")
        ids = (parse_id(prefix.strip("/")) for prefix in found["common_prefixes"])
        return [workspace_id for workspace_id in ids if workspace_id]

    async def listed(self, workspace_id: UUID) -> AsyncIterator[list[Stored]]:
        """Every object of a workspace, a few hundred at a time."""
        async for batch in obstore.list(self._objects, f"{workspace_id}/", chunk_size=_LIST):
            yield [_stored(meta["path"], meta["last_modified"]) for meta in batch]


def _stored(key: str, modified_at: datetime) -> Stored:
    return Stored(key, parse_id(key.rsplit("/", 1)[-1].removesuffix(".t")), modified_at)


async def _pieces(found: "obstore.GetResult") -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=_PIECE):
        yield bytes(piece)
