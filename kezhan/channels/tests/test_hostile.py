"""Junk, floods and forgeries: a clear refusal each, and the server is well afterwards."""

import asyncio
import contextlib
import json
import os

import pytest
import websockets

from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import PATIENCE
from kezhan.shield.tests.gate import make_gate
from kezhan.simulate.client import Refused, Visitor
from kezhan.testing import Running

NAME_LENGTHS = (129, 10_000)


async def still_well(shop: Shop) -> None:
    visitor = await shop.visitor()
    assert (await visitor.say("still there?"))["seq"] == 2


async def raw(shop: Shop, visitor: Visitor | None = None) -> websockets.ClientConnection:
    socket = await websockets.connect(shop.url.replace("http", "ws") + "/w/v1/ws", max_size=None)
    if visitor is not None:
        await socket.send(json.dumps({"type": "auth", "token": visitor.token}))
        assert json.loads(await socket.recv())["type"] == "ready"
    return socket


async def closed_with(socket: websockets.ClientConnection) -> int:
    async with asyncio.timeout(PATIENCE):
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        "{",
        '{"type":"send"}',
        '{"type":"nothing"}',
        '{"type":"send","client_id":1,"body":"x"}',
        '{"type":"send","client_id":"","body":"x"}',
        '{"type":"send","client_id":"a","body":"' + "x" * 10_001 + '"}',
        '{"type":"send","client_id":"a","body":"\\u0000"}',
        '{"type":"send","client_id":"a","body":"   "}',
        '{"type":"send","client_id":"a","body":"x","kind":"note"}',
        '{"type":"send","client_id":"a","body":"x","kind":"image"}',
        '{"type":"send","client_id":"a","file_id":"01990000-0000-7000-8000-000000000000","kind":"image"}',
        '{"type":"mark","conversation_id":"01990000-0000-7000-8000-000000000000","read_seq":1}',
        '{"type":"edit","ref":"e","conversation_id":"x","seq":1,"body":"x"}',
        '{"type":"edit","ref":"e","conversation_id":"01990000-0000-7000-8000-000000000000",'
        '"seq":99999999999,"body":"x"}',
        '{"type":"watch","conversation_id":"01990000-0000-7000-8000-000000000000","rev":-1}',
        '{"type":"auth","token":"again"}',
    ],
)
async def test_a_bad_frame_is_refused_in_words_and_the_line_stays_open(shop: Shop, frame: str) -> None:
    visitor = await shop.visitor()
    socket = await raw(shop, visitor)
    await socket.send(frame)
    answer = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
    assert (answer["type"], bool(answer["title"])) == ("refused", True)
    assert answer["title"] != answer["code"], "a refusal says something in the reader's language"
    await socket.send('{"type":"send","client_id":"good","body":"fine"}')
    while json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))["type"] != "ack":
        pass
    await socket.close()


async def test_a_megabyte_of_junk_frames_ends_the_line_and_nothing_else(shop: Shop) -> None:
    socket = await raw(shop)
    for _ in range(64):
        try:
            await socket.send(os.urandom(8192).hex())
        except websockets.ConnectionClosed:
            break
    assert await closed_with(socket) in {1008, 4401, 4429}
    await still_well(shop)


async def test_an_oversize_frame_closes_the_line_with_1009(shop: Shop) -> None:
    socket = await raw(shop, await shop.visitor())
    await socket.send("x" * 70_000)
    assert await closed_with(socket) == 1009
    await still_well(shop)


async def test_a_flood_closes_the_line_with_4429(shop: Shop) -> None:
    socket = await raw(shop, await shop.visitor())
    try:
        for _ in range(400):
            await socket.send('{"type":"ping"}')
    except websockets.ConnectionClosed:
        pass
    assert await closed_with(socket) == 4429
    await still_well(shop)


@pytest.mark.parametrize("token", ["", "kzv_forged", "kzv_" + "A" * 43, "kza_" + "A" * 43, "x" * 200])
async def test_a_forged_token_closes_the_line_with_4401(shop: Shop, token: str) -> None:
    socket = await raw(shop)
    await socket.send(json.dumps({"type": "auth", "token": token}))
    assert await closed_with(socket) == 4401


async def test_frames_before_the_token_are_worth_nothing(shop: Shop) -> None:
    socket = await raw(shop)
    await socket.send('{"type":"send","client_id":"a","body":"x"}')
    assert await closed_with(socket) == 4401


@pytest.mark.parametrize("length", NAME_LENGTHS)
async def test_a_name_beyond_all_measure_is_refused(shop: Shop, length: int) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("hello")
    head = (await agent.get(f"/api/conversations/{ack['conversation_id']}"))["head"]
    answer = await agent.request("PATCH", f"/api/contacts/{head['contact_id']}", {"name": "名" * length})
    assert (answer.status_code, answer.json()["code"]) == (400, "kit.bad_input")


async def test_a_session_request_beyond_measure_or_for_no_site_is_refused(shop: Shop) -> None:
    for body, status in (
        ({"site_key": "kzp_none"}, 404),
        ({"site_key": "x" * 5000}, 400),
        ({"site_key": shop.site_key, "identity": "not.a.token"}, 401),
        ({"site_key": shop.site_key, "language": "x" * 500}, 400),
        ({}, 400),
    ):
        answer = await shop.http.post(shop.url + "/w/v1/sessions", json=body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_html_in_a_message_stays_text(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    ack = await visitor.say("<img src=x onerror=alert(1)>")
    thread = await agent.watch(ack["conversation_id"])
    assert thread.messages[ack["seq"]]["body"] == "<img src=x onerror=alert(1)>"


async def test_a_refused_frame_keeps_its_name_even_when_it_cannot_be_read(shop: Shop) -> None:
    visitor = await shop.visitor()
    with pytest.raises(Refused) as refused:
        await visitor.call({"type": "send", "client_id": "mine", "body": 7})
    assert refused.value.code == "realtime.bad_frame"


async def test_who_sends_too_much_at_once_gets_further_with_every_try(house: Running, shop: Shop) -> None:
    await (await make_gate(house, shop)).settle(messages={})  # here the socket's own bound is looked at
    visitor = await shop.visitor()
    waiting = [f"flood-{n}" for n in range(230)]
    for _ in range(4):
        socket = await raw(shop)
        await socket.send(json.dumps({"type": "auth", "token": visitor.token}))
        with contextlib.suppress(websockets.ConnectionClosed):
            for client_id in waiting:
                await socket.send(json.dumps({"type": "send", "client_id": client_id, "body": "again"}))
        with contextlib.suppress(websockets.ConnectionClosed):
            while waiting:
                frame = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
                if frame["type"] == "ack" and frame["client_id"] in waiting:
                    waiting.remove(frame["client_id"])
    assert not waiting
