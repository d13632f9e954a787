"""Lists, pages and resumes at size, as the app role under row-level security: few queries, by index."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec import structs
from sqlalchemy import text

from kezhan.conversations import read
from kezhan.conversations.read import ListName
from kezhan.conversations.tests.factories import (
    make_account,
    make_customer,
    make_member,
    make_workspace,
)
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.testing import TestCluster, queries, reads
from kezhan.wiring import wiring
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import permissions_of

CONVERSATIONS = 20_000
MESSAGES = 20_000


class Big:
    """A workspace with many conversations, one of them long, beside another of the same size."""

    def __init__(self, db: Database, caller: Caller, long: UUID) -> None:
        self.db = db
        self.caller = caller
        self.long = long


async def fill(db: Database, workspace_id: UUID) -> tuple[UUID, UUID]:
    account_id = await make_account(db, workspace_id)
    customer = await make_customer(db, workspace_id, account_id)
    member_id = await make_member(db, workspace_id, "supervisor")
    values = {
        "ws": workspace_id,
        "account": account_id,
        "identity": customer.identity_id,
        "contact": customer.contact_id,
        "member": member_id,
        "n": CONVERSATIONS,
    }
    async with db.tx(workspace_id) as tx:
        await tx.run(
            text(
                "insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel,"
                " state, assignee_id, opened_at, active_at, closed_at)"
                " select :ws, gen_random_uuid(), :account, :identity, :contact, 'webchat', 'closed',"
                " case when n % 40 = 0 then cast(:member as uuid) end, now() - n * interval '1 minute',"
                " now() - n * interval '1 minute', now() from generate_series(1, cast(:n as int)) n"
            ),
            values,
        )
        long = new_id()
        await tx.run(
            text(
                "insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel,"
                " state, last_seq, rev, opened_at, active_at)"
                " values (:ws, :long, :account, :identity, :contact, 'webchat', 'queued', :n, :n, now(),"
                " now())"
            ),
            {**values, "long": long, "n": MESSAGES},
        )
        await tx.run(
            text(
                "insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, body,"
                " created_at)"
                " select :ws, :long, n, n, 'text', 'visitor', 'hello', now()"
                " from generate_series(1, cast(:n as int)) n"
            ),
            {"ws": workspace_id, "long": long, "n": MESSAGES},
        )
    return member_id, long


@pytest.fixture(scope="module")
async def big(cluster: TestCluster) -> AsyncIterator[Big]:
    db = Database(cluster.fresh(), wiring(), pool=4)
    workspaces = [await make_workspace(db), await make_workspace(db)]
    filled = [await fill(db, workspace_id) for workspace_id in workspaces]
    owner = await asyncpg.connect(**db.access.asyncpg("kz_owner"))
    await owner.execute("analyze conversations, messages, marks, contacts, memberships")
    await owner.close()
    member_id, long = filled[0]
    caller = Caller(
        kind="member",
        id=member_id,
        membership_id=member_id,
        workspace_id=workspaces[0],
        user_id=None,
        session_id=None,
        name="Lin",
        role="supervisor",
        permissions=permissions_of("supervisor"),
        team_ids=frozenset(),
        peer="127.0.0.1",
        language="en",
    )
    yield Big(db, caller, long)
    await db.close()


def agent(caller: Caller) -> Caller:
    """The same person with an agent's eyes."""
    return structs.replace(caller, permissions=permissions_of("agent"))


def literal(value: Any) -> str:
    if isinstance(value, list):
        return f"array[{', '.join(map(literal, value))}]::uuid[]"
    return str(value) if isinstance(value, int) else f"'{value}'"


async def asked(tx: Tx, work: Any) -> int:
    """How many statements `work` sends."""
    with queries(tx) as seen:
        await work
    return len(seen)


async def scans(tx: Tx, query: str) -> str:
    rows = await tx.rows(text("explain " + query))
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("name", list(ListName))
async def test_a_list_is_one_query_by_its_index_at_any_depth(big: Big, name: ListName) -> None:
    reader = big.db.reader(big.caller.workspace_id)
    await read.list_conversations(reader, big.caller, name, None, 50)
    with reads() as seen:
        await read.list_conversations(reader, big.caller, name, None, 50)
    assert len(seen) == 1
    after: str | None = None
    for _ in range(20):
        page = await read.list_conversations(reader, big.caller, ListName.CLOSED, after, 50)
        after = page.next
        assert len(page.items) == 50


async def test_a_snapshot_an_older_page_and_the_counts_are_one_query_each(big: Big) -> None:
    reader = big.db.reader(big.caller.workspace_id)
    for ask in (
        lambda: read.snapshot(reader, big.caller, big.long),
        lambda: read.older(reader, big.caller, big.long, MESSAGES // 2, 50),
        lambda: read.count_lists(reader, big.caller),
        lambda: read.one_row(reader, big.caller, big.long),
    ):
        await ask()
        with reads() as seen:
            await ask()
        assert len(seen) == 1, seen


async def test_every_page_goes_by_indexes_alone_and_by_the_order_of_one(big: Big) -> None:
    reader = big.db.reader(big.caller.workspace_id)
    with reads() as seen:
        for name in ListName:
            first = await read.list_conversations(reader, big.caller, name, None, 50)
            if first.next is not None:
                await read.list_conversations(reader, big.caller, name, first.next, 50)
        await read.list_conversations(reader, agent(big.caller), ListName.CLOSED, None, 50)
        await read.snapshot(reader, big.caller, big.long)
        await read.older(reader, big.caller, big.long, MESSAGES // 2, 50)
    pages = [(statement, values) for statement, values in seen if "from" in statement]
    assert len(pages) >= 7
    for n, (statement, values) in enumerate(pages):
        await reader.rows(f"prepare page_{n} as {statement}")
        given = ", ".join(literal(value) for value in values)
        plan = "\n".join(row[0] for row in await reader.rows(f"explain analyze execute page_{n} ({given})"))
        assert "Seq Scan on conversations" not in plan
        assert "Seq Scan on messages" not in plan
        read_rows = [int(float(found)) for found in re.findall(r"actual time=\S+ rows=([\d.]+)", plan)]
        assert max(read_rows) <= 202, plan


async def test_a_resume_is_three_queries_and_says_resync_when_too_much_is_missing(big: Big) -> None:
    async with big.db.tx(big.caller.workspace_id) as tx:
        assert await asked(tx, read.changes(tx, big.long, MESSAGES - 10)) == 3
        changed, _ = await read.changes(tx, big.long, MESSAGES - 10)
        assert len(getattr(changed, "messages", ())) == 10
        far, _ = await read.changes(tx, big.long, 5)
        assert type(far).__name__ == "Resync"


@pytest.mark.parametrize(
    "query",
    [
        "select id from conversations where state = 'closed' order by active_at desc, id desc limit 50",
        "select id from conversations where assignee_id = '{member}' and state = 'closed'"
        " order by active_at desc, id desc limit 50",
        "select * from messages where conversation_id = '{long}' order by seq desc limit 50",
        "select * from messages where conversation_id = '{long}' and seq > 19990 and rev > 19990",
        "select * from messages where conversation_id = '{long}' and rev > 19990"
        " and (edited_at is not null or recalled_at is not null or fault is not null"
        " or reacted_at is not null)",
    ],
)
async def test_as_the_app_role_every_hot_query_goes_by_an_index(big: Big, query: str) -> None:
    async with big.db.tx(big.caller.workspace_id) as tx:
        plan = await scans(tx, query.format(member=big.caller.membership_id, long=big.long))
    assert "Seq Scan on conversations" not in plan
    assert "Seq Scan on messages" not in plan
    assert "Index" in plan
    assert "Sort" not in plan, plan
