"""`python -m tests.faults.clocked OFFSET_FILE up …`: the product's own command, its clock ahead by as many
seconds as the file says at that moment. PostgreSQL's clock stays right, as on another machine."""

import datetime as real
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from kezhan import cli
from kezhan.kit import clock, ids


def shift(file: Path) -> None:
    """From here on `kit.clock` and the times in new ids follow `file`."""

    def offset() -> float:
        try:
            return float(file.read_text() or 0)
        except (OSError, ValueError):
            return 0.0

    def now(tz: real.tzinfo) -> real.datetime:
        return real.datetime.now(tz) + real.timedelta(seconds=offset())

    vars(clock)["datetime"] = SimpleNamespace(now=now)
    vars(ids)["time"] = SimpleNamespace(time_ns=lambda: time.time_ns() + int(offset() * 1e9))


if __name__ == "__main__":
    shift(Path(sys.argv[1]))
    sys.argv[:2] = ["kezhan"]
    cli.main()
