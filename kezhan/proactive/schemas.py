"""What crosses the wire and the room."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from kezhan.conversations.schemas import State
from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said
from kezhan.realtime.schemas import Frame
from kezhan.visits.schemas import Device, Source

MAX_BODY = 500
MAX_RULES = 50

Body = Annotated[str, Meta(min_length=1, max_length=MAX_BODY, pattern=r"\S")]
Line = Annotated[str, Meta(max_length=MAX_BODY)]
Pattern = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]


class InviteState(StrEnum):
    """`sent` for two minutes at the most, then `ignored`."""

    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    IGNORED = "ignored"


class Talk(StrEnum):
    """Whether a visitor is in a conversation: with nobody, in the queue, with an agent."""

    FREE = "free"
    WAITING = "waiting"
    SERVED = "served"


# Who is on the site


class OnSiteConversation(Struct, frozen=True, kw_only=True):
    """`id` is null where the reader may not see the conversation."""

    id: UUID | None
    state: State
    agent_name: str


class OnSiteInvite(Struct, frozen=True, kw_only=True):
    """The last invitation of the past half hour."""

    state: InviteState
    sent_at: Instant
    by_rule: bool


class OnSite(Struct, frozen=True, kw_only=True):
    """A visitor with the site open. `since` is when she opened the page she is on, `started_at` when this
    visit began; `country` (ISO 3166, ZZ unknown) is that of her browser's time zone. What a browser tells is
    not to be trusted."""

    identity_id: UUID
    contact_id: UUID
    account_id: UUID
    number: str
    name: Said
    tier: str
    url: Said
    title: Said
    since: Instant
    started_at: Instant
    pages: int
    visits: int
    source: Source
    campaign: Said
    search_word: Said
    device: Device
    browser: str
    system: str
    language: str
    time_zone: str
    country: str
    conversation: OnSiteConversation | None
    invite: OnSiteInvite | None


class OnSiteFilter(Struct, frozen=True, kw_only=True):
    country: str = ""
    source: Source | None = None
    page: str = ""
    talk: Talk | None = None


class CountryCount(Struct, frozen=True, kw_only=True):
    country: str
    visitors: int
    waiting: int


class Geography(Struct, frozen=True, kw_only=True):
    """`visitors` of all countries; those with most first."""

    visitors: int
    items: list[CountryCount]


# Rules


class Texts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the invitation says; a reader of the language left empty gets the other."""

    v: Literal[1] = 1
    zh: Line = ""
    en: Line = ""


class Conditions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them hold; an empty list holds always. `pages`: the address contains one of these, `*` stands
    for anything. `dwell_s` on that page, `min_pages` of this visit, `min_visits` with this one. `languages`
    are beginnings of tags (`zh`). `every_days`: the rule invites the same visitor once in so many days."""

    v: Literal[1] = 1
    account_ids: Annotated[list[UUID], Meta(max_length=100)] = []
    pages: Annotated[list[Pattern], Meta(max_length=20)] = []
    dwell_s: Annotated[int, Meta(ge=3, le=3600)] = 15
    min_pages: Annotated[int, Meta(ge=1, le=100)] = 1
    min_visits: Annotated[int, Meta(ge=1, le=1000)] = 1
    sources: Annotated[list[Source], Meta(max_length=5)] = []
    campaign: Annotated[str, Meta(max_length=100)] = ""
    devices: Annotated[list[Device], Meta(max_length=5)] = []
    languages: Annotated[
        list[Annotated[str, Meta(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]], Meta(max_length=10)
    ] = []
    business_hours: bool = True
    staffed: bool = True
    every_days: Annotated[int, Meta(ge=1, le=365)] = 7


class RuleForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
    active: bool = True
    texts: Texts
    conditions: Conditions = field(default_factory=Conditions)


class InviteCounts(Struct, frozen=True, kw_only=True):
    """`sent` is all of them, those still open too."""

    sent: int = 0
    accepted: int = 0
    declined: int = 0
    ignored: int = 0


class RuleView(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    active: bool
    texts: Texts
    conditions: Conditions
    counts: InviteCounts
    created_at: Instant


class RuleList(Struct, frozen=True, kw_only=True):
    """In order; counts of the last `days` days, those by hand apart."""

    items: list[RuleView]
    by_hand: InviteCounts
    days: int


class RuleOrder(Struct, frozen=True, kw_only=True):
    ids: Annotated[list[UUID], Meta(max_length=MAX_RULES)]


class NamedRule(Struct, frozen=True):
    """For the audit log: what a rule is called, and whether it is on."""

    name: str
    active: bool
    v: int = 1


# Invitations


class InviteForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Body


class InviteMade(Struct, frozen=True, kw_only=True):
    id: UUID
    sent_at: Instant


class Invited(Frame, frozen=True, kw_only=True, tag="invite", omit_defaults=True):
    """To a customer: somebody would like to help. `agent_name` is empty where a rule invites; the card is
    shown for `seconds`."""

    id: UUID
    text: str
    agent_name: str = ""
    seconds: int


class OfferedRule(Struct, frozen=True, kw_only=True):
    """What the widget itself watches for, of a rule that fits this visitor otherwise."""

    id: UUID
    pages: list[str]
    dwell_s: int
    min_pages: int


class Offer(Struct, frozen=True, kw_only=True):
    """`invite` is one that is open. `rules` in order; `pages` seen in this visit so far."""

    invite: Invited | None
    rules: list[OfferedRule]
    pages: int


class RuleMet(Struct, frozen=True, kw_only=True):
    rule_id: UUID


class AnswerForm(Struct, frozen=True, kw_only=True):
    answer: Literal["accepted", "declined"]
