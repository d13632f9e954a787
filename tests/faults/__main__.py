"""`python3 run.py torture`: the real program under faults, and whether anything came of them."""

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from tests.faults.inject import FAULTS
from tests.faults.judge import verdict
from tests.faults.place import ROOT
from tests.faults.plant import PLANTS, plant
from tests.faults.torture import Outcome, Plan, Torture

_SHOWN = 20


def torture(
    minutes: Annotated[float, typer.Option(min=0.05, help="How long, one round at the least.")] = 20,
    each: Annotated[
        int, typer.Option(min=0, help="Over once each fault was done so often, else after the minutes.")
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="Decides faults and moments.")] = None,
    faults: Annotated[str, typer.Option(help="Some of them, parted by commas; else all.")] = "",
    processes: Annotated[int, typer.Option(min=1, help="Servers on one database.")] = 1,
    bus: Annotated[
        Literal["postgresql", "nats"], typer.Option(help="Between the servers; nats is killed as well.")
    ] = "postgresql",
    customers: Annotated[int, typer.Option(min=1)] = 8,
    agents: Annotated[int, typer.Option(min=1)] = 2,
    planted: Annotated[str, typer.Option("--plant", help=f"A bug to be found: {', '.join(PLANTS)}.")] = "",
    keep: Annotated[Path | None, typer.Option(help="Keep the logs in this folder.")] = None,
) -> None:
    """Nothing acknowledged is lost, doubled or out of order, and all who are connected agree: exit 0."""
    chosen = [name.strip() for name in faults.split(",") if name.strip()]
    chosen = chosen or [name for name in FAULTS if name != "nats" or bus == "nats"]
    if unknown := sorted(set(chosen) - set(FAULTS)):
        raise typer.BadParameter(f"no such fault: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    if "nats" in chosen and bus != "nats":
        raise typer.BadParameter("the fault nats needs --bus nats")
    if planted and planted not in PLANTS:
        raise typer.BadParameter(f"no such bug: {planted}; there are {', '.join(PLANTS)}")
    seed = seed if seed is not None else time.time_ns() % 1_000_000
    folder = Path(tempfile.mkdtemp(prefix="kezhan-torture-", dir=keep))
    folder.chmod(0o711)
    plan = Plan(
        seed=seed, seconds=minutes * 60, faults=chosen, each=each, processes=processes, bus=bus,
        customers=customers, agents=agents, product=plant(planted, folder / "product") if planted else ROOT,
    )  # fmt: skip
    _say(f"seed {seed}, {minutes:g} min, {processes} process(es), {bus}, logs in {folder}")
    try:
        outcome = asyncio.run(_run(plan, folder))
    except (KeyboardInterrupt, asyncio.CancelledError):
        _say(f"stopped, seed {seed}")
        raise typer.Exit(130) from None
    _tell(outcome)
    if not outcome.faults and keep is None:
        shutil.rmtree(folder)
    raise typer.Exit(1 if outcome.faults or outcome.short else 0)


async def _run(plan: Plan, folder: Path) -> Outcome:
    work = asyncio.current_task()
    if work is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    return await Torture(plan, folder).run()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _tell(outcome: Outcome) -> None:
    for name, count in sorted(outcome.done.items()):
        _say(f"{count:6}  {name}")
    for name, need in sorted(outcome.skipped.items()):
        _say(f"skipped {name}: needs {need}")
    for name, count in sorted(outcome.short.items()):
        _say(f"short of {outcome.plan.each}: {name} {count}")
    _say(outcome.health)
    _say(
        f"sent {outcome.sent}, acknowledged {outcome.acked}, refused {outcome.refused} (closed meanwhile), "
        f"stored {outcome.stored}, "
        f"{sum(outcome.done.values())} faults in {outcome.seconds:.0f} s, seed {outcome.plan.seed}"
    )
    for fault in outcome.faults[:_SHOWN]:
        _say(f"  {fault.rule}: {fault.text}")
    if len(outcome.faults) > _SHOWN:
        _say(f"  … {len(outcome.faults) - _SHOWN} more")
    ended = "FAILED" if outcome.faults else "SHORT" if outcome.short else "PASSED"
    _say(f"{ended}: {verdict(outcome.faults)}")


if __name__ == "__main__":
    typer.run(torture)
