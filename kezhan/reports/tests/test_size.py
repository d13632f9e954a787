"""The monitor of a great workspace beside another such: read by its indexes."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from kezhan.conversations.tests.factories import make_account, make_customer, make_workspace
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.testing import TestCluster
from kezhan.reports.monitor import midnight, monitor
from kezhan.reports.tests.factories import fetched
from kezhan.wiring import wiring
from kezhan.workspaces.tests.factories import caller

SEATS, WAITING, EVENTS = 200, 2_000, 20_000

_SEATS = """
    with people as (
        insert into users (id, email, email_key, language)
        select gen_random_uuid(), n || $2, n || $2, 'en' from generate_series(1, $3) n returning id
    )
    insert into memberships (workspace_id, id, user_id, email, name, sort_key, role)
    select $1, gen_random_uuid(), id, 'x', 'x', 'x', 'agent' from people
"""
_WAITS = """
    with customers as (
        insert into identities (workspace_id, id, contact_id, account_id, external_id)
        select $1, gen_random_uuid(), $3, $2, n::text from generate_series(1, $4) n returning id
    ), talks as (
        insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
                                   opened_at, active_at)
        select $1, gen_random_uuid(), $2, id, $3, 'webchat', 'queued', now(), now() from customers
        returning id, identity_id
    ), waiting as (
        insert into waits (workspace_id, conversation_id, state, account_id, identity_id, facts, rule_id,
                           version, needs, priority, rank_at, queued_at, units, load)
        select $1, id, 'waiting', $2, identity_id, '{}', $1, 1, '[]', 5, now(), now(), 1, 'live' from talks
        returning conversation_id
    )
    insert into wait_queues (workspace_id, queue_id, conversation_id, ready, message, priority, rank_at)
    select $1, $1, conversation_id, true, false, 5, now() from waiting
"""
_EVENTS = """
    insert into queue_events (workspace_id, id, at, kind, conversation_id, account_id, channel, queue_id,
                              waited_ms, decision)
    select $1, gen_random_uuid(), $3::timestamptz + (n - $4 * 5) * interval '1 second',
           (array['enqueued', 'accepted', 'closed'])[n % 3 + 1], md5((n / 3)::text)::uuid, $2, 'webchat', $1,
           (n * 7919) % 90000, jsonb_build_object('v', 1, 'considered', repeat(md5(n::text), 20))
    from generate_series(0, $4 * 6 - 1) n
"""


async def _fill(db: Database, owner: asyncpg.Connection) -> UUID:
    workspace_id = await make_workspace(db)
    account = await make_account(db, workspace_id)
    customer = await make_customer(db, workspace_id, account)
    since = midnight(now(), "Asia/Shanghai")
    await owner.execute("set row_security = off")
    await owner.execute("insert into routing_settings (workspace_id) values ($1)", workspace_id)
    await owner.execute("insert into queues (workspace_id, id) values ($1, $1)", workspace_id)
    await owner.execute(_SEATS, workspace_id, f"@{workspace_id}", SEATS)
    await owner.execute(
        "insert into seats (workspace_id, membership_id, state, since)"
        " select workspace_id, id, 'online', now() from memberships where workspace_id = $1", workspace_id
    )  # fmt: skip
    await owner.execute(_WAITS, workspace_id, account, customer.contact_id, WAITING)
    await owner.execute(_EVENTS, workspace_id, account, since, EVENTS)
    return workspace_id


@pytest.fixture(scope="module")
async def great(cluster: TestCluster) -> AsyncIterator[tuple[Database, UUID]]:
    db = Database(cluster.fresh(), wiring(), pool=4)
    owner = await asyncpg.connect(**db.access.asyncpg("postgres"))
    workspaces = [await _fill(db, owner) for _ in range(2)]
    await owner.execute("vacuum analyze")
    await owner.close()
    yield db, workspaces[0]
    await db.close()


async def test_a_great_workspace_is_read_by_its_indexes(great: tuple[Database, UUID]) -> None:
    db, workspace_id = great
    async with db.tx(workspace_id) as tx:
        with fetched(tx) as asked:
            seen = await monitor(tx, caller("supervisor", workspace_id=workspace_id), None)
        assert (seen.now.waiting, seen.counts.free) == (WAITING, SEATS)
        assert 6_600 < seen.today.accepted < 6_700
        for statement, values in asked:
            rows = await tx.fetch(f"explain (analyze, buffers) {statement}", *values)
            plan = "\n".join(row[0] for row in rows)
            scans = re.findall(r"Seq Scan on (\w+)", plan)
            # Small tables are read whole; of what grows with the years only this day and what waits now.
            assert not {"queue_events", "conversations", "seat_events"}.intersection(scans), plan
