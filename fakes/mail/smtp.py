"""An SMTP server for tests and demos: takes mails from who has signed in, and says what it is told to say."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

TOO_LARGE = 25 * 1024 * 1024
_LINE = 2048
_DISORDER = "503 5.5.1 Bad sequence of commands"
_SAID = {
    "EHLO": ("250-mail.kezhan.example", f"250-SIZE {TOO_LARGE}", "250-8BITMIME", "250 AUTH PLAIN LOGIN"),
    "HELO": ("250 ok",),
    "NOOP": ("250 ok",),
    "RSET": ("250 ok",),
}


@dataclass
class Posted:
    """A mail as it was handed over."""

    sender: str
    to: list[str] = field(default_factory=list)
    raw: bytes = b""


@dataclass
class SmtpServer:
    """Start it, hear of each mail by `take` (an answer such as "451 4.3.0 later"; empty: taken), stop it.
    `known`: whether there is such a recipient."""

    take: Callable[[Posted], Awaitable[str]]
    known: Callable[[str], bool]
    login: str
    password: str
    port: int = 0

    async def start(self) -> None:
        """On its port, or on any other where that is taken."""
        self._writers: set[asyncio.StreamWriter] = set()
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        except OSError:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await _Talk(self, reader, writer).run()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


class _Talk:
    def __init__(
        self, server: SmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._signed_in = False
        self._mail: Posted | None = None

    async def _line(self) -> str:
        return (await self._reader.readuntil(b"\n"))[:_LINE].decode("utf-8", "replace").rstrip("\r\n")

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()

    async def run(self) -> None:
        await self._say("220 mail.kezhan.example ESMTP")
        while True:
            name, _, rest = (await self._line()).partition(" ")
            if name.upper() == "QUIT":
                await self._say("221 bye")
                return
            await self._say(*await self._answer(name.upper(), rest))

    async def _answer(self, name: str, rest: str) -> Sequence[str]:
        if name in _SAID:
            self._mail = None
            return _SAID[name]
        if name == "AUTH":
            return [await self._auth(rest)]
        if not self._signed_in:
            return ["530 5.7.0 Authentication required"]
        if name == "MAIL":
            self._mail = Posted(_address(rest))
            return ["250 ok"]
        return [await self._fill(self._mail, name, rest) if self._mail else _DISORDER]

    async def _fill(self, mail: Posted, name: str, rest: str) -> str:
        if name == "RCPT":
            return self._recipient(mail, _address(rest))
        return await self._data(mail) if name == "DATA" and mail.to else _DISORDER

    def _recipient(self, mail: Posted, address: str) -> str:
        if not self._server.known(address):
            return "550 5.1.1 No such user"
        mail.to.append(address)
        return "250 ok"

    async def _auth(self, rest: str) -> str:
        how, _, first = rest.partition(" ")
        try:
            if how.upper() == "PLAIN":
                given = base64.b64decode(first or await self._asked("")).decode().split("\0")[1:]
            else:
                words = [first or await self._asked("VXNlcm5hbWU6"), await self._asked("UGFzc3dvcmQ6")]
                given = [base64.b64decode(word).decode() for word in words]
        except (binascii.Error, UnicodeDecodeError):
            return "501 5.5.2 Cannot decode"
        self._signed_in = given == [self._server.login, self._server.password]
        return "235 2.7.0 ok" if self._signed_in else "535 5.7.8 Login fail. Authorization code is wrong"

    async def _asked(self, word: str) -> str:
        await self._say(f"334 {word}")
        return await self._line()

    async def _data(self, mail: Posted) -> str:
        await self._say("354 go ahead")
        lines: list[bytes] = []
        while (line := await self._reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail.raw, self._mail = b"".join(lines), None
        if len(mail.raw) > TOO_LARGE:
            return "552 5.3.4 Message too big"
        return await self._server.take(mail) or "250 2.0.0 queued"


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0].lower()
