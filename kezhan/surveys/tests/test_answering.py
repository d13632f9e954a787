"""The customer answers in the widget; it is kept once, shown to us, and followed up where it is bad."""

import asyncio
from typing import Any

import pytest

from kezhan.surveys.tests.counter import CSAT, Counter, Json, given, make_counter
from kezhan.testing import Running

FULL: Json = {
    "questions": [
        CSAT,
        {"key": "r", "kind": "resolved"},
        {"key": "n", "kind": "nps"},
        {"key": "t", "kind": "text", "text": {"zh": "哪里可以更好？"}},
        {
            "key": "o",
            "kind": "one",
            "text": {"zh": "从哪知道我们？"},
            "options": [{"zh": "朋友"}, {"zh": "搜索"}],
        },
        {"key": "m", "kind": "many", "text": {"zh": "喜欢什么？"}, "options": [{"zh": "茶"}, {"zh": "人"}]},
    ]
}


def _events(messages: list[Json]) -> list[tuple[str, str]]:
    found = [message["payload"] for message in messages if message["kind"] == "event"]
    return [(one["event"], one.get("target", "")) for one in found if one["event"].startswith("survey")]


async def test_an_answer_is_kept_and_shown_beside_the_conversation(counter: Counter) -> None:
    await counter.survey(**FULL)
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    form = {
        "replies": [
            {"key": "a", "number": 5},
            {"key": "r", "number": 1},
            {"key": "n", "number": 10},
            {"key": "t", "text": " 都好 "},
            {"key": "o", "chosen": [1]},
            {"key": "m", "chosen": [1, 0, 1]},
        ],
        "comment": "<b>谢谢</b>",
    }
    answer = await counter.answers(visitor, invite_id, form)
    assert (answer.status_code, answer.json()["answered"], answer.json()["thanks"]) == (
        200,
        True,
        "谢谢您的评价。",
    )
    found = (await counter.result(talk))["result"]
    assert (found["csat"], found["resolved"], found["nps"], found["comment"]) == (5, True, 10, "<b>谢谢</b>")
    assert (found["state"], found["via"], found["bad"], found["agent_id"]) == (
        "answered",
        "widget",
        False,
        str(counter.agent_id),
    )
    assert [one["answer"] for one in found["told"]] == ["5/5", "已解决", "10/10", "都好", "搜索", "茶、人"]
    assert _events(await counter.thread(talk)) == [("surveyed", "5/5 · NPS 10 · ✓")]


async def test_the_line_in_the_thread_is_for_us_alone(counter: Counter) -> None:
    await counter.survey()
    visitor, talk = await counter.served()
    heard: list[Json] = []
    visitor.heard.append(heard.append)
    invite_id = await counter.asked(talk)
    await counter.answers(visitor, invite_id, given(2, comment="慢"))
    assert _events(await counter.thread(talk)) == [("surveyed", "2/5")]
    path = f"{counter.shop.url}/w/v1/conversations/{talk}"
    hers = (await counter.shop.http.get(path, headers=visitor.headers)).json()
    assert _events(hers["messages"]) == []
    older = await counter.shop.http.get(f"{path}/messages?before=99", headers=visitor.headers)
    assert _events(older.json()["items"]) == []
    await visitor.say("再问一下")
    assert _events([one for frame in heard for one in frame.get("messages", [])]) == []


async def test_the_same_answer_again_changes_nothing_and_another_is_kept(counter: Counter) -> None:
    await counter.survey()
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    answers = await asyncio.gather(*(counter.answers(visitor, invite_id, given(4)) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert _events(await counter.thread(talk)) == [("surveyed", "4/5")]
    told = await counter.rows("select 1 from outbox where kind = 'survey.answered'")
    assert len(told) == 1
    changed = await counter.answers(visitor, invite_id, given(3, comment="还行"))
    assert changed.json()["answer"]["comment"] == "还行"
    assert _events(await counter.thread(talk)) == [("surveyed", "4/5"), ("survey_changed", "3/5")]
    found = (await counter.result(talk))["result"]
    assert (found["csat"], found["changed_at"] is not None) == (3, True)


async def test_over_is_over(counter: Counter) -> None:
    await counter.survey()
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    await counter.answers(visitor, invite_id, given(4))
    await counter.expire()
    late = await counter.answers(visitor, invite_id, given(1))
    assert (late.status_code, late.json()["code"]) == (410, "surveys.over")
    shown = (await counter.hers(visitor, invite_id)).json()
    assert (shown["over"], shown["answer"]["replies"][0]["number"]) == (True, 4)
    _, other = await counter.served()
    await counter.asked(other)
    await counter.expire()
    assert (await counter.result(other))["result"]["state"] == "expired"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (given(6), "surveys.out_of_range"),
        (given(0), "surveys.out_of_range"),
        (given(11), "kit.bad_input"),
        (given(1, key="x"), "surveys.no_such_question"),
        (given(1, {"key": "a", "number": 2}), "surveys.no_such_question"),
        ({"replies": [{"key": "o", "chosen": [2]}]}, "surveys.no_such_option"),
        ({"replies": [{"key": "o", "chosen": [0, 1]}]}, "surveys.no_such_option"),
        ({"replies": []}, "surveys.empty"),
        ({"replies": [{"key": "t", "text": "  "}], "comment": "\n"}, "surveys.empty"),
        (given(3, comment="长" * 1001), "kit.bad_input"),
        (given(3, comment="a\0"), "kit.bad_text"),
        ({}, "kit.bad_input"),
    ],
)
async def test_what_is_no_answer_is_refused_in_words_and_nothing_is_lost(
    counter: Counter, form: Json, code: str
) -> None:
    await counter.survey(**FULL)
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    await counter.answers(visitor, invite_id, given(5))
    refused = await counter.answers(visitor, invite_id, form)
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert refused.json()["title"] != code
    assert (await counter.result(talk))["result"]["csat"] == 5


async def test_nobody_answers_for_another(house: Running, counter: Counter) -> None:
    await counter.survey()
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    other = await make_counter(house)
    neighbour, stranger = await counter.shop.visitor(), await other.shop.visitor()
    for who in (neighbour, stranger):
        for answer in (await counter.hers(who, invite_id), await counter.answers(who, invite_id, given(1))):
            assert (answer.status_code, answer.json()["code"]) == (404, "surveys.no_such_invite")
    visitor.token = "kzv_nobody"
    assert (await counter.answers(visitor, invite_id, given(1))).status_code == 401
    assert (await counter.result(talk))["result"]["state"] == "sent"
    await other.shop.close()


@pytest.mark.parametrize(
    ("role", "status"), [("inspector", 200), ("supervisor", 200), ("agent", 404), ("auditor", 403)]
)
async def test_who_sees_results(counter: Counter, role: str, status: int) -> None:
    await counter.survey()
    _, talk = await counter.served()
    client = await counter.someone(role)
    answer = await client.get(f"/api/conversations/{talk}/survey")
    assert answer.status_code == status
    for path in ("/api/follow-ups", "/api/survey-figures", "/api/survey-answers"):
        assert (await client.get(path)).status_code == (403 if role == "auditor" else 200)


async def test_a_program_sees_them_with_the_right_to(counter: Counter) -> None:
    for scopes, status in ((["conversation.read", "conversation.read_all"], 403), (["survey.read"], 200)):
        made = await counter.owner.post("/api/tokens", json={"name": "x", "scopes": scopes})
        assert made.status_code == 201, made.text
        headers = {"Authorization": f"Bearer {made.json()['secret']}"}
        answer = await counter.shop.http.get(f"{counter.shop.url}/api/survey-figures", headers=headers)
        assert answer.status_code == status


# What is bad


async def _open(client: Any, **asked: Any) -> list[Json]:
    answer = await client.get("/api/follow-ups", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_bad_answer_is_followed_up_by_who_served_last(counter: Counter) -> None:
    await counter.survey()
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    await counter.answers(visitor, invite_id, given(2, comment="慢"))
    [one] = await _open(counter.agent)
    assert (one["conversation_id"], one["csat"], one["comment"]) == (talk, 2, "慢")
    assert one["follow_up"]["responsible_id"] == str(counter.agent_id)
    assert len(await _open(counter.owner)) == 1
    assert await _open(await counter.someone()) == []
    path = f"/api/follow-ups/{invite_id}/done"
    for _ in range(2):
        assert (await counter.agent.put(path)).status_code == 200
    assert await _open(counter.owner) == []
    [done] = await _open(counter.owner, done=True)
    assert done["follow_up"]["done_by_name"] != ""
    acts = (await counter.owner.get("/api/audit")).json()["items"]
    assert len([act for act in acts if act["action"] == "follow_up.done"]) == 1
    assert (await counter.agent.delete(path)).status_code == 204
    assert len(await _open(counter.owner)) == 1


async def test_what_has_become_good_calls_for_nobody(counter: Counter) -> None:
    await counter.survey()
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    await counter.answers(visitor, invite_id, given(1))
    await counter.answers(visitor, invite_id, given(1, comment="再看看"))
    assert len(await _open(counter.owner)) == 1
    await counter.answers(visitor, invite_id, given(5))
    assert await _open(counter.owner) == []


@pytest.mark.parametrize(
    ("questions", "form", "bad"),
    [
        ([CSAT], given(2), True),
        ([CSAT], given(3), False),
        ([{"key": "a", "kind": "resolved"}], given(0), True),
        ([{"key": "a", "kind": "resolved"}], given(1), False),
        ([{"key": "a", "kind": "nps"}], given(6), True),
        ([{"key": "a", "kind": "nps"}], given(7), False),
    ],
)
async def test_what_is_bad(counter: Counter, questions: list[Json], form: Json, bad: bool) -> None:
    await counter.survey(questions=questions)
    visitor, talk = await counter.served()
    await counter.answers(visitor, await counter.asked(talk), form)
    assert bool(await _open(counter.owner)) is bad


async def test_somebody_else_is_made_responsible(house: Running, counter: Counter) -> None:
    await counter.survey()
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    await counter.answers(visitor, invite_id, given(1))
    path = f"/api/follow-ups/{invite_id}/responsible"
    me = (await counter.owner.get("/api/me")).json()["id"]
    assert (await counter.owner.put(path, json={"responsible_id": me})).status_code == 200
    [one] = await _open(counter.owner, mine=True)
    assert one["follow_up"]["responsible_id"] == me
    other = await make_counter(house)
    theirs = await counter.owner.put(path, json={"responsible_id": str(other.agent_id)})
    assert theirs.status_code == 404
    for client in (other.owner, await counter.someone()):
        assert (await client.put(f"/api/follow-ups/{invite_id}/done")).status_code == 404
    inspector = await counter.someone("inspector")
    assert (await inspector.put(f"/api/follow-ups/{invite_id}/done")).status_code == 403
    await other.shop.close()


async def test_all_ratings_of_a_customer_are_read_at_once_by_who_sees_the_conversations(
    counter: Counter,
) -> None:
    await counter.survey()
    visitor, talk = await counter.served()
    await counter.answers(visitor, await counter.asked(talk), given(4))
    found = await counter.owner.get(f"/api/conversations/{talk}")
    address = f"/api/contacts/{found.json()['head']['contact_id']}/ratings"
    rating = {"conversation_id": talk, "csat": 4, "resolved": None, "nps": None}
    for client in (counter.owner, counter.agent):
        assert (await client.get(address)).json() == {"items": [rating]}
    assert (await (await counter.someone()).get(address)).json() == {"items": []}
    assert (await (await counter.someone("auditor")).get(address)).status_code == 403
