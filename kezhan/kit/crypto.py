"""The key ring: encrypted fields, blind indexes, signatures, tokens."""

import base64
import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import tempfile
from datetime import datetime
from pathlib import Path
from time import monotonic

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
LOOK_SECONDS = 2.0


class BadSeal(Exception):
    """A sealed value that this ring cannot open: altered, of another context, or of a key that is gone."""


class _RingFile(msgspec.Struct, frozen=True):
    current: str
    keys: dict[str, str]


class KeyRing:
    """Keys by id; the newest seals, every one opens. Kept in a 0600 file in the data folder, which is looked
    at again while running: a key added to it is known within `LOOK_SECONDS`.

    Purposes never share key material: each use derives its own key from the ring's by HMAC.
    """

    def __init__(self, current: str, keys: dict[str, bytes], path: Path | None = None) -> None:
        self._current = current
        self._keys = keys
        self._path = path
        self._seen = _stamp(path)
        self._looked = monotonic()

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return self._current

    @classmethod
    def open(cls, path: Path) -> "KeyRing":
        """Read the ring at `path`; a first start makes it."""
        if not path.exists():
            first = _RingFile(current="k1", keys={"k1": base64.b64encode(os.urandom(32)).decode()})
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = _draft(path, first)
            # A link appears complete or not at all, and the first of several starts wins.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        return cls(*_read(path), path)

    @staticmethod
    def add(path: Path) -> str:
        """A new key, which seals from now on; its id. Others stay for what they have sealed and signed."""
        with path.parent.joinpath(f"{path.name}.lock").open("w") as alone:
            fcntl.flock(alone, fcntl.LOCK_EX)  # of two at once neither may lose the other's key
            stored = msgspec.json.decode(path.read_bytes(), type=_RingFile)
            name = f"k{max(int(known[1:]) for known in stored.keys) + 1}"
            keys = {**stored.keys, name: base64.b64encode(os.urandom(32)).decode()}
            _draft(path, _RingFile(current=name, keys=keys)).replace(path)
        return name

    def _look(self, *, now: bool = False) -> bool:
        """Whether the file was another one than the last time."""
        if self._path is None or not (now or monotonic() - self._looked > LOOK_SECONDS):
            return False
        self._looked = monotonic()
        if (stamp := _stamp(self._path)) == self._seen:
            return False
        self._current, self._keys = _read(self._path)
        self._seen = stamp
        return True

    def _derived(self, purpose: str, key_id: str) -> bytes:
        return hmac.digest(self._keys[key_id], purpose.encode(), "sha256")

    def seal(self, plain: bytes, context: str) -> bytes:
        """AES-256-GCM; `context` (for instance `channels.secret:<id>`) must be the same to open it."""
        self._look()
        sealed = seal_with(self._derived("seal", self._current), plain, context)
        return self._current.encode() + b":" + sealed

    def unseal(self, sealed: bytes, context: str) -> bytes:
        key_id, _, rest = sealed.partition(b":")
        if (name := key_id.decode("ascii", "replace")) not in self._keys:
            self._look(now=True)
        if name not in self._keys:
            raise BadSeal("unknown key")
        return unseal_with(self._derived("seal", key_id.decode()), rest, context)

    def blind(self, value: str, context: str) -> bytes:
        """A look-up index for an encrypted value: equal values give equal bytes, nothing else can be read."""
        oldest = min(self._keys, key=lambda name: (len(name), name))
        return hmac.digest(self._derived("blind:" + context, oldest), value.encode(), "sha256")

    def sign(self, message: str, purpose: str) -> str:
        self._look()
        digest = hmac.digest(self._derived("sign:" + purpose, self._current), message.encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:24]).decode().rstrip("=")

    def verify(self, message: str, purpose: str, signature: str) -> bool:
        for key_id in self._keys:
            digest = hmac.digest(self._derived("sign:" + purpose, key_id), message.encode(), "sha256")
            expected = base64.urlsafe_b64encode(digest[:24]).decode().rstrip("=")
            if hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
                return True
        return self._look(now=True) and self.verify(message, purpose, signature)


def _draft(path: Path, ring: _RingFile) -> Path:
    """Written whole beside `path`, readable by nobody else."""
    handle, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # 0600
    with os.fdopen(handle, "wb") as out:
        out.write(msgspec.json.encode(ring))
        out.flush()
        os.fsync(out.fileno())
    return Path(draft)


def _read(path: Path) -> tuple[str, dict[str, bytes]]:
    stored = msgspec.json.decode(path.read_bytes(), type=_RingFile)
    return stored.current, {name: base64.b64decode(key) for name, key in stored.keys.items()}


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Another one for another file."""
    if path is None or not path.exists():
        return None
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def new_key() -> bytes:
    """A key of its own for what is to be forgotten as one: with the key all that it sealed is gone."""
    return AESGCM.generate_key(256)


def seal_with(key: bytes, plain: bytes, context: str) -> bytes:
    """As `KeyRing.seal`, under a key of `new_key`."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def unseal_with(key: bytes, sealed: bytes, context: str) -> bytes:
    """Raises BadSeal."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
    except (InvalidTag, ValueError) as fault:  # ValueError: cut off within the nonce
        raise BadSeal("altered, of another key or of another context") from fault


def new_token(prefix: str) -> str:
    """An unguessable credential, 256 bits, readable prefix (`kzs_`, `kzv_`, `kza_`) for secret scanners."""
    return prefix + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What the database keeps of a token: the token itself is known to its holder only."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def stamped(secret: str, body: bytes, at: datetime, *, old: str | None = None) -> str:
    """The value of `X-Kezhan-Signature`: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, "<t>.<body>")>, and
    while the `old` secret holds as well a second v1 of that."""
    stamp = str(int(at.timestamp()))
    also = f",v1={stamp_digest(old, stamp, body)}" if old is not None else ""
    return f"t={stamp},v1={stamp_digest(secret, stamp, body)}{also}"


def stamp_digest(secret: str, stamp: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()
