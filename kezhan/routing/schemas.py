"""What crosses the wire of reception."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.conversations.schemas import Head
from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said
from kezhan.realtime.schemas import Frame
from kezhan.routing.choose import Decision
from kezhan.routing.policy import Policy

SeatState = Literal["offline", "online", "busy", "away"]
Load = Literal["live", "deferred"]
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
Units = Annotated[int, Meta(ge=1, le=100)]
Room = Annotated[int, Meta(ge=0, le=1000)]


class SeatView(Struct, frozen=True, kw_only=True):
    """A seat as it stands. `auto`: why the house has set the state (`lost` line, `missed` offers, `shift`),
    empty where she has. `live_units` and `deferred_units`: how much fits; `own_room`: not the workspace's."""

    membership_id: UUID
    name: str
    state: SeatState
    reason_id: UUID | None
    reason: str
    auto: str
    since: Instant | None
    connected: bool
    on_duty: bool
    live_used: int
    live_units: int
    deferred_used: int
    deferred_units: int
    own_room: bool
    team_ids: list[UUID]
    skills: dict[str, int]


class SeatList(Struct, frozen=True):
    items: list[SeatView]


class StateIn(Struct, frozen=True, kw_only=True):
    state: SeatState
    reason_id: UUID | None = None


class SeatEdit(Struct, frozen=True, kw_only=True):
    """`live_units` and `deferred_units` null: as the workspace has it. `skills`: level 1–5 by skill, all that
    she is to have. What is left out stays."""

    live_units: Room | UnsetType | None = UNSET
    deferred_units: Room | UnsetType | None = UNSET
    skills: Annotated[dict[str, Annotated[int, Meta(ge=1, le=5)]], Meta(max_length=100)] | UnsetType = UNSET


class Reason(Struct, frozen=True):
    id: UUID
    name: str


class ReasonMake(Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")]


class ReasonList(Struct, frozen=True):
    items: list[Reason]


class SkillView(Struct, frozen=True, kw_only=True):
    """`code`: of a language its tag, of a region its ISO 3166 code. `seats`: how many have it."""

    id: UUID
    kind: Literal["skill", "language", "region"]
    name: str
    code: str
    seats: int


class SkillMake(Struct, frozen=True, kw_only=True):
    kind: Literal["skill", "language", "region"] = "skill"
    name: Name
    code: Annotated[str, Meta(max_length=35)] = ""


class SkillEdit(Struct, frozen=True, kw_only=True):
    name: Name
    code: Annotated[str, Meta(max_length=35)] = ""


class SkillList(Struct, frozen=True):
    items: list[SkillView]


class Weight(Struct, frozen=True, kw_only=True):
    """What a conversation of this channel takes of a seat, and of which room."""

    account_id: UUID
    name: str
    adapter: str
    units: int
    load: Load


class WeightIn(Struct, frozen=True, kw_only=True):
    units: Units = 1
    load: Load = "live"


class WeightList(Struct, frozen=True):
    items: list[Weight]


class TeamLimits(Struct, frozen=True, kw_only=True):
    """Of a team's queue: how many may wait before customers are asked for a message, how many conversations
    the team serves at a time; null: any number. The workspace's id stands for everybody's queue."""

    max_waiting: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    max_open: Annotated[int, Meta(ge=0, le=100_000)] | None = None


class ReceptionSettings(Struct, frozen=True, kw_only=True):
    """`automatic` false: everything is taken by hand. `grace_seconds`: how long a lost line may be gone
    before the seat is away. `take_over`: by hand a seat may be filled beyond its room. `missed_limit`: offers
    missed in a row after which a seat is away, 0 never. `answer_seconds`: how long the receiver of a transfer
    may be silent, 0 for ever (who is asked first is then asked for a minute). `left_seconds`: after which a
    customer whose line is gone no longer waits.
    `long_seconds`: an expected wait from which she is offered to leave a message. `target_seconds`,
    `short_seconds`: of the service level."""

    automatic: bool = True
    arrive_online: bool = True
    grace_seconds: Annotated[int, Meta(ge=5, le=3600)] = 30
    live_units: Annotated[int, Meta(ge=1, le=1000)] = 5
    deferred_units: Room = 20
    take_over: bool = True
    missed_limit: Annotated[int, Meta(ge=0, le=20)] = 2
    answer_seconds: Annotated[int, Meta(ge=0, le=3600)] = 0
    left_seconds: Annotated[int, Meta(ge=10, le=3600)] = 60
    long_seconds: Annotated[int, Meta(ge=10, le=86400)] = 180
    target_seconds: Annotated[int, Meta(ge=1, le=3600)] = 20
    short_seconds: Annotated[int, Meta(ge=0, le=600)] = 5


class QueueLength(Struct, frozen=True, kw_only=True):
    """`queue_id`: a team, or the workspace for everybody's queue. Who has been asked for a message does not
    count."""

    queue_id: UUID
    waiting: int


class QueueLengths(Struct, frozen=True):
    items: list[QueueLength]


class PolicyView(Struct, frozen=True, kw_only=True):
    version: int
    saved_at: Instant | None
    saved_by: str
    policy: Policy


class PolicyIn(Struct, frozen=True, kw_only=True):
    """`version`: the one it was made from; another has been saved meanwhile: refused. `despite`: warnings
    that have been read."""

    version: int
    policy: Policy
    despite: bool = False


class Finding(Struct, frozen=True, kw_only=True):
    """Something about a rule: `error` keeps it from being saved, `warning` asks first. `code` is a word of
    `routing.finding.*` with its parameters; `title` says it in the reader's language."""

    level: Literal["error", "warning"]
    rule_id: UUID | None
    code: str
    title: str


class PolicySaved(Struct, frozen=True, kw_only=True):
    """`version` null: not saved, because of the findings."""

    version: int | None
    findings: list[Finding]


class PolicyPreview(Struct, frozen=True, kw_only=True):
    """Of the conversations of the last seven days: how many each rule would have taken, and those that would
    have gone elsewhere than they did."""

    looked_at: int
    moved: int
    rules: list["PreviewRule"]
    examples: list["PreviewMove"]


class PreviewRule(Struct, frozen=True, kw_only=True):
    rule_id: UUID
    name: str
    now: int
    then: int


class PreviewMove(Struct, frozen=True, kw_only=True):
    """`contact_number` stands for a customer without a name."""

    conversation_id: UUID
    contact_name: Said
    contact_number: str
    channel: str
    at: Instant
    from_rule: str
    to_rule: str


class TraceStep(Struct, frozen=True, kw_only=True):
    """One thing that happened on the way; `decision` where seats were looked at. `queue`: the team's name,
    empty for everybody's queue; `rule`: as it was called then, empty for the one for everybody."""

    at: Instant
    kind: str
    member: str
    by: str
    queue: str
    waited_ms: int | None
    rule: str
    version: int | None
    reason: str
    decision: Decision | None


class Trace(Struct, frozen=True, kw_only=True):
    """Why a conversation is where it is. `now`: what would be decided at this moment, null where nothing
    waits; `place`: how many are served before it, plus one; `opens_at`: closed until then."""

    conversation_id: UUID
    steps: list[TraceStep]
    state: Literal["none", "waiting", "offered", "closed"]
    place: int | None
    now: Decision | None
    rule: str
    opens_at: Instant | None
    skills: dict[str, str]


class Offer(Struct, frozen=True, kw_only=True):
    """A conversation that the caller is asked to accept until `expires_at`. `by`: the colleague who serves it
    and hands it on, with her `note`; empty where the house asks."""

    head: Head
    offered_at: Instant
    expires_at: Instant
    by: str = ""
    note: Said = ""


class TransferIn(Struct, frozen=True, kw_only=True):
    """To a member or to a team, one of the two; `note` is kept as an internal note."""

    member_id: UUID | None = None
    team_id: UUID | None = None
    note: Annotated[str, Meta(max_length=1000)] = ""


class OfferList(Struct, frozen=True):
    items: list[Offer]


# Of customers


class Outlook(Struct, frozen=True, kw_only=True):
    """What somebody who comes to this channel now may expect. Closed: until `opens_at` (null: not known).
    `waiting`: how many are served before her; `wait`: the expected seconds until somebody serves her, (from,
    to), null where too little is known or nobody is there."""

    open: bool
    opens_at: Instant | None = None
    waiting: int = 0
    wait: tuple[int, int] | None = None


class CallbackIn(Struct, frozen=True, kw_only=True):
    """Where she is to be called or written to: a number, an address, or both."""

    phone: Annotated[str, Meta(max_length=40)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    note: Annotated[str, Meta(max_length=500)] = ""


# Frames


class SeatFrame(Frame, frozen=True, kw_only=True, tag="seat"):
    """The agent's own seat, on all her devices."""

    seat: SeatView


class OfferFrame(Frame, frozen=True, kw_only=True, tag="offer"):
    offer: Offer


class OfferOverFrame(Frame, frozen=True, kw_only=True, tag="offer_over"):
    """`outcome`: accepted, declined, missed, withdrawn."""

    conversation_id: UUID
    outcome: str


class PlaceFrame(Frame, frozen=True, kw_only=True, tag="place"):
    """To a customer who waits. `state`: waiting, offered (somebody is being asked), closed (until
    `opens_at`), message (asked to leave one), none (waits no more). `place` from one; `wait` the expected
    seconds, (from, to), null where too little is known; `long`: longer than most would stay, so other ways
    are offered."""

    conversation_id: UUID
    state: Literal["waiting", "offered", "closed", "message", "none"]
    place: int | None = None
    wait: tuple[int, int] | None = None
    long: bool = False
    opens_at: Instant | None = None
