"""The outer layer of an archive: a stream in sealed pieces. No piece can be altered, moved, left out or cut
off at the end without notice, and none is ever held but the one at hand.

    KEZHANB1 | length of the head, 4 bytes | head (JSON) | pieces

A piece is 1 MiB under AES-256-GCM, its nonce the piece's number and whether it is the last, the head its
associated data. The key is the installation's, stretched with the archive's own salt, so nonces never meet.
"""

import base64
import os
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kezhan.backup.keys import derive
from kezhan.backup.schemas import About
from kezhan.kit.errors import Refused

PIECE = 1024 * 1024
_MAGIC = b"KEZHANB1"
_TAG = 16
_MOST_HEAD = 64 * 1024


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Head(msgspec.Struct, frozen=True):
    """Open to whoever holds the archive: no word of what is in it."""

    about: About
    salt: str
    check: str


def damaged(said: str) -> Refused:
    return Refused("backup.damaged", 409, said=said)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class Sealer:
    """Takes bytes, passes sealed pieces on. `close` writes the last; without it the archive is cut off."""

    def __init__(self, out: Sink, key: str, about: About) -> None:
        salt = os.urandom(16)
        seal, check = derive(key, salt)
        head = Head(about, base64.b64encode(salt).decode(), check.hex())
        self._head = msgspec.json.encode(head)
        self._cipher = AESGCM(seal)
        self._out = out
        self._number = 0
        self._waiting = bytearray()
        self.bytes = 0
        self._pass(_MAGIC + len(self._head).to_bytes(4, "big") + self._head)

    def _pass(self, data: bytes) -> None:
        self._out.write(data)
        self.bytes += len(data)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        self._waiting += data
        # One stays back: only `close` knows which is the last.
        while len(self._waiting) > PIECE:
            self._piece(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        self._piece(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _piece(self, data: bytes, *, last: bool) -> None:
        self._pass(self._cipher.encrypt(_nonce(self._number, last=last), data, self._head))
        self._number += 1


def head_of(source: Source) -> Head:
    """Raises Refused where this is no archive of ours."""
    return _head(_exactly(source, len(_MAGIC) + 4), source)[0]


def _head(start: bytes, source: Source) -> tuple[Head, bytes]:
    length = int.from_bytes(start[-4:], "big")
    if start[: len(_MAGIC)] != _MAGIC or len(start) < len(_MAGIC) + 4 or length > _MOST_HEAD:
        raise Refused("backup.no_archive", 409)
    raw = _exactly(source, length)
    try:
        return msgspec.json.decode(raw, type=Head), raw
    except msgspec.MsgspecError as fault:
        raise damaged("head") from fault


def opens(head: Head, key: str) -> bool:
    """Whether the archive was sealed with this key."""
    return derive(key, base64.b64decode(head.salt))[1].hex() == head.check


class Opened:
    """Reads what a Sealer has written. Every byte handed out was sealed by whoever has the key; the end is
    only told once the last piece has been seen. Raises Refused: no archive, another key, damaged."""

    def __init__(self, source: Source, key: str) -> None:
        self._source = source
        self.head, self._raw_head = _head(_exactly(source, len(_MAGIC) + 4), source)
        try:
            seal, check = derive(key, base64.b64decode(self.head.salt))
        except ValueError as fault:
            raise damaged("head") from fault
        if check.hex() != self.head.check:
            raise Refused("backup.wrong_key", 409)
        self._cipher = AESGCM(seal)
        self._number = 0
        self._next = _exactly(source, PIECE + _TAG)
        self._plain = memoryview(b"")
        self._over = False

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        found: list[bytes] = []
        while size > 0:
            if not self._plain:
                if self._over:
                    break
                self._open()
                continue
            some = self._plain[:size]
            self._plain = self._plain[len(some) :]
            found.append(bytes(some))
            size -= len(some)
        return b"".join(found)

    def drain(self) -> None:
        while self.read(PIECE):
            pass

    def _open(self) -> None:
        piece, self._next = self._next, _exactly(self._source, PIECE + _TAG)
        self._over = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._number, last=self._over), piece, self._raw_head)
        except InvalidTag as fault:
            raise damaged(f"{self._number + 1}") from fault
        self._number += 1
        self._plain = memoryview(plain)


def _exactly(source: Source, size: int) -> bytes:
    """`size` bytes, fewer at the end only."""
    found = bytearray()
    while len(found) < size and (some := source.read(size - len(found))):
        found += some
    return bytes(found)
