"""A team gets another member while she is at work on her seat: what waits for the team is hers at once."""

import asyncio

import pytest

from kezhan.kit.db import Database, Tx
from kezhan.kit.testing import TestCluster, until
from kezhan.routing.tests.model import Act, World, processes
from kezhan.workspaces.schemas import TeamMembers
from kezhan.workspaces.teams import set_team_members


async def _blocked(tx: Tx) -> None:
    """Until somebody waits for a lock of this database."""
    await until(lambda: tx.fetch("select 1 from pg_locks where not granted"))


async def _acts(db: Database, world: World, act: Act) -> None:
    async with db.tx(world.workspace_id) as tx:
        await act(tx)


@pytest.mark.parametrize("kind", ["online", "arrive", "on", "close", "decline", "release"])
async def test_what_waits_for_a_team_goes_to_who_joins_it_while_she_acts_on_her_seat(
    kind: str, cluster: TestCluster
) -> None:
    access = cluster.fresh()
    one, two = processes(access)
    world = await World.make(one, two, seats=1, units=1)
    if kind in {"close", "decline", "release"}:
        await world.alone(world.to_seat("online", 0, 0))
        await world.alone(world.opens("asked" if kind == "decline" else "team"))
        act = world.to_talk(kind, 0, 0)
    else:
        if kind == "on":
            await world.alone(world.to_seat("off", 0, 0))
            await world.alone(world.to_seat("online", 0, 0))
        act = world.to_seat(kind, 0, 0)
    await world.alone(world.opens("wide"))
    async with one.tx(world.workspace_id) as tx:
        await set_team_members(tx, world.boss, world.teams[1], TeamMembers(world.members))
        acting = asyncio.create_task(_acts(two, world, act))
        await _blocked(tx)
    await acting
    assert await world.talks_of(world.members[0]) != []
    await world.check()
    await one.close()
    await two.close()
    cluster.drop(access)
