"""One question to every kind of thing: what is found, shown how, for whose eyes, page by page."""

from uuid import UUID

import asyncpg
import pytest

from kezhan.contacts.events import ContactChanged
from kezhan.contacts.values import name_values, phone_values, visitor_number
from kezhan.conversations.events import MessageAppended, MessageChanged
from kezhan.conversations.tests.place import Member, Place, make_place
from kezhan.kit.bigrams import query_of, words_of
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER
from kezhan.kit.testing import reads
from kezhan.search import index
from kezhan.search.tests.desk import groups, names, person, send_file, take_in_all


async def test_people_conversations_messages_and_files_are_found_by_what_people_know_of_them(
    place: Place,
) -> None:
    agent = await place.member()
    talk = await place.talk("想问龙井怎么泡", "水温多少")
    contact = await person(
        place, talk, **name_values("张小满"), **phone_values("+8613800138000"), email="man@tea.cn",
        note="喜欢碧螺春\n送礼用",
        attributes={"v": 1, "values": {"会员号": "M-2048", "level": 3, "vip": True}},
    )  # fmt: skip
    await send_file(place, talk, "茶具 清单-2026.pdf")
    await send_file(place, talk, "茶席.png", "image/png")
    await take_in_all(place)
    who = ["张小满"]
    for words, wanted in (
        ("小满", {"person": who}),
        ("张小满", {"person": who}),
        ("zhangxiao", {"person": who}),
        ("8000", {"person": who}),
        ("138 0013 8000", {"person": who}),
        ("+86 138-0013-8000", {"person": who}),
        ("man@tea.cn", {"person": who}),
        (visitor_number(contact), {"person": who}),
        ("碧螺春", {"person": who}),
        ("2048", {"person": who}),
        ("true", {}),
        ("龙井", {"conversation": [str(talk)], "message": ["想问龙井怎么泡"]}),
        ("龙井怎么", {"conversation": [str(talk)], "message": ["想问龙井怎么泡"]}),
        (str(talk), {"conversation": [str(talk)]}),
        ("清单", {"file": ["茶具 清单-2026.pdf"]}),
        ("2026 茶具", {"file": ["茶具 清单-2026.pdf"]}),
        ("茶席.png", {"file": ["茶席.png"]}),
        ("满小", {}),
        ("kezhanmediaimage", {}),
        ("没有的词", {}),
    ):
        assert names(await groups(agent, words)) == wanted, words
    found = await groups(agent, "碧螺")
    assert found["person"][0]["snippet"] == "喜欢碧螺春" and found["person"][0]["matches"] == [[2, 4]]
    assert (await groups(agent, "小满"))["person"][0]["name_matches"] == [[1, 3]]
    (file,) = (await groups(agent, "清单"))["file"]
    assert (file["seq"], file["matches"], file["file"]["media_type"]) == (4, [[3, 5]], "application/pdf")


async def test_filters_ask_only_the_kinds_they_speak_of(place: Place) -> None:
    agent = await place.member("supervisor")
    mine, other = await place.talk("春茶"), await place.talk("春茶")
    contact = await person(place, mine, **name_values("春茶客"))
    for talk in (mine, other):
        await send_file(place, talk, f"春茶-{talk}.pdf")
        await send_file(place, talk, "春茶.png", "image/png")
    await agent.act("PUT", mine, "/assignment", {})
    await place.run("update conversations set channel = 'open' where id = :id", id=other)
    await take_in_all(place)
    one = {"conversation": 1, "message": 1, "file": 2}
    for filters, wanted in (
        ({}, {"person": 1, "conversation": 2, "message": 2, "file": 4}),
        ({"contact_id": contact}, one),
        ({"assignee_id": agent.id}, one),
        ({"channel": "open"}, one),
        ({"team_id": new_id()}, {"conversation": 0, "message": 0, "file": 0}),
        ({"by": "visitor"}, {"message": 2, "file": 4}),
        ({"media": "image"}, {"file": 2}),
        ({"media": "other", "channel": "open"}, {"file": 1}),
        ({"since": "2020-01-01T00:00:00Z"}, {"person": 1, "conversation": 2, "message": 2, "file": 4}),
        ({"until": "2020-01-01T00:00:00Z"}, {"person": 0, "conversation": 0, "message": 0, "file": 0}),
    ):
        found = await groups(agent, "春茶", **filters)
        assert {kind: len(hits) for kind, hits in found.items()} == wanted, filters


async def test_everybody_finds_what_her_lists_show_and_no_more(place: Place) -> None:
    agent, colleague = await place.member(), await place.member()
    owner, elsewhere = await place.member("owner"), await make_place(place.house, place.http)
    talks = [await place.talk("碧螺春") for _ in range(4)]
    hers, guest, spam, queued = talks
    for talk in talks:
        await send_file(place, talk, "碧螺春.pdf")
    await place.run(
        "update conversations set state = 'assigned', assignee_id = :who, guests = case when id = :guest"
        " then array[cast(:agent as uuid)] else '{}' end where id in (:hers, :guest)",
        who=colleague.id, agent=agent.id, hers=hers, guest=guest,
    )  # fmt: skip
    await place.run("update conversations set spam_at = now() where id = :id", id=spam)
    await take_in_all(place)

    async def seen(member: Member) -> set[tuple[str, UUID]]:
        found = await groups(member, "碧螺春")
        return {(kind, UUID(hit["head"]["id"])) for kind, hits in found.items() for hit in hits}

    def of(*ids: UUID) -> set[tuple[str, UUID]]:
        return {(kind, one) for kind in ("conversation", "message", "file") for one in ids}

    assert await seen(agent) == of(guest, queued)
    assert await seen(colleague) == of(hers, guest, queued)
    assert await seen(owner) == of(hers, guest, queued)
    assert await seen(await elsewhere.member("owner")) == set()
    program = await owner.token("conversation.read", "conversation.read_team")
    assert await seen(program) == of(queued)
    assert "person" not in await groups(program, "碧螺春")
    assert (await program.ask("GET", "/api/search/person?q=a")).status_code == 403
    auditor = await place.member("auditor")
    assert (await auditor.ask("GET", "/api/search?q=a")).status_code == 403


async def test_pages_of_each_kind_are_one_statement_each_and_their_cursors_are_of_one_question(
    place: Place,
) -> None:
    agent = await place.member()
    for n in range(5):
        talk = await place.talk("春茶叶", "春茶 茶叶")
        await person(place, talk, **name_values(f"春茶叶{n}"))
        await send_file(place, talk, f"春茶叶{n}.pdf")
    await take_in_all(place)
    with reads() as sent:
        await groups(agent, "春茶叶")
    assert [one.count("_search(") for one, _ in sent if "_search(" in one] == [1] * 4
    for kind in ("person", "conversation", "message", "file"):
        walked, more = 0, ""
        while True:
            with reads() as sent:
                page = await agent.get(f"/api/search/{kind}?q=春茶叶&limit=2{more}")
            assert len([one for one, _ in sent if "_search(" in one]) == 1, kind
            walked += len(page["items"])
            if page["next"] is None:
                break
            more = f"&after={page['next']}"
        assert walked == 5, kind
        for other in (f"{kind}?q=春茶{more}", f"{kind}?q=春茶叶&since=2020-01-01T00:00:00Z{more}"):
            answer = await agent.ask("GET", f"/api/search/{other}")
            assert (answer.status_code, answer.json()["code"]) == (400, "search.other_cursor"), other


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        ("", 400, "kit.bad_input", None),
        ("?q=%F0%9F%98%80", 400, "conversations.no_words", "q"),
        ("?q=a&limit=21", 400, "kit.bad_input", "limit"),
        ("?q=a&media=cake", 400, "kit.bad_input", "media"),
        ("/nothing?q=a", 404, "search.no_such_kind", None),
        ("/person?q=a&channel=open", 400, "search.no_such_filter", "channel"),
        ("/message?q=a&media=image", 400, "search.no_such_filter", "media"),
        ("/file?q=a&after=x", 400, "kit.bad_cursor", "after"),
    ],
)
async def test_a_search_asked_for_wrongly_is_refused_in_the_readers_words(
    place: Place, path: str, status: int, code: str, field: str | None
) -> None:
    member, titles = await place.member(), set[str]()
    for language in ("zh-CN", "en"):
        headers = {**member.headers, "Accept-Language": language}
        answer = await place.http.get(f"{place.house.url}/api/search{path}", headers=headers)
        told = answer.json()
        assert (answer.status_code, told["code"], told.get("field")) == (status, code, field)
        titles.add(told["title"])
    assert len(titles) == 2


async def test_events_told_twice_or_late_leave_what_stands_there_by_now(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    said = await place.says(customer, "要两盒龙井")
    talk, seq = said.conversation_id, said.seq
    await send_file(place, talk, "单据.pdf")
    await agent.ask("PATCH", f"/api/contacts/{customer.contact_id}", {"name": "陆羽", "note": "常客"})
    events = [
        ContactChanged(contact_id=customer.contact_id),
        *(
            MessageAppended(conversation_id=talk, seq=n, kind=kind, author_kind="visitor")
            for n, kind in ((seq, "text"), (seq + 1, "file"), (99, "file"))
        ),
        MessageChanged(conversation_id=talk, seq=seq + 1, rev=9, recalled=False),
        MessageAppended(conversation_id=new_id(), seq=1, kind="event", author_kind="system"),
    ]

    async def told() -> dict[str, int]:
        for _ in range(2):
            async with place.db.tx(place.workspace_id) as tx:
                await index.take_in(tx, events)
        kept = await place.rows("select kind, count(*) as n from search_words group by kind")
        return {row.kind: row.n for row in kept}

    assert await told() == {"person": 1, "conversation": 1, "file": 1}
    assert names(await groups(agent, "陆羽")) == {"person": ["陆羽"]}
    assert names(await groups(agent, "单据")) == {"file": ["单据.pdf"]}
    assert names(await groups(agent, "两盒"))["conversation"] == [str(talk)]
    await place.run("update contacts set archived_at = now() where id = :id", id=customer.contact_id)
    await place.run("update messages set recalled_at = :at where seq = :seq", at=now(), seq=seq + 1)
    assert names(await groups(agent, "陆羽")) == {}, "not even before it is taken in"
    assert names(await groups(agent, "单据")) == {}
    assert await told() == {"conversation": 1}


async def test_a_rare_name_among_many_is_found_by_the_index_as_the_app_role(place: Place) -> None:
    """A few thousand newer people stand before her, so that the look through the newest ends without her."""
    agent = await place.member()
    contact = await person(place, await place.talk("您好"), **name_values("司马相如"))
    await take_in_all(place)
    await place.run("update search_words set at = now() - interval '9 days'")
    await place.run(
        "insert into search_words (workspace_id, kind, thing_id, seq, at, author_kind, in_talk, body, words)"
        " select :ws, 'person', gen_random_uuid(), 0, now() - n * interval '1 second', '', false, '春茶客',"
        " array_to_tsvector(cast(:words as text[])) from generate_series(1, 3000) n",
        ws=place.workspace_id, words=words_of(place.workspace_id, "春茶客", "p"),
    )  # fmt: skip
    plans = await _plans(place, query_of(place.workspace_id, ["司马相如"], "p"))
    newest, by_index = plans
    assert "Index Scan Backward using search_words_at" in newest and "Sort" not in newest, newest
    assert "Bitmap Index Scan on search_words_words" in by_index, by_index
    assert not any("Seq Scan" in plan for plan in plans), plans
    for words in ("司马", "司马相如"):
        assert [hit["contact"]["id"] for hit in (await groups(agent, words))["person"]] == [str(contact)]


async def _plans(place: Place, query: str) -> list[str]:
    """The plans of the statements inside the function, called as kz_app."""
    look = (
        "select * from thing_search('person', cast($1::text as tsquery), false, $2, '{}', null, null, null,"
        " null, null, null, '-infinity', 'infinity', $2, 0, 10)"
    )
    told: list[str] = []
    connection = await asyncpg.connect(**place.db.access.asyncpg(SUPERUSER))
    try:
        connection.add_log_listener(lambda _, message: told.append(message.message))
        for statement in (
            "analyze search_words", "load 'auto_explain'", "set auto_explain.log_min_duration = 0",
            "set auto_explain.log_level = 'notice'", "set auto_explain.log_nested_statements = on",
            "set role kz_app",
        ):  # fmt: skip
            await connection.execute(statement)
        await connection.execute("select set_config('kz.ws', $1, false)", str(place.workspace_id))
        assert len(await connection.fetch(look, query, new_id())) == 1
    finally:
        await connection.close()
    return [plan for plan in told if "search_words" in plan and "Function Scan" not in plan]


async def test_the_function_gives_nothing_of_another_workspace_and_is_the_apps_alone(place: Place) -> None:
    other = await make_place(place.house, place.http)
    for one in (place, other):
        await person(one, await one.talk("春茶"), **name_values("春茶客"))
        await take_in_all(one)
    both = " | ".join(query_of(one.workspace_id, ["春茶"], "p") for one in (place, other))
    look = (
        "select thing_id from thing_search('person', cast($1::text as tsquery), true, $2, '{}', null, null,"
        " null, null, null, null, '-infinity', 'infinity', $2, 0, 10)"
    )
    for role, allowed in (("kz_app", True), ("kz_lane", False), ("kz_system", False)):
        connection = await place.db.connect(role)
        try:
            for workspace, many in ((place.workspace_id, 1), (other.workspace_id, 1), (new_id(), 0), ("", 0)):
                await connection.execute("select set_config('kz.ws', $1, false)", str(workspace))
                if allowed:
                    assert len(await connection.fetch(look, both, new_id())) == many
                    continue
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(look, both, new_id())
        finally:
            await connection.close()
