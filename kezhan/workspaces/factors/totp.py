"""Codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds)."""

import hmac
import io
import time
from uuid import UUID

import pyotp
import segno

from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.workspaces.factors import store

PERIOD = 30
_SKEW = 1
"""Steps that a phone's clock may be early or late."""


def new_secret() -> str:
    return pyotp.random_base32()


def address_of(secret: str, email: str, issuer: str) -> str:
    """What an app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer.replace(":", " "))


def picture_of(address: str) -> str:
    """A QR code as SVG, black on white on dark screens too, for cameras read it so."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True
    )
    return out.getvalue().decode()


def seal(keyring: KeyRing, user_id: UUID, secret: str) -> bytes:
    return keyring.seal(secret.encode(), context_of(user_id))


def context_of(user_id: UUID) -> str:
    return f"workspaces.totp:{user_id}"


def step_of(secret: str, code: str, at: float, after: int = 0) -> int | None:
    """The step whose code this is, at `at` (Unix seconds) or one beside; None where it is none of those later
    than `after`."""
    now, generator = int(at) // PERIOD, pyotp.HOTP(secret)
    fitting = [
        step
        for step in range(now - _SKEW, now + _SKEW + 1)
        if hmac.compare_digest(generator.at(step).encode(), code.encode())
    ]
    return next((step for step in fitting if step > after), None)


async def check(db: Database, user_id: UUID, code: str, *, confirmed: bool) -> bool:
    """Whether this is a code of hers that was not taken before; from now on it was. `confirmed`: of the app
    that she signs in with, else of the one just offered."""
    async with db.system_tx() as tx:
        kept = await store.totp(tx, user_id)
        if kept is None or (kept.confirmed_at is not None) is not confirmed:
            return False
        secret = tx.ring.unseal(kept.sealed, context_of(user_id)).decode()
        step = step_of(secret, code, time.time(), kept.last_step)
        return step is not None and await store.use_step(tx, user_id, step)
