"""Segments: every condition, whose eyes, who may, the same twice, pages, statements, where they are used."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kezhan.kit import reading
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.reading import Reader
from kezhan.kit.testing import PATIENCE, reads, until
from kezhan.segments import store
from kezhan.segments.filters.schemas import Filter
from kezhan.segments.tests.people import Json, People, any_of, form, one, wanted
from kezhan.views.tests.desk import form as view_form
from kezhan.workspaces.authenticate import Caller

RATED = """
    with s as (
        insert into surveys (workspace_id, id, name, active, version)
        select workspace_id, gen_random_uuid(), 'S', true, 1 from conversations where id = :id
        returning workspace_id, id
    )
    insert into survey_invites (workspace_id, id, conversation_id, survey_id, version, account_id,
        identity_id, language, expires_at, answered_at, via, answer, csat, nps)
    select c.workspace_id, gen_random_uuid(), c.id, s.id, 1, c.account_id, c.identity_id, 'en', now(), now(),
        'widget', '{}', 2, 3
    from conversations c, s where c.id = :id
"""
_FIELDS = [
    {"id": "plan", "kind": "choice", "label": "套餐", "choices": [{"id": "gold", "label": "金"}]},
    {"id": "card", "kind": "text", "label": "证件", "sensitive": True},
    {"id": "spent", "kind": "number", "label": "消费"},
]


async def stock(people: People) -> tuple[str, str]:
    """Customers who differ in one thing each; the ids of a tag and of a company."""
    boss = people.boss
    await people.come("plain", "vip", "tagged", "staff", "away", "rated", "own", "often")
    answer = await people.owner.ask("PUT", "/api/fields/contact", {"version": 0, "fields": _FIELDS})
    assert answer.status_code == 200, answer.text
    tag = (await boss.ask("POST", "/api/tags", {"name": str(new_id())})).json()["id"]
    company = str(new_id())
    made = await boss.ask("PUT", f"/api/companies/{company}", {"name": "青山茶业"})
    assert made.status_code < 300, made.text
    attributes = '\'{"v"\\: 1, "values"\\: {"plan"\\: "gold", "visits"\\: 12}}\''
    await people.put(
        "vip",
        "tier = 'VIP', language = 'en', email = 'wang@example.com', phone = '13800138000',"
        f" note = '喜欢绿茶', owner_id = :boss, attributes = {attributes}",
        boss=boss.id,
    )
    await boss.ask("PUT", f"/api/contacts/{people.ids['tagged']}/tags/{tag}")
    await people.put("staff", "company_id = :company", company=UUID(company))
    await people.put("away", "created_at = now() - interval '90 days'")
    await people.place.run(
        "update conversations set active_at = now() - interval '40 days' where id = :id",
        id=people.talks["away"],
    )
    await people.place.run(
        "update identities set verified = true where contact_id = :id", id=people.ids["away"]
    )
    await people.place.run(RATED, id=people.talks["rated"])
    values = '\'{"v"\\: 1, "values"\\: {"plan"\\: "gold", "card"\\: "AB-77", "spent"\\: 250}}\''
    await people.put("own", f"fields = {values}")
    await people.place.run(
        "update conversations set contact_id = :often, state = 'closed', closed_at = now(),"
        " waiting_since = null where id = :id",
        often=people.ids["often"],
        id=people.talks["plain"],
    )
    return tag, company


async def test_every_condition_holds_whom_it_says(people: People) -> None:
    tag, company = await stock(people)
    everybody = set(people.ids)
    (account,) = await people.place.rows("select distinct account_id from identities")
    field = {"is": "field"}
    cases: list[tuple[Json, set[str]]] = [
        (any_of("tier", "VIP"), {"vip"}),
        (any_of("tier", "VIP", without=True), everybody - {"vip"}),
        (any_of("language", "en"), {"vip"}),
        (any_of("owner", people.boss.id), {"vip"}),
        (any_of("owner", "nobody"), everybody - {"vip"}),
        (any_of("contact_tag", tag), {"tagged"}),
        (any_of("company", company), {"staff"}),
        (any_of("company", "none"), everybody - {"staff"}),
        (any_of("contact_channel", "webchat"), everybody),
        (any_of("contact_channel", "telegram"), set()),
        (any_of("contact_account", account.account_id, without=True), set()),
        (one("holds", "verified"), {"away"}),
        (one("holds", "has_email"), {"vip"}),
        (one("holds", "has_phone", without=True), everybody - {"vip"}),
        (one("age", "seen_at", minutes=60 * 24 * 30, without=True), {"away"}),
        (one("age", "met_at", minutes=60 * 24 * 30), everybody - {"away"}),
        (one("contains", "email", text="WANG@"), {"vip"}),
        (one("contains", "note", text="绿茶"), {"vip"}),
        (one("between", "conversations", least=2), {"often"}),
        (one("between", "conversations", most=0), {"plain"}),
        (one("between", "last_csat", most=2), {"rated"}),
        (one("between", "last_nps", least=1, most=6), {"rated"}),
        (one("attribute", "visits", way="least", values=["12"]), {"vip"}),
        ({**field, "field": "plan", "way": "any_of", "values": ["gold"]}, {"own"}),
        ({**field, "field": "spent", "way": "most", "values": ["250"]}, {"own"}),
        ({**field, "field": "card", "way": "given", "without": True}, everybody - {"own"}),
        ({**field, "field": "card", "way": "has", "values": ["ab"]}, {"own"}),
    ]
    owner = people.owner
    for condition, who in cases:
        assert await people.held(condition, member=owner) == who, condition
    either = any_of("tier", "VIP"), any_of("company", company)
    assert await people.held(*either, join="any") == {"vip", "staff"}
    assert await people.held(*either) == set()


async def test_it_is_kept_once_shown_in_pages_and_asked_anew(people: People) -> None:
    await people.come("a", "b", "c")
    boss, agent = people.boss, people.agent
    for name in people.ids:
        await people.put(name, "tier = 'gold'")
    kept = await people.kept(any_of("tier", "gold"), name=" 金牌  客户 ", description="年费")
    assert (kept["name"], kept["description"], kept["version"]) == ("金牌 客户", "年费", 1)
    assert await people.names(agent, kept) == ["a", "b", "c"]
    await people.put("b", "tier = ''")
    assert await people.names(agent, kept) == ["a", "c"]
    path = f"/api/segments/{kept['id']}"
    found = await agent.get(f"{path}/contacts?q=c")
    assert [row["name"] for row in found["items"]] == ["c"]
    with reads() as seen:
        await agent.get(f"{path}/contacts")
    assert len([words for words, _ in seen if "contacts p" in words]) == 1
    edit = {**form(any_of("tier", "none")), "name": "金牌 客户", "version": 1}
    changed = await boss.ask("PUT", path, edit)
    assert (changed.json()["version"], changed.status_code) == (2, 200)
    assert (await boss.ask("PUT", path, edit)).json()["version"] == 2
    late = await boss.ask("PUT", path, {**edit, "description": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "segments.changed_meanwhile")
    for _ in range(2):
        gone = await boss.ask("PUT", f"{path}/archival")
        assert (gone.json()["archived"], gone.json()["version"]) == (True, 3)
    again = await people.kept(any_of("tier", "gold"), name="金牌 客户")
    back = await boss.ask("DELETE", f"{path}/archival")
    assert (back.status_code, back.json()["code"]) == (409, "segments.name_taken")
    listed = await agent.get("/api/segments")
    assert {item["id"] for item in listed["items"]} == {kept["id"], again["id"]}
    assert not listed["manages"]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (any_of("state", "queued"), "segments.not_of_people"),
        (any_of("segment", new_id()), "segments.not_of_people"),
        (any_of("owner", "me"), "segments.not_me"),
        (any_of("company", new_id()), "views.unknown_company"),
        (any_of("company", "x"), "views.no_such_value"),
        (one("between", "conversations"), "views.no_number"),
        (one("attribute", "visits", way="least", values=["1e-20000"]), "views.no_number"),
        (None, "segments.of_everybody"),
    ],
)
async def test_what_says_nothing_of_customers_is_not_kept(
    people: People, condition: Json | None, code: str
) -> None:
    answer = await people.boss.ask("POST", "/api/segments", form(*([condition] if condition else [])))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_who_may_not_keep_them_and_who_may_not_guess_by_them(people: People) -> None:
    await stock(people)
    agent, boss, owner = people.agent, people.boss, people.owner
    refused = await agent.ask("POST", "/api/segments", form(any_of("tier", "VIP")))
    assert refused.status_code == 403
    assert (await agent.ask("POST", "/api/segment-preview", wanted())).status_code == 403
    policy = {"masked": ["phone", "email", "id_card"], "plain_when_serving": False}
    assert (await owner.ask("PUT", "/api/masking", policy)).status_code == 200
    card = {"is": "field", "field": "card"}
    guesses: list[Json] = [
        one("contains", "phone", text="138"),
        one("contains", "email", text="w"),
        one("contains", "note", text="1380"),
        one("attribute", "plan", way="has", values=["wang@"]),
        one("attribute", "plan", way="least", values=["13800000000"]),
        {**card, "way": "has", "values": ["A"]},
    ]
    for guess in guesses:
        for path in ("/api/segment-preview", "/api/view-preview"):
            answer = await boss.ask("POST", path, wanted(guess))
            assert (answer.status_code, answer.json()["code"]) == (403, "segments.masked"), (path, guess)
    fair: list[Json] = [
        one("holds", "has_phone"),
        one("contains", "note", text="绿茶"),
        {**card, "way": "given"},
    ]
    for test in fair:
        assert await people.held(test), test
    # Kept by somebody who may read it: for the others nobody fits, and what it tests is not told.
    known = await people.kept(one("contains", "phone", text="13800138000"), member=owner)
    assert await people.names(owner, known) == ["vip"]
    assert await people.names(boss, known) == []
    (told,) = (await boss.get("/api/segments"))["items"]
    assert (told["hidden"], told["filter"]) == (True, None)
    edit = {**form(any_of("tier", "VIP")), "version": 1}
    assert (await boss.ask("PUT", f"/api/segments/{known['id']}", edit)).status_code == 403
    view = await owner.ask("POST", "/api/views", view_form(any_of("segment", known["id"]), scope="public"))
    for member, count in ((owner, 1), (boss, 0)):
        counted = await member.get(f"/api/view-counts?ids={view.json()['id']}")
        assert counted["items"][0]["count"] == count


async def test_views_name_segments_and_hold_the_conversations_of_who_is_in_them(people: People) -> None:
    await people.come("a", "b")
    await people.put("b", "tier = 'gold'")
    kept = await people.kept(any_of("tier", "gold"))
    for without, who in ((False, "b"), (True, "a")):
        test = any_of("segment", kept["id"], without=without)
        view = (await people.boss.ask("POST", "/api/views", view_form(test, name=str(new_id())))).json()
        with reads() as seen:
            page = await people.boss.get(f"/api/views/{view['id']}/conversations")
        assert [row["head"]["id"] for row in page["items"]] == [str(people.talks[who])]
        assert len([words for words, _ in seen if "from segments" in words]) == 1
    unknown = await people.boss.ask("POST", "/api/views", view_form(any_of("segment", new_id())))
    assert unknown.json()["code"] == "views.unknown_segment"


async def test_a_page_is_met_by_its_index(people: People) -> None:
    await people.come("a")
    kept = await people.kept(any_of("tier", "gold"), one("age", "seen_at", minutes=60))
    with reads() as seen:
        await people.boss.get(f"/api/segments/{kept['id']}/contacts")
    ((statement, values),) = [(words, given) for words, given in seen if "contacts p" in words]
    async with people.place.house.db.tx(people.place.workspace_id) as tx:
        for dearer in ("seqscan", "sort"):
            await tx.fetch(f"set local enable_{dearer} = off")
        plan: list[Any] = await tx.fetch(f"explain {statement}", *values)
    words = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in words, words
    assert "contacts_sort_key" in words  # by which index visits are met depends on how many there are


async def test_one_that_takes_too_long_spoils_no_other_count_and_holds_up_no_other_reads(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.come("a")
    slow = await people.kept(any_of("tier", "slow"))
    quick = await people.kept(any_of("tier", ""))
    house, held, at_once = people.place.house, store.held, [0, 0]

    async def counted(reader: Reader, caller: Caller, wanted: Filter) -> int:
        if wanted == msgspec.convert(slow["filter"], Filter):
            raise Refused("kit.too_slow", 503)
        return await held(reader, caller, wanted)

    monkeypatch.setattr(store, "held", counted)
    found = await people.agent.get(f"/api/segment-counts?ids={slow['id']}&ids={quick['id']}")
    assert found["items"] == [{"id": quick["id"], "count": 1}]

    async def long() -> None:
        async with house.db._readers.long_turn():
            at_once[0] += 1
            at_once[1] = max(at_once)
            await house.db.reader(people.place.workspace_id).row("select 1")
            at_once[0] -= 1

    await asyncio.gather(*(long() for _ in range(5)))
    assert at_once == [0, 1]
    monkeypatch.setattr(reading, "_PATIENCE_SECONDS", 0.01)
    async with house.db._readers.long_turn():
        with pytest.raises(Refused, match="too_slow"):
            await house.db.reader(people.place.workspace_id).long_row("select 1")


async def test_a_preview_holds_no_transaction_and_ends_when_whoever_asked_is_gone(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, broken_off = asyncio.Event(), asyncio.Event()

    async def endless(reader: Reader, caller: Caller, _: Filter) -> int:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            broken_off.set()
            raise
        return 0

    async def slow(reader: Reader, caller: Caller, _: Filter) -> int:
        raise Refused("kit.too_slow", 503, retry_after=1)

    asked = wanted(any_of("tier", "VIP"))
    monkeypatch.setattr(store, "held", slow)
    refused = await people.boss.ask("POST", "/api/segment-preview", asked)
    assert (refused.status_code, refused.json()["code"]) == (503, "segments.too_slow")
    monkeypatch.setattr(store, "held", endless)
    asking = asyncio.create_task(people.boss.ask("POST", "/api/segment-preview", asked))
    await asyncio.wait_for(begun.wait(), PATIENCE)
    await until(lambda: people.place.house.db.pools()["app"][0] == 0)  # but for what runs in the background
    asking.cancel()
    await asyncio.wait_for(broken_off.wait(), PATIENCE)
