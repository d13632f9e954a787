"""Which adapters there are: the folders beside this file and the entry points of installed packages."""

import functools
import importlib
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from kezhan.channels.base import VERSION, Channel
from kezhan.kit.errors import Refused
from kezhan.kit.log import log

FOLDER = Path(__file__).parent / "adapters"
GROUP = "kezhan.channels"


@functools.cache
def channels() -> dict[str, Channel]:
    """Every adapter that works, by name. One that fails is left out with a line in the log."""
    found: dict[str, Channel] = {}
    for name, load in _sources():
        try:
            channel = checked(name, load())
        except Exception as fault:
            log.error("channels.adapter_off", adapter=name, fault=repr(fault))
            continue
        if channel.name in found:
            log.error("channels.adapter_off", adapter=name, fault="the name is taken")
            continue
        found[channel.name] = channel
    return found


def find(name: str) -> Channel:
    """Raises Refused 503 where the adapter is not there: a package gone, or switched off by a fault."""
    channel = channels().get(name)
    if channel is None:
        raise Refused("channels.adapter_off", 503, adapter=name)
    return channel


def _sources() -> Iterator[tuple[str, Callable[[], Any]]]:
    for manifest in sorted(FOLDER.glob("*/manifest.py")):
        name = manifest.parent.name
        yield name, functools.partial(_own, name)
    for point in entry_points(group=GROUP):
        yield point.name, point.load


def _own(name: str) -> Any:
    return importlib.import_module(f"kezhan.channels.adapters.{name}.manifest").CHANNEL


def checked(name: str, channel: Any) -> Channel:
    """The adapter behind `name`, if it keeps to the contract. Raises ValueError."""
    if not isinstance(channel, Channel):
        raise ValueError("the manifest names no Channel")
    if channel.version != VERSION:
        raise ValueError(f"made for version {channel.version} of the contract, this is {VERSION}")
    if channel.name != name:
        raise ValueError(f"calls itself {channel.name}")
    fetches = channel.pull is not None or channel.listen is not None
    if (channel.verify is not None or fetches) != (channel.parse is not None):
        raise ValueError("parse belongs to what brings calls, and the other way round")
    return channel
