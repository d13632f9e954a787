"""Hits as a list: asked for, made by the job, fetched, cancelled, gone in time; by whom it may be."""

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.contacts.values import name_values
from kezhan.conversations.tests.place import Json, Member, Place, make_place
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.search import export, jobs
from kezhan.search.tests.desk import person, take_in_all

_PATH = "/api/search-exports"


def _form(words: str, kind: str = "message", **filters: Any) -> Json:
    return {"kind": kind, "question": {"q": words, "filters": filters}}


async def _ask(member: Member, form: Json) -> Json:
    answer = await member.ask("POST", _PATH, form)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def _ended(member: Member, export_id: str) -> Json:
    async def look() -> Json | None:
        (one,) = [one for one in (await member.get(_PATH))["items"] if one["id"] == export_id]
        return one if one["state"] not in {"waiting", "running"} else None

    return await until(look)


async def _read(member: Member, export_id: str) -> list[list[str]]:
    linked = await member.get(f"{_PATH}/{export_id}/file")
    answer = await member.ask("GET", linked["url"])
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf"), "a spreadsheet knows it by its mark"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def _wait(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The job waits for this before it works."""
    go, as_member = asyncio.Event(), jobs._as_member

    async def held(*given: Any) -> Any:
        await go.wait()
        return await as_member(*given)

    monkeypatch.setattr(jobs, "_as_member", held)
    return go


async def test_all_hits_come_in_a_list_that_no_spreadsheet_works_out(place: Place) -> None:
    owner = await place.member("supervisor")
    talk = await place.talk(*("春茶 " + "很长" * 200,) * 130, "=cmd|'春茶'!A1")
    await person(place, talk, **name_values('陆羽, "茶圣"'))
    for whisper in (False, True):
        inner = {"client_id": str(new_id()), "kind": "note", "body": "春茶 只有同事知道", "whisper": whisper}
        assert (await owner.act("POST", talk, "/messages", inner))[0] == 201
    await take_in_all(place)
    made = await _ask(owner, _form("春茶"))
    assert made["state"] == "waiting" and made["question"]["q"] == "春茶"
    done = await _ended(owner, made["id"])
    assert (done["state"], done["found"], done["cut"]) == ("done", 131, False)
    heading, newest, *others = await _read(owner, made["id"])
    assert heading[:3] == ["Time", "Customer", "Visitor number"]
    assert newest[1] == '陆羽, "茶圣"' and newest[-2] == "'=cmd|'春茶'!A1" and newest[-1] == str(talk)
    assert [row[-2] for row in others] == ["春茶 " + "很长" * 200] * 130, "the whole text, and no note"
    people = await _ended(owner, (await _ask(owner, _form("陆羽", "person")))["id"])
    assert (people["state"], people["found"]) == ("done", 1)
    acts = await place.rows(
        "select action, detail::text as detail from audit_log where action like 'search.%'"
    )
    assert sorted(row.action for row in acts) == ["search.export", "search.export", "search.export_read"]
    assert not any("春茶" in row.detail for row in acts)
    await place.falls_due(export.TIMER, UUID(made["id"]))
    assert (await owner.ask("GET", f"{_PATH}/{made['id']}/file")).status_code == 404
    assert len(await place.rows("select id from files where name like '%.csv'")) == 1


async def test_the_same_export_twice_is_one_and_a_cancelled_one_stops(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, owner = _wait(monkeypatch), await place.member("owner")
    await place.talk("春茶")
    await take_in_all(place)
    first, second = await asyncio.gather(_ask(owner, _form("春茶")), _ask(owner, _form("春茶")))
    assert first["id"] == second["id"]
    for words in ("龙井", "普洱"):
        await _ask(owner, _form(words))
    refused = await owner.ask("POST", _PATH, _form("毛尖"))
    assert (refused.status_code, refused.json()["code"]) == (409, "search.too_many_exports")
    assert (await owner.ask("GET", f"{_PATH}/{first['id']}/file")).json()["code"] == "search.export_not_ready"
    for _ in range(2):
        assert (await owner.ask("PUT", f"{_PATH}/{first['id']}/cancellation")).status_code == 200
    # Nobody has been heard of for long: it is begun anew, and ends as it should.
    (other, *_) = (await owner.get(_PATH))["items"]
    await place.run(
        "update search_exports set touched_at = now() - interval '1 hour' where id = :id", id=other["id"]
    )
    await place.falls_due(export.TIMER, UUID(other["id"]))
    go.set()
    assert (await _ended(owner, other["id"]))["state"] == "done"
    assert (await _ended(owner, first["id"]))["state"] == "cancelled"
    assert (await _ask(owner, _form("春茶")))["id"] != first["id"]
    (third,) = [one for one in (await owner.get(_PATH))["items"] if one["question"]["q"] == "龙井"]
    await _ended(owner, third["id"])
    old = "update search_exports set state = 'running', file_id = null, expires_at = null, created_at = :at"
    await place.run(f"{old} where id = :id", at=now() - timedelta(hours=7), id=third["id"])
    await place.falls_due(export.TIMER, UUID(third["id"]))
    assert (await _ended(owner, third["id"]))["fault"] == "search.export_failed"
    for path in (first["id"], other["id"]):
        assert (await owner.ask("DELETE", f"{_PATH}/{path}")).status_code == 204
        assert (await owner.ask("DELETE", f"{_PATH}/{path}")).status_code == 404


async def test_an_export_has_no_more_than_its_maker_may_see_and_is_hers_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, owner, supervisor = _wait(monkeypatch), await place.member("owner"), await place.member("supervisor")
    agent, elsewhere = await place.member(), await make_place(place.house, place.http)
    await place.talk("春茶")
    await take_in_all(place)
    monkeypatch.setattr(jobs, "MAX_EXPORTED", 0)
    made, lost = await _ask(owner, _form("春茶")), await _ask(supervisor, _form("春茶"))
    for stranger, status in ((supervisor, 404), (await elsewhere.member("owner"), 404), (agent, 403)):
        for method, path in (("GET", "/file"), ("PUT", "/cancellation"), ("DELETE", "")):
            answer = await stranger.ask(method, f"{_PATH}/{made['id']}{path}")
            assert answer.status_code == status, (method, path)
    assert (await agent.ask("POST", _PATH, _form("春茶"))).status_code == 403
    program = await owner.token("search.export", "conversation.read", "conversation.read_team")
    assert (await program.ask("POST", _PATH, _form("春茶"))).json()["code"] == "workspaces.people_only"
    await place.run("update memberships set role = 'agent' where id = :id", id=supervisor.id)
    go.set()
    ended = await _ended(owner, made["id"])
    assert (ended["state"], ended["found"], ended["cut"]) == ("done", 0, True)

    async def lost_ended() -> Any:
        (row,) = await place.rows("select state, fault from search_exports where id = :id", id=lost["id"])
        return row if row.state not in {"waiting", "running"} else None

    row = await until(lost_ended)
    assert (row.state, row.fault) == ("failed", "search.rights_gone")
    for form, code in (
        (_form("春茶", "nothing"), "search.no_such_kind"),
        (_form("春茶", "person", channel="open"), "search.no_such_filter"),
        (_form(""), "kit.bad_input"),
        ({**_form("春茶"), "more": 1}, "kit.bad_input"),
    ):
        assert (await owner.ask("POST", _PATH, form)).json()["code"] == code, form
    assert (await owner.ask("DELETE", f"{_PATH}/{new_id()}")).status_code == 404


async def test_all_customers_come_with_the_fields_that_their_reader_may_see(place: Place) -> None:
    boss, lead = await place.member("admin"), await place.member("supervisor")
    fields = [
        {"id": "no", "kind": "text", "label": "会员号"},
        {"id": "debt", "kind": "number", "label": "欠款", "reads": ["agent"]},
    ]
    answer = await boss.ask("PUT", "/api/fields/contact", {"version": 0, "fields": fields})
    assert answer.status_code == 200, answer.text
    people = [await place.customer() for _ in range(2)]
    told = {"name": "=陆羽", "company_id": None, "fields": {"no": "K-1", "debt": 9}}
    answer = await boss.ask("PATCH", f"/api/contacts/{people[0].contact_id}", told)
    assert answer.status_code == 200, answer.text
    for who, more in ((boss, {"会员号": "K-1", "欠款": "9"}), (lead, {"会员号": "K-1"})):
        made = await _ask(who, _form("*", "everyone"))
        assert (await _ended(who, made["id"]))["found"] == 2
        heading, first, second = await _read(who, made["id"])
        line = dict(zip(heading, first, strict=True))
        assert line["Customer"] == "'=陆羽" and {name: line.get(name) for name in more} == more
        assert ("欠款" in heading) is ("欠款" in more) and len(second) == len(heading)
    answer = await boss.ask("GET", "/api/search/everyone?q=x")
    assert answer.status_code == 404, answer.text
