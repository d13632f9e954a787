"""Credentials a platform no longer takes: what is to be sent goes out by itself once there are others, and is
shown as failed until then."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from kezhan.channels.accounts import opened_account
from kezhan.channels.base import Capabilities, Expired, Line, Outbound, Receipt, Retry, Token, Turned
from kezhan.channels.tests.box import Box, Connected, Json, connected, installed
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.sending import begun, brought, deliveries, last
from kezhan.channels.working import note_working
from kezhan.kit.testing import until

REFUSED = Turned("401", fault="token_expired")


@dataclasses.dataclass
class Locked(Box):
    """Its token is the account's setting, which only a person changes; `good` is the one it takes."""

    good: int = 1
    held: asyncio.Event | None = None

    async def issue(self, line: Line) -> Token:
        return Token(value=str(line.account.settings.v), seconds=3600, fixed=True)

    async def token_send(self, line: Line, outbound: Outbound) -> Receipt:
        token = await line.token()
        self.tokens.append(token)
        if self.held is not None:
            await self.held.wait()
        if token != str(self.good):
            raise Expired("401")
        return await self.send(line, outbound)


@pytest.fixture
async def locked(front: Front) -> AsyncIterator[Connected]:
    box = Locked()
    channel = box.channel(Capabilities(text_length=10), issue=box.issue)
    with installed(box, dataclasses.replace(channel, send=box.token_send)):
        yield await connected(front, box)


async def enters(front: Front, door: Connected, version: int) -> None:
    path = f"/api/channels/{door.account_id}"
    answer = await front.owner.patch(path, json={"settings": {"v": version}})
    assert answer.status_code == 200, answer.text


def box_of(door: Connected) -> Locked:
    assert isinstance(door.box, Locked)
    return door.box


async def test_what_was_refused_goes_out_once_somebody_has_entered_other_credentials(
    front: Front, locked: Connected
) -> None:
    conversation, box = await begun(front, locked), box_of(locked)
    box.good = 2
    for text in ("one", "two"):
        await front.reply(conversation, text)
    rows = await deliveries(front, locked, "failed", 2)
    assert {(row["reason"], row["attempts"]) for row in rows} == {("token_expired", 1)}
    assert (await last(front, conversation))["fault"] == "token_expired"
    assert box.brought == [], "and nobody has hammered at the door"
    await enters(front, locked, 2)
    await deliveries(front, locked, "sent", 2)
    assert await brought(locked, 2) == ["one", "two"]
    assert (await last(front, conversation)).get("fault") is None
    await enters(front, locked, 2)
    await front.reply(conversation, "three")
    assert await brought(locked, 3) == ["one", "two", "three"], "what has arrived is left alone"


async def test_what_is_being_refused_while_others_are_entered_goes_out_with_these(
    front: Front, locked: Connected
) -> None:
    conversation, box = await begun(front, locked), box_of(locked)
    box.good, box.held = 2, asyncio.Event()
    await front.reply(conversation, "one")

    async def tried() -> bool:
        return box.tokens == ["1"]

    await until(tried)
    await enters(front, locked, 2)
    box.held.set()
    await deliveries(front, locked, "sent")
    assert (box.tokens, await brought(locked, 1)) == (["1", "2"], ["one"])


async def test_of_several_parts_only_those_that_were_refused_go_again(
    front: Front, locked: Connected
) -> None:
    conversation, box = await begun(front, locked), box_of(locked)
    box.does = [None, REFUSED]
    await front.reply(conversation, "first part second one")
    await deliveries(front, locked, "failed")
    await enters(front, locked, 1)
    await deliveries(front, locked, "sent")
    assert await brought(locked, 3) == ["first part", "second one", "second one"]


@pytest.mark.parametrize(
    ("fault", "age"),
    [
        (Turned("gone", fault="window_closed"), timedelta(hours=1)),
        (Retry("HTTP 502", status=502), timedelta(hours=1)),
        (REFUSED, timedelta(hours=25)),
    ],
)
async def test_what_failed_otherwise_or_long_ago_stays_as_it_is(
    front: Front, locked: Connected, fault: Exception, age: timedelta
) -> None:
    conversation, box = await begun(front, locked), box_of(locked)
    box.does = [fault]
    await front.reply(conversation, "one")
    await deliveries(front, locked, "failed")
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch("update channel_deliveries set created_at = now() - $1::interval", age)
    await enters(front, locked, 1)
    await front.reply(conversation, "two")
    assert await brought(locked, 2) == ["one", "two"]
    assert len(await deliveries(front, locked, "failed")) == 1


async def test_nobody_elses_account_is_changed_and_a_bad_value_sends_nothing(
    front: Front, locked: Connected
) -> None:
    conversation, box = await begun(front, locked), box_of(locked)
    box.does = [REFUSED]
    await front.reply(conversation, "one")
    await deliveries(front, locked, "failed")
    path = f"/api/channels/{locked.account_id}"
    for client, value, status in (
        (await front.stranger(), 2, 404),
        (await front.agent(), 2, 403),
        (front.owner, "two", 400),
    ):
        answer = await client.patch(path, json={"settings": {"v": value}})
        assert answer.status_code == status
    await front.owner.patch(path, json={"name": "Another name"})
    rows: list[Json] = await deliveries(front, locked, "failed")
    assert [row["reason"] for row in rows] == ["token_expired"]


async def test_the_channel_does_not_work_until_others_are_entered_or_something_is_sent(
    front: Front, locked: Connected
) -> None:
    conversation, box = await begun(front, locked), box_of(locked)

    async def health() -> tuple[bool | None, str]:
        items = (await front.owner.get("/api/channels/health")).json()["items"]
        (one,) = [item for item in items if item["id"] == str(locked.account_id)]
        return one["working"], one["fault"]

    async def seen(working: bool) -> bool:
        return (await health())[0] is working

    box.good = 2
    await front.reply(conversation, "one")
    await deliveries(front, locked, "failed")
    assert await health() == (False, "token_expired")
    async with front.running.db.tx(front.workspace_id) as tx:
        account = await opened_account(tx, front.channels.desk.keyring, locked.account_id)
    await note_working(front.running.db, account)
    assert await health() == (False, "token_expired"), "what comes in says nothing of what goes out"
    await enters(front, locked, 2)
    assert await health() == (True, "")
    await deliveries(front, locked, "sent")
    box.good = 3
    await front.reply(conversation, "two")
    await deliveries(front, locked, "failed")
    assert await health() == (False, "token_expired"), "once more"
    box.good = 2
    await front.reply(conversation, "three")
    await until(partial(seen, True))
