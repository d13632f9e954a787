"""One visitor's message to many who watch: stored, then on every screen, before she says the next thing."""

from bench.account import peak_bytes
from bench.cast import bare_visitors, frame
from bench.crowd import Crowd
from bench.lines import FanPlan, FanResult
from bench.load import Party
from bench.place import Place
from bench.play import play
from bench.report import KINDS, Column, Kind, Line, Round, medians, ratio, total, worst

TITLE = "fan-out of one visitor's messages"


class FanRound(Round, frozen=True, kw_only=True):
    """Deliveries a second; CPU in µs a delivery; latencies in ms from sending to a watcher's receipt (`p50`,
    `p99`) and to the last watcher's (`last_p50`, `last_p99`)."""

    deliveries: float
    server_us: float
    database_us: float
    p50: float
    p99: float
    last_p50: float
    last_p99: float
    peak_mb: float
    repeated: int
    broken: int


COLUMNS: list[Column] = [
    *medians("deliveries/s", "deliveries"),
    ratio("×", "deliveries"),
    *medians("p50/p99 ms", "p50", "p99", digits=(2, 1)),
    *medians("last p50/p99 ms", "last_p50", "last_p99", digits=(2, 1)),
    ratio("p50×", "p50"),
    ratio("p99×", "p99"),
    *medians("µs", "server_us", digits=(2,)),
    ratio("µs×", "server_us"),
    *medians("DB µs", "database_us", digits=(2,)),
    worst("MB", "peak_mb"),
    total("twice", "repeated"),
    total("broken", "broken"),
]


async def run_fan(place: Place, crowd: Crowd, rounds: int, seconds: float) -> Line:
    """The crowd's first visitor and all its supervisors."""
    turns = [kind for _ in range(rounds) for kind in KINDS]
    name = f"1 to {len(crowd.cookies)}"
    return Line(name=name, rounds=[await _turn(place, crowd, kind, seconds) for kind in turns])


def _bare_watchers(base: str, count: int) -> list[Party]:
    return [Party(url=base, hello=[frame({"type": "auth", "token": f"w:{n}"})]) for n in range(count)]


async def _turn(place: Place, crowd: Crowd, kind: Kind, seconds: float) -> FanRound:
    async with place.serving(kind) as server:
        base = f"ws://127.0.0.1:{server.port}"
        if kind == "limit":
            # No agent of its own: the watchers get it.
            sender = bare_visitors(base, 1, 1)[0]
            watchers = _bare_watchers(base, len(crowd.cookies))
        else:
            sender, watchers = crowd.visitors(base)[0], crowd.watchers(base)
        plan = FanPlan(sender=sender, watchers=watchers, seconds=seconds)
        played = await play("bench.lines", plan, FanResult, place, server)
        result, used = played.result, played.used()
        n = max(1, result.deliveries)
        return FanRound(
            kind=kind, deliveries=result.deliveries / result.seconds, server_us=used.server / n * 1e6,
            database_us=used.database / n * 1e6, p50=result.latency[0], p99=result.latency[1],
            last_p50=result.last[0], last_p99=result.last[1], peak_mb=peak_bytes(server.pid) / 1e6,
            repeated=result.repeated, broken=result.broken,
        )  # fmt: skip
