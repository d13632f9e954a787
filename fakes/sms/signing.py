"""Signatures of Twilio's webhooks and of Aliyun's and Tencent's calls, as their provider computes them."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import quote


def twilio(secret: str, url: str, fields: Sequence[tuple[str, str]], algorithm: str = "sha1") -> str:
    """Base64 of the HMAC over the address and every name and value, sorted; doubles count once."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), algorithm)).decode()


def _hex(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def _canonical(
    method: str, path: str, query: str, headers: Mapping[str, str], signed: str, body: bytes
) -> str:
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed.split(";"))
    return f"{method}\n{path}\n{query}\n{lines}\n{signed}\n{_hex(body)}"


def acs3(
    secret: str,
    method: str,
    path: str,
    query: Sequence[tuple[str, str]],
    headers: Mapping[str, str],
    signed: str,
    body: bytes,
) -> str:
    """Aliyun, ACS3-HMAC-SHA256, in hex; `signed` is the names of the signed headers, joined by `;`."""
    line = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query))
    text = f"ACS3-HMAC-SHA256\n{_hex(_canonical(method, path, line, headers, signed, body))}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def tc3(
    secret: str,
    service: str,
    stamp: int,
    date: str,
    path: str,
    headers: Mapping[str, str],
    signed: str,
    body: bytes,
) -> str:
    """Tencent, TC3-HMAC-SHA256 of a POST, in hex; `date` is the day of `stamp` in UTC."""
    canonical = _canonical("POST", path, "", headers, signed, body)
    text = f"TC3-HMAC-SHA256\n{stamp}\n{date}/{service}/tc3_request\n{_hex(canonical)}"
    key = ("TC3" + secret).encode()
    for word in (date, service, "tc3_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def authorization(header: str) -> dict[str, str]:
    """`ALGORITHM Credential=…, SignedHeaders=…,Signature=…` by name; the algorithm is `""`."""
    algorithm, _, rest = header.partition(" ")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {"": algorithm, **{name: value for name, _, value in pairs}}
