"""The timeline: what is in it, by whom, in pages, for whose eyes, by how many statements."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kezhan.conversations.tests.fixtures import http
from kezhan.kit.ids import new_id
from kezhan.kit.testing import reads
from kezhan.segments.tests.people import People, make_people
from kezhan.testing import Running

__all__ = ["http", "people"]

_BESIDE = """
    with c as (select * from conversations where id = :id), v as (
        insert into visits (workspace_id, id, identity_id, contact_id, account_id, address, user_agent,
            browser, system, device, language, time_zone, screen, referrer, source, search_word, pages)
        select workspace_id, gen_random_uuid(), identity_id, contact_id, account_id, '', '', '', '',
            'desktop', '', '', '', '', 'search', '', 3 from c
        returning workspace_id, id
    ), p as (
        insert into page_views (workspace_id, visit_id, no, url, title, entered_at)
        select workspace_id, id, 1, 'https://a.cn/', '春茶 13800138000', now() from v
    ), s as (
        insert into surveys (workspace_id, id, name, active, version)
        select workspace_id, gen_random_uuid(), 'S', true, 1 from c returning workspace_id, id
    )
    insert into survey_invites (workspace_id, id, conversation_id, survey_id, version, account_id,
        identity_id, language, expires_at, answered_at, via, answer, csat, nps, comment)
    select c.workspace_id, gen_random_uuid(), c.id, s.id, 1, c.account_id, c.identity_id, 'en', now(), now(),
        'widget', '{}', 2, 3, '太慢' from c, s
"""


@pytest.fixture
async def people(house: Running, http: httpx2.AsyncClient) -> AsyncIterator[People]:
    people = await make_people(house, http)
    yield people
    await people.place.close()


async def _lived(people: People) -> tuple[str, str]:
    """A customer with some of everything; the path of her timeline, a tag."""
    boss = people.boss
    await people.come("wang", "twin")
    wang, talk = people.ids["wang"], people.talks["wang"]
    fields = [{"id": "card", "kind": "text", "label": "证件", "reads": ["owner"]}]
    await people.owner.ask("PUT", "/api/fields/contact", {"version": 0, "fields": fields})
    tag = (await boss.ask("POST", "/api/tags", {"name": str(new_id())})).json()["id"]
    for method, path, body in (
        ("PUT", f"/api/contacts/{wang}/tags/{tag}", None),
        ("DELETE", f"/api/contacts/{wang}/tags/{tag}", None),
        ("PUT", f"/api/contacts/{wang}/notes/{new_id()}", {"body": "要发票，电话 13800138000"}),
        ("PATCH", f"/api/contacts/{wang}", {"tier": "VIP"}),
    ):
        assert (await boss.ask(method, path, body)).status_code < 300, path
    assert (
        await people.owner.ask("PATCH", f"/api/contacts/{wang}", {"fields": {"card": "AB"}})
    ).status_code == 200
    await people.place.run(_BESIDE, id=talk)
    await people.place.run(
        "update conversations set state = 'closed', closed_at = now(), waiting_since = null where id = :id",
        id=talk,
    )
    await people.place.run(
        "insert into contact_merges (workspace_id, id, kept_id, gone_id, how, changed, at, parted_at)"
        " select workspace_id, gen_random_uuid(), id, :twin, 'hand', '{}', now(), now() from contacts"
        " where id = :wang",
        wang=wang,
        twin=people.ids["twin"],
    )
    return f"/api/contacts/{wang}/timeline", tag


async def _all(member: Any, path: str, more: str = "") -> list[dict[str, Any]]:
    """Read in pages of three."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = await member.get(f"{path}?limit=3{more}&after={after}")
        found += page["items"]
        after = page["next"]
    return found


async def test_it_tells_all_of_her_once_the_newest_first_for_whose_eyes(people: People) -> None:
    path, tag = await _lived(people)
    boss, owner, agent = people.boss, people.owner, people.agent
    told = await _all(boss, path)
    assert [one["at"] for one in told] == sorted((one["at"] for one in told), reverse=True)
    assert len({(one["kind"], one["id"]) for one in told}) == len(told)
    by_kind = {one["kind"]: one for one in told}
    assert set(by_kind) == {
        "opened", "closed", "rated", "visited", "came", "noted", "edited", "tagged", "untagged", "merged",
        "parted",
    }  # fmt: skip
    assert by_kind["tagged"]["tag_id"] == tag
    assert (by_kind["rated"]["csat"], by_kind["rated"]["text"]) == (2, "太慢")
    assert (by_kind["visited"]["count"], by_kind["visited"]["what"]) == (3, "search")
    assert by_kind["merged"]["text"] == "twin"
    assert by_kind["closed"]["conversation_id"] == str(people.talks["wang"])
    assert by_kind["noted"]["by"] == "林晚晴"
    edits = [(one["fields"], one["labels"]) for one in told if one["kind"] == "edited"]
    assert edits == [([], []), (["tier"], [])]  # a field that is not hers to read has no name
    labels = [one["labels"] for one in await _all(owner, path, "&kinds=edited")]
    assert labels == [["证件"], []]
    assert {one["kind"] for one in await _all(boss, path, "&kinds=tagged&kinds=noted")} == {"tagged", "noted"}
    policy = {"masked": ["phone"], "plain_when_serving": False}
    assert (await owner.ask("PUT", "/api/masking", policy)).status_code == 200
    masked = {one["kind"]: one["text"] for one in await _all(agent, path)}
    assert "13800138000" not in f"{masked}"
    assert masked["noted"].startswith("要发票")
    # What is said with her is for who sees that conversation.
    await people.place.run(
        "update conversations set assignee_id = :boss where id = :id", boss=boss.id, id=people.talks["wang"]
    )
    kinds = {one["kind"] for one in await _all(agent, path)}
    assert not kinds & {"opened", "closed", "rated"}
    with reads() as seen:
        await boss.get(path)
    assert len([words for words, _ in seen if "audit_log" in words]) == 1
    assert len(seen) <= 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/api/contacts/{UUID(int=7)}/timeline", 404),
        ("{her}?kinds=opend", 400),
        ("{her}?after=x", 400),
        ("{her}?limit=101", 400),
    ],
)
async def test_what_is_not_there_or_makes_no_sense(people: People, path: str, status: int) -> None:
    await people.come("wang")
    her = f"/api/contacts/{people.ids['wang']}/timeline"
    assert (await people.boss.ask("GET", path.format(her=her))).status_code == status


async def test_who_reads_no_customers_reads_no_timeline(people: People) -> None:
    await people.come("wang")
    auditor = await people.place.member("auditor")
    assert (await auditor.ask("GET", f"/api/contacts/{people.ids['wang']}/timeline")).status_code == 403


async def test_figures_are_of_what_the_reader_sees(people: People) -> None:
    path, tag = await _lived(people)
    boss, agent = people.boss, people.agent
    path = path.replace("timeline", "figures")
    await people.place.run(
        "insert into conversation_tags (workspace_id, conversation_id, tag_id)"
        " select workspace_id, id, :tag from conversations where id = :talk",
        talk=people.talks["wang"],
        tag=UUID(tag),
    )  # fmt: skip
    with reads() as seen:
        found = await boss.get(path)
    assert len([words for words, _ in seen if "conversation_tags" in words]) == 1
    assert len(seen) <= 2
    assert (found["conversations"], found["recent"], found["rated"], found["csat"]) == (1, 1, 1, 2)
    assert found["tags"] == [tag]
    assert found["first_at"] <= found["last_at"]
    assert (await agent.get(path))["csat"] == 2
    operator = await people.place.member("operator")
    assert (await operator.get(path))["conversations"] == 0  # she reads customers and no conversations
    await people.place.run(
        "update conversations set assignee_id = :boss where id = :id", boss=boss.id, id=people.talks["wang"]
    )
    nothing = await agent.get(path)
    assert (nothing["conversations"], nothing["last_at"], nothing["tags"]) == (0, None, [])
    missing = path.replace(str(people.ids["wang"]), str(UUID(int=7)))
    assert (await boss.ask("GET", missing)).status_code == 404
    auditor = await people.place.member("auditor")
    assert (await auditor.ask("GET", path)).status_code == 403
