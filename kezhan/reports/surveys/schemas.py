"""What crosses the wire of the figures of surveys. Shares from 0 to 1, NPS from −100 to 100; null where there
is nothing to tell. Beside each stands how many it is of."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from kezhan.kit.clock import Instant

Score = Literal["good", "middling", "bad"]


class SurveyCounts(Struct, frozen=True, kw_only=True):
    """`csat` of `rated`, `resolved` of `told`, `nps` of `asked`, `participation` of `invited`."""

    invited: int
    answered: int
    participation: float | None
    rated: int
    csat: float | None
    told: int
    resolved: float | None
    asked: int
    nps: float | None


class SurveyDay(Struct, frozen=True, kw_only=True):
    """`day` (YYYY-MM-DD) by the workspace's clock; days without invitations are left out."""

    day: str
    counts: SurveyCounts


class SurveyLine(Struct, frozen=True, kw_only=True):
    """One channel, team or seat; `id` null and `name` empty: nobody's."""

    id: UUID | None
    name: str
    adapter: str
    counts: SurveyCounts


class SurveyFigures(Struct, frozen=True, kw_only=True):
    """Of invitations sent since then. `stars`: how many gave one, two … five. `own`: of what the reader has
    served herself."""

    since: Instant
    time_zone: str
    own: bool
    total: SurveyCounts
    stars: list[int]
    days: list[SurveyDay]
    channels: list[SurveyLine]
    teams: list[SurveyLine]
    seats: list[SurveyLine]


class AnswersAsked(Struct, frozen=True, kw_only=True):
    days: int
    score: Score | None = None
    comments: bool = False
    account_id: UUID | None = None
    team_id: UUID | None = None
    agent_id: UUID | None = None
