"""How many statements it takes to give a conversation, which is what stands before the next customer."""

from kezhan.conversations.assign import close
from kezhan.kit.testing import TestCluster, queries
from kezhan.routing.queue.anew import place_everybody
from kezhan.routing.rules import begin_rules
from kezhan.routing.tests.model import World, processes


async def test_giving_takes_the_same_few_statements_however_many_wait(cluster: TestCluster) -> None:
    access = cluster.fresh()
    one, two = processes(access)
    world = await World.make(one, two, seats=4, units=1)

    async def took(act: object) -> int:
        async with one.tx(world.workspace_id) as tx:
            with queries(tx) as told:
                await act(tx)  # type: ignore[operator]
            return len(told)

    none_free = await took(world.opens("any"))
    assert none_free <= 21, none_free
    await world.alone(world.to_seat("online", 0, 0))
    for _ in range(3):
        await world.alone(world.opens("any"))
    talk = (await world.talks_of(world.members[0]))[0]
    one_waits = await took(lambda tx: close(tx, world.boss, talk))
    assert one_waits <= 30, one_waits
    for _ in range(30):
        await world.alone(world.opens("any"))
    talk = (await world.talks_of(world.members[0]))[0]
    # One more look, for what can be put down: there is room for that still.
    assert await took(lambda tx: close(tx, world.boss, talk)) <= one_waits + 1
    talk = (await world.talks_of(world.members[0]))[0]
    for waiting in [one for one in world.talks if one != talk]:
        await world.alone(lambda tx, one=waiting: close(tx, world.boss, one))  # type: ignore[misc]
    await world.alone(world.to_seat("online", 1, 0))
    one_free = await took(world.opens("any"))
    assert one_free <= 36, one_free
    await world.check()
    await one.close()
    await two.close()
    cluster.drop(access)


async def test_other_rules_place_all_who_wait_by_the_same_few_statements(cluster: TestCluster) -> None:
    access = cluster.fresh()
    one, two = processes(access)
    world = await World.make(one, two, seats=2, units=1)

    async def took() -> int:
        async with one.tx(world.workspace_id) as tx:
            rules = await begin_rules(tx, alone=True)
            with queries(tx) as told:
                await place_everybody(tx, rules)
            return len(told)

    await world.alone(world.opens("any"))
    of_one = await took()
    for _ in range(30):
        await world.alone(world.opens("any"))
    assert await took() == of_one <= 12
    await world.check()
    await one.close()
    await two.close()
    cluster.drop(access)
