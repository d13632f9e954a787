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


def csat(satisfied: int, ratings: int) -> float | None:
    """CSAT (满意度): ratings 4–5 / all ratings; always beside `participation`."""
    return _share(satisfied, ratings)


def participation(answered: int, invitations: int) -> float | None:
    """Participation (参评率): ratings / invitations."""
    return _share(answered, invitations)


def nps(promoters: int, detractors: int, answers: int) -> float | None:
    """NPS (净推荐值): % 9–10 − % 0–6. From −100 to 100."""
    share = _share(promoters - detractors, answers)
    return None if share is None else share * 100


def confirmed(resolved: int, told: int) -> float | None:
    """Resolved by the customer's word (客户确认解决率): yes / all who have said yes or no."""
    return _share(resolved, told)


def failed_rate(sent: int, failed: int) -> float | None:
    """Failed sends (未送达率): what a platform has refused or never took / all that was to be sent and whose
    end is known."""
    return _share(failed, sent + failed)


def error_rate(received: int, parked: int, sent: int, failed: int) -> float | None:
    """Error rate of a channel (出错率): calls that could not be taken in and messages that did not go out /
    all calls and messages."""
    return _share(parked + failed, received + sent + failed)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
