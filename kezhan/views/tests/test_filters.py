"""What is in a view: every condition, every order, whose eyes; how it hears of changes; how many queries."""

from typing import Any
from uuid import UUID

from kezhan.kit.ids import new_id
from kezhan.kit.testing import reads
from kezhan.views.tests.desk import Desk, Json, any_of, wanted

# name: what is set in the row of a conversation, of its contact, and beside it.
_ROW = "update conversations set {} where id = :id"
_CONTACT = "update contacts set {} where id = (select contact_id from conversations where id = :id)"
_WAIT = """
    insert into waits (workspace_id, conversation_id, state, account_id, identity_id, facts, rule_id, version,
                       needs, priority, rank_at, queued_at, units, load)
    select workspace_id, id, 'waiting', account_id, identity_id, '{}', gen_random_uuid(), 1, '[]', :priority,
           now(), now(), 1, 'live'
    from conversations where id = :id
    on conflict (workspace_id, conversation_id) do update set priority = excluded.priority
"""
_RATED = """
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
_WRAPPED = """
    insert into wrap_ups (workspace_id, conversation_id, form_id, version, filled, state, at)
    select workspace_id, :id, :form, 1, cast(:filled as jsonb), 'done', now()
    from conversations where id = :id
"""
FIELDS = [
    {"id": "why", "kind": "choice", "label": "原因", "choices": [{"id": "late", "label": "晚到"}]},
    {"id": "how", "kind": "choices", "label": "方式", "choices": [{"id": "call", "label": "电话"}]},
    {"id": "what", "kind": "text", "label": "内容"},
    {"id": "sum", "kind": "number", "label": "金额"},
    {"id": "ok", "kind": "yes_no", "label": "解决"},
]
FILLED = '{"v": 1, "values": {"why": "late", "how": ["call"], "what": "Green TEA", "sum": 12.5, "ok": true}}'


class Stock:
    """Conversations by what sets them apart."""

    def __init__(self, desk: Desk, ids: dict[str, UUID]) -> None:
        self.desk = desk
        self.ids = ids

    async def held(self, *conditions: Json, member: Any = None, filter_: Json | None = None) -> set[str]:
        """The names of those in a view of these conditions."""
        changes = {"filter": filter_ or wanted(*conditions)}
        view = await self.desk.kept(member, name=str(new_id()), **changes)
        found = await self.desk.held(member or self.desk.boss, view)
        assert len(found) == len(set(found))
        return {name for name, one in self.ids.items() if str(one) in found}


async def stock(desk: Desk) -> Stock:
    place, boss = desk.place, desk.boss
    named = ("plain", "parked", "ended", "spam", "vip", "team", "mine", "rated", "wrapped")
    ids = {name: await place.talk() for name in named}
    fields = {"version": 0, "fields": FIELDS}
    form = await boss.ask("PUT", "/api/forms/wrap_up", fields)
    assert form.status_code == 200, form.text
    sets = {
        "plain": "opened_at = now() - interval '3 days', channel = 'telegram', source = '春茶广告'",
        "parked": "state = 'assigned', assignee_id = :boss, waiting_since = null, parked_at = now(),"
        " wake_at = now() + interval '2 hours'",
        "ended": "state = 'closed', closed_at = now() - interval '2 days', waiting_since = null",
        "spam": "state = 'closed', closed_at = now(), spam_at = now(), waiting_since = null",
        "vip": "waiting_since = now() - interval '30 minutes', active_at = now() - interval '1 hour'",
        "team": "team_id = :team",
        "mine": "state = 'assigned', assignee_id = :agent, waiting_since = null,"
        " guests = array[cast(:boss as uuid)]",
        "rated": "state = 'closed', closed_at = now(), waiting_since = null, inbound_count = 40",
        "wrapped": "state = 'closed', closed_at = now(), waiting_since = null",
    }
    for name, words in sets.items():
        given = {"boss": boss.id, "agent": desk.agent.id, "team": desk.team_id}
        used = {key: value for key, value in given.items() if f":{key}" in words}
        await place.run(_ROW.format(words), id=ids[name], **used)
    contact = (
        "name = '王小姐', email = 'Wang@example.com', phone = '13800138000', language = 'en', tier = 'VIP',"
        " note = '喜欢绿茶', owner_id = :boss,"
        ' attributes = \'{"v"\\: 1, "values"\\: {"plan"\\: "gold", "visits"\\: 12}}\''
    )
    await place.run(_CONTACT.format(contact), id=ids["vip"], boss=boss.id)
    await place.run(_WAIT, id=ids["vip"], priority=8)
    await place.run(_WAIT, id=ids["team"], priority=2)
    await place.run(_RATED, id=ids["rated"])
    await place.run(_WRAPPED, id=ids["wrapped"], form=UUID(form.json()["id"]), filled=FILLED)
    return Stock(desk, ids)


def holds(field: str, **more: Any) -> Json:
    return {"is": "holds", "field": field, **more}


def age(field: str, minutes: int, **more: Any) -> Json:
    return {"is": "age", "field": field, "minutes": minutes, **more}


def contains(field: str, text: str) -> Json:
    return {"is": "contains", "field": field, "text": text}


def between(field: str, **ends: int) -> Json:
    return {"is": "between", "field": field, **ends}


def answer(field: str, way: str, *values: str) -> Json:
    return {"is": "answer", "field": field, "way": way, "values": values}


def attribute(field: str, way: str, *values: str) -> Json:
    return {"is": "attribute", "field": field, "way": way, "values": values}


OPEN = {"plain", "parked", "vip", "team", "mine"}
CLOSED = {"ended", "rated", "wrapped"}
HELD: list[tuple[Json, set[str]]] = [
    (any_of("state", "queued"), {"plain", "vip", "team"}),
    (any_of("state", "closed", without=True), OPEN),
    (any_of("channel", "telegram"), {"plain"}),
    (any_of("assignee", "me"), {"parked"}),
    (any_of("assignee", "me", "nobody", without=True), {"mine"}),
    (any_of("team", "none", without=True), {"team"}),
    (any_of("language", "en"), {"vip"}),
    (any_of("tier", "", without=True), {"vip"}),
    (any_of("source", "春茶广告"), {"plain"}),
    (any_of("source", "", without=True), {"plain"}),
    (any_of("owner", "me"), {"vip"}),
    (holds("parked"), {"parked"}),
    (holds("waiting"), {"plain", "vip", "team"}),
    (holds("guest"), {"mine"}),
    (holds("spam"), {"spam"}),
    (holds("rated"), {"rated"}),
    (age("waiting_since", 20, without=True), {"vip"}),
    (age("waiting_since", 20), {"plain", "team"}),
    (age("active_at", 30, without=True), {"vip"}),
    (age("opened_at", 60 * 24, without=True), {"plain"}),
    (age("closed_at", 60 * 24), {"rated", "wrapped"}),
    (age("wake_at", 180), {"parked"}),
    (age("wake_at", 60), set()),
    (contains("name", "小姐"), {"vip"}),
    (contains("email", "WANG"), {"vip"}),
    (contains("phone", "0138"), {"vip"}),
    (contains("note", "绿茶"), {"vip"}),
    (between("priority", least=5), {"vip"}),
    (between("messages", least=40, most=40), {"rated"}),
    (between("csat", most=2), {"rated"}),
    (between("nps", least=4), set()),
    (answer("why", "any_of", "late"), {"wrapped"}),
    (answer("how", "any_of", "call", "mail"), {"wrapped"}),
    (answer("what", "has", "tea"), {"wrapped"}),
    (answer("sum", "least", "12.5"), {"wrapped"}),
    (answer("sum", "most", "12"), set()),
    (answer("ok", "yes"), {"wrapped"}),
    (answer("ok", "given"), {"wrapped"}),
    (attribute("plan", "any_of", "gold"), {"vip"}),
    (attribute("visits", "least", "12"), {"vip"}),
    (attribute("visits", "has", "'; drop table x; --"), set()),
]


async def test_each_condition_holds_what_it_says_and_its_count_is_the_same(desk: Desk) -> None:
    all_ = await stock(desk)
    for condition, expected in HELD:
        assert await all_.held(condition) == expected, condition
    assert await all_.held() == OPEN | CLOSED
    either = wanted(any_of("channel", "telegram"), holds("parked"), join="any")
    assert await all_.held(filter_=either) == {"plain", "parked"}
    groups = [
        {"conditions": [holds("waiting")]},
        {"conditions": [any_of("tier", "VIP"), any_of("team", desk.team_id)], "join": "any"},
    ]
    assert await all_.held(filter_={"groups": groups}) == {"vip", "team"}
    assert await all_.held(filter_={"groups": groups, "join": "any"}) == {"plain", "vip", "team"}
    # What an agent may not see is in none of hers: not a colleague's, not another team's.
    assert await all_.held(any_of("state", "closed", without=True), member=desk.agent) == {
        "plain",
        "vip",
        "team",
        "mine",
    }
    assert await all_.held(any_of("state", "closed", without=True), member=desk.other) == {"plain", "vip"}
    assert await all_.held(any_of("team", "mine"), member=desk.agent) == {"team"}
    words = await desk.boss.get("/api/view-words")
    assert [words[name] for name in ("languages", "tiers", "sources", "attributes")] == [
        ["en"], ["VIP"], ["春茶广告"], ["plan", "visits"]
    ]  # fmt: skip
    assert [one["id"] for one in words["answers"]] == ["why", "how", "what", "sum", "ok"]
    preview = await desk.boss.ask("POST", "/api/view-preview", wanted(holds("waiting")))
    assert preview.json() == {"count": 3}


async def test_the_orders_and_one_statement_for_a_page_and_one_for_all_counts(desk: Desk) -> None:
    all_ = await stock(desk)
    name_of = {str(one): name for name, one in all_.ids.items()}
    view = await desk.kept(filter=wanted(holds("waiting")), sort="waiting")
    found = {}
    for sort in ("waiting", "priority", "active", "opened"):
        found[sort] = [name_of[one] for one in await desk.held(desk.boss, view, f"&sort={sort}")]
    assert found["waiting"][0] == "vip"
    assert found["priority"] == ["vip", "team", "plain"]
    assert (found["active"][-1], found["opened"][-1]) == ("vip", "plain")
    more = [await desk.kept(name=f"{n}", filter=wanted(any_of("state", "closed"))) for n in range(3)]
    with reads() as seen:
        await desk.boss.get(f"/api/views/{view['id']}/conversations")
    assert len([one for one, _ in seen if "conversations c" in one]) == 1
    assert len([one for one, _ in seen if "saved_views" in one]) == 1
    with reads() as seen:
        ids = "&ids=".join(one["id"] for one in (view, *more))
        counted = await desk.boss.get(f"/api/view-counts?ids={ids}")
    assert [one["count"] for one in counted["items"]].count(3) == 4
    assert len([one for one, _ in seen if "conversations c" in one]) == 1


async def test_whoever_follows_views_hears_that_they_are_stale_and_nobody_else(desk: Desk) -> None:
    line, deaf = await desk.boss.line(), await desk.other.line()
    await line.tell("follow", topics=["views"])
    await line.said()
    customer = await desk.place.customer()
    conversation = (await desk.place.says(customer)).conversation_id
    assert (await line.next("stale"))["topic"] == "views"
    await desk.boss.act("PUT", conversation, "/assignment", {})
    assert (await line.next("stale"))["topic"] == "views"
    assert "stale" not in [frame["type"] for frame in await deaf.said()]
