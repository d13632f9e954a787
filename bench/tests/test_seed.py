"""Seeded data: as much as asked for, in the product's own shape, and gone on with after a stop."""

from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bench import seed as seeding
from bench.idle import MOST, affordable
from bench.seed import Seeded, seed, workspace_of
from kezhan.kit.bigrams import words_of
from kezhan.kit.db import Database
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.settings import Settings

_WRONG = {
    "seq without a gap": "select 1 from messages m join bench.workspaces using (workspace_id)"
    " group by conversation_id having max(seq) <> count(*) or min(seq) <> 1",
    "last seq": "select 1 from conversations c join bench.workspaces w using (workspace_id) where last_seq <>"
    " (select max(seq) from messages m where m.workspace_id = w.workspace_id and m.conversation_id = c.id)",
    "inbound": "select 1 from conversations c join bench.workspaces w using (workspace_id)"
    " where inbound_count <> (select count(*) from messages m where m.workspace_id = w.workspace_id"
    " and m.conversation_id = c.id and author_kind = 'visitor')",
    "keys": "select 1 from messages m join bench.workspaces using (workspace_id) left join message_keys k"
    " using (workspace_id, conversation_id, seq) where (m.client_id is null) <> (k.client_id is null)",
    "orphans": "select 1 from conversations c left join identities i on i.id = c.identity_id"
    " left join contacts p on p.id = i.contact_id where p.id is null",
}
_WORDED = """
select m.workspace_id, m.body, tsvector_to_array(w.words) as kept
from messages m join bench.workspaces using (workspace_id)
left join message_words w using (workspace_id, conversation_id, seq)
"""


def test_six_parts_of_ten_belong_to_one_workspace_and_each_other_has_some() -> None:
    found = Counter(workspace_of(part) for part in range(190))
    assert found[0] == 114
    assert {found[no] for no in range(1, seeding.WORKSPACES)} == {4}


def test_sockets_stay_below_what_may_be_opened() -> None:
    assert affordable(-1) == affordable(20_000) == MOST
    assert affordable(1024) == 524
    assert affordable(64) > 100


@pytest.mark.long
async def test_seeding_goes_on_where_it_was_stopped_and_leaves_the_products_own_shape(
    access: Access, tmp_path: Path, own_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in {"CONVERSATIONS": 40, "WORKSPACES": 3, "LARGE_AGENTS": 3, "SMALL_AGENTS": 2}.items():
        monkeypatch.setattr(seeding, name, few)
    settings = Settings(data=tmp_path, demo=False).resolved()
    told: list[str] = []

    def stop(text: str) -> None:
        told.append(text)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await seed(access, settings, 20_000, stop)
    first = await _parts(access)
    done = await seed(access, settings, 8_000)
    again = await seed(access, settings, 8_000)
    assert done.messages >= 8_000
    assert (again.messages, again.conversations) == (done.messages, done.conversations)
    assert told and (await _parts(access))[: len(first)] == first
    await _check(access, done)


async def _parts(access: Access) -> list[Any]:
    connection = await asyncpg.connect(**access.asyncpg(SUPERUSER))
    try:
        return list(await connection.fetch("select no, messages, at from bench.parts order by no"))
    finally:
        await connection.close()


async def _check(access: Access, done: Seeded) -> None:
    connection = await asyncpg.connect(**access.asyncpg(SUPERUSER))
    try:
        count = "select count(*) from messages join bench.workspaces using (workspace_id)"
        assert await connection.fetchval(count) == done.messages
        for rule, query in _WRONG.items():
            assert not await connection.fetch(query + " limit 3"), rule
        states = await connection.fetch("select distinct state from conversations")
        assert {row["state"] for row in states} == {"queued", "assigned", "closed"}
        for row in await connection.fetch(_WORDED):
            assert set(row["kept"] or ()) == set(words_of(row["workspace_id"], row["body"])), row["body"]
        waits = "select reloptions from pg_class where oid = 'message_words_words'::regclass"
        assert await connection.fetchval(waits) == ["gin_pending_list_limit=2048"]
    finally:
        await connection.close()
