"""For tests: the platform's hand, which seals and signs what it pushes."""

import secrets
import string
from datetime import datetime

from msgspec import structs

from kezhan.channels.base import Request
from kezhan.channels.vendors.tencent.crypto import seal, signature
from kezhan.channels.vendors.tencent.push import Keys

_LETTERS = string.ascii_letters + string.digits
_KEY_LETTERS = 43


def new_aes_key() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_KEY_LETTERS))


def pushed(request: Request, keys: Keys, at: datetime, *, sealed_hello: bool) -> Request:
    """The call as the platform makes it at `at`: a handshake signed (and its echostr sealed), a message
    sealed."""
    stamp, nonce = str(int(at.timestamp())), secrets.token_hex(5)
    query = {**request.query, "timestamp": stamp, "nonce": nonce}
    query["signature"] = signature(keys.token, stamp, nonce)
    if request.method == "GET" and not sealed_hello:
        return structs.replace(request, query=query)
    content = query.get("echostr", "").encode() if request.method == "GET" else request.body
    cipher = seal(keys.aes_key, keys.receiver, content, secrets.token_bytes(16))
    query |= {"msg_signature": signature(keys.token, stamp, nonce, cipher)}
    if request.method == "GET":
        return structs.replace(request, query=query | {"echostr": cipher})
    body = f"<xml><ToUserName><![CDATA[to]]></ToUserName><Encrypt><![CDATA[{cipher}]]></Encrypt></xml>"
    return structs.replace(request, query=query | {"encrypt_type": "aes"}, body=body.encode())
