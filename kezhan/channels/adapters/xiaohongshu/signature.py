"""`X-Xhs-Signature: <hex HMAC-SHA256(raw body, key)>`, where the account says that there is one."""

import hmac

from kezhan.channels.base import Account, Forged, Request

HEADER = "x-xhs-signature"


def signature(key: str, body: bytes) -> str:
    """The header's value for `body`."""
    return hmac.digest(key.encode(), body, "sha256").hex()


def check_signature(request: Request, account: Account) -> None:
    """Raises Forged."""
    key = account.secrets.signing_key or account.secrets.aes_key
    given = request.headers.get(HEADER, "").encode("utf-8", "replace")
    if not hmac.compare_digest(signature(key, request.body).encode(), given):
        raise Forged("wrong signature")
