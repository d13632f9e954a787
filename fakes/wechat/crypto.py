"""Signatures and AES envelopes of WeChat and WeCom.

Key: 43 letters of base64; AES-256-CBC, IV the key's first 16 bytes; plaintext 16 random bytes, length (uint32
big endian), message, receiver's id; PKCS#7 over blocks of 32.
"""

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fakes.base import letters

_BLOCK = 32


class NotOurs(ValueError):
    """It was not sealed with this key for this receiver."""


def signature(*words: str) -> str:
    """SHA-1 over the sorted words, in hex."""
    return hashlib.sha1("".join(sorted(words)).encode(), usedforsecurity=False).hexdigest()


def new_key() -> str:
    """A random EncodingAESKey: 43 letters and digits, the last without bits that no byte takes."""
    return letters(42) + secrets.choice("AEIMQUYcgkosw048")


def _cipher(key: str) -> Cipher[modes.CBC]:
    raw = base64.b64decode(key + "=")
    return Cipher(algorithms.AES(raw), modes.CBC(raw[:16]))


def seal(key: str, receiver: str, message: bytes, random: bytes = b"") -> str:
    """Base64; `random` (16 bytes) only where a published value is to be met."""
    text = (random or secrets.token_bytes(16)) + struct.pack(">I", len(message)) + message + receiver.encode()
    return base64.b64encode(lock(key, text)).decode()


def lock(key: str, text: bytes) -> bytes:
    """Filled up and enciphered and no more, as files are."""
    fill = _BLOCK - len(text) % _BLOCK
    encryptor = _cipher(key).encryptor()
    return encryptor.update(text + bytes([fill]) * fill) + encryptor.finalize()


def unseal(key: str, sealed: str, receiver: str) -> bytes:
    """NotOurs where anything about it is wrong."""
    try:
        decryptor = _cipher(key).decryptor()
        text = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
        fill = text[-1]
        if not 1 <= fill <= _BLOCK or text[-fill:] != bytes([fill]) * fill:
            raise NotOurs("wrong padding")
        (length,) = struct.unpack(">I", text[16:20])
    except (ValueError, IndexError, struct.error) as fault:
        raise NotOurs(str(fault)) from None
    body = text[20:-fill]
    if body[length:] != receiver.encode():
        raise NotOurs("another receiver")
    return body[:length]
