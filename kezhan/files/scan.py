"""Files are looked at for viruses by ClamAV's daemon, where the installation has one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Literal

from kezhan.kit.errors import Refused

SECONDS = 60
_CONNECT_SECONDS = 5
_AT_ONCE = 4
_PIECE = 64 * 1024
_ANSWER = 4096
_TOO_LONG = "INSTREAM size limit exceeded"

Checked = Literal["", "clean", "unchecked"]
"""Of a stored file: nobody looks, looked at, let through without."""


class Infected(Exception):
    """`signature` is the daemon's name of what it has found."""

    def __init__(self, signature: str) -> None:
        super().__init__(signature)
        self.signature = signature


class Unchecked(Refused):
    """The file could not be looked at just now, and shall not come in without."""

    def __init__(self) -> None:
        super().__init__("files.unchecked", 503)


class _Away(Exception):
    """No answer, or none about the file."""


class Scanner:
    """A daemon at `place`: `unix:/path` or `tcp:host:port`. Where it does not answer a file is held back,
    or with `hold` False let through and marked."""

    def __init__(self, place: str, *, hold: bool = True, seconds: float = SECONDS) -> None:
        self.place = place
        self._hold = hold
        self._seconds = seconds
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def look(self, chunks: AsyncIterator[bytes]) -> Checked:
        """Raises Infected; Unchecked where the daemon is away; Refused for a file longer than it reads."""
        try:
            async with self._turn, asyncio.timeout(self._seconds):
                said = await self._ask(b"zINSTREAM\0", chunks)
            if said.endswith("FOUND"):
                raise Infected(said.removeprefix("stream:").removesuffix("FOUND").strip())
            if said != "stream: OK" and _TOO_LONG not in said:
                raise _Away(said)
        except (_Away, OSError, TimeoutError) as fault:
            if self._hold:
                raise Unchecked from fault
            return "unchecked"
        if said == "stream: OK":
            return "clean"
        if self._hold:
            raise Refused("files.unchecked_length", 413)
        return "unchecked"

    async def version(self) -> str:
        """Such as `ClamAV 1.4.2/27500/…`. Raises OSError, TimeoutError, also where nobody like it answers."""
        async with asyncio.timeout(_CONNECT_SECONDS):
            said = await self._ask(b"zVERSION\0", None)
        if not said.startswith("ClamAV"):
            raise OSError("no ClamAV")
        return said

    async def _ask(self, command: bytes, chunks: AsyncIterator[bytes] | None) -> str:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await self._connected()
        # It answers and hangs up as soon as it has had enough, also while we are still writing.
        answer = asyncio.ensure_future(reader.readuntil(b"\0"))
        try:
            with suppress(ConnectionError):
                writer.write(command)
                if chunks is not None:
                    await _send(writer, chunks, answer)
                await writer.drain()
            said = await answer
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as fault:
            raise OSError("broken off") from fault
        finally:
            answer.cancel()
            writer.close()
        return said.rstrip(b"\0").decode("utf-8", "replace").strip()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        kind, _, rest = self.place.partition(":")
        if kind == "unix":
            return await asyncio.open_unix_connection(rest, limit=_ANSWER)
        host, _, port = rest.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=_ANSWER)


async def _send(
    writer: asyncio.StreamWriter, chunks: AsyncIterator[bytes], answer: asyncio.Future[bytes]
) -> None:
    async for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            if answer.done():
                return
            piece = chunk[start : start + _PIECE]
            writer.write(len(piece).to_bytes(4, "big") + piece)
            await writer.drain()
    writer.write(bytes(4))
