"""A small ClamAV daemon for tests: INSTREAM and VERSION as clamd speaks them, on sockets of both kinds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
FOUND = "Eicar-Test-Signature"


class Clamd:
    """`mood`: well, slow (never answers), rude (hangs up in the middle), strange (answers something else).
    `most` is StreamMaxLength; `seen` counts the streams that came to their end."""

    def __init__(self) -> None:
        self.mood = "well"
        self.most = 1_000_000
        self.seen = 0
        self.place = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(reader)
            if self.mood == "slow":
                await asyncio.Event().wait()
            if self.mood != "rude":
                writer.write(answer.encode() + b"\0")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> str:
        command = (await reader.readuntil(b"\0")).decode()
        if command == "zVERSION\0":
            return "ClamAV 1.4.2/27500/Mon Nov 23 08:00:00 2026" if self.mood == "well" else "220 ready"
        if command != "zINSTREAM\0":
            return "UNKNOWN COMMAND"
        if self.mood == "rude":
            return ""
        if self.mood == "strange":
            return "Error reading database. ERROR"
        data = bytearray()
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            if len(data) + size > self.most:
                return "INSTREAM size limit exceeded. ERROR"
            data += await reader.readexactly(size)
        self.seen += 1
        return f"stream: {FOUND} FOUND" if EICAR in data else "stream: OK"


@asynccontextmanager
async def clamd_at(folder: Path | None) -> AsyncIterator[Clamd]:
    """On a unix socket in `folder`, without one on a TCP port."""
    daemon = Clamd()
    if folder is not None:
        server = await asyncio.start_unix_server(daemon.serve, folder / "clamd.ctl")
        daemon.place = f"unix:{folder / 'clamd.ctl'}"
    else:
        server = await asyncio.start_server(daemon.serve, "127.0.0.1", 0)
        daemon.place = f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield daemon
    finally:
        server.close()
