"""What the room tells the house."""

from kezhan.kit.outbox import Event


class ShieldChanged(Event, frozen=True, kw_only=True, tag="shield.changed"):
    """Settings or blocked sources have changed: whoever has them in memory reads them anew."""
