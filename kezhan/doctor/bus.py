"""NATS, where it is asked for: installed, reachable, letting in, sealed on the way."""

import asyncio
import importlib.util
import ipaddress
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.settings import Settings

_SUBJECT = "kezhan.doctor"


def check_bus(settings: Settings) -> Iterator[Finding]:
    """Nothing where the database carries the hints."""
    if not settings.nats_servers:
        return
    servers = [urlsplit(url) for url in settings.nats_servers]
    # Without what stands before the @: passwords are not for a terminal.
    shown = ", ".join(f"{one.scheme}://{one.netloc.rpartition('@')[2]}" for one in servers)
    if importlib.util.find_spec("nats") is None:
        yield fault("nats_package")
        return
    if settings.nats_credentials is not None and not settings.nats_credentials.is_file():
        yield fault("nats_credentials", path=settings.nats_credentials)
        return
    try:
        ms = asyncio.run(_round_trip(settings))
    except Exception as why:
        yield fault("nats_away", servers=shown, why=" ".join(str(why).split()) or type(why).__name__)
        return
    yield ok("nats", servers=shown, ms=ms)
    plain = [one.hostname for one in servers if one.scheme == "nats" and not _near(one.hostname or "")]
    if plain:
        yield warn("nats_plain", hosts=", ".join(filter(None, plain)))


async def _round_trip(settings: Settings) -> int:
    """Milliseconds until the server has taken a message, where it lets us talk and listen."""
    from kezhan.kit.bus_nats import Line  # noqa: PLC0415 — its client is an extra

    line = Line(settings)
    try:
        await line.open()
        await line.listen(_SUBJECT, _unheard)
        began = time.monotonic()
        await line.send(_SUBJECT, [b""])
        return max(1, round((time.monotonic() - began) * 1000))
    finally:
        await line.close()


async def _unheard(_: object) -> None:
    pass


def _near(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
