"""An agent invites a visitor: it reaches her, once, and her answer comes back."""

import asyncio
from uuid import UUID

import pytest

from kezhan.channels.tests.pair import Pair
from kezhan.channels.tests.people import make_shop
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.proactive.tests.site import Site, frames, go, gone, make_site
from kezhan.testing import Running


async def _state(site: Site) -> str | None:
    [shown] = await site.here()
    return str(shown["invite"]["state"]) if shown["invite"] else None


async def test_an_invitation_reaches_every_tab_of_hers_and_nobody_else(site: Site) -> None:
    visitor, other = await site.visitor("rock"), await site.visitor("rock")
    tab = await site.visitor("tea", token=visitor.token)
    heard, there, elsewhere = frames(visitor, "invite"), frames(tab, "invite"), frames(other, "invite")
    made = await site.invite(visitor, "  需要我介绍一下岩茶吗？ ")
    assert made.status_code == 201
    await until(lambda: heard and there)
    name = (await site.client.get("/api/me")).json()["name"]
    shown = {"type": "invite", "id": made.json()["id"], "text": "需要我介绍一下岩茶吗？"}
    assert heard == there == [{**shown, "agent_name": name, "seconds": 60}]
    await go(other, "x")
    assert elsewhere == []
    [row] = await site.rows("select * from invites")
    assert (row.page, row.rule_id, row.answer) == ("https://tea.example/tea", None, None)
    assert str(row.agent_id) == (await site.client.get("/api/me")).json()["id"]


async def test_the_card_is_there_again_on_her_next_page_for_the_time_that_is_left(site: Site) -> None:
    visitor = await site.visitor("a")
    assert (await site.offer(visitor))["invite"] is None
    await site.invite(visitor)
    await site.pass_time("20 seconds")
    again = (await site.offer(visitor))["invite"]
    assert (again["text"], 35 <= again["seconds"] <= 40) == ("需要帮忙吗？", True)
    await site.pass_time("45 seconds")
    assert (await site.offer(visitor))["invite"] is None


@pytest.mark.parametrize(("said", "shown"), [("accepted", "accepted"), ("declined", "declined")])
async def test_her_answer_is_kept_once(site: Site, said: str, shown: str) -> None:
    visitor = await site.visitor("a")
    invite_id = (await site.invite(visitor)).json()["id"]
    assert await _state(site) == "sent"
    for _ in range(2):
        assert (await site.answer(visitor, invite_id, said)).status_code == 204
    assert await _state(site) == shown
    otherwise = "declined" if said == "accepted" else "accepted"
    changed = await site.answer(visitor, invite_id, otherwise)
    assert (changed.status_code, changed.json()["code"]) == (409, "proactive.answered")
    assert (await site.offer(visitor))["invite"] is None
    assert await _state(site) == shown


async def test_one_that_nobody_answers_is_ignored_after_two_minutes(site: Site) -> None:
    visitor = await site.visitor("a")
    invite_id = (await site.invite(visitor)).json()["id"]
    await site.pass_time("119 seconds")
    assert await _state(site) == "sent"
    await site.pass_time("2 seconds")
    assert await _state(site) == "ignored"
    late = await site.answer(visitor, invite_id, "accepted")
    assert (late.status_code, late.json()["code"]) == (410, "proactive.over")
    assert await _state(site) == "ignored"
    await site.pass_time("31 minutes")
    assert await _state(site) is None


async def test_of_many_who_press_at_once_one_invites(site: Site) -> None:
    visitor = await site.visitor("a")
    heard = frames(visitor, "invite")
    colleague = await site.someone()
    answers = await asyncio.gather(
        *(site.invite(visitor, client=client) for client in (site.client, colleague) * 3)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "proactive.already_invited"
    }
    await until(lambda: heard)
    assert len(await site.rows("select 1 from invites")) == len(heard) == 1


async def test_who_has_answered_is_not_asked_again_within_the_minute(site: Site) -> None:
    visitor = await site.visitor("a")
    made = (await site.invite(visitor)).json()
    await site.answer(visitor, made["id"], "declined")
    soon = await site.invite(visitor)
    assert (soon.status_code, soon.json()["code"]) == (429, "proactive.too_soon")
    assert 1 <= int(soon.headers["retry-after"]) <= 60
    await site.pass_time("61 seconds")
    assert (await site.invite(visitor)).status_code == 201


async def test_who_talks_or_has_gone_is_not_invited(site: Site) -> None:
    talks, goes = await site.visitor("a"), await site.visitor("b")
    await talks.say("你好")
    await gone(site, goes)
    for visitor, code in ((talks, "proactive.talking"), (goes, "proactive.gone")):
        answer = await site.invite(visitor)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert await site.rows("select 1 from invites") == []


@pytest.mark.parametrize("words", ["", "   ", "\n", "长" * 501, None, 5])
async def test_words_out_of_bounds_are_refused_and_the_bounds_are_not(site: Site, words: str) -> None:
    visitor = await site.visitor("a")
    answer = await site.client.post(f"/api/visitors/{visitor.id}/invites", json={"text": words})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        400,
        "kit.bad_input",
        "text",
    )
    assert (await site.invite(visitor, "长" * 500)).status_code == 201


@pytest.mark.parametrize(
    ("role", "status"), [("agent", 201), ("owner", 201), ("inspector", 403), ("auditor", 403)]
)
async def test_who_replies_to_customers_invites_them(site: Site, role: str, status: int) -> None:
    visitor = await site.visitor("a")
    assert (await site.invite(visitor, client=await site.someone(role))).status_code == status


async def test_nobody_invites_or_answers_across_workspaces(house: Running, site: Site) -> None:
    other = await make_site(house)
    visitor, theirs = await site.visitor("a"), await other.visitor("a")
    heard = frames(theirs, "invite")
    strange = await site.invite(theirs)
    assert (strange.status_code, strange.json()["code"]) == (404, "proactive.no_such_visitor")
    unknown = await site.client.post(f"/api/visitors/{new_id()}/invites", json={"text": "?"})
    assert unknown.status_code == 404
    invite_id = (await site.invite(visitor)).json()["id"]
    for who in (theirs, await site.visitor("b")):
        answer = await other.answer(who, invite_id, "accepted")
        assert (answer.status_code, answer.json()["code"]) == (404, "proactive.no_such_invite")
    assert (await _state_of(site, visitor.id), heard) == ("sent", [])
    await other.shop.close()


async def _state_of(site: Site, identity_id: str) -> str:
    [shown] = [one for one in await site.here() if one["identity_id"] == identity_id]
    return str(shown["invite"]["state"])


async def test_an_answer_needs_a_session_and_a_word_that_is_known(site: Site) -> None:
    visitor = await site.visitor("a")
    invite_id = (await site.invite(visitor)).json()["id"]
    for said in ("maybe", "ignored", ""):
        answer = await site.answer(visitor, invite_id, said)
        assert (answer.status_code, answer.json()["code"]) == (400, "kit.bad_input")
    visitor.token = "kzv_nobody"
    assert (await site.answer(visitor, invite_id, "accepted")).status_code == 401


async def test_the_conversation_that_comes_of_it_is_known(site: Site) -> None:
    accepts, ignores = await site.visitor("a"), await site.visitor("b")
    for visitor in (accepts, ignores):
        invite_id = (await site.invite(visitor)).json()["id"]
        if visitor is accepts:
            await site.answer(visitor, invite_id, "accepted")
    conversation_id = (await accepts.say("好的"))["conversation_id"]
    await ignores.say("另外一件事")

    async def linked() -> bool:
        rows = await site.rows("select conversation_id from invites order by answer nulls last")
        return [row.conversation_id for row in rows] == [UUID(conversation_id), None]

    await until(linked)


async def test_a_conversation_long_after_is_none_of_its(site: Site) -> None:
    visitor, next_one = await site.visitor("a"), await site.visitor("b")
    for who in (visitor, next_one):
        invite_id = (await site.invite(who)).json()["id"]
        await site.answer(who, invite_id, "accepted")
        if who is visitor:
            await site.pass_time("31 minutes")
    await visitor.say("还在吗")
    last = (await next_one.say("好的"))["conversation_id"]

    async def linked() -> bool:
        rows = await site.rows("select conversation_id from invites order by sent_at")
        return [row.conversation_id for row in rows] == [None, UUID(last)]

    await until(linked)


async def test_an_invitation_goes_to_a_visitor_on_another_process(houses: tuple[Running, Running]) -> None:
    one, two = houses
    pair = Pair(one, two, await make_shop(one))
    visitor, agent = await pair.visitor(), await pair.agent()
    heard, stale = frames(visitor, "invite"), frames(agent, "stale")
    await agent.tell({"type": "follow", "topics": ["visitors"]})
    found = (await agent.get("/api/visitors/now"))["items"]
    assert [shown["identity_id"] for shown in found] == [visitor.id]
    made = await agent.request("POST", f"/api/visitors/{visitor.id}/invites", {"text": "你好"})
    assert made.status_code == 201, made.text
    await until(lambda: heard)
    before = len(stale)
    answer = f"{one.url}/w/v1/invites/{made.json()['id']}/answer"
    await pair.shop.http.put(answer, json={"answer": "accepted"}, headers=visitor.headers)
    await until(lambda: len(stale) > before)
    await pair.close()
    await pair.shop.close()
