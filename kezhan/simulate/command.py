"""`kezhan simulate`: customers who are programs, for practice and as proof that nothing is lost."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from kezhan.simulate.client import Agent, set_states
from kezhan.simulate.ledger import Totals
from kezhan.simulate.play import Tempo
from kezhan.simulate.script import spoken
from kezhan.simulate.stage import Plan, Stage

_ACCOUNTS = "demo-accounts.txt"
_WEBSITE = "webchat"


class Unfit(Exception):
    """What was asked for does not go together; the message is fit for a person."""


def simulate(
    url: Annotated[str, typer.Option(help="Address of the server.")] = "http://127.0.0.1:8700",
    site: Annotated[
        str, typer.Option(help="Key of the website channel; empty: the first one there is.")
    ] = "",
    customers: Annotated[int, typer.Option(min=1, max=2000, help="How many at the same time.")] = 10,
    rate: Annotated[float, typer.Option(min=0.1, help="New customers per minute.")] = 20,
    minutes: Annotated[float, typer.Option(min=0.01, max=1440, help="How long new ones arrive.")] = 3,
    agents: Annotated[int, typer.Option(min=0, help="Automatic agents; none: you answer yourself.")] = 0,
    email: Annotated[str, typer.Option(help="Sign in as this member …")] = "",
    password: Annotated[str, typer.Option(envvar="KEZHAN_PASSWORD", help="… with this password.")] = "",
    data: Annotated[
        Path, typer.Option(envvar="KEZHAN_DATA", help="Data folder with the demo's accounts.")
    ] = Path("data"),
    language: Annotated[str, typer.Option(help="zh-CN, en or both.")] = "both",
    seed: Annotated[int, typer.Option(help="The same seed, the same customers.")] = 1,
    speed: Annotated[float, typer.Option(min=0.1, help="2: twice as quick as people.")] = 1,
    patience: Annotated[float, typer.Option(min=1, help="Seconds a customer waits for an answer.")] = 90,
) -> None:
    """Let written customers come to the website chat. Exit 1 where a message was lost or doubled."""
    plan = Plan(
        customers=customers,
        rate=rate,
        minutes=minutes,
        language=language,
        seed=seed,
        tempo=Tempo(speed=speed, patience=patience),
    )
    try:
        if not spoken(language):
            raise Unfit("--language is zh-CN, en or both.")
        accounts = [(email, password)] if email else _accounts(data / _ACCOUNTS)
        totals = asyncio.run(_simulate(url.rstrip("/"), site, accounts, agents, plan))
    except Unfit as fault:
        typer.echo(f"kezhan: {fault}", err=True)
        raise typer.Exit(2) from fault
    except (httpx2.HTTPError, OSError) as fault:
        typer.echo(f"kezhan: {url}: {str(fault) or type(fault).__name__}", err=True)
        raise typer.Exit(2) from fault
    for line in totals.lines():
        typer.echo(line)
    raise typer.Exit(0 if totals.good else 1)


async def _simulate(
    url: str, site: str, accounts: Sequence[tuple[str, str]], count: int, plan: Plan
) -> Totals:
    if count > len(accounts):
        raise Unfit(f"{count} agents need as many accounts; {len(accounts)} known. See --email and --data.")
    limits = httpx2.Limits(max_connections=100)
    async with (
        httpx2.AsyncClient(timeout=30, limits=limits) as http,
        _signed_in(url, accounts[:count], http) as agents,
    ):
        key = site or await _first_site(url, accounts, http)
        if (await http.get(f"{url}/w/v1/sites/{key}")).is_error:
            raise Unfit(f"{url} has no website channel with the key {key}.")
        stop = _until_interrupted()
        typer.echo(f"{plan.arrivals} customers come to {url}, at most {plan.customers} at a time.")
        return await Stage(url, key, agents, http).run(plan, stop, typer.echo)


@contextlib.asynccontextmanager
async def _signed_in(
    url: str, accounts: Sequence[tuple[str, str]], http: httpx2.AsyncClient
) -> AsyncIterator[list[Agent]]:
    agents: list[Agent] = []
    try:
        for email, password in accounts:
            agents.append(await Agent.sign_in(url, email, password, http))
        # They take only the customers of the play, and those all: reception gives them none.
        await set_states(agents, "busy")
        await asyncio.gather(*(agent.open() for agent in agents))
        yield agents
    finally:
        await set_states(agents, "offline")
        await asyncio.gather(*(agent.sign_out() for agent in agents))


async def _first_site(url: str, accounts: Sequence[tuple[str, str]], http: httpx2.AsyncClient) -> str:
    """The key of the first website channel that somebody who can sign in sees."""
    if not accounts:
        raise Unfit("Which website channel? Give --site KEY, or --email and --password, or --data FOLDER.")
    async with _signed_in(url, accounts[:1], http) as (agent,):
        for channel in (await agent.get("/api/channels"))["items"]:
            if channel["adapter"] == _WEBSITE and channel["archived_at"] is None:
                key: str = channel["public_key"]
                return key
    raise Unfit("There is no website channel yet. Make one under Settings, Channels.")


def _accounts(path: Path) -> list[tuple[str, str]]:
    """E-mail and password of each line of the demo's own file; none where there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    fields = [line.split("\t") for line in lines]
    return [(field[0], field[1]) for field in fields if len(field) >= 2]


def _until_interrupted() -> asyncio.Event:
    """Set by the first Ctrl-C, after which those present are checked; the second one ends at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        typer.echo("Stopping …")
        stop.set()

    loop.add_signal_handler(signal.SIGINT, interrupted)
    return stop
