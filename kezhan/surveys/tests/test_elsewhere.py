"""On channels where nothing can be drawn: a text that asks, an answer by message, a page behind a link."""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from kezhan.channels.links import opened_token, survey_token
from kezhan.channels.tests.box import Connected
from kezhan.channels.tests.front import Front
from kezhan.files.tests.factories import picture
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.surveys.choose import Candidate, ask_of, choose, in_language, language_of
from kezhan.surveys.schemas import SurveyDefinition, SurveyQuestion, SurveyTexts, Wording
from kezhan.surveys.tests.counter import CSAT, Json
from kezhan.surveys.words import number_of

ASKED = "请为我们的服务做个评价。\n您对这次服务满意吗？\n回复 1–5（5 为非常满意）。"


async def _survey(front: Front, **definition: Any) -> Json:
    form = {"name": str(new_id()), "definition": {"questions": [CSAT], **definition}}
    answer = await front.owner.post("/api/surveys", json=form)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def _served(front: Front, door: Connected, *, ends: bool = True) -> str:
    """A conversation in which she was answered; it has ended, and she was asked."""
    await door.say("在吗")
    await front.heard(1)
    talk: str = (await front.conversations())[0]["id"]
    await front.owner.put(f"/api/conversations/{talk}/assignment", json={})
    await front.reply(talk, "在的")
    if ends:
        await front.close(talk)
        await _brought(door, 2)
    return talk


async def _brought(door: Connected, count: int) -> list[str]:
    async def look() -> bool:
        return len([one for one in door.box.brought if one.what == "message"]) >= count

    await until(look)
    return [one.text for one in door.box.brought if one.what == "message"]


async def _result(front: Front, talk: str) -> Json:
    answer = await front.owner.get(f"/api/conversations/{talk}/survey")
    found: Json = answer.json()["result"]
    return found


async def _answered(front: Front, talk: str, csat: int) -> None:
    async def look() -> bool:
        return bool((await _result(front, talk))["csat"] == csat)

    await until(look)


async def _page(front: Front, door: Connected) -> tuple[httpx2.AsyncClient, str]:
    """A stranger's browser, and the path of the page she was sent."""
    text = (await _brought(door, 2))[1]
    link = text.split("\n")[-1]
    return await front.running.client(), urlsplit(link).path


async def test_she_is_asked_in_a_text_and_answers_with_a_number(front: Front, door: Connected) -> None:
    await _survey(front)
    talk = await _served(front, door)
    asked = (await _brought(door, 2))[1]
    assert asked.startswith(ASKED + "\nhttp")
    [message] = [one for one in await front.messages(talk) if one["author"]["kind"] == "system"]
    assert (message["body"], message["payload"]["link"]) == (ASKED, True)
    await door.say("４分")
    await _answered(front, talk, 4)
    assert (await _brought(door, 3))[2] == "谢谢您的评价。"
    # Her answer opens no conversation, and a second thought is an answer too.
    await door.say("5")
    await _answered(front, talk, 5)
    assert await front.conversations() == []
    await asyncio.sleep(0.5)
    assert len(await _brought(door, 3)) == 3
    assert (await _result(front, talk))["via"] == "message"


async def test_what_is_no_answer_is_a_message(front: Front, door: Connected) -> None:
    await _survey(front)
    talk = await _served(front, door)
    await door.say("6")
    await until(front.conversations)
    [head] = await front.conversations()
    assert (head["id"] != talk, head["preview"]["text"]) == (True, "6")
    # Now that she talks about something else, a number is no answer either.
    await door.say("4")
    await front.heard(2)
    assert (await _result(front, talk))["state"] == "sent"


async def test_asked_in_mid_conversation_her_number_is_both(front: Front, door: Connected) -> None:
    await _survey(front, automatic=False, link=False)
    talk = await _served(front, door, ends=False)
    assert (await front.owner.put(f"/api/conversations/{talk}/survey")).status_code == 200
    assert (await _brought(door, 2))[1] == ASKED
    await door.say("3")
    await _answered(front, talk, 3)
    assert [one["body"] for one in await front.messages(talk)][-1] in {"3", "谢谢您的评价。"}
    await front.reply(talk, "要几盒？")
    await door.say("2")
    await front.heard(6)
    assert (await _result(front, talk))["csat"] == 3


async def test_over_a_number_is_a_message(front: Front, door: Connected) -> None:
    await _survey(front)
    talk = await _served(front, door)
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch("update survey_invites set expires_at = now()")
    await door.say("5")
    await until(front.conversations)
    assert (await _result(front, talk))["state"] == "expired"


# The page


async def test_the_page_takes_an_answer_and_shows_it_again(front: Front, door: Connected) -> None:
    await _survey(
        front,
        questions=[
            CSAT,
            {"key": "r", "kind": "resolved"},
            {"key": "n", "kind": "nps"},
            {"key": "t", "kind": "text", "text": {"zh": "<i>为什么？</i>"}},
            {"key": "m", "kind": "many", "text": {"zh": "喜欢"}, "options": [{"zh": "<茶>"}, {"zh": "人"}]},
        ],
        thanks={"zh": "多谢 <b>"},
    )
    talk = await _served(front, door)
    browser, path = await _page(front, door)
    page = await browser.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "&lt;i&gt;为什么？&lt;/i&gt;" in page.text and "&lt;茶&gt;" in page.text and "<i>" not in page.text
    form = {
        "a": "2",
        "r": "0",
        "n": "3",
        "t": "慢<script>",
        "m": ["0", "1"],
        "comment": '"><script>x()</script>',
    }
    for _ in range(2):
        kept = await browser.post(path, data=form)
        assert kept.status_code == 200 and "多谢 &lt;b&gt;" in kept.text
    assert "<script" not in kept.text and 'value="2" checked' in kept.text
    found = await _result(front, talk)
    assert (found["csat"], found["resolved"], found["nps"], found["via"]) == (2, False, 3, "page")
    assert (found["comment"], found["told"][4]["answer"]) == ('"><script>x()</script>', "<茶>、人")
    events = (await front.owner.get(f"/api/conversations/{talk}")).json()["messages"]
    assert len([one for one in events if (one.get("payload") or {}).get("event") == "surveyed"]) == 1
    again = await browser.get(path)
    assert 'value="2" checked' in again.text and "慢&lt;script&gt;" in again.text


async def test_the_page_wears_the_workspaces_looks(front: Front, door: Connected) -> None:
    await _survey(front)
    await _served(front, door)
    browser, path = await _page(front, door)
    plain = (await browser.get(path)).text
    assert "<img" not in plain
    logo = (await front.owner.post("/api/files", files={"file": ("logo.png", picture(), "image/png")})).json()
    await front.owner.put("/api/workspace/logo", json={"file_id": logo["id"]})
    looks = (await front.owner.patch("/api/workspace", json={"name": '山 "间"', "accent": "#e11d1d"})).json()
    page = await browser.get(path)
    assert f'<img class="logo" src="{looks["logo"]}" alt="山 &quot;间&quot;">' in page.text
    assert "img-src 'self'" in page.headers["content-security-policy"]
    for tint in looks["tints"].values():
        assert f":root{{--pine:{tint['accent']};--pine-soft:{tint['soft']}}}" in page.text
    assert looks["logo"] in (await browser.post(path, data={"a": "5"})).text


async def test_the_page_says_in_words_what_is_wrong(front: Front, door: Connected) -> None:
    await _survey(front)
    talk = await _served(front, door)
    browser, path = await _page(front, door)
    for form, words in (
        ({}, "请至少回答一项。"),
        ({"a": "9"}, "请选择 1 到 5 之间的一项。"),
        ({"a": "x"}, "请至少"),
    ):
        refused = await browser.post(path, data={**form, "comment": ""})
        assert refused.status_code == 400 and words in refused.text
    typed = await browser.post(path, data={"a": "9", "comment": "写了很久"})
    assert "写了很久" in typed.text
    assert (await _result(front, talk))["state"] == "sent"
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.fetch("update survey_invites set expires_at = now()")
    for over in (await browser.get(path), await browser.post(path, data={"a": "5"})):
        assert over.status_code == 410 and "已过期" in over.text
    assert (await _result(front, talk))["state"] == "expired"


async def test_a_token_is_good_for_one_invitation_of_one_workspace(front: Front, door: Connected) -> None:
    await _survey(front)
    talk = await _served(front, door)
    browser, path = await _page(front, door)
    keyring, token = front.running.house.keyring, path.removeprefix("/s/")
    opened = opened_token(keyring, token)
    assert opened is not None
    workspace_id, invite_id = opened
    assert (workspace_id, str(invite_id)) == (front.workspace_id, (await _result(front, talk))["id"])
    other = UUID((await (await front.stranger()).get("/api/workspace")).json()["id"])
    own = survey_token(keyring, other, invite_id)  # well made, but there is no such invitation there
    mixed = survey_token(keyring, other, new_id())[:22] + token[22:]
    for bad in (own, mixed, token[:-1], token[:-2] + "AA", "x", "%00", "é" * 64, "A" * 5000):
        for answer in (await browser.get(f"/s/{bad}"), await browser.post(f"/s/{bad}", data={"a": "1"})):
            assert answer.status_code == 404, bad[:70]
            assert "<form" not in answer.text
    english = await browser.get("/s/x", headers={"Accept-Language": "en"})
    assert "does not exist" in english.text
    assert (await _result(front, talk))["state"] == "sent"
    stored = await _everything(front)
    assert token not in stored and token[22:] not in stored


async def _everything(front: Front) -> str:
    """What is kept of the conversation and its invitation, as text."""
    async with front.running.db.tx(front.workspace_id) as tx:
        found = []
        for table in ("survey_invites", "messages", "outbox", "channel_deliveries"):
            rows = await tx.fetch(f"select to_jsonb(t)::text as row from {table} t")  # noqa: S608
            found += [row["row"] for row in rows]
    return "\n".join(found)


async def test_who_guesses_is_slowed_down(
    front: Front, door: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kezhan.kit.rates import Rates
    from kezhan.surveys import http

    monkeypatch.setattr(http, "_visits", Rates(per_minute=1, burst=3))
    browser = await front.running.client()
    answers = [await browser.get(f"/s/{number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]


# Pure


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        ("csat", "5", 5),
        ("csat", " ５ ", 5),
        ("csat", "4分。", 4),
        ("csat", "3 stars", 3),
        ("csat", "五", 5),
        ("csat", "五星", 5),
        ("csat", "★★", 2),
        ("csat", "⭐⭐⭐", 3),
        ("csat", "0", None),
        ("csat", "6", None),
        ("csat", "5个", None),
        ("csat", "买5", None),
        ("csat", "好的", None),
        ("csat", "", None),
        ("nps", "10", 10),
        ("nps", "0", 0),
        ("nps", "11", None),
        ("nps", "十", 10),
        ("resolved", "1", 1),
        ("resolved", "是的", 1),
        ("resolved", "YES", 1),
        ("resolved", "2", 0),
        ("resolved", "没有", 0),
        ("resolved", "3", None),
        ("resolved", "0", None),
    ],
)
def test_what_a_message_answers(kind: Any, text: str, number: int | None) -> None:
    assert number_of(SurveyQuestion(key="a", kind=kind), text) == number


def test_the_most_particular_survey_is_chosen() -> None:
    here, there, ours, theirs = (new_id() for _ in range(4))
    question = [SurveyQuestion(key="a", kind="csat")]

    def made(accounts: list[UUID], teams: list[UUID]) -> Candidate:
        return Candidate(
            new_id(), 1, SurveyDefinition(account_ids=accounts, team_ids=teams, questions=question)
        )

    everybody, again, team, channel, both = (
        made([], []), made([], []), made([], [ours]), made([here, there], []), made([here], [ours]),
    )  # fmt: skip
    every = [everybody, again, team, channel, both]
    assert choose(every, here, ours) is both
    assert choose(every, here, theirs) is channel
    assert choose(every, here, None) is channel
    assert choose(every, new_id(), ours) is team
    assert choose(every, new_id(), None) is everybody
    assert choose([channel], new_id(), ours) is None


def test_a_text_in_one_language_serves_both_and_a_channel_has_its_own_words() -> None:
    here = new_id()
    definition = SurveyDefinition(
        questions=[SurveyQuestion(key="a", kind="csat")],
        ask=SurveyTexts(zh="问", en="Ask"),
        wordings=[Wording(account_id=here, ask=SurveyTexts(zh="这里问"))],
    )
    assert ask_of(definition, here, "zh-CN") == "这里问" == ask_of(definition, here, "en")
    assert ask_of(definition, new_id(), "en") == "Ask"
    assert in_language(SurveyTexts(en="only"), "zh-CN") == "only"
    assert [language_of(*given) for given in (("en-GB", "zh-CN"), ("fr", "en"), ("", ""))] == [
        "en",
        "en",
        "zh-CN",
    ]


def test_the_page_asks_nobody_else_for_anything() -> None:
    from kezhan.surveys.page import _STYLE

    assert not re.search(r"url\(|@import|https?:", _STYLE)
