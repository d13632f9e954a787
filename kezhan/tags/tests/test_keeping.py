"""The tags of a workspace: made, changed, archived, merged; by whom, and who may not."""

import asyncio

import httpx2
import pytest

from kezhan.conversations.tests.place import make_place
from kezhan.kit.testing import until
from kezhan.tags.tests.desk import ROOT, Desk, form


async def test_a_tag_is_made_found_by_its_sound_changed_and_known_by_one_name_however_it_is_written(
    desk: Desk,
) -> None:
    tag = await desk.made("  ＶＩＰ  客户 ", group="等级")
    assert (tag["name"], tag["group"], tag["pinyin"], tag["initials"]) == (
        "ＶＩＰ 客户", "等级", "vipkehu", "vipkh",
    )  # fmt: skip
    again = await desk.boss.ask("POST", ROOT, form("vip 客户"))
    assert (again.status_code, again.json()["code"]) == (409, "tags.name_taken")
    body = {**form("大客户", colour="red"), "version": tag["version"]}
    for _ in range(2):
        changed = await desk.boss.ask("PUT", f"{ROOT}/{tag['id']}", body)
        assert (changed.json()["name"], changed.json()["version"]) == ("大客户", 2)
    late = await desk.boss.ask("PUT", f"{ROOT}/{tag['id']}", {**body, "name": "小客户"})
    assert late.json()["code"] == "tags.changed_meanwhile"
    assert [*(await desk.names())] == ["大客户"]
    assert await desk.audited() == ["tag.create", "tag.edit"]
    assert await desk.told() == ["tag.changed"] * 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "长" * 41}, "name"),
        ({"group": "长" * 41}, "group"),
        ({"name": "a\0b"}, "name"),
        ({"for_contacts": False, "for_conversations": False}, "for_contacts"),
    ],
)
async def test_what_is_no_tag_is_refused_at_its_field(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    answer = await desk.boss.ask("POST", ROOT, form("a") | changes)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    odd = await desk.boss.ask("POST", ROOT, form("a", colour="#ff0000"))
    assert odd.status_code == 400
    assert await desk.names() == {}


async def test_two_at_once_make_one(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(desk.boss.ask("POST", ROOT, form(name)) for name in ("Vip", "VIP", "vip"))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_there_are_no_more_than_the_limit(desk: Desk) -> None:
    await desk.place.run(
        "insert into tags (workspace_id, id, name, name_key, colour, group_name, for_contacts,"
        " for_conversations, sort_key, pinyin, initials, version)"
        " select :ws, gen_random_uuid(), n, n, 'ink', '', true, true, n, n, n, 1"
        " from (select cast(n as text) as n from generate_series(1, 1000) n) n",
        ws=desk.place.workspace_id,
    )
    answer = await desk.boss.ask("POST", ROOT, form("one more"))
    assert (answer.status_code, answer.json()["code"]) == (409, "tags.too_many")


async def test_an_archived_tag_stays_where_it_is_and_goes_on_nothing_more(desk: Desk) -> None:
    tag, talk = await desk.made("投诉"), await desk.place.talk()
    assert not await desk.put(desk.agent, "conversation", talk, tag)
    for _ in range(2):
        assert (await desk.boss.ask("PUT", f"{ROOT}/{tag['id']}/archival")).json()["archived"]
    assert await desk.on_talk(talk) == [tag["id"]]
    other = await desk.place.talk()
    assert await desk.put(desk.agent, "conversation", other, tag) == "tags.archived"
    assert not await desk.put(desk.agent, "conversation", talk, tag), "it is on it already"
    assert not (await desk.boss.ask("DELETE", f"{ROOT}/{tag['id']}/archival")).json()["archived"]
    assert not await desk.put(desk.agent, "conversation", other, tag)
    assert await desk.audited() == [
        "tag.create", "conversation.tag", "tag.archive", "tag.restore", "conversation.tag",
    ]  # fmt: skip


async def test_a_merged_tag_leads_to_the_one_in_its_place_on_all_that_has_it(desk: Desk) -> None:
    gone, kept = await desk.made("退货"), await desk.made("退换货")
    talk, both = await desk.place.talk(), await desk.place.talk()
    contact = await desk.contact_of(talk)
    await desk.put(desk.agent, "conversation", talk, gone)
    await desk.put(desk.agent, "contact", contact, gone)
    for tag in (gone, kept):
        await desk.put(desk.agent, "conversation", both, tag)
    uses = {use["id"]: use for use in (await desk.boss.get("/api/tag-uses"))["items"]}
    assert (uses[gone["id"]]["contacts"], uses[gone["id"]]["conversations"]) == (1, 2)
    for _ in range(2):
        merged = await desk.boss.ask("PUT", f"{ROOT}/{gone['id']}/merger", {"into": kept["id"]})
        assert merged.status_code == 200, merged.text

    async def moved() -> bool:
        rows = await desk.place.rows(
            "select tag_id from conversation_tags where tag_id = :id union all"
            " select tag_id from contact_tags where tag_id = :id",
            id=gone["id"],
        )
        return not rows

    await until(moved)
    assert await desk.on_talk(talk) == await desk.on_talk(both) == [kept["id"]]
    assert await desk.on_contact(contact) == [kept["id"]]
    # Who still has the old one on her screen puts on, and takes off, what stands in its place.
    assert not await desk.put(desk.agent, "conversation", await desk.place.talk(), gone)
    assert (await desk.names())["退货"]["merged_into"] == kept["id"]
    assert await desk.made("退货"), "its name is free again"
    assert (await desk.audited()).count("tag.merge") == 1


async def test_what_cannot_be_merged_is_refused(desk: Desk) -> None:
    wide, narrow = await desk.made("a"), await desk.made("b", for_contacts=False)
    for tag, into, code in (
        (wide, wide, "tags.merge_itself"),
        (wide, narrow, "tags.merge_unlike"),
        (wide, {"id": str(desk.boss.id)}, "tags.not_found"),
    ):
        answer = await desk.boss.ask("PUT", f"{ROOT}/{tag['id']}/merger", {"into": into["id"]})
        assert answer.json()["code"] == code
    await desk.boss.ask("PUT", f"{ROOT}/{wide['id']}/archival")
    answer = await desk.boss.ask("PUT", f"{ROOT}/{narrow['id']}/merger", {"into": wide["id"]})
    assert answer.json()["code"] == "tags.archived"


async def test_an_agent_sees_tags_and_cannot_change_them_and_a_stranger_sees_none(
    desk: Desk, http: httpx2.AsyncClient
) -> None:
    tag = await desk.made("高价值")
    listed = await desk.agent.get(ROOT)
    assert (len(listed["items"]), listed["manages"]) == (1, False)
    body = {**form("x"), "version": 1}
    for method, path, sent in (
        ("POST", ROOT, form("x")),
        ("PUT", f"{ROOT}/{tag['id']}", body),
        ("PUT", f"{ROOT}/{tag['id']}/archival", None),
        ("DELETE", f"{ROOT}/{tag['id']}/archival", None),
        ("PUT", f"{ROOT}/{tag['id']}/merger", {"into": tag["id"]}),
        ("GET", "/api/tag-uses", None),
    ):
        assert (await desk.agent.ask(method, path, sent)).status_code == 403
    elsewhere = await make_place(desk.place.house, http)
    stranger = await elsewhere.member("owner")
    assert (await stranger.get(ROOT))["items"] == []
    assert (await stranger.ask("PUT", f"{ROOT}/{tag['id']}", body)).status_code == 404
    talk = await elsewhere.talk()
    assert (await stranger.act("PUT", talk, f"/tags/{tag['id']}"))[1] == "tags.not_found"
