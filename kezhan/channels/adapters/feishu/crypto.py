"""The platform's signatures and envelope.

`X-Lark-Signature = sha256_hex(timestamp + nonce + encrypt_key + raw body)`; a card's callback of the old kind
has `sha1_hex(timestamp + nonce + verification_token + raw body)`. A sealed body is `{"encrypt": …}` with
the base64 of iv and AES-256-CBC, its key `sha256(encrypt_key)`, padded by PKCS7.
"""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK = 16


def signature(timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> str:
    return hashlib.sha256(f"{timestamp}{nonce}{encrypt_key}".encode() + body).hexdigest()


def card_signature(timestamp: str, nonce: str, verification_token: str, body: bytes) -> str:
    # The platform's choice, for cards whose callback address was set the old way.
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(f"{timestamp}{nonce}{verification_token}".encode() + body)
    return digest.hexdigest()


def opened(sealed: str, encrypt_key: str) -> bytes:
    """What an `encrypt` holds. Raises ValueError where it was not sealed with this key."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ValueError("Expected base64 - at `$.encrypt`") from fault
    if len(raw) < 2 * _BLOCK or len(raw) % _BLOCK:
        raise ValueError("Expected whole blocks - at `$.encrypt`")
    decryptor = _cipher(encrypt_key, raw[:_BLOCK]).decryptor()
    padded = decryptor.update(raw[_BLOCK:]) + decryptor.finalize()
    unpadder = PKCS7(_BLOCK * 8).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def sealed(plain: bytes, encrypt_key: str, iv: bytes) -> str:
    """The `encrypt` of a body; `iv` is 16 bytes."""
    padder = PKCS7(_BLOCK * 8).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = _cipher(encrypt_key, iv).encryptor()
    return base64.b64encode(iv + encryptor.update(padded) + encryptor.finalize()).decode()


def _cipher(encrypt_key: str, iv: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES256(hashlib.sha256(encrypt_key.encode()).digest()), modes.CBC(iv))
