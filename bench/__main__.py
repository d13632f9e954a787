"""`python3 run.py bench`: scenarios chosen, played, told in one table."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.cast import make_cast
from bench.chat import SCENARIOS, Line, run_chat
from bench.place import Place, noise

_HEAD = (
    "scenario",
    "limit/s",
    "product/s",
    "ratio",
    "limit p50/p99 ms",
    "product p50/p99 ms",
    "p50×",
    "p99×",
)
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
    rows = [_HEAD]
    for line in lines:
        cells = [line.name]
        cells += [f"{line.median(kind, 'per_second'):,.0f}" for kind in ("limit", "product")]
        cells.append(f"{line.ratio('per_second'):.2f}")
        cells += [
            f"{line.median(kind, 'p50'):.2f}/{line.median(kind, 'p99'):.1f}" for kind in ("limit", "product")
        ]
        cells += [f"{line.ratio('p50'):.2f}", f"{line.ratio('p99'):.2f}"]
        cells += [f"{line.median(kind, 'server_us'):.1f}" for kind in ("limit", "product")]
        cells += [f"{line.median(kind, 'database_us'):.1f}" for kind in ("limit", "product")]
        product = [one for one in line.rounds if one.kind == "product"]
        cells += [f"{max(one.peak_mb for one in product):.0f}", str(sum(one.lost for one in product))]
        cells.append(str(sum(one.repeated for one in product)))
        rows.append(tuple(cells))
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD))]
    for row in rows:
        sys.stdout.write("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + "\n")


if __name__ == "__main__":
    typer.run(bench)
