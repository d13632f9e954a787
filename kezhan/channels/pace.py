"""How fast a channel may be sent to: so many calls in so many seconds, by account and by customer."""

from collections import OrderedDict, deque
from time import monotonic
from uuid import UUID

from kezhan.channels.base import Capabilities, Rate

_REMEMBERED = 20_000
_Key = tuple[UUID, str]


class Pace:
    """One per process: with several, each sends so fast, and the platform's own word slows them down.
    `haste`: by how much every rate is quicker than it says."""

    def __init__(self, haste: float = 1.0) -> None:
        self._haste = haste
        self._sent: OrderedDict[_Key, deque[float]] = OrderedDict()

    def ask(self, account_id: UUID, external_id: str, able: Capabilities) -> float:
        """How many seconds until the next may go to this customer; where it is 0 it counts as sent."""
        asked = [
            (key, rate)
            for key, rate in (((account_id, ""), able.rate), ((account_id, external_id), able.recipient_rate))
            if rate is not None
        ]
        at = monotonic()
        wait = max((self._wait(key, rate, at) for key, rate in asked), default=0.0)
        if wait <= 0:
            for key, _ in asked:
                self._sent[key].append(at)
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        return max(wait, 0.0)

    def _wait(self, key: _Key, rate: Rate, at: float) -> float:
        sent = self._sent.setdefault(key, deque())
        self._sent.move_to_end(key)
        seconds = rate.seconds / self._haste
        while sent and sent[0] <= at - seconds:
            sent.popleft()
        return 0.0 if len(sent) < rate.calls else sent[0] + seconds - at
