"""From hand to hand with a hand-shake: asked, accepted, declined, let pass, withdrawn; to a team and back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.routing.tests.factories import Lobby

GIVER, TAKER = "周小满", "林晚晴"


async def two(shop: Shop, **settings: Any) -> tuple[Lobby, UUID]:
    """A conversation in the hands of one of two agents."""
    lobby = await Lobby(shop).open(**settings)
    await lobby.agent(GIVER)
    _, talk = await lobby.customer()
    assert await lobby.holder(talk) == GIVER
    await lobby.agent(TAKER)
    return lobby, talk


async def asked(shop: Shop, **settings: Any) -> tuple[Lobby, UUID]:
    lobby, talk = await two(shop, **settings)
    assert await lobby.ask_over(GIVER, talk, "要开发票", member_id=lobby.ids[TAKER]) == 200
    return lobby, talk


async def pending(lobby: Lobby, talk: UUID) -> UUID | None:
    (row,) = await lobby.rows("select transfer_to from conversations where id = $1", talk)
    to: UUID | None = row["transfer_to"]
    return to


async def test_a_colleague_is_asked_with_the_note_and_it_stays_until_she_accepts(shop: Shop) -> None:
    lobby, talk = await two(shop)
    heard: list[Any] = []
    lobby.agents[TAKER].heard.append(heard.append)
    assert await lobby.ask_over(GIVER, talk, " 要开发票 ", member_id=lobby.ids[TAKER]) == 200
    await until(lambda: [one for one in heard if one["type"] == "offer"])
    (offer,) = (await lobby.agents[TAKER].get("/api/offers"))["items"]
    assert (offer["head"]["id"], offer["by"], offer["note"]) == (str(talk), GIVER, "要开发票")
    assert await lobby.holder(talk) == GIVER
    await lobby.agents[GIVER].say(str(talk), "请稍等，我请同事来")
    assert (await lobby.seats())[TAKER]["live_used"] == 0
    assert await lobby.answer(TAKER, talk) == 200
    assert await lobby.holder(talk) == TAKER
    assert {name: seat["live_used"] for name, seat in (await lobby.seats()).items()} == {GIVER: 0, TAKER: 1}
    assert await lobby.happened(talk) == ["enqueued", "accepted", "transfer_offered", "transferred"]
    assert await lobby.told(talk) == ["routed", "transfer_offered", "assigned"]
    await until(lambda: [one["outcome"] for one in heard if one["type"] == "offer_over"] == ["accepted"])
    assert (await lobby.agents[TAKER].get("/api/offers"))["items"] == []
    notes = await lobby.rows("select body, author_id from messages where kind = 'note'")
    assert [(row["body"], row["author_id"]) for row in notes] == [("要开发票", lobby.ids[GIVER])]
    await lobby.check()


async def test_who_has_accepted_keeps_it_though_she_says_nothing(shop: Shop) -> None:
    lobby, talk = await asked(shop, answer_seconds=30)
    assert await lobby.answer(TAKER, talk) == 200
    await lobby.later(120)
    assert await lobby.holder(talk) == TAKER


async def test_declined_it_stays_with_the_giver_who_reads_why(shop: Shop) -> None:
    lobby, talk = await asked(shop)
    path = f"/api/conversations/{talk}/acceptance?reason=正在开会"
    assert await lobby.ask(TAKER, "DELETE", path) == 204
    assert await lobby.ask(TAKER, "DELETE", path) == 204, "a second time changes nothing"
    assert await lobby.holder(talk) == GIVER
    assert await pending(lobby, talk) is None
    (row,) = await lobby.rows(
        "select payload->>'reason' as why from messages where payload->>'event' = 'transfer_declined'"
    )
    assert row["why"] == "正在开会"
    assert await lobby.happened(talk) == ["enqueued", "accepted", "transfer_offered", "transfer_declined"]
    assert await lobby.answer(TAKER, talk) == 409
    await lobby.check()


@pytest.mark.parametrize(("settings", "seconds"), [({}, 60), ({"answer_seconds": 20}, 20)])
async def test_let_pass_it_stays_with_the_giver(shop: Shop, settings: Any, seconds: int) -> None:
    lobby, talk = await asked(shop, **settings)
    await lobby.later(seconds - 5)
    assert await pending(lobby, talk) == lobby.ids[TAKER]
    await lobby.later(6)
    assert await pending(lobby, talk) is None
    assert await lobby.holder(talk) == GIVER
    assert await lobby.told(talk) == ["routed", "transfer_offered", "transfer_missed"]
    assert (await lobby.seats())[TAKER]["missed"] == 0, "a colleague's question is no customer missed"
    assert await lobby.answer(TAKER, talk) == 409
    await lobby.check()


async def test_withdrawn_she_need_not_answer(shop: Shop) -> None:
    lobby, talk = await asked(shop)
    heard: list[Any] = []
    lobby.agents[TAKER].heard.append(heard.append)
    assert [await lobby.withdraw(GIVER, talk) for _ in range(2)] == [204, 204]
    await until(lambda: [one["outcome"] for one in heard if one["type"] == "offer_over"] == ["withdrawn"])
    assert await lobby.answer(TAKER, talk) == 409
    assert await lobby.holder(talk) == GIVER
    assert await lobby.told(talk) == ["routed", "transfer_offered", "transfer_withdrawn"]


async def test_who_is_invited_or_listens_in_takes_no_room_and_stands_in_the_trace(shop: Shop) -> None:
    lobby, talk = await two(shop)
    await lobby.agent("王主管", "supervisor")
    guest = f"/api/conversations/{talk}/guests/{lobby.ids[TAKER]}"
    assert await lobby.ask(GIVER, "PUT", guest) == 200
    assert await lobby.ask("王主管", "PUT", f"/api/conversations/{talk}/supervision") == 200
    assert {name: seat["live_used"] for name, seat in (await lobby.seats()).items()} == {
        GIVER: 1, TAKER: 0, "王主管": 0,
    }  # fmt: skip
    assert await lobby.ask(TAKER, "DELETE", guest) == 204
    assert await lobby.ask("王主管", "DELETE", f"/api/conversations/{talk}/supervision") == 204
    steps = (await lobby.agents[GIVER].get(f"/api/conversations/{talk}/trace"))["steps"]
    together = [(step["kind"], step["member"], step["by"]) for step in steps[2:]]
    assert together == [
        ("invited", TAKER, GIVER), ("supervised", "王主管", "王主管"), ("guest_left", TAKER, TAKER),
        ("supervision_ended", "王主管", "王主管"),
    ]  # fmt: skip
    await lobby.check()


async def test_the_same_question_twice_is_one_and_another_takes_its_place(shop: Shop) -> None:
    lobby, talk = await asked(shop)
    assert await lobby.ask_over(GIVER, talk, "要开发票", member_id=lobby.ids[TAKER]) == 200
    assert await lobby.told(talk) == ["routed", "transfer_offered"]
    assert len(await lobby.rows("select 1 from messages where kind = 'note'")) == 1
    await lobby.agent("王主管", "supervisor")
    assert await lobby.ask_over(GIVER, talk, member_id=lobby.ids["王主管"]) == 200
    assert await lobby.answer(TAKER, talk) == 409
    assert await lobby.answer("王主管", talk) == 200
    assert await lobby.holder(talk) == "王主管"
    await lobby.check()


async def test_only_the_one_who_serves_hands_on_and_to_somebody_who_can_serve(shop: Shop) -> None:
    lobby, talk = await two(shop)
    await lobby.agent("王主管", "supervisor")
    me, colleague = lobby.ids[GIVER], lobby.ids[TAKER]
    assert await lobby.ask_over("王主管", talk, member_id=colleague) == 409
    assert await lobby.ask_over(TAKER, talk, member_id=me) == 404, "out of her sight"
    assert await lobby.ask_over(GIVER, talk, member_id=me) == 409
    assert await lobby.ask_over(GIVER, talk, member_id=new_id()) == 404
    assert await lobby.ask_over(GIVER, talk, team_id=new_id()) == 404
    assert await lobby.ask_over(GIVER, talk) == 422
    assert await lobby.ask_over(GIVER, talk, member_id=colleague, team_id=new_id()) == 422
    assert await lobby.ask_over(GIVER, talk, "长" * 1001, member_id=colleague) == 400
    assert await lobby.told(talk) == ["routed"]
    assert await lobby.rows("select 1 from messages where kind = 'note'") == []
    assert await lobby.holder(talk) == GIVER


async def test_withdrawing_anothers_question_takes_the_right_to_assign(shop: Shop) -> None:
    lobby, talk = await asked(shop)
    await lobby.agent("王主管", "supervisor")
    assert await lobby.withdraw(TAKER, talk) == 404
    assert await pending(lobby, talk) == lobby.ids[TAKER]
    assert await lobby.withdraw("王主管", talk) == 204
    assert await pending(lobby, talk) is None


async def test_another_workspace_sees_nothing_of_it(shop: Shop, house: Any) -> None:
    lobby, talk = await asked(shop)
    other = await make_shop(house)
    stranger = await Lobby(other).open()
    await stranger.agent("陌生人")
    assert await stranger.answer("陌生人", talk) == 404
    assert await stranger.withdraw("陌生人", talk) == 404
    assert await stranger.ask_over("陌生人", talk, member_id=lobby.ids[TAKER]) == 404
    await other.close()


async def test_a_full_seat_cannot_accept_where_the_workspace_keeps_to_room(shop: Shop) -> None:
    lobby, talk = await two(shop, live_units=1, take_over=False)
    _, hers = await lobby.customer()
    assert await lobby.holder(hers) == TAKER
    assert await lobby.ask_over(GIVER, talk, member_id=lobby.ids[TAKER]) == 200
    assert await lobby.answer(TAKER, talk) == 409
    assert await lobby.holder(talk) == GIVER
    assert await pending(lobby, talk) == lobby.ids[TAKER], "she may make room and accept"
    assert await lobby.close(TAKER, hers) in {200, 204}
    assert await lobby.answer(TAKER, talk) == 200
    await lobby.check()


async def test_without_a_reception_a_colleague_is_asked_all_the_same(shop: Shop) -> None:
    lobby = Lobby(shop)
    for name in (GIVER, TAKER):
        lobby.agents[name] = agent = await shop.agent("agent", name)
        lobby.ids[name] = UUID((await agent.get("/api/me"))["id"])
    _, talk = await lobby.customer()
    assert await lobby.hand(GIVER, talk) == 200
    assert await lobby.ask_over(GIVER, talk, member_id=lobby.ids[TAKER]) == 200
    assert len((await lobby.agents[TAKER].get("/api/offers"))["items"]) == 1
    assert await lobby.answer(TAKER, talk) == 200
    assert await lobby.told(talk) == ["taken", "transfer_offered", "assigned"]
    assert await lobby.answer(GIVER, talk) == 409


# To a team


async def test_a_team_that_lets_it_wait_gives_it_back(shop: Shop) -> None:
    lobby, talk = await two(shop, answer_seconds=40)
    team = await lobby.team("售后", TAKER)
    assert await lobby.state(TAKER, "busy") == 200
    assert await lobby.ask_over(GIVER, talk, "退换货", team_id=team) == 200
    assert await lobby.ask_over(GIVER, talk, "退换货", team_id=team) == 200
    assert await lobby.waiting() == [talk]
    await lobby.later(41)
    assert await lobby.holder(talk) == GIVER
    assert await lobby.told(talk) == ["routed", "sent_to_team", "transfer_returned"]
    assert [row["body"] for row in await lobby.rows("select body from messages where kind = 'note'")] == [
        "退换货"
    ]
    (last,) = await lobby.rows("select kind, reason from queue_events order by at desc, no desc limit 1")
    assert (last["kind"], last["reason"]) == ("accepted", "handed_back")
    await lobby.check()


async def test_a_team_that_takes_it_keeps_it_and_a_giver_who_is_gone_gets_nothing_back(shop: Shop) -> None:
    lobby, talk = await two(shop, answer_seconds=40)
    team = await lobby.team("售后", TAKER)
    assert await lobby.ask_over(GIVER, talk, team_id=team) == 200
    assert await lobby.holder(talk) == TAKER
    await lobby.later(41)
    assert await lobby.holder(talk) == TAKER
    assert await lobby.state(GIVER, "away") == 200
    second = await lobby.team("投诉")
    assert await lobby.ask_over(TAKER, talk, team_id=second) == 200
    assert await lobby.state(TAKER, "away") == 200
    await lobby.later(41)
    assert await lobby.waiting() == [talk]
    await lobby.later(41)
    assert await lobby.waiting() == [talk]
    await lobby.check()


# Two at once: one outcome, the same for both

Act = Callable[[Lobby, UUID], Awaitable[int]]
ACTS: dict[str, Act] = {
    "accept": lambda lobby, talk: lobby.answer(TAKER, talk),
    "decline": lambda lobby, talk: lobby.answer(TAKER, talk, yes=False),
    "withdraw": lambda lobby, talk: lobby.withdraw(GIVER, talk),
    "close": lambda lobby, talk: lobby.close(GIVER, talk),
    "take over": lambda lobby, talk: lobby.hand("王主管", talk),
    "release": lambda lobby, talk: lobby.release(GIVER, talk),
    "ask another": lambda lobby, talk: lobby.ask_over(GIVER, talk, member_id=lobby.ids["王主管"]),
}
PAIRS = [(one, other) for one in ACTS for other in ACTS if one < other] + [(one, one) for one in ACTS]


@pytest.mark.parametrize(("one", "other"), PAIRS)
async def test_two_at_once_come_to_one_outcome(shop: Shop, one: str, other: str) -> None:
    lobby, talk = await asked(shop)
    await lobby.agent("王主管", "supervisor")
    said = lobby.agents[GIVER].say(str(talk), "我还在")
    answers = await asyncio.gather(
        ACTS[one](lobby, talk), ACTS[other](lobby, talk), said, return_exceptions=True
    )
    statuses = [answer for answer in answers[:2] if isinstance(answer, int)]
    assert len(statuses) == 2
    assert set(statuses) <= {200, 204, 404, 409}
    assert min(statuses) < 300, "one of them at least is done"
    (row,) = await lobby.rows("select * from conversations where id = $1", talk)
    told = await lobby.told(talk)
    if row["transfer_to"] is not None:
        assert (row["state"], row["assignee_id"]) == ("assigned", lobby.ids[GIVER])
        assert told[-1] == "transfer_offered"
    offers = {
        name: [offer["head"]["id"] for offer in (await lobby.agents[name].get("/api/offers"))["items"]]
        for name in (TAKER, "王主管")
    }
    asked_now = [name for name, items in offers.items() if str(talk) in items]
    assert asked_now == [name for name in offers if lobby.ids[name] == row["transfer_to"]]
    endings = [event for event in told if event.startswith("transfer_") and event != "transfer_offered"]
    assert len(endings) <= told.count("transfer_offered")
    assert told.count("closed") == (row["state"] == "closed")
    seqs = await lobby.rows("select seq from messages where conversation_id = $1 order by seq", talk)
    assert [each["seq"] for each in seqs] == list(range(1, row["last_seq"] + 1))
    await lobby.check()
