"""The envelope of DingTalk's event callbacks.

The key is the base64 of `aes_key` and "="; AES-256-CBC with the key's first 16 bytes as iv, padded to 32.
Inside are 16 random bytes, the length of the text (4 bytes, the highest first), the text and its owner's key:
that of the company, the suite or the app. Signed by `sha1_hex` of token, timestamp, nonce and sealed text,
sorted and joined.
"""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_RANDOM = 16


def signature(token: str, timestamp: str, nonce: str, sealed: str) -> str:
    joined = "".join(sorted((token, timestamp, nonce, sealed)))
    return hashlib.sha1(joined.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def opened(sealed: str, aes_key: str) -> tuple[bytes, str]:
    """The text and its owner's key. Raises ValueError where it was not sealed with this key."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ValueError("Expected base64 - at `$.encrypt`") from fault
    if not raw or len(raw) % 16:
        raise ValueError("Expected whole blocks - at `$.encrypt`")
    decryptor = _cipher(aes_key).decryptor()
    padded = decryptor.update(raw) + decryptor.finalize()
    plain = padded[: -padded[-1]] if 0 < padded[-1] <= _BLOCK else b""
    length = int.from_bytes(plain[_RANDOM : _RANDOM + 4])
    text, owner = plain[_RANDOM + 4 : _RANDOM + 4 + length], plain[_RANDOM + 4 + length :]
    if len(plain) < _RANDOM + 4 or len(text) != length:
        raise ValueError("not sealed with this key")
    return text, owner.decode("utf-8", "replace")


def seal(text: bytes, aes_key: str, owner: str, random: bytes) -> str:
    """The text as the platform reads it; `random` is 16 bytes."""
    plain = random + len(text).to_bytes(4) + text + owner.encode()
    room = _BLOCK - len(plain) % _BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([room]) * room) + encryptor.finalize()).decode()


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    try:
        key = base64.b64decode(aes_key + "=")
        return Cipher(algorithms.AES256(key), modes.CBC(key[:16]))
    except (binascii.Error, ValueError) as fault:
        raise ValueError("the aes_key is not one of 43 characters") from fault
