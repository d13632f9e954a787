"""What has a tag is found by it: in search, in views, in acts on many; by index and in as few statements."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from kezhan.contacts.values import name_values
from kezhan.conversations.tests.place import Json, make_place
from kezhan.kit.bigrams import query_of
from kezhan.kit.ids import new_id
from kezhan.kit.testing import reads, until
from kezhan.search.tests.desk import groups, person, send_file, take_in_all
from kezhan.tags.tests.desk import ROOT, Desk
from kezhan.views.tests.desk import ENDED, any_of, form


async def found(desk: Desk, tag: Any) -> dict[str, int]:
    hits = await groups(desk.boss, "春茶", tag_id=tag)
    return {kind: len(items) for kind, items in hits.items()}


async def test_search_finds_what_has_a_tag_or_whose_customer_has_it(
    desk: Desk, http: httpx2.AsyncClient
) -> None:
    on_talk, on_her = await desk.made("事"), await desk.made("人")
    first, second = await desk.place.talk("春茶"), await desk.place.talk("春茶", "春茶")
    for talk in (first, second):
        await person(desk.place, talk, **name_values("春茶客"))
        await send_file(desk.place, talk, "春茶.pdf")
    await take_in_all(desk.place)
    await desk.put(desk.boss, "conversation", first, on_talk)
    await desk.put(desk.boss, "contact", await desk.contact_of(second), on_her)
    nothing = {"person": 0, "conversation": 0, "message": 0, "file": 0}
    assert await found(desk, on_talk["id"]) == {"person": 0, "conversation": 1, "message": 1, "file": 1}
    assert await found(desk, on_her["id"]) == {"person": 1, "conversation": 1, "message": 2, "file": 1}
    assert await found(desk, new_id()) == nothing
    other = await desk.made("合并")
    await desk.boss.ask("PUT", f"{ROOT}/{on_her['id']}/merger", {"into": other["id"]})
    both = {"person": 1, "conversation": 1, "message": 2, "file": 1}
    # The old name of it still finds them, while they are moved and after.
    assert await found(desk, on_her["id"]) == both
    elsewhere = await make_place(desk.place.house, http)
    await elsewhere.talk("春茶")
    await take_in_all(elsewhere)
    stranger = await elsewhere.member("owner")
    hits = await groups(stranger, "春茶", tag_id=on_talk["id"])
    assert {kind: len(items) for kind, items in hits.items()} == nothing


async def test_the_search_of_another_workspace_is_never_looked_into_by_its_tags(
    desk: Desk, http: httpx2.AsyncClient
) -> None:
    """Tags of another workspace, handed to the function itself, open nothing."""
    elsewhere = await make_place(desk.place.house, http)
    tag, talk = await desk.made("事"), await desk.place.talk("春茶")
    await desk.put(desk.boss, "conversation", talk, tag)
    for place in (desk.place, elsewhere):
        await take_in_all(place)
    both = " | ".join(query_of(one.workspace_id, ["春茶"], "c") for one in (desk.place, elsewhere))
    look = (
        "select thing_id from thing_search('conversation', cast($1::text as tsquery), true, $2, '{}', null,"
        " null, null, null, null, null, '-infinity', 'infinity', $2, 0, 10, array[$3::uuid])"
    )
    connection = await desk.place.db.connect("kz_app")
    try:
        for workspace, many in ((desk.place.workspace_id, 1), (elsewhere.workspace_id, 0), ("", 0)):
            await connection.execute("select set_config('kz.ws', $1, false)", str(workspace))
            rows: list[asyncpg.Record] = await connection.fetch(look, both, new_id(), UUID(tag["id"]))
            assert len(rows) == many
    finally:
        await connection.close()


async def held(desk: Desk, view: Json) -> set[UUID]:
    page = await desk.boss.get(f"/api/views/{view['id']}/conversations")
    ids = {UUID(row["head"]["id"]) for row in page["items"]}
    counted = await desk.boss.get(f"/api/view-counts?ids={view['id']}")
    assert counted["items"][0]["count"] == len(ids)
    return ids


async def kept(desk: Desk, *conditions: Json) -> Json:
    answer = await desk.boss.ask("POST", "/api/views", form(*conditions, name=str(new_id())))
    assert answer.status_code == 201, answer.text
    view: Json = answer.json()
    return view


async def test_a_view_holds_what_has_one_of_its_tags_or_none_of_them(desk: Desk) -> None:
    first, second = await desk.made("甲"), await desk.made("乙")
    talks = [await desk.place.talk() for _ in range(4)]
    await desk.put(desk.boss, "conversation", talks[0], first)
    for tag in (first, second):
        await desk.put(desk.boss, "conversation", talks[1], tag)
    await desk.put(desk.boss, "contact", await desk.contact_of(talks[2]), first)
    a, b = first["id"], second["id"]
    views = {
        "any": await kept(desk, any_of("tag", a, b)),
        "one": await kept(desk, any_of("tag", b)),
        "none": await kept(desk, any_of("tag", b, without=True)),
        "hers": await kept(desk, any_of("contact_tag", a, b)),
        "both": await kept(desk, any_of("tag", a), any_of("tag", b)),
    }
    expected = {
        "any": {0, 1}, "one": {1}, "none": {0, 2, 3}, "hers": {2}, "both": {1},
    }  # fmt: skip
    for name, view in views.items():
        assert await held(desk, view) == {talks[one] for one in expected[name]}, name
    with reads() as seen:
        await desk.boss.get(f"/api/views/{views['any']['id']}/conversations")
    assert len([one for one, _ in seen if "conversation_tags" in one]) == 1, "page and tags are one statement"
    with reads() as seen:
        ids = "&ids=".join(view["id"] for view in views.values())
        await desk.boss.get(f"/api/view-counts?ids={ids}")
    assert len([one for one, _ in seen if "conversation_tags" in one]) == 1
    await desk.boss.ask("PUT", f"{ROOT}/{b}/merger", {"into": a})

    async def moved() -> bool:
        return not await desk.place.rows("select tag_id from conversation_tags where tag_id = :id", id=b)

    await until(moved)
    assert await held(desk, views["one"]) == {talks[0], talks[1]}, "a merged tag's view follows it"
    unknown = await desk.boss.ask("POST", "/api/views", form(any_of("tag", new_id())))
    assert unknown.json()["code"] == "views.unknown_tag"


_MANY = """
    with more as (
        insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
                                   opened_at, active_at, closed_at)
        select c.workspace_id, gen_random_uuid(), c.account_id, c.identity_id, c.contact_id, c.channel,
               'closed', now(), now() - n * interval '1 second', now()
        from conversations c, generate_series(1, 8000) n where c.id = :talk
        returning workspace_id, id
    )
    insert into conversation_tags (workspace_id, conversation_id, tag_id)
    select workspace_id, id, cast(:often as uuid) from more
    union all (select workspace_id, id, cast(:tag as uuid) from more limit 20)
"""


async def test_what_has_a_rare_tag_among_many_is_counted_by_its_index(desk: Desk) -> None:
    tag, often, talk = await desk.made("罕"), await desk.made("常"), await desk.place.talk()
    await desk.place.run(_MANY, talk=talk, tag=tag["id"], often=often["id"])
    owner = await desk.place.db.connect("kz_owner")
    # As the database does by itself in the minute after so many rows.
    await owner.execute("analyze conversations, conversation_tags")
    await owner.close()
    view = await kept(desk, any_of("tag", tag["id"]))
    with reads() as seen:
        assert len(await held(desk, view)) == 20
    statement, values = next(one for one in seen if "as n0" in one[0])
    connection = await desk.place.db.connect("kz_app")
    try:
        await connection.execute("select set_config('kz.ws', $1, false)", str(desk.place.workspace_id))
        rows = await connection.fetch(f"explain (analyze, timing off) {statement}", *values)
    finally:
        await connection.close()
    plan = "\n".join(row[0] for row in rows)
    assert "conversation_tags_tag" in plan and "Seq Scan" not in plan, plan


async def act(desk: Desk, name: str, ids: list[UUID], tag: Any) -> Json:
    body = {"client_id": str(new_id()), "act": name, "ids": [str(one) for one in ids], "tag_id": tag}
    answer = await desk.agent.ask("POST", "/api/bulk-acts", body)
    assert answer.status_code == 201, answer.text
    return await ended(desk, answer.json()["id"])


async def ended(desk: Desk, bulk_id: str) -> Json:
    async def look() -> Json | None:
        bulk: Json = await desk.agent.get(f"/api/bulk-acts/{bulk_id}")
        return bulk if bulk["state"] in ENDED else None

    return await until(look)


async def test_a_tag_goes_on_many_and_comes_off_those_alone_that_got_it_by_that(desk: Desk) -> None:
    tag, talks = await desk.made("批"), [await desk.place.talk() for _ in range(3)]
    await desk.put(desk.agent, "conversation", talks[0], tag)
    bulk = await act(desk, "tag", [*talks, talks[1]], tag["id"])
    assert (bulk["done"], bulk["refused"]) == (3, 0)
    assert [await desk.on_talk(talk) for talk in talks] == [[tag["id"]]] * 3
    for _ in range(2):
        await desk.agent.ask("PUT", f"/api/bulk-acts/{bulk['id']}/undoing")
        assert (await ended(desk, bulk["id"]))["undone"] == 3
    assert [await desk.on_talk(talk) for talk in talks] == [[tag["id"]], [], []]
    bulk = await act(desk, "untag", talks, tag["id"])
    assert await desk.on_talk(talks[0]) == []
    await desk.agent.ask("PUT", f"/api/bulk-acts/{bulk['id']}/undoing")
    await ended(desk, bulk["id"])
    assert [await desk.on_talk(talk) for talk in talks] == [[tag["id"]], [], []]


async def test_an_act_with_no_tag_or_an_archived_one_is_refused(desk: Desk) -> None:
    tag, talk = await desk.made("批"), await desk.place.talk()
    for odd in (None, str(new_id())):
        body = {"client_id": str(new_id()), "act": "tag", "ids": [str(talk)], "tag_id": odd}
        answer = await desk.agent.ask("POST", "/api/bulk-acts", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "tags.not_found")
    await desk.boss.ask("PUT", f"{ROOT}/{tag['id']}/archival")
    assert (await act(desk, "tag", [talk], tag["id"]))["refused"] == 1
