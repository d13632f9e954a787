"""ClamAV's daemon, where the installation names one: whether it answers."""

import asyncio
from collections.abc import Iterator

from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.files.scan import Scanner
from kezhan.settings import Settings


def check_clamd(settings: Settings) -> Iterator[Finding]:
    if not settings.clamd:
        yield ok("clamd_off")
        return
    try:
        version = asyncio.run(Scanner(settings.clamd).version())
    except (OSError, TimeoutError) as why:
        said = " ".join(str(why).split()) or type(why).__name__
        if settings.clamd_away == "hold":
            yield fault("clamd_held", place=settings.clamd, why=said)
        else:
            yield warn("clamd_marked", place=settings.clamd, why=said)
        return
    yield ok("clamd", version=version)
