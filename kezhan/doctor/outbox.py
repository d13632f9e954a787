"""What happened and has not been passed on."""

from collections.abc import Iterator

from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.kit.db import Database
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access
from kezhan.watch.sample import Sample, gather

LATE_SECONDS = 60
STUCK_SECONDS = 3600


async def sampled(access: Access) -> Sample:
    db = Database(access, Wiring(), pool=1)
    try:
        return await gather(db)
    finally:
        await db.close()


def check_outbox(sample: Sample, *, working: bool) -> Iterator[Finding]:
    """`working`: a process of ours is connected. Where none is, what waits is nobody's fault."""
    late = {handler: round(age) for handler, age in sample.lag.items() if age >= LATE_SECONDS}
    for handler, seconds in sorted(late.items()):
        if not working:
            yield warn("outbox_idle", handler=handler, seconds=seconds)
        elif seconds >= STUCK_SECONDS:
            yield fault("outbox_late", handler=handler, seconds=seconds)
        else:
            yield warn("outbox_late", handler=handler, seconds=seconds)
    for handler, count in sorted(sample.dead_letters.items()):
        yield warn("letters", handler=handler, count=count)
    if not (late or sample.dead_letters):
        yield ok("outbox")
