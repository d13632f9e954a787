"""How long the channels take, counted as it happens."""

from collections import defaultdict
from datetime import datetime

from kezhan.kit.clock import now
from kezhan.kit.figures import WAITS, Histogram


class ChannelFigures:
    """Seconds by channel kind. `inbound`: from a platform's call received until its messages are stored.
    `outbound`: from a reply queued until the platform has it. Both hold the waits between attempts."""

    def __init__(self) -> None:
        self.inbound: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(WAITS))
        self.outbound: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(WAITS))

    def taken(self, channel: str, received_at: datetime) -> None:
        self.inbound[channel].observe(_since(received_at))

    def sent(self, channel: str, queued_at: datetime) -> None:
        self.outbound[channel].observe(_since(queued_at))


def _since(at: datetime) -> float:
    return max(0.0, (now() - at).total_seconds())
