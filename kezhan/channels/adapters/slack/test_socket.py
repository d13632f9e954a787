"""Socket mode: what comes over it is kept before it is acknowledged, and its end is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from msgspec import structs
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from kezhan.channels.adapters.slack import fake
from kezhan.channels.adapters.slack.inbound import verify
from kezhan.channels.adapters.slack.listen import listen
from kezhan.channels.adapters.slack.probe import probe
from kezhan.channels.base import Account, Call, Line, Request, Retry, Turned
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.clock import now
from kezhan.kit.fetch import guarded_client
from kezhan.kit.testing import PATIENCE, until

EVENT = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "message", "channel": "D1"}}


def account(url: str) -> Account:
    hooked = fake.account(url)
    return structs.replace(hooked, settings=structs.replace(hooked.settings, mode="socket"))


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as found:
        yield found


@pytest.fixture
async def at_work(place: Platform) -> AsyncIterator[Line]:
    async with guarded_client(allow_private_hosts=True) as http:
        yield line(account(place.url), http)


def says(place: Platform, *bodies: object) -> None:
    place.answers.extend(Answer(200, msgspec.json.encode(body)) for body in bodies)


async def no_keep(calls: Sequence[Call], cursor: str | None) -> None:
    raise AssertionError


class Gateway:
    """The platform's side: sends frames, and notes what it is answered."""

    def __init__(self, *frames: object) -> None:
        self.frames = [one if isinstance(one, str) else json.dumps(one) for one in frames]
        self.acks: list[dict[str, Any]] = []

    async def serve(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            for one in self.frames:
                await socket.send(one)
            while True:
                self.acks.append(json.loads(await socket.recv()))


def envelope(payload: object, envelope_id: str, kind: str = "events_api") -> dict[str, Any]:
    return {"type": kind, "envelope_id": envelope_id, "payload": payload, "retry_attempt": 0}


async def test_an_event_is_kept_and_then_acknowledged(place: Platform, at_work: Line) -> None:
    hello = {"type": "hello", "num_connections": 1}
    command = envelope({"command": "/tea"}, "e-2", "slash_commands")
    gateway = Gateway(hello, "[", "{}", envelope(EVENT, "e-1"), command, envelope(EVENT, "e-3"))
    kept: list[Call] = []

    async def keep(calls: Sequence[Call], cursor: str | None) -> None:
        assert cursor is None
        assert len(gateway.acks) <= 2 * len(kept), "nothing is acknowledged before it is kept"
        kept.extend(calls)

    async with serve(gateway.serve, "127.0.0.1", 0) as server, asyncio.timeout(PATIENCE):
        port = next(iter(server.sockets)).getsockname()[1]
        says(place, {"ok": True, "url": f"ws://127.0.0.1:{port}/link/?ticket=a"})
        task = asyncio.create_task(listen(at_work, "", keep))
        await until(lambda: len(gateway.acks) == 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert gateway.acks == [{"envelope_id": "e-1"}, {"envelope_id": "e-2"}, {"envelope_id": "e-3"}]
    assert [json.loads(one.body) for one in kept] == [EVENT, EVENT]
    assert {one.dedup_key for one in kept} == {"Ev1"}, "a repeat is known for what it is"
    (asked,) = place.heard
    assert (asked.path, asked.headers["authorization"]) == ("/api/apps.connections.open", "Bearer xapp-1")


async def test_an_event_has_one_name_whichever_way_it_comes(at_work: Line) -> None:
    posted = Request(method="POST", headers={}, query={}, body=msgspec.json.encode(EVENT))
    at = now()
    assert verify(fake.signed(posted, at_work.account, at), at_work.account, at).dedup_key == "Ev1"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_where_the_platform_wants_another_connection_it_is_over(
    place: Platform, at_work: Line, reason: str
) -> None:
    await _ended(place, at_work, reason)


async def test_socket_mode_that_is_switched_off_is_told(place: Platform, at_work: Line) -> None:
    with pytest.raises(Turned) as caught:
        await _ended(place, at_work, "link_disabled")
    assert caught.value.fault == "not_allowed"


async def _ended(place: Platform, at_work: Line, reason: str) -> None:
    gateway = Gateway({"type": "disconnect", "reason": reason, "debug_info": {"host": "x"}})
    async with serve(gateway.serve, "127.0.0.1", 0) as server, asyncio.timeout(PATIENCE):
        port = next(iter(server.sockets)).getsockname()[1]
        says(place, {"ok": True, "url": f"ws://127.0.0.1:{port}/link"})
        await listen(at_work, "", no_keep)


@pytest.mark.parametrize(
    "url", ["wss://wss-primary.slack.com/link", "ws://slack.com.example/link", "http://127.0.0.1/link", ""]
)
async def test_a_connection_that_leads_elsewhere_is_not_opened(
    place: Platform, at_work: Line, url: str
) -> None:
    says(place, {"ok": True, "url": url})
    with pytest.raises(Turned) as caught:
        await listen(at_work, "", no_keep)
    assert caught.value.fault == "not_allowed", "an http interface has ws sockets, https wss"


async def test_a_connection_that_cannot_be_had_says_why(place: Platform, at_work: Line) -> None:
    for error, fault in (("invalid_auth", "token_expired"), ("not_allowed_token_type", "not_allowed")):
        says(place, {"ok": False, "error": error})
        with pytest.raises(Turned) as caught:
            await listen(at_work, "", no_keep)
        assert caught.value.fault == fault
    says(place, {"ok": True, "url": "ws://127.0.0.1:1/link"})
    with pytest.raises(Retry):
        await listen(at_work, "", no_keep)


async def test_without_an_app_level_token_nobody_is_asked(place: Platform, at_work: Line) -> None:
    secrets = structs.replace(at_work.account.secrets, app_token="")
    bare = line(structs.replace(at_work.account, secrets=secrets), at_work.http)
    with pytest.raises(Turned) as caught:
        await listen(bare, "", no_keep)
    assert (caught.value.fault, place.heard) == ("token_expired", [])


async def test_an_account_with_a_hook_opens_no_socket(place: Platform, at_work: Line) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await listen(line(fake.account(place.url), at_work.http), "", no_keep)
    assert place.heard == []


async def test_the_probe_tries_both_tokens(place: Platform, at_work: Line) -> None:
    who = {"ok": True, "team": "茶馆", "user": "kezhan"}
    says(place, who, {"ok": True, "url": place.url.replace("http", "ws", 1)})
    assert (await probe(at_work)).name == "茶馆 @kezhan"
    says(place, who, {"ok": False, "error": "invalid_auth"})
    with pytest.raises(Turned) as caught:
        await probe(at_work)
    assert caught.value.fault == "token_expired"
