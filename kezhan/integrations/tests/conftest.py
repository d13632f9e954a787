"""Fixtures of the room."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec
import pytest

from kezhan.conversations.tests.fixtures import http, place
from kezhan.conversations.tests.place import Member, Place
from kezhan.integrations.schemas import HookKind
from kezhan.kit.crypto import stamp_digest
from kezhan.kit.testing import until
from kezhan.testing import Running

__all__ = ["ears", "http", "place"]
Json = dict[str, Any]
PLAIN = [str(kind) for kind in HookKind if not kind.startswith("note.")]
_DUE = "update webhook_deliveries set due_at = now() where state = 'waiting'"


@dataclass
class Ear:
    """One endpoint of a company: what it was called with, and how it answers."""

    host: str
    id: str = ""
    secret: str = ""
    calls: list[httpx2.Request] = field(default_factory=list)
    answer: Callable[[httpx2.Request], Awaitable[httpx2.Response]] | None = None
    status: int = 200

    @property
    def told(self) -> list[Json]:
        return [msgspec.json.decode(call.content) for call in self.calls]

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.told]

    async def hears(self, count: int) -> list[Json]:
        """Waits for so many calls at least."""
        await until(lambda: len(self.calls) >= count)
        return self.told


@dataclass
class Ears:
    """The world outside, for the house that all tests share."""

    by_host: dict[str, Ear] = field(default_factory=dict)

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        ear = self.by_host.get(request.url.host)
        if ear is None:
            raise httpx2.ConnectError("nobody there")
        ear.calls.append(request)
        return await ear.answer(request) if ear.answer else httpx2.Response(ear.status, text="thanks")

    async def open(self, admin: Member, events: list[str] | None = None) -> Ear:
        """An endpoint with an ear of its own behind it."""
        ear = Ear(f"e{len(self.by_host)}.example")
        self.by_host[ear.host] = ear
        form = {"name": "CRM", "address": f"https://{ear.host}/kezhan", "events": events or PLAIN}
        made = await admin.ask("POST", "/api/webhooks", form)
        assert made.status_code == 201, made.text
        ear.id, ear.secret = made.json()["endpoint"]["id"], made.json()["secret"]
        return ear


@pytest.fixture(scope="module")
async def ears(house: Running) -> AsyncIterator[Ears]:
    ears, webhooks = Ears(), house.house.webhooks
    usual = webhooks.http
    webhooks.http = httpx2.AsyncClient(transport=httpx2.MockTransport(ears.handle))
    yield ears
    await webhooks.http.aclose()
    webhooks.http = usual


def signed_with(call: httpx2.Request, secret: str) -> bool:
    """As a company would check it."""
    parts = [part.partition("=") for part in call.headers["x-kezhan-signature"].split(",")]
    stamp = next(value for name, _, value in parts if name == "t")
    return stamp_digest(secret, stamp, call.content) in {value for name, _, value in parts if name == "v1"}


async def due(place: Place) -> None:
    """What waits is tried now."""
    await place.run(_DUE)


async def all_settled(place: Place) -> None:
    """Until nothing waits any more."""

    async def nothing() -> bool:
        return not await place.rows("select 1 from webhook_deliveries where state = 'waiting' limit 1")

    await until(nothing)
