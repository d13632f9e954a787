"""As much of an IMAP client (RFC 3501) as reading a mailbox takes: one task, one command at a time.

Lines and literals are bounded, a connection that ends is told at once, and what was said before the command
under way was sent cannot pass for its answer, as nobody can guess its tag.
"""

import asyncio
import base64
import re
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from msgspec import Struct

from kezhan.channels.base import Expired, Line, Retry, Turned, detail, reason
from kezhan.kit.fetch import NotAllowed, dial

T = TypeVar("T")
SECONDS = 30.0
LITERAL = 64 * 1024 * 1024
_LINE = 4 * 1024 * 1024
"""The numbers of half a million mails."""
_ANSWERS = 500_000
_LITERAL = re.compile(rb"\{(\d{1,12})\+?\}\Z")
_NEWS = re.compile(rb"\* \d+ (?:EXISTS|RECENT)\b", re.IGNORECASE)
_CODE = re.compile(rb"\[(UIDVALIDITY|UIDNEXT) (\d{1,19})\]", re.IGNORECASE)


class Broken(Exception):
    """The connection has ended, or what comes over it is no IMAP."""


class Said(Struct, frozen=True):
    """One answer: its line without the literals, and those in their order."""

    line: bytes
    literals: tuple[bytes, ...] = ()


class Refused(Exception):
    """NO or BAD to a command."""

    def __init__(self, line: bytes) -> None:
        super().__init__(line.decode("utf-8", "replace")[:300])


class Imap:
    """A connection. Every wait ends after SECONDS; then, and when it ends by itself, Broken is raised."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._prefix = secrets.token_hex(4)
        self._count = 0
        self.capabilities: frozenset[str] = frozenset()
        self.news = False
        """Whether an answer has said besides that the folder has changed; for the caller to take back."""

    def close(self) -> None:
        self._writer.close()

    async def greeting(self) -> None:
        said = await self._answer()
        if not re.match(rb"\* OK\b", said.line, re.IGNORECASE):
            raise Broken(said.line.decode("utf-8", "replace")[:200])

    async def next(self, seconds: float) -> Said:
        """The next answer, whatever it is. TimeoutError where none begins in time."""
        line = await self._line(seconds)
        whole, room = line, LITERAL
        literals: list[bytes] = []
        while (found := _LITERAL.search(line)) is not None:
            size = int(found[1])
            room -= size
            if room < 0:
                raise Broken(f"a literal of {size} bytes")
            literals.append(await self._exactly(size))
            line = await self._within(self._line(SECONDS))
            whole += b" " + line
        return Said(whole, tuple(literals))

    async def command(self, text: str) -> list[Said]:
        """Send it; the untagged answers up to its end. Raises Refused."""
        tag = await self._send(text)
        return await self._answers(tag)

    async def sign_in(self, name: str, password: str) -> None:
        await self.command(f"LOGIN {quoted(name)} {quoted(password)}")

    async def sign_in_by_token(self, name: str, token: str) -> None:
        """XOAUTH2. A server that refuses explains itself first and waits for an empty line."""
        given = base64.b64encode(f"user={name}\x01auth=Bearer {token}\x01\x01".encode()).decode()
        tag = await self._send(f"AUTHENTICATE XOAUTH2 {given}")
        await self._answers(tag, reply=b"\r\n")

    async def learn(self) -> None:
        """What the server can do; asked again after signing in, as the answer changes."""
        for said in await self.command("CAPABILITY"):
            words = said.line.decode("ascii", "replace").upper().split()
            if words[1:2] == ["CAPABILITY"]:
                self.capabilities = frozenset(words[2:])

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        await self.command("STARTTLS")
        await self._within(self._writer.start_tls(context, server_hostname=host))

    async def open(self, folder: str) -> tuple[int, int]:
        """UIDVALIDITY and UIDNEXT of a folder, opened to read (0 where the server does not say)."""
        numbers = {b"UIDVALIDITY": 0, b"UIDNEXT": 0}
        for said in await self.command(f"EXAMINE {quoted(folder_name(folder))}"):
            found = _CODE.search(said.line)
            if found is not None:
                numbers[found[1].upper()] = int(found[2])
        return numbers[b"UIDVALIDITY"], numbers[b"UIDNEXT"]

    async def idle(self, seconds: float) -> None:
        """Wait until the folder has something new, for `seconds` at most (RFC 2177)."""
        tag = await self._send("IDLE")
        await self._until_continued(tag)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    said = await self.next(seconds + SECONDS)
                    if re.match(rb"\* BYE\b", said.line, re.IGNORECASE):
                        raise Broken("the server has said goodbye")
                    if said.line.startswith(f"{tag} ".encode()):
                        return
                    if _NEWS.match(said.line):
                        break
        self._writer.write(b"DONE\r\n")
        await self._answers(tag)

    async def _until_continued(self, tag: str) -> None:
        while True:
            said = await self._answer()
            if said.line.startswith(b"+"):
                return
            if said.line.startswith(f"{tag} ".encode()):
                raise Refused(said.line)

    async def _send(self, text: str) -> str:
        if re.search(r"[\0\r\n]", text):
            raise Turned("a line end within a command", fault="not_allowed")
        self._count += 1
        tag = f"{self._prefix}{self._count}"
        self._writer.write(f"{tag} {text}\r\n".encode())
        await self._within(self._writer.drain())
        return tag

    async def _answers(self, tag: str, reply: bytes | None = None) -> list[Said]:
        found: list[Said] = []
        while True:
            said = await self._answer()
            if said.line.startswith(b"+") and reply is not None:
                self._writer.write(reply)
                reply = None
            elif said.line.startswith(f"{tag} ".encode()):
                result = said.line[len(tag) + 1 :]
                if result[:2].upper() != b"OK":
                    raise Refused(result)
                return [*found, Said(b"* " + result)]
            elif re.match(rb"\* BYE\b", said.line, re.IGNORECASE):
                raise Broken(said.line.decode("utf-8", "replace")[:200])
            else:
                if len(found) >= _ANSWERS:
                    raise Broken("no end of answers")
                self.news = self.news or _NEWS.match(said.line) is not None
                found.append(said)

    async def _answer(self) -> Said:
        try:
            return await self.next(SECONDS)
        except TimeoutError as fault:
            raise Broken("no answer") from fault

    async def _line(self, seconds: float) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as fault:
            raise Broken("the connection has ended") from fault
        except (OSError, asyncio.LimitOverrunError) as fault:
            if isinstance(fault, TimeoutError):
                raise
            raise Broken(detail(fault)) from fault
        return line.rstrip(b"\r\n")

    async def _exactly(self, size: int) -> bytes:
        """A long literal may take its time, as long as something comes."""
        pieces: list[bytes] = []
        while size:
            piece = await self._within(self._reader.read(min(size, _LINE)))
            if not piece:
                raise Broken("the connection has ended")
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    @staticmethod
    async def _within(work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(SECONDS):
                return await work
        except OSError as fault:  # TimeoutError too
            raise Broken(detail(fault)) from fault


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def folder_name(name: str) -> str:
    """A folder's name as it travels (RFC 3501, 5.1.3)."""

    def packed(found: re.Match[str]) -> str:
        text = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=")
        return f"&{text.replace('/', ',')}-"

    return re.sub(r"[^\x20-\x7e]+", packed, name.replace("&", "&-"))


def numbers(answers: Sequence[Said], name: bytes) -> list[int]:
    """The numbers of `* SEARCH …` and the like."""
    found = [said.line.split()[2:] for said in answers if said.line.upper().startswith(b"* " + name)]
    return [int(word) for words in found for word in words if word.isdigit() and len(word) < 12]


@asynccontextmanager
async def mailbox(line: Line) -> AsyncIterator[tuple[Imap, int, int]]:
    """The account's folder, opened to read: the connection, UIDVALIDITY, UIDNEXT. Raises Retry, Turned and
    Expired, also of what happens within."""
    try:
        imap = await _connected(line)
    except NotAllowed as fault:
        raise Turned("the incoming server's address is not a public one", fault="not_allowed") from fault
    except (Broken, OSError) as fault:
        raise Retry(f"incoming server: {detail(fault)}", fault=reason(fault)) from fault
    except Refused as fault:
        raise Turned(f"incoming server: {fault}", fault="not_allowed") from fault
    try:
        await _signed_in(imap, line)
        validity, following = await imap.open(line.account.settings.folder)
        yield imap, validity, following
    except Refused as fault:
        raise Turned(f"incoming server: {fault}", fault="not_allowed") from fault
    except Broken as fault:
        raise Retry(f"incoming server: {fault}") from fault
    finally:
        imap.close()


async def _connected(line: Line) -> Imap:
    settings = line.account.settings
    if not settings.imap_host:
        raise Turned("no incoming server is set", fault="not_allowed")
    tls = None if settings.imap_security == "none" else await asyncio.to_thread(ssl.create_default_context)
    sock = await dial(line.http, settings.imap_host, settings.imap_port)
    at_once = tls if settings.imap_security == "tls" else None
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(
            sock=sock, limit=_LINE, ssl=at_once, server_hostname=settings.imap_host if at_once else None
        )
    imap = Imap(reader, writer)
    try:
        await imap.greeting()
        if tls is not None and at_once is None:
            await imap.start_tls(tls, settings.imap_host)
    except BaseException:
        imap.close()
        raise
    return imap


async def _signed_in(imap: Imap, line: Line) -> None:
    settings = line.account.settings
    name = settings.login or settings.address
    try:
        if settings.auth == "oauth2":
            await imap.sign_in_by_token(name, await line.token())
        else:
            await imap.sign_in(name, line.account.secrets.password)
    except Refused as fault:
        if re.search(r"UNAVAILABLE|INUSE|too many|try again", str(fault), re.IGNORECASE):
            raise Retry(f"incoming server: {fault}") from fault
        if settings.auth == "oauth2":
            raise Expired(str(fault)) from fault
        raise Turned(f"incoming server: {fault}", fault="token_expired") from fault
    await imap.learn()
    if "ID" in imap.capabilities:
        # NetEase opens no folder to a program that has not said who it is, and takes no blanks within the
        # parentheses (RFC 2971).
        with suppress(Refused):
            await imap.command('ID ("name" "Kezhan" "version" "1")')
