"""Slack's socket mode: the ticket, envelopes until they are acknowledged, the server's farewell."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from fakes.phone import Said
from fakes.platforms.slack import Slack
from fakes.tests.stage import Stage, first, staged

PATIENCE = 10


@pytest.fixture
async def platform() -> AsyncIterator[Slack]:
    yield Slack()


@pytest.fixture
async def stage(platform: Slack) -> AsyncIterator[Stage[Slack]]:
    async with staged(platform) as made:
        assert (await platform.connect({"mode": "socket"})).ok
        platform.switch({"pace": 20})
        yield made


async def link(stage: Stage[Slack], token: str) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"}
    answer: dict[str, Any] = (await stage.client.post("/api/apps.connections.open", headers=headers)).json()
    return answer


async def opened(stage: Stage[Slack], platform: Slack) -> Any:
    made = await link(stage, platform.form["app_token"])
    socket = await websockets.connect(made["url"])
    assert (await heard(socket))["type"] == "hello"
    return socket


async def heard(socket: Any) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
    return frame


async def test_an_envelope_comes_again_until_it_is_acknowledged(stage: Stage[Slack], platform: Slack) -> None:
    socket = await opened(stage, platform)
    ts = await platform.say(first(platform).id, Said(text="你好"))
    begun = await heard(socket)
    again = await heard(socket)
    await socket.send(json.dumps({"envelope_id": again["envelope_id"]}))
    await platform.settled()
    assert [one["retry_attempt"] for one in (begun, again)] == [0, 1]
    assert begun["envelope_id"] != again["envelope_id"]
    assert begun["payload"] == again["payload"]
    assert again["payload"]["event"]["ts"] == ts
    (shown,) = platform.seen(first(platform).id)
    assert shown.fate == "delivered"
    await socket.close()


async def test_what_is_said_while_nobody_is_there_waits(stage: Stage[Slack], platform: Slack) -> None:
    await platform.say(first(platform).id, Said(text="在吗"))
    socket = await opened(stage, platform)
    assert (await heard(socket))["payload"]["event"]["text"] == "在吗"
    await socket.close()


async def test_the_server_says_that_it_goes(stage: Stage[Slack], platform: Slack) -> None:
    socket = await opened(stage, platform)
    await platform.act(first(platform).id, "disconnect", {"reason": "warning"})
    farewell = await heard(socket)
    assert (farewell["type"], farewell["reason"]) == ("disconnect", "warning")
    with pytest.raises(ConnectionClosed):
        await heard(socket)


async def test_only_the_app_may_listen_and_once_by_each_ticket(stage: Stage[Slack], platform: Slack) -> None:
    assert (await link(stage, platform.form["bot_token"]))["error"] == "not_allowed_token_type"
    assert (await link(stage, "xapp-x"))["error"] == "invalid_auth"
    url = (await link(stage, platform.form["app_token"]))["url"]
    async with websockets.connect(url) as socket:
        assert (await heard(socket))["type"] == "hello"
        with pytest.raises(websockets.exceptions.InvalidStatus):
            await websockets.connect(url)
    platform.form["mode"] = "hook"
    assert (await link(stage, platform.form["app_token"]))["error"] == "socket_mode_disabled"


async def test_what_is_no_acknowledgement_ends_the_connection(stage: Stage[Slack], platform: Slack) -> None:
    socket = await opened(stage, platform)
    await socket.send("[")
    with pytest.raises(ConnectionClosed):
        await heard(socket)
