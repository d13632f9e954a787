"""`python3 run.py bench`: scenarios chosen, played, told in one table."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.cast import make_cast
from bench.chat import KINDS, SCENARIOS, Line, run_chat
from bench.place import Place, noise

_HEAD: tuple[str, ...] = ("scenario", "limit/s", "product/s", "ratio")
_HEAD += ("limit p50/p99 ms", "product p50/p99 ms", "p50×", "p99×")
_HEAD += ("limit µs", "product µs", "limit DB µs", "product DB µs", "MB", "lost", "twice")


def bench(
    scenario: Annotated[
        list[str] | None, typer.Argument(help="Parts of scenarios' names; none: all.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write every round here.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each server in each scenario.")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="Measured seconds of a turn.")] = 5,
) -> None:
    """Measure the product beside its limit on this machine; on loopback, in a folder of its own."""
    chosen = [one for one in SCENARIOS if not scenario or any(word in one.name for word in scenario)]
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="kezhan-bench-") as folder:
        Path(folder).chmod(0o755)
        with Place(Path(folder)) as place:
            cast = asyncio.run(make_cast(place.access, place.settings, 1000, 50))
            for one in chosen:
                typer.echo(f"… {one.name} (others' load {noise():.1f} a core)", err=True)
                lines.append(asyncio.run(run_chat(place, cast, one, rounds, seconds)))
    _table(lines)
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(lines)))


def _table(lines: list[Line]) -> None:
    rows = [_HEAD, *(_cells(line) for line in lines)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD))]
    for row in rows:
        sys.stdout.write("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + "\n")


def _cells(line: Line) -> tuple[str, ...]:
    def both(field: str, digits: int) -> list[str]:
        return [f"{line.median(kind, field):,.{digits}f}" for kind in KINDS]

    latencies = [f"{p50}/{p99}" for p50, p99 in zip(both("p50", 2), both("p99", 1), strict=True)]
    ratios = [f"{line.ratio(field):.2f}" for field in ("per_second", "p50", "p99")]
    product = [one for one in line.rounds if one.kind == "product"]
    ends = [f"{max(one.peak_mb for one in product):.0f}"]
    ends += [str(sum(one.lost for one in product)), str(sum(one.repeated for one in product))]
    costs = [*both("server_us", 1), *both("database_us", 1)]
    return (line.name, *both("per_second", 0), ratios[0], *latencies, *ratios[1:], *costs, *ends)


if __name__ == "__main__":
    typer.run(bench)
