"""Calls of platforms at rest, and small texts of an account: sealed, each under its own name."""

from uuid import UUID

import msgspec

from kezhan.channels.base import Request
from kezhan.kit.crypto import KeyRing


def seal(keyring: KeyRing, row_id: UUID, request: Request) -> bytes:
    return keyring.seal(msgspec.msgpack.encode(request), call_context(row_id))


def unseal(keyring: KeyRing, row_id: UUID, sealed: bytes) -> Request:
    """Raises BadSeal."""
    return msgspec.msgpack.decode(keyring.unseal(sealed, call_context(row_id)), type=Request)


def sealed_text(keyring: KeyRing, account_id: UUID, name: str, value: str) -> bytes:
    """As a text of the account is kept."""
    return keyring.seal(value.encode(), text_context(account_id, name))


def opened_text(keyring: KeyRing, account_id: UUID, name: str, sealed: bytes | None) -> str:
    """What `sealed_text` has sealed; empty for none."""
    return "" if sealed is None else keyring.unseal(sealed, text_context(account_id, name)).decode()


def text_context(account_id: UUID, name: str) -> str:
    return f"channels.kept:{account_id}:{name}"


def call_context(row_id: UUID) -> str:
    return f"channels.inbox:{row_id}"
