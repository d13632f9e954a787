"""A conversation ends, or an agent asks: the customer is invited, once, if she was served."""

import asyncio
from uuid import UUID

import pytest

from kezhan.conversations.events import ConversationClosed
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.surveys.invite import on_closed
from kezhan.surveys.tests.counter import CSAT, Counter, make_counter
from kezhan.testing import Running


async def _invited(counter: Counter) -> int:
    return len(await counter.rows("select 1 from survey_invites"))


async def _settled(counter: Counter) -> None:
    """Everything that was told up to now has been heard by the room."""

    async def look() -> bool:
        behind = await counter.rows(
            "select 1 from outbox o join outbox_cursors c on c.handler = 'surveys.invite'"
            " where o.kind = 'conversation.closed' and (o.xid, o.id) > (c.xid, c.id)"
        )
        return not behind

    await until(look)


async def test_who_was_served_is_asked_when_the_conversation_ends(counter: Counter) -> None:
    made = await counter.survey()
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    message = (await counter.thread(talk))[-1]
    assert (message["kind"], message["author"]["kind"], message["body"]) == (
        "text",
        "system",
        "这次服务如何？",
    )
    [row] = await counter.rows("select * from survey_invites")
    assert (row["by_id"], row["agent_id"], row["version"]) == (None, counter.agent_id, 1)
    assert (str(row["survey_id"]), str(row["id"])) == (made["id"], invite_id)
    assert (row["expires_at"] - row["sent_at"]).total_seconds() == 72 * 3600
    shown = (await counter.hers(visitor, invite_id, "en")).json()
    assert (shown["ask"], shown["look"], shown["answered"], shown["over"]) == (
        "How was it?",
        "stars",
        False,
        False,
    )
    assert [one["text"] for one in shown["questions"]] == ["How satisfied are you with our service?"]


async def test_one_conversation_is_asked_once_whoever_asks(counter: Counter) -> None:
    await counter.survey(automatic=False)
    _, talk = await counter.served(ends=False)
    path = f"/api/conversations/{talk}/survey"
    colleague = await counter.someone("supervisor")
    answers = await asyncio.gather(*(who.put(path) for who in (counter.agent, colleague) * 3))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"surveys.invited_already"}
    await counter.agent.put(f"/api/conversations/{talk}/closure")
    await _settled(counter)
    assert await _invited(counter) == 1
    messages = await counter.thread(talk)
    assert len([one for one in messages if (one.get("payload") or {}).get("is") == "survey"]) == 1
    refused = await counter.agent.put(path, headers={"Accept-Language": "en"})
    assert "already" in refused.json()["title"]


async def test_it_is_not_asked_where_nobody_has_spoken_or_nothing_fits(counter: Counter) -> None:
    _, unanswered = await counter.served(words="")
    refused = await counter.agent.put(f"/api/conversations/{unanswered}/survey")
    assert (refused.status_code, refused.json()["code"]) == (409, "surveys.nobody_spoke")
    await counter.survey("停用", active=False)
    _, talk = await counter.served()
    await _settled(counter)
    none = await counter.agent.put(f"/api/conversations/{talk}/survey")
    assert (none.status_code, none.json()["code"]) == (409, "surveys.none_here")
    assert (await counter.result(talk)) == {"result": None, "may_invite": False}
    assert await _invited(counter) == 0


@pytest.mark.parametrize("what", ["spam", "blocked"])
async def test_neither_spam_nor_who_is_blocked_is_asked(counter: Counter, what: str) -> None:
    await counter.survey()
    _, talk = await counter.served(ends=False)
    if what == "spam":
        done = await counter.agent.put(f"/api/conversations/{talk}/spam")
    else:
        [row] = await counter.rows("select contact_id from conversations")
        done = await counter.owner.put(f"/api/contacts/{row['contact_id']}/block", json={})
    assert done.status_code < 300, done.text
    await _settled(counter)
    refused = await counter.owner.put(f"/api/conversations/{talk}/survey")
    assert (refused.status_code, refused.json()["code"]) == (409, "surveys.out_of_reach")
    assert await _invited(counter) == 0


async def test_a_channel_may_leave_it_to_its_people(counter: Counter) -> None:
    await counter.survey(by_hand_on=[str(counter.shop.account_id)])
    _, talk = await counter.served()
    await _settled(counter)
    assert await counter.result(talk, counter.agent) == {"result": None, "may_invite": True}
    assert (await counter.agent.put(f"/api/conversations/{talk}/survey")).status_code == 200
    found = (await counter.result(talk))["result"]
    assert (found["state"], found["by_name"] != "") == ("sent", True)


async def test_the_most_particular_survey_wins(counter: Counter) -> None:
    await counter.survey("所有")
    mine = await counter.survey("这个渠道", account_ids=[str(counter.shop.account_id)])
    _, talk = await counter.served()
    await counter.asked(talk)
    assert (await counter.result(talk))["result"]["survey_name"] == mine["name"]


async def test_who_was_asked_answers_what_she_was_asked(counter: Counter) -> None:
    made = await counter.survey()
    visitor, talk = await counter.served()
    invite_id = await counter.asked(talk)
    changed = {"name": "评价", "definition": {"questions": [{"key": "n", "kind": "nps"}]}}
    answer = await counter.owner.put(f"/api/surveys/{made['id']}", json=changed)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    again = await counter.owner.put(f"/api/surveys/{made['id']}", json=changed)
    assert again.json()["version"] == 2
    shown = (await counter.hers(visitor, invite_id)).json()
    assert [one["kind"] for one in shown["questions"]] == ["csat"]


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ({"questions": [{"key": "a", "kind": "text", "text": {"zh": "？"}}]}, "surveys.first_rated"),
        ({"questions": [CSAT, {"key": "b", "kind": "csat"}]}, "surveys.asked_twice"),
        ({"questions": [CSAT, {"key": "a", "kind": "nps"}]}, "surveys.asked_twice"),
        ({"questions": [CSAT, {"key": "b", "kind": "text"}]}, "surveys.no_text"),
        ({"questions": [CSAT, {"key": "b", "kind": "one", "text": {"zh": "？"}}]}, "surveys.few_options"),
        (
            {
                "questions": [
                    CSAT,
                    *({"key": f"t{n}", "kind": "text", "text": {"zh": "？"}} for n in range(6)),
                ]
            },
            "surveys.too_many_own",
        ),
        ({"questions": [CSAT], "account_ids": [str(new_id())]}, "surveys.stranger"),
        ({"questions": [CSAT], "follow_id": str(new_id())}, "surveys.stranger"),
        ({"questions": [CSAT], "ask": {"zh": "a\0b"}}, "kit.bad_text"),
        ({"questions": []}, "kit.bad_input"),
        ({"questions": [CSAT], "hours": 0}, "kit.bad_input"),
        ({"questions": [CSAT], "unknown": 1}, "kit.bad_input"),
    ],
)
async def test_what_cannot_be_asked_is_refused_in_words(
    counter: Counter, definition: object, code: str
) -> None:
    form = {"name": "坏", "definition": definition}
    for language in ("zh-CN", "en"):
        headers = {"Accept-Language": language}
        refused = await counter.owner.post("/api/surveys", json=form, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (400, code)
        assert refused.json()["title"] not in {"", code}
    assert (await counter.owner.get("/api/surveys")).json()["items"] == []


async def test_a_name_is_taken_once_and_an_archived_survey_asks_nobody(counter: Counter) -> None:
    made = await counter.survey()
    taken = await counter.owner.post(
        "/api/surveys", json={"name": "评价", "definition": {"questions": [CSAT]}}
    )
    assert (taken.status_code, taken.json()["field"]) == (409, "name")
    for _ in range(2):
        assert (await counter.owner.delete(f"/api/surveys/{made['id']}")).status_code == 204
    assert (await counter.owner.get("/api/surveys")).json()["items"] == []
    gone = await counter.owner.put(
        f"/api/surveys/{made['id']}", json={"name": "x", "definition": {"questions": [CSAT]}}
    )
    assert gone.status_code == 404
    acts = (await counter.owner.get("/api/audit")).json()["items"]
    assert [one["action"] for one in acts if one["action"].startswith("survey.")] == [
        "survey.archive",
        "survey.create",
    ]


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("supervisor", 200), ("agent", 403), ("inspector", 403), ("auditor", 403)],
)
async def test_who_makes_surveys(counter: Counter, role: str, status: int) -> None:
    client = await counter.someone(role)
    assert (await client.get("/api/surveys")).status_code == status


async def test_surveys_of_another_workspace_do_not_exist(house: Running, counter: Counter) -> None:
    other = await make_counter(house)
    theirs = await other.survey()
    _, talk = await other.served()
    await other.asked(talk)
    form = {"name": "x", "definition": {"questions": [CSAT]}}
    assert (await counter.owner.put(f"/api/surveys/{theirs['id']}", json=form)).status_code == 404
    assert (await counter.owner.delete(f"/api/surveys/{theirs['id']}")).status_code == 404
    for ask in (counter.owner.get, counter.owner.put):
        assert (await ask(f"/api/conversations/{talk}/survey")).status_code == 404
    form = {"name": "y", "definition": {"questions": [CSAT], "account_ids": [str(other.shop.account_id)]}}
    refused = await counter.owner.post("/api/surveys", json=form)
    assert refused.json()["code"] == "surveys.stranger"
    await other.shop.close()


async def test_who_goes_on_being_served_in_another_conversation_is_not_asked(counter: Counter) -> None:
    await counter.survey()
    _, talk = await counter.served(ends=False)
    id_, invites = UUID(talk), "select 1 from survey_invites"
    async with counter.house.db.tx(counter.shop.workspace_id) as tx:
        await tx.fetch("update conversations set state = 'closed', closed_at = now() where id = $1", id_)
        for into, asked in ((new_id(), 0), (None, 1)):
            await on_closed(tx, [ConversationClosed(conversation_id=id_, by=None, into=into)])
            assert len(await tx.fetch(invites)) == asked
