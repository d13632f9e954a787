"""What the append lane counts."""

from collections import Counter

from kezhan.kit.figures import SECONDS, SIZES, Histogram, Observe


class LaneFigures:
    """Appends by what became of them, and the flushes they went in. `others` counts the answers that are
    not `new`; `busy` those sent back to the queue because their conversation was locked; `repeated` the
    repeats of an item still under way; `full` those turned away by a full queue. `observe` is told of each
    flush."""

    __slots__ = (
        "appended",
        "busy",
        "commit_seconds",
        "full",
        "observe",
        "others",
        "reconnects",
        "repeated",
        "sizes",
    )

    def __init__(self) -> None:
        self.appended = 0
        self.busy = 0
        self.full = 0
        self.repeated = 0
        self.reconnects = 0
        self.others: Counter[str] = Counter()
        self.sizes = Histogram(SIZES)
        self.commit_seconds = Histogram(SECONDS)
        self.observe: Observe | None = None
