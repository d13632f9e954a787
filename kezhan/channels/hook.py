"""A platform calls: verified on the raw bytes, kept durably, answered; taken in afterwards."""

import hashlib
from collections.abc import AsyncIterator, Mapping

from msgspec import structs

from kezhan.channels import store
from kezhan.channels.accounts import Account, account_by_key, as_adapter
from kezhan.channels.base import Answer, Forged, Malformed, Request
from kezhan.channels.registry import find
from kezhan.channels.sealed import seal
from kezhan.channels.take import Taker
from kezhan.conversations.desk import Desk
from kezhan.kit.clock import now
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.log import log

_HEADER_BYTES = 16 * 1024
_KEY = 200
# Nothing an adapter verifies by; kept calls need no credentials of the transport.
_UNKEPT = frozenset({"cookie", "authorization", "x-forwarded-for"})


async def called(
    desk: Desk,
    taker: Taker,
    public_key: str,
    *,
    method: str,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    stream: AsyncIterator[bytes],
    url: str,
    caller: str,
) -> Answer:
    """Take a call of the platform behind `public_key`; the same for its repeats.

    `url`: as the platform has called it; `caller`: its IP address.

    Raises NotFound; Refused 401 (not from the platform), 400 (not as documented), 413 (too large).
    """
    account = await account_by_key(desk.db, desk.keyring, public_key)
    channel = find(account.adapter) if account is not None else None
    if account is None or channel is None or channel.verify is None:
        raise NotFound("channels.no_such_hook")
    body = await _whole(headers, stream, channel.body_bytes)
    request = Request(
        method=method, headers=dict(headers), query=dict(query), body=body, url=url, peer=caller
    )
    try:
        admitted = channel.verify(request, as_adapter(channel, account), now())
    except Forged as fault:
        log.info("channels.forged", account=str(account.id), why=str(fault))
        raise Refused("channels.forged", 401) from fault
    except Malformed as fault:
        raise Refused("channels.malformed", 400, why=str(fault)) from fault
    if admitted.dedup_key is not None:
        await _keep(desk, taker, account, admitted.dedup_key or digest(body), request)
    return admitted.answer


async def _whole(headers: Mapping[str, str], stream: AsyncIterator[bytes], limit: int) -> bytes:
    announced = headers.get("content-length", "")
    parts: list[bytes] = []
    size = int(announced[:19]) if announced.isdecimal() else 0
    if size <= limit:
        size = 0
        async for part in stream:
            parts.append(part)
            size += len(part)
            if size > limit:
                break
    if size > limit:
        raise Refused("channels.body_too_large", 413, megabytes=limit // (1024 * 1024))
    return b"".join(parts)


async def _keep(desk: Desk, taker: Taker, account: Account, dedup_key: str, request: Request) -> None:
    row_id = new_id()
    kept = structs.replace(request, headers=_kept_headers(request.headers))
    call = store.Kept(row_id, account.id, key_of(dedup_key), seal(desk.keyring, row_id, kept))
    await taker.keep(account, call, kept)


def _kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    size = 0
    for name, value in headers.items():
        size += len(name) + len(value)
        if name not in _UNKEPT and size <= _HEADER_BYTES:
            kept[name] = value
    return kept


def digest(body: bytes) -> str:
    """For a call that has no name of its own."""
    return hashlib.sha256(body).hexdigest()


def key_of(dedup_key: str) -> str:
    """The adapter's key where the database can hold it, else its digest."""
    if 0 < len(dedup_key) <= _KEY and dedup_key.isprintable():
        return dedup_key
    return hashlib.sha256(dedup_key.encode("utf-8", "surrogatepass")).hexdigest()
