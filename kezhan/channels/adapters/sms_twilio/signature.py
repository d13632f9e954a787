"""`X-Twilio-Signature`: base64 of the HMAC over the address and the form's fields, sorted, without anything
between them. SHA-1 by the auth token, or SHA-256 by a shared key that another header names. A body that is no
form is covered by its digest in the address."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import parse_qs, urlsplit, urlunsplit

from kezhan.channels.base import Account, Forged, Request

HEADER = "x-twilio-signature"
MODE = "x-twilio-webhooks-signature-settings"
Fields = Mapping[str, Sequence[str]]
Digest = Literal["sha1", "sha256"]
_MODE = re.compile(r"key=([^,\s]+),\s*algorithm=HMAC_SHA256")
_PORTS = {"https": 443, "http": 80}


def fields(body: bytes) -> dict[str, list[str]]:
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


def signature(secret: str, url: str, form: Fields, digest: Digest = "sha1") -> str:
    """The header's value. Of a field that comes twice each value counts once."""
    parts = [f"{name}{value}" for name in sorted(form) for value in sorted(set(form[name]))]
    signed = "".join([url, *parts]).encode("utf-8", "replace")
    return base64.b64encode(hmac.digest(secret.encode(), signed, digest)).decode()


def check_signature(request: Request, account: Account) -> None:
    """Raises Forged unless the account's secret has signed this address with just these fields."""
    secret, digest = _mode(request.headers.get(MODE), account)
    if not secret:
        raise Forged("no secret is set")
    form: Fields = fields(request.body)
    if "bodySHA256" in request.query:
        told = request.query["bodySHA256"].encode("utf-8", "replace")
        if not hmac.compare_digest(hashlib.sha256(request.body).hexdigest().encode(), told):
            raise Forged("another body")
        form = {}
    given = request.headers.get(HEADER, "").encode("utf-8", "replace")
    expected = [signature(secret, url, form, digest).encode() for url in _addresses(request.url)]
    if not any(hmac.compare_digest(one, given) for one in expected):
        raise Forged("wrong signature")


def _mode(header: str | None, account: Account) -> tuple[str, Digest]:
    if header is None:
        return account.secrets.auth_token, "sha1"
    found, known = _MODE.fullmatch(header), account.settings.shared_key_id
    if found is None or (known and found[1] != known):
        raise Forged("another key or algorithm")
    return account.secrets.shared_key, "sha256"


def _addresses(url: str) -> list[str]:
    """The address as it came, without a port, and with the one that is meant without one: which of them was
    signed depends on what stands in front of us."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 443)
    except ValueError:
        return [url]
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    return [url, *(urlunsplit(parts._replace(netloc=netloc)) for netloc in (host, f"{host}:{port}"))]
