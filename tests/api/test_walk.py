"""The whole contract asked by three roles: no fault of ours, no status nobody told of, nothing of another
workspace, nothing a role has no right to."""

import asyncio
from typing import Any

import httpx2
import msgspec
import psycopg
import pytest

from kezhan.channels.accounts import create_account
from kezhan.channels.first_run import ADAPTER
from kezhan.channels.schemas import ChannelMake
from kezhan.contract import contract
from kezhan.conversations.tests.factories import make_workspace
from kezhan.conversations.tests.place import Member, Place
from kezhan.kit import fetch
from kezhan.testing import Running
from kezhan.workspaces.permissions import Permission, permissions_of
from tests.api.walk import VISITOR, Asker, Json, World, part_of, walk

ROLES = (
    "auditor",
    "agent",
    "owner",
)  # who may do least comes first: what is changed is changed for the others
_IDS = """
    select c.table_name from information_schema.columns c join information_schema.tables t using (table_name)
    where c.table_schema = 'public' and t.table_schema = 'public' and t.table_type = 'BASE TABLE'
      and c.column_name = 'workspace_id' and c.table_name not like 'outbox%'
"""
PARTS = 8
# A slice that goes through several rooms, for every run; the rest is for the long one.
SLICE = (
    "/api/conversations/{conversation_id}/messages",
    "/api/contacts/{contact_id}",
    "/api/tokens",
    "/api/webhooks/{endpoint_id}/deliveries",
    "/api/audit",
    "/api/members/{member_id}",
    "/w/v1/messages",
)


@pytest.fixture
def nobody_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the house is told to call is called nowhere."""

    async def refuse(*_: Any) -> str:
        raise fetch.NotAllowed("not in a test")

    monkeypatch.setattr(fetch, "_address", refuse)


async def shop(house: Running, client: httpx2.AsyncClient) -> Place:
    """A workspace with a website channel."""
    workspace_id = await make_workspace(house.db)
    async with house.db.tx(workspace_id) as tx:
        form = ChannelMake(adapter=ADAPTER, name="Tea shop", settings={})
        made = await create_account(tx, house.house.keyring, None, form)
    return Place(house, client, workspace_id, made.channel.id)


async def furnish(place: Place, word: str) -> dict[str, Member]:
    """A workspace with one of most things; what people wrote and are called begins with `word`."""
    people = {role: await place.member(role, f"{word}{role}") for role in ROLES}
    boss = people["owner"]
    other = await place.member("agent", f"{word}other")
    queued = await place.talk(f"{word}said")
    taken = await place.talk(f"{word}HIDDENsaid")
    assert (await other.act("PUT", taken, "/assignment", {}))[0] < 300
    assert queued
    await place.run(
        "update contacts set name = :name where name = '' or name is null", name=f"{word}customer"
    )
    tag = {
        "name": f"{word}tag",
        "group": "",
        "for_contacts": True,
        "for_conversations": True,
    }
    hook = {"name": f"{word}hook", "address": "https://crm.example/", "events": ["message.received"]}
    for path, form in (
        ("/api/teams", {"name": f"{word}team"}),
        ("/api/tokens", {"name": f"{word}token", "scopes": ["member.read"]}),
        ("/api/tags", tag),
        ("/api/webhooks", hook),
    ):
        made = await boss.ask("POST", path, form)
        assert made.status_code == 201, made.text
    return people


async def visitor(client: httpx2.AsyncClient, place: Place) -> dict[str, str]:
    """What somebody on the site calls with."""
    (row,) = await place.rows("select public_key from channel_accounts")
    answer = await client.post("/w/v1/sessions", json={"site_key": row[0]})
    assert answer.status_code < 300, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def ids_of(house: Running, place: Place) -> dict[str, list[str]]:
    with psycopg.connect(house.db.access.psycopg("postgres")) as admin:
        tables = [name for (name,) in admin.execute(_IDS).fetchall()]
        has_id = "select 1 from information_schema.columns where table_name = %s and column_name = 'id'"
        return {
            name: [str(one) for (one,) in admin.execute(f"select id from {name} where workspace_id = %s",  # noqa: S608
                                                        (place.workspace_id,)).fetchall()]
            for name in tables if admin.execute(has_id, (name,)).fetchone()
        }  # fmt: skip


# What follows by itself: the log's lines are sealed a moment after they were written.
_FOLLOW = {"audit_waiting", "audit_seals"}


def state_of(house: Running, place: Place) -> dict[str, str]:
    """All that is kept of a workspace, digested."""
    with psycopg.connect(house.db.access.psycopg("postgres")) as admin:
        tables = [name for (name,) in admin.execute(_IDS).fetchall() if name not in _FOLLOW]
        digest = "select md5(string_agg(t::text, '|' order by t::text)) from {} t where workspace_id = %s"
        return {
            name: str(admin.execute(digest.format(name), (place.workspace_id,)).fetchall()) for name in tables
        }


async def asked(house: Running, document: Json, examples: int) -> World:
    """What was answered and what does not hold, with everything asked so often by each role."""
    client = await house.client()
    ours, theirs = [await shop(house, client) for _ in range(2)]
    people = await furnish(ours, "HERON")
    await furnish(theirs, "ZEBRA")
    words: dict[str, str | None] = {
        "ZEBRA": None,
        "HERONsaid": Permission.CONVERSATION_READ,
        "HERONHIDDEN": Permission.CONVERSATION_READ_ALL,
        "HERONcustomer": Permission.CONTACT_READ,
        "HERONhook": Permission.WEBHOOK_MANAGE,
    }
    world = World(ids_of(house, ours), ids_of(house, theirs), words)
    askers = [Asker(role, permissions_of(role), people[role].headers) for role in ROLES]
    askers.append(Asker(VISITOR, frozenset(), await visitor(client, ours)))
    before = await asyncio.to_thread(state_of, house, theirs)
    await asyncio.to_thread(walk, house.url, document, askers, world, examples)
    after = await asyncio.to_thread(state_of, house, theirs)
    world.faults += [
        f"changed in another workspace: {name}" for name in before if before[name] != after[name]
    ]
    return world


def came_in(*worlds: World) -> bool:
    """Where nobody comes in nothing is shown by it."""
    return any(role == "owner" and status < 300 for world in worlds for role, status in world.answers)


def whole() -> Json:
    found: Json = msgspec.json.decode(contract())
    return found


async def test_a_slice_of_the_contract_holds_in_three_roles(house: Running, nobody_outside: None) -> None:
    world = await asked(house, part_of(whole(), SLICE), examples=4)
    assert came_in(world)
    assert world.faults == [], "\n".join(world.faults)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
async def test_the_whole_contract_holds_in_three_roles(
    own_house: Running, nobody_outside: None, part: int
) -> None:
    """With what each call takes and with what it does not."""
    document, worlds = whole(), list[World]()
    paths = sorted(document["paths"])[part::PARTS]
    for start in range(0, len(paths), 20):
        worlds.append(await asked(own_house, part_of(document, paths[start : start + 20]), examples=25))
    assert came_in(*worlds)
    faults = [fault for world in worlds for fault in world.faults]
    assert faults == [], "\n\n".join(faults)
