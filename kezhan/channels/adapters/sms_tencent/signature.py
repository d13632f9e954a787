"""TC3-HMAC-SHA256, the signature of Tencent Cloud's interfaces (version 3)."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

_ALGORITHM = "TC3-HMAC-SHA256"


def authorization(
    service: str, headers: Mapping[str, str], body: bytes, secret_id: str, secret_key: str, at: datetime
) -> str:
    """The header's value for a POST of `body` to `/`. `headers`: the ones to sign, in lower case."""
    stamp, day = int(at.timestamp()), at.astimezone(UTC).strftime("%Y-%m-%d")
    scope, names = f"{day}/{service}/tc3_request", ";".join(sorted(headers))
    told = f"{_ALGORITHM}\n{stamp}\n{scope}\n{canonical(headers, body)}"
    signature = hmac.digest(signing_keys(secret_key, day, service)[-1], told.encode(), "sha256").hex()
    return f"{_ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"


def canonical(headers: Mapping[str, str], body: bytes) -> str:
    """The digest of the request in its one form."""
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    digest = hashlib.sha256(body).hexdigest()
    whole = f"POST\n/\n\n{lines}\n{';'.join(sorted(headers))}\n{digest}"
    return hashlib.sha256(whole.encode()).hexdigest()


def signing_keys(secret_key: str, day: str, service: str) -> tuple[bytes, bytes, bytes]:
    """Each made with the one before: for the day, for the service, for signing."""
    by_day = hmac.digest(f"TC3{secret_key}".encode(), day.encode(), "sha256")
    by_service = hmac.digest(by_day, service.encode(), "sha256")
    return by_day, by_service, hmac.digest(by_service, b"tc3_request", "sha256")
