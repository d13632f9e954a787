"""Two processes on one PostgreSQL beside one: people spread over both, so that messages cross."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from bench.cast import Cast
from bench.load import Party, Plan, Result
from bench.machine import core_count
from bench.place import Place
from bench.play import Played, play
from bench.report import Column, Line, Round

TITLE = "two processes, closed loop"
VISITORS, AGENTS = 1000, 50
_FULL = 0.9


class TwoRound(Round, frozen=True, kw_only=True):
    """Acknowledged messages a second, latency in ms; who used how many cores: each process, PostgreSQL, the
    load program and everybody else on the machine, of `cores`."""

    processes: int
    per_second: float
    p50: float
    p99: float
    servers: tuple[float, ...]
    database: float
    load: float
    others: float
    cores: int
    lost: int
    repeated: int

    @property
    def server_us(self) -> float:
        """CPU a message of all processes together."""
        return sum(self.servers) / self.per_second * 1e6 if self.per_second else 0.0

    @property
    def busy(self) -> float:
        return sum(self.servers) + self.database + self.load + self.others


def _rounds(line: Line, processes: int) -> list[TwoRound]:
    found = [one for one in line.rounds if isinstance(one, TwoRound) and one.processes == processes]
    return sorted(found, key=lambda one: one.per_second)


def _middle(line: Line, processes: int) -> TwoRound:
    rounds = _rounds(line, processes)
    return rounds[len(rounds) // 2]


def _shares(one: TwoRound) -> str:
    servers = " + ".join(f"{share:.2f}" for share in one.servers)
    return f"{servers} · {one.database:.2f} · {one.load:.2f} · {one.others:.2f}"


def gain(line: Line) -> float:
    """Two processes' messages a second by one's."""
    return _middle(line, 2).per_second / max(1.0, _middle(line, 1).per_second)


def _sides(head: str, cell: Callable[[TwoRound], str]) -> list[Column]:
    def column(name: str, processes: int) -> Column:
        return Column(f"{name} {head}", lambda line: cell(_middle(line, processes)))

    return [column("one", 1), column("two", 2)]


COLUMNS: list[Column] = [
    *_sides("msg/s", lambda one: f"{one.per_second:,.0f}"),
    Column("×", lambda line: f"{gain(line):.2f}"),
    *_sides("p50/p99 ms", lambda one: f"{one.p50:.2f}/{one.p99:.1f}"),
    *_sides("cores: product · DB · load · others", _shares),
    *_sides("µs/DB µs", lambda one: f"{one.server_us:.1f}/{one.database / one.per_second * 1e6:.1f}"),
    Column("lost", lambda line: str(sum(one.lost for n in (1, 2) for one in _rounds(line, n)))),
    Column("twice", lambda line: str(sum(one.repeated for n in (1, 2) for one in _rounds(line, n)))),
]


def verdict(line: Line) -> str:
    """What keeps two processes from carrying more."""
    one, two = _middle(line, 1), _middle(line, 2)
    most = 2 * one.server_us / two.server_us if two.server_us else 0.0
    told = (
        f"two processes carry {gain(line):.2f} × one; by their CPU a message ({one.server_us:.0f} and"
        f" {two.server_us:.0f} µs) it would be {most:.2f} × where each has a core of its own"
    )
    if two.busy < two.cores * _FULL:
        idle = two.cores - two.busy
        return f"{told}; {idle:.1f} of {two.cores} cores stayed idle: not CPU but waiting is the limit"
    free = max(0.0, one.cores - one.busy)
    return (
        f"{told}; the machine stops it: beside one process {free:.2f} of {one.cores} cores were free, with"
        f" two all are busy (product {sum(two.servers):.2f}, PostgreSQL {two.database:.2f}, load program"
        f" {two.load:.2f}, others {two.others:.2f})"
    )


async def run_two(place: Place, cast: Cast, rounds: int, seconds: float) -> Line:
    turns = [processes for _ in range(rounds) for processes in (1, 2)]
    return Line(
        name=f"{VISITORS:,} visitors, {AGENTS} agents",
        rounds=[await _turn(place, cast, processes, seconds) for processes in turns],
    )


async def _turn(place: Place, cast: Cast, processes: int, seconds: float) -> TwoRound:
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(place.serving("product")) for _ in range(processes)]
        bases = [f"ws://127.0.0.1:{server.port}" for server in servers]
        visitors, agents = spread(cast, bases)
        plan = Plan(visitors=visitors, agents=agents, rate=0, seconds=seconds)
        played = await play("bench.load", plan, Result, place, *servers)
    return _round(played, processes)


def spread(cast: Cast, bases: list[str]) -> tuple[list[Party], list[Party]]:
    """Visitors in turns, agents two by two: half of the visitors have their agent on another process."""
    visitors = [cast.visitors(base, VISITORS) for base in bases]
    agents = [cast.agents(base, AGENTS, VISITORS) for base in bases]
    return (
        [visitors[n % len(bases)][n] for n in range(len(visitors[0]))],
        [agents[n // 2 % len(bases)][n] for n in range(len(agents[0]))],
    )


def _round(played: Played[Result], processes: int) -> TwoRound:
    result, start, stop = played.result, played.marks["start"], played.marks["stop"]
    wall = stop.at - start.at
    servers = tuple((after - before) / wall for before, after in zip(start.each, stop.each, strict=True))
    database, load = played.used().database / wall, (stop.load - start.load) / wall
    others = (stop.machine - start.machine) / wall - sum(servers) - database - load
    return TwoRound(
        kind="product", processes=processes, per_second=result.measured / result.seconds,
        p50=result.latency[0], p99=result.latency[1], servers=servers, database=database, load=load,
        others=max(0.0, others), cores=core_count(), lost=result.sent - result.delivered,
        repeated=result.repeated,
    )  # fmt: skip
