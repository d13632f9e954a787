"""One torture: people at work, faults at moments that the seed decides, then the verdict."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import psycopg

from kezhan.kit.postgres import PostgresFault
from tests.faults.cast import Cast, make_cast
from tests.faults.inject import BESIDE, FAULTS, NEEDS_NET, NEEDS_PAIR, Scene
from tests.faults.judge import Fault, candour, judge, read_stored
from tests.faults.ledger import Harm, Ledger, Trouble, read
from tests.faults.nets import NEEDS
from tests.faults.party import Ports
from tests.faults.people import Agent, Customer
from tests.faults.place import ROOT, Place
from tests.faults.vitals import Vitals

_RECOVERY_SECONDS = 90
_QUIET_SECONDS = 90
_PAUSES = (0.2, 1.2)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`each`: the run is over once every fault has been done so often, at the latest after `seconds`; 0: they
    decide alone. `pause`: seconds between two messages of one client, on the average. Every second customer
    has two devices."""

    seed: int
    seconds: float
    faults: Sequence[str]
    each: int = 0
    customers: int = 8
    agents: int = 2
    processes: int = 1
    bus: Literal["postgresql", "nats"] = "postgresql"
    pause: float = 0.5
    product: Path = ROOT


class Outcome(msgspec.Struct, kw_only=True):
    """How often each fault was done, and what came of it all. `skipped`: fault → what it needs. `health`: how
    quickly servers said what is so."""

    plan: Plan
    done: Counter[str]
    skipped: dict[str, str]
    health: str
    sent: int
    acked: int
    refused: int
    stored: int
    seconds: float
    faults: list[Fault]

    @property
    def short(self) -> dict[str, int]:
        """What was done less often than planned."""
        wanted = [name for name in self.plan.faults if name not in self.skipped]
        return {name: self.done[name] for name in wanted if self.done[name] < self.plan.each}


async def _done(deed: Awaitable[None]) -> None:
    await deed


def schedule(seed: int, faults: Sequence[str]) -> Iterator[tuple[str, float, random.Random]]:
    """The fault, the pause before it and its own chance, without end: each round takes every fault once."""
    rng, number = random.Random(f"{seed}:schedule"), 0
    while True:
        for name in rng.sample(sorted(faults), len(faults)):
            number += 1
            yield name, rng.uniform(*_PAUSES), random.Random(f"{seed}:{number}")


class Torture:
    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        (folder / "place").mkdir(mode=0o711)
        disk, nats = "disk" in plan.faults, plan.bus == "nats"
        apart = bool(NEEDS_NET & set(plan.faults))
        self.place = Place(
            folder / "place", plan.processes, plan.product, small_disk=disk, nats=nats, apart=apart
        )
        self.ledger = Ledger(folder / "client.log")
        self.done: Counter[str] = Counter()
        self.skipped = dict.fromkeys(set(NEEDS_PAIR) & set(plan.faults), "more than one process")
        if self.place.pair is not None:
            self.skipped = {}
        if "disk" in plan.faults and not self.place.small_disk:
            self.skipped["disk"] = "root and a disk in memory of its own"
        if apart and not self.place.nets:
            self.skipped |= dict.fromkeys(NEEDS_NET & set(plan.faults), NEEDS)

    async def run(self) -> Outcome:
        """Whatever happens, nothing of it is left running."""
        began, tasks = time.monotonic(), list[asyncio.Task[None]]()
        try:
            await self.place.start()
            scene = self._people(await make_cast(self.place, self.plan.customers, self.plan.agents))
            tasks = [asyncio.create_task(client.run()) for client in scene.clients]
            tasks.append(asyncio.create_task(Vitals(self.place, self.ledger).run()))
            for client in scene.clients:
                client.talking = True
            await self._harm(scene)
            found = await self._settle(scene)
            stored = sum(row.client_id is not None for row in read_stored(self.place.dsn()).rows)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.place.stop()
            self.ledger.close()
        return Outcome(
            plan=self.plan, done=self.done, skipped=self.skipped, sent=self.ledger.sent,
            acked=self.ledger.acked, refused=self.ledger.refused, stored=stored,
            seconds=time.monotonic() - began, faults=found, health=candour(read(self.folder / "client.log")),
        )  # fmt: skip

    def _people(self, cast: Cast) -> Scene:
        plan, ports = self.plan, Ports([proxy.port for proxy in self.place.proxies])

        def rng(name: str) -> random.Random:
            return random.Random(f"{plan.seed}:{name}")

        agents = [
            Agent(f"a{n}", member, cookie, ports, self.ledger, rng(f"a{n}"), plan.pause)
            for n, (member, cookie) in enumerate(cast.agents)
        ]
        customers = []
        for n, session in enumerate(cast.sessions):
            for device in ("1", "2")[: 1 + n % 2]:
                name, meet = f"c{n}.{device}", agents[n % len(agents)].adopt
                customers.append(Customer(name, session, ports, self.ledger, rng(name), plan.pause, meet))
        return Scene(place=self.place, customers=customers, agents=agents)

    async def _harm(self, scene: Scene) -> None:
        """For as long as planned, and until each fault has been done. What clients and their network do goes
        on beside the next fault; the others come one by one."""
        deadline = time.monotonic() + self.plan.seconds
        wanted = [name for name in self.plan.faults if name not in self.skipped]
        beside = asyncio.create_task(asyncio.sleep(0))
        for name, pause, rng in schedule(self.plan.seed, wanted) if wanted else ():
            await asyncio.sleep(pause)
            least = min(self.done[one] for one in wanted)
            late = time.monotonic() >= deadline
            if least and (late or 0 < self.plan.each <= least):
                break
            self.ledger.put(Harm(by="", fault=name, at=round(time.time(), 3)))
            self.done[name] += 1
            if name in BESIDE:
                await beside
                beside = asyncio.create_task(_done(FAULTS[name](scene, rng)))
                continue
            await FAULTS[name](scene, rng)
            await self._recovered(f"{name} ({sum(self.done.values())})")
        await beside
        await self._recovered("all")
        if not self.plan.each:
            await asyncio.sleep(max(0.0, deadline - time.monotonic()))

    async def _recovered(self, what: str) -> None:
        """A server that does not come back by itself is a fault of the product, and is started again."""
        if await self.place.healthy(_RECOVERY_SECONDS):
            return
        self.ledger.put(Trouble(by="", text=f"no health {_RECOVERY_SECONDS} s after {what}"))
        for number, server in enumerate(self.place.servers):
            if server is not None:
                server.kill()
                await asyncio.to_thread(server.wait)
            self.place.launch(number)
        await self.place.healthy(_RECOVERY_SECONDS)

    async def _settle(self, scene: Scene) -> list[Fault]:
        """Nobody writes any more. Until all agree, or until they have had time enough to."""
        for client in scene.clients:
            client.talking = False
        deadline, found = time.monotonic() + _QUIET_SECONDS, list[Fault]()
        while True:
            quiet = all(client.ready and not client.waiting for client in scene.clients)
            late = time.monotonic() > deadline
            if quiet or late:
                shown = [line for client in scene.clients for line in client.state()]
                try:
                    stored = await asyncio.to_thread(read_stored, self.place.dsn())
                except (PostgresFault, psycopg.Error) as fault:
                    found = [Fault("stuck", f"the database is away at the end: {fault}")]
                else:
                    found = judge([*read(self.folder / "client.log"), *shown], stored)
                if late or all(not fault.may_heal for fault in found):
                    for line in shown:
                        self.ledger.put(line)
                    away = [client.name for client in scene.clients if not client.ready]
                    return [*found, *(Fault("away", f"{name}: not connected at the end") for name in away)]
            await asyncio.sleep(1)
