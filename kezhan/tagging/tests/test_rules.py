"""Tag rules: every event with and without conditions, once, no loop, the preview, who may, what is kept."""

from typing import Any
from uuid import UUID

from kezhan.contacts.events import ContactChanged
from kezhan.conversations.events import ConversationClosed, ConversationOpened, MessageAppended
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event
from kezhan.kit.testing import until
from kezhan.segments.tests.people import Json, People, any_of, one, wanted
from kezhan.segments.tests.test_segments import RATED
from kezhan.surveys.events import SurveyAnswered
from kezhan.tagging.run import on_happened

GOLD = any_of("tier", "gold")


def rule(when: Json, *conditions: Json, **more: Any) -> Json:
    body = {
        "when": when,
        "filter": wanted(*conditions),
        "puts": more.pop("puts", []),
        "takes": more.pop("takes", []),
    }
    return {"name": "规则", "active": True, "body": body, **more}


def wrote(*words: str) -> Json:
    return {"is": "wrote", "words": words}


async def tag(people: People) -> str:
    answer = await people.boss.ask("POST", "/api/tags", {"name": str(new_id())})
    tag_id: str = answer.json()["id"]
    return tag_id


async def keep(people: People, when: Json, *conditions: Json, **more: Any) -> Json:
    answer = await people.boss.ask("POST", "/api/tag-rules", rule(when, *conditions, **more))
    assert answer.status_code == 201, answer.text
    kept: Json = answer.json()
    return kept


async def tags_of(people: People, who: str) -> set[str]:
    answer = await people.boss.get(f"/api/contacts/{people.ids[who]}/tags")
    return set(answer["ids"])


async def happen(people: People, *events: Event) -> None:
    async with people.place.house.db.tx(people.place.workspace_id) as tx:
        await on_happened(tx, events)


def answered(talk: UUID, *, csat: int | None = None, nps: int | None = None) -> Event:
    return SurveyAnswered(
        invite_id=new_id(), conversation_id=talk, csat=csat, resolved=None, nps=nps, bad=False, first=True
    )


async def test_each_event_starts_its_rules_where_their_conditions_hold(people: People) -> None:
    await people.come("vip", "plain", "spam")
    await people.put("vip", "tier = 'gold'")
    talks, ids = people.talks, people.ids
    await people.place.run("update conversations set spam_at = now() where id = :id", id=talks["spam"])
    again = await people.place.talk()
    await people.place.run(
        "update conversations set contact_id = :vip, opened_at = now() + interval '1 s' where id = :id",
        vip=ids["vip"],
        id=again,
    )
    (account,) = await people.place.rows("select distinct account_id from identities")
    (said,) = await people.place.rows(
        "select seq from messages where conversation_id = :id and author_kind = 'visitor'", id=talks["vip"]
    )
    await people.place.run(
        "update messages set body = '我要退 款!' where author_kind = 'visitor' and seq = :seq", seq=said.seq
    )

    def opened(talk: UUID, who: str) -> Event:
        return ConversationOpened(conversation_id=talk, account_id=account.account_id, contact_id=ids[who])

    def closed(who: str, into: UUID | None = None) -> Event:
        return ConversationClosed(conversation_id=talks[who], by=None, into=into)

    def message(who: str, author: str = "visitor") -> Event:
        return MessageAppended(conversation_id=talks[who], seq=said.seq, kind="text", author_kind=author)

    def edited(who: str, *fields: str) -> Event:
        return ContactChanged(contact_id=ids[who], fields=fields)

    rated = {"is": "rated", "scale": "csat"}
    cases: list[tuple[Json, Event, bool]] = [
        ({"is": "opened"}, opened(talks["vip"], "vip"), True),
        ({"is": "opened"}, opened(again, "vip"), False),
        ({"is": "opened"}, closed("vip"), False),
        ({"is": "closed"}, closed("vip"), True),
        ({"is": "closed"}, closed("vip", into=again), False),
        (wrote("退款"), message("vip"), True),
        (wrote("换货", "退款"), message("vip"), True),
        (wrote("换货"), message("vip"), False),
        (wrote("退款"), message("vip", "agent"), False),
        ({**rated, "most": 2}, answered(talks["vip"], csat=2), True),
        ({**rated, "most": 2}, answered(talks["vip"], csat=3), False),
        ({**rated, "most": 2}, answered(talks["vip"], nps=1), False),
        ({**rated, "scale": "nps", "least": 9}, answered(talks["vip"], nps=9), True),
        ({"is": "edited", "field": "tier"}, edited("vip", "name", "tier"), True),
        ({"is": "edited", "field": "tier"}, edited("vip", "name"), False),
        ({"is": "edited", "field": "tier"}, edited("vip"), False),
    ]
    mark = await tag(people)
    for when, event, starts in cases:
        kept = await keep(people, when, GOLD, puts=[mark])
        await happen(people, event)
        assert await tags_of(people, "vip") == ({mark} if starts else set()), (when, event)
        path = f"/api/tag-rules/{kept['id']}"
        edit = {**kept, "body": rule(when, GOLD, takes=[mark])["body"]}
        assert (await people.boss.ask("PUT", path, edit)).status_code == 200
        await happen(people, event)
        assert await tags_of(people, "vip") == set()
        assert (await people.boss.ask("DELETE", path)).status_code == 204
    # The conditions do not hold of the one, the other one's conversation is spam.
    await keep(people, {"is": "closed"}, GOLD, puts=[mark])
    await people.put("spam", "tier = 'gold'")
    await happen(people, closed("plain"), closed("spam"), closed("vip"))
    assert [await tags_of(people, who) for who in ids] == [{mark}, set(), set()]


async def test_it_is_done_once_bears_the_rules_name_and_starts_nothing(people: People) -> None:
    await people.come("wang")
    boss, wang = people.boss, people.ids["wang"]
    first, second, both = [await tag(people) for _ in range(3)]
    tier = {"is": "edited", "field": "tier"}
    one_ = await keep(people, tier, puts=[first, both], name="等级变了")
    await keep(people, tier, any_of("contact_tag", first), puts=[second], takes=[both])
    off = await keep(people, tier, puts=[await tag(people)])
    assert not (await boss.ask("DELETE", f"/api/tag-rules/{off['id']}/activity")).json()["active"]

    async def edit(value: str) -> None:
        assert (await boss.ask("PATCH", f"/api/contacts/{wang}", {"tier": value})).status_code == 200

    async def has(*tags: str) -> bool:
        return await tags_of(people, "wang") == set(tags)

    await edit("gold")
    await until(lambda: has(first, both))
    # Nothing new for the first; of `both` the rules say one thing and the other, so it stays.
    await edit("vip")
    await until(lambda: has(first, both, second))
    event = ContactChanged(contact_id=wang, fields=("tier",))
    await happen(people, event, event)
    assert await has(first, both, second)
    rows = await people.place.rows(
        "select actor_kind, actor_id, detail from audit_log where action = 'contact.tag' order by at, id"
    )
    assert {(row.actor_kind, row.detail["tag_id"]) for row in rows} == {
        ("rule", each) for each in (first, both, second)
    }
    assert len(rows) == 3
    told = await boss.get(f"/api/contacts/{wang}/timeline?kinds=tagged")
    assert {row["by"] for row in told["items"] if row["tag_id"] == first} == {"等级变了"}
    log = await people.owner.get("/api/audit?q=")
    assert {row["actor_kind"] for row in log["items"] if row["action"] == "contact.tag"} == {"rule"}
    # A tag that is archived meanwhile holds up nothing else.
    for each in (first, both):
        await boss.ask("DELETE", f"/api/contacts/{wang}/tags/{each}")
    await boss.ask("PUT", f"/api/tags/{first}/archival")
    await happen(people, event)
    assert await has(both, second)
    # One that stands in the place of another is what the rule names from then on.
    await boss.ask("PUT", f"/api/tags/{both}/merger", {"into": second})
    named = {item["id"]: item["body"] for item in (await boss.get("/api/tag-rules"))["items"]}
    assert named[one_["id"]]["puts"] == [first, second]


async def test_the_preview_counts_whom_it_would_have_touched(people: People) -> None:
    await people.come("vip", "plain", "old")
    await people.put("vip", "tier = 'gold'")
    for who, since in (("vip", "now()"), ("old", "now() - interval '8 days'")):
        await people.place.run(
            "update conversations set state = 'closed', waiting_since = null, opened_at = least(opened_at,"  # noqa: S608
            f" {since}), active_at = {since}, closed_at = {since} where id = :id",
            id=people.talks[who],
        )
    await people.place.run(RATED, id=people.talks["vip"])
    await people.boss.ask("PATCH", f"/api/contacts/{people.ids['plain']}", {"tier": "silver"})
    await people.place.run(
        "update messages set body = '退款 1380' where conversation_id = :id and author_kind = 'visitor'",
        id=people.talks["plain"],
    )
    rated = {"is": "rated", "scale": "csat"}
    cases: list[tuple[Json, tuple[Json, ...], int]] = [
        ({"is": "opened"}, (), 2),
        ({"is": "opened"}, (GOLD,), 1),
        ({"is": "closed"}, (), 1),
        ({"is": "closed"}, (any_of("tier", "silver"),), 0),
        (wrote("退款"), (), 1),
        (wrote("退款"), (GOLD,), 0),
        ({**rated, "most": 2}, (), 1),
        ({**rated, "least": 3}, (), 0),
        ({"is": "edited", "field": "tier"}, (), 1),
        ({"is": "edited", "field": "name"}, (), 0),
    ]
    path = "/api/tag-rule-preview"
    for when, conditions, count in cases:
        answer = await people.boss.ask("POST", path, {"when": when, "filter": wanted(*conditions)})
        assert answer.json() == {"count": count, "complete": True, "days": 7}, (when, conditions)
    assert (await people.agent.ask("POST", path, {"when": wrote("退款")})).status_code == 403
    # By counting nobody finds out what is masked from her.
    policy = {"masked": ["phone"], "plain_when_serving": False}
    assert (await people.owner.ask("PUT", "/api/masking", policy)).status_code == 200
    for body in (
        {"when": wrote("1380")},
        {"when": wrote("退款"), "filter": wanted(one("contains", "phone", text="138"))},
    ):
        answer = await people.boss.ask("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "segments.masked")
    known = rule(wrote("1380"), puts=[await tag(people)])
    assert (await people.owner.ask("POST", "/api/tag-rules", known)).status_code == 201
    (told,) = (await people.boss.get("/api/tag-rules"))["items"]
    assert (told["hidden"], told["body"]) == (True, None)
    late = await people.boss.ask("PUT", f"/api/tag-rules/{told['id']}", {**known, "version": 1})
    assert (late.status_code, late.json()["code"]) == (403, "segments.masked")


async def test_who_may_keep_them_what_does_not_do_and_the_same_twice(people: People) -> None:
    boss, agent = people.boss, people.agent
    mark = await tag(people)
    closed = {"is": "closed"}
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("PUT", f"/{new_id()}"),
        ("DELETE", f"/{new_id()}/activity"),
    ):
        refused = await agent.ask(method, f"/api/tag-rules{path}", rule(closed, puts=[mark]))
        assert refused.status_code == 403, method
    for bad, code in (
        (rule(closed, puts=[mark], name=" "), "tagging.no_name"),
        (rule(closed), "tagging.does_nothing"),
        (rule(closed, puts=[mark], takes=[mark]), "tagging.both_ways"),
        (rule(closed, puts=[str(new_id())]), "tagging.unfit_tag"),
        (rule(wrote("…"), puts=[mark]), "tagging.empty_word"),
        (rule({"is": "edited", "field": "nothing"}, puts=[mark]), "tagging.unknown_field"),
        (rule({"is": "rated", "least": 3, "most": 2}, puts=[mark]), "views.ends_crossed"),
        (rule(closed, any_of("state", "queued"), puts=[mark]), "segments.not_of_people"),
        (rule({"is": "exploded"}, puts=[mark]), "kit.bad_input"),
    ):
        answer = await boss.ask("POST", "/api/tag-rules", bad)
        assert (answer.status_code, answer.json()["code"]) == (400, code), code
    kept = await keep(people, closed, puts=[mark])
    path = f"/api/tag-rules/{kept['id']}"
    edit = {**rule(closed, takes=[mark]), "version": 1}
    for _ in range(2):
        assert (await boss.ask("PUT", path, edit)).json()["version"] == 2
    late = await boss.ask("PUT", path, {**edit, "name": "另一个"})
    assert (late.status_code, late.json()["code"]) == (409, "tagging.changed_meanwhile")
    for _ in range(2):
        assert (await boss.ask("DELETE", f"{path}/activity")).json()["version"] == 3
    for _ in range(2):
        assert (await boss.ask("DELETE", path)).status_code == 204
    assert (await boss.ask("PUT", path, edit)).status_code == 404
    assert (await boss.get("/api/tag-rules"))["items"] == []
    rows = await people.place.rows(
        "select action from audit_log where subject_kind = 'tag_rule' order by at, id"
    )
    assert [row.action for row in rows] == [
        f"tag_rule.{deed}" for deed in ("create", "edit", "edit", "remove")
    ]


async def test_there_are_so_many_and_no_more(people: People) -> None:
    mark = await tag(people)
    for _ in range(50):
        await keep(people, {"is": "closed"}, puts=[mark])
    answer = await people.boss.ask("POST", "/api/tag-rules", rule({"is": "closed"}, puts=[mark]))
    assert (answer.status_code, answer.json()["code"]) == (409, "tagging.too_many")
