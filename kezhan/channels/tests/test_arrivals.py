"""Customers who come in at the same moment: few statements for all, and to each her own."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels import arrivals
from kezhan.channels.arrivals import Arrivals, Return
from kezhan.channels.customers import bring
from kezhan.channels.tests.front import Front
from kezhan.channels.tests.people import Shop
from kezhan.channels.tests.platform import Line, said
from kezhan.channels.tests.wires import Wires, talk
from kezhan.contacts.schemas import Visitor
from kezhan.contacts.service import resolve_all, visitor_of, visitors_of
from kezhan.conversations import read
from kezhan.conversations.schemas import Changed, Resync
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.sockets import Close
from kezhan.kit.testing import until
from kezhan.realtime.session import UNAUTHORIZED
from kezhan.testing import Running

COUNT = 12


async def bearer(shop: Shop, token: str) -> Visitor:
    return await visitor_of(shop.db, token)


async def test_many_at_once_are_read_in_a_few_rounds_and_each_gets_her_own(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks = [await talk(shop) for _ in range(3)]
    fresh = [await shop.visitor() for _ in range(COUNT)]
    tokens = [visitor.token for visitor, _, _ in talks] + [visitor.token for visitor in fresh]
    sizes: list[int] = []

    async def counted(db: Any, asked: Sequence[str]) -> Any:
        sizes.append(len(asked))
        return await visitors_of(db, asked)

    monkeypatch.setattr(arrivals, "visitors_of", counted)
    door = Arrivals(shop.db)
    asked = [*tokens, "kzv_nobody", "no token", ""]
    found = await asyncio.gather(*(door.visitor(token) for token in asked), return_exceptions=True)
    assert sizes == [len(asked)]
    visitors = [one for one in found if isinstance(one, Visitor)]
    assert [one.identity_id for one in visitors] == [(await bearer(shop, one)).identity_id for one in tokens]
    assert [type(one) for one in found[len(tokens) :]] == [Refused] * 3
    pasts = await asyncio.gather(*(door.past(Return(one, None, 0)) for one in visitors))
    assert [str(past.latest.id) for past in pasts[:3] if past.latest] == [one for _, _, one in talks]
    assert [past.latest for past in pasts[3:]] == [None] * COUNT


@pytest.mark.parametrize("revs", [(0, 2), (2, 0), (0, -(10**9)), (0, 10**12)])
async def test_two_pages_that_go_on_from_different_places_each_get_what_they_miss(
    shop: Shop, revs: tuple[int, int]
) -> None:
    visitor, _, conversation_id = await talk(shop)
    her = await bearer(shop, visitor.token)
    door, place = Arrivals(shop.db), UUID(conversation_id)
    pasts = await asyncio.gather(*(door.past(Return(her, place, rev)) for rev in revs))
    for rev, past in zip(revs, pasts, strict=True):
        async with shop.db.tx(her.workspace_id) as tx:
            expected, _ = await read.changes(tx, place, rev)
        assert past.missed == expected
        assert isinstance(past.missed, Changed if 0 <= rev <= 2 else Resync)


async def test_who_names_anothers_conversation_is_refused_and_takes_nothing_from_its_owner(
    shop: Shop,
) -> None:
    visitor, _, conversation_id = await talk(shop)
    her, other = await bearer(shop, visitor.token), await bearer(shop, (await shop.visitor()).token)
    door, place = Arrivals(shop.db), UUID(conversation_id)
    asked = (Return(other, place, 9999), Return(her, place, 0), Return(other, new_id(), 0))
    found = await asyncio.gather(*(door.past(one) for one in asked), return_exceptions=True)
    assert [type(found[0]), type(found[2])] == [NotFound, NotFound]
    assert isinstance(found[1], tuple)
    assert isinstance(found[1].missed, Changed)


@pytest.mark.parametrize(("status", "code"), [(503, Close.RESTART), (401, UNAUTHORIZED)])
async def test_only_who_is_not_known_is_told_to_forget_her_session(
    shop: Shop, wires: Wires, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    async def fails(*_: Any) -> Any:
        raise Refused("kit.no_database" if status == 503 else "contacts.session_over", status)

    visitor, wire = await shop.visitor(), await wires.open()
    monkeypatch.setattr(arrivals, "visitors_of", fails)
    await wire.send({"type": "auth", "token": visitor.token})
    assert await wire.end() == code


async def test_who_has_gone_while_she_waited_is_not_counted_as_present(
    house: Running, shop: Shop, wires: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    async def slow(db: Any, tokens: Sequence[str]) -> Any:
        asked.set()
        await gate.wait()
        return await visitors_of(db, tokens)

    visitor, wire = await shop.visitor(), await wires.open()
    her = await bearer(shop, visitor.token)
    await visitor.close()
    monkeypatch.setattr(arrivals, "visitors_of", slow)
    await wire.send({"type": "auth", "token": visitor.token})
    await asked.wait()
    await wires.close()
    gate.set()
    await asyncio.sleep(0.05)
    assert not house.house.desk.presence.online(("visitor", her.identity_id))


async def test_calls_at_once_are_kept_together_and_each_becomes_one_message(front: Front) -> None:
    line = await front.connect()
    calls = [said(f"hello {n}") for n in range(COUNT)]
    answers = await asyncio.gather(*(line.post(call) for call in [*calls, *calls]))
    assert {answer.status_code for answer in answers} == {200}
    bodies = sorted(message["body"] for message in await front.heard(COUNT))
    assert bodies == sorted(f"hello {n}" for n in range(COUNT))
    assert len(await front.inbox(line)) == COUNT


async def all_taken(front: Front, line: Line) -> bool:
    return {row["state"] for row in await front.inbox(line)} == {"taken"}


async def test_no_platform_waits_for_its_answer_though_too_many_calls_are_under_way(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()

    async def slow(*args: Any) -> Any:
        await gate.wait()
        return await resolve_all(*args)

    monkeypatch.setattr(bring, "resolve_all", slow)
    monkeypatch.setattr(front.channels.taker, "_room", asyncio.Semaphore(2))
    line = await front.connect()
    answers = await asyncio.gather(*(line.post(said(f"{n}")) for n in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert [row["state"] for row in await front.inbox(line)] == ["waiting"] * 4
    gate.set()
    assert len(await front.heard(2)) == 2
    await front.channels.taker.sweep(all_waiting=True)
    assert len(await front.heard(4)) == 4
    await until(lambda: all_taken(front, line))
