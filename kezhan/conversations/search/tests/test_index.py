"""The words that are kept, and the function that looks through them past the policies: what it gives whom."""

from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kezhan.conversations.events import MessageAppended, MessageChanged
from kezhan.conversations.search import index
from kezhan.conversations.search.index import take_in, take_in_old
from kezhan.conversations.search.tests.desk import address, found, take_in_all
from kezhan.conversations.see import may_see, sight
from kezhan.conversations.tests.place import Place, make_place
from kezhan.kit.bigrams import query_of, words_of
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER
from kezhan.kit.timers import TimerRunner
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

_LOOK = """
select conversation_id, seq, seen from message_search(
    cast($1::text as tsquery), $2, $3, $4::uuid[], null, null, null, null, null, null, '-infinity',
    'infinity', $5, 0, 10)
"""
_NOBODY = UUID(int=0)


async def as_app(place: Place, workspace: UUID | str, query: str) -> list[Any]:
    """What the app's role gets with its workspace set so, whatever it asks for."""
    connection = await place.db.connect("kz_app")
    try:
        async with connection.transaction():
            await connection.execute("select set_config('kz.ws', $1, true)", str(workspace))
            return list(await connection.fetch(_LOOK, query, True, _NOBODY, [], _NOBODY))
    finally:
        await connection.close()


async def test_the_function_gives_nothing_of_another_workspace_whatever_it_is_asked(place: Place) -> None:
    other = await make_place(place.house, place.http)
    ours, theirs = await place.talk("春茶"), await other.talk("春茶")
    for one in (place, other):
        await take_in_all(one)
    for one, own in ((place, ours), (other, theirs)):
        both = [query_of(each.workspace_id, ["春茶"]) for each in (place, other)]
        for query in (*both, " | ".join(both)):
            seen = {row["conversation_id"] for row in await as_app(place, one.workspace_id, query)}
            assert seen <= {own}
        assert await as_app(place, one.workspace_id, " | ".join(both))
    nowhere: tuple[UUID | str, ...] = ("", new_id())
    for none in nowhere:
        assert await as_app(place, none, " | ".join(both)) == []
    kept = await place.rows("select distinct workspace_id from message_words")
    assert [row.workspace_id for row in kept] == [place.workspace_id]


async def test_only_the_app_may_call_the_function(place: Place) -> None:
    for role in ("kz_lane", "kz_system"):
        connection = await place.db.connect(role)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(_LOOK, "'a'", True, _NOBODY, [], _NOBODY)
        await connection.close()


async def test_search_follows_the_one_rule_of_sight_for_every_placing(place: Place) -> None:
    me, colleague = await place.member(), await place.member()
    mine, others = new_id(), new_id()
    for team in (mine, others):
        await place.run(
            "insert into teams (workspace_id, id, name, sort_key)"
            " values (:ws, :id, cast(cast(:id as uuid) as text), '')",
            ws=place.workspace_id, id=team,
        )  # fmt: skip
    who, whose = (None, me.id, colleague.id), (None, mine, others)
    placings = list(product(who, whose, ([], [me.id])))
    talks = [await place.talk("春茶") for _ in placings]
    for talk, (assignee, team_id, guests) in zip(talks, placings, strict=True):
        await place.run(
            "update conversations set assignee_id = cast(:who as uuid), team_id = cast(:team as uuid),"
            " state = case when cast(:who as uuid) is null then 'queued' else 'assigned' end,"
            " guests = cast(:guests as uuid[]) where id = :id",
            who=assignee, team=team_id, guests=guests, id=talk,
        )  # fmt: skip
    await take_in_all(place)
    rows = await place.rows("select id, assignee_id, team_id, guests from conversations")
    many = _LOOK.replace(", 10)", ", 30)")
    for rights in (
        {Permission.CONVERSATION_READ, Permission.CONVERSATION_READ_TEAM},
        {Permission.CONVERSATION_READ_ALL},
    ):
        caller = _caller(place, me.id, rights, mine)
        reads_all, reader, teams = sight(caller)
        async with place.db.tx(place.workspace_id) as tx:
            look = await tx.conn.get_raw_connection()
            driver: Any = look.driver_connection
            query = query_of(place.workspace_id, ["春茶"])
            seen = {
                row["conversation_id"]
                for row in await driver.fetch(many, query, reads_all, reader, teams, _NOBODY)
            }
        assert seen == {row.id for row in rows if may_see(caller, row)}


def _caller(place: Place, member_id: UUID, rights: set[Permission], team_id: UUID) -> Caller:
    return Caller(
        kind="member", id=member_id, membership_id=member_id, workspace_id=place.workspace_id, user_id=None,
        session_id=None, name="", role="agent", permissions=frozenset(rights), team_ids=frozenset({team_id}),
        peer="", language="en",
    )  # fmt: skip


async def test_a_word_rare_in_a_large_workspace_is_found_by_the_index_as_the_app_role(place: Place) -> None:
    """A few thousand newer messages stand before it, so that the scan of the newest ends without it."""
    old = await place.talk("绝无仅有")
    for talk in range(62):
        await place.talk(*(f"春茶 {talk} {n}" for n in range(50)))
    await place.run(
        "update messages set created_at = now() - interval '1 day' where conversation_id = :id", id=old
    )
    async with place.db.tx(place.workspace_id) as tx:
        after: UUID | None = _NOBODY
        while after is not None:
            after = await take_in_old(tx, after)
    plans = await _plans(place, query_of(place.workspace_id, ["绝无仅有"]))
    newest, by_index = plans
    assert "Index Scan Backward using message_words_at" in newest and "Sort" not in newest, newest
    assert "Bitmap Index Scan on message_words_words" in by_index, by_index
    for plan in plans:
        assert "Seq Scan" not in plan and "conversations_pkey" in plan, plan
    agent = await place.member()
    assert await found(agent, "绝无仅有") == [(str(old), 2)]


@pytest.mark.long
@pytest.mark.parametrize("newer", [0, 1500])
async def test_a_word_too_frequent_to_be_counted_is_looked_for_piece_by_piece(
    place: Place, newer: int
) -> None:
    """All but one are a colleague's: a page is empty and says where to go on, until the one is found."""
    agent, colleague = await place.member(), await place.member()
    seen, hers = await place.talk("春茶"), await place.talk("你好")
    await colleague.act("PUT", hers, "/assignment", {})
    await place.run(
        "update messages set created_at = now() - interval '9 days' where conversation_id = :id", id=seen
    )
    await take_in_all(place)
    await place.run(
        "insert into message_words (workspace_id, conversation_id, seq, at, author_kind, words)"
        " select :ws, :id, 10 + n, now() - n * interval '1 second', 'visitor',"
        " array_to_tsvector(array[case when n > :newer then cast(:word as text) else 'other' end])"
        " from generate_series(1, 26000) n",
        ws=place.workspace_id, id=hers, newer=newer, word=words_of(place.workspace_id, "春茶")[0],
    )  # fmt: skip
    more: dict[str, str] = {}
    for turn in range(3):
        page = await agent.get(address("春茶", **more))
        assert bool(page["items"]) is (turn == 2) and bool(page["next"]) is (turn < 2), turn
        more = {"after": page["next"]}
    assert [(hit["head"]["id"], hit["seq"]) for hit in page["items"]] == [(str(seen), 2)]
    assert len((await colleague.get(address("春茶", conversation_id=seen)))["items"]) == 1


async def _plans(place: Place, query: str) -> list[str]:
    """The plans of the statements inside the function, called as kz_app."""
    told: list[str] = []
    connection = await asyncpg.connect(**place.db.access.asyncpg(SUPERUSER))
    try:
        connection.add_log_listener(lambda _, message: told.append(message.message))
        for statement in (
            "analyze message_words, conversations", "load 'auto_explain'",
            "set auto_explain.log_min_duration = 0", "set auto_explain.log_level = 'notice'",
            "set auto_explain.log_nested_statements = on", "set role kz_app",
        ):  # fmt: skip
            await connection.execute(statement)
        await connection.execute("select set_config('kz.ws', $1, false)", str(place.workspace_id))
        assert len(await connection.fetch(_LOOK, query, False, new_id(), [], _NOBODY)) == 1
    finally:
        await connection.close()
    return [plan for plan in told if "message_words" in plan and "Function Scan" not in plan]


async def test_events_told_twice_or_late_leave_the_words_of_what_stands_there_now(place: Place) -> None:
    talk = await place.talk("要春茶", "要龙井", "！！")
    appended = [
        MessageAppended(conversation_id=talk, seq=seq, kind="text", author_kind="visitor")
        for seq in (1, 2, 3, 4, 99)
    ]
    changed = [MessageChanged(conversation_id=talk, seq=seq, rev=9, recalled=seq == 3) for seq in (2, 3)]
    await place.run("update messages set body = '要红茶' where conversation_id = :id and seq = 2", id=talk)
    await place.run("update messages set body = '' where conversation_id = :id and seq = 3", id=talk)
    for events in (appended, changed, [*appended, *changed], [*changed, *appended]):
        async with place.db.tx(place.workspace_id) as tx:
            await take_in(tx, events)
    kept = await place.rows("select seq, words::text as words from message_words order by seq")
    mark = query_of(place.workspace_id, ["要"])[1:5]
    assert [(row.seq, row.words.replace(mark, "")) for row in kept if row.seq in {2, 3, 4}] == [
        (2, "'红茶' '茶' '要红'"),
        (4, ""),
    ]


async def test_old_messages_are_taken_in_part_by_part_by_the_timer_and_it_ends(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "OLD_AT_ONCE", 4)
    talks = sorted([await place.talk(*(f"春茶 {n}" for n in range(size))) for size in (1, 9, 2)])
    async with place.db.tx(place.workspace_id) as tx:
        await take_in(
            tx, [MessageAppended(conversation_id=talks[1], seq=3, kind="text", author_kind="visitor")]
        )
    await place.run("update message_words set words = cast('''newer''' as tsvector)")
    await place.run(
        "insert into timers (workspace_id, kind, ref, due_at) values (:ws, :kind, :ref, now())",
        ws=place.workspace_id, kind=index.TIMER, ref=_NOBODY,
    )  # fmt: skip
    timers, waiting = TimerRunner(place.db), "select ref from timers where kind = :kind"
    for _ in range(20):
        if not await place.rows(waiting, kind=index.TIMER):
            break
        await timers.step()
    assert await place.rows(waiting, kind=index.TIMER) == []
    kept = await place.rows("select conversation_id, words::text as words from message_words")
    assert len(kept) == 12
    assert sum("newer" in row.words for row in kept) == 1, "what is there already stays"
