"""What crosses the wire of channel administration. Settings and secrets have the adapter's own shape, which
`GET /api/channel-kinds` describes as JSON Schema."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.channels.base import Header
from kezhan.conversations.life.schemas import ReplyTexts
from kezhan.conversations.schemas import ClientId
from kezhan.kit.clock import Instant
from kezhan.kit.masking import Address, Said
from kezhan.realtime.schemas import Frame

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Values = dict[str, Any]
MAX_VALUE = 1024
"""Characters that a template's variable may have, where the platform names no other number."""


class ChannelMake(Struct, frozen=True, kw_only=True):
    """`secrets` only where the adapter wants some from the other side."""

    adapter: Annotated[str, Meta(max_length=64)]
    name: Name
    settings: Values = {}
    secrets: Values | None = None


class ChannelEdit(Struct, frozen=True, kw_only=True):
    """Left-out parts stay. Of `settings` the given fields change; `secrets` are replaced whole."""

    name: Name | UnsetType = UNSET
    settings: Values | UnsetType = UNSET
    secrets: Values | UnsetType = UNSET


class ChannelView(Struct, frozen=True, kw_only=True):
    """`hook` is where the platform calls, null where nothing comes in by a call. `working` is false while the
    adapter is not there."""

    id: UUID
    adapter: str
    name: str
    public_key: str
    settings: Values
    hook: str | None
    has_secret: bool
    working: bool
    share: int
    forward_url: str
    created_at: Instant
    archived_at: Instant | None


Percent = Annotated[int, Meta(ge=0, le=100)]
SwitchBy = Literal["share", "seats"]


class Limits(Struct, frozen=True, kw_only=True):
    """What has to hold for a switch to go on: of at least `customers`, half got their first answer within
    `response_seconds`, `service_level` per cent were answered in time, and at most so many per cent of what
    was sent failed, of everything went wrong."""

    customers: Annotated[int, Meta(ge=1, le=100_000)] = 20
    response_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 60
    service_level: Percent = 80
    failed: Percent = 2
    errors: Percent = 2


class Switch(Struct, frozen=True, kw_only=True):
    """How a channel comes over from the desk of before: by a share of its customers, or by seats: a newcomer
    is served here while one of `seats` is on duty and has room. `began_at`: since when somebody is served
    here; `returned_at`: since when nobody new is any more."""

    v: Literal[1] = 1
    by: SwitchBy = "share"
    seats: list[UUID] = []
    limits: Limits = Limits()
    began_at: datetime | None = None
    returned_at: datetime | None = None


class SwitchForm(Struct, frozen=True, kw_only=True):
    """`share` of a hundred customers are served here, or those whom `seats` have room for; the calls of the
    others go on to `forward_url`, as they came."""

    by: SwitchBy = "share"
    share: Percent = 100
    seats: Annotated[list[UUID], Meta(max_length=200)] = []
    forward_url: Annotated[str, Meta(max_length=2000)] = ""
    limits: Limits = Limits()


class SwitchView(Struct, frozen=True, kw_only=True):
    """`stands`: off (all are served here, and nobody knows of a desk of before), ready (nobody is served
    here yet), on, returned."""

    stands: Literal["off", "ready", "on", "returned"]
    by: SwitchBy
    share: int
    seats: list[UUID]
    forward_url: str
    limits: Limits
    began_at: Instant | None
    returned_at: Instant | None


class ChannelMade(Struct, frozen=True, kw_only=True):
    """`secret` is shown this once, where it is made here."""

    channel: ChannelView
    secret: str | None


class ChannelList(Struct, frozen=True):
    items: list[ChannelView]


class AutoReplies(Struct, frozen=True, kw_only=True):
    """What a channel says by itself: to a customer who begins a conversation, to one who writes outside the
    hours (`{opens}`: when they begin again), to one who has waited for `busy_seconds` (`{place}`: hers in the
    queue, `{wait}`: as it is expected). A line that names what is not known just then is left out."""

    v: int = 1
    greeting: ReplyTexts = ReplyTexts()
    closed: ReplyTexts = ReplyTexts()
    busy: ReplyTexts = ReplyTexts()
    busy_seconds: Annotated[int, Meta(ge=10, le=3600)] = 60

    def __bool__(self) -> bool:
        return bool(self.greeting or self.closed or self.busy)


class WindowView(Struct, frozen=True, kw_only=True):
    """For how many seconds after her message a customer may be written to, and how often (null: without
    end)."""

    seconds: int
    messages: int | None


class CapabilitiesView(Struct, frozen=True, kw_only=True):
    """What the kind of channel can carry; `text_length` in `text_unit`, `files` the media types that go as
    files, with the largest of each in bytes (empty: all)."""

    receives: list[str]
    sends: list[str]
    text_length: int
    text_unit: str
    file_bytes: int
    files: dict[str, int]
    quote: bool
    edit: bool
    recall: bool
    closing: bool
    receipts: bool
    typing: bool
    templates: bool
    cards: bool
    places: bool
    persons: bool
    window: WindowView | None


class ChannelKind(Struct, frozen=True, kw_only=True):
    """A kind of channel that can be connected, in the reader's language. The schemas carry a title and a
    description per field, `x-options` with the names of a choice's values, `x-advanced` where most never
    change it. `experimental`: not tried against the platform itself; `testable`: its connection can be
    tried."""

    name: str
    label: str
    help: str
    capabilities: CapabilitiesView
    settings: Values
    secrets: Values | None
    makes_secret: bool
    experimental: bool
    testable: bool


class ChannelKinds(Struct, frozen=True):
    items: list[ChannelKind]


class ChannelTested(Struct, frozen=True, kw_only=True):
    """`name` is what the account is called there, `expires_at` when its credentials end; `fault` the kind of
    what went wrong, `why` in the platform's own words."""

    working: bool
    name: str
    expires_at: Instant | None
    fault: str
    why: str


class HealthView(Struct, frozen=True, kw_only=True):
    """An account and its last 24 hours. `working` is null while nobody has tried it, `since` when it came to
    be so. Counts: calls received and waiting; messages sent, failed and waiting, the oldest since
    `oldest_at`. `delay_ms`: how long the platform took to bring a message, half of them less. However
    old: calls parked (they wait for somebody), calls the desk of before is still to be told of (`passing`) or
    could not be told of (`unpassed`), and what came of it last (`pass_fault`)."""

    id: UUID
    working: bool | None
    fault: str
    why: str
    name: str
    expires_at: Instant | None
    since: Instant | None
    checked_at: Instant | None
    last_in_at: Instant | None
    last_out_at: Instant | None
    received: int
    parked: int
    waiting_in: int
    passing: int
    unpassed: int
    pass_fault: str
    delay_ms: int | None
    sent: int
    failed: int
    waiting_out: int
    oldest_at: Instant | None


class HealthList(Struct, frozen=True):
    items: list[HealthView]


class Replayed(Struct, frozen=True):
    """How many are sent again."""

    count: int


class ReachView(Struct, frozen=True, kw_only=True):
    """What can be said to a conversation's customer now. `ends_at` and `left` are null where there is no end;
    `open` is false where she has to write first, `templates` true where its templates go even then.
    `working`: the channel's connection stands. `cards` and `buttons` (how many): as more than lines of text;
    `reactions`: she sees ours. `pages`: mini-programs open in it, `pages_of` alone where that is named.
    `copies`: the addresses that a reply goes to as well unless its writer says otherwise; null where the
    channel sends no copies."""

    adapter: str
    sends: list[str]
    text_length: int
    text_unit: str
    windowed: bool
    open: bool
    ends_at: Instant | None
    allowed: int | None
    left: int | None
    templates: bool
    working: bool
    cards: bool = True
    buttons: int = 10
    reactions: bool = True
    copies: list[str] | None = None
    pages: bool = False
    pages_of: str = ""


class ReachFrame(Frame, frozen=True, kw_only=True, tag="reach"):
    """A reply has gone out or has failed: there may be less now that can be said to the customer."""

    conversation_id: UUID


class VariableView(Struct, frozen=True, kw_only=True):
    """A template's variable: what it means and a value it may have (empty where the platform does not say),
    and how many characters at most."""

    label: str
    example: str
    most: int


class TemplateView(Struct, frozen=True, kw_only=True):
    """A text the platform has approved: its variables stand in it as {{1}}, {{2}} …, of which `variables`
    tells in this order. `category` in the platform's own word; `header`: the kind of file that stands above
    the text and is chosen with each use."""

    name: str
    language: str
    title: str
    text: str
    category: str
    header: Header
    variables: list[VariableView]


class TemplateList(Struct, frozen=True):
    items: list[TemplateView]


class TemplateSend(Struct, frozen=True, kw_only=True):
    """Say this template with these values, in their order, below the uploaded file `file_id` where it has a
    header. `client_id` (a UUID made by the client) makes a repeat harmless."""

    client_id: ClientId
    name: Annotated[str, Meta(min_length=1, max_length=512)]
    language: Annotated[str, Meta(max_length=35)]
    values: Annotated[list[Annotated[str, Meta(max_length=MAX_VALUE)]], Meta(max_length=50)] = []
    file_id: UUID | None = None


class InboxView(Struct, frozen=True, kw_only=True):
    """A call of the platform. `parked`: it waits for somebody to have it taken again, or to dismiss it;
    `fault` says why. `passing`: whether the desk of before has been told of it, as far as it is to be;
    `pass_fault` says what stood in the way."""

    id: UUID
    dedup_key: str
    state: Literal["waiting", "taken", "parked", "dismissed"]
    attempts: int
    fault: str | None
    passing: Literal["", "waiting", "passed", "failed"]
    pass_fault: str | None
    dismissible: bool
    delay_ms: int | None
    received_at: Instant
    taken_at: Instant | None


class DeliveryView(Struct, frozen=True, kw_only=True):
    """Something the platform is to hear of. `id` is the event's id there; `status` its last HTTP answer,
    `reason` the kind of its last fault. `may_go_again`: the customer would not get it twice."""

    id: UUID
    conversation_id: UUID
    what: str
    seq: int
    state: str
    attempts: int
    status: int | None
    fault: str | None
    reason: Said
    external_id: Address | None
    created_at: Instant
    due_at: Instant | None
    sent_at: Instant | None
    may_go_again: bool
