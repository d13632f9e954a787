"""Satisfaction in figures: by the metric dictionary, each beside how many it is of, in one statement."""

from typing import Any
from uuid import UUID

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.conversations.tests.factories import make_customer
from kezhan.kit.ids import new_id
from kezhan.kit.reading import Reader
from kezhan.reports import metrics
from kezhan.reports.surveys.figures import survey_answers, survey_figures
from kezhan.reports.surveys.schemas import AnswersAsked
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import caller, make_person, member_client

Json = dict[str, Any]
_SURVEY = """
    with made as (
        insert into surveys (workspace_id, id, name, active, version) values ($1, $2, '评价', true, 1)
    )
    insert into survey_versions (workspace_id, survey_id, version, definition)
    values ($1, $2, 1, '{"v": 1, "questions": [{"key": "a", "kind": "csat"}]}')
"""
_INVITE = """
    with talk as (
        insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
            assignee_id, last_seq, rev, opened_at, active_at, closed_at)
        values ($1, $2, $3, $4, $5, 'webchat', 'closed', $6, 0, 0, now(), now(), now())
    )
    insert into survey_invites (workspace_id, id, conversation_id, survey_id, version, account_id,
        identity_id, agent_id, language, sent_at, expires_at, answered_at, via, answer, csat, resolved, nps,
        comment)
    values ($1, $2, $2, $7, 1, $3, $4, $6, 'zh-CN', now() - make_interval(days => $8),
        now() + interval '1 day',
        case when $9 then now() end, case when $9 then 'widget' end,
        case when $9 then '{"v": 1, "replies": []}'::jsonb end, $10, $11, $12, $13)
"""


class Rated:
    """A shop and the answers of its customers."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.survey_id = new_id()

    async def begin(self) -> None:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            await tx.fetch(_SURVEY, self.shop.workspace_id, self.survey_id)

    async def invite(
        self,
        agent_id: UUID | None = None,
        *,
        csat: int | None = None,
        resolved: bool | None = None,
        nps: int | None = None,
        comment: str = "",
        days_ago: int = 0,
    ) -> None:
        ws, account = self.shop.workspace_id, self.shop.account_id
        customer = await make_customer(self.shop.db, ws, account)
        answered = any(one is not None for one in (csat, resolved, nps))
        async with self.shop.db.tx(ws) as tx:
            await tx.fetch(
                _INVITE, ws, new_id(), account, customer.identity_id, customer.contact_id, agent_id,
                self.survey_id, days_ago, answered, csat, resolved, nps, comment,
            )  # fmt: skip


@pytest.fixture
async def rated(shop: Shop) -> Rated:
    rated = Rated(shop)
    await rated.begin()
    return rated


async def test_figures_stand_beside_how_many_they_are_of(house: Running, rated: Rated) -> None:
    ws = rated.shop.workspace_id
    mine, other = [await make_person(house.db, ws, name=name) for name in ("甲", "乙")]
    for stars in (5, 4, 3, 1):
        await rated.invite(mine.id, csat=stars)
    await rated.invite(mine.id)
    for points in (10, 9, 8, 6):
        await rated.invite(other.id, nps=points)
    await rated.invite(other.id, resolved=True)
    await rated.invite(other.id, resolved=False)
    await rated.invite(other.id, csat=5, days_ago=9)
    _, client = await member_client(house, "supervisor", ws)
    week = (await client.get("/api/survey-figures", params={"days": 7})).json()
    total = week["total"]
    assert (total["invited"], total["answered"], total["participation"]) == (11, 10, pytest.approx(10 / 11))
    assert (total["rated"], total["csat"], total["asked"], total["nps"]) == (4, 0.5, 4, 25.0)
    assert (total["told"], total["resolved"], week["stars"]) == (2, 0.5, [1, 0, 1, 1, 1])
    lines = {line["name"]: line["counts"] for line in week["seats"]}
    assert (lines["甲"]["csat"], lines["甲"]["participation"]) == (0.5, 0.8)
    assert (lines["乙"]["csat"], lines["乙"]["nps"]) == (None, 25.0)
    assert [line["counts"]["invited"] for line in week["channels"]] == [11]
    assert sum(day["counts"]["invited"] for day in week["days"]) == 11
    month = (await client.get("/api/survey-figures", params={"days": 30})).json()
    assert (month["total"]["rated"], month["own"]) == (5, False)


async def test_of_nothing_there_is_no_figure(house: Running, rated: Rated) -> None:
    _, client = await member_client(house, "supervisor", rated.shop.workspace_id)
    found = (await client.get("/api/survey-figures")).json()
    assert (found["total"]["invited"], found["total"]["csat"], found["total"]["nps"]) == (0, None, None)
    assert (found["stars"], found["days"], found["seats"]) == ([0] * 5, [], [])
    assert (await client.get("/api/survey-figures", params={"days": 0})).status_code == 400
    assert (await client.get("/api/survey-answers", params={"score": "worst"})).status_code == 400
    assert (await client.get("/api/survey-answers", params={"after": "?"})).status_code == 400


async def test_an_agent_sees_what_she_has_served(house: Running, rated: Rated) -> None:
    ws = rated.shop.workspace_id
    person, client = await member_client(house, "agent", ws)
    await rated.invite(person.id, csat=5)
    await rated.invite((await make_person(house.db, ws)).id, csat=1, comment="不是我的")
    found = (await client.get("/api/survey-figures")).json()
    assert (found["own"], found["total"]["invited"], found["total"]["csat"]) == (True, 1, 1.0)
    assert len((await client.get("/api/survey-answers")).json()["items"]) == 1


async def test_answers_are_read_by_score_page_by_page(house: Running, rated: Rated) -> None:
    ws = rated.shop.workspace_id
    for stars in (1, 2, 3, 4, 5):
        await rated.invite(csat=stars, comment="慢" if stars == 1 else "")
    await rated.invite(resolved=False)
    await rated.invite(nps=7)
    await rated.invite()
    _, client = await member_client(house, "supervisor", ws)

    async def read(**asked: Any) -> list[Json]:
        items: list[Json] = []
        after: str | None = ""
        while after is not None:
            params = {"limit": 2, **asked, **({"after": after} if after else {})}
            page = (await client.get("/api/survey-answers", params=params)).json()
            items, after = items + page["items"], page["next"]
        return items

    assert len(await read()) == 7
    assert sorted(one["csat"] or 0 for one in await read(score="bad")) == [0, 1, 2]
    assert sorted(one["csat"] or 0 for one in await read(score="middling")) == [0, 3]
    assert sorted(one["csat"] for one in await read(score="good")) == [4, 5]
    assert [one["comment"] for one in await read(comments="true")] == ["慢"]
    assert await read(account_id=str(new_id())) == []
    _, stranger = await member_client(house, "owner")
    assert (await stranger.get("/api/survey-answers")).json()["items"] == []
    assert (await stranger.get("/api/survey-figures")).json()["total"]["invited"] == 0


async def test_each_page_is_one_statement_however_much_there_is(
    house: Running, rated: Rated, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stars in (1, 2, 3):
        await rated.invite(csat=stars)
    asked: list[str] = []
    plain = Reader.rows

    async def noted(self: Reader, statement: str, *values: Any) -> Any:
        asked.append(statement)
        return await plain(self, statement, *values)

    monkeypatch.setattr(Reader, "rows", noted)
    reader = house.db.reader(rated.shop.workspace_id)
    who = caller("supervisor", workspace_id=rated.shop.workspace_id)
    await survey_figures(reader, who, 30)
    assert len(asked) == 1
    await survey_answers(reader, who, AnswersAsked(days=30), None, 50)
    assert len(asked) == 2


def test_the_formulas() -> None:
    assert metrics.csat(3, 4) == 0.75
    assert metrics.participation(1, 4) == 0.25
    assert metrics.nps(5, 2, 10) == pytest.approx(30)
    assert metrics.nps(0, 4, 4) == -100
    assert metrics.confirmed(1, 2) == 0.5
    assert {metrics.csat(0, 0), metrics.participation(0, 0), metrics.nps(0, 0, 0)} == {None}
