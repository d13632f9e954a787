"""DingTalk's subscription to events of the organisation: sealed calls that want a sealed "success"."""

import base64
import hashlib
import secrets
import time
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fakes.base import letters
from fakes.deliver import Post

_BLOCK = 32


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def sealed(aes_key: str, owner: str, text: bytes, random: bytes) -> str:
    """`random` is 16 bytes, `owner` the app's key, which ends what is sealed."""
    body = random + len(text).to_bytes(4, "big") + text + owner.encode()
    size = _BLOCK - len(body) % _BLOCK
    box = _cipher(aes_key).encryptor()
    return base64.b64encode(box.update(body + bytes([size]) * size) + box.finalize()).decode()


def opened(aes_key: str, owner: str, encrypted: str) -> tuple[bytes, bytes]:
    """The random bytes and the text; ValueError where it was sealed otherwise."""
    box = _cipher(aes_key).decryptor()
    body = box.update(base64.b64decode(encrypted)) + box.finalize()
    body = body[: -body[-1]]
    end = 20 + int.from_bytes(body[16:20], "big")
    if body[end:] != owner.encode():
        raise ValueError("sealed for another owner")
    return body[:16], body[20:end]


def signed(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    text = "".join(sorted([token, timestamp, nonce, encrypted]))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def event(form: dict[str, str], value: object) -> Post:
    """One call; repeated, it is sealed and signed anew."""
    timestamp, nonce = str(int(time.time() * 1000)), letters(8)
    text = msgspec.json.encode(value)
    encrypted = sealed(form["event_aes_key"], form["app_key"], text, secrets.token_bytes(16))
    mark = signed(form["event_token"], timestamp, nonce, encrypted)
    query = urlencode({"signature": mark, "msg_signature": mark, "timestamp": timestamp, "nonce": nonce})
    join = "&" if "?" in form["webhook"] else "?"
    body = msgspec.json.encode({"encrypt": encrypted})
    return Post(
        url=f"{form['webhook']}{join}{query}", body=body, headers={"content-type": "application/json"}
    )


def heard(form: dict[str, str], status: int, body: bytes) -> bool:
    """Whether the answer is "success", sealed and signed as a call is."""
    try:
        given = msgspec.json.decode(body, type=dict[str, str])
        mark = signed(form["event_token"], given["timeStamp"], given["nonce"], given["encrypt"])
        _, text = opened(form["event_aes_key"], form["app_key"], given["encrypt"])
    except (ValueError, KeyError, IndexError):
        return False
    return status == 200 and mark == given["msg_signature"] and text == b"success"
