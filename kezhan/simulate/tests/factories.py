"""A stage over a test's shop."""

from kezhan.channels.tests.people import Shop
from kezhan.simulate.client import Agent
from kezhan.simulate.play import Tempo
from kezhan.simulate.stage import Stage

QUICK = Tempo(speed=0, patience=5)


async def make_stage(shop: Shop, agents: int = 1) -> tuple[Stage, list[Agent]]:
    served = [await shop.agent(name=f"Agent {number}") for number in range(agents)]
    return Stage(shop.url, shop.site_key, served, shop.http), served
