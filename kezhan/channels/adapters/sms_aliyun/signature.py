"""ACS3-HMAC-SHA256, the signature of Alibaba Cloud's interfaces (version 3)."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from msgspec import Struct

_ALGORITHM = "ACS3-HMAC-SHA256"


class Action(Struct, frozen=True, kw_only=True):
    """What is asked of which interface; `query` as it goes out."""

    host: str
    name: str
    version: str
    query: Mapping[str, str]


def written(query: Mapping[str, str]) -> str:
    """The query by RFC 3986, sorted: sent and signed alike."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def signed(action: Action, key_id: str, secret: str, at: datetime, nonce: str) -> dict[str, str]:
    """The headers of a POST to `/` without a body."""
    nothing = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": action.host,
        "x-acs-action": action.name,
        "x-acs-content-sha256": nothing,
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": action.version,
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n{written(action.query)}\n{lines}\n{names}\n{nothing}"
    told = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    digest = hmac.digest(secret.encode(), told.encode(), "sha256").hex()
    credential = f"Credential={key_id},SignedHeaders={names},Signature={digest}"
    return {**headers, "authorization": f"{_ALGORITHM} {credential}"}
