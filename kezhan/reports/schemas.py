"""What crosses the wire of the live monitor. Durations in seconds, shares from 0 to 1; null where there is
nothing to tell."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said
from kezhan.routing.choose import Why
from kezhan.routing.policy import Step

Standing = Literal["free", "full", "busy", "break", "away", "lost", "off_duty", "offline"]
"""`free`: online with room for another live conversation; `break`: away for a reason of the workspace's."""


class Now(Struct, frozen=True, kw_only=True):
    """Who waits at this moment. `waiting` counts all who wait for an answer, `offered` those of them that
    somebody is being asked to accept; `messages` were asked to leave one, `closed` came outside the hours.
    `oldest`: since when the one who has waited longest does."""

    waiting: int = 0
    offered: int = 0
    messages: int = 0
    closed: int = 0
    oldest: Instant | None = None
    serving: int = 0


class Today(Struct, frozen=True, kw_only=True):
    """Since the workspace's midnight, by the metric dictionary (`metrics`). `counted`: what the service level
    is of; `abandoned` holds the `short` ones, which the service level leaves out."""

    entered: int = 0
    accepted: int = 0
    abandoned: int = 0
    short: int = 0
    messages: int = 0
    missed: int = 0
    declined: int = 0
    counted: int = 0
    service_level: float | None = None
    abandonment: float | None = None
    average_wait: float | None = None
    median_wait: float | None = None
    p90_wait: float | None = None


class SeatCounts(Struct, frozen=True, kw_only=True):
    """`live_used` of `live_units`: the load of those who are online and on duty."""

    free: int = 0
    full: int = 0
    busy: int = 0
    away: int = 0
    lost: int = 0
    off_duty: int = 0
    offline: int = 0
    live_used: int = 0
    live_units: int = 0


class TeamLine(Struct, frozen=True, kw_only=True):
    """A team's queue and people. Everybody's queue has the workspace's own id and no name. `open`: by the
    hours it keeps to; `alert`: the gravest of its own that is on."""

    id: UUID
    name: str
    everybody: bool
    open: bool
    now: Now
    today: Today
    seats: SeatCounts
    alert: Literal["", "warning", "critical"]


class ChannelLine(Struct, frozen=True, kw_only=True):
    account_id: UUID
    name: str
    adapter: str
    now: Now
    today: Today


class MonitorSeat(Struct, frozen=True, kw_only=True):
    """`since`: of the state; `reason`: of a break; `auto`: why the house has set the state, as in
    SeatView."""

    membership_id: UUID
    name: str
    standing: Standing
    since: Instant | None
    reason: str
    auto: str
    live_used: int
    live_units: int
    deferred_used: int
    deferred_units: int
    team_ids: list[UUID]


class AlertKind(StrEnum):
    """Somebody waits so long (s); so many wait; the service level is below so many per cent of at least
    `least`; nobody is free while so many wait; so many have given up today. Of each channel: its connection
    is broken; so many replies wait to go out; so many per cent of at least `least` went wrong in an hour; its
    credentials end in so many days."""

    LONGEST_WAIT = "longest_wait"
    WAITING = "waiting"
    SERVICE_LEVEL = "service_level"
    NO_FREE_SEAT = "no_free_seat"
    ABANDONED = "abandoned"
    CHANNEL_DOWN = "channel_down"
    CHANNEL_UNSENT = "channel_unsent"
    CHANNEL_ERRORS = "channel_errors"
    CHANNEL_EXPIRES = "channel_expires"

    @property
    def of_channels(self) -> bool:
        return self.startswith("channel_")


AlertLevel = Literal["warning", "critical"]
_Count = Annotated[int, Meta(ge=1, le=100_000)]


class AlertView(Struct, frozen=True, kw_only=True):
    """An alert that was on from `began_at` on: of a team or of a channel, else of the whole workspace.
    `value`: what it was when it began, in the unit of its kind; `reason` of the end: over, changed,
    switched_off, archived."""

    id: UUID
    rule_id: UUID
    kind: AlertKind
    team_id: UUID | None
    team: str
    account_id: UUID | None
    account: str
    threshold: int
    level: AlertLevel
    value: int
    began_at: Instant
    ended_at: Instant | None
    reason: str


class AlertForm(Struct, frozen=True, kw_only=True):
    kind: AlertKind
    team_id: UUID | None = None
    threshold: _Count
    least: _Count = 10
    level: AlertLevel = "warning"
    active: bool = True


class AlertRule(Struct, frozen=True, kw_only=True):
    """`on`: its alert is on just now."""

    id: UUID
    kind: AlertKind
    team_id: UUID | None
    team: str
    threshold: int
    least: int
    level: AlertLevel
    active: bool
    on: bool


class AlertRules(Struct, frozen=True):
    items: list[AlertRule]


class Monitor(Struct, frozen=True, kw_only=True):
    """What the caller may see of it: everything, or her teams. `channels`, `seats` and `total` are those of
    the team asked for. `target_seconds` and `short_seconds` are the T and T₁ of the service level."""

    at: Instant
    since: Instant
    time_zone: str
    target_seconds: int
    short_seconds: int
    automatic: bool
    teams: list[TeamLine]
    channels: list[ChannelLine]
    now: Now
    today: Today
    counts: SeatCounts
    seats: list[MonitorSeat]
    alerts: list[AlertView]


# What a channel has come to


class ChannelFigures(Struct, frozen=True, kw_only=True):
    """Of one channel since then. `answered`: conversations with a first reply, whose median and p90 it is;
    `counted`: what the service level is of; `received`, `parked`: calls of the platform, which are kept for a
    week, and how many of them wait for somebody; `delay_ms`: how long the platform took to bring a message,
    half of them less."""

    since: Instant
    conversations: int
    customers: int
    answered: int
    median_first_response: float | None
    p90_first_response: float | None
    counted: int
    service_level: float | None
    messages_in: int
    messages_out: int
    sent: int
    failed: int
    failed_rate: float | None
    received: int
    parked: int
    error_rate: float | None
    delay_ms: int | None


Doubt = Literal["response", "service_level", "failed", "errors"]


class Trial(Struct, frozen=True, kw_only=True):
    """Whether a switch goes on: `early` while fewer customers than its limits ask for were served here since
    it began, `stop` where one of the limits is broken (`doubts`); null where there is no trial."""

    verdict: Literal["early", "go", "stop"] | None
    doubts: list[Doubt]
    figures: ChannelFigures | None


# Why people wait here


class Cause(StrEnum):
    """Why a conversation waits; the first that holds."""

    CLOSED = "closed"
    OFFERED = "offered"
    BY_HAND = "by_hand"
    LIMIT = "limit"
    AT_ONCE = "at_once"
    """Somebody is free and it is given this moment."""
    NOBODY_HERE = "nobody_here"
    """No one belongs to where it waits."""
    SKILL = "skill"
    FULL = "full"
    DECLINED = "declined"
    ABSENT = "absent"


class DiagnosedSeat(Struct, frozen=True, kw_only=True):
    """`why` is null for a seat that could take another."""

    membership_id: UUID
    name: str
    why: Why | None
    since: Instant | None
    reason: str
    auto: str
    live_used: int
    live_units: int


class DiagnosedWait(Struct, frozen=True, kw_only=True):
    """`contact_number` stands for a customer without a name; `why`: of the seats where it waits, how many for
    which reason; `lacks`: skills that nobody there has, or nobody in so high a level; `asked`: who is being
    asked just now; `message`: she was asked to leave one; `next_step_at`: when more people may serve it."""

    conversation_id: UUID
    contact_name: Said
    contact_number: str
    channel: str
    since: Instant
    rule: str
    cause: Cause
    why: dict[str, int]
    lacks: list[str]
    asked: str
    message: bool
    steps: int
    next_step_at: Instant | None
    opens_at: Instant | None


class DiagnosedRule(Struct, frozen=True, kw_only=True):
    """A rule by which conversations come to wait here: at once (`direct`), or by those of its steps whose
    numbers, from one, are in `by_steps`. `steps` are all of them, with the names of teams in `teams`."""

    id: UUID
    name: str
    direct: bool
    by_steps: list[int]
    needs: list[str]
    priority: int
    accept_seconds: int
    steps: list[Step]
    waiting: int


class PassedOffer(Struct, frozen=True, kw_only=True):
    at: Instant
    kind: Literal["missed", "declined"]
    member: str
    conversation_id: UUID


class Diagnosis(Struct, frozen=True, kw_only=True):
    """Why people wait in this team's queue. `cause` is that of most of those who wait, null where nobody
    does; `causes` how many for which, of the `waits` looked at: the ten that have waited longest."""

    at: Instant
    team_id: UUID
    team: str
    everybody: bool
    automatic: bool
    open: bool
    changes_at: Instant | None
    schedule: str
    max_waiting: int | None
    max_open: int | None
    serving: int
    waiting: int
    cause: Cause | None
    causes: dict[str, int]
    waits: list[DiagnosedWait]
    seats: list[DiagnosedSeat]
    rules: list[DiagnosedRule]
    passed: list[PassedOffer]
    teams: dict[str, str]
