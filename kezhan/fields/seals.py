"""Values that are kept sealed: what stands in their place, in whichever column, and how it is opened."""

import base64
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from kezhan.kit.crypto import BadSeal, KeyRing
from kezhan.kit.db import Tx

TOKEN = re.compile(r"kz-sealed:(k\d+):([A-Za-z0-9_-]{1,40}):([A-Za-z0-9_-]+={0,2})")
"""Which key has sealed it, the field's id, the value."""


def is_sealed(value: Any) -> bool:
    return isinstance(value, str) and TOKEN.fullmatch(value) is not None


def context_of(workspace_id: object, field_id: str) -> str:
    return f"fields.value:{workspace_id}:{field_id}"


def token_of(sealed: bytes, field_id: str) -> str:
    key_id, _, rest = sealed.partition(b":")
    return f"kz-sealed:{key_id.decode()}:{field_id}:{base64.urlsafe_b64encode(rest).decode()}"


def unsealed(ring: KeyRing, workspace_id: object, token: re.Match[str]) -> bytes:
    """Raises BadSeal."""
    sealed = token[1].encode() + b":" + base64.urlsafe_b64decode(token[3])
    return ring.unseal(sealed, context_of(workspace_id, token[2]))


class Seals:
    """The workspace's, within a transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def seal(self, field_id: str, value: Any) -> str:
        context = context_of(self._tx.workspace, field_id)
        return token_of(self._tx.ring.seal(msgspec.json.encode(value), context), field_id)

    def opened(self, field_id: str, value: Any) -> Any:
        """A value that is not sealed is itself; None: no key opens it."""
        token = TOKEN.fullmatch(value) if isinstance(value, str) else None
        if token is None:
            return value
        try:
            plain = unsealed(self._tx.ring, self._tx.workspace, token) if token[2] == field_id else b"null"
        except (BadSeal, ValueError):
            return None
        return msgspec.json.decode(plain)

    def all_opened(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """By a field's id; what no key opens stays sealed."""
        opened = {name: self.opened(name, value) for name, value in values.items()}
        return {name: values[name] if value is None else value for name, value in opened.items()}

    def key(self, field_id: str, key: str) -> str:
        """By which a sealed value is found exactly, and nothing can be read."""
        return self._tx.ring.blind(key, context_of(self._tx.workspace, field_id)).hex()
