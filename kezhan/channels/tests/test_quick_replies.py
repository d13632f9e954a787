"""Quick replies in a conversation: found, filled, offered, taken; by whom."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.quick.offer import search, suggest
from kezhan.conversations.tests.place import Member, Place, make_place
from kezhan.kit.ids import new_id
from kezhan.kit.testing import queries
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import caller

REPLIES = "/api/quick-replies"


@pytest.fixture
async def place(house: Running) -> AsyncIterator[Place]:
    place = await make_place(house, await house.client())
    yield place
    await place.close()


@pytest.fixture
async def agent(place: Place) -> Member:
    return await place.member()


async def made(member: Member, title: str, body: str = "内容", **more: Any) -> str:
    form = {"scope": "personal", "title": title, "body": body, **more}
    answer = await member.ask("POST", REPLIES, form)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def at(talk: UUID, rest: str = "") -> str:
    return f"/api/conversations/{talk}/quick-replies{rest}"


async def found(member: Member, talk: UUID, query: str = "") -> list[str]:
    return [item["title"] for item in (await member.get(at(talk, f"?q={query}")))["items"]]


async def offered(member: Member, talk: UUID, text: str = "") -> list[str]:
    return [item["title"] for item in (await member.get(at(talk, f"/suggested?text={text}")))["items"]]


@pytest.mark.parametrize(
    "query", ["yhq", "YHQ", "youhui", "优惠券", "优惠", "hq", "领取", "售前", "YH Q", "ｙｈｑ"]
)
async def test_it_is_found_by_code_title_pinyin_category_and_text(
    place: Place, agent: Member, query: str
) -> None:
    await made(agent, "优惠券", "首页领取", category="售前")
    await made(agent, "退换货", "七天之内")
    assert await found(agent, await place.talk(), query) == ["优惠券"]


async def test_where_it_is_found_decides_then_own_use(place: Place, agent: Member) -> None:
    talk = await place.talk()
    await made(agent, "发票", "说明")
    await made(agent, "说明发票", "内容")
    await made(agent, "开具", "这里说发票")
    await made(agent, "另一个", code="发票")
    used = await made(agent, "说明发票二", "内容")
    assert await found(agent, talk, "发票") == ["另一个", "发票", "说明发票", "说明发票二", "开具"]
    await agent.ask("POST", at(talk, f"/{used}"), {"client_id": "1"})
    assert await found(agent, talk, "发票") == ["另一个", "发票", "说明发票二", "说明发票", "开具"]
    assert (await found(agent, talk))[0] == "说明发票二"
    assert await found(agent, talk, "没有这个") == []
    assert await found(agent, talk, "%25") == []


async def test_a_polyphone_reads_as_the_word_it_stands_in(place: Place, agent: Member) -> None:
    await made(agent, "重新下单")
    assert await found(agent, await place.talk(), "cxxd") == ["重新下单"]


async def test_it_is_filled_with_what_the_conversation_knows(place: Place, agent: Member) -> None:
    talk = await place.talk()
    body = "{{customer.name|朋友}}，我是{{agent.name}}，{{channel.name}}，{{workspace.name}}{{team.name}}"
    reply_id = await made(agent, "问候", body)
    filled = {"text": "朋友，我是林晚晴，Shop，Tea house", "missing": ["team.name"]}
    (offer,) = (await agent.get(at(talk)))["items"]
    assert {name: offer[name] for name in filled} == filled
    answer = await agent.ask("POST", at(talk, f"/{reply_id}"), {"client_id": "1"})
    assert (answer.status_code, answer.json()) == (200, {**filled, "files": [], "card": None, "image": None})
    await place.run("update contacts set name = '王女士' where workspace_id = :ws", ws=place.workspace_id)
    (offer,) = (await agent.get(at(talk)))["items"]
    assert offer["text"].startswith("王女士，")


async def test_a_use_counts_once_for_its_name(place: Place, agent: Member) -> None:
    talk = await place.talk()
    boss = await place.member("supervisor", "沈青山")
    reply_id = await made(boss, "公共", scope="public")
    for member, client_id in ((agent, "1"), (agent, "1"), (agent, "2"), (boss, "1")):
        answer = await member.ask("POST", at(talk, f"/{reply_id}"), {"client_id": client_id})
        assert answer.status_code == 200
    (listed,) = (await agent.get(f"{REPLIES}?scope=public"))["items"]
    assert listed["used"] == 3 and listed["last_used_at"]
    uses = (await boss.get(f"{REPLIES}/{reply_id}/uses"))["items"]
    assert [(use["name"], use["used"]) for use in uses] == [("林晚晴", 2), ("沈青山", 1)]


async def test_her_files_come_with_addresses_that_work(place: Place, agent: Member) -> None:
    upload = {"file": ("尺码.txt", b"S M L", "text/plain")}
    sent = await place.http.post(place.house.url + "/api/files", headers=agent.headers, files=upload)
    reply_id = await made(agent, "尺码", "", file_ids=[sent.json()["id"]])
    talk = await place.talk()
    (file,) = (await agent.ask("POST", at(talk, f"/{reply_id}"), {"client_id": "1"})).json()["files"]
    assert (await place.http.get(place.house.url + file["url"])).content == b"S M L"


async def test_what_fits_her_words_is_offered(place: Place, agent: Member) -> None:
    await made(agent, "退货流程", "请在订单页申请退货，寄回后三天到账。")
    await made(agent, "开发票", "请提供发票抬头与税号。")
    await made(agent, "发货时间", "下单后一天之内发货。")
    await made(agent, "冲泡方法", "水温八十五度，冲泡三十秒。")
    talk = await place.talk("你好", "请问怎么退货")
    assert await offered(agent, talk) == ["退货流程"]
    assert (await offered(agent, talk, "可以开发票吗"))[0] == "开发票"
    assert await offered(agent, talk, "水温冲多少度") == []
    assert await offered(agent, talk, "八十五度是水温吗") == ["冲泡方法"]
    assert await offered(agent, talk, "你好请问在吗") == []
    assert await offered(agent, await place.talk("你好")) == []


async def test_at_most_three_and_no_word_that_many_have(place: Place, agent: Member) -> None:
    for number in range(10):
        await made(agent, f"茶叶问题{number}", f"茶叶的第{number}个")
    talk = await place.talk("茶叶")
    assert await offered(agent, talk) == []
    for title in ("快递查询", "快递公司", "换快递"):
        await made(agent, title)
    assert len(await offered(agent, talk, "茶叶的快递到哪里了")) == 3


async def test_what_we_have_answered_or_closed_asks_for_nothing(place: Place, agent: Member) -> None:
    await made(agent, "退货流程")
    talk = await place.talk("怎么退货")
    assert await agent.act("PUT", talk, "/assignment", {}) == (200, "")
    assert await offered(agent, talk) == ["退货流程"]
    said = {"client_id": "1", "kind": "text", "body": "稍等"}
    assert await agent.act("POST", talk, "/messages", said) == (201, "")
    assert await offered(agent, talk) == []
    assert await offered(agent, talk, "退货") == ["退货流程"]
    await agent.act("PUT", talk, "/closure")
    assert await offered(agent, talk, "退货") == []


async def test_others_own_and_other_teams_are_neither_found_nor_taken(place: Place, agent: Member) -> None:
    boss = await place.member("supervisor")
    team = (await boss.ask("POST", "/api/teams", {"name": "售后"})).json()["id"]
    teams = await made(boss, "退货小组", scope="team", team_id=team)
    own = await made(boss, "退货自己")
    talk = await place.talk("退货")
    assert await found(agent, talk) == [] == await offered(agent, talk)
    for reply_id in (teams, own, new_id()):
        taken = await agent.act("POST", talk, f"/quick-replies/{reply_id}", {"client_id": "1"})
        assert taken == (404, "quick.not_found")
    await boss.ask("PUT", f"/api/teams/{team}/members", {"member_ids": [str(agent.id)]})
    assert await found(agent, talk) == ["退货小组"] == await offered(agent, talk)


async def test_only_who_may_write_there_sees_them_filled(place: Place, agent: Member) -> None:
    reply_id = await made(agent, "退货")
    talk, boss = await place.talk("退货"), await place.member("supervisor")
    assert await boss.act("PUT", talk, "/assignment", {}) == (200, "")
    inspector = await place.member("inspector")
    for member, status in ((agent, 404), (inspector, 403)):
        for path in ("", "/suggested"):
            assert (await member.act("GET", talk, f"/quick-replies{path}"))[0] == status
        taken = await member.act("POST", talk, f"/quick-replies/{reply_id}", {"client_id": "1"})
        assert taken[0] == status
    assert (await agent.act("GET", new_id(), "/quick-replies"))[0] == 404


@pytest.mark.parametrize("path", ["?q=" + "x" * 101, "/suggested?text=" + "x" * 501])
async def test_more_than_anybody_types_is_refused(place: Place, agent: Member, path: str) -> None:
    talk = await place.talk()
    assert await agent.act("GET", talk, f"/quick-replies{path}") == (400, "kit.bad_input")
    unnamed = await agent.act("POST", talk, f"/quick-replies/{new_id()}", {"client_id": ""})
    assert unnamed == (400, "kit.bad_input")


async def test_a_search_is_three_queries_and_an_offer_five(place: Place, agent: Member) -> None:
    for number in range(5):
        await made(agent, f"退货{number}")
    talk = await place.talk("退货")
    person = caller("agent", id=agent.id, workspace_id=place.workspace_id)
    async with place.db.tx(place.workspace_id) as tx:
        with queries(tx) as sent:
            assert len((await search(tx, person, talk, "th")).items) == 5
        assert len(sent) == 3
        with queries(tx) as sent:
            assert len((await suggest(tx, person, talk, "")).items) == 3
        assert len(sent) == 5
