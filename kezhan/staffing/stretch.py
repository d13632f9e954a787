"""What chats side by side cost each other, measured from history. Pure."""

from collections.abc import Iterable

from msgspec import Struct


class Stretch(Struct, frozen=True, kw_only=True):
    """What chats side by side cost each other: a chat takes `alone_s` · (1 + `each` · (others beside it)).
    `usual`: how many there were side by side, on the average of the history."""

    alone_s: float
    each: float
    usual: float

    def handle_s(self, concurrency: float) -> float:
        return self.alone_s * (1 + self.each * (concurrency - 1))

    def factor(self, concurrency: float) -> float:
        """By how much a chat takes longer with so many side by side than it usually did."""
        return self.handle_s(concurrency) / self.handle_s(self.usual)


class Stint(Struct, frozen=True, kw_only=True):
    """What a seat did on one day: so many chats of so long on the average, and how many side by side."""

    chats: int
    handle_s: float
    concurrency: float


def stretch_of(stints: Iterable[Stint]) -> Stretch | None:
    """From history: the line through mean handle time over mean concurrency of seat-days, each weighing as
    much as it has chats (least squares, never falling, at most doubling with each chat beside). Days on which
    seats do not differ (weighted spread of the concurrency under 0.1) tell the level alone. None without a
    chat.
    """
    days = [stint for stint in stints if stint.chats > 0 and stint.handle_s > 0 and stint.concurrency > 0]
    weight = sum(day.chats for day in days)
    if not weight:
        return None
    side_by_side = sum(day.chats * day.concurrency for day in days) / weight
    handle_s = sum(day.chats * day.handle_s for day in days) / weight
    spread = sum(day.chats * (day.concurrency - side_by_side) ** 2 for day in days) / weight
    slope = 0.0
    if spread >= 0.01:
        both = sum(day.chats * (day.concurrency - side_by_side) * (day.handle_s - handle_s) for day in days)
        slope = max(0.0, both / weight / spread)
    alone_s = handle_s - slope * (side_by_side - 1)
    if alone_s <= 0 or slope > alone_s:
        # handle = alone · (1 + (side_by_side - 1)) with one more handle time for each chat beside.
        return Stretch(alone_s=handle_s / max(side_by_side, 1.0), each=1.0, usual=side_by_side)
    return Stretch(alone_s=alone_s, each=slope / alone_s, usual=side_by_side)
