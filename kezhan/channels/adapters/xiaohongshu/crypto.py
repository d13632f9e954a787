"""What is said goes as `base64(iv) ~split~ base64(AES-128-CBC)`, with PKCS #7 padding."""

import base64
import binascii
import os

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

_SPLIT = "~split~"


def encrypted(key: str, plain: bytes, iv: bytes | None = None) -> str:
    """`key` as 32 hexadecimal digits; the first block is random unless it is given."""
    iv = iv or os.urandom(16)
    padder, cipher = PKCS7(128).padder(), Cipher(AES(bytes.fromhex(key)), CBC(iv)).encryptor()
    data = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    return base64.b64encode(iv).decode() + _SPLIT + base64.b64encode(data).decode()


def decrypted(key: str, text: str) -> bytes | None:
    """None where it is not made by this key."""
    first, _, rest = text.partition(_SPLIT)
    try:
        iv, data = base64.b64decode(first, validate=True), base64.b64decode(rest, validate=True)
        cipher, padder = Cipher(AES(bytes.fromhex(key)), CBC(iv)).decryptor(), PKCS7(128).unpadder()
        return padder.update(cipher.update(data) + cipher.finalize()) + padder.finalize()
    except (binascii.Error, ValueError):
        return None
