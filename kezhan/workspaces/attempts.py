"""Checking a password without telling more than yes or no, and not too often."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from kezhan.kit.crypto import token_digest
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.workspaces.credentials import store
from kezhan.workspaces.names import email_key
from kezhan.workspaces.passwords import verify_password

PER_EMAIL = 10
PER_PEER = 50


class Known(NamedTuple):
    """Whether the password fits; `user_id` is set for a known e-mail even where it does not."""

    user_id: UUID | None
    matches: bool


async def count_attempts(db: Database, keys: Sequence[tuple[str, int]]) -> None:
    """Count one more attempt under each (key, how many are let through). Raises Refused 429 with
    `retry_after` in seconds where there were more within 15 minutes."""
    async with db.system_tx() as tx:
        waits = [await store.count_attempt(tx, key, most) for key, most in keys]
    _refuse_early(waits)


async def forget_attempts(db: Database, own: str, shared: str) -> None:
    """It was right: nothing counts any more of what is her `own`, nor this one of what many share."""
    async with db.system_tx() as tx:
        await store.forget_attempts(tx, own)
        await store.take_back_attempt(tx, shared)


def _refuse_early(waits: Iterable[int | None]) -> None:
    waiting = max((wait for wait in waits if wait is not None), default=None)
    if waiting is not None:
        seconds = max(waiting, 1)
        raise Refused("workspaces.too_many_attempts", 429, retry_after=seconds, minutes=-(-seconds // 60))


async def check_password(db: Database, *, email: str, password: str, peer: str) -> Known:
    """Compare, count the attempt, renew an old hash. Raises Refused 429 with `retry_after` in seconds after
    10 failures for one e-mail or 50 from one address within 15 minutes."""
    email_at, peer_at = _email_counter(email), peer_counter(peer)
    async with db.system_tx() as tx:
        waits = [await store.count_attempt(tx, email_at, PER_EMAIL)]
        waits.append(await store.count_attempt(tx, peer_at, PER_PEER))
        user = await store.user_by_email(tx, email_key(email))
    _refuse_early(waits)
    usable = user is not None and user.disabled_at is None
    verdict = await verify_password(password, user.password_hash if user is not None and usable else None)
    if user is None or not verdict.matches:
        return Known(user.id if user is not None else None, False)
    async with db.system_tx() as tx:
        await store.forget_attempts(tx, email_at)
        await store.take_back_attempt(tx, peer_at)
        if verdict.renewed is not None:
            await store.set_password(tx, user.id, verdict.renewed)
    return Known(user.id, True)


def _email_counter(email: str) -> str:
    return "email:" + token_digest(email_key(email)).hex()


def peer_counter(peer: str) -> str:
    """One counter per IPv4 address or IPv6 /64, which is what one subscriber gets."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "peer:" + peer[:64]
    if address.version == 6:
        if address.ipv4_mapped is not None:
            return f"peer:{address.ipv4_mapped}"
        return f"peer:{ipaddress.ip_network((int(address), 64), strict=False)}"
    return f"peer:{address}"
