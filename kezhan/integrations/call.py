"""One call of an endpoint: signed, guarded, bounded in time and size; of the answer the beginning is kept."""

import asyncio
import re
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple
from uuid import UUID

import httpx2

from kezhan.integrations.log import headers
from kezhan.kit.clock import now
from kezhan.kit.crypto import stamped
from kezhan.kit.fetch import NotAllowed

SECONDS = 10.0
ANSWER = 4096
"""Characters of an answer that are kept."""
_READ = 8192
_LONGEST_WAIT = 24 * 3600
# What is named as a secret, in JSON, in a form or in a header; and what a bearer shows.
_SECRETS = re.compile(
    r"""((?:authorization|token|secret|password|passwd|api[_-]?key|cookie)["']?\s*[:=]\s*["']?"""
    r"""(?:bearer\s+|basic\s+)?|\b(?:bearer|basic)\s+)[^\s"',;&}<]{4,}""",
    re.IGNORECASE,
)


class Outcome(NamedTuple):
    """`fault` is a word: empty where it has arrived. `after`: seconds the endpoint asks to be left alone."""

    status: int | None
    fault: str
    took_ms: int
    media_type: str = ""
    answer: str = ""
    after: float = 0.0

    @property
    def well(self) -> bool:
        return not self.fault


async def call(
    http: httpx2.AsyncClient, address: str, event_id: UUID, kind: str, body: bytes, secrets: Sequence[str]
) -> Outcome:
    """POST it. `secrets`: the one that signs, and the one before it while that signs too. Raises nothing of
    the network's."""
    begun = monotonic()
    secret, *old = secrets
    signature = stamped(secret, body, now(), old=old[0] if old else None)
    try:
        async with (
            asyncio.timeout(SECONDS),
            http.stream(
                "POST", address, content=body, headers=headers(event_id, kind, signature), timeout=SECONDS
            ) as response,
        ):
            raw = await _beginning(response)
    except NotAllowed:
        return Outcome(None, "not_allowed", _since(begun))
    except (httpx2.TimeoutException, TimeoutError):
        return Outcome(None, "timeout", _since(begun))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
        return Outcome(None, "unreachable", _since(begun))
    asked = response.headers.get("retry-after", "")
    return Outcome(
        response.status_code,
        "" if 200 <= response.status_code < 300 else "refused",
        _since(begun),
        media_type=response.headers.get("content-type", "")[:100].replace("\0", ""),
        answer=masked(raw.decode("utf-8", "replace").replace("\0", ""), secrets)[:ANSWER],
        after=float(min(int(asked[:9]), _LONGEST_WAIT)) if asked.isascii() and asked.isdecimal() else 0.0,
    )


async def _beginning(response: httpx2.Response) -> bytes:
    """An answer that breaks off, or does not end, has been given all the same."""
    raw = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            raw += chunk
            if len(raw) >= _READ:
                break
    except httpx2.HTTPError:
        pass
    return bytes(raw[:_READ])


def masked(text: str, secrets: Sequence[str]) -> str:
    """`text` without these secrets, and without what looks like one."""
    for secret in secrets:
        text = text.replace(secret, "…")
    return _SECRETS.sub(r"\1…", text)


def _since(begun: float) -> int:
    return round((monotonic() - begun) * 1000)
