"""Who gets a conversation: one pure function, and the reasons beside each seat that does not."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from msgspec import Struct

from kezhan.routing.policy import Need, Order, Policy, reach

Load = Literal["live", "deferred"]
"""Live talk, or work that can be put down for it: mail, tickets, messages left behind."""


class Why(StrEnum):
    """Why a seat is not given a conversation; the first that holds."""

    NOT_IN_TEAM = "not_in_team"
    LACKS_SKILL = "lacks_skill"
    OFFLINE = "offline"
    AWAY = "away"
    ON_BREAK = "on_break"
    BUSY = "busy"
    OFF_DUTY = "off_duty"
    LOST = "lost"
    DECLINED = "declined"
    FULL = "full"
    BEHIND = "behind"
    """She could, and another stands before her."""


class Seat(Struct, kw_only=True):
    """A person's place as it is now. `live` and `deferred` are (units in use, units there are)."""

    id: UUID
    name: str
    state: str
    on_break: bool = False
    reason: str = ""
    """Of the break, as the workspace calls it."""
    on_duty: bool = True
    lost: bool = False
    team_ids: frozenset[UUID] = frozenset()
    skills: dict[UUID, int] = {}
    live: tuple[int, int] = (0, 5)
    deferred: tuple[int, int] = (0, 20)
    last_turn: int = 0
    idle_since: datetime | None = None

    def units(self, load: Load) -> tuple[int, int]:
        return self.live if load == "live" else self.deferred

    def room(self, load: Load) -> int:
        used, there = self.units(load)
        return there - used

    def ratio(self, load: Load) -> float:
        used, there = self.units(load)
        return used / there if there else 1.0

    def take(self, load: Load, units: int) -> None:
        used, there = self.units(load)
        if load == "live":
            self.live = used + units, there
        else:
            self.deferred = used + units, there


class Waiting(Struct, frozen=True, kw_only=True):
    """A conversation that is to be given to somebody. `steps`: the overflow it has gone through."""

    id: UUID
    rule_id: UUID
    needs: tuple[Need, ...] = ()
    steps: frozenset[int] = frozenset()
    units: int = 1
    load: Load = "live"
    owner_id: UUID | None = None
    last_agent_id: UUID | None = None
    declined: frozenset[UUID] = frozenset()
    """Who has declined it or let it pass."""
    team_id: UUID | None = None
    """Given to this team by somebody's hand, past the rules."""


class Considered(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One seat that was looked at; `why` is empty for the one chosen."""

    seat_id: UUID
    name: str
    why: Why | None = None
    used: int = 0
    there: int = 0
    lacks: UUID | None = None
    reason: str = ""
    """Of a break."""


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was decided and why: `by` is the order that told the chosen from the next one."""

    v: int = 1
    seat_id: UUID | None = None
    by: str = ""
    rule_id: UUID
    considered: list[Considered] = []
    others: dict[str, int] = {}
    """Of seats not named above: how many for which reason."""


def choose(conversation: Waiting, seats: Sequence[Seat], policy: Policy, now: datetime) -> Decision:
    """The seat for a conversation, or none. The same input, the same answer: ties go by turn, then by id."""
    rule = policy.rule(conversation.rule_id)
    within = reach(rule, conversation.needs, conversation.steps)
    teams = (conversation.team_id,) if conversation.team_id else within.team_ids
    able: list[Seat] = []
    passed: list[Considered] = []
    for seat in seats:
        why, lacks = refusal(conversation, seat, teams, within.needs)
        if why is None:
            able.append(seat)
        else:
            passed.append(_considered(seat, conversation.load, why, lacks))
    if not able:
        return Decision(rule_id=rule.id, considered=passed)
    ranked = [(rank(conversation, seat, rule.order, within.needs, now), seat) for seat in able]
    ranked.sort(key=lambda one: one[0])
    best = ranked[0]
    by = ""
    if len(ranked) > 1:
        orders = [*rule.order, Order.ROUND_ROBIN]
        second = ranked[1][0]
        by = next(
            (order for order, mine, hers in zip(orders, best[0], second, strict=False) if mine != hers), ""
        )
    considered = [_considered(best[1], conversation.load, None)]
    considered += [_considered(seat, conversation.load, Why.BEHIND) for _, seat in ranked[1:]]
    return Decision(seat_id=best[1].id, by=by, rule_id=rule.id, considered=considered + passed)


def refusal(
    conversation: Waiting, seat: Seat, teams: Sequence[UUID], needs: Sequence[Need]
) -> tuple[Why | None, UUID | None]:
    """Why this seat cannot have it, and which skill it lacks."""
    if teams and seat.team_ids.isdisjoint(teams):
        return Why.NOT_IN_TEAM, None
    for need in needs:
        if seat.skills.get(need.skill_id, 0) < need.level:
            return Why.LACKS_SKILL, need.skill_id
    why = absence(seat)
    if why is None and seat.id in conversation.declined:
        why = Why.DECLINED
    if why is None and seat.room(conversation.load) < conversation.units:
        why = Why.FULL
    return why, None


def absence(seat: Seat) -> Why | None:
    """Why the seat takes nothing at all just now."""
    if seat.state != "online":
        return Why.ON_BREAK if seat.on_break else _STATES.get(seat.state, Why.AWAY)
    if not seat.on_duty:
        return Why.OFF_DUTY
    return Why.LOST if seat.lost else None


_STATES = {"offline": Why.OFFLINE, "away": Why.AWAY, "busy": Why.BUSY}


def rank(
    conversation: Waiting, seat: Seat, orders: Sequence[Order], needs: Sequence[Need], now: datetime
) -> tuple[float | int, ...]:
    """Lower comes first: one number for each order, then the turn and the id."""
    keys = [_key(order, conversation, seat, needs, now) for order in orders]
    return (*keys, seat.last_turn, seat.id.int)


def _key(
    order: Order, conversation: Waiting, seat: Seat, needs: Sequence[Need], now: datetime
) -> float | int:
    if order is Order.DEDICATED:
        return seat.id != conversation.owner_id
    if order is Order.LAST_AGENT:
        return seat.id != conversation.last_agent_id
    if order is Order.BEST_SKILL:
        return -sum(seat.skills.get(need.skill_id, 0) for need in needs)
    if order is Order.LEAST_LOADED:
        return seat.ratio(conversation.load)
    if order is Order.LONGEST_IDLE:
        return -(now - seat.idle_since).total_seconds() if seat.idle_since else 0.0
    return seat.last_turn


def _considered(seat: Seat, load: Load, why: Why | None, lacks: UUID | None = None) -> Considered:
    used, there = seat.units(load)
    reason = seat.reason if why is Why.ON_BREAK else ""
    return Considered(
        seat_id=seat.id, name=seat.name, why=why, used=used, there=there, lacks=lacks, reason=reason
    )
