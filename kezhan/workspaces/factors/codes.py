"""Recovery codes: ten, each good once, for when the phone is gone."""

import base64
import secrets
from uuid import UUID

from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Tx
from kezhan.workspaces.factors import store

COUNT = 10
_BYTES = 10  # 80 bits, 16 letters of base32


async def renew(tx: Tx, user_id: UUID) -> list[str]:
    """Ten new ones as they are shown; those before open nothing any more."""
    codes = [base64.b32encode(secrets.token_bytes(_BYTES)).decode() for _ in range(COUNT)]
    await store.replace_codes(tx, user_id, [_digest(tx.ring, user_id, code) for code in codes])
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


async def use(tx: Tx, user_id: UUID, typed: str) -> bool:
    code = "".join(typed.split()).replace("-", "").upper()
    return await store.use_code(tx, user_id, _digest(tx.ring, user_id, code))


def _digest(keyring: KeyRing, user_id: UUID, code: str) -> bytes:
    return keyring.blind(f"{user_id}:{code}", "workspaces.recovery")
