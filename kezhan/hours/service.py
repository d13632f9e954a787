"""Whether a channel or team is open, for the rooms above."""

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import structs

from kezhan.hours import store
from kezhan.hours.calendar import Schedule, opening, opening_together, schedule_of
from kezhan.hours.schemas import Opening, UseKind
from kezhan.kit.db import Tx

Place = tuple[UUID | None, UUID | None]
"""A channel account and a team, either of them perhaps none."""

_KEPT = 2000
_UNCHANGING = timedelta(hours=1)


class _Known:
    """A version's schedule, which never changes, and the state it was last seen in."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._seen: tuple[datetime, datetime, Opening] | None = None

    def opening(self, at: datetime) -> Opening:
        if self._seen is None or not self._seen[0] <= at < self._seen[1]:
            state = opening(self.schedule, at)
            self._seen = at, state.changes_at or at + _UNCHANGING, state
        return self._seen[2]


class _Use(NamedTuple):
    schedule_id: UUID
    version: int
    version_id: UUID


# By the version's own id, which no other version ever gets, whatever becomes of its transaction.
_known: OrderedDict[UUID, _Known] = OrderedDict()


async def opening_for(tx: Tx, account_id: UUID | None, team_id: UUID | None, at: datetime) -> Opening:
    """Whether customers of this channel, served by this team, meet somebody at `at`: open while the channel's
    schedule is (else the workspace's) and the team's, if it has one. Without any schedule always."""
    place = account_id, team_id
    return (await openings_for(tx, [place], at))[place]


async def openings_for(tx: Tx, places: Collection[Place], at: datetime) -> dict[Place, Opening]:
    """The same for many, in one query, or two where a schedule is new to this process.

    The schedule named in the answer is the one that is closed, else the channel's or workspace's, else the
    team's.
    """
    uses = await _uses(tx, places)
    states = {use: _known[use.version_id].opening(at) for use in uses.values()}
    found: dict[Place, Opening] = {}
    workspace = uses.get((UseKind.WORKSPACE, tx.workspace))
    for account_id, team_id in places:
        channel = uses.get((UseKind.CHANNEL, account_id)) if account_id else None
        team = uses.get((UseKind.TEAM, team_id)) if team_id else None
        kept = [use for use in (channel or workspace, team) if use is not None]
        found[account_id, team_id] = _together(kept, states, at)
    return found


def _together(kept: list[_Use], states: dict[_Use, Opening], at: datetime) -> Opening:
    if not kept:
        return Opening(open=True)
    if len({use.version_id for use in kept}) == 1:
        state = states[kept[0]]
    else:
        state = opening_together([_known[use.version_id].schedule for use in kept], at)
    decided = next((use for use in kept if not states[use].open), kept[0])
    return structs.replace(state, schedule_id=decided.schedule_id, version=decided.version)


async def zone_of(tx: Tx, opening: Opening) -> str:
    """Of the schedule that decided; empty where there is none."""
    if opening.schedule_id is None or opening.version is None:
        return ""
    (row,) = await store.plans(tx, [(opening.schedule_id, opening.version)])
    return str(row.plan.time_zone)


async def _uses(tx: Tx, places: Collection[Place]) -> dict[tuple[str, UUID], _Use]:
    wanted: set[tuple[str, UUID]] = {(UseKind.WORKSPACE.value, tx.workspace)}
    wanted |= {(UseKind.CHANNEL.value, account_id) for account_id, _ in places if account_id}
    wanted |= {(UseKind.TEAM.value, team_id) for _, team_id in places if team_id}
    rows = await store.uses_of(tx, sorted(wanted))
    uses = {(row.kind, row.ref_id): _Use(row.schedule_id, row.version, row.version_id) for row in rows}
    await _learn(tx, set(uses.values()))
    return uses


async def _learn(tx: Tx, uses: set[_Use]) -> None:
    new = [use for use in uses if use.version_id not in _known]
    if new:
        for row in await store.plans(tx, [(use.schedule_id, use.version) for use in new]):
            _known[row.id] = _Known(schedule_of(row.plan))
    for use in uses:
        _known.move_to_end(use.version_id)
    while len(_known) > max(_KEPT, len(uses)):
        _known.popitem(last=False)
