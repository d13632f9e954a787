"""Calls of platforms at rest: sealed, each under its own row's name."""

from uuid import UUID

import msgspec

from kezhan.channels.base import Request
from kezhan.kit.crypto import KeyRing


def seal(keyring: KeyRing, row_id: UUID, request: Request) -> bytes:
    return keyring.seal(msgspec.msgpack.encode(request), _context(row_id))


def unseal(keyring: KeyRing, row_id: UUID, sealed: bytes) -> Request:
    """Raises BadSeal."""
    return msgspec.msgpack.decode(keyring.unseal(sealed, _context(row_id)), type=Request)


def _context(row_id: UUID) -> str:
    return f"channels.inbox:{row_id}"
