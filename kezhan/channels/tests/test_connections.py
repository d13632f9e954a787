"""Doors we go to ourselves: pulled and listened to by one process at a time, without losing or doubling."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from kezhan.channels import connections
from kezhan.channels.base import Call, Capabilities, Probed, Pulled, Retry, Turned
from kezhan.channels.tests.box import Box, Connected, Json, connected, installed, said
from kezhan.channels.tests.front import Front
from kezhan.kit.errors import Refused
from kezhan.kit.testing import until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_BEAT_SECONDS", 0.2)
    monkeypatch.setattr(connections, "_FIRST_PAUSE", 0.05)
    monkeypatch.setattr(connections, "_LONGEST_PAUSE", 0.2)


def call(text: str, key: str) -> Call:
    return Call(dedup_key=key, body=msgspec.json.encode([said(text, dedup_key=key)]))


async def bodies(front: Front, count: int) -> list[str]:
    return [message["body"] for message in await front.heard(count)]


async def health(front: Front, door: Connected) -> Json:
    items: list[Json] = (await front.owner.get("/api/channels/health")).json()["items"]
    return next(item for item in items if item["id"] == str(door.account_id))


async def test_what_is_pulled_arrives_in_order_page_by_page_and_once_and_the_cursor_goes_on(
    front: Front,
) -> None:
    box = Box()
    box.pulls = [
        Pulled(calls=[call("one", "1"), call("two", "2")], cursor="c1", more=True),
        Pulled(calls=[], cursor="c2", more=True),
        Pulled(calls=[call("two", "2"), call("three", "3")], cursor="c3"),
    ]
    with installed(box, box.channel(Capabilities(), pull=box.pull, pull_seconds=600)):
        door = await connected(front, box)
        assert await bodies(front, 3) == ["one", "two", "three"]
        box.pulls = [Pulled(calls=[call("four", "4")], cursor="c4")]
        await door.bring({"is": "due"})
        assert await bodies(front, 4) == ["one", "two", "three", "four"]
    assert box.cursors == ["", "c1", "c2", "c3"]


async def test_a_pull_that_fails_is_tried_again_from_where_it_was_and_people_see_that_it_did(
    front: Front,
) -> None:
    box = Box()
    box.pulls = [
        Pulled(calls=[call("one", "1")], cursor="c1", more=True),
        Retry("HTTP 502"),
        Turned("40013 bad id", fault="not_allowed"),
        Pulled(calls=[call("two", "2")], cursor="c2"),
    ]
    held = asyncio.Event()
    real = box.pull

    async def pull(line, cursor):  # type: ignore[no-untyped-def]
        if len(box.cursors) == 3:
            await held.wait()
        return await real(line, cursor)

    with installed(box, box.channel(Capabilities(), pull=pull, pull_seconds=600)):
        door = await connected(front, box)

        async def in_trouble() -> bool:
            seen = await health(front, door)
            return (seen["working"], seen["fault"], seen["why"]) == (False, "not_allowed", "40013 bad id")

        await until(in_trouble)
        held.set()
        assert await bodies(front, 2) == ["one", "two"]

        async def well() -> bool:
            return bool((await health(front, door))["working"])

        await until(well)
    assert box.cursors == ["", "c1", "c1", "c1"]


async def test_a_connection_that_breaks_is_opened_again_where_it_was(front: Front) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities(), listen=box.listen)):
        await connected(front, box)
        for one in (call("one", "1"), Call(dedup_key="break", body=b""), call("two", "2"), call("two", "2")):
            box.heard.put_nowait(one)
        assert await bodies(front, 2) == ["one", "two"]
        await until(lambda: _empty(box))
    assert box.cursors[:2] == ["", "1"]


async def _empty(box: Box) -> bool:
    return box.heard.empty()


async def test_a_changed_account_is_opened_anew_and_a_removed_one_closed(front: Front) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities(), listen=box.listen)):
        door = await connected(front, box)
        await until(lambda: _opened(box, 1))
        await front.owner.patch(f"/api/channels/{door.account_id}", json={"name": "Other"})
        await until(lambda: _opened(box, 2))
        await front.owner.delete(f"/api/channels/{door.account_id}")

        async def closed() -> bool:
            return door.account_id not in front.channels.connections._open

        await until(closed)
        assert not front.channels.connections.due(door.account_id)


async def _opened(box: Box, times: int) -> bool:
    return len(box.cursors) >= times


async def test_trying_an_account_tells_its_name_there_sets_the_hook_and_says_what_is_wrong(
    front: Front,
) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities(), probe=box.probe, connect=box.connect)):
        door = await connected(front, box)
        assert (await health(front, door))["working"] is None
        path = f"/api/channels/{door.account_id}/test"
        well = (await front.owner.post(path)).json()
        assert (well["working"], well["name"]) == (True, "The box")
        assert box.hooks[0].endswith(f"/hooks/{door.public_key}")
        box.probed = Turned("40125 invalid appsecret", fault="token_expired")
        ill = (await front.owner.post(path)).json()
        assert (ill["working"], ill["fault"]) == (False, "token_expired")
        assert ill["why"] == "40125 invalid appsecret"
        seen = await health(front, door)
        assert (seen["working"], seen["name"]) == (False, "The box")
        box.probed = Probed(name="Renamed")
        assert (await front.owner.post(path)).json()["working"]
        assert (await health(front, door))["name"] == "Renamed"


async def test_what_cannot_be_tried_says_so(front: Front) -> None:
    line = await front.connect()
    answer = await front.owner.post(f"/api/channels/{line.account_id}/test")
    assert (answer.status_code, answer.json()["code"]) == (409, "channels.not_testable")


async def test_the_last_day_of_an_account_is_counted(front: Front) -> None:
    box = Box()
    with installed(box, box.channel(Capabilities())):
        door = await connected(front, box)
        await door.say("one")
        await front.heard(1)
        box.does = [None, Turned("no")]
        conversation = (await front.conversations())[0]["id"]
        await front.reply(conversation, "sent")
        await front.reply(conversation, "refused")

        async def counted() -> bool:
            seen = await health(front, door)
            return (seen["received"], seen["sent"], seen["failed"], seen["waiting_out"]) == (1, 1, 1, 0)

        await until(counted)
        seen = await health(front, door)
        assert seen["last_in_at"] is not None
        assert seen["last_out_at"] is not None


async def test_a_database_that_is_away_for_a_moment_ends_nothing_for_good(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = front.channels.connections
    real, left = mine._wanted, [2]

    async def away() -> dict[UUID, UUID]:
        if left[0]:
            left[0] -= 1
            raise Refused("kit.no_database", 503)
        return await real()

    monkeypatch.setattr(mine, "_wanted", away)
    box = Box()
    with installed(box, box.channel(Capabilities(), listen=box.listen)):
        await connected(front, box)
        box.heard.put_nowait(call("one", "1"))
        assert await bodies(front, 1) == ["one"]
    assert left == [0]
