"""One word for why a conversation waits, from what the choice says of every seat. Pure."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.reading import ReadRow
from kezhan.reports.schemas import Cause
from kezhan.routing.choose import Seat, Waiting, Why, refusal
from kezhan.routing.policy import Policy, Reach, reach


def within(conversation: Waiting, seats: Sequence[Seat], policy: Policy) -> tuple[Reach, list[Why | None]]:
    """Who may serve it by now, and why each of those seats does not; None for one that could."""
    found = reach(policy.rule(conversation.rule_id), conversation.needs, conversation.steps)
    teams = (conversation.team_id,) if conversation.team_id else found.team_ids
    whys = (refusal(conversation, seat, teams, found.needs)[0] for seat in seats)
    return found, [why for why in whys if why is not Why.NOT_IN_TEAM]


def cause_of(row: ReadRow, refusals: Sequence[Why | None], *, automatic: bool, full: bool) -> Cause:
    """`row`: as it waits; `refusals` of the seats where it does; `full`: the team serves all it may."""
    able = [why for why in refusals if why is not Why.LACKS_SKILL]
    ordered = (
        (row["state"] == "closed", Cause.CLOSED),
        (row["state"] == "offered", Cause.OFFERED),
        (not automatic, Cause.BY_HAND),
        (None in able, Cause.LIMIT if full else Cause.AT_ONCE),
        (not refusals, Cause.NOBODY_HERE),
        (not able, Cause.SKILL),
        (Why.FULL in able, Cause.FULL),
        (Why.DECLINED in able, Cause.DECLINED),
    )
    return next((cause for holds, cause in ordered if holds), Cause.ABSENT)


def lacking(found: Reach, seats: Sequence[Seat]) -> list[UUID]:
    """The skills it needs that no seat of those teams has."""
    there = [seat for seat in seats if not found.team_ids or not seat.team_ids.isdisjoint(found.team_ids)]
    return [
        need.skill_id
        for need in found.needs
        if all(seat.skills.get(need.skill_id, 0) < need.level for seat in there)
    ]
