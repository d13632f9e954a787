"""An IMAP server for tests and demos: a mailbox in memory, real providers' oddities as switches."""

import asyncio
import base64
import re
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COMMAND = re.compile(r"(\S+) ((?:UID )?[A-Za-z0-9]+) ?(.*)", re.DOTALL)
_WORD = re.compile(r'"((?:\\.|[^"\\])*)"|(\S+)')


@dataclass
class Letter:
    """A mail as it lies there."""

    uid: int
    raw: bytes
    came: datetime
    seen: bool = False


@dataclass
class ImapServer:
    """Start it, `deliver` into it, stop it. Switches, to be turned at any time:

    `idle`: announces IDLE; `wants_id`: opens no folder to who has not said ID, and takes that without blanks
    inside the parentheses only; `cut_after`: ends a connection instead of the answer to its n-th command;
    `repeats_exists`: says EXISTS with every answer; `refuses`: numbers of mails whose body it keeps back.
    """

    login: str = "support@kezhan.example"
    password: str = "code-1"  # noqa: S105
    token: str = "T0KEN"  # noqa: S105
    idle: bool = True
    wants_id: bool = False
    cut_after: int = 0
    repeats_exists: bool = False
    tls: ssl.SSLContext | None = None
    start_tls: bool = False
    validity: int = 7
    next_uid: int = 1
    letters: list[Letter] = field(default_factory=list)
    refuses: set[int] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)
    port: int = 0

    async def start(self) -> None:
        at_once = None if self.start_tls else self.tls
        self._connections: set[_Connection] = set()
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=at_once)
        except OSError:  # somebody else is there
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=at_once)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self.cut()
        await asyncio.sleep(0)

    def cut(self) -> None:
        """End every connection."""
        for connection in self._connections:
            connection.writer.transport.abort()

    def deliver(self, raw: bytes, came: datetime | None = None) -> int:
        """Put a mail into the folder; who waits in IDLE is told. Its number."""
        letter = Letter(self.next_uid, raw, came or datetime.now(UTC))
        self.next_uid += 1
        self.letters.append(letter)
        for connection in self._connections:
            if connection.idling:
                connection.say(f"* {len(self.letters)} EXISTS")
                connection.say(f"* {len(self.letters)} RECENT")
        return letter.uid

    def renumber(self) -> None:
        """A new UIDVALIDITY, and new numbers."""
        self.validity += 1
        for number, letter in enumerate(self.letters, 1):
            letter.uid = number
        self.next_uid = len(self.letters) + 1

    @property
    def waiting(self) -> int:
        """How many connections are in IDLE."""
        return sum(connection.idling for connection in self._connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, reader, writer)
        self._connections.add(connection)
        try:
            await connection.run()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections.discard(connection)
            writer.close()


class _Connection:
    def __init__(
        self, server: ImapServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.writer = writer
        self.idling = False
        self._server = server
        self._reader = reader
        self._signed_in = self._named = self._opened = False
        self._count = 0

    def say(self, line: str) -> None:
        self.writer.write(f"{line}\r\n".encode())

    async def run(self) -> None:
        self.say("* OK IMAP4rev1 ready")
        while True:
            line = (await self._reader.readuntil(b"\n")).decode().rstrip("\r\n")
            found = _COMMAND.fullmatch(line)
            if found is None:
                self.say("* BAD what?")
                continue
            tag, name, rest = found[1], found[2].upper(), found[3]
            self._server.heard.append(f"{name} {rest}".strip())
            self._count += 1
            if self._count == self._server.cut_after:
                self.writer.transport.abort()
                return
            answer = await self._answer(tag, name, rest)
            if self._server.repeats_exists and self._opened:
                self.say(f"* {len(self._server.letters)} EXISTS")
            self.say(f"{tag} {answer}")
            if name == "STARTTLS" and answer.startswith("OK") and self._server.tls is not None:
                await self.writer.start_tls(self._server.tls)
            if name == "LOGOUT":
                return
            await self.writer.drain()

    async def _answer(self, tag: str, name: str, rest: str) -> str:
        before = {"CAPABILITY": self._capability, "LOGIN": self._login, "ID": self._id}
        inside = {"EXAMINE": self._open, "SELECT": self._open}
        opened = {"UID SEARCH": self._search, "UID FETCH": self._fetch}
        if name in {"NOOP", "LOGOUT"} or (name == "STARTTLS" and self._server.start_tls):
            return f"OK {name} done"
        if name == "AUTHENTICATE":
            return await self._authenticate(rest)
        if name == "IDLE" and self._opened and self._server.idle:
            return await self._idle()
        handler = before.get(name)
        handler = handler or (inside.get(name) if self._signed_in else None)
        handler = handler or (opened.get(name) if self._opened else None)
        return handler(rest) if handler is not None else f"BAD {name} is not known here"

    def _capability(self, _: str) -> str:
        words = ["IMAP4rev1", "ID", "UIDPLUS", "AUTH=XOAUTH2"] + ["IDLE"] * self._server.idle
        self.say(f"* CAPABILITY {' '.join(words)}")
        return "OK done"

    def _login(self, rest: str) -> str:
        words = [re.sub(r"\\(.)", r"\1", one or other) for one, other in _WORD.findall(rest)]
        self._signed_in = words == [self._server.login, self._server.password]
        return (
            "OK signed in"
            if self._signed_in
            else "NO [AUTHENTICATIONFAILED] LOGIN Login error password error"
        )

    async def _authenticate(self, rest: str) -> str:
        wanted = f"user={self._server.login}\x01auth=Bearer {self._server.token}\x01\x01"
        given = base64.b64decode(rest.partition(" ")[2] or "=").decode()
        self._signed_in = rest.startswith("XOAUTH2 ") and given == wanted
        if self._signed_in:
            return "OK signed in"
        self.say("+ eyJzdGF0dXMiOiI0MDAifQ==")
        await self._reader.readuntil(b"\n")
        return "NO AUTHENTICATE failed"

    def _id(self, rest: str) -> str:
        if self._server.wants_id and not re.fullmatch(r'\("[^()]*"\)', rest):
            return "BAD Parse command error"
        self._named = True
        self.say('* ID ("name" "Coremail Imap")')
        return "OK ID completed"

    def _open(self, rest: str) -> str:
        server = self._server
        if server.wants_id and not self._named:
            return "NO SELECT Unsafe Login. Please contact kefu@188.com for help"
        if rest.strip('"').upper() != "INBOX":
            return "NO no such folder"
        self._opened = True
        self.say(f"* {len(server.letters)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {server.validity}] UIDs valid")
        self.say(f"* OK [UIDNEXT {server.next_uid}] next")
        return "OK [READ-ONLY] opened"

    def _search(self, rest: str) -> str:
        found = self._server.letters
        words = rest.split()
        if words[:1] == ["SINCE"]:
            day, month, year = words[1].split("-")
            since = datetime(int(year), _MONTHS.index(month) + 1, int(day), tzinfo=UTC).date()
            found = [letter for letter in found if letter.came.date() >= since]
        self.say(" ".join(["* SEARCH", *(str(letter.uid) for letter in found)]))
        return "OK found"

    def _fetch(self, rest: str) -> str:
        uids, _, items = rest.partition(" ")
        first, colon, last = uids.partition(":")
        newest = self._server.letters[-1].uid if self._server.letters else 0
        low, high = int(first), newest if last == "*" else int(last or first)
        if colon:
            low, high = min(low, high), max(low, high)
        for number, letter in enumerate(self._server.letters, 1):
            if not low <= letter.uid <= high:
                continue
            if letter.uid in self._server.refuses and "BODY.PEEK[]" in items:
                return "NO [SERVERBUG] cannot be read"
            self._say_letter(number, letter, items)
        return "OK fetched"

    def _say_letter(self, number: int, letter: Letter, items: str) -> None:
        said = [f"UID {letter.uid}"]
        if "RFC822.SIZE" in items:
            came = letter.came
            stamp = f"{came.day:2}-{_MONTHS[came.month - 1]}-{came:%Y %H:%M:%S +0000}"
            said += [f"RFC822.SIZE {len(letter.raw)}", f'INTERNALDATE "{stamp}"']
        head = f"* {number} FETCH ({' '.join(said)}"
        if "BODY" not in items:
            self.say(f"{head})")
            return
        raw = letter.raw
        if "[HEADER]" in items:
            raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        section = "[HEADER]" if "[HEADER]" in items else "[]"
        letter.seen = letter.seen or "PEEK" not in items
        self.writer.write(f"{head} BODY{section} {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")

    async def _idle(self) -> str:
        self.say("+ idling")
        self.idling = True
        try:
            while (await self._reader.readuntil(b"\n")).strip().upper() != b"DONE":
                continue
        finally:
            self.idling = False
        return "OK IDLE terminated"
