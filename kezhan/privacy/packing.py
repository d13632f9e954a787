"""Stored files on their way into an archive."""

from collections.abc import AsyncIterator
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from kezhan.files.objects import Store
from kezhan.kit.outflow import Outflow

MEDIA_TYPE = "application/zip"


async def add_file(
    package: ZipFile, out: Outflow, objects: Store, key: str, path: str
) -> AsyncIterator[bytes]:
    """What comes out of the archive meanwhile; nothing where the file has gone."""
    try:
        size = await objects.size(key)
        pieces = await objects.stream(key, 0, size)
    except FileNotFoundError:
        return
    info = ZipInfo(path)
    info.compress_type = ZIP_STORED
    with package.open(info, "w", force_zip64=True) as member:
        async for piece in pieces:
            member.write(piece)
            yield out.fetch()


def path_of(file_id: UUID | str, name: str) -> str:
    return f"files/{file_id}-{name.replace('/', '_')}"
