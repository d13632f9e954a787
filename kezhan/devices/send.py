"""The job that pushes: one message to one browser, through whatever push service that browser has named."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import httpx2
import msgspec

from kezhan.conversations.desk import Desk
from kezhan.devices import store
from kezhan.devices.compose import Said, compose
from kezhan.devices.schemas import Push, PushKind
from kezhan.devices.subscribe import address_of, push_key
from kezhan.kit.clock import now
from kezhan.kit.crypto import BadSeal
from kezhan.kit.db import Tx
from kezhan.kit.fetch import NotAllowed, guarded_client
from kezhan.kit.log import log
from kezhan.kit.reading import ReadRow
from kezhan.kit.webpush import b64, encrypt, proof
from kezhan.realtime.attending import ATTENDING

_GONE = frozenset({404, 410})
_LONGEST_WAIT = 15 * 60
_URGENT = frozenset({PushKind.OFFER, PushKind.TRANSFER, PushKind.MESSAGE, PushKind.ALERT})


class NotYet(Exception):
    """The push service is busy, or cannot be reached: the job comes back later."""


class Pusher:
    """One per process. Nothing is opened before somebody has subscribed."""

    def __init__(self, desk: Desk, *, allow_private_hosts: bool = False) -> None:
        self._desk = desk
        self.http = guarded_client(
            allow_private_hosts=allow_private_hosts, inside=desk.settings.inside_networks
        )

    async def run(self, workspace_id: UUID, push_id: UUID) -> None:
        """Raises NotYet where it is to be tried again; how it ended is noted either way."""
        async with self._desk.db.tx(workspace_id) as tx:
            row = await store.push(tx, push_id)
            if row is None:
                return
            said = await self._said(workspace_id, tx, row)
            if said is None:
                await store.settle(tx, push_id, row["seq"])
                return
        if row["not_before"] is not None and row["not_before"] > now():
            raise NotYet("asked to wait")
        await self._send(workspace_id, row, said)

    async def _said(self, workspace_id: UUID, tx: Tx, row: ReadRow) -> Said | None:
        """Nothing where she is signed out there, or has the desk before her on whatever device."""
        if not row["lives"]:
            await store.remove_subscription(tx, row["id"])
            return None
        if self._desk.presence.online((ATTENDING, row["membership_id"])):
            return None
        return await compose(tx, row, now())

    async def _send(self, workspace_id: UUID, row: ReadRow, said: Said) -> None:
        try:
            status, wait = await self._post(row, said)
        except (NotAllowed, BadSeal) as fault:
            # Never to be reached: an address of our own network, or one nobody can read any more.
            log.warning("devices.push_refused", subscription=str(row["id"]), fault=type(fault).__name__)
            status, wait = 410, 0
        except httpx2.HTTPError as fault:
            log.info("devices.push_unreachable", subscription=str(row["id"]), fault=type(fault).__name__)
            status, wait = 503, 0
        async with self._desk.db.tx(workspace_id) as tx:
            if status in _GONE:
                await store.remove_subscription(tx, row["id"])
            elif status < 300:
                await store.used(tx, row["id"], now())
            if status < 300 or status in _GONE or not _passing(status):
                await store.settle(tx, row["push_id"], row["seq"])
                return
            if wait:
                await store.not_before(tx, row["push_id"], now() + timedelta(seconds=wait))
        raise NotYet(f"HTTP {status}")

    async def _post(self, row: ReadRow, said: Said) -> tuple[int, int]:
        """(status, seconds it asks us to wait)"""
        address = address_of(self._desk.keyring, row)
        key = await push_key(self._desk.db, self._desk.keyring)
        plain = msgspec.json.encode(said.push)
        answer = await self.http.post(
            address.endpoint,
            content=encrypt(plain, address.p256dh, address.auth),
            headers={
                "authorization": proof(address.endpoint, key, self._contact()),
                "content-encoding": "aes128gcm",
                "content-type": "application/octet-stream",
                "ttl": str(_seconds(said.until)),
                "urgency": "high" if said.push.kind in _URGENT else "normal",
                "topic": _topic(said.push),
            },
        )
        if answer.status_code >= 300:
            log.info("devices.push_answered", subscription=str(row["id"]), status=answer.status_code)
        asked = answer.headers.get("retry-after", "")
        return answer.status_code, min(int(asked), _LONGEST_WAIT) if asked.isdecimal() else 0

    def _contact(self) -> str:
        address = self._desk.settings.address
        return address if address.startswith("https://") else "mailto:push@localhost"

    async def stop(self) -> None:
        await self.http.aclose()


def _passing(status: int) -> bool:
    return status >= 500 or status in {408, 425, 429}


def _seconds(until: datetime) -> int:
    return max(1, int((until - now()).total_seconds()))


def _topic(push: Push) -> str:
    """Of those that still wait at the push service the newest of a topic is delivered."""
    return b64(hashlib.sha256(push.tag.encode()).digest())[:32]
