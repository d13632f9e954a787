"""What customers ask and do over HTTP while they wait, and what is said to those who have not come yet."""

from collections import OrderedDict
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.hours.tests.factories import closed_now
from kezhan.kit.clock import now
from kezhan.kit.testing import until
from kezhan.routing.policy import Policy
from kezhan.routing.tests.factories import Lobby, rule
from kezhan.routing.tests.queueing import arrive, hang_up, queued, serve, state_of, time_passes
from kezhan.simulate.client import Visitor
from kezhan.testing import Running

Json = dict[str, Any]
PHONE = {"phone": "138 0013 8000"}
_kept: OrderedDict[Any, Any] = OrderedDict()


async def ask(
    visitor: Visitor, method: str, path: str, body: Json | None = None, **headers: str
) -> httpx2.Response:
    return await visitor._http.request(
        method, f"{visitor._base}/w/v1{path}", json=body, headers={**visitor.headers, **headers}
    )


async def outlook(shop: Shop, **headers: str) -> Json:
    """As it is at this moment, not as it was for somebody else a moment ago."""
    _kept.clear()
    answer = await shop.http.get("/w/v1/outlook", params={"site_key": shop.site_key}, headers=headers)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture(autouse=True)
def fresh(house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.house.reception.outlooks, "_kept", _kept)


async def close_the_shop(lobby: Lobby) -> None:
    """Opens in an hour, by the channel's own hours."""
    owner = await lobby.shop.agent("owner", "老板")
    made = await owner.request("POST", "/api/schedules", closed_now(now()))
    assert made.status_code == 201, made.text
    use = await owner.request(
        "PUT", f"/api/schedule-uses/channel/{lobby.shop.account_id}", {"schedule_id": made.json()["id"]}
    )
    assert use.status_code == 200, use.text
    await owner.close()


# Her place


async def test_her_place_is_told_as_on_the_line_and_nothing_where_she_does_not_wait(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, heard, _ = await queued(lobby)
    told = await heard.until(place=1)
    answer = await ask(visitor, "GET", "/place")
    assert answer.status_code == 200 and answer.json() == told
    idle, _ = await arrive(lobby)
    empty = await ask(idle, "GET", "/place")
    assert empty.status_code == 204 and empty.content == b""


async def test_leaving_the_queue_twice_leaves_once_and_nobody_else_is_moved_out(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, heard, talk = await queued(lobby)
    _, _, other = await queued(lobby)
    for _ in range(2):
        assert (await ask(visitor, "DELETE", "/place")).status_code == 204
    await heard.until(state="message")
    assert await lobby.happened(talk) == ["enqueued", "abandoned"]
    assert await state_of(lobby, other) == ("waiting", False)
    (row,) = await lobby.rows("select reason from queue_events where kind = 'abandoned'")
    assert row["reason"] == "chose"
    assert (await ask(visitor, "PUT", "/place")).status_code == 204
    await heard.until(state="waiting", place=1)
    assert await lobby.waiting() == [talk, other]


async def test_who_has_chosen_not_to_wait_is_not_put_back_by_a_new_line(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, heard, talk = await queued(lobby)
    await ask(visitor, "DELETE", "/place")
    await hang_up(visitor)
    await time_passes(lobby, talk)
    await visitor.open()
    await heard.until(state="message")
    assert await lobby.happened(talk) == ["enqueued", "abandoned"]


async def test_who_was_asked_for_a_message_by_the_house_cannot_jump_back_into_the_queue(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.rows(
        "insert into queues (workspace_id, id, max_waiting) values ($1, $1, 0)", shop.workspace_id
    )
    visitor, heard = await arrive(lobby)
    talk = UUID((await visitor.say("你好"))["conversation_id"])
    await heard.until(state="message")
    assert (await ask(visitor, "PUT", "/place")).status_code == 204
    assert await state_of(lobby, talk) == ("waiting", True)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/place"), ("DELETE", "/place"), ("PUT", "/place"), ("POST", "/callback")]
)
async def test_strangers_have_no_place(shop: Shop, method: str, path: str) -> None:
    body = PHONE if method == "POST" else None
    for token in ("", "Bearer kzv_nobody", "Basic x"):
        answer = await shop.http.request(method, f"/w/v1{path}", json=body, headers={"Authorization": token})
        assert (answer.status_code, answer.json()["code"]) == (401, "contacts.session_over")


async def test_leaving_is_counted_against_those_who_go_in_and_out_without_end(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, _, _ = await queued(lobby)
    codes = [(await ask(visitor, "DELETE", "/place")).status_code for _ in range(14)]
    assert codes[0] == 204 and codes[-1] == 429
    other, _, _ = await queued(lobby)
    assert (await ask(other, "DELETE", "/place")).status_code == 204


# Being called back


async def test_a_number_left_stands_in_the_conversation_and_on_the_contact_and_ends_the_waiting(
    shop: Shop,
) -> None:
    lobby = await Lobby(shop).open()
    visitor, heard, talk = await queued(lobby)
    for _ in range(2):
        answer = await ask(visitor, "POST", "/callback", {**PHONE, "note": "下午三点后"})
        assert answer.status_code == 204, answer.text
    await heard.until(state="message")
    snapshot = await visitor.snapshot(str(talk))
    mine = [one for one in snapshot["messages"] if one["author"]["kind"] == "visitor"]
    assert [one["body"] for one in mine] == ["你好", "请回电：13800138000\n备注：下午三点后"]
    assert await lobby.happened(talk) == ["enqueued", "abandoned"]  # whoever comes now finds it
    agent = await shop.agent("supervisor")
    contact_id = (await agent.get("/api/conversations?name=all"))["items"][0]["head"]["contact_id"]
    contact = await agent.get(f"/api/contacts/{contact_id}")
    assert contact["phone"] == "13800138000"
    (row,) = await lobby.rows("select reason from queue_events where kind = 'abandoned'")
    assert row["reason"] == "callback"


async def test_an_address_left_before_a_word_was_written_opens_the_conversation(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, heard = await arrive(lobby)
    answer = await ask(
        visitor, "POST", "/callback", {"email": " Mei@Shop.Example "}, **{"Accept-Language": "en"}
    )
    assert answer.status_code == 204
    await heard.until(state="message")
    (head,) = await visitor.get("/w/v1/conversations")
    (said,) = [one for one in (await visitor.snapshot(head["id"]))["messages"] if one.get("body")]
    assert said["body"] == "Please write to me: Mei@Shop.Example"


async def test_another_number_is_told_too_but_what_agents_have_written_down_stays(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, _, talk = await queued(lobby)
    await ask(visitor, "POST", "/callback", PHONE)
    await ask(visitor, "POST", "/callback", {"phone": "+86 139 1111 2222"})
    (row,) = await lobby.rows(
        "select p.phone from conversations c join contacts p on p.id = c.contact_id where c.id = $1", talk
    )
    assert row["phone"] == "13800138000"
    bodies = [one.get("body") for one in (await visitor.snapshot(str(talk)))["messages"]]
    assert bodies[-1] == "请回电：+8613911112222"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "routing.no_way_back", "phone"),
        ({"phone": "   "}, "routing.no_way_back", "phone"),
        ({"note": "please"}, "routing.no_way_back", "phone"),
        ({"phone": "call me"}, "contacts.bad_phone", "phone"),
        ({"phone": "12"}, "contacts.bad_phone", "phone"),
        ({"email": "nobody"}, "contacts.bad_email", "email"),
        ({"phone": "13800138000", "email": "a@b@c"}, "contacts.bad_email", "email"),
        ({"phone": "1" * 41}, "kit.bad_input", "phone"),
        ({"phone": "13800138000", "note": "x" * 501}, "kit.bad_input", "note"),
        ({"phone": 13800138000}, "kit.bad_input", "phone"),
    ],
)
async def test_what_reaches_nobody_is_refused_in_words_and_nothing_is_lost(
    shop: Shop, body: Json, code: str, field: str
) -> None:
    lobby = await Lobby(shop).open()
    visitor, _, talk = await queued(lobby)
    answer = await ask(visitor, "POST", "/callback", body)
    refused = answer.json()
    assert (answer.status_code, refused["code"], refused["field"]) == (400, code, field)
    assert refused["title"]
    assert await state_of(lobby, talk) == ("waiting", False)
    assert len([one for one in (await visitor.snapshot(str(talk)))["messages"] if one.get("body")]) == 1


async def test_a_note_with_what_no_column_holds_is_refused(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, _, talk = await queued(lobby)
    answer = await ask(visitor, "POST", "/callback", {**PHONE, "note": "a\0b"})
    assert answer.status_code == 400
    assert await state_of(lobby, talk) == ("waiting", False)


async def test_callbacks_are_counted_for_each_customer(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    visitor, _, _ = await queued(lobby)
    codes = [
        (await ask(visitor, "POST", "/callback", {"phone": f"1380013800{number}"})).status_code
        for number in range(9)
    ]
    assert codes[0] == 204 and codes[-1] == 429


async def test_without_a_reception_a_callback_is_a_message_and_there_is_no_place(shop: Shop) -> None:
    visitor = await shop.visitor()
    said = await visitor.say("你好")
    assert (await ask(visitor, "POST", "/callback", PHONE)).status_code == 204
    assert (await ask(visitor, "GET", "/place")).status_code == 204
    assert (await ask(visitor, "DELETE", "/place")).status_code == 204
    bodies = [one.get("body") for one in (await visitor.snapshot(said["conversation_id"]))["messages"]]
    assert bodies[-1] == "请回电：13800138000"


# What to expect


async def test_open_with_nobody_there_says_so_without_a_guess(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await serve(lobby, 30)
    await queued(lobby)
    assert await outlook(shop) == {"open": True, "opens_at": None, "waiting": 1, "wait": None}


async def test_with_a_free_seat_it_says_what_it_usually_takes_and_with_none_what_it_will(shop: Shop) -> None:
    lobby = await Lobby(shop).open(live_units=1)
    await lobby.agent("周小满")
    assert (await outlook(shop))["wait"] is None  # nobody has been served yet
    await serve(lobby, 30, waited_ms=45_000)
    assert (await outlook(shop))["wait"] == [0, 50]
    await queued(lobby)
    full = await outlook(shop)
    assert full["waiting"] == 0 and full["wait"][1] > 60
    for _ in range(4):
        await queued(lobby)
    longer = await outlook(shop)
    assert longer["waiting"] == 4 and longer["wait"][1] > full["wait"][1]


async def test_the_queue_is_the_one_a_customer_of_this_language_would_come_into(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await lobby.agent("周小满")
    team = await lobby.team("English", "周小满")
    english = rule("english")
    english = type(english)(
        id=english.id,
        name="english",
        when=type(english.when)(languages=["en"]),
        pool=type(english.pool)(team_ids=[team]),
    )
    await lobby.policy(Policy(rules=[english]))
    await lobby.agents["周小满"].request("PUT", "/api/seat/state", {"state": "busy"})
    await queued(lobby)
    assert (await outlook(shop, **{"Accept-Language": "zh-CN"}))["waiting"] == 1
    assert (await outlook(shop, **{"Accept-Language": "en"}))["waiting"] == 0


async def test_closed_says_when_it_opens_next_here_and_to_who_has_written(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    await close_the_shop(lobby)
    told = await outlook(shop)
    assert told["open"] is False and told["opens_at"] is not None and told["wait"] is None
    _, heard, _ = await queued(lobby)
    assert (await heard.until(state="closed"))["opens_at"] == told["opens_at"]


async def test_a_workspace_without_a_reception_has_hours_all_the_same(shop: Shop) -> None:
    assert await outlook(shop) == {"open": True, "opens_at": None, "waiting": 0, "wait": None}
    await close_the_shop(Lobby(shop))
    assert (await outlook(shop))["open"] is False


async def test_the_outlook_of_one_shop_knows_nothing_of_another(house: Running, shop: Shop) -> None:
    other = Lobby(await make_shop(house))
    await other.open()
    for _ in range(2):
        await queued(other)
    await Lobby(shop).open()
    assert (await outlook(shop))["waiting"] == 0
    assert (await outlook(other.shop))["waiting"] == 2
    await other.shop.close()


async def test_an_answer_is_good_for_a_few_seconds_however_many_ask(shop: Shop) -> None:
    lobby = await Lobby(shop).open()
    first = await outlook(shop)
    await queued(lobby)
    params = {"site_key": shop.site_key}
    again = (await shop.http.get("/w/v1/outlook", params=params)).json()
    assert again == first and (await outlook(shop))["waiting"] == 1


@pytest.mark.parametrize("key", ["", "kzp_nobody", "kzk_secret", "x" * 2000])
async def test_a_key_of_no_site_has_no_outlook(shop: Shop, key: str) -> None:
    answer = await shop.http.get("/w/v1/outlook", params={"site_key": key})
    assert (answer.status_code, answer.json()["code"]) == (404, "channels.no_such_site")


async def test_pages_that_may_not_speak_for_the_site_are_told_nothing(shop: Shop) -> None:
    owner = await shop.agent("owner", "老板")
    settings = {"settings": {"origins": ["https://shop.example"]}}
    assert (await owner.request("PATCH", f"/api/channels/{shop.account_id}", settings)).status_code == 200

    async def asked(origin: str) -> bool:
        params, headers = {"site_key": shop.site_key}, {"Origin": origin}
        return (await shop.http.get("/w/v1/outlook", params=params, headers=headers)).status_code == 200

    await until(lambda: _not(asked("https://evil.example")))
    assert await asked("https://shop.example")


async def _not(asked: Any) -> bool:
    return not await asked
