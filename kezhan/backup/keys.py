"""The key of the backups: a text that is never inside one. Lost with the machine it leaves them closed."""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path
from typing import Literal

from kezhan.kit.errors import Refused
from kezhan.settings import Settings

FILE = "backup-key"
_SHORTEST = 12
_COST = 2**15  # of scrypt: 32 MB and a tenth of a second, so that a passphrase is not tried by the million


def standing(settings: Settings) -> Literal["given", "file", "none"]:
    if settings.backup_key:
        return "given"
    return "file" if (settings.data / FILE).exists() else "none"


def read(settings: Settings) -> str:
    """Raises Refused where there is none, or none worth the name."""
    if settings.backup_key:
        return checked(settings.backup_key)
    try:
        return checked((settings.data / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused("backup.no_key", 409, said=str(settings.data / FILE)) from None


def ensure(settings: Settings) -> str:
    """The key; the first time it is made and kept in the data folder."""
    if standing(settings) == "none":
        word = base64.b32encode(secrets.token_bytes(20)).decode()  # 160 bits
        keep(settings.data, "-".join(word[at : at + 4] for at in range(0, len(word), 4)))
    return read(settings)


def keep(data: Path, key: str) -> None:
    """In the data folder, for its owner's eyes; the first of several stays."""
    data.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f"{FILE}.", dir=data)  # 0600
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(f"{key}\n")
        out.flush()
        os.fsync(out.fileno())
    with contextlib.suppress(FileExistsError):
        (data / FILE).hardlink_to(draft)
    Path(draft).unlink()


def checked(text: str) -> str:
    key = text.strip()
    if len(key) < _SHORTEST:
        raise Refused("backup.short_key", 409, said=str(_SHORTEST))
    return key


def derive(key: str, salt: bytes) -> tuple[bytes, bytes]:
    """(what seals, what tells a wrong key from a damaged archive)."""
    root = hashlib.scrypt(key.encode(), salt=salt, n=_COST, r=8, p=1, maxmem=2**26, dklen=32)
    return hmac.digest(root, b"seal", "sha256"), hmac.digest(root, b"check", "sha256")[:8]
