"""A small work that a suspicious visitor's browser does before she is let in (hashcash)."""

import hashlib
import math
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from kezhan.kit.clock import wire
from kezhan.kit.crypto import KeyRing
from kezhan.shield.addresses import household
from kezhan.shield.schemas import PUZZLE_SECONDS, Puzzle, PuzzleAnswer

_PURPOSE = "shield.puzzle"
_LEAST_BITS = 14
"""16 thousand hashes on the average: a twentieth of a second on a computer, less than one on an old phone."""
_MOST_BITS = 20


def bits_for(suspicion: float) -> int:
    """`suspicion`: how often over the bound; each doubling doubles the work twice."""
    if suspicion < 1:
        return _LEAST_BITS
    return min(_MOST_BITS, _LEAST_BITS + 2 + 2 * int(math.log2(suspicion)))


def make(keyring: KeyRing, account_id: UUID, address: str, bits: int, at: datetime) -> Puzzle:
    expires_at = at + timedelta(seconds=PUZZLE_SECONDS)
    token = f"{int(expires_at.timestamp())}.{bits}.{secrets.token_urlsafe(12)}"
    signature = keyring.sign(_signed(token, account_id, address), _PURPOSE)
    return Puzzle(token=f"{token}.{signature}", bits=bits, expires_at=wire(expires_at))


def digest_of(
    keyring: KeyRing, solved: PuzzleAnswer, account_id: UUID, address: str, at: datetime
) -> tuple[bytes, datetime] | None:
    """What a good answer is remembered by, and until when; None of any other: foreign, expired, wrong."""
    token, _, signature = solved.token.rpartition(".")
    if not keyring.verify(_signed(token, account_id, address), _PURPOSE, signature):
        return None
    stamp, bits, _ = token.split(".")
    expires_at = datetime.fromtimestamp(int(stamp), at.tzinfo)
    if expires_at <= at or zeros(solved) < int(bits):
        return None
    return hashlib.sha256(solved.token.encode()).digest(), expires_at


def zeros(solved: PuzzleAnswer) -> int:
    """With how many zero bits the hash begins."""
    digest = hashlib.sha256(f"{solved.token}:{solved.answer}".encode()).digest()
    return 256 - int.from_bytes(digest).bit_length()


def _signed(token: str, account_id: UUID, address: str) -> str:
    return f"{token} {account_id} {household(address)}"
