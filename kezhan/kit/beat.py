"""Loops: at work while there is work, at rest in between, until the next beat or until woken."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from kezhan.kit.log import log


async def work(step: Callable[[], Awaitable[bool]], wake: asyncio.Event, seconds: float, lost: str) -> None:
    """Until cancelled. `step` says whether there was anything to do; where it raises, it is logged as `lost`
    and tried again after a rest."""
    while True:
        wake.clear()
        try:
            more = await step()
        except Exception as fault:
            more = False
            log.warning(lost, fault=repr(fault))
        if not more:
            await rest(wake, seconds)


async def every(seconds: float, step: Callable[[], Awaitable[object]], lost: str) -> None:
    """Until cancelled: a rest of so long, then `step`, again and again; where it raises, it is logged as
    `lost`, and the next one comes in its time."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await step()
        except Exception as fault:
            log.warning(lost, fault=repr(fault))


async def rest(wake: asyncio.Event, seconds: float) -> None:
    """For so long, or until woken."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
