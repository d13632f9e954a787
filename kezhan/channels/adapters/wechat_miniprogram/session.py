"""Who opens the chat, as the mini-program's own server vouches for her in `<button session-from="…">`.

    kezhan.<payload>.<hex HMAC-SHA256(AppSecret, "<openid>.<payload>")>

The payload is base64url of {"unionid": "…", "name": "…", "phone": "…", "email": "…"}, each of which may be
missing. WeChat itself says nothing of a mini-program's customer but her openid.
"""

import base64
import hmac

from kezhan.channels.base import Account, Person
from kezhan.channels.vendors.tencent.fields import read_json, word

PREFIX = "kezhan."


def vouched(session_from: str, external_id: str, account: Account) -> Person | None:
    """The customer as her mini-program knows her; None where nobody vouches for this one."""
    prefix, _, rest = session_from.partition(".")
    payload, _, given = rest.partition(".")
    if f"{prefix}." != PREFIX or not account.secrets.app_secret:
        return None
    expected = session_signature(payload, external_id, account)
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        return None
    try:
        said = read_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) or {}
    except ValueError:
        return None
    union = word(said, "unionid")
    return Person(
        name=word(said, "name"),
        phone=word(said, "phone"),
        email=word(said, "email"),
        union=f"wechat:{union}" if union else "",
    )


def session_signature(payload: str, external_id: str, account: Account) -> str:
    """Good for this openid alone: whoever copies another's is not taken for her."""
    key, message = account.secrets.app_secret.encode(), f"{external_id}.{payload}".encode("utf-8", "replace")
    return hmac.digest(key, message, "sha256").hex()
