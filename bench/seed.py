"""Large data, built once: many workspaces, one of them large, conversations from a few lines to thousands.

Set-based, a part of five hundred conversations at a time; each part commits together with its own entry in
`bench.parts`, so a seeding that was stopped goes on where it was. What a part holds follows from its number.
The messages skip the append lane, their words the outbox, and the foreign keys are not checked row by row:
the parts are whole. A million messages take some eighty seconds of one core.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench.cast import make_agent
from bench.seed_sql import PART, SCHEMA
from kezhan.channels.accounts import create_account
from kezhan.channels.first_run import ADAPTER
from kezhan.channels.schemas import ChannelMake
from kezhan.kit.bigrams import words_of
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.search.index import take_old_people, take_old_talks
from kezhan.settings import Settings
from kezhan.wiring import wiring
from kezhan.workspaces.first_run import create_workspace

WORKSPACES = 20
LARGE_AGENTS, SMALL_AGENTS = 40, 5
CONVERSATIONS = 500
"""In a part; about sixteen thousand messages."""
_PART_SETTINGS = "set local session_replication_role = replica; set local synchronous_commit = off"
_SHARES = 10
_LARGE_SHARES = 6

_GOING = """
select coalesce(max(no), -1)::int as last, coalesce(sum(messages), 0)::bigint as messages from bench.parts
"""
_PENDING = """
select (select option_value from pg_options_to_table(reloptions) where option_name = 'gin_pending_list_limit')
from pg_class where oid = 'message_words_words'::regclass
"""
_PENDING_KB = 65_536
_SET_PENDING = "alter index message_words_words set (gin_pending_list_limit = {})"
_ADD = """
insert into bench.workspaces (no, workspace_id, account_id, supervisor_id, agent_ids)
values ($1, $2, $3, $4, $5)
"""


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    messages: int
    conversations: int
    seconds: float


def workspace_of(part: int) -> int:
    """Six parts of ten are the large workspace's (0), the others take turns."""
    tenth, place = divmod(part, _SHARES)
    if place < _LARGE_SHARES:
        return 0
    return 1 + (tenth * (_SHARES - _LARGE_SHARES) + place - _LARGE_SHARES) % (WORKSPACES - 1)


async def seed(
    access: Access, settings: Settings, messages: int, tell: Callable[[str], Any] = lambda text: None
) -> Seeded:
    """At least so many messages in all; what is there already counts. `tell` hears of the progress."""
    begun = time.monotonic()
    connection = await asyncpg.connect(**access.asyncpg(SUPERUSER))
    try:
        await connection.execute(SCHEMA)
        await _people(connection, access, settings)
        going = await connection.fetchrow(_GOING)
        part, stored = going["last"] + 1, int(going["messages"])
        fresh = stored < messages
        words = await _sentence_words(connection)
        while stored < messages:
            stored += await _part(connection, part, words)
            part += 1
            if part % 5 == 0:
                tell(f"{stored:,} messages")
        if fresh:
            await _things(connection, access)
            await connection.execute("vacuum analyze")
            await connection.execute("checkpoint")
        count = await connection.fetchval("select sum(conversations) from bench.parts")
    finally:
        await connection.close()
    return Seeded(messages=stored, conversations=int(count or 0), seconds=time.monotonic() - begun)


async def _part(connection: asyncpg.Connection, part: int, words: list[str]) -> int:
    """How many messages it brought. `words` are the sentences'."""
    async with connection.transaction():
        await connection.execute(_PART_SETTINGS)
        # Words gather before they are sorted into the index, many more at a time than where people wait.
        usual = int(await connection.fetchval(_PENDING))
        await connection.execute(_SET_PENDING.format(_PENDING_KB))
        messages = await connection.fetchval(PART, part, workspace_of(part), CONVERSATIONS, words)
        await connection.execute(_SET_PENDING.format(usual))
    return int(messages)


async def _things(connection: asyncpg.Connection, access: Access) -> None:
    """The words of people, conversations and files, as the product's timers take in what is old."""
    db = Database(access, wiring(), pool=2)
    try:
        for row in await connection.fetch("select workspace_id from bench.workspaces order by no"):
            for take in (take_old_people, take_old_talks):
                after: UUID | None = UUID(int=0)
                while after is not None:
                    async with db.tx(row["workspace_id"]) as tx:
                        after = await take(tx, after)
    finally:
        await db.close()


async def _sentence_words(connection: asyncpg.Connection) -> list[str]:
    """The words that the product keeps of each sentence, parted by spaces, without a workspace's mark."""
    nobody = UUID(int=0)
    mark = len(words_of(nobody, "x")[0]) - 1
    spoken = await connection.fetch("select bench.words(n) as body from generate_series(0, 15) n order by n")
    sentences = [row["body"].rpartition(" ")[0] for row in spoken]
    return [" ".join(word[mark:] for word in words_of(nobody, sentence)) for sentence in sentences]


async def _people(connection: asyncpg.Connection, access: Access, settings: Settings) -> None:
    """The workspaces with their channels and agents, through the rooms' verbs; those there are stay."""
    there = int(await connection.fetchval("select count(*) from bench.workspaces"))
    db = Database(access, wiring(), pool=2)
    try:
        for no in range(there, WORKSPACES):
            async with db.system_tx() as tx:
                workspace_id = await create_workspace(tx, name=f"bench {no}")
            account_id = await _account(db, workspace_id, settings)
            supervisor, _ = await make_agent(db, workspace_id, 0, settings, role="supervisor")
            agents = LARGE_AGENTS if no == 0 else SMALL_AGENTS
            ids = [(await make_agent(db, workspace_id, n + 1, settings))[0] for n in range(agents)]
            await connection.execute(_ADD, no, workspace_id, account_id, supervisor, ids)
    finally:
        await db.close()


async def _account(db: Database, workspace_id: UUID, settings: Settings) -> UUID:
    async with db.tx(workspace_id) as tx:
        keyring = KeyRing.open(settings.data / "keys.json")
        form = ChannelMake(adapter=ADAPTER, name="bench", settings={})
        return (await create_account(tx, keyring, None, form)).channel.id
