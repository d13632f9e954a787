"""Argon2 off the event loop, two at a time: one hash takes 64 MiB and tens of milliseconds."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

hasher = PasswordHash.recommended()
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


class Verdict(NamedTuple):
    """`renewed`: a hash with today's parameters, where the stored one has older ones."""

    matches: bool
    renewed: str | None


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_threads, hasher.hash, password)


async def verify_password(password: str, stored: str | None) -> Verdict:
    """Compare; without a stored hash the same work is done against one that nothing matches."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, password, stored)


@functools.cache
def _nobody(hasher: PasswordHash) -> str:
    return hasher.hash("nobody has this password")


def _verify(password: str, stored: str | None) -> Verdict:
    nobody = _nobody(hasher)
    try:
        matches, renewed = hasher.verify_and_update(password, stored or nobody)
    except UnknownHashError:
        hasher.verify(password, nobody)
        return Verdict(False, None)
    return Verdict(matches and stored is not None, renewed)
