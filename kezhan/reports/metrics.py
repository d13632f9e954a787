"""The metric dictionary as functions: each figure is defined here and nowhere else, on counts that any room
may have made of the raw events. All of it is pure. None stands for a figure of nothing."""

from msgspec import Struct


class Waits(Struct, frozen=True, kw_only=True):
    """How the waits of conversations have ended, each conversation once, by its first wait: one that is
    sent on to another team and waits there again counts once, and so does one whose customer leaves and
    comes back.

    `within`: accepted in the target time T; `short`: abandoned in T₁; `messages`: asked to leave a message,
    so that nobody waited for an answer; `waited_ms`: of the accepted, added up; `median_ms` and `p90_ms` of
    the same, interpolated between the two nearest.
    """

    accepted: int = 0
    within: int = 0
    abandoned: int = 0
    short: int = 0
    messages: int = 0
    waited_ms: int = 0
    median_ms: float | None = None
    p90_ms: float | None = None


def counted(waits: Waits) -> int:
    """What the service level is of: accepted + abandoned − abandoned within T₁."""
    return waits.accepted + waits.abandoned - waits.short


def service_level(waits: Waits) -> float | None:
    """Service level (服务水平): accepted within T / (accepted + abandoned − abandoned within T₁); T = 20 s,
    T₁ = 5 s unless set. From 0 to 1."""
    return _share(waits.within, counted(waits))


def abandonment(waits: Waits) -> float | None:
    """Abandonment (放弃率): left the queue before acceptance / offered. Offered are those whose wait
    has ended, accepted or abandoned, so that the rate does not move because somebody has just come."""
    return _share(waits.abandoned, waits.accepted + waits.abandoned)


def average_wait(waits: Waits) -> float | None:
    """Queue wait / ASA (平均排队时长): Σ(accepted − enqueued) / accepted. In seconds."""
    return None if waits.accepted == 0 else waits.waited_ms / waits.accepted / 1000


def occupancy(handling: float, available: float) -> float | None:
    """Occupancy (占用率): handle time / (handle time + available time). Both in the same unit."""
    return _share(handling, handling + available)


def utilisation(handling: float, signed_in: float) -> float | None:
    """Utilisation (利用率): handle time / signed-in time."""
    return _share(handling, signed_in)


def concurrency(handling: float, busy: float) -> float | None:
    """Concurrency (并发): Σ handling seconds of all conversations / seconds with at least one."""
    return _share(handling, busy)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
