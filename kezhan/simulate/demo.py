"""The demo tea shop's first morning: customers who came by before anybody signed in."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import httpx2

from kezhan.simulate.client import Agent, set_states
from kezhan.simulate.ledger import Totals
from kezhan.simulate.play import Tempo
from kezhan.simulate.script import scripts
from kezhan.simulate.stage import Stage

MARKER = "demo-filled"


class Visit(NamedTuple):
    """`agent` counts the accounts from nought; nobody for those who wait."""

    script: str
    end: Literal["waiting", "open", "closed"]
    agent: int = 0


_VISITS = (
    Visit("zh-tasting-long", "open", 1),
    Visit("zh-longjing-price", "closed", 2),
    Visit("zh-wrong-parcel", "closed", 1),
    Visit("en-customs", "closed", 0),
    Visit("zh-allergy", "closed", 2),
    Visit("en-broken-cup", "closed", 2),
    Visit("zh-complaint-broken", "open", 0),
    Visit("zh-gift-shizhang", "open", 2),
    Visit("zh-wholesale-cafe", "open", 0),
    Visit("en-wedding-favors", "open", 1),
    Visit("zh-brewing-puer", "open", 2),
    Visit("zh-torn-box", "waiting"),
    Visit("zh-stock-baicha", "waiting"),
    Visit("en-refund", "waiting"),
)


async def fill_demo(
    url: str, site_key: str, accounts: Sequence[tuple[str, str]], data: Path
) -> Totals | None:
    """Play the first morning through the public protocol, once for a data folder: None where it was played,
    or where nobody could serve.

    `accounts` are the e-mail and password of those who serve. Raises httpx2.HTTPError where they cannot sign
    in; what goes wrong later stands in the totals' `faults`.
    """
    if not accounts or not await asyncio.to_thread(_mark, data / MARKER):
        return None
    async with httpx2.AsyncClient(timeout=20) as http:
        agents = [await Agent.sign_in(url, email, password, http) for email, password in accounts]
        try:
            # Who serves whom stands in the scripts: reception gives them nothing beside.
            await set_states(agents, "busy")
            await asyncio.gather(*(agent.open() for agent in agents))
            return await _play_all(Stage(url, site_key, (), http), agents)
        finally:
            await set_states(agents, "offline")
            await asyncio.gather(*(agent.sign_out() for agent in agents))


async def _play_all(stage: Stage, agents: Sequence[Agent]) -> Totals:
    tempo = Tempo(speed=0, patience=10)
    plays = []
    for number, visit in enumerate(_VISITS):
        script = scripts()[visit.script]
        agent = None if visit.end == "waiting" else agents[visit.agent % len(agents)]
        dice = random.Random(number)  # noqa: S311 - the pauses of a play
        plays.append(stage.play(script, script.cut(visit.end), tempo, dice, agent))
    await asyncio.gather(*plays)
    return stage.totals


def _mark(path: Path) -> bool:
    """Made before the first customer comes, so that a morning cut short is not played twice."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
