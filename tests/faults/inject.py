"""THE table of faults: what is done to the servers, the database, the network, and by the clients."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import msgspec

from tests.faults.nets import Net
from tests.faults.party import Client
from tests.faults.people import Agent, Customer
from tests.faults.place import Place, children
from tests.faults.proxy import Mood, Proxy


class Scene(msgspec.Struct, kw_only=True):
    """Everybody and everything a fault can reach."""

    place: Place
    customers: list[Customer]
    agents: list[Agent]

    @property
    def clients(self) -> list[Client]:
        return [*self.customers, *self.agents]

    def some(self, rng: random.Random) -> list[Client]:
        return rng.sample(self.clients, rng.randint(1, len(self.clients)))


Deed = Callable[[Scene, random.Random], Awaitable[None]]


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def server(scene: Scene, rng: random.Random) -> None:
    """kill -9 of a server, started again after a moment."""
    number = rng.randrange(scene.place.processes)
    process = scene.place.servers[number]
    if process is not None:
        process.kill()
        await asyncio.to_thread(process.wait)
    await asyncio.sleep(rng.uniform(0, 1.5))
    scene.place.launch(number)


async def postmaster(scene: Scene, rng: random.Random) -> None:
    """kill -9 of the postmaster; its keeper starts it again."""
    _signal(filter(None, [scene.place.postmaster()]), signal.SIGKILL)
    await asyncio.sleep(1)


async def backend(scene: Scene, rng: random.Random) -> None:
    """kill -9 of one backend; PostgreSQL then throws out all of them and recovers."""
    serving = sorted(pid for pid, title in scene.place.backends().items() if ": kz_" in title)
    if serving:
        _signal([rng.choice(serving)], signal.SIGKILL)
    await asyncio.sleep(0.5)


async def restart(scene: Scene, rng: random.Random) -> None:
    """Fast shutdown of the database; its keeper starts it again."""
    _signal(filter(None, [scene.place.postmaster()]), signal.SIGINT)
    await asyncio.sleep(1)


async def failover(scene: Scene, rng: random.Random) -> None:
    """The primary dies with all that it stored; its synchronous standby takes over."""
    pair = scene.place.pair
    if pair is not None:
        await pair.fail_over(lambda: [scene.place.postmaster(), *scene.place.backends()])


async def standby(scene: Scene, rng: random.Random) -> None:
    """The standby is stopped for some seconds, or killed: no commit ends before it is back."""
    pair = scene.place.pair
    if pair is None or pair.standby.cluster is None:
        return
    pid = pair.standby.cluster.pid
    if rng.random() < 0.5:
        _signal(filter(None, [pid]), signal.SIGKILL)
        await asyncio.sleep(rng.uniform(0.2, 1))
    else:
        await _stopped([pid, *children(pid)], rng)


async def database_cut(scene: Scene, rng: random.Random) -> None:
    """Every line between servers and database is reset; newcomers are hung up on for a while."""
    await _database_mood(scene, rng, "refuse", 0)


async def database_slow(scene: Scene, rng: random.Random) -> None:
    await _database_mood(scene, rng, "slow", rng.uniform(0.01, 0.1))


async def database_deaf(scene: Scene, rng: random.Random) -> None:
    """What servers and database say to each other gets lost, and nobody is told."""
    await _database_mood(scene, rng, "deaf", 0)


async def _database_mood(scene: Scene, rng: random.Random, mood: Mood, delay: float) -> None:
    pair = scene.place.pair
    if pair is not None:
        await _moody(pair.primary.proxy, rng, mood, delay)


async def stop_server(scene: Scene, rng: random.Random) -> None:
    """SIGSTOP for some seconds."""
    process = rng.choice(scene.place.servers)
    if process is not None:
        await _stopped([process.pid], rng)


async def stop_database(scene: Scene, rng: random.Random) -> None:
    await _stopped([scene.place.postmaster(), *scene.place.backends()], rng)


async def _stopped(pids: list[int], rng: random.Random) -> None:
    pids = [pid for pid in pids if pid]
    _signal(pids, signal.SIGSTOP)
    try:
        await asyncio.sleep(rng.uniform(0.5, 8))
    finally:
        _signal(pids, signal.SIGCONT)


async def netns_cut(scene: Scene, rng: random.Random) -> None:
    """Every packet to and from one server is lost for some seconds, its database's as well; no line ends."""
    await _unfit(scene, rng, Net.cut)


async def netns_narrow(scene: Scene, rng: random.Random) -> None:
    """The line of one server is so thin that packets wait, and those that find no room are lost."""
    await _unfit(scene, rng, Net.narrow)


async def _unfit(scene: Scene, rng: random.Random, harm: Callable[[Net], None]) -> None:
    net, seconds = rng.choice(scene.place.nets), rng.uniform(0.5, 8)
    try:
        await asyncio.to_thread(harm, net)
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(net.mend)


async def slow_reader(scene: Scene, rng: random.Random) -> None:
    """Clients that go on writing and stop reading."""
    seconds = rng.uniform(1, 6)
    for client in scene.some(rng):
        client.deaf_until = asyncio.get_running_loop().time() + seconds
    await asyncio.sleep(seconds)


async def vanish(scene: Scene, rng: random.Random) -> None:
    """Clients leave without a word and come back on another line."""
    for client in scene.some(rng):
        client.vanish()
    await asyncio.sleep(rng.uniform(0, 1))


async def cut(scene: Scene, rng: random.Random) -> None:
    """Every line is reset; newcomers are hung up on for a while."""
    await _mood(scene, rng, "refuse", 0)


async def slow_net(scene: Scene, rng: random.Random) -> None:
    await _mood(scene, rng, "slow", rng.uniform(0.05, 0.4))


async def deaf_net(scene: Scene, rng: random.Random) -> None:
    """What is sent gets lost, and nobody is told."""
    await _mood(scene, rng, "deaf", 0)


async def _mood(scene: Scene, rng: random.Random, mood: Mood, delay: float) -> None:
    await _moody(rng.choice(scene.place.proxies), rng, mood, delay)


async def _moody(proxy: Proxy, rng: random.Random, mood: Mood, delay: float) -> None:
    proxy.mood, proxy.delay = mood, delay
    try:
        if mood == "refuse":
            proxy.cut()
        await asyncio.sleep(rng.uniform(0.2, 4))
    finally:
        proxy.mood = "fair"


async def half_close(scene: Scene, rng: random.Random) -> None:
    """The clients' half of every line ends, the servers' half goes on."""
    rng.choice(scene.place.proxies).half_close()
    await asyncio.sleep(rng.uniform(0, 1))


async def half_open(scene: Scene, rng: random.Random) -> None:
    """Lines that carry nothing any more and never end."""
    rng.choice(scene.place.proxies).mute()
    await asyncio.sleep(rng.uniform(0, 1))


async def nats(scene: Scene, rng: random.Random) -> None:
    """kill -9 of the NATS server, started again after a while."""
    if scene.place.nats is not None:
        scene.place.nats.kill()
        await asyncio.sleep(rng.uniform(0, 6))
        await asyncio.to_thread(scene.place.nats.start)


async def disk(scene: Scene, rng: random.Random) -> None:
    """Not a byte left on the disk for some seconds."""
    ballast = [disk / "ballast" for disk in scene.place.filled]
    for file in ballast:
        await asyncio.to_thread(_fill, file)
    try:
        await asyncio.sleep(rng.uniform(1, 5))
    finally:
        for file in ballast:
            file.unlink(missing_ok=True)


def _fill(file: Path) -> None:
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as out:
        piece = bytes(1 << 20)
        while True:
            if out.write(piece) < len(piece):
                piece = piece[: len(piece) // 2] or b"\0"


async def clock(scene: Scene, rng: random.Random) -> None:
    """The servers' clock is up to an hour wrong for some seconds."""
    scene.place.clock.write_text(str(rng.uniform(-3600, 3600)))
    try:
        await asyncio.sleep(rng.uniform(0.5, 4))
    finally:
        scene.place.clock.write_text("0")


async def duplicate(scene: Scene, rng: random.Random) -> None:
    """Late copies of frames, in any order."""
    for _ in range(rng.randint(1, 3)):
        for client in scene.some(rng):
            client.echo()
        await asyncio.sleep(rng.uniform(0, 0.3))


async def reorder(scene: Scene, rng: random.Random) -> None:
    """Frames arrive in another order than they were written, with copies between them."""
    for client in scene.some(rng):
        client.say(shuffled=4)
        client.echo()
    await asyncio.sleep(rng.uniform(0, 0.3))


async def devices(scene: Scene, rng: random.Random) -> None:
    """Both devices of a customer write at once, and one of them loses its line over it."""
    for pair in _pairs(scene):
        for _ in range(rng.randint(2, 8)):
            rng.choice(pair).say()
        rng.choice(pair).vanish()
    await asyncio.sleep(rng.uniform(0, 0.5))


def _pairs(scene: Scene) -> list[list[Customer]]:
    whole: dict[str, list[Customer]] = {}
    for one in scene.customers:
        whole.setdefault(one.name.partition(".")[0], []).append(one)
    return [pair for pair in whole.values() if len(pair) > 1]


async def close(scene: Scene, rng: random.Random) -> None:
    """Agents end conversations in which customers are writing at that moment."""

    async def write() -> None:
        for _ in range(rng.randint(3, 10)):
            for customer in scene.customers:
                if len(customer.waiting) < 40:
                    customer.say()
            await asyncio.sleep(rng.uniform(0, 0.05))

    await asyncio.gather(write(), *(agent.close() for agent in scene.agents))


FAULTS: dict[str, Deed] = {
    "server": server, "postmaster": postmaster, "backend": backend, "restart": restart,
    "stop-server": stop_server, "stop-database": stop_database, "slow-reader": slow_reader, "vanish": vanish,
    "cut": cut, "slow-net": slow_net, "deaf-net": deaf_net, "half-close": half_close, "half-open": half_open,
    "disk": disk, "clock": clock, "duplicate": duplicate, "reorder": reorder, "devices": devices,
    "close": close, "nats": nats, "failover": failover, "standby": standby, "database-cut": database_cut,
    "database-slow": database_slow, "database-deaf": database_deaf, "netns-cut": netns_cut,
    "netns-narrow": netns_narrow,
}  # fmt: skip
BESIDE = {
    "slow-reader", "vanish", "cut", "slow-net", "deaf-net", "half-close", "half-open", "clock", "duplicate",
    "reorder", "devices", "close",
}  # fmt: skip
"""Those that no server has to recover from; the next fault may strike meanwhile."""
NEEDS_PAIR = {"failover", "standby", "database-cut", "database-slow", "database-deaf"}
"""Of a database that is not the server's own."""
NEEDS_NET = {"netns-cut", "netns-narrow"}
"""Of servers with networks of their own."""
