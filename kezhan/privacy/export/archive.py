"""The archive: a file of JSON lines for each table, `files/` with the files themselves, `manifest.json`,
`README.md`."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from kezhan import __version__
from kezhan.fields.seals import TOKEN, unsealed
from kezhan.files.objects import Store, key_of
from kezhan.kit.clock import wire
from kezhan.kit.crypto import BadSeal, KeyRing
from kezhan.kit.db import Database
from kezhan.kit.outflow import Outflow
from kezhan.privacy.export import store
from kezhan.privacy.export.places import GOES, STAYS
from kezhan.privacy.packing import add_file, path_of

FORMAT = 1
_BEAT_S = 1.0
_ID = 16
_PIECE = 500
_SEALED = re.compile(f'"{TOKEN.pattern}"')
Beat = Callable[[int], Awaitable[None]]
"""Told now and then how many rows and files are in; raises where nobody waits any more."""


class Table(NamedTuple):
    """What went into one file of the archive. `digest`: SHA-256 of it."""

    table: str
    rows: int
    size: int
    digest: str


class _Beats:
    """Counts what has gone in, and tells of it now and then."""

    def __init__(self, beat: Beat) -> None:
        self.found = 0
        self._beat, self._at = beat, monotonic()

    async def add(self, count: int) -> None:
        self.found += count
        if monotonic() - self._at >= _BEAT_S:
            self._at = monotonic()
            await self._beat(self.found)


async def archive(db: Database, objects: Store, workspace_id: UUID, beat: Beat) -> AsyncIterator[bytes]:
    """Piece by piece. Held in memory: a batch of rows, and the ids of files (16 bytes each), which go in once
    the moment is over, so that copying them holds no transaction open."""
    out, beats, done, ids = Outflow(), _Beats(beat), [], bytearray()
    with ZipFile(out, "w", ZIP_DEFLATED) as package:
        async with store.moment(db, workspace_id) as conn:
            about = await store.about(conn)
            for table, what in GOES.items():
                seen = hashlib.sha256()
                rows = size = 0
                wanted = await store.statement(conn, table)
                with package.open(f"{what.name}.jsonl", "w", force_zip64=True) as member:
                    async for batch in store.lines(conn, wanted):
                        text = "\n".join(batch) + "\n"
                        if what.sealed:
                            text = _opened(db.ring, workspace_id, text)
                        piece = text.encode()
                        await asyncio.to_thread(member.write, piece)
                        seen.update(piece)
                        rows, size = rows + len(batch), size + len(piece)
                        yield out.fetch()
                        await beats.add(len(batch))
                done.append(Table(table, rows, size, seen.hexdigest()))
            async for batch_ids in store.file_ids(conn):
                ids += b"".join(one.bytes for one in batch_ids)
        there = 0
        for start in range(0, len(ids), _PIECE * _ID):
            part = ids[start : start + _PIECE * _ID]
            wanted_ids = [UUID(bytes=bytes(part[at : at + _ID])) for at in range(0, len(part), _ID)]
            async with db.tx(workspace_id) as tx:
                names = await store.names(tx, wanted_ids)
            for file_id, name in names.items():
                whole = False
                key = key_of(workspace_id, file_id)
                async for packed in add_file(package, out, objects, key, path_of(file_id, name)):
                    whole = True
                    yield packed
                    await beats.add(0)
                there += whole
                await beats.add(1)
        missing = len(ids) // _ID - there
        package.writestr("manifest.json", _manifest(about, done, there, missing))
        package.writestr("README.md", _readme(about.name))
    await beat(beats.found)
    yield out.fetch()


def _opened(ring: KeyRing | None, workspace_id: UUID, text: str) -> str:
    if ring is None:
        raise RuntimeError("this database was opened without a key ring")

    def plain(token: re.Match[str]) -> str:
        try:
            return unsealed(ring, workspace_id, token).decode()
        except (BadSeal, ValueError):
            return "null"

    return _SEALED.sub(plain, text)


def _manifest(about: Any, done: list[Table], files: int, missing: int) -> str:
    tables = [
        {
            "file": f"{GOES[one.table].name}.jsonl",
            "rows": one.rows,
            "bytes": one.size,
            "sha256": one.digest,
            "left_out": dict(GOES[one.table].without),
        }
        for one in done
    ]
    whole = {
        "is": "kezhan.workspace",
        "format": FORMAT,
        "version": __version__,
        "workspace": {"id": str(about.id), "name": about.name},
        "at": wire(about.at),
        "tables": tables,
        # Their own digests stand in files.jsonl.
        "files": {"count": files, "gone": missing},
        "left_out": dict(STAYS),
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _readme(name: str) -> str:
    listed = "\n".join(f"| `{what.name}.jsonl` | {what.zh} | {what.en} |" for what in GOES.values())
    return _README.format(name=name.replace("\n", " "), listed=listed)


_README = """# {name}

企业空间的全部数据，取自同一时刻。每个 `.jsonl` 文件一行一条记录（UTF-8，JSON）；
时间均为 UTC，各文件以 `id` 相互引用。`files/` 是文件本身；
`manifest.json` 记录各文件的行数、SHA-256、导出时间和版本，以及未导出的内容与原因。
密码、密钥、令牌不在其中；加密保存的客户字段以明文给出，请妥善保管。

All data of the workspace, as of one moment. Each `.jsonl` file holds one record a line (UTF-8, JSON);
times are UTC; files refer to each other by `id`. `files/` holds the files themselves; `manifest.json`
tells of each file's rows and SHA-256, the time and version of the export, and what stays out and why.
Passwords, keys and tokens are not in it; customer fields that are kept sealed are plain here, so keep
the archive safe.

| 文件 File | 内容 | Holds |
|---|---|---|
{listed}
"""
