"""Ask the company's service for a customer's orders: signed, guarded, remembered for half a minute."""

import time
from collections import OrderedDict
from typing import NamedTuple
from uuid import UUID

import httpx2
import msgspec

from kezhan.contacts import service as contacts
from kezhan.contacts.identify import own_id
from kezhan.kit.clock import now
from kezhan.kit.crypto import KeyRing, stamped
from kezhan.kit.db import Database
from kezhan.kit.fetch import SECONDS, guarded_client
from kezhan.orders.schemas import Answer, Asked, Customer, Fault, Known, OrdersView
from kezhan.orders.source import Source, opened
from kezhan.settings import Settings

REMEMBERED_SECONDS = 30.0
ANSWER_BYTES = 512 * 1024
_REMEMBERED = 2000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer, strict=False).decode


class _Remembered(NamedTuple):
    until: float
    source: Source
    view: OrdersView


class Orders:
    """One per process."""

    def __init__(self, db: Database, keyring: KeyRing, settings: Settings) -> None:
        self._db = db
        self._remembered: OrderedDict[tuple[UUID, UUID], _Remembered] = OrderedDict()
        self.keyring = keyring
        self.plain = bool(settings.inside_networks)
        self.http = guarded_client(inside=settings.inside_networks)

    async def of(self, workspace_id: UUID, contact_id: UUID, *, again: bool = False) -> OrdersView:
        """Her orders. `again`: asked anew, whatever was answered lately. Raises NotFound."""
        async with self._db.tx(workspace_id) as tx:
            source = await opened(tx, self.keyring)
            contact = await contacts.get(tx, contact_id)
        if source is None:
            return OrdersView(configured=False, orders=[])
        key, at = (workspace_id, contact_id), time.monotonic()
        kept = self._remembered.get(key)
        if kept is not None and not again and kept.until > at and kept.source == source:
            return kept.view
        known = [
            Known(account_id=one.account_id, id=named, verified=one.verified)
            for one in contact.identities
            if (named := own_id(one.external_id)) is not None
        ]
        customer = Customer(
            id=contact.id, name=contact.name, email=contact.email or "", phone=contact.phone or "",
            identities=known,
        )  # fmt: skip
        view = await self._ask(source, Asked(trial=False, customer=customer))
        self._remembered[key] = _Remembered(at + REMEMBERED_SECONDS, source, view)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return view

    async def trial(self, workspace_id: UUID) -> OrdersView:
        """Whether the service answers, asked about nobody."""
        async with self._db.tx(workspace_id) as tx:
            source = await opened(tx, self.keyring)
        if source is None:
            return OrdersView(configured=False, orders=[])
        nobody = Customer(id=UUID(int=0), name="", email="", phone="", identities=[])
        return await self._ask(source, Asked(trial=True, customer=nobody))

    async def close(self) -> None:
        await self.http.aclose()

    async def _ask(self, source: Source, asked: Asked) -> OrdersView:
        body = _encode(asked)
        headers = {
            "content-type": "application/json",
            "x-kezhan-signature": stamped(source.secret, body, now()),
        }
        try:
            async with self.http.stream(
                "POST", source.address, content=body, headers=headers, timeout=SECONDS
            ) as response:
                if response.status_code != 200:
                    return _failed("refused", response.status_code)
                raw = await _read(response)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
            return _failed("unreachable")
        try:
            return OrdersView(configured=True, orders=_safe(_decode(raw)).orders)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _failed("not_understood", 200)


async def _read(response: httpx2.Response) -> bytes:
    """The body, cut off where it is longer than any answer: what is cut is not understood."""
    raw = bytearray()
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > ANSWER_BYTES:
            break
    return bytes(raw[: ANSWER_BYTES + 1])


def _safe(answer: Answer) -> Answer:
    """A link that is none of the open web leads nowhere."""
    orders = [
        order if order.url.startswith("https://") else msgspec.structs.replace(order, url="")
        for order in answer.orders
    ]
    return Answer(orders=orders)


def _failed(fault: Fault, status: int = 0) -> OrdersView:
    return OrdersView(configured=True, orders=[], fault=fault, status=status)
