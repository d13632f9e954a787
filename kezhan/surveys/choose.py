"""Which survey a conversation gets, and in whose words. Pure."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from kezhan.surveys.schemas import Language, SurveyDefinition, SurveyTexts


class Candidate(NamedTuple):
    """A survey that is asked at present, the oldest first."""

    survey_id: UUID
    version: int
    definition: SurveyDefinition


def choose(found: Sequence[Candidate], account_id: UUID, team_id: UUID | None) -> Candidate | None:
    """The most particular of those that fit: for this channel and team, for the channel, for the team, for
    everybody; of equal ones the oldest."""
    fitting = [one for one in found if _fits(one.definition, account_id, team_id)]
    return max(fitting, key=lambda one: _weight(one.definition), default=None)


def _fits(definition: SurveyDefinition, account_id: UUID, team_id: UUID | None) -> bool:
    channel = not definition.account_ids or account_id in definition.account_ids
    return channel and (not definition.team_ids or team_id in definition.team_ids)


def _weight(definition: SurveyDefinition) -> int:
    return 2 * bool(definition.account_ids) + bool(definition.team_ids)


def invites_itself(definition: SurveyDefinition, account_id: UUID) -> bool:
    return definition.automatic and account_id not in definition.by_hand_on


def ask_of(definition: SurveyDefinition, account_id: UUID | None, language: Language) -> str:
    """The invitation as it is worded on this channel; empty where the house's own words do."""
    return _worded("ask", definition, account_id, language)


def thanks_of(definition: SurveyDefinition, account_id: UUID | None, language: Language) -> str:
    return _worded("thanks", definition, account_id, language)


def _worded(name: str, definition: SurveyDefinition, account_id: UUID | None, language: Language) -> str:
    own = next((one for one in definition.wordings if one.account_id == account_id), None)
    texts = [getattr(own, name)] if own is not None else []
    return next(
        (said for one in (*texts, getattr(definition, name)) if (said := in_language(one, language))), ""
    )


def in_language(texts: SurveyTexts, language: Language) -> str:
    return (texts.en or texts.zh) if language == "en" else (texts.zh or texts.en)


def language_of(hers: str, house: str) -> Language:
    """Hers where it is one of ours, else the workspace's, else Chinese."""
    for given in (hers.lower(), house.lower()):
        if given.startswith("zh"):
            return "zh-CN"
        if given.startswith("en"):
            return "en"
    return "zh-CN"
