"""A routing policy as data: rules in their order, each when → pool → order → overflow. All of it is pure."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

PRIORITY = 5
_Seconds = Annotated[int, Meta(ge=0, le=24 * 3600)]
_Words = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]], Meta(max_length=50)
]
_Tags = Annotated[
    list[Annotated[str, Meta(pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]], Meta(max_length=50)
]
_Countries = Annotated[list[Annotated[str, Meta(pattern="^[A-Za-z]{2}$")]], Meta(max_length=50)]
_Ids = Annotated[list[UUID], Meta(max_length=200)]


class Order(StrEnum):
    """What puts one seat before another; of several the first that tells them apart counts."""

    DEDICATED = "dedicated"
    LAST_AGENT = "last_agent"
    BEST_SKILL = "best_skill"
    LEAST_LOADED = "least_loaded"
    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"


USUAL = (Order.LAST_AGENT, Order.LEAST_LOADED, Order.ROUND_ROBIN)


class Need(Struct, frozen=True):
    """A skill, language or region that the seat must have, at this level (1–5) at least."""

    skill_id: UUID
    level: Annotated[int, Meta(ge=1, le=5)] = 1


class When(Struct, frozen=True, kw_only=True):
    """Which conversations a rule is for: every list that is not empty must hold one that fits."""

    account_ids: _Ids = []
    channels: _Words = []
    languages: _Tags = []
    countries: _Countries = []
    tiers: _Words = []
    sources: _Words = []
    pages: _Words = []
    """Parts of the page's address."""
    intents: _Words = []
    segments: _Ids = []
    """Of the customer, as they stand when she comes to wait."""
    attributes: Annotated[dict[str, str], Meta(max_length=20)] = {}
    """What the customer's record says, word for word."""


class Pool(Struct, frozen=True, kw_only=True):
    """Who may serve: the members of these teams (none named: everybody) who have what is needed."""

    team_ids: _Ids = []
    needs: Annotated[list[Need], Meta(max_length=20)] = []
    by_language: bool = False
    """The seat must have the customer's language, where that is one of the workspace's skills."""
    by_region: bool = False


class Step(Struct, frozen=True, kw_only=True):
    """What happens to those who wait too long (`after_seconds`) or in too long a queue (`at_length`)."""

    after_seconds: Annotated[int, Meta(ge=1, le=24 * 3600)] | None = None
    at_length: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    team_ids: _Ids = []
    """Teams that may serve as well from now on."""
    everybody: bool = False
    drop_needs: bool = False
    message: bool = False
    """She is asked to leave a message, which waits behind those who are here."""


class Rule(Struct, frozen=True, kw_only=True):
    id: UUID
    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    active: bool = True
    when: When = field(default_factory=When)
    pool: Pool = field(default_factory=Pool)
    order: Annotated[list[Order], Meta(max_length=6)] = field(default_factory=lambda: [*USUAL])
    priority: Annotated[int, Meta(ge=0, le=9)] = PRIORITY
    """Higher ones are served first, whatever the wait."""
    head_start: _Seconds = 0
    """She counts as having waited so many seconds longer: within a priority the wait decides."""
    accept_seconds: Annotated[int, Meta(ge=0, le=600)] = 0
    """How long the chosen one may take to accept; 0: it is hers at once."""
    overflow: Annotated[list[Step], Meta(max_length=10)] = []


_EVERYBODY = Rule(id=UUID(int=0), name="")


class Policy(Struct, frozen=True, kw_only=True):
    """The rules in their order. Behind the last stands one for everybody, so that nobody is left over."""

    v: int = 1
    rules: Annotated[list[Rule], Meta(max_length=100)] = []

    def segments(self) -> list[UUID]:
        """Those that a rule in force names."""
        return list(dict.fromkeys(one for rule in self.rules if rule.active for one in rule.when.segments))

    def rule(self, rule_id: UUID) -> Rule:
        """By its id; the rule for everybody where there is none."""
        return next((rule for rule in self.rules if rule.id == rule_id), _EVERYBODY)


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a conversation when it comes to be queued. Countries as ISO 3166 alpha-2."""

    v: int = 1
    account_id: UUID
    channel: str
    language: str = ""
    country: str = ""
    tier: str = ""
    source: str = ""
    page: str = ""
    intent: str = ""
    attributes: dict[str, str] = {}
    segments: list[UUID] = []
    """Of those that a rule names."""
    owner_id: UUID | None = None
    last_agent_id: UUID | None = None


def rule_for(policy: Policy, facts: Facts) -> Rule:
    """The first active rule that fits."""
    return next((rule for rule in policy.rules if rule.active and fits(rule.when, facts)), _EVERYBODY)


def fits(when: When, facts: Facts) -> bool:
    return (
        (not when.account_ids or facts.account_id in when.account_ids)
        and _one_of(when.channels, facts.channel)
        and (not when.languages or any(same_language(one, facts.language) for one in when.languages))
        and _one_of(when.countries, facts.country)
        and _one_of(when.tiers, facts.tier)
        and _one_of(when.sources, facts.source)
        and (not when.pages or any(part.lower() in facts.page.lower() for part in when.pages))
        and _one_of(when.intents, facts.intent)
        and (not when.segments or not frozenset(when.segments).isdisjoint(facts.segments))
        and all(facts.attributes.get(name) == value for name, value in when.attributes.items())
    )


def same_language(wanted: str, given: str) -> bool:
    """`zh` takes in `zh-CN`; the tag that says more does not take in the one that says less."""
    wanted, given = wanted.lower().replace("_", "-"), given.lower().replace("_", "-")
    return given == wanted or given.startswith(f"{wanted}-")


def _one_of(wanted: list[str], given: str) -> bool:
    return not wanted or given.lower() in (one.lower() for one in wanted)


class Reach(Struct, frozen=True, kw_only=True):
    """Who may serve a conversation by now, after the steps of overflow it has taken."""

    team_ids: tuple[UUID, ...]
    needs: tuple[Need, ...]
    message: bool = False


def reach(rule: Rule, needs: tuple[Need, ...], taken: frozenset[int]) -> Reach:
    """`needs`: the rule's and those of the customer's language and region; `taken`: steps of the rule."""
    teams, open_to_all, message = list(rule.pool.team_ids), not rule.pool.team_ids, False
    for number, step in enumerate(rule.overflow):
        if number not in taken:
            continue
        teams += [team for team in step.team_ids if team not in teams]
        open_to_all = open_to_all or step.everybody
        needs = () if step.drop_needs else needs
        message = message or step.message
    return Reach(team_ids=() if open_to_all else tuple(teams), needs=needs, message=message)


def steps_due(rule: Rule, taken: frozenset[int], waited: float, length: int) -> frozenset[int]:
    """Which steps are due by now, those taken before among them: after `waited` seconds, with `length` others
    who wait in the same queues."""
    due = {
        number
        for number, step in enumerate(rule.overflow)
        if (step.after_seconds is not None and waited >= step.after_seconds)
        or (step.at_length is not None and length >= step.at_length)
    }
    return taken | due


def next_step(rule: Rule, taken: frozenset[int]) -> int | None:
    """After how many seconds of waiting the next step falls due; None where none is left."""
    left = (step.after_seconds for number, step in enumerate(rule.overflow) if number not in taken)
    return min((seconds for seconds in left if seconds is not None), default=None)
