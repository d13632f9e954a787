"""Hints over NATS, sealed: to be let in by its server does not make anybody a part of the installation."""

import asyncio
import base64
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nats.errors
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nats.aio.client import Client
from nats.aio.msg import Msg

from kezhan.kit.bus import PAYLOAD, SEND_SECONDS, Bus
from kezhan.kit.crypto import BadSeal, KeyRing
from kezhan.kit.db import Database
from kezhan.kit.log import log
from kezhan.settings import Settings

LONGEST = PAYLOAD + 200
"""Bytes of one message as it travels: a payload, its number, and the seal."""
PING_SECONDS = 5
CONNECT_SECONDS = 2
_CLOSE_SECONDS = 1.0
_WRITER_SECONDS = 0.001
_SENDERS = 1_000
_BEATS_SECONDS = 5.0
"""Within so long after the line is up every living process has been heard."""

# The identifier outlives a fail-over to a replica; a dump that is restored elsewhere gets another one.
_IDENTITY = """
    select system_identifier || ':' || (select oid from pg_database where datname = current_database())
    from pg_control_system()
"""


class _Strict(Client):
    """`tls://` means TLS: the client by itself sends its password in the clear to whoever says that it needs
    none, and this is its last step before that. Headers of messages, which nobody here sends, are declined:
    it gives up reading over those it cannot parse."""

    def __init__(self, *, tls: bool) -> None:
        super().__init__()
        self._tls_wanted = tls

    def _connect_command(self) -> bytes:
        if self._tls_wanted and not self._server_info.get("tls_required"):
            raise nats.errors.SecureConnWantedError
        self._server_info.pop("headers", None)
        return super()._connect_command()


class Line:
    """One connection, for good or ill: it is not mended, another one is opened. `fault` is the last thing
    that went wrong on it; `on_lost` is called when it has ended."""

    def __init__(self, settings: Settings, on_lost: Callable[[], None] = lambda: None) -> None:
        self._servers = settings.nats_servers
        self._credentials = settings.nats_credentials
        self._client = _Strict(tls=any(server.startswith("tls:") for server in self._servers))
        self._on_lost = on_lost
        self.fault: Exception | None = None

    @property
    def up(self) -> bool:
        return self._client.is_connected and self.fault is None

    async def open(self) -> None:
        """Raises nats.errors.Error, OSError or ValueError, with the reason and never the password."""
        given: dict[str, Any] = {}
        if self._credentials is not None:
            given |= _identity(self._credentials)
        first = urlsplit(self._servers[0])
        if first.password is not None:
            given |= {"user": unquote(first.username or ""), "password": unquote(first.password)}
        elif first.username is not None:
            given["token"] = unquote(first.username)
        try:
            await self._client.connect(
                self._servers,
                name="kezhan",
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=CONNECT_SECONDS,
                ping_interval=PING_SECONDS,
                no_echo=True,
                error_cb=self._note,
                closed_cb=self._lost,
                **given,
            )
        except nats.errors.NoServersError:
            raise self.fault or ConnectionError("no server") from None
        self.fault = None

    async def listen(self, subject: str, hear: Callable[[Msg], Awaitable[None]]) -> None:
        """Return when the server has agreed. Raises as `send` does."""
        await self._client.subscribe(subject, cb=hear)
        await self.send(subject, ())

    async def send(self, subject: str, messages: Sequence[bytes]) -> None:
        """Return when the server has them all. Raises as `open` does, and TimeoutError."""
        waited = False
        async with asyncio.timeout(SEND_SECONDS):
            for message in messages:
                await self._client.publish(subject, message)
            # Its PING overtakes what its own writer has not taken yet, and the answer would say nothing.
            while self._client.pending_data_size:
                await asyncio.sleep(0 if not waited else _WRITER_SECONDS)
                waited = True
            await self._client.flush()
        if self.fault is not None:
            raise self.fault

    async def close(self) -> None:
        # The other end may be gone without a word, and the client waits for it.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._client.close()

    async def _note(self, fault: Exception) -> None:
        """Among others that this user may not publish or listen here, which ends no connection."""
        if not isinstance(fault, nats.errors.SlowConsumerError):  # the numbers tell what was dropped
            self.fault = fault
            self._on_lost()

    async def _lost(self) -> None:
        self._on_lost()


def _identity(file: Path) -> dict[str, Any]:
    """Who we are by a `.creds` file: a JWT, and the seed of the key that signs for it. Raises OSError, and
    ValueError for any other file. By hand, for what the client uses has to be compiled."""
    found = re.findall(r"^-+BEGIN [A-Z ]+-+\s+(\S+)\s+-+END", file.read_text("ascii"), re.MULTILINE)
    if len(found) != 2:
        raise ValueError(f"{file} is not a .creds file")
    token, seed = found
    # Two bytes say what it is, the last two are a checksum; 32 lie between.
    key = Ed25519PrivateKey.from_private_bytes(base64.b32decode(seed + "=" * (-len(seed) % 8))[2:-2])
    return {
        "user_jwt_cb": token.encode,
        "signature_cb": lambda nonce: base64.b64encode(key.sign(nonce.encode())),
    }


class NatsBus(Bus):
    """Core NATS: no stream, no store. Payloads are numbered by their sender, so that whoever has not got one
    learns it from the next, wherever between the servers of a cluster it was lost."""

    name = "nats"
    apart = True

    def __init__(self, settings: Settings, db: Database, keyring: KeyRing) -> None:
        super().__init__()
        self._settings = settings
        self._db = db
        self._keyring = keyring
        self._subject = ""
        self._line: Line | None = None
        self._opened_at = 0.0
        self._number = 0
        self._numbers: dict[str, int] = {}

    @property
    def up(self) -> bool:
        return self._line is not None and self._line.up

    async def start(self) -> None:
        """Returns when hints of others arrive, or could not yet: the process does its work all the same."""
        self._subject = await subject_of(self._db, self._keyring)
        await super().start()

    async def _open(self) -> None:
        line = self._line = Line(self._settings, self._wake.set)
        await line.open()
        await line.listen(self._subject, self._message)
        self._numbers.clear()
        self._opened_at = asyncio.get_running_loop().time()

    async def _deliver(self, payloads: list[str]) -> None:
        if self._line is None:
            raise ConnectionError("the bus has no connection")
        await self._line.send(self._subject, [self._sealed(payload) for payload in payloads])

    async def _close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    def _sealed(self, payload: str) -> bytes:
        self._number += 1
        return self._keyring.seal(f"{self._number} {payload}".encode(), self._subject)

    async def _message(self, message: Msg) -> None:
        try:
            if len(message.data) > LONGEST:
                raise BadSeal("longer than any of ours")
            number, _, payload = self._keyring.unseal(message.data, self._subject).decode().partition(" ")
        except (BadSeal, UnicodeError):
            self._refuse()
            return
        sender = payload.partition(" ")[0]
        try:
            if sender != self.id and self._is_next(sender, int(number)):
                self._hear(payload)
        except Exception as fault:  # the client must not take it for one of the line
            log.error("bus.hint_fault", exc_info=fault)

    def _is_next(self, sender: str, number: int) -> bool:
        """False for what was heard before and comes again."""
        last = self._numbers.get(sender)
        if last is not None and number <= last:
            self._refuse()
            return False
        if len(self._numbers) >= _SENDERS:
            self._numbers.clear()
        self._numbers[sender] = number
        if last is None:
            settled = asyncio.get_running_loop().time() - self._opened_at > _BEATS_SECONDS
            lost = settled and number > 1
        else:
            lost = number > last + 1
        if lost:
            self._on_missed()
        return True


async def subject_of(db: Database, keyring: KeyRing) -> str:
    """This installation's own: from its database's identity, under its keys. Raises as a connection does."""
    conn = await db.connect("kz_system")
    try:
        identity = await conn.fetchval(_IDENTITY)
    finally:
        await conn.close(timeout=2)
    return f"kezhan.{keyring.blind(identity, 'bus.subject').hex()[:32]}.hints"
