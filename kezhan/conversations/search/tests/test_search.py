"""Search over HTTP: what is found, in what order, page by page, and for whose eyes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kezhan.conversations.change import edit, recall
from kezhan.conversations.search.tests.desk import address, behind, found, hits, snippets, take_in_all
from kezhan.conversations.tests.factories import make_account, make_customer
from kezhan.conversations.tests.place import Member, Place, make_place
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.kit.paging import encode_cursor
from kezhan.kit.testing import reads, until


async def found_at_last(member: Member, words: str, wanted: int) -> list[dict[str, Any]]:
    """The hits, once there are so many."""

    async def look() -> list[dict[str, Any]] | None:
        page = await hits(member, words)
        return page if len(page) == wanted else None

    return await until(look)


async def test_what_a_customer_writes_is_found_by_any_of_its_words(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    await place.says(customer, "您好，请问 Spring 春茶现在有货吗？")
    (hit,) = await found_at_last(agent, "春茶", 1)
    assert hit["snippet"] == "您好，请问 Spring 春茶现在有货吗？"
    assert hit["matches"] == [[13, 15]]
    assert hit["seq"] == 2 and hit["kind"] == "text"
    assert hit["author"] == {"kind": "visitor", "id": str(customer.identity_id)}
    assert hit["head"]["preview"]["text"] == hit["snippet"]
    for words in ("货", "有货吗", "SPRING", "spr", "ｓｐｒｉｎｇ", "春茶现在有货", "货吗 您好", "？ 请问"):
        assert len(await hits(agent, words)) == 1, words
    for words in ("夏茶", "好您", "pring", "春茶有货", "春茶 夏茶", "springs"):
        assert await hits(agent, words) == [], words


async def test_an_edited_message_is_found_by_its_new_words_and_a_recalled_one_by_none(place: Place) -> None:
    agent, customer = await place.member(), await place.customer()
    first = await place.says(customer, "要两盒龙井")
    await place.says(customer, "要两盒茉莉")
    await found_at_last(agent, "两盒", 2)
    who = customer.identity_id
    async with place.db.tx(place.workspace_id) as tx:
        await edit(tx, first.conversation_id, first.seq, body="要三盒龙井", author_id=who)
        await recall(tx, first.conversation_id, first.seq + 1, author_id=who)
    assert await hits(agent, "两盒") == [], "not even before the words are taken in"
    await found_at_last(agent, "三盒", 1)
    assert await hits(agent, "茉莉") == []
    kept = "select seq from message_words where conversation_id = :id"
    assert [row.seq for row in await place.rows(kept, id=first.conversation_id)] == [first.seq]


async def test_hits_are_walked_page_by_page_newest_first_each_once(place: Place) -> None:
    agent = await place.member()
    talks = [await place.talk("要春茶", "春茶 和 杯子", "谢谢") for _ in range(4)]
    await place.run(
        "update messages set created_at = now() - (seq * 10 + n) * interval '1 minute'"
        " from unnest(cast(:ids as uuid[])) with ordinality as t(id, n) where conversation_id = t.id",
        ids=talks,
    )
    await take_in_all(place)
    whole = await found(agent, "春茶")
    assert whole == [(str(talk), seq) for seq in (2, 3) for talk in talks]
    for limit in (1, 3, 7):
        walked: list[tuple[str, int]] = []
        more: dict[str, str] = {}
        while True:
            page = await agent.get(address("春茶", limit=limit, **more))
            walked += [(hit["head"]["id"], hit["seq"]) for hit in page["items"]]
            assert len(page["items"]) <= limit
            if page["next"] is None:
                break
            more = {"after": page["next"]}
        assert walked == whole


def _ago(days: int) -> str:
    return (now() - timedelta(days=days)).isoformat()


async def test_pages_of_a_phrase_pass_over_what_only_has_its_pairs(place: Place) -> None:
    agent = await place.member()
    talk = await place.talk(*("春茶 茶叶", "要春茶叶") * 30, "樂\uf914春茶")
    await take_in_all(place)
    phrase = [(str(talk), seq) for seq in range(61, 2, -2)]
    walked: list[tuple[str, int]] = []
    more: dict[str, str] = {}
    while not walked or more:
        with reads() as sent:
            page = await agent.get(address("春茶叶", limit=7, **more))
        assert len([one for one, _ in sent if "message_search" in one]) == 1, "one statement a page"
        walked += [(hit["head"]["id"], hit["seq"]) for hit in page["items"]]
        more = {"after": page["next"]} if page["next"] else {}
    assert walked == phrase
    assert await found(agent, "樂樂春茶") == [(str(talk), 62)], "one way to write it is as good as another"


async def test_filters_narrow_the_hits_together(place: Place) -> None:
    agent, colleague = await place.member(), await place.member("supervisor")
    talk, other = await place.talk("春茶吗"), await place.talk("春茶呢")
    await agent.act("PUT", talk, "/assignment", {})
    await agent.act(
        "POST", talk, "/messages", {"type": "send", "client_id": str(new_id()), "body": "春茶有的"}
    )
    await place.run(
        "update messages set created_at = now() - interval '3 days' where conversation_id = :id", id=other
    )
    await place.run("update conversations set channel = 'open' where id = :id", id=other)
    await take_in_all(place)
    asked, answered, elsewhere = (str(talk), 2), (str(talk), 4), (str(other), 2)
    for more, wanted in (
        ({}, [answered, asked, elsewhere]),
        ({"conversation_id": talk}, [answered, asked]),
        ({"conversation_id": talk, "by": "agent"}, [answered]),
        ({"conversation_id": talk, "channel": "open"}, []),
        ({"by": "visitor"}, [asked, elsewhere]),
        ({"channel": "open"}, [elsewhere]),
        ({"channel": "nobody's"}, []),
        ({"since": _ago(1)}, [answered, asked]),
        ({"until": _ago(1)}, [elsewhere]),
        ({"since": _ago(4), "until": _ago(2), "by": "visitor", "channel": "open"}, [elsewhere]),
        ({"since": _ago(2), "until": _ago(4)}, []),
        ({"conversation_id": new_id()}, []),
    ):
        assert await found(colleague, "春茶", **more) == wanted, more


async def test_notes_are_found_at_the_desk_and_the_houses_own_events_are_not(place: Place) -> None:
    agent, conversation = await place.member(), await place.talk("春茶")
    await agent.act("PUT", conversation, "/assignment", {})
    note = {"type": "send", "client_id": str(new_id()), "kind": "note", "body": "老客户 taken"}
    assert (await agent.act("POST", conversation, "/messages", note))[0] == 201
    await take_in_all(place)
    assert [hit["kind"] for hit in await hits(agent, "客户")] == ["note"]
    assert len(await hits(agent, "taken")) == 1


async def test_an_agent_finds_only_what_she_may_open(place: Place) -> None:
    agent, colleague = await place.member(), await place.member()
    owner, auditor = await place.member("owner"), await place.member("auditor")
    queued, mine, hers = [await place.talk("春茶") for _ in range(3)]
    await agent.act("PUT", mine, "/assignment", {})
    await colleague.act("PUT", hers, "/assignment", {})
    await take_in_all(place)

    async def seen(member: Member, **more: Any) -> set[str]:
        return {hit["head"]["id"] for hit in await hits(member, "春茶", **more)}

    assert await seen(agent) == {str(queued), str(mine)}
    assert await seen(colleague) == {str(queued), str(hers)}
    assert await seen(owner) == {str(queued), str(mine), str(hers)}
    assert await seen(agent, conversation_id=hers) == set()
    assert await seen(await owner.token("conversation.read", "conversation.read_team")) == {str(queued)}
    assert await seen(await owner.token("conversation.read")) == set(), "of her own there is none"
    assert (await auditor.ask("GET", address("春茶"))).status_code == 403
    assert (await (await owner.token("contact.read")).ask("GET", address("春茶"))).status_code == 403
    assert (await place.http.get(address("春茶"))).status_code == 401


async def test_a_team_finds_its_own(place: Place) -> None:
    member, stranger = await place.member(), await place.member()
    conversation, team_id = await place.talk("春茶"), new_id()
    await place.run(
        "insert into teams (workspace_id, id, name, sort_key) values (:ws, :id, 'T', 'T')",
        id=team_id,
        **_ws(place),
    )
    await place.run(
        "insert into team_members (workspace_id, team_id, membership_id) values (:ws, :id, :member)",
        id=team_id, member=member.id, **_ws(place),
    )  # fmt: skip
    await place.run("update conversations set team_id = :team where id = :id", team=team_id, id=conversation)
    await take_in_all(place)
    assert await found(member, "春茶") == [(str(conversation), 2)]
    assert await found(stranger, "春茶") == []


def _ws(place: Place) -> dict[str, UUID]:
    return {"ws": place.workspace_id}


async def test_another_workspace_finds_nothing_of_ours(place: Place) -> None:
    other = await make_place(place.house, place.http)
    ours, theirs = await place.talk("春茶"), await other.talk("春茶")
    for one in (place, other):
        await take_in_all(one)
    assert await found(await place.member("owner"), "春茶") == [(str(ours), 2)]
    assert await found(await other.member("owner"), "春茶") == [(str(theirs), 2)]
    assert await found(await other.member("owner"), "春茶", conversation_id=ours) == []


async def test_a_customer_has_no_search(place: Place) -> None:
    for path in (
        "/w/v1/search?q=a",
        "/w/v1/messages/search?q=a",
        "/api/search/message?q=a",
        "/api/search?q=a",
    ):
        assert (await place.http.get(path)).status_code in {401, 404}, path


async def test_other_accounts_customers_are_found_as_well(place: Place) -> None:
    agent = await place.member()
    account_id = await make_account(place.db, place.workspace_id)
    customer = await make_customer(place.db, place.workspace_id, account_id)
    said = await place.says(customer, "龙井")
    await take_in_all(place)
    assert await found(agent, "龙井") == [(str(said.conversation_id), said.seq)]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "kit.bad_input", None),
        ("q=", "kit.bad_input", "q"),
        ("q=" + "a" * 101, "kit.bad_input", "q"),
        ("q=%20", "conversations.no_words", "q"),
        ("q=%F0%9F%98%80%21", "conversations.no_words", "q"),
        ("q=a&limit=0", "kit.bad_input", "limit"),
        ("q=a&limit=101", "kit.bad_input", "limit"),
        ("q=a&by=nobody", "kit.bad_input", "by"),
        ("q=a&conversation_id=1", "kit.bad_input", "conversation_id"),
        ("q=a&since=yesterday", "kit.bad_input", "since"),
        ("q=a&since=2026-11-22T00:00:00", "conversations.no_moment", "since"),
        ("q=a&until=9999-12-31T23:59:59-12:00", "conversations.no_moment", "until"),
        ("q=a&since=0001-01-01T00:00:00Z", "conversations.no_moment", "since"),
        ("q=a&after=nonsense", "kit.bad_cursor", "after"),
        (f"q=a&after={encode_cursor('2026-11-22T00:00:00Z', 5)}", "kit.bad_cursor", "after"),
        (f"q=a&after={encode_cursor('0001-01-01T00:00:00Z', UUID(int=1), 5)}", "kit.bad_cursor", "after"),
    ],
)
async def test_a_search_asked_for_wrongly_is_refused_by_field(
    place: Place, query: str, code: str, field: str | None
) -> None:
    answer = await (await place.member()).ask("GET", f"/api/search/message?{query}")
    assert (answer.status_code, answer.json()["code"], answer.json().get("field")) == (400, code, field)


async def test_odd_but_well_formed_questions_find_nothing_and_break_nothing(place: Place) -> None:
    agent = await place.member()
    for words in ("'", "a' & 'b", "\\", "a:*", "\x00茶", "%", "_x%", "<script>", "ａ" * 100, "𠮷野"):
        assert (await agent.ask("GET", address(words))).status_code in {200, 400}, words
    for key in ((now(), new_id(), 2**40), (now(), new_id(), -5)):
        assert await hits(agent, "茶", after=behind("茶", *key)) == []
    for when in ("0002-01-01T00:00:00+12:00", "9998-12-31T23:59:59-12:00"):
        assert await hits(agent, "茶", since=when, until=when) == []


async def test_a_long_message_is_shown_by_the_piece_around_its_match(place: Place) -> None:
    agent = await place.member()
    await place.talk("啊" * 300 + "春茶" + "哦" * 300)
    await take_in_all(place)
    (snippet,) = snippets(await hits(agent, "春茶"))
    assert len(snippet) < 200 and "啊春茶哦" in snippet
