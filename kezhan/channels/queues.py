"""What waits at the doors, over the whole installation."""

from typing import NamedTuple

from kezhan.channels.standing import store
from kezhan.kit.db import Tx


class Queue(NamedTuple):
    """What waits of one channel kind in one direction (`in`, `out`); the oldest has for `seconds`."""

    waiting: int = 0
    seconds: float = 0.0


async def queues(tx: Tx, limit: int) -> dict[tuple[str, str], Queue]:
    """By (channel kind, direction), those where something waits; `tx` is a system transaction. Of each
    direction `limit` rows are looked at, so that a great backlog costs no more than that."""
    found: dict[tuple[str, str], Queue] = {}
    for row in await store.waiting(tx, limit):
        before = found.get((row.adapter, row.direction), Queue())
        longest = max(before.seconds, row.seconds)
        found[row.adapter, row.direction] = Queue(before.waiting + row.waiting, longest)
    return found
