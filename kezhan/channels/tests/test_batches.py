"""Several things in one call, one of which cannot be brought; and platforms that are slow."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels import deliver, store
from kezhan.channels.base import Capabilities, Line, Media, Retry, Window
from kezhan.channels.tests.box import Box, Connected, Json, connected, installed, said
from kezhan.channels.tests.front import Front
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.workspaces.tests.factories import make_workspace

ABLE = Capabilities(receives=frozenset({"text", "file"}), window=Window(seconds=3600, messages=5))


@pytest.fixture
async def door(front: Front) -> AsyncIterator[Connected]:
    box = Box()
    with installed(box, box.channel(ABLE, media=box.get_media)):
        yield await connected(front, box)


def filed(customer: str) -> Json:
    return said(
        "look", customer, kind="file", file={"ref": "m-1", "name": "a.txt", "media_type": "text/plain"}
    )


async def words(front: Front) -> list[str]:
    async with front.running.db.tx(front.workspace_id) as tx:
        rows = await tx.fetch("select body from messages where author_kind = 'visitor' order by created_at")
    return [row["body"] for row in rows]


async def talks(front: Front, count: int) -> list[Json]:
    async def all_here() -> list[Json]:
        heads = await front.conversations()
        return heads if len(heads) == count else []

    return await until(all_here)


async def test_what_cannot_be_brought_keeps_back_its_own_customer_alone(
    front: Front, door: Connected
) -> None:
    door.box.media["m-1"] = Retry("busy")
    await door.bring(filed("c-1"), said("after it", "c-1"), said("of another", "c-2"))

    async def heard() -> bool:
        return await words(front) == ["of another"]

    async def put_off() -> bool:
        async with front.running.db.tx(front.workspace_id) as tx:
            return bool(await tx.fetch("select 1 from channel_inbox where attempts > 0"))

    await until(heard)
    await until(put_off)
    door.box.media["m-1"] = b"told"
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch("update channel_inbox set due_at = now() where taken_at is null")
    await front.channels.taker.sweep()
    assert await words(front) == ["of another", "look", "after it"]


async def test_word_of_a_message_that_is_not_here_keeps_back_nothing(front: Front, door: Connected) -> None:
    word = {"is": "progress", "external_id": "c-1", "message_id": "elsewhere", "state": "read"}
    await door.bring(word, said("hello", "c-1"))

    async def heard() -> bool:
        return await words(front) == ["hello"]

    await until(heard, 1.5)


async def test_of_one_call_the_last_word_on_a_window_counts(front: Front, door: Connected) -> None:
    event = {"is": "happened", "external_id": "c-1", "dedup_key": "f", "event": "follow"}
    await door.bring({**event, "opening": {"seconds": 60, "messages": 1}, "ticket": "old"}, said("hello"))
    await front.heard()
    (head,) = await front.conversations()
    reach = (await front.owner.get(f"/api/conversations/{head['id']}/reach")).json()
    assert reach["left"] == 5


async def test_a_platform_that_does_not_answer_holds_up_no_other_ones_messages(front: Front) -> None:
    slow, quick = Box(), Box()
    held = asyncio.Event()

    async def hangs(line: Line, ref: str) -> Media:
        await held.wait()
        return Media(data=b"told", media_type="text/plain")

    channel = dataclasses.replace(slow.channel(ABLE), media=hangs)
    with installed(slow, channel), installed(quick, quick.channel(ABLE)):
        one, two = await connected(front, slow), await connected(front, quick)
        taker = front.channels.taker
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(taker, "begin", _leaves(taker))
            await one.bring(filed("c-1"))
            await two.say("not behind it", "c-2")
        sweeping = asyncio.create_task(taker.sweep(all_waiting=True))

        async def heard() -> bool:
            return await words(front) == ["not behind it"]

        await until(heard)
        held.set()
        await sweeping
        assert sorted(await words(front)) == ["look", "not behind it"]


def _leaves(taker: Any) -> Any:
    """Kept, and left to the sweep."""
    return lambda *_: taker._room.release()


async def test_a_platform_that_does_not_take_our_words_leaves_room_for_the_others(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "_AT_ONCE", 4)
    slow, quick = Box(), Box()
    held = asyncio.Event()
    slow.does = [held] * 5
    with installed(slow, slow.channel(ABLE)), installed(quick, quick.channel(ABLE)):
        one, two = await connected(front, slow), await connected(front, quick)
        for n in range(5):
            await one.say("hello", f"c-{n}")
        for head in await talks(front, 5):
            await front.reply(head["id"], "hanging")

        async def hangs() -> bool:
            return len(slow.brought) == 2

        await until(hangs)
        slows = {head["id"] for head in await front.conversations()}
        await two.say("hello", "q-1")
        (talk,) = [head["id"] for head in await talks(front, 6) if head["id"] not in slows]
        await front.reply(talk, "at once")

        async def out() -> bool:
            return len(quick.brought) == 1

        await until(out)
        assert len(slow.brought) == 2
        held.set()

        async def all_out() -> bool:
            return len(slow.brought) == 5

        await until(all_out)


async def test_of_many_slow_accounts_each_leaves_half_to_the_next(own_db: Database) -> None:
    """Claimed as by a process whose places are never given back, while more and more accounts have work."""
    busy: Counter[UUID] = Counter()
    for _ in range(4):
        await _backlog(own_db, 40)
        claimed = True
        while claimed:
            async with own_db.system_tx() as tx:
                rows = await store.claim_deliveries(tx, busy, 32)
            busy.update(row.account_id for row in rows)
            claimed = bool(rows)
    assert sorted(busy.values(), reverse=True) == [16, 8, 4, 2]


async def test_accounts_that_wait_at_the_same_time_share(own_db: Database) -> None:
    one, two = await _backlog(own_db, 40), await _backlog(own_db, 3)
    async with own_db.system_tx() as tx:
        rows = await store.claim_deliveries(tx, {}, 32)
        assert Counter(row.account_id for row in rows) == {one: 13, two: 3}
        assert not await store.claim_deliveries(tx, {one: 32}, 32)


async def _backlog(db: Database, count: int) -> UUID:
    """A new account, and as many deliveries that wait, each of a conversation of its own."""
    account_id = new_id()
    async with db.tx(await make_workspace(db)) as tx:
        values = {"adapter": "open", "name": "Slow", "public_key": account_id.hex, "settings": {}}
        await store.add_account(tx, {"id": account_id, **values})
        rows = [{"id": new_id(), "account_id": account_id, "conversation_id": new_id()} for _ in range(count)]
        await store.add_deliveries(tx, [{**row, "what": "message", "seq": 1, "rev": 0} for row in rows])
    return account_id
