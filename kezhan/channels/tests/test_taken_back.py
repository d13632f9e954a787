"""What a customer takes back is gone: from every table, from the calls as they were kept, and for good."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.base import Capabilities, Retry
from kezhan.channels.customers import amend
from kezhan.channels.tests.box import Box, Connected, Json, connected, installed, said
from kezhan.channels.tests.front import Front
from kezhan.conversations.change import recall
from kezhan.kit.testing import until

SECRET = "zimtsternchen"
ABLE = Capabilities(receives=frozenset({"text", "file"}))
_TABLES = """
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname = 'public' and has_table_privilege(c.oid, 'select')
"""


@pytest.fixture
async def door(front: Front) -> AsyncIterator[Connected]:
    box = Box()
    with installed(box, box.channel(ABLE, media=box.get_media)):
        yield await connected(front, box)


async def rows(front: Front, statement: str, *values: Any) -> list[Any]:
    async with front.running.db.tx(front.workspace_id) as tx:
        return list(await tx.fetch(statement, *values))


async def where(front: Front) -> set[str]:
    """The tables in which the word stands."""
    found = set()
    for row in await rows(front, _TABLES):
        name = row["relname"]
        if await rows(front, f"select 1 from {name} t where t::text ilike $1 limit 1", f"%{SECRET}%"):  # noqa: S608
            found.add(name)
    return found


async def calls(front: Front) -> list[int]:
    """How long what is kept of each call is, oldest first."""
    found = await rows(front, "select length(sealed) as size from channel_inbox order by received_at")
    return [row["size"] for row in found]


def taken_back(name: str) -> Json:
    return {"is": "recalled", "external_id": "c-1", "message_id": name}


async def test_what_an_agent_takes_back_is_not_left_in_the_platforms_echo(
    front: Front, door: Connected
) -> None:
    await door.say("hello")
    await front.heard(1)
    talk = await the_talk(front)
    await front.reply(talk, SECRET)

    async def out() -> bool:
        return len(door.box.brought) == 1

    await until(out)
    echo = said(SECRET, ours=True, message_id="out-1")
    await door.bring(said("more"), echo)

    async def emptied() -> bool:
        return (await calls(front))[1:] == [0]

    await until(emptied)
    ours = (await front.heard(3))[1]
    assert ours["body"] == SECRET
    async with front.running.db.tx(front.workspace_id) as tx:
        await recall(tx, UUID(talk), ours["seq"], author_id=UUID(ours["author"]["id"]))
    await door.bring({**echo, "dedup_key": "again"})

    async def nowhere() -> bool:
        return (await calls(front))[1:] == [0, 0] and not await where(front)

    await until(nowhere)


@pytest.mark.parametrize("told", [True, False], ids=["the platform's time", "no time"])
async def test_a_wording_that_was_held_up_does_not_win_over_a_newer_one(
    front: Front, door: Connected, told: bool
) -> None:
    await door.say("first", message_id="m-1")
    await front.heard(1)
    edit = {"is": "edited", "external_id": "c-1", "message_id": "m-1"}
    at = {"at": "2026-01-01T10:00:00Z"} if told else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amend, "reworded", _away)
        await door.bring({**edit, "text": "second", **at})

        async def waits() -> bool:
            return bool(await rows(front, "select 1 from channel_inbox where fault is not null"))

        await until(waits)
    # Of the same second of the platform's clock: the call that came later is the newer one.
    await door.bring({**edit, "text": "third", **at})

    async def reworded() -> bool:
        return bool((await front.heard(1))[0]["body"] == "third")

    await until(reworded)
    await rows(front, "update channel_inbox set due_at = now() where taken_at is null returning id")
    await front.channels.taker.sweep()
    if told:
        await door.bring({**edit, "text": "told late", "at": "2026-01-01T09:59:59Z"})

    async def all_taken() -> bool:
        return not await rows(front, "select 1 from channel_inbox where taken_at is null")

    await until(all_taken)
    assert (await front.heard(1))[0]["body"] == "third"
    await door.bring({**edit, "text": "fourth"})

    async def newest() -> bool:
        return bool((await front.heard(1))[0]["body"] == "fourth")

    await until(newest)


async def _away(*_: Any) -> None:
    raise ConnectionError("away")


async def test_nothing_of_it_is_left_anywhere(front: Front, door: Connected) -> None:
    door.box.media["f"] = b"told"
    file = {"ref": "f", "name": f"{SECRET}.txt", "media_type": "text/plain"}
    await door.bring(said("kept"))
    await door.bring(said("harmless", message_id="m-1"), said(SECRET, message_id="m-1#1"))
    await door.bring(said("look", kind="file", file=file, message_id="m-2"))
    await front.heard(4)
    edit = {"is": "edited", "external_id": "c-1", "message_id": "m-1", "text": f"{SECRET} again"}
    await door.bring(edit)

    async def indexed() -> bool:
        return "message_words" in await where(front)

    await until(indexed)
    for name in ("m-1", "m-2"):
        await door.bring(taken_back(name))

    async def gone() -> bool:
        return not await where(front)

    await until(gone)

    async def emptied() -> bool:
        kept = await calls(front)
        return kept[1:4] == [0, 0, 0] and kept[0] > 0

    await until(emptied)
    assert "kept" in {message.get("body") for message in await front.messages(await the_talk(front))}
    items = (await front.owner.get(f"/api/channels/{door.account_id}/inbox")).json()["items"]
    for item in items:
        path = f"/api/channels/{door.account_id}/inbox/{item['id']}/replay"
        assert (await front.owner.post(path)).json()["state"] == "taken"
    assert await where(front) == set(), "nor does it come back by hand"


async def the_talk(front: Front) -> str:
    (head,) = await front.conversations()
    found: str = head["id"]
    return found


async def test_what_is_taken_back_before_it_could_be_brought_does_not_appear_later(
    front: Front, door: Connected
) -> None:
    door.box.media["f"] = Retry("busy")
    file = {"ref": "f", "name": "a.txt", "media_type": "text/plain"}
    await door.bring(said(SECRET, kind="file", file=file, message_id="m-1"), key="first")
    await door.bring(taken_back("m-1"), key="second")

    async def tried() -> bool:
        found = await rows(front, "select attempts from channel_inbox")
        return [row["attempts"] > 0 for row in found] == [True, True]

    await until(tried)
    await rows(front, "update channel_inbox set attempts = 4, due_at = now() where dedup_key = 'second'")
    await front.channels.taker.sweep()
    (second,) = await rows(front, "select id, taken_at from channel_inbox where dedup_key = 'second'")
    assert second["taken_at"] is None, "it waits for what it speaks of"
    door.box.media["f"] = b"told"
    await rows(front, "update channel_inbox set due_at = now() where dedup_key = 'first'")
    await front.channels.taker.sweep()
    path = f"/api/channels/{door.account_id}/inbox/{UUID(str(second['id']))}/replay"
    assert (await front.owner.post(path)).json()["state"] == "taken"
    assert "messages" not in await where(front)


async def test_messages_without_a_name_of_their_own_are_all_kept(front: Front, door: Connected) -> None:
    for text in ("one", "two"):
        await door.bring(said(text, dedup_key=""))
    assert sorted(message["body"] for message in await front.heard(2)) == ["one", "two"]
