"""How Tencent signs and seals what it pushes: SHA-1 over sorted words, AES-256-CBC over a framed text.

The sealed text is base64 of AES over random (16 bytes) + length (4 bytes, big endian) + content + receiver,
filled up by PKCS#7 with blocks of 32 bytes. The receiver is the app id, or in WeCom the corp id.
"""

import base64
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_BLOCK = 32  # of the filling; twice the cipher's own, so that no ready-made one fits
_FRAME = 20


class Unsealable(ValueError):
    """Not sealed by this key for this receiver."""


def signature(*words: str) -> str:
    """Hex SHA-1 over the words, sorted and joined."""
    joined = "".join(sorted(words)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def seal(aes_key: str, receiver: str, content: bytes, random: bytes) -> str:
    """`content` as the platform seals it; `random` has 16 bytes."""
    framed = random + len(content).to_bytes(4, "big") + content + receiver.encode()
    fill = _BLOCK - len(framed) % _BLOCK
    encryptor = _cipher(aes_key).encryptor()
    sealed = encryptor.update(framed + bytes([fill]) * fill) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def unseal(aes_key: str, receiver: str, sealed: str) -> bytes:
    """The content sealed for `receiver`. Raises Unsealable."""
    try:
        data = base64.b64decode(sealed, validate=True)
    except ValueError as fault:
        raise Unsealable("not sealed") from fault
    framed = unlock(aes_key, data)
    if len(framed) < _FRAME:
        raise Unsealable("sealed by another key")
    ends = _FRAME + int.from_bytes(framed[16:_FRAME], "big")
    if ends > len(framed) or framed[ends:] != receiver.encode():
        raise Unsealable("sealed for somebody else")
    return framed[_FRAME:ends]


def unlock(aes_key: str, data: bytes) -> bytes:
    """What is filled up and enciphered and no more, as files are that a robot was sent. Raises Unsealable."""
    try:
        decryptor = _cipher(aes_key).decryptor()
        filled = decryptor.update(data) + decryptor.finalize()
    except ValueError as fault:
        raise Unsealable("not sealed") from fault
    fill = filled[-1] if filled else 0
    if not 1 <= fill <= min(_BLOCK, len(filled)):
        raise Unsealable("sealed by another key")
    return filled[:-fill]


def _cipher(aes_key: str) -> Cipher[CBC]:
    """Raises ValueError unless `aes_key` is an EncodingAESKey: 43 characters of base64."""
    key = base64.b64decode(aes_key + "=", validate=True)
    return Cipher(AES(key), CBC(key[:16]))
