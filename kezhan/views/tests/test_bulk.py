"""Acts on many: carried out one by one as on one alone, refused one by one, once, called off, taken back."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kezhan.conversations import assign
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.views.bulk.run import runner
from kezhan.views.tests.desk import Desk, Json, any_of, wanted
from kezhan.workspaces.tests.factories import caller


async def talks(desk: Desk, count: int = 3) -> list[UUID]:
    return [await desk.place.talk() for _ in range(count)]


def sums(bulk: Json) -> tuple[str, int, int, int, int]:
    return bulk["state"], bulk["total"], bulk["done"], bulk["refused"], bulk["undone"]


async def undone(desk: Desk, member: Any, bulk: Json) -> Json:
    answer = await member.ask("PUT", f"/api/bulk-acts/{bulk['id']}/undoing")
    assert answer.status_code == 200, answer.text
    return await desk.ended(member, bulk["id"])


async def test_many_are_given_to_a_colleague_one_refused_with_its_reason_and_all_taken_back(
    desk: Desk,
) -> None:
    ids = await talks(desk)
    await desk.boss.act("PUT", ids[2], "/closure")
    line = await desk.boss.line()
    await line.tell("follow", topics=["bulk"])
    await line.said()
    bulk = await desk.act(desk.boss, "assign", [*ids, new_id(), ids[0]], member_id=str(desk.agent.id))
    assert sums(bulk) == ("done", 3, 2, 1, 0)
    assert [(one["count"], bool(one["title"])) for one in bulk["refusals"]] == [(1, True)]
    assert (await line.next("stale"))["topic"] == "bulk"
    assert [await desk.stands(one) for one in ids[:2]] == [("assigned", desk.agent.id, False)] * 2
    told = [event["event"] for event in await desk.place.events(ids[0])]
    assert told.count("conversation.assigned") == 1
    for _ in range(2):
        assert sums(await undone(desk, desk.boss, bulk)) == ("undone", 3, 0, 1, 2)
    assert [await desk.stands(one) for one in ids[:2]] == [("queued", None, False)] * 2


async def test_each_act_goes_there_and_back_but_for_what_has_happened_since(desk: Desk) -> None:
    until = "2099-01-01T00:00:00Z"
    ids = await talks(desk, 2)
    await desk.act(desk.boss, "assign", ids)
    assert [await desk.stands(one) for one in ids] == [("assigned", desk.boss.id, False)] * 2
    for act, more, expected in (
        ("park", {}, ("assigned", desk.boss.id, True)),
        ("close", {}, ("closed", desk.boss.id, False)),
        ("spam", {}, ("closed", desk.boss.id, False)),
        ("assign", {"team_id": str(desk.team_id)}, ("queued", None, False)),
    ):
        bulk = await desk.act(desk.boss, act, ids, **more)
        assert (bulk["done"], [await desk.stands(one) for one in ids]) == (2, [expected] * 2), act
        assert (await undone(desk, desk.boss, bulk))["undone"] == 2, act
        assert [await desk.stands(one) for one in ids] == [("assigned", desk.boss.id, False)] * 2, act
    bulk = await desk.act(desk.boss, "close", ids)
    await desk.boss.act("DELETE", ids[0], "/closure")
    assert (await undone(desk, desk.boss, bulk))["undone"] == 1
    far = await desk.act(desk.boss, "park", ids, until=until)
    assert (far["refused"], far["undo_until"]) == (2, None)
    read = await desk.act(desk.boss, "read", ids)
    assert (read["done"], read["undo_until"]) == (2, None)
    late = await desk.boss.ask("PUT", f"/api/bulk-acts/{read['id']}/undoing")
    assert (late.status_code, late.json()["code"]) == (409, "views.bulk.no_way_back")


async def test_what_somebody_decides_while_it_is_taken_back_stands(desk: Desk) -> None:
    (one,) = await talks(desk, 1)
    bulk = await desk.act(desk.boss, "assign", [one], member_id=str(desk.agent.id))
    place = desk.place
    taker = caller("supervisor", id=desk.other.id, workspace_id=place.workspace_id)

    async def take_back() -> None:
        await runner(place.desk)(place.workspace_id, UUID(bulk["id"]))

    waits = "select 1 from pg_locks where not granted and locktype in ('transactionid', 'tuple')"
    await place.run("update bulk_acts set state = 'undoing' where id = :id", id=UUID(bulk["id"]))
    async with asyncio.TaskGroup() as both, place.desk.db.tx(place.workspace_id) as tx:
        await assign.take(tx, taker, one)
        both.create_task(take_back())
        await until(lambda: place.rows(waits))
    assert sums(await desk.ended(desk.boss, bulk["id"])) == ("undone", 1, 0, 0, 0)
    assert await desk.stands(one) == ("assigned", desk.other.id, False)


async def test_all_of_a_view_and_of_a_list_and_the_same_request_once(desk: Desk) -> None:
    ids = await talks(desk)
    view = await desk.kept(desk.agent, filter=wanted(any_of("state", "queued")))
    body = {"client_id": "all of it", "act": "assign", "view_id": view["id"]}
    first, again = [await desk.agent.ask("POST", "/api/bulk-acts", body) for _ in range(2)]
    assert first.json()["id"] == again.json()["id"]
    assert sums(await desk.ended(desk.agent, first.json()["id"]))[:3] == ("done", 3, 3)
    assert [await desk.stands(one) for one in ids] == [("assigned", desk.agent.id, False)] * 3
    (row,) = await desk.place.rows("select count(*) as found from bulk_acts")
    assert row.found == 1
    body = {"client_id": "all of mine", "act": "close", "list": "mine"}
    closed = (await desk.agent.ask("POST", "/api/bulk-acts", body)).json()
    assert (await desk.ended(desk.agent, closed["id"]))["done"] == 3


async def test_what_one_may_not_see_or_do_stays_and_anothers_act_is_nobodys_business(desk: Desk) -> None:
    hers, free = await talks(desk, 2)
    await desk.agent.act("PUT", hers, "/assignment", {})
    bulk = await desk.act(desk.other, "close", [hers, free])
    assert sums(bulk) == ("done", 2, 1, 1, 0)
    assert await desk.stands(hers) == ("assigned", desk.agent.id, False)
    for method, noun in (("GET", ""), ("PUT", "/undoing"), ("PUT", "/cancellation")):
        answer = await desk.agent.ask(method, f"/api/bulk-acts/{bulk['id']}{noun}")
        assert (answer.status_code, answer.json()["code"]) == (404, "views.bulk.not_found")
    inspector = await desk.place.member("inspector")
    body = {"client_id": "x", "act": "close", "ids": [str(free)]}
    assert (await inspector.ask("POST", "/api/bulk-acts", body)).status_code == 403


async def begun(desk: Desk, ids: list[UUID], state: str) -> UUID:
    """An act of the second agent's that no job has been told of."""
    bulk_id, asker = new_id(), caller("agent", id=desk.other.id, workspace_id=desk.place.workspace_id)
    given = {"ws": desk.place.workspace_id, "id": bulk_id}
    await desk.place.run(
        "insert into bulk_acts (workspace_id, id, by_id, client_id, wanted, caller, state) values (:ws, :id,"
        " :by, :name, cast(:wanted as jsonb), cast(:caller as jsonb), :state)",
        **given, by=desk.other.id, name=str(bulk_id), wanted='{"act": "close"}', state=state,
        caller=msgspec.json.encode(asker).decode(),
    )  # fmt: skip
    await desk.place.run(
        "insert into bulk_items (workspace_id, bulk_id, conversation_id, state)"
        " select :ws, :id, c, 'waiting' from unnest(cast(:ids as uuid[])) c",
        **given,
        ids=ids,
    )
    return bulk_id


async def test_what_is_called_off_is_left_and_rights_lost_on_the_way_count(desk: Desk) -> None:
    ids = await talks(desk, 2)
    off, refused = await begun(desk, ids, "cancelled"), await begun(desk, ids, "running")
    await desk.place.run("update memberships set role = 'auditor' where id = :id", id=desk.other.id)
    for bulk_id in (off, refused, refused):
        await runner(desk.place.desk)(desk.place.workspace_id, bulk_id)
    states = "select b.id, b.state, i.state as item from bulk_acts b join bulk_items i on i.bulk_id = b.id"
    found = {(row.id, row.state, row.item) for row in await desk.place.rows(states)}
    assert found == {(off, "cancelled", "waiting"), (refused, "done", "refused")}
    assert [await desk.stands(one) for one in ids] == [("queued", None, False)] * 2


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"ids": []}, 400, "views.bulk.nothing"),
        ({"view_id": str(new_id())}, 400, "views.bulk.nothing"),
        ({"ids": [], "view_id": str(new_id())}, 404, "views.not_found"),
        ({"ids": [str(new_id())]}, 400, "views.bulk.nothing"),
        ({"act": "paint"}, 400, "kit.bad_input"),
        ({"until": "2030-01-01T00:00:00"}, 400, "conversations.no_moment"),
    ],
)
async def test_bad_requests_begin_nothing(desk: Desk, changes: Json, status: int, code: str) -> None:
    (one,) = await talks(desk, 1)
    body = {"client_id": "x", "act": "park", "ids": [str(one)], **changes}
    answer = await desk.agent.ask("POST", "/api/bulk-acts", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not await desk.place.rows("select 1 from bulk_acts")
