"""Why people wait in a team's queue: its seats, the oldest who wait, the rules that lead there, its
limits."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from kezhan.contacts.values import visitor_number
from kezhan.hours.schedules import list_schedules
from kezhan.hours.service import openings_for
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.reading import ReadRow
from kezhan.reports import schemas as s
from kezhan.reports import store
from kezhan.reports.causes import cause_of, lacking, within
from kezhan.reports.monitor import queues_in_sight
from kezhan.reports.seats import seat_to_choose
from kezhan.routing.choose import Seat, Why, absence
from kezhan.routing.lists import list_limits, list_skills
from kezhan.routing.policy import Rule, next_step
from kezhan.routing.queue.settle import waiting_of
from kezhan.routing.rules import Rules, need_rules
from kezhan.routing.schemas import SeatView
from kezhan.routing.seats.views import list_seats
from kezhan.workspaces.authenticate import Caller

OLDEST = 10
PASSED = 20
_BACK = timedelta(days=1)


class _Place(Struct, frozen=True, kw_only=True):
    """What the parts of a diagnosis look at together."""

    at: datetime
    queue_id: UUID
    everybody: bool
    rules: Rules
    seats: list[SeatView]
    teams: dict[UUID, str]
    skills: dict[UUID, str]
    full: bool

    def chosen(self) -> list[Seat]:
        return [seat_to_choose(seat) for seat in self.seats]


async def diagnosis(tx: Tx, caller: Caller, team_id: UUID) -> s.Diagnosis:
    """Of a team, or of everybody's queue (the workspace's id). Raises NotFound for one out of sight, and
    where the workspace has no reception."""
    sight = queues_in_sight(tx, caller)
    rules = await need_rules(tx)
    teams = {row["id"]: row["name"] for row in await store.places(tx) if row["kind"] == "team"}
    everybody = team_id == tx.workspace
    if (team_id not in teams and not everybody) or (sight is not None and team_id not in sight):
        raise NotFound("workspaces.no_such_team")
    at = now()
    serving = {row["id"]: row["n"] for row in await store.serving(tx, [team_id]) if row["scope"] == "team"}
    limits = (await list_limits(tx)).get(str(team_id))
    held, most = serving.get(team_id, 0), limits.max_open if limits is not None else None
    place = _Place(
        at=at,
        queue_id=team_id,
        everybody=everybody,
        rules=rules,
        seats=(await list_seats(tx)).items,
        teams=teams,
        skills={skill.id: skill.name for skill in (await list_skills(tx)).items},
        full=most is not None and held >= most,
    )
    waits = [_wait(place, row) for row in await store.oldest(tx, team_id, OLDEST)]
    causes = Counter(str(wait.cause) for wait in waits)
    by_rule = await store.by_rule(tx, team_id)
    opening = (await openings_for(tx, [(None, None if everybody else team_id)], at))[
        None, None if everybody else team_id
    ]
    return s.Diagnosis(
        at=wire(at),
        team_id=team_id,
        team=teams.get(team_id, ""),
        everybody=everybody,
        automatic=rules.automatic,
        open=opening.open,
        changes_at=wire_or_none(opening.changes_at),
        schedule=await _schedule(tx, opening.schedule_id, at),
        max_waiting=limits.max_waiting if limits is not None else None,
        max_open=most,
        serving=held,
        waiting=sum(by_rule.values()),
        cause=s.Cause(causes.most_common(1)[0][0]) if causes else None,
        causes=dict(causes),
        waits=waits,
        seats=_seats(place),
        rules=_rules(place, by_rule),
        passed=[
            s.PassedOffer(
                at=wire(row["at"]),
                kind=row["kind"],
                member=row["member"],
                conversation_id=row["conversation_id"],
            )
            for row in await store.passed(tx, team_id, at - _BACK, PASSED)
        ],
        teams={str(key): name for key, name in teams.items()},
    )


async def _schedule(tx: Tx, schedule_id: UUID | None, at: datetime) -> str:
    """The name of the hours it keeps to."""
    if schedule_id is None:
        return ""
    return next((one.name for one in (await list_schedules(tx, at)).items if one.id == schedule_id), "")


def _seats(place: _Place) -> list[s.DiagnosedSeat]:
    """Those who may serve here: who could take another first, then those who are full, then the absent."""
    found = []
    for view in place.seats:
        if not place.everybody and place.queue_id not in view.team_ids:
            continue
        seat = seat_to_choose(view)
        why = absence(seat) or (Why.FULL if seat.room("live") < 1 else None)
        found.append(
            s.DiagnosedSeat(
                membership_id=view.membership_id,
                name=view.name,
                why=why,
                since=view.since,
                reason=view.reason,
                auto=view.auto,
                live_used=view.live_used,
                live_units=view.live_units,
            )
        )
    return sorted(found, key=lambda seat: (seat.why is not None, seat.why is not Why.FULL))


def _wait(place: _Place, row: ReadRow) -> s.DiagnosedWait:
    conversation, policy = waiting_of(row), place.rules.policy
    rule = policy.rule(conversation.rule_id)
    reached, refusals = within(conversation, place.chosen(), policy)
    cause = cause_of(row, refusals, automatic=place.rules.automatic, full=place.full)
    seconds = next_step(rule, conversation.steps) if conversation.team_id is None else None
    return s.DiagnosedWait(
        conversation_id=conversation.id,
        contact_name=row["contact_name"],
        contact_number=visitor_number(row["contact_id"]),
        channel=row["channel"],
        since=wire(row["queued_at"]),
        rule=rule.name,
        cause=cause,
        why=dict(Counter(str(why or "free") for why in refusals)),
        lacks=[place.skills.get(skill, "") for skill in lacking(reached, place.chosen())],
        asked=row["asked"] or "",
        message=row["message"],
        steps=len(conversation.steps),
        next_step_at=None if seconds is None else wire(row["queued_at"] + timedelta(seconds=seconds)),
        opens_at=wire_or_none(row["opens_at"]),
    )


def _rules(place: _Place, by_rule: dict[UUID, int]) -> list[s.DiagnosedRule]:
    """In their order; at the end the one for everybody, where it leads here."""
    found = [_rule(place, rule, by_rule.get(rule.id, 0)) for rule in place.rules.policy.rules if rule.active]
    if place.everybody:
        last = place.rules.policy.rule(UUID(int=0))
        found.append(_rule(place, last, by_rule.get(last.id, 0)))
    return [one for one in found if one.direct or one.by_steps or one.waiting]


def _rule(place: _Place, rule: Rule, waiting: int) -> s.DiagnosedRule:
    direct = not rule.pool.team_ids if place.everybody else place.queue_id in rule.pool.team_ids
    leads: Sequence[int] = [
        number
        for number, step in enumerate(rule.overflow, 1)
        if (step.everybody if place.everybody else place.queue_id in step.team_ids)
    ]
    return s.DiagnosedRule(
        id=rule.id,
        name=rule.name,
        direct=direct,
        by_steps=list(leads),
        needs=[place.skills.get(need.skill_id, "") for need in rule.pool.needs],
        priority=rule.priority,
        accept_seconds=rule.accept_seconds,
        steps=rule.overflow,
        waiting=waiting,
    )
