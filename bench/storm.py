"""A network that fails for everybody at once: how long until all are back, and what they notice."""

from bench.account import peak_bytes
from bench.cast import bare_visitors
from bench.crowd import Crowd
from bench.lines import StormPlan, StormResult
from bench.place import Place
from bench.play import play
from bench.report import KINDS, Column, Kind, Line, Round, medians, ratio, total, worst

TITLE = "reconnect storm"
VISITORS = 5000


class StormRound(Round, frozen=True, kw_only=True):
    """Times in ms from the cut until the server said `ready`, the client's own pause (up to 2 s before the
    first attempt) included; CPU in µs a visitor."""

    visitors: int
    p50: float
    p99: float
    last: float
    server_us: float
    database_us: float
    peak_mb: float
    retries: int
    errors: int


COLUMNS: list[Column] = [
    *medians("settled p50/p99/last ms", "p50", "p99", "last", digits=(0, 0, 0)),
    ratio("p50×", "p50"),
    ratio("p99×", "p99"),
    *medians("µs", "server_us"),
    *medians("DB µs", "database_us"),
    worst("MB", "peak_mb"),
    total("retries", "retries"),
    total("errors", "errors"),
    total("limit's retries", "retries", "limit"),
    total("limit's errors", "errors", "limit"),
]


async def run_storm(place: Place, crowd: Crowd, rounds: int) -> Line:
    turns = [kind for _ in range(rounds) for kind in KINDS]
    visitors = min(VISITORS, len(crowd.tokens))
    return Line(
        name=f"{visitors:,} cut at once", rounds=[await _turn(place, crowd, kind, visitors) for kind in turns]
    )


async def _turn(place: Place, crowd: Crowd, kind: Kind, visitors: int) -> StormRound:
    async with place.serving(kind) as server:
        base = f"ws://127.0.0.1:{server.port}"
        if kind == "limit":
            parties = again = bare_visitors(base, visitors, 1)
        else:
            parties = crowd.visitors(base)[:visitors]
            again = crowd.visitors(base, again=True)[:visitors]
        plan = StormPlan(parties=parties, again=again)
        played = await play("bench.lines", plan, StormResult, place, server)
        result, used = played.result, played.used()
        return StormRound(
            kind=kind, visitors=result.lines, p50=result.settled[0], p99=result.settled[1],
            last=result.settled[2], server_us=used.server / visitors * 1e6,
            database_us=used.database / visitors * 1e6, peak_mb=peak_bytes(server.pid) / 1e6,
            retries=result.retries, errors=result.errors,
        )  # fmt: skip
