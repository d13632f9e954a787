"""deploy/partition-messages.sql on a database at work: everything goes on as before, walls included."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from kezhan.channels.tests.people import make_shop
from kezhan.kit.postgres import Access
from kezhan.testing import running
from tests.deploy.site import DEPLOY

SCRIPT = (DEPLOY / "partition-messages.sql").read_text(encoding="utf-8")
PARTS = "select tableoid::regclass::text, count(*) from messages group by 1 order by 1"
MONTH = (
    "create table messages_2999 partition of messages for values"
    " from (conversations_from('2999-01-01Z')) to (conversations_from('2999-02-01Z'))"
)
ONE = "explain select * from messages where workspace_id = gen_random_uuid() and conversation_id = %s::uuid"


def admin(access: Access) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(access.psycopg("postgres"), autocommit=True)


async def test_a_table_parted_while_people_talk_keeps_what_it_held_and_takes_what_comes(
    access: Access, tmp_path: Path
) -> None:
    async with running(access, tmp_path) as house:
        shop = await make_shop(house)
        visitor = await shop.visitor()
        place = (await visitor.say("before"))["conversation_id"]
        with admin(access) as database:
            # In a thread: the house, which may hold the table just now, goes on meanwhile.
            await asyncio.to_thread(database.execute, SCRIPT)
            assert database.execute(PARTS).fetchall()
            await visitor.say("after")
            snapshot = await visitor.snapshot(place)
            texts = [one["body"] for one in snapshot["messages"] if one["kind"] == "text"]
            assert texts == ["before", "after"]
            assert [part for part, _ in database.execute(PARTS).fetchall()] == ["messages_first"]
        await shop.close()


def test_each_month_is_a_part_and_a_conversation_is_read_from_one_alone(access: Access) -> None:
    with admin(access) as database:
        database.execute(SCRIPT)
        database.execute("set role kz_owner")
        database.execute(MONTH)
        row = database.execute("select conversations_from('2999-01-20Z')").fetchone()
        assert row is not None
        database.execute("reset role")
        plan = "\n".join(str(line[0]) for line in database.execute(ONE, [row[0]]).fetchall())
        assert "messages_2999" in plan
        assert "messages_first" not in plan


def test_the_walls_stand_on_the_parted_table_and_no_part_can_be_read_past_them(access: Access) -> None:
    wanted = "select policyname, roles::text, cmd, qual, with_check from pg_policies where tablename = %s"
    with admin(access) as database:
        before = database.execute(f"{wanted} order by 1", ["messages"]).fetchall()
        database.execute(SCRIPT)
        assert database.execute(f"{wanted} order by 1", ["messages"]).fetchall() == before
        forced = database.execute("select relforcerowsecurity from pg_class where relname = 'messages'")
        assert forced.fetchone() == (True,)
        database.execute("set role kz_app")
        assert database.execute("select count(*) from messages").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute("select count(*) from messages_rest")


def test_a_second_time_is_refused_and_changes_nothing(access: Access) -> None:
    with admin(access) as database:
        database.execute(SCRIPT)
        with pytest.raises(psycopg.errors.DuplicateFunction):
            database.execute(SCRIPT)
        database.execute("rollback")
        found = database.execute("select count(*) from pg_inherits where inhparent = 'messages'::regclass")
        assert found.fetchone() == (2,)
